"""The AWS command line: `aws s3` for files and folders, `aws s3api` for single operations."""

import base64
import hashlib
import json
import os
import shlex
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from string import Template
from urllib.parse import urlsplit

import botocore
import pytest
import requests

from contract import Client, ClientContract, digest, run
import operations
from payloads import CUSTOMER_KEY, KEY_ID, MIB, PLAIN, SSE, SSE_C, SSE_KMS, payload_file
from server import DEFAULT_KEY

AWS = Path(sys.executable).parent / "aws"


def flags(encryption, directory):
    if encryption is SSE_C:
        key = directory / "customer.key"
        key.write_bytes(CUSTOMER_KEY.raw)
        return ["--sse-c", "AES256", "--sse-c-key", f"fileb://{key}"]
    found = []
    if SSE in encryption.request:
        found += ["--sse", encryption.request[SSE]]
    if KEY_ID in encryption.request:
        found += ["--sse-kms-key-id", encryption.request[KEY_ID]]
    return found


class AWSCommandLine(Client):
    encryptions = (PLAIN, SSE_KMS, SSE_C)  # SSE-S3 is the same option as SSE-KMS, and boto3 sends it

    def aws(self, *arguments, check=True):
        environment = {
            "AWS_ACCESS_KEY_ID": self.server.access_key, "AWS_SECRET_ACCESS_KEY": self.server.secret_key,
            "AWS_DEFAULT_REGION": "us-east-1", "AWS_MAX_ATTEMPTS": "1", "HOME": str(self.directory),
            "AWS_EC2_METADATA_DISABLED": "true"}
        if self.server.tls:
            environment["AWS_CA_BUNDLE"] = self.server.authority
        return run([AWS, "--endpoint-url", self.server.endpoint, *arguments], environment=environment, check=check)

    def make_bucket(self, bucket):
        self.aws("s3", "mb", f"s3://{bucket}")

    def upload(self, bucket, files, encryption):
        source = self.directory / "source"
        for key, path in files.items():
            (source / key).parent.mkdir(parents=True, exist_ok=True)
            os.link(path, source / key)
        self.aws("s3", "cp", "--recursive", "--no-progress", source, f"s3://{bucket}/", *flags(encryption, self.directory))

    def list(self, bucket):
        lines = self.aws("s3", "ls", "--recursive", f"s3://{bucket}", check=False).stdout.decode().splitlines()
        return {line.split(None, 3)[3]: int(line.split(None, 3)[2]) for line in lines if line}

    def read_range(self, bucket, key, first, last, encryption):
        customer = []
        if encryption is SSE_C:
            customer = ["--sse-customer-algorithm", "AES256", "--sse-customer-key",
                        f"fileb://{self.directory / 'customer.key'}"]
        target = self.directory / "range"
        self.aws("s3api", "get-object", "--bucket", bucket, "--key", key, "--range", f"bytes={first}-{last}", *customer,
                 target)
        return target.read_bytes()

    def download(self, bucket, keys, directory, encryption):
        folder = keys[0].rpartition("/")[0]
        self.aws("s3", "cp", "--recursive", "--no-progress", f"s3://{bucket}/{folder}", directory,
                 *(flags(encryption, self.directory) if encryption is SSE_C else []))

    def delete(self, bucket, keys):
        self.aws("s3", "rm", "--recursive", "--only-show-errors", f"s3://{bucket}")

    def set_default(self, bucket, encryption):
        rule = {"SSEAlgorithm": encryption.request[SSE]}
        if KEY_ID in encryption.request:
            rule["KMSMasterKeyID"] = encryption.request[KEY_ID]
        self.aws("s3api", "put-bucket-encryption", "--bucket", bucket, "--server-side-encryption-configuration",
                 json.dumps({"Rules": [{"ApplyServerSideEncryptionByDefault": rule}]}))


class TestAWSCommandLine(ClientContract):
    client = AWSCommandLine


@pytest.fixture
def aws(server, tmp_path):
    return AWSCommandLine(server, tmp_path)


def test_a_folder_is_synchronised_there_and_back(aws, server, tmp_path, payload_directory):
    bucket = server.bucket()
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "deep" / "deeper").mkdir(parents=True)
    for number, name in enumerate(("a", "deep/b", "deep/deeper/ü +&")):
        (source / name).write_bytes(payload_file(payload_directory, 1000 + number).read_bytes())
    aws.aws("s3", "sync", "--only-show-errors", source, f"s3://{bucket}/copy")
    aws.aws("s3", "sync", "--only-show-errors", f"s3://{bucket}/copy", target)
    for name in ("a", "deep/b", "deep/deeper/ü +&"):
        assert digest(source / name) == digest(target / name)
    assert aws.aws("s3", "sync", f"s3://{bucket}/copy", target).stdout == b""


def test_what_the_server_copies_moves_and_synchronises(aws, server, tmp_path, payload_directory):
    bucket, other = server.bucket(), server.bucket()
    small, long = (payload_file(payload_directory, size) for size in (1000, 9 * MIB))
    aws.upload(bucket, {"folder/small": small, "folder/long": long, "folder/ü +&": small}, PLAIN)
    for name in ("long", "small"):
        aws.aws("s3", "cp", "--only-show-errors", f"s3://{bucket}/folder/{name}", f"s3://{other}/{name}")
    aws.aws("s3", "sync", "--only-show-errors", f"s3://{bucket}/folder", f"s3://{other}/folder")
    aws.aws("s3", "mv", "--only-show-errors", "--recursive", f"s3://{bucket}/folder", f"s3://{other}/moved")
    assert aws.list(bucket) == {}
    names = {"small": small, "long": long, "ü +&": small}
    expected = {f"{folder}/{name}": path for folder in ("folder", "moved") for name, path in names.items()}
    expected |= {"long": long, "small": small}
    assert aws.list(other) == {key: path.stat().st_size for key, path in expected.items()}
    target = tmp_path / "fetched"
    aws.aws("s3", "sync", "--only-show-errors", f"s3://{other}/moved", target)
    for name, path in names.items():
        assert digest(target / name) == digest(path)


def test_a_stream_goes_in_and_out(aws, server):
    bucket = server.bucket()
    command = ["--endpoint-url", server.endpoint, "s3", "cp", "-", f"s3://{bucket}/stream"]
    environment = {"AWS_ACCESS_KEY_ID": server.access_key, "AWS_SECRET_ACCESS_KEY": server.secret_key,
                   "AWS_DEFAULT_REGION": "us-east-1", "HOME": str(aws.directory)}
    if server.tls:
        environment["AWS_CA_BUNDLE"] = server.authority
    run([AWS, *command], environment=environment, data=b"through a pipe")
    assert aws.aws("s3", "cp", f"s3://{bucket}/stream", "-").stdout == b"through a pipe"


def test_a_presigned_address_of_the_command_line_works(aws, server):
    """Version 1 of this command line signs presigned addresses in us-east-1 with signature version 2."""
    bucket = server.bucket()
    server.call("PUT", f"/{bucket}/k", body=b"shared")
    address = aws.aws("s3", "presign", f"s3://{bucket}/k", "--expires-in", "60").stdout.decode().strip()
    assert urlsplit(address).netloc == server.host
    answer = requests.get(address, verify=server.authority, timeout=30)
    assert (answer.status_code, answer.content) == (200, b"shared"), answer.text


def test_the_wrong_customer_key_reads_nothing(https, tmp_path, payload_directory):
    aws, bucket = AWSCommandLine(https, tmp_path), https.bucket()
    aws.upload(bucket, {"k": payload_file(payload_directory, 9 * MIB)}, SSE_C)
    wrong = tmp_path / "wrong.key"
    wrong.write_bytes(b"\x01" * 32)
    failed = aws.aws("s3", "cp", f"s3://{bucket}/k", tmp_path / "out", "--sse-c", "AES256", "--sse-c-key",
                     f"fileb://{wrong}", check=False)
    assert failed.returncode != 0 and b"403" in failed.stderr
    assert not (tmp_path / "out").exists()


def test_head_object_names_the_key(aws, server, payload_directory):
    bucket = server.bucket()
    aws.upload(bucket, {"k": payload_file(payload_directory, 1000)}, SSE_KMS)
    head = json.loads(aws.aws("s3api", "head-object", "--bucket", bucket, "--key", "k").stdout)
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", SSE_KMS.request[KEY_ID])


def contents(folder):
    """Every file below a folder by its relative name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_gone_on_one_side_is_deleted_on_the_other(aws, server, tmp_path, payload_directory):
    bucket = server.bucket()
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "deep").mkdir(parents=True)
    for number, name in enumerate(("kept", "deep/changed %41", "deep/gone", "skipped.tmp")):
        (source / name).write_bytes(payload_file(payload_directory, 2000 + number).read_bytes())
    sync = ("s3", "sync", "--only-show-errors", "--delete")
    aws.aws(*sync, "--exclude", "*.tmp", source, f"s3://{bucket}")
    aws.aws(*sync, f"s3://{bucket}", target)
    (source / "skipped.tmp").unlink()
    assert contents(target) == contents(source)
    (source / "deep/gone").unlink()
    (source / "deep/changed %41").write_bytes(b"longer than nothing")
    aws.aws(*sync, source, f"s3://{bucket}")
    (target / "of my own").write_bytes(b"x")
    aws.aws(*sync, f"s3://{bucket}", target)
    assert contents(target) == contents(source)
    assert aws.list(bucket) == {"kept": 2000, "deep/changed %41": 19}


def test_files_move_both_ways_and_folders_are_removed_in_part(aws, server, tmp_path, payload_directory):
    bucket = server.bucket()
    source, long = tmp_path / "one", payload_file(payload_directory, 17 * MIB)
    source.write_bytes(long.read_bytes())
    aws.aws("s3", "mv", "--only-show-errors", source, f"s3://{bucket}/deep/in")
    assert not source.exists()
    for key in ("deep/a.log", "deep/b.txt", "deeper/c.log"):
        server.call("PUT", f"/{bucket}/{key}", body=b"x")
    aws.aws("s3", "rm", "--only-show-errors", "--recursive", "--exclude", "*", "--include", "*.log", f"s3://{bucket}/deep/")
    assert aws.list(bucket) == {"deep/b.txt": 1, "deep/in": 17 * MIB, "deeper/c.log": 1}
    aws.aws("s3", "mv", "--only-show-errors", f"s3://{bucket}/deep/in", tmp_path / "back")
    assert digest(tmp_path / "back") == digest(long)
    assert aws.list(bucket) == {"deep/b.txt": 1, "deeper/c.log": 1}


def test_curl_fetches_what_was_presigned(aws, server, tmp_path, payload_directory):
    bucket, path = server.bucket(), payload_file(payload_directory, 3 * MIB)
    aws.upload(bucket, {"ü + %41/k": path}, PLAIN)
    authority = ["--cacert", server.authority] if server.tls else []
    # The signature is the version 2 of one region and the version 4 of every other.
    for region in ("us-east-1", "eu-central-1"):
        address = aws.aws("s3", "presign", f"s3://{bucket}/ü + %41/k", "--region", region).stdout.decode().strip()
        run(["curl", "--fail", "--silent", "--show-error", *authority, "--output", tmp_path / region, address])
        assert digest(tmp_path / region) == digest(path)


# Operations of the server that the command line has no call for.
NOT_OF_THE_COMMAND_LINE = {
    "PostObject", "ForceDeleteBucket", "ForceDeleteObject", "GetBucketReplicationMetrics", "ListenNotification",
    "ListenBucketNotification"}
RULES = '{"CORSRules": [{"AllowedOrigins": ["https://a.test"], "AllowedMethods": ["GET"], "AllowedHeaders": ["*"]}]}'
TAGS = '{"TagSet": [{"Key": "color", "Value": "light blue"}]}'
BLOCK = {"BlockPublicAcls": True, "IgnorePublicAcls": False, "BlockPublicPolicy": True, "RestrictPublicBuckets": False}
DEFAULT = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": DEFAULT_KEY}}]}
LOCK = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}
EXPIRY = {"Rules": [{"ID": "one", "Filter": {"Prefix": "tmp/"}, "Status": "Enabled", "Expiration": {"Days": 3}}]}
POLICY = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": "s3:GetObject",
     "Resource": "arn:aws:s3:::$bucket/*"}]}
DELETED = {"Objects": [{"Key": "k"}, {"Key": "parts"}, {"Key": "renamed"}]}
OBJECT, COPY, LOCKED = "--bucket $bucket --key k", "--bucket $bucket --key copy", "--bucket $locked --key k"
UPLOAD = "--bucket $bucket --key parts --upload-id $upload"
ABORTED = "--bucket $bucket --key aborted --upload-id $upload"

# (operation, its options, what the answer must hold at least, what of it the next calls need). In the order of their calls.
CALLS = (
    ("CreateBucket", "--bucket $bucket", {"Location": "/$bucket"}),
    ("CreateBucket", "--bucket $locked --object-lock-enabled-for-bucket", {"Location": "/$locked"}),
    ("ListBuckets", "--prefix $bucket", {"Buckets": [{"Name": "$bucket"}]}),
    ("HeadBucket", "--bucket $bucket", {}),
    ("GetBucketLocation", "--bucket $bucket", {"LocationConstraint": None}),
    ("PutBucketEncryption", f"--bucket $bucket --server-side-encryption-configuration '{json.dumps(DEFAULT)}'", {}),
    ("GetBucketEncryption", "--bucket $bucket", {"ServerSideEncryptionConfiguration": DEFAULT}),
    ("DeleteBucketEncryption", "--bucket $bucket", {}),
    ("PutBucketTagging", f"--bucket $bucket --tagging '{TAGS}'", {}),
    ("GetBucketTagging", "--bucket $bucket", json.loads(TAGS)),
    ("DeleteBucketTagging", "--bucket $bucket", {}),
    ("PutBucketCors", f"--bucket $bucket --cors-configuration '{RULES}'", {}),
    ("GetBucketCors", "--bucket $bucket", json.loads(RULES)),
    ("DeleteBucketCors", "--bucket $bucket", {}),
    ("PutPublicAccessBlock", f"--bucket $bucket --public-access-block-configuration '{json.dumps(BLOCK)}'", {}),
    ("GetPublicAccessBlock", "--bucket $bucket", {"PublicAccessBlockConfiguration": BLOCK}),
    ("DeletePublicAccessBlock", "--bucket $bucket", {}),
    ("PutBucketPolicy", f"--bucket $bucket --policy '{json.dumps(POLICY)}'", {}),
    ("GetBucketPolicy", "--bucket $bucket", {"Policy": json.dumps(POLICY)}),
    ("GetBucketPolicyStatus", "--bucket $bucket", {"PolicyStatus": {"IsPublic": True}}),
    ("DeleteBucketPolicy", "--bucket $bucket", {}),
    ("PutBucketOwnershipControls", "--bucket $bucket --ownership-controls Rules=[{ObjectOwnership=BucketOwnerEnforced}]", {}),
    ("GetBucketOwnershipControls", "--bucket $bucket",
     {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}}),
    ("DeleteBucketOwnershipControls", "--bucket $bucket", {}),
    ("PutBucketAcl", "--bucket $bucket --acl private", {}),
    ("GetBucketAcl", "--bucket $bucket", {"Grants": [{"Permission": "FULL_CONTROL"}]}),
    ("PutBucketLogging", "--bucket $bucket --bucket-logging-status {}", {}),
    ("GetBucketLogging", "--bucket $bucket", {}),
    ("PutBucketAccelerateConfiguration", "--bucket $bucket --accelerate-configuration Status=Suspended", {}),
    ("GetBucketAccelerateConfiguration", "--bucket $bucket", {}),
    ("PutBucketRequestPayment", "--bucket $bucket --request-payment-configuration Payer=BucketOwner", {}),
    ("GetBucketRequestPayment", "--bucket $bucket", {"Payer": "BucketOwner"}),
    ("PutBucketNotificationConfiguration", "--bucket $bucket --notification-configuration {}", {}),
    ("GetBucketNotificationConfiguration", "--bucket $bucket", {}),
    ("PutBucketLifecycleConfiguration", f"--bucket $bucket --lifecycle-configuration '{json.dumps(EXPIRY)}'", {}),
    ("GetBucketLifecycleConfiguration", "--bucket $bucket", EXPIRY),
    ("DeleteBucketLifecycle", "--bucket $bucket", {}),
    ("GetBucketWebsite", "--bucket $bucket", "NoSuchWebsiteConfiguration"),
    ("DeleteBucketWebsite", "--bucket $bucket", {}),
    ("GetBucketReplication", "--bucket $bucket", "ReplicationConfigurationNotFoundError"),
    ("DeleteBucketReplication", "--bucket $bucket", {}),
    # objects
    ("PutObject", f"{OBJECT} --body $file --metadata a=b --checksum-algorithm SHA256",
     {"ETag": "$etag", "ChecksumSHA256": "$sha256"}),
    ("HeadObject", OBJECT, {"ContentLength": 5_242_880, "Metadata": {"a": "b"}, "ETag": "$etag"}),
    ("GetObject", f"{OBJECT} $out", {"ContentLength": 5_242_880, "ETag": "$etag"}),
    ("GetObjectAttributes", f"{OBJECT} --object-attributes ETag ObjectSize Checksum",
     {"ObjectSize": 5_242_880, "Checksum": {"ChecksumSHA256": "$sha256"}}),
    ("PutObjectTagging", f"{OBJECT} --tagging '{TAGS}'", {}),
    ("GetObjectTagging", OBJECT, json.loads(TAGS)),
    ("DeleteObjectTagging", OBJECT, {}),
    ("PutObjectAcl", f"{OBJECT} --acl private", {}),
    ("GetObjectAcl", OBJECT, {"Grants": [{"Permission": "FULL_CONTROL"}]}),
    ("PutObjectAnnotation", f"{OBJECT} --annotation-name note --annotation-payload $note", {"AnnotationName": "note"}),
    ("ListObjectAnnotations", OBJECT, {"Annotations": [{"AnnotationName": "note"}]}),
    ("GetObjectAnnotation", f"{OBJECT} --annotation-name note $noted", {"ContentLength": 8}),
    ("DeleteObjectAnnotation", f"{OBJECT} --annotation-name note", {}),
    ("CopyObject", f"{COPY} --copy-source $bucket/k", {"CopyObjectResult": {"ETag": "$etag"}}),
    ("RenameObject", "--bucket $bucket --key renamed --rename-source /copy", {}),
    ("UpdateObjectEncryption", "--bucket $bucket --key renamed --object-encryption "
     f"SSEKMS={{KMSKeyArn=arn:aws:kms:{DEFAULT_KEY}}}", {}),
    ("GetObject", "--bucket $bucket --key renamed $out", {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": DEFAULT_KEY}),
    ("ListObjects", "--bucket $bucket", {"Contents": [{"Key": "k"}, {"Key": "renamed"}]}),
    ("ListObjectsV2", "--bucket $bucket --max-items 1", {"Contents": [{"Key": "k", "Size": 5_242_880}]}),
    # uploads in parts
    ("CreateMultipartUpload", "--bucket $bucket --key parts", {"Key": "parts"}, "UploadId"),
    ("UploadPart", f"{UPLOAD} --part-number 1 --body $file", {"ETag": "$etag"}),
    ("UploadPartCopy", f"{UPLOAD} --part-number 2 --copy-source $bucket/k", {"CopyPartResult": {"ETag": "$etag"}}),
    ("ListParts", UPLOAD, {"Parts": [{"PartNumber": 1, "ETag": "$etag"}, {"PartNumber": 2, "Size": 5_242_880}]}),
    ("ListMultipartUploads", "--bucket $bucket", {"Uploads": [{"Key": "parts", "UploadId": "$upload"}]}),
    ("CompleteMultipartUpload", UPLOAD + " --multipart-upload "
     "'Parts=[{PartNumber=1,ETag=$etag},{PartNumber=2,ETag=$etag}]'", {"Key": "parts"}),
    ("GetObject", "--bucket $bucket --key parts --part-number 2 $out", {"PartsCount": 2, "ContentLength": 5_242_880}),
    ("CreateMultipartUpload", "--bucket $bucket --key aborted", {"Key": "aborted"}, "UploadId"),
    ("AbortMultipartUpload", ABORTED, {}),
    # versions and locks
    ("GetBucketVersioning", "--bucket $locked", {"Status": "Enabled"}),
    ("PutBucketVersioning", "--bucket $locked --versioning-configuration Status=Enabled", {}),
    ("PutObject", f"{LOCKED} --body $file", {"ETag": "$etag"}, "VersionId"),
    ("PutObjectRetention", f"{LOCKED} --retention Mode=GOVERNANCE,RetainUntilDate=$until", {}),
    ("GetObjectRetention", LOCKED, {"Retention": {"Mode": "GOVERNANCE", "RetainUntilDate": "$until"}}),
    ("PutObjectLegalHold", f"{LOCKED} --legal-hold Status=ON", {}),
    ("GetObjectLegalHold", LOCKED, {"LegalHold": {"Status": "ON"}}),
    ("DeleteObject", f"{LOCKED} --version-id $version", "AccessDenied"),
    ("PutObjectLegalHold", f"{LOCKED} --legal-hold Status=OFF", {}),
    ("PutObjectRetention", f"{LOCKED} --retention {{}} --bypass-governance-retention", {}),
    ("DeleteObject", f"{LOCKED} --version-id $version", {"VersionId": "$version"}),
    ("PutObjectLockConfiguration", f"--bucket $locked --object-lock-configuration '{json.dumps(LOCK)}'", {}),
    ("GetObjectLockConfiguration", "--bucket $locked", {"ObjectLockConfiguration": LOCK}),
    ("ListObjectVersions", "--bucket $bucket --prefix k", {"Versions": [{"Key": "k", "VersionId": "null"}]}),
    ("DeleteObjects", f"--bucket $bucket --delete '{json.dumps(DELETED)}'",
     {"Deleted": [{"Key": "k"}, {"Key": "parts"}, {"Key": "renamed"}]}),
    ("DeleteBucket", "--bucket $bucket", {}),
    ("DeleteBucket", "--bucket $locked", {}),
)


def test_every_operation_has_a_call():
    performed = operations.performed()
    assert performed - NOT_OF_THE_COMMAND_LINE == {call[0] for call in CALLS}


def assert_holds(found, expected, call):
    """That an answer has what is expected: of objects the named members, of lists every item."""
    if isinstance(expected, dict):
        for name, value in expected.items():
            assert value is None or name in found, (call, name, found)
            assert_holds(found.get(name), value, call)
    elif isinstance(expected, list):
        assert len(found) == len(expected), (call, found)
        for one, other in zip(found, expected):
            assert_holds(one, other, call)
    else:
        assert found == expected, (call, found)


@pytest.mark.long
def test_every_operation_is_called_once(aws, server, tmp_path, payload_directory):
    path = payload_file(payload_directory, 5 * MIB)
    data = path.read_bytes()
    until = (datetime.now(timezone.utc) + timedelta(days=1)).isoformat(timespec="seconds")
    sha256 = base64.b64encode(hashlib.sha256(data).digest()).decode()
    names = {"bucket": server.bucket() + "-calls", "locked": server.bucket() + "-calls", "file": path, "out": tmp_path / "out", "noted": tmp_path / "noted", "note": tmp_path / "note",
             "etag": f'"{hashlib.md5(data).hexdigest()}"', "sha256": sha256, "until": until}

    def filled(value):
        if isinstance(value, dict):
            return {name: filled(one) for name, one in value.items()}
        if isinstance(value, list):
            return [filled(one) for one in value]
        return Template(value).substitute(names) if isinstance(value, str) else value

    names["note"].write_bytes(b"of a lot")
    for operation, options, expected, *kept in CALLS:
        words = [filled(word) for word in shlex.split(options)]
        call = ["s3api", botocore.xform_name(operation, "-"), *words]
        finished = aws.aws(*call, check=not isinstance(expected, str))
        if isinstance(expected, str):
            assert finished.returncode != 0 and f"({expected})" in finished.stderr.decode(), (call, finished)
            continue
        answer = json.loads(finished.stdout) if finished.stdout.strip() else {}
        assert_holds(answer, filled(expected), call)
        if operation == "GetObject":
            assert (tmp_path / "out").read_bytes() == data, call
        for name in kept:
            names[name.removesuffix("Id").lower()] = answer[name]
