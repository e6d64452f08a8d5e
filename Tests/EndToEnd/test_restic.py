"""restic: a backup repository in a bucket; many small files, packs of megabytes, ranged reads on restore.

It has no option for any kind of server-side encryption, so what it stores has the bucket's default.
"""

import json
import os

import pytest
from botocore.exceptions import ClientError

from contract import Client, digest, run
from payloads import MIB, SSE_KMS, SSE_S3, assert_shows, payload_file

PASSWORD = "the repository's own password"


class Restic:
    def __init__(self, server, directory, bucket):
        self.server, self.directory, self.bucket = server, directory, bucket

    def __call__(self, *arguments):
        authority = ["--cacert", self.server.authority] if self.server.tls else []
        return run(
            ["restic", "--repo", f"s3:{self.server.endpoint}/{self.bucket}/backup", *authority, "--no-cache", "--json",
             "--quiet", *arguments],
            environment={"AWS_ACCESS_KEY_ID": self.server.access_key, "AWS_SECRET_ACCESS_KEY": self.server.secret_key,
                         "RESTIC_PASSWORD": PASSWORD, "HOME": str(self.directory), "GOGC": "50"}).stdout


@pytest.fixture
def restic(server, tmp_path):
    return Restic(server, tmp_path, f"restic-{os.urandom(4).hex()}")


def keys(server, bucket):
    return server.call("GET", f"/{bucket}?list-type=2").find_all("Contents/Key")


def backup_and_restore(restic, tmp_path, files):
    source = tmp_path / "source"
    source.mkdir()
    for name, path in files.items():
        os.link(path, source / name)
    restic("init")
    restic("backup", source)
    restic("check", "--read-data")
    restic("restore", "latest", "--target", tmp_path / "restored")
    for name, path in files.items():
        assert digest(tmp_path / "restored" / str(source).lstrip("/") / name) == digest(path)
    return source


@pytest.mark.big
def test_a_backup_is_made_checked_and_restored(restic, server, tmp_path, payload_directory):
    files = {str(size): payload_file(payload_directory, size) for size in (1, 5 * MIB, 100 * MIB)}
    backup_and_restore(restic, tmp_path, files)


def test_a_second_backup_is_incremental_and_the_first_can_be_forgotten(https, tmp_path, payload_directory):
    restic, source = Restic(https, tmp_path, f"restic-{os.urandom(4).hex()}"), tmp_path / "source"
    source.mkdir()
    os.link(payload_file(payload_directory, MIB), source / "one")
    restic("init")
    restic("backup", source)
    stored = len(keys(https, restic.bucket))
    os.link(payload_file(payload_directory, 2 * MIB), source / "two")
    restic("backup", source)
    assert len(keys(https, restic.bucket)) > stored
    restic("forget", "--keep-last", "1", "--prune")
    assert len(json.loads(restic("snapshots"))) == 1
    assert restic("dump", "latest", f"{source}/two") == payload_file(payload_directory, 2 * MIB).read_bytes()


@pytest.mark.parametrize("transport, default", (("http", SSE_S3), ("https", SSE_KMS)), ids=str)
def test_a_repository_lives_in_a_bucket_with_a_default(request, tmp_path, payload_directory, transport, default):
    server = request.getfixturevalue(transport)
    restic = Restic(server, tmp_path, server.bucket())
    Client(server, tmp_path).set_default(restic.bucket, default)
    backup_and_restore(restic, tmp_path, {"one": payload_file(payload_directory, 5 * MIB)})
    found = keys(server, restic.bucket)
    assert found
    for key in found:
        assert_shows(server.call("HEAD", f"/{restic.bucket}/{key}").headers, default)


def test_a_bucket_with_retention_keeps_what_was_forgotten(https, tmp_path, payload_directory):
    """restic deletes by name, which a locked bucket answers with a marker: every byte is there below it."""
    s3, bucket = https.s3(), f"restic-{os.urandom(4).hex()}"
    s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    rule = {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}
    s3.put_object_lock_configuration(
        Bucket=bucket, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule})
    restic, source = Restic(https, tmp_path, bucket), tmp_path / "source"
    source.mkdir()
    data = payload_file(payload_directory, 2 * MIB).read_bytes()
    (source / "gone").write_bytes(data)
    restic("init")
    restic("backup", source)
    first = json.loads(restic("snapshots"))[0]["id"]
    (source / "gone").unlink()
    (source / "kept").write_bytes(b"kept")
    restic("backup", source)
    restic("forget", "--keep-last", "1", "--prune")
    restic("check", "--read-data")
    assert [snapshot["id"] for snapshot in json.loads(restic("snapshots"))] != [first]
    found = s3.list_object_versions(Bucket=bucket)
    assert not found["IsTruncated"] and found["DeleteMarkers"]
    with pytest.raises(ClientError, match="AccessDenied"):
        version = next(item for item in found["Versions"] if item["Key"].startswith("backup/data/"))
        s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
    # What restic wrote since the first snapshot is hidden, what it deleted since is brought back.
    for marker in found["DeleteMarkers"]:
        if not marker["Key"].startswith("backup/locks/"):
            s3.delete_object(Bucket=bucket, Key=marker["Key"], VersionId=marker["VersionId"])
    assert restic("dump", first, f"{source}/gone") == data
    restic("check", "--read-data")


def test_a_policy_that_forbids_deletion_makes_forgetting_fail_and_no_backup(http, tmp_path, payload_directory):
    bucket = http.bucket()
    restic, source = Restic(http, tmp_path, bucket), tmp_path / "source"
    source.mkdir()
    (source / "a").write_bytes(payload_file(payload_directory, MIB).read_bytes())
    restic("init")
    kept = [f"arn:aws:s3:::{bucket}/backup/{kind}/*" for kind in ("snapshots", "data", "index", "keys")]
    http.s3().put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObject", "Resource": kept}]}))
    restic("backup", source)
    (source / "b").write_bytes(b"b")
    restic("backup", source)
    before = set(keys(http, bucket))
    with pytest.raises(AssertionError, match="explicit deny in a resource-based policy"):
        restic("forget", "--keep-last", "1", "--prune")
    assert before <= set(keys(http, bucket))
    restic("unlock", "--remove-all")
    restic("check", "--read-data")
    assert len(json.loads(restic("snapshots"))) == 2
