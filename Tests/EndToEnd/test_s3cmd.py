"""s3cmd: version 1 lists, 15 MiB parts, and a comparison of every ETag with the MD5 of what it sent."""

import hashlib
import json
import sys
from pathlib import Path

import pytest
import requests
from botocore.exceptions import ClientError

from contract import Client, ClientContract, digest, run
from payloads import KEY_ID, MIB, PLAIN, SSE_KMS, SSE_S3, payload_file

S3CMD = Path(sys.executable).parent / "s3cmd"


class S3cmd(Client):
    encryptions = (PLAIN, SSE_S3, SSE_KMS)

    def s3cmd(self, *arguments, check=True, data=None):
        transport = ["--ssl", f"--ca-certs={self.server.authority}"] if self.server.tls else ["--no-ssl"]
        configuration = self.directory / "s3cmd.ini"
        configuration.write_text("[default]\nmax_retries = 1\n")
        return run(
            [sys.executable, S3CMD, f"--config={configuration}", f"--access_key={self.server.access_key}",
             f"--secret_key={self.server.secret_key}", f"--host={self.server.host}", f"--host-bucket={self.server.host}",
             "--no-progress", *transport, *arguments], environment={"HOME": str(self.directory)}, check=check,
            data=data)

    def make_bucket(self, bucket):
        self.s3cmd("mb", f"s3://{bucket}")

    def upload(self, bucket, files, encryption):
        flags = []
        if encryption is SSE_S3:
            flags = ["--server-side-encryption"]
        elif encryption is SSE_KMS:
            flags = [f"--server-side-encryption-kms-id={encryption.request[KEY_ID]}"]
        for key, path in files.items():
            self.s3cmd("put", *flags, path, f"s3://{bucket}/{key}")

    def list(self, bucket):
        lines = self.s3cmd("ls", "--recursive", f"s3://{bucket}").stdout.decode().splitlines()
        prefix = f"s3://{bucket}/"
        return {line[line.index(prefix) + len(prefix):]: int(line.split()[2]) for line in lines if prefix in line}

    def read_range(self, bucket, key, first, last, encryption):
        """s3cmd only continues a download: what it fetches is the rest of the file after `first`, cut here."""
        target = self.directory / "continued"
        whole = self.directory / "whole"
        self.s3cmd("get", "--force", f"s3://{bucket}/{key}", whole)
        with open(whole, "rb") as file:
            target.write_bytes(file.read(first))
        self.s3cmd("get", "--continue", f"s3://{bucket}/{key}", target)
        assert digest(target) == digest(whole)
        return target.read_bytes()[first:last + 1]

    def download(self, bucket, keys, directory, encryption):
        for key in keys:
            self.s3cmd("get", f"s3://{bucket}/{key}", directory / key.rpartition("/")[2])

    def delete(self, bucket, keys):
        self.s3cmd("del", *(f"s3://{bucket}/{key}" for key in keys))


class TestS3cmd(ClientContract):
    client = S3cmd


@pytest.fixture
def s3cmd(server, tmp_path):
    return S3cmd(server, tmp_path)


def test_a_recursive_delete_leaves_nothing(s3cmd, server, payload_directory):
    bucket = server.bucket()
    path = payload_file(payload_directory, 10)
    for key in ("a/1", "a/2", "b"):
        server.call("PUT", f"/{bucket}/{key}", body=path.read_bytes())
    s3cmd.s3cmd("del", "--recursive", "--force", f"s3://{bucket}/a/")
    assert set(s3cmd.list(bucket)) == {"b"}


def test_the_server_copies_and_moves(s3cmd, server, tmp_path, payload_directory):
    bucket, other = server.bucket(), server.bucket()
    path = payload_file(payload_directory, MIB)
    s3cmd.upload(bucket, {"a b+c": path}, PLAIN)
    s3cmd.s3cmd("cp", f"s3://{bucket}/a b+c", f"s3://{other}/copy")
    s3cmd.s3cmd("mv", f"s3://{bucket}/a b+c", f"s3://{other}/moved")
    s3cmd.s3cmd("modify", "--add-header=Cache-Control:no-store", f"s3://{other}/moved")
    assert (s3cmd.list(bucket), s3cmd.list(other)) == ({}, {"copy": MIB, "moved": MIB})
    assert server.call("HEAD", f"/{other}/moved").headers["cache-control"] == "no-store"
    s3cmd.download(other, ["copy", "moved"], tmp_path, PLAIN)
    assert digest(tmp_path / "copy") == digest(tmp_path / "moved") == digest(path)


def test_information_is_printed_although_most_of_what_it_asks_is_not_implemented(s3cmd, server, payload_directory):
    bucket = server.bucket()
    path = payload_file(payload_directory, 10)
    s3cmd.upload(bucket, {"k": path}, SSE_S3)
    printed = s3cmd.s3cmd("info", f"s3://{bucket}/k", check=False).stdout.decode()
    assert hashlib.md5(path.read_bytes()).hexdigest() in printed


def test_a_synchronised_folder_is_not_sent_again(s3cmd, server, tmp_path, payload_directory):
    bucket, folder = server.bucket(), tmp_path / "folder"
    folder.mkdir()
    for number in range(3):
        (folder / f"file {number}").write_bytes(payload_file(payload_directory, 1000 + number).read_bytes())
    s3cmd.s3cmd("sync", f"{folder}/", f"s3://{bucket}/copy/")
    assert len(s3cmd.list(bucket)) == 3
    assert b"upload:" not in s3cmd.s3cmd("sync", f"{folder}/", f"s3://{bucket}/copy/").stdout


def test_the_old_signature_is_understood(s3cmd, server, payload_directory):
    """With --signature-v2 every request carries a version 2 Authorization header."""
    bucket = server.bucket()
    s3cmd.s3cmd("--signature-v2", "put", payload_file(payload_directory, MIB), f"s3://{bucket}/k")
    assert s3cmd.list(bucket) == {"k": MIB}


def contents(folder):
    """Every file below a folder by its relative name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_folders_are_synchronised_with_deletions_both_ways_and_between_buckets(s3cmd, server, tmp_path, payload_directory):
    bucket, other = server.bucket(), server.bucket()
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "deep").mkdir(parents=True)
    target.mkdir()
    for number, name in enumerate(("a", "deep/é +%41", "gone")):
        (source / name).write_bytes(payload_file(payload_directory, 4000 + number).read_bytes())
    s3cmd.s3cmd("sync", f"{source}/", f"s3://{bucket}/")
    s3cmd.s3cmd("sync", f"s3://{bucket}/", f"{target}/")
    assert contents(target) == contents(source)
    (source / "gone").unlink()
    (source / "a").write_bytes(b"changed")
    s3cmd.s3cmd("sync", "--delete-removed", f"{source}/", f"s3://{bucket}/")
    s3cmd.s3cmd("sync", f"s3://{bucket}/", f"s3://{other}/copy/")
    s3cmd.s3cmd("sync", "--delete-removed", f"s3://{other}/copy/", f"{target}/")
    assert contents(target) == contents(source)
    assert s3cmd.list(bucket) == {"a": 7, "deep/é +%41": 4001}
    s3cmd.s3cmd("mv", "--recursive", f"s3://{other}/copy/", f"s3://{other}/moved/")
    (tmp_path / "fetched").mkdir()
    s3cmd.s3cmd("get", "--recursive", f"s3://{other}/moved/", f"{tmp_path}/fetched/")
    assert contents(tmp_path / "fetched") == contents(source)
    usage = s3cmd.s3cmd("du", f"s3://{other}").stdout.split()
    assert (int(usage[0]), int(usage[1])) == (4008, 2)


def test_uploads_in_parts_are_shown_listed_and_aborted(s3cmd, server):
    bucket, s3 = server.bucket(), server.s3()
    upload = s3.create_multipart_upload(Bucket=bucket, Key="a b+")["UploadId"]
    s3.upload_part(Bucket=bucket, Key="a b+", UploadId=upload, PartNumber=3, Body=b"part")
    shown = s3cmd.s3cmd("multipart", f"s3://{bucket}").stdout.decode()
    assert upload in shown and f"s3://{bucket}/a b+" in shown
    parts = s3cmd.s3cmd("listmp", f"s3://{bucket}/a b+", upload).stdout.decode().splitlines()
    etag = hashlib.md5(b"part").hexdigest()
    assert parts[-1].split("\t")[1:] == ["3", f'"{etag}"', "4"]
    s3cmd.s3cmd("abortmp", f"s3://{bucket}/a b+", upload)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def test_the_settings_that_it_has_commands_for_are_put_and_shown(s3cmd, server, tmp_path):
    bucket, s3 = server.bucket(), server.s3()
    address = f"s3://{bucket}"
    server.call("PUT", f"/{bucket}/k", body=b"content")
    policy, cors = tmp_path / "policy.json", tmp_path / "cors.xml"
    policy.write_text(json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}]}))
    cors.write_text("<CORSConfiguration><CORSRule><AllowedOrigin>https://a.test</AllowedOrigin>"
                    "<AllowedMethod>GET</AllowedMethod></CORSRule></CORSConfiguration>")
    s3cmd.s3cmd("setpolicy", policy, address)
    assert requests.get(f"{server.endpoint}/{bucket}/k", verify=server.authority, timeout=30).content == b"content"
    s3cmd.s3cmd("setcors", cors, address)
    s3cmd.s3cmd("setversioning", address, "enable")
    s3cmd.s3cmd("settagging", address, "color=light blue&empty=")
    s3cmd.s3cmd("settagging", f"{address}/k", "a=b")
    s3cmd.s3cmd("setownership", address, "BucketOwnerEnforced")
    s3cmd.s3cmd("setblockpublicaccess", address, "BlockPublicAcls,BlockPublicPolicy")
    shown = s3cmd.s3cmd("info", address).stdout.decode()
    for text in ("Versioning:Enabled", "BucketOwnerEnforced", "s3:GetObject", "https://a.test", "Payer:     BucketOwner"):
        assert text.replace(" ", "") in shown.replace(" ", ""), shown
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [
        {"Key": "color", "Value": "light blue"}, {"Key": "empty", "Value": ""}]
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == [{"Key": "a", "Value": "b"}]
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert [name for name, value in block.items() if value] == ["BlockPublicAcls", "BlockPublicPolicy"]
    assert b"light blue" in s3cmd.s3cmd("gettagging", address).stdout
    s3cmd.s3cmd("deltagging", address)
    s3cmd.s3cmd("delpolicy", address)
    s3cmd.s3cmd("delcors", address)
    for call, code in ((s3.get_bucket_policy, "NoSuchBucketPolicy"), (s3.get_bucket_cors, "NoSuchCORSConfiguration"),
                       (s3.get_bucket_tagging, "NoSuchTagSet")):
        with pytest.raises(ClientError, match=code):
            call(Bucket=bucket)
    s3cmd.s3cmd("setversioning", address, "disable")
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Suspended"


def test_a_stream_an_address_for_others_and_a_lock(s3cmd, server, payload_directory):
    s3, bucket = server.s3(), server.bucket() + "-locked"
    s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True)
    data = payload_file(payload_directory, 16 * MIB).read_bytes()
    s3cmd.s3cmd("put", "-", f"s3://{bucket}/k", data=data)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == data
    # It says so wherever the server may be; the signature is not of the scheme.
    address = s3cmd.s3cmd("signurl", f"s3://{bucket}/k", "+600").stdout.decode().strip()
    address = address.replace("http://", f"{server.endpoint.split(':')[0]}://")
    assert requests.get(address, verify=server.authority, timeout=30).content == data
    s3cmd.s3cmd("setobjectlegalhold", "ON", f"s3://{bucket}/k")
    # Its status says failure always.
    s3cmd.s3cmd("setobjectretention", "COMPLIANCE", "2100-01-02T03:04:05Z", f"s3://{bucket}/k", check=False)
    head = s3.head_object(Bucket=bucket, Key="k")
    assert (head["ObjectLockLegalHoldStatus"], head["ObjectLockMode"]) == ("ON", "COMPLIANCE")
    assert head["ObjectLockRetainUntilDate"].year == 2100


def test_a_lifecycle_is_put_shown_and_removed(s3cmd, server, tmp_path):
    bucket, rules = server.bucket(), tmp_path / "rules.xml"
    rules.write_text("<LifecycleConfiguration><Rule><ID>one</ID><Filter><Prefix>tmp/</Prefix></Filter><Status>Enabled</Status>"
                     "<Expiration><Days>3</Days></Expiration></Rule></LifecycleConfiguration>")
    s3cmd.s3cmd("setlifecycle", rules, f"s3://{bucket}")
    assert b"<Days>3</Days>" in s3cmd.s3cmd("getlifecycle", f"s3://{bucket}").stdout
    s3cmd.s3cmd("expire", "--expiry-days=7", "--expiry-prefix=logs/", f"s3://{bucket}")
    rule = server.s3().get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]
    assert rule["Expiration"]["Days"] == 7
    s3cmd.s3cmd("dellifecycle", f"s3://{bucket}")
    with pytest.raises(ClientError, match="NoSuchLifecycleConfiguration"):
        server.s3().get_bucket_lifecycle_configuration(Bucket=bucket)
