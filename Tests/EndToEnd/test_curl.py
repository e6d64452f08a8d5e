"""curl --aws-sigv4: the smallest client that there is, as scripts use it."""

import xml.etree.ElementTree as ElementTree

import pytest

from contract import Client, ClientContract, quoted, run
from payloads import KEY_ID, SSE, SSE_C


# This curl adds no x-amz-content-sha256 of its own. Without a body none is needed; with one, it says that it is not signed.
BODY = ("-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD")


class Curl(Client):
    def curl(self, path, *arguments, check=True):
        authority = ["--cacert", self.server.authority] if self.server.tls else []
        failing = ["--fail-with-body"] if check else []
        return run(
            ["curl", "--silent", "--show-error", *failing, *authority, "--aws-sigv4", "aws:amz:us-east-1:s3", "--user",
             f"{self.server.access_key}:{self.server.secret_key}", *arguments, f"{self.server.endpoint}{path}"],
            check=check).stdout

    def headers(self, headers):
        return [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]

    def make_bucket(self, bucket):
        self.curl(f"/{bucket}", "-X", "PUT")

    def upload(self, bucket, files, encryption):
        for key, path in files.items():
            self.curl(f"/{bucket}/{quoted(key)}", "-T", path, *BODY, *self.headers(encryption.request))

    def list(self, bucket):
        document = ElementTree.fromstring(self.curl(f"/{bucket}?list-type=2"))
        space = {"s3": "http://s3.amazonaws.com/doc/2006-03-01/"}
        return {item.findtext("s3:Key", namespaces=space): int(item.findtext("s3:Size", namespaces=space))
                for item in document.findall("s3:Contents", space)}

    def read_range(self, bucket, key, first, last, encryption):
        return self.curl(f"/{bucket}/{quoted(key)}", "-r", f"{first}-{last}", *self.headers(encryption.read))

    def download(self, bucket, keys, directory, encryption):
        for key in keys:
            self.curl(f"/{bucket}/{quoted(key)}", "-o", directory / key.rpartition("/")[2], *self.headers(encryption.read))

    def delete(self, bucket, keys):
        for key in keys:
            self.curl(f"/{bucket}/{quoted(key)}", "-X", "DELETE")

    def set_default(self, bucket, encryption):
        key = encryption.request.get(KEY_ID)
        rule = f"<SSEAlgorithm>{encryption.request[SSE]}</SSEAlgorithm>" + (
            f"<KMSMasterKeyID>{key}</KMSMasterKeyID>" if key else "")
        document = ("<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>" + rule +
                    "</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>")
        self.curl(f"/{bucket}?encryption=", "-X", "PUT", "-H", "Content-Type: application/xml", *BODY, "--data-binary", document)


class TestCurl(ClientContract):
    client = Curl


@pytest.fixture
def curl(server, tmp_path):
    return Curl(server, tmp_path)


def test_an_anonymous_request_is_denied(curl, server):
    bucket = server.bucket()
    authority = ["--cacert", server.authority] if server.tls else []
    printed = run(["curl", "--silent", *authority, f"{server.endpoint}/{bucket}/k"]).stdout
    assert b"<Code>AccessDenied</Code>" in printed


def test_the_wrong_password_is_refused(curl, server):
    printed = curl.curl("/", "--user", f"{server.access_key}:not the secret", check=False)
    assert b"<Code>SignatureDoesNotMatch</Code>" in printed


def test_head_shows_the_encryption(curl, server):
    bucket = server.bucket()
    server.call("PUT", f"/{bucket}/k", body=b"x")
    printed = curl.curl(f"/{bucket}/k", "--head").decode().lower()
    assert "x-amz-server-side-encryption: aes256" in printed


def test_a_customer_key_never_travels_over_plain_http(http, tmp_path):
    curl, bucket = Curl(http, tmp_path), http.bucket()
    path = tmp_path / "file"
    path.write_bytes(b"x")
    printed = curl.curl(f"/{bucket}/k", "-T", path, *BODY, *curl.headers(SSE_C.request), check=False)
    assert b"must be made over a secure connection" in printed
    assert curl.list(bucket) == {}
