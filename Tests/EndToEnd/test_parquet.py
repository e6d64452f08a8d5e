"""Tables in Parquet: Arrow by AWS's C++ SDK, DuckDB by its own client. Both read a file's end, then columns by ranges."""

import json
from pathlib import Path

import duckdb
import duckdb_extension_httpfs
import pyarrow
import pyarrow.compute
import pyarrow.dataset
import pyarrow.fs
import pyarrow.parquet
import pytest

ROWS = 200_000


@pytest.fixture(scope="module")
def table():
    """A column of numbers, one of few texts, and one of incompressible bytes, which is nearly all of the file."""
    numbers = list(range(ROWS))
    return pyarrow.table({
        "number": numbers, "kind": [("red", "green", "blue")[number % 3] for number in numbers],
        "bulk": [(number * 0x9E3779B97F4A7C15 % 2**128).to_bytes(16, "big") * 2 for number in numbers]})


def arrow(server):
    return pyarrow.fs.S3FileSystem(
        access_key=server.access_key, secret_key=server.secret_key, region="us-east-1", scheme=server.scheme,
        endpoint_override=server.host, allow_bucket_creation=True, tls_ca_file_path=server.authority)


def duck(server):
    connection = duckdb.connect()
    extension = next(Path(duckdb_extension_httpfs.__file__).parent.rglob("httpfs.duckdb_extension"))
    connection.execute(f"LOAD '{extension}'")
    connection.execute(
        f"CREATE SECRET (TYPE s3, KEY_ID '{server.access_key}', SECRET '{server.secret_key}', REGION 'us-east-1', "
        f"ENDPOINT '{server.host}', URL_STYLE 'path', USE_SSL {'true' if server.tls else 'false'})")
    if server.tls:
        connection.execute(f"SET ca_cert_file = '{server.authority}'")
    return connection


def test_arrow_writes_a_partitioned_table_and_reads_what_it_needs(server, table):
    files, bucket = arrow(server), server.bucket()
    partitioning = pyarrow.dataset.partitioning(pyarrow.schema([("kind", pyarrow.string())]), flavor="hive")
    pyarrow.dataset.write_dataset(table, f"{bucket}/table", filesystem=files, format="parquet", partitioning=partitioning)
    dataset = pyarrow.dataset.dataset(f"{bucket}/table", filesystem=files, format="parquet", partitioning=partitioning)
    found = dataset.to_table(columns=["number", "bulk"], filter=pyarrow.dataset.field("kind") == "green")
    assert found.sort_by("number").equals(table.filter(pyarrow.compute.equal(table["kind"], "green")).select(["number", "bulk"])
                                          .combine_chunks())
    assert dataset.count_rows() == ROWS
    infos = files.get_file_info(pyarrow.fs.FileSelector(f"{bucket}/table", recursive=True))
    assert {info.base_name for info in infos if info.type == pyarrow.fs.FileType.Directory} == {
        "kind=red", "kind=green", "kind=blue"}
    files.copy_file(next(info.path for info in infos if info.is_file), f"{bucket}/copy")
    files.move(f"{bucket}/copy", f"{bucket}/moved")
    files.delete_dir(f"{bucket}/table")
    assert [info.path for info in files.get_file_info(pyarrow.fs.FileSelector(bucket, recursive=True))] == [f"{bucket}/moved"]


def test_duckdb_reads_what_arrow_wrote_and_the_other_way_round(server, table):
    files, bucket = arrow(server), server.bucket()
    pyarrow.parquet.write_table(table, f"{bucket}/deep/é +/numbers.parquet", filesystem=files, row_group_size=20_000)
    connection = duck(server)
    place = f"s3://{bucket}/deep/é +/numbers.parquet"
    counted = connection.execute(f"SELECT kind, count(*), sum(number) FROM '{place}' GROUP BY kind ORDER BY kind").fetchall()
    numbers = range(ROWS)
    assert counted == [(kind, len(of), sum(of)) for kind, of in (
        ("blue", numbers[2::3]), ("green", numbers[1::3]), ("red", numbers[0::3]))]
    row = connection.execute(f"SELECT bulk FROM '{place}' WHERE number = 123456").fetchone()
    assert row[0] == table["bulk"][123_456].as_py()
    connection.execute(f"COPY (SELECT * FROM '{place}' WHERE number < 150000) TO 's3://{bucket}/out' "
                       "(FORMAT parquet, PARTITION_BY (kind))")
    listed = connection.execute(f"SELECT file FROM glob('s3://{bucket}/out/*/*.parquet') ORDER BY file").fetchall()
    assert [name.split("/")[-2] for (name,) in listed] == ["kind=blue", "kind=green", "kind=red"]
    back = pyarrow.dataset.dataset(f"{bucket}/out", filesystem=files, format="parquet", partitioning="hive").to_table()
    assert back.select(["number", "bulk"]).sort_by("number").equals(
        table.slice(0, 150_000).select(["number", "bulk"]).combine_chunks())


def test_one_column_costs_a_fraction_of_the_file(fresh_server, tmp_path, table):
    log = tmp_path / "access.log"
    server = fresh_server(arguments=["--access-log", str(log)])
    with server:
        bucket = server.bucket()
        pyarrow.parquet.write_table(table, f"{bucket}/t.parquet", filesystem=arrow(server), row_group_size=20_000)
        size = server.s3().head_object(Bucket=bucket, Key="t.parquet")["ContentLength"]
        assert duck(server).execute(f"SELECT max(number) FROM 's3://{bucket}/t.parquet' WHERE kind = 'red'").fetchone() == (
            max(range(0, ROWS, 3)),)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    reads = [line for line in lines if line.get("operation") == "GetObject"]
    assert reads and all(line["status"] == 206 for line in reads)
    assert sum(line["bytesSent"] for line in reads) < size / 2
