"""Lifecycle rules as clients put them, and as they are carried out.

A server of these tests counts days of `COFFER_LIFECYCLE_DAY`, which is there for tests: nothing is rounded to midnights then,
and sweeps follow each other every twentieth of a day. Public suites call it their lifecycle debug interval.
"""

import json
import sys
import time
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from contract import run
from server import Server

DAY_SECONDS = 2
PATIENCE_SECONDS = 60


@pytest.fixture(scope="module")
def fast(tmp_path_factory):
    """A server whose days pass while a test waits."""
    with Server(tmp_path_factory.mktemp("fast"), environment={"COFFER_LIFECYCLE_DAY": f"{DAY_SECONDS}s"}) as server:
        yield server


def eventually(condition):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.1)


def put_rules(s3, bucket, *rules):
    filled = [{"ID": f"rule-{number}", "Status": "Enabled", "Filter": {"Prefix": ""}, **rule} for number, rule in enumerate(rules)]
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": filled})
    return filled


def keys(s3, bucket):
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", ())]


def versions(s3, bucket):
    listed = s3.list_object_versions(Bucket=bucket)
    return len(listed.get("Versions", ())), len(listed.get("DeleteMarkers", ()))


def test_objects_end_with_their_days(fast):
    s3, bucket = fast.s3(), fast.bucket()
    for key in ("short/a", "short/b", "long/a", "keep/a"):
        s3.put_object(Bucket=bucket, Key=key, Body=b"content")
    rules = put_rules(s3, bucket, {"Filter": {"Prefix": "short/"}, "Expiration": {"Days": 1}},
                      {"Filter": {"Prefix": "long/"}, "Expiration": {"Days": 1000}})
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"] == rules
    assert 'rule-id="rule-1"' in s3.head_object(Bucket=bucket, Key="long/a")["Expiration"]
    eventually(lambda: keys(s3, bucket) == ["keep/a", "long/a"])
    fast.wait_for_log("the bucket's lifecycle")
    s3.delete_bucket_lifecycle(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="short/c", Body=b"content")
    time.sleep(3 * DAY_SECONDS)
    assert "short/c" in keys(s3, bucket)


def test_versions_markers_and_uploads_end(fast):
    s3, bucket = fast.s3(), fast.bucket()
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for number in range(4):
        s3.put_object(Bucket=bucket, Key="kept", Body=b"%d" % number)
        s3.put_object(Bucket=bucket, Key="gone", Body=b"%d" % number)
    s3.delete_object(Bucket=bucket, Key="gone")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="upload")
    put_rules(s3, bucket, {"NoncurrentVersionExpiration": {"NoncurrentDays": 1}},
              {"Expiration": {"ExpiredObjectDeleteMarker": True}},
              {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1}})
    eventually(lambda: versions(s3, bucket) == (1, 0))
    assert s3.get_object(Bucket=bucket, Key="kept")["Body"].read() == b"3"
    eventually(lambda: upload_is_gone(s3, bucket, upload))


def upload_is_gone(s3, bucket, upload):
    try:
        s3.list_parts(Bucket=bucket, Key="upload", UploadId=upload["UploadId"])
        return False
    except ClientError as error:
        return error.response["Error"]["Code"] == "NoSuchUpload"


def test_a_retention_keeps_what_rules_would_remove(fast):
    s3, bucket = fast.s3(), fast.bucket() + "-locked"
    s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    held = s3.put_object(Bucket=bucket, Key="k", Body=b"held", ObjectLockLegalHoldStatus="ON")["VersionId"]
    free = s3.put_object(Bucket=bucket, Key="k", Body=b"free")["VersionId"]
    s3.put_object(Bucket=bucket, Key="k", Body=b"current")
    put_rules(s3, bucket, {"Expiration": {"Days": 1}, "NoncurrentVersionExpiration": {"NoncurrentDays": 1}})

    def left():
        return {entry["VersionId"] for entry in s3.list_object_versions(Bucket=bucket).get("Versions", ())}

    eventually(lambda: free not in left() and len(left()) == 1)
    assert left() == {held}
    assert s3.get_object(Bucket=bucket, Key="k", VersionId=held)["Body"].read() == b"held"
    s3.put_object_legal_hold(Bucket=bucket, Key="k", VersionId=held, LegalHold={"Status": "OFF"})
    eventually(lambda: not left())


def test_rules_outlive_a_restart(fresh_server):
    server = fresh_server(environment={"COFFER_LIFECYCLE_DAY": "1s"})
    with server:
        s3, bucket = server.s3(), server.bucket()
        s3.put_object(Bucket=bucket, Key="k", Body=b"content")
        put_rules(s3, bucket, {"Expiration": {"Days": 4}})
        server.restart()
        s3 = server.s3()
        assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]["Expiration"] == {"Days": 4}
        eventually(lambda: keys(s3, bucket) == [])


def test_mc_manages_rules(http):
    """`mc ilm rule add`, `ls` and `rm`: the query key has an empty value, and 404 means that there are no rules."""
    bucket = http.bucket()
    target = f"/{bucket}/?lifecycle="
    assert http.call("GET", target + "&withUpdatedAt=true").code == "NoSuchLifecycleConfiguration"
    document = (b"<LifecycleConfiguration><Rule><Expiration><Days>90</Days></Expiration><ID>cabc</ID><Filter><Prefix>"
                b"</Prefix></Filter><Status>Enabled</Status></Rule></LifecycleConfiguration>")
    assert http.call("PUT", target, body=document).status == 200
    got = http.call("GET", target + "&withUpdatedAt=true")
    assert got.find("Rule/ID") == "cabc" and got.headers["x-minio-lifecycleconfig-updatedat"].endswith("Z")
    assert http.call("DELETE", target).status == 204


def test_aws_cli_and_s3cmd_manage_rules(http, tmp_path):
    bucket, folder = http.bucket(), Path(sys.executable).parent
    environment = {"AWS_ACCESS_KEY_ID": http.access_key, "AWS_SECRET_ACCESS_KEY": http.secret_key, "HOME": str(tmp_path),
                   "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1"}
    rules = {"Rules": [{"ID": "logs", "Status": "Enabled", "Filter": {"And": {"Prefix": "logs/", "ObjectSizeLessThan": 9}},
                        "Expiration": {"Date": "2031-01-01T00:00:00.000Z"}}]}

    def aws(*arguments):
        return run([folder / "aws", "--endpoint-url", http.endpoint, "s3api", *arguments, "--bucket", bucket],
                   environment=environment)

    aws("put-bucket-lifecycle-configuration", "--lifecycle-configuration", json.dumps(rules))
    assert json.loads(aws("get-bucket-lifecycle-configuration").stdout)["Rules"] == rules["Rules"]
    aws("delete-bucket-lifecycle")

    (tmp_path / "s3cmd.ini").write_text("[default]\nmax_retries = 1\n")

    def s3cmd(*arguments):
        return run([sys.executable, folder / "s3cmd", f"--config={tmp_path / 's3cmd.ini'}", f"--access_key={http.access_key}",
                    f"--secret_key={http.secret_key}", f"--host={http.host}", f"--host-bucket={http.host}", "--no-ssl",
                    *arguments, f"s3://{bucket}"], environment={"HOME": str(tmp_path)}).stdout.decode()

    s3cmd("expire", "--expiry-days=30", "--expiry-prefix=tmp/")
    assert "tmp/" in s3cmd("getlifecycle") and "<Days>30</Days>" in s3cmd("getlifecycle")
    s3cmd("dellifecycle")
    assert http.call("GET", f"/{bucket}?lifecycle").code == "NoSuchLifecycleConfiguration"
