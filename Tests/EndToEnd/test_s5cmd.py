"""s5cmd: many objects at once by AWS's Go SDK, version 1; streams, patterns, versions."""

import json
import sys
from pathlib import Path

import pytest
import requests

from contract import digest, run
from payloads import MIB, payload_file
from server import DEFAULT_KEY

S5CMD = Path(sys.executable).parent / "s5cmd"


@pytest.fixture
def s5cmd(server, tmp_path):
    environment = {"AWS_ACCESS_KEY_ID": server.access_key, "AWS_SECRET_ACCESS_KEY": server.secret_key,
                   "AWS_REGION": "us-east-1", "HOME": str(tmp_path)}
    if server.tls:
        environment["AWS_CA_BUNDLE"] = server.authority

    def call(*arguments, check=True, data=None):
        return run([S5CMD, "--endpoint-url", server.endpoint, "--retry-count", "0", *arguments], environment=environment,
                   check=check, data=data)

    return call


def contents(folder):
    """Every file below a folder by its relative name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def source(tmp_path, payload_directory):
    folder = tmp_path / "source"
    (folder / "deep").mkdir(parents=True)
    for number in range(40):
        (folder / f"deep/{number} é+%41").write_bytes(payload_file(payload_directory, 500 + number).read_bytes())
    (folder / "long").write_bytes(payload_file(payload_directory, 11 * MIB).read_bytes())
    return folder


def test_folders_go_both_ways_and_are_synchronised(s5cmd, server, tmp_path, source):
    bucket = server.bucket()
    s5cmd("cp", "--part-size", "5", f"{source}/", f"s3://{bucket}/copy/")
    assert server.call("HEAD", f"/{bucket}/copy/long").headers["etag"].endswith('-3"')
    s5cmd("cp", "--part-size", "5", f"s3://{bucket}/copy/*", f"{tmp_path}/target/")
    assert contents(tmp_path / "target") == contents(source)
    for number in range(3, 40):
        (source / f"deep/{number} é+%41").unlink()
    (source / "long").write_bytes(b"shorter")
    s5cmd("sync", "--delete", f"{source}/", f"s3://{bucket}/copy/")
    s5cmd("sync", "--delete", f"s3://{bucket}/copy/*", f"{tmp_path}/target/")
    assert contents(tmp_path / "target") == contents(source)
    listed = [json.loads(line) for line in s5cmd("--json", "ls", f"s3://{bucket}/copy/*").stdout.splitlines()]
    assert {item["key"].removeprefix(f"s3://{bucket}/copy/"): item["size"] for item in listed} == {
        name: len(data) for name, data in contents(source).items()}
    usage = json.loads(s5cmd("--json", "du", f"s3://{bucket}/copy/*").stdout)
    assert (usage["count"], usage["size"]) == (4, sum(map(len, contents(source).values())))


def test_objects_are_copied_moved_and_deleted_by_patterns(s5cmd, server, tmp_path, source, payload_directory):
    bucket, other = server.bucket(), f"{server.bucket()}-made"
    s5cmd("mb", f"s3://{other}")
    s5cmd("cp", "--sse", "aws:kms", "--sse-kms-key-id", DEFAULT_KEY, f"{source}/", f"s3://{bucket}/")
    assert server.call("HEAD", f"/{bucket}/long").headers["x-amz-server-side-encryption"] == "aws:kms"
    s5cmd("cp", f"s3://{bucket}/*", f"s3://{other}/")
    s5cmd("mv", f"s3://{other}/deep/1*", f"s3://{other}/moved/")
    s5cmd("rm", f"s3://{other}/deep/*")
    found = {item["key"] for item in map(json.loads, s5cmd("--json", "ls", f"s3://{other}/*").stdout.splitlines())}
    names = {key.removeprefix(f"s3://{other}/") for key in found}
    assert names == {"long"} | {f"moved/{number} é+%41" for number in (1, *range(10, 20))}
    s5cmd("cp", f"s3://{other}/long", tmp_path / "long")
    assert digest(tmp_path / "long") == digest(payload_file(payload_directory, 11 * MIB))
    s5cmd("rm", f"s3://{other}/*")
    s5cmd("rb", f"s3://{other}")
    assert server.call("HEAD", f"/{other}").status == 404


def test_streams_addresses_and_versions(s5cmd, server, payload_directory):
    bucket, data = server.bucket(), payload_file(payload_directory, 11 * MIB).read_bytes()
    s5cmd("bucket-version", "--set", "Enabled", f"s3://{bucket}")
    s5cmd("pipe", "--part-size", "5", f"s3://{bucket}/a b", data=data)
    assert s5cmd("cat", f"s3://{bucket}/a b").stdout == data
    s5cmd("pipe", f"s3://{bucket}/a b", data=b"newer")
    address = s5cmd("presign", "--expire", "1h", f"s3://{bucket}/a b").stdout.decode().strip()
    assert requests.get(address, verify=server.authority, timeout=30).content == b"newer"
    listed = list(map(json.loads, s5cmd("--json", "ls", "--all-versions", f"s3://{bucket}/*").stdout.splitlines()))
    assert [item["size"] for item in listed] == [5, len(data)]
    former = server.s3().list_object_versions(Bucket=bucket)["Versions"][1]["VersionId"]
    assert s5cmd("cat", "--version-id", former, f"s3://{bucket}/a b").stdout == data
    s5cmd("rm", "--all-versions", f"s3://{bucket}/*")
    assert "Versions" not in server.s3().list_object_versions(Bucket=bucket)
    missing = s5cmd("cat", f"s3://{bucket}/nothing", check=False)
    assert missing.returncode != 0 and b"not found" in missing.stderr
