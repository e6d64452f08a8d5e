"""minio-py: versions, locks, tags, composed objects and archives, each by the SDK's own types."""

import io
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
import requests
import urllib3
from minio import Minio
from minio.commonconfig import COMPLIANCE, ENABLED, GOVERNANCE, ComposeSource, CopySource, Filter, SnowballObject, Tags
from minio.datatypes import PostPolicy
from minio.deleteobjects import DeleteObject
from minio.error import S3Error
from minio.lifecycleconfig import Expiration, LifecycleConfig, Rule
from minio.objectlockconfig import DAYS, ObjectLockConfig
from minio.retention import Retention
from minio.versioningconfig import VersioningConfig

from payloads import MIB, payload


@pytest.fixture
def minio(server):
    pool = urllib3.PoolManager(ca_certs=server.authority, retries=urllib3.Retry(total=0), timeout=60)
    return Minio(endpoint=server.host, access_key=server.access_key, secret_key=server.secret_key, secure=server.tls,
                 http_client=pool)


def put(minio, bucket, key, data, **options):
    return minio.put_object(bucket_name=bucket, object_name=key, data=io.BytesIO(data), length=len(data), **options)


def read(minio, bucket, key, **options):
    answer = minio.get_object(bucket_name=bucket, object_name=key, **options)
    try:
        return answer.read()
    finally:
        answer.close()
        answer.release_conn()


def test_prefixes_and_folders_are_excluded_from_versioning(minio, server):
    bucket = server.bucket()
    wanted = VersioningConfig(ENABLED, excluded_prefixes=["tmp/", "jobs/*/_temporary/"], exclude_folders=True)
    minio.set_bucket_versioning(bucket_name=bucket, config=wanted)
    told = minio.get_bucket_versioning(bucket_name=bucket)
    assert (told.status, told.excluded_prefixes, told.exclude_folders) == (ENABLED, wanted.excluded_prefixes, True)
    for key in ("tmp/a", "jobs/7/_temporary/a", "kept"):
        for data in (b"first", b"second"):
            put(minio, bucket, key, data)
    versions = [one.object_name for one in minio.list_objects(bucket_name=bucket, recursive=True, include_version=True)]
    assert sorted(versions) == ["jobs/7/_temporary/a", "kept", "kept", "tmp/a"]
    assert read(minio, bucket, "tmp/a") == b"second"
    minio.make_bucket(bucket_name=f"{bucket}-locked", object_lock=True)
    with pytest.raises(S3Error) as caught:
        minio.set_bucket_versioning(bucket_name=f"{bucket}-locked", config=wanted)
    assert caught.value.response.status == 400


def test_versions_are_listed_read_and_deleted(minio, server):
    bucket = server.bucket()
    minio.set_bucket_versioning(bucket_name=bucket, config=VersioningConfig(ENABLED))
    assert minio.get_bucket_versioning(bucket_name=bucket).status == ENABLED
    versions = {put(minio, bucket, "ü +%41", data).version_id: data for data in (b"first", b"second")}
    minio.remove_object(bucket_name=bucket, object_name="ü +%41")
    assert list(minio.list_objects(bucket_name=bucket)) == []
    listed = list(minio.list_objects(bucket_name=bucket, include_version=True))
    # The SDK sorts what it reads: versions first, behind them the markers.
    assert [item.is_delete_marker for item in listed] == [False, False, True]
    assert [item.version_id for item in listed[:2]] == list(versions)[::-1]
    for version, data in versions.items():
        assert read(minio, bucket, "ü +%41", version_id=version) == data
    objects = [DeleteObject(item.object_name, item.version_id) for item in listed]
    assert list(minio.remove_objects(bucket_name=bucket, delete_object_list=objects)) == []
    minio.remove_bucket(bucket_name=bucket)


def test_locks_hold_until_they_are_lifted(minio, server):
    bucket = server.bucket() + "-locked"
    minio.make_bucket(bucket_name=bucket, object_lock=True)
    minio.set_object_lock_config(bucket_name=bucket, config=ObjectLockConfig(GOVERNANCE, 1, DAYS))
    found = minio.get_object_lock_config(bucket_name=bucket)
    assert (found.mode, found.duration, found.duration_unit) == (GOVERNANCE, 1, DAYS)
    put(minio, bucket, "k", b"x")
    assert minio.get_object_retention(bucket_name=bucket, object_name="k").mode == GOVERNANCE
    until = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=2)
    minio.set_object_retention(bucket_name=bucket, object_name="k", config=Retention(GOVERNANCE, until))
    assert minio.get_object_retention(bucket_name=bucket, object_name="k").retain_until_date == until
    version = put(minio, bucket, "k", b"x", retention=Retention(COMPLIANCE, until)).version_id
    found = minio.get_object_retention(bucket_name=bucket, object_name="k", version_id=version)
    assert (found.mode, found.retain_until_date) == (COMPLIANCE, until)
    held = put(minio, bucket, "held", b"x", legal_hold=True, retention=Retention(GOVERNANCE, until)).version_id
    assert minio.is_object_legal_hold_enabled(bucket_name=bucket, object_name="held")
    errors = list(minio.remove_objects(
        bucket_name=bucket, delete_object_list=[DeleteObject("k", version), DeleteObject("held", held)],
        bypass_governance_mode=True))
    assert sorted((error.name, error.code) for error in errors) == [("held", "AccessDenied"), ("k", "AccessDenied")]
    minio.disable_object_legal_hold(bucket_name=bucket, object_name="held")
    assert not minio.is_object_legal_hold_enabled(bucket_name=bucket, object_name="held")
    assert list(minio.remove_objects(bucket_name=bucket, delete_object_list=[DeleteObject("held", held)],
                                     bypass_governance_mode=True)) == []
    assert read(minio, bucket, "k", version_id=version) == b"x"
    minio.delete_object_lock_config(bucket_name=bucket)
    assert minio.get_object_lock_config(bucket_name=bucket).mode is None


def test_tags_go_with_objects_and_buckets(minio, server):
    bucket = server.bucket()
    tags = Tags.new_object_tags()
    tags |= {"color": "light blue", "ключ": "a+b=c:/"}
    put(minio, bucket, "k", b"x", tags=tags)
    assert minio.get_object_tags(bucket_name=bucket, object_name="k") == tags
    minio.copy_object(bucket_name=bucket, object_name="copy", source=CopySource(bucket, "k"))
    assert minio.get_object_tags(bucket_name=bucket, object_name="copy") == tags
    minio.delete_object_tags(bucket_name=bucket, object_name="k")
    assert not minio.get_object_tags(bucket_name=bucket, object_name="k")
    whole = Tags.new_bucket_tags()
    whole["purpose"] = "test"
    minio.set_bucket_tags(bucket_name=bucket, tags=whole)
    assert minio.get_bucket_tags(bucket_name=bucket) == whole
    minio.delete_bucket_tags(bucket_name=bucket)
    assert minio.get_bucket_tags(bucket_name=bucket) is None


def test_an_object_is_composed_of_parts_of_others(minio, server):
    """Parts of ranges: the copies are of the ETags that the SDK saw before."""
    bucket = server.bucket()
    first, second = payload(11 * MIB, 1), payload(5 * MIB + 3, 2)
    put(minio, bucket, "first é+", first, part_size=5 * MIB)
    put(minio, bucket, "second", second)
    minio.compose_object(bucket_name=bucket, object_name="composed", metadata={"a": "b"}, sources=[
        ComposeSource(bucket, "first é+", offset=MIB, length=6 * MIB), ComposeSource(bucket, "first é+"),
        ComposeSource(bucket, "second")])
    assert read(minio, bucket, "composed") == first[MIB:7 * MIB] + first + second
    assert minio.stat_object(bucket_name=bucket, object_name="composed").metadata["x-amz-meta-a"] == "b"
    with pytest.raises(S3Error, match="PreconditionFailed"):
        minio.copy_object(bucket_name=bucket, object_name="copy", source=CopySource(bucket, "second", match_etag="0" * 32))


def test_a_policy_opens_a_bucket_and_is_read_back(minio, server):
    bucket = server.bucket()
    put(minio, bucket, "k", b"content")
    policy = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["s3:GetObject"], "Resource": f"arn:aws:s3:::{bucket}/*"}]}
    minio.set_bucket_policy(bucket_name=bucket, policy=json.dumps(policy))
    assert json.loads(minio.get_bucket_policy(bucket_name=bucket)) == policy
    assert requests.get(f"{server.endpoint}/{bucket}/k", verify=server.authority, timeout=30).content == b"content"
    minio.delete_bucket_policy(bucket_name=bucket)
    assert requests.get(f"{server.endpoint}/{bucket}/k", verify=server.authority, timeout=30).status_code == 403


def test_a_form_with_a_policy_of_the_sdk_is_an_upload(minio, server):
    bucket, data = server.bucket(), payload(100_000)
    policy = PostPolicy(bucket, datetime.now(timezone.utc) + timedelta(hours=1))
    policy.add_starts_with_condition("key", "up/")
    policy.add_content_length_range_condition(1, 100_000)
    form = minio.presigned_post_policy(policy)
    for size, status in ((100_000, 204), (0, 400)):
        answer = requests.post(f"{server.endpoint}/{bucket}", data={**form, "key": "up/ü"}, files={"file": data[:size]},
                               verify=server.authority, timeout=30)
        assert answer.status_code == status, answer.text
    assert read(minio, bucket, "up/ü") == data


def test_a_lifecycle_is_put_read_and_removed(minio, server):
    bucket = server.bucket()
    rule = Rule(ENABLED, rule_filter=Filter(prefix="logs/"), rule_id="one", expiration=Expiration(days=365))
    minio.set_bucket_lifecycle(bucket_name=bucket, config=LifecycleConfig([rule]))
    found = minio.get_bucket_lifecycle(bucket_name=bucket).rules
    assert [(one.rule_id, one.rule_filter.prefix, one.expiration.days) for one in found] == [("one", "logs/", 365)]
    minio.delete_bucket_lifecycle(bucket_name=bucket)
    assert minio.get_bucket_lifecycle(bucket_name=bucket) is None


@pytest.mark.parametrize("compression", (False, True))
def test_an_archive_is_unpacked_into_objects(minio, server, compression):
    bucket, files = server.bucket(), {f"deep/{size} é": payload(size) for size in (0, 1, 511, 512, 513, 200_000)}
    minio.upload_snowball_objects(bucket_name=bucket, compression=compression, object_list=[
        SnowballObject(key, data=io.BytesIO(data), length=len(data)) for key, data in files.items()])
    assert {item.object_name for item in minio.list_objects(bucket_name=bucket, recursive=True)} == set(files)
    for key, data in files.items():
        assert read(minio, bucket, key) == data
