"""`coffer import minio`: drives that a MinIO wrote (`data/vectors/minio-drives`, with what its clients saw), without it."""

import base64
import hashlib
import json
import os
import shutil
import signal
import tarfile
import time
from urllib.parse import parse_qsl

import boto3
import botocore
import pytest
from botocore.config import Config

from server import REPOSITORY
from verification import command, process, verify, WHOLE

VECTORS = REPOSITORY / "data/vectors/minio-drives"
EXPECTED = json.loads((VECTORS / "expected.json").read_text())["trees"]
TREES = tuple(EXPECTED)
WHOLE_IMPORT, LEFT_BEHIND = 0, 2
#: What of MinIO's answers is not promised, or said otherwise: plain objects are SSE-S3 here, and versions have other ids.
OTHERWISE = ("x-minio-", "x-amz-version-id", "x-amz-server-side-encryption-aws-kms-key-id", "accept-ranges", "x-amz-tagging-count")


@pytest.fixture(scope="session")
def drives(tmp_path_factory):
    directory = tmp_path_factory.mktemp("minio")
    with tarfile.open(VECTORS / "drives.tar.gz") as archive:
        archive.extractall(directory, filter="data")
    return {tree: directory / "xl-vectors" / tree for tree in TREES}


def customer_keys(tree, path):
    lines = [f"{one['bucket']}/{one['key']} {one['ssecKey']}" for one in EXPECTED[tree]["objects"] if one.get("ssecKey")]
    path.write_text("# keys\n" + "\n".join(lines) + "\n")
    return path


def secret(tree):
    kms = EXPECTED[tree]["kms"]
    return f"{kms['id']}:{kms['key']}" if kms else None


def import_drive(server, drive, tree, tmp_path, *arguments, **more):
    report = tmp_path / "report.jsonl"
    finished = command(server, "import", "minio", drive, server.drive, "--report", report,
                       "--customer-keys", customer_keys(tree, tmp_path / "keys.txt"), *arguments, **more)
    lines = [json.loads(line) for line in report.read_text().splitlines()] if report.exists() else []
    return finished, lines


def server_for(tree, fresh_server, certificates):
    """One whose key service is what MinIO's was; over TLS, without which no customer's key is taken."""
    key = secret(tree)
    return fresh_server(environment={"MINIO_KMS_SECRET_KEY": key} if key else {}, keyring=not key, certificates=certificates)


def digest_of_tree(directory):
    digest = hashlib.sha256()
    for path in sorted(directory.rglob("*")):
        digest.update(os.fsencode(path.relative_to(directory)))
        if path.is_file():
            digest.update(path.read_bytes())
    return digest.hexdigest()


def customer_headers(one):
    if not one.get("ssecKey"):
        return {}
    key = base64.b64decode(one["ssecKey"])
    return {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": key}


def assert_equal(server, tree, lines):
    """Every object is as MinIO's clients saw it."""
    s3 = server.s3()
    ids = {(line["bucket"], line["key"], line["version"]): line["newVersion"] for line in lines}
    wanted = EXPECTED[tree]["objects"]
    assert len(ids) == len(wanted)
    for one in wanted:
        version = ids[one["bucket"], one["key"], one["versionId"]]
        if one["deleteMarker"]:
            continue
        which = dict(Bucket=one["bucket"], Key=one["key"], **customer_headers(one))
        if one["bucket"] != "vb1":
            which["VersionId"] = version
        got = s3.get_object(**which, ChecksumMode="ENABLED")
        body = got["Body"].read()
        assert hashlib.sha256(body).hexdigest() == one["sha256"], one["key"]
        head = s3.head_object(**which, ChecksumMode="ENABLED")["ResponseMetadata"]["HTTPHeaders"]
        for name, value in (one["head"] or {}).items():
            if not name.startswith(OTHERWISE):
                assert head.get(name) == value, (one["key"], name)
        if one["sse"] == "SSE-KMS":
            assert head["x-amz-server-side-encryption-aws-kms-key-id"].endswith(EXPECTED[tree]["kms"]["id"])
        tags = s3.get_object_tagging(**{name: which[name] for name in which if not name.startswith("SSE")})["TagSet"]
        assert {tag["Key"]: tag["Value"] for tag in tags} == dict(parse_qsl(one["metaUsr"].get("X-Amz-Tagging", "")))
        if "-" in one["etag"]:
            for number, size in enumerate(one["parts"]["PartASizes"], 1):
                part = s3.head_object(**which, PartNumber=number)
                assert (part["ContentLength"], part["PartsCount"]) == (size, len(one["parts"]["PartASizes"])), one["key"]
    # Their order, newest first, and the markers among them.
    for bucket, key in {(one["bucket"], one["key"]) for one in wanted if one["bucket"] != "vb1"}:
        listed = s3.list_object_versions(Bucket=bucket, Prefix=key)
        here = sorted(listed.get("Versions", []) + listed.get("DeleteMarkers", []), key=lambda one: one["LastModified"])
        mine = sorted((one for one in wanted if (one["bucket"], one["key"]) == (bucket, key)), key=lambda one: one["modTime"])
        assert [version["VersionId"] for version in here] == [ids[bucket, key, one["versionId"]] for one in mine]
        assert [version["IsLatest"] for version in here] == [one["isLatest"] for one in mine]
        assert ["ETag" not in version for version in here] == [one["deleteMarker"] for one in mine]


def assert_settings(server):
    s3 = server.s3()
    assert "vb1/s/*" in s3.get_bucket_policy(Bucket="vb1")["Policy"]
    assert s3.get_bucket_lifecycle_configuration(Bucket="vb1")["Rules"][0]["Expiration"] == {"Days": 3000}
    assert s3.get_bucket_tagging(Bucket="vb1")["TagSet"] == [{"Key": "t", "Value": "v"}]
    assert "Status" not in s3.get_bucket_versioning(Bucket="vb1")
    assert s3.get_bucket_versioning(Bucket="vv1")["Status"] == "Enabled"
    assert s3.get_object_lock_configuration(Bucket="vl1")["ObjectLockConfiguration"]["ObjectLockEnabled"] == "Enabled"


def client(server, access_key, secret_key):
    return boto3.client("s3", endpoint_url=server.endpoint, region_name="us-east-1", aws_access_key_id=access_key,
                        aws_secret_access_key=secret_key, verify=server.authority, config=Config(retries={"total_max_attempts": 1}))


def status(call):
    try:
        return call()["ResponseMetadata"]["HTTPStatusCode"]
    except botocore.exceptions.ClientError as error:
        return error.response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize("tree", TREES)
def test_a_drive_comes_over_whole(fresh_server, certificates, drives, tmp_path, tree):
    server = server_for(tree, fresh_server, certificates)
    before = digest_of_tree(drives[tree])
    finished, lines = import_drive(server, drives[tree], tree, tmp_path)
    assert [line for line in lines if line["outcome"] != "imported"] == [], finished
    assert finished.returncode == WHOLE_IMPORT, finished
    assert not any("detail" in line for line in lines), lines
    assert f"{len(lines)}" in finished.stdout and "imported" in finished.stdout
    # Again: nothing twice.
    again, present = import_drive(server, drives[tree], tree, tmp_path)
    assert again.returncode == WHOLE_IMPORT, again
    assert {line.get("reason") for line in present} == {"here already"} and len(present) == len(lines)
    assert digest_of_tree(drives[tree]) == before, "the source was written to"
    told = verify(server)
    assert told.status == WHOLE, told
    with server:
        assert_equal(server, tree, lines)
        assert_settings(server)
        users = {one["path"]: one["value"] for one in EXPECTED[tree]["iam"]}
        credentials = users["config/iam/users/alice/identity.json"]["credentials"]
        alice = client(server, "alice", credentials["secretKey"])
        # Known, and without a right to it: another secret is refused with the same status, so its code is looked at.
        with pytest.raises(botocore.exceptions.ClientError) as wrong:
            client(server, "alice", "x" * 12).list_buckets()
        assert wrong.value.response["Error"]["Code"] == "SignatureDoesNotMatch"
        assert status(alice.list_buckets) in (200, 403)
        if status(alice.list_buckets) == 403:
            with pytest.raises(botocore.exceptions.ClientError) as known:
                alice.list_buckets()
            assert known.value.response["Error"]["Code"] == "AccessDenied"


def test_with_the_keys_in_a_key_server(make_pair, certificates, drives, tmp_path):
    tree, key = "kes", EXPECTED["kes"]["kms"]
    pair = make_pair(certificates=certificates)
    calls = ("create", "generate", "decrypt", "describe")
    pair.allow(rules=[f"/v1/key/{call}/{key['id']}" for call in calls])
    pair.server.environment["MINIO_KMS_KES_KEY_NAME"] = key["id"]
    with pair.kes:
        body = {"key": key["key"], "cipher": "AES256"}
        assert pair.kes.call("PUT", f"/v1/key/import/{key['id']}", body).status == 200
        finished, lines = import_drive(pair.server, drives[tree], tree, tmp_path)
        assert finished.returncode == WHOLE_IMPORT, finished
        with pair.server:
            assert_equal(pair.server, tree, lines)


def test_from_one_key_service_to_another(fresh_server, certificates, drives, tmp_path):
    """The source's keys are named by MinIO's own file; here is a keyring, which gets keys of the same names."""
    tree = "static-compress"
    server = fresh_server(certificates=certificates)
    names = tmp_path / "minio"
    names.write_text(f'MINIO_VOLUMES="/srv"\nMINIO_KMS_SECRET_KEY="{secret(tree)}"\n')
    finished, lines = import_drive(server, drives[tree], tree, tmp_path, "--source-environment", names)
    assert finished.returncode == WHOLE_IMPORT, finished
    with server:
        assert_equal(server, tree, lines)


def test_what_has_no_key_stays_behind(fresh_server, drives, tmp_path):
    tree = "static-compress"
    server = fresh_server()
    report = tmp_path / "report.jsonl"
    finished = command(server, "import", "minio", drives[tree], server.drive, "--report", report)
    assert finished.returncode == LEFT_BEHIND, finished
    reasons = {(line["bucket"], line["key"]): line.get("reason") for line in map(json.loads, report.read_text().splitlines())}
    for one in EXPECTED[tree]["objects"]:
        if one["bucket"] == "vb1":
            wanted = {None: None, "SSE-C": "no customer's key given"}.get(one["sse"], "key missing in the key service")
            assert reasons[one["bucket"], one["key"]] == wanted, one["key"]


def test_a_dry_run_checks_and_writes_nothing(fresh_server, certificates, drives, tmp_path):
    tree = "no-kms"
    server = server_for(tree, fresh_server, certificates)
    with server:
        pass
    finished, lines = import_drive(server, drives[tree], tree, tmp_path, "--dry-run")
    assert finished.returncode == WHOLE_IMPORT, finished
    assert len(lines) == len(EXPECTED[tree]["objects"])
    with server:
        assert server.s3().list_buckets()["Buckets"] == []


def flip(path, offset):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)
        file.seek(offset)
        file.write(bytes([byte[0] ^ 1]))


def test_what_is_damaged_is_named_and_stays_behind(fresh_server, certificates, drives, tmp_path):
    tree = "no-kms"
    drive = tmp_path / "drive"
    shutil.copytree(drives[tree], drive)
    part = next((drive / "vb1/mp/zeros").rglob("part.1"))
    flip(part, 5000)
    flip(drive / "vb1/s/100/xl.meta", 60)
    shutil.rmtree(next(path for path in (drive / "vb1/s/131073").iterdir() if path.is_dir()))
    server = server_for(tree, fresh_server, certificates)
    finished, lines = import_drive(server, drive, tree, tmp_path)
    assert finished.returncode == LEFT_BEHIND, finished
    left = {line["key"]: line["reason"] for line in lines if line["outcome"] == "skipped"}
    assert left == {"mp/zeros": "damaged", "s/100": "damaged", "s/131073": "damaged"}
    assert len(lines) == len(EXPECTED[tree]["objects"])
    told = verify(server)
    assert told.status == WHOLE, told


@pytest.mark.parametrize("format", (
    '{"format":"xl","xl":{"sets":[["a","b","c","d"]]}}', '{"format":"fs"}', '{"format":"xl-single"', None))
def test_another_format_is_refused_with_a_line(fresh_server, tmp_path, format):
    drive = tmp_path / "drive"
    (drive / ".minio.sys").mkdir(parents=True)
    if format:
        (drive / ".minio.sys/format.json").write_text(format)
    server = fresh_server()
    finished = command(server, "import", "minio", drive, server.drive)
    assert finished.returncode == 1 and finished.stderr.startswith(f"coffer: {drive}"), finished
    assert finished.stderr.count("\n") == 1 and not server.drive.exists(), finished


def test_a_url_is_refused(fresh_server, drives):
    server = fresh_server()
    finished = command(server, "import", "minio", drives["kes"], "http://127.0.0.1:1")
    assert finished.returncode != 0 and "stop the server" in finished.stderr


def test_what_was_killed_goes_on(fresh_server, certificates, drives, tmp_path):
    """Killed at a moment further on each time; in the end everything is there once."""
    tree = "static-compress"
    server = server_for(tree, fresh_server, certificates)
    keys = customer_keys(tree, tmp_path / "keys.txt")
    for turn in range(8):
        running = process(server, "import", "minio", drives[tree], server.drive, "--customer-keys", keys)
        time.sleep(0.03 + 0.08 * turn)
        running.send_signal(signal.SIGKILL)
        running.communicate()
    finished, _ = import_drive(server, drives[tree], tree, tmp_path)
    assert finished.returncode == WHOLE_IMPORT, finished
    told = verify(server)
    assert told.status == WHOLE, told
    with server:
        s3 = server.s3()
        for bucket in ("vb1", "vl1", "vv1"):
            listed = s3.list_object_versions(Bucket=bucket)
            here = len(listed.get("Versions", [])) + len(listed.get("DeleteMarkers", []))
            assert here == len([one for one in EXPECTED[tree]["objects"] if one["bucket"] == bucket])
            assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
