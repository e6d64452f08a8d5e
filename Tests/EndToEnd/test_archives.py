"""Archives that minio-py puts to be unpacked, and listings with metadata."""

import gzip
import io
import tarfile

import pytest
import urllib3
from minio import Minio
from minio.commonconfig import SnowballObject, Tags


def minio(server):
    pool = urllib3.PoolManager(retries=urllib3.Retry(total=0), timeout=60)
    return Minio(endpoint=server.host, access_key=server.access_key, secret_key=server.secret_key, secure=False,
                 http_client=pool)


@pytest.mark.parametrize("compression", (False, True))
def test_members_become_objects(http, compression, tmp_path):
    client, bucket = minio(http), http.bucket()
    file = tmp_path / "file"
    file.write_bytes(b"from a file" * 100_000)
    tags = Tags.new_object_tags()
    tags["a"] = "b"
    client.upload_snowball_objects(
        bucket_name=bucket, compression=compression, tags=tags, object_list=[
            SnowballObject("dir/one", data=io.BytesIO(b"one"), length=3),
            SnowballObject("é" * 120, data=io.BytesIO(b""), length=0),
            SnowballObject("two", filename=str(file))])
    s3 = http.s3()
    listed = s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert {entry["Key"]: entry["Size"] for entry in listed} == {"dir/one": 3, "é" * 120: 0, "two": 1_100_000}
    assert s3.get_object(Bucket=bucket, Key="two")["Body"].read() == file.read_bytes()
    assert s3.get_object_tagging(Bucket=bucket, Key="dir/one")["TagSet"] == [{"Key": "a", "Value": "b"}]
    shown = {item.object_name: item for item in client.list_objects(bucket_name=bucket, recursive=True, include_user_meta=True)}
    assert shown["two"].size == 1_100_000 and shown["two"].tags == {"a": "b"}


def test_deflated_archives_of_any_content_are_unpacked(http):
    s3, bucket = http.s3(), http.bucket()
    contents = {"zeros": bytes(3_000_000), "text": b"some words " * 90_000, "bytes": bytes(range(256)) * 3000}
    for form in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
        plain = io.BytesIO()
        with tarfile.open(fileobj=plain, mode="w", format=form) as archive:
            for name, content in contents.items():
                info = tarfile.TarInfo(f"{form}/{name}")
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        for level in (1, 9):
            s3.put_object(
                Bucket=bucket, Key="a.tgz", Body=gzip.compress(plain.getvalue(), level),
                Metadata={"snowball-auto-extract": "true", "minio-snowball-prefix": f"level-{level}"})
            for name, content in contents.items():
                assert s3.get_object(Bucket=bucket, Key=f"level-{level}/{form}/{name}")["Body"].read() == content
