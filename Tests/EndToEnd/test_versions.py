"""Versions and locks as backup programs use them: their sequences of calls, by boto3."""

from datetime import datetime, timedelta, timezone

import pytest
from botocore.exceptions import ClientError


def refusal(call, **arguments):
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    return raised.value.response["ResponseMetadata"]["HTTPStatusCode"], raised.value.response["Error"]["Code"]


def all_versions(s3, bucket, **arguments):
    pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket, PaginationConfig={"PageSize": 3}, **arguments)
    return [(kind, entry["Key"], entry["VersionId"], entry["IsLatest"]) for page in pages
            for kind in ("Versions", "DeleteMarkers") for entry in page.get(kind, ())]


def test_a_backup_repository_keeps_its_blocks_as_long_as_it_was_told_to(http):
    """What Veeam does: it checks the bucket, writes blocks with a retention, lengthens it, and empties by version."""
    s3, bucket = http.s3(), http.bucket() + "-locked"
    s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    configuration = s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
    assert configuration == {"ObjectLockEnabled": "Enabled"}
    until = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=30)
    blocks = {}
    for number in range(5):
        put = s3.put_object(Bucket=bucket, Key=f"Veeam/blocks/{number}.blk", Body=bytes([number]) * 1000,
                            ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until, ChecksumAlgorithm="SHA256")
        blocks[f"Veeam/blocks/{number}.blk"] = put["VersionId"]
    later = until + timedelta(days=10)
    for key, version in blocks.items():
        s3.put_object_retention(Bucket=bucket, Key=key, VersionId=version,
                                Retention={"Mode": "COMPLIANCE", "RetainUntilDate": later})
        head = s3.head_object(Bucket=bucket, Key=key, VersionId=version)
        assert (head["ObjectLockMode"], head["ObjectLockRetainUntilDate"]) == ("COMPLIANCE", later)
        got = s3.get_object_retention(Bucket=bucket, Key=key, VersionId=version)["Retention"]
        assert got == {"Mode": "COMPLIANCE", "RetainUntilDate": later}
    key, version = next(iter(blocks.items()))
    assert refusal(s3.delete_object, Bucket=bucket, Key=key, VersionId=version)[1] == "AccessDenied"
    # A deletion without a version hides it; the listing shows both.
    marker = s3.delete_object(Bucket=bucket, Key=key)
    assert marker["DeleteMarker"] and refusal(s3.get_object, Bucket=bucket, Key=key) == (404, "NoSuchKey")
    assert {entry[2] for entry in all_versions(s3, bucket, Prefix=key)} == {version, marker["VersionId"]}
    objects = [{"Key": key, "VersionId": version} for key, version in blocks.items()]
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects}, BypassGovernanceRetention=True)
    assert "Deleted" not in answer and {error["Code"] for error in answer["Errors"]} == {"AccessDenied"}
    assert refusal(s3.delete_bucket, Bucket=bucket) == (409, "BucketNotEmpty")
    with_marker = s3.get_object(Bucket=bucket, Key=key, VersionId=version)
    assert with_marker["Body"].read() == bytes(1000)


def test_a_bucket_with_versions_is_read_as_it_was_and_emptied_page_by_page(http):
    """What rclone does with `--s3-versions`, `--s3-version-at` and its clean-up of hidden versions."""
    s3, bucket = http.s3(), http.bucket()
    s3.put_object(Bucket=bucket, Key="dir/a", Body=b"0")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    ids = ["null"] + [s3.put_object(Bucket=bucket, Key="dir/a", Body=b"%d" % n)["VersionId"] for n in (1, 2)]
    s3.put_object(Bucket=bucket, Key="dir/b", Body=b"b")
    s3.delete_object(Bucket=bucket, Key="dir/b")
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["dir/a"]
    listed = all_versions(s3, bucket)
    assert [entry[2] for entry in listed if entry[1] == "dir/a"] == ids[::-1]
    assert [entry[3] for entry in listed if entry[1] == "dir/a"] == [True, False, False]
    for number, version in enumerate(ids):
        assert s3.get_object(Bucket=bucket, Key="dir/a", VersionId=version)["Body"].read() == b"%d" % number
        assert s3.head_object(Bucket=bucket, Key="dir/a", VersionId=version)["VersionId"] == version
    folded = s3.list_object_versions(Bucket=bucket, Delimiter="/")
    assert [prefix["Prefix"] for prefix in folded["CommonPrefixes"]] == ["dir/"] and "Versions" not in folded
    for _, key, version, is_latest in listed:
        if not is_latest:
            s3.delete_object(Bucket=bucket, Key=key, VersionId=version)
    assert len(all_versions(s3, bucket)) == 2
    objects = [{"Key": key, "VersionId": version} for _, key, version, _ in all_versions(s3, bucket)]
    assert len(s3.delete_objects(Bucket=bucket, Delete={"Objects": objects})["Deleted"]) == 2
    s3.delete_bucket(Bucket=bucket)


def test_versions_and_locks_outlive_a_kill(fresh_server):
    server = fresh_server()
    server.start()
    s3, bucket = server.s3(), "kept-locked"
    s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    versions = [s3.put_object(Bucket=bucket, Key="k", Body=b"%d" % n)["VersionId"] for n in range(3)]
    marker = s3.delete_object(Bucket=bucket, Key="k")["VersionId"]
    s3.put_object_legal_hold(Bucket=bucket, Key="k", VersionId=versions[1], LegalHold={"Status": "ON"})
    server.kill()
    with server:
        s3 = server.s3()
        assert [entry[2] for entry in all_versions(s3, bucket) if entry[0] == "Versions"] == versions[::-1]
        head = refusal(s3.head_object, Bucket=bucket, Key="k", VersionId=marker)
        assert head[0] == 405
        assert refusal(s3.delete_object, Bucket=bucket, Key="k", VersionId=versions[1]) == (403, "AccessDenied")
        assert s3.put_object(Bucket=bucket, Key="k", Body=b"3")["VersionId"] not in versions
        # From before the kill, the clock notwithstanding, the order is kept.
        assert [entry[3] for entry in all_versions(s3, bucket)].count(True) == 1
