"""The AWS command line: `aws s3` for files and folders, `aws s3api` for single operations."""

import json
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from contract import Client, ClientContract, digest, run
from payloads import CUSTOMER_KEY, KEY_ID, MIB, PLAIN, SSE, SSE_C, SSE_KMS, payload_file

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
