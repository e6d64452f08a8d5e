"""s3cmd: version 1 lists, 15 MiB parts, and a comparison of every ETag with the MD5 of what it sent."""

import hashlib
import sys
from pathlib import Path

import pytest

from contract import Client, ClientContract, digest, run
from payloads import KEY_ID, MIB, PLAIN, SSE_KMS, SSE_S3, payload_file

S3CMD = Path(sys.executable).parent / "s3cmd"


class S3cmd(Client):
    encryptions = (PLAIN, SSE_S3, SSE_KMS)

    def s3cmd(self, *arguments, check=True):
        transport = ["--ssl", f"--ca-certs={self.server.authority}"] if self.server.tls else ["--no-ssl"]
        configuration = self.directory / "s3cmd.ini"
        configuration.write_text("[default]\nmax_retries = 1\n")
        return run(
            [sys.executable, S3CMD, f"--config={configuration}", f"--access_key={self.server.access_key}",
             f"--secret_key={self.server.secret_key}", f"--host={self.server.host}", f"--host-bucket={self.server.host}",
             "--no-progress", *transport, *arguments], environment={"HOME": str(self.directory)}, check=check)

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
