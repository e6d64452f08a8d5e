"""`coffer s3`: the client that every operator has, against the server, and against one that lies."""

import http.server
import json
import os
import re
import subprocess
import threading
from pathlib import Path

import pytest

import server as harness
from contract import digest
from payloads import CUSTOMER_KEY, MIB, payload, payload_file

NAMES = ("plain", "deep/er/é ü", "deep/100%25 & <more>+?#", "deep/a b", "empty")


class CofferS3:
    def __init__(self, endpoint, access_key, secret_key, authority=None):
        self.endpoint, self.authority = endpoint, authority
        self.environment = {"PATH": os.environ["PATH"], "AWS_ACCESS_KEY_ID": access_key,
                            "AWS_SECRET_ACCESS_KEY": secret_key}

    def __call__(self, verb, *arguments, data=b"", status=0):
        trust = ["--ca", str(self.authority)] if self.authority else []
        done = subprocess.run([harness.binary(), "s3", verb, *map(str, arguments), "--endpoint", self.endpoint, *trust],
                              env=self.environment, input=data, capture_output=True, timeout=120, check=False)
        assert done.returncode == status, (done.returncode, done.stdout[-2000:], done.stderr.decode())
        return done.stdout if status == 0 else done.stderr.decode()


@pytest.fixture
def s3(server):
    return CofferS3(server.endpoint, server.access_key, server.secret_key, server.authority if server.tls else None)


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    for name in NAMES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(payload(0 if name == "empty" else 300 + len(name)))
    return folder


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("size", (0, 1, 16 * MIB - 1, 16 * MIB, 53 * MIB + 7))
def test_objects_of_every_length_go_both_ways_with_their_checksums(s3, server, tmp_path, payload_directory, size):
    bucket, file = server.bucket(), payload_file(payload_directory, size)
    s3("cp", file, f"s3://{bucket}/x", "--content-type", "text/plain")
    head = json.loads(s3("stat", "--json", f"s3://{bucket}/x"))
    assert (head["content-length"], head["content-type"]) == (str(size), "text/plain")
    assert head["x-amz-checksum-crc64nvme"] and head["x-amz-checksum-type"] == "FULL_OBJECT"
    assert head["etag"].endswith(f'-{-(-size // (16 * MIB))}"') == (size >= 16 * MIB)
    s3("cp", f"s3://{bucket}/x", tmp_path)
    assert digest(tmp_path / "x") == digest(file)
    assert [path.name for path in tmp_path.iterdir()] == ["x"]
    assert not server.s3().list_multipart_uploads(Bucket=bucket).get("Uploads")


def test_streams(s3, server):
    bucket, data = server.bucket(), payload(40 * MIB)
    s3("cp", "-", f"s3://{bucket}/stream", data=data)
    assert s3("cp", f"s3://{bucket}/stream", "-") == data
    assert "needs a name" in s3("cp", "-", f"s3://{bucket}", status=1)


def test_directories_go_both_ways_and_on_the_server(s3, server, tmp_path, source):
    bucket, other = server.bucket(), server.bucket()
    s3("cp", "-r", source, f"s3://{bucket}/copy")
    s3("cp", "-r", f"s3://{bucket}/copy/", f"s3://{other}/there/")
    s3("cp", "-r", f"s3://{other}/there/", tmp_path / "target")
    assert contents(tmp_path / "target") == contents(source)
    listed = [json.loads(line) for line in s3("ls", "-r", "--json", f"s3://{other}/there/").splitlines()]
    assert {item["key"].removeprefix("there/"): item["size"] for item in listed} == {
        name: len(data) for name, data in contents(source).items()}
    folded = s3("ls", f"s3://{other}/there/").decode().splitlines()
    assert [line.split()[-1] for line in folded] == ["there/deep/", "there/empty", "there/plain"]
    assert f"{bucket}\n" in s3("ls").decode()
    s3("cp", f"s3://{bucket}/absent", tmp_path / "absent", status=1)
    assert not list(tmp_path.glob("absent*"))
    assert "not empty" in s3("rb", f"s3://{other}", status=1)
    s3("rm", "-r", f"s3://{other}/there/")
    s3("rb", f"s3://{other}")
    assert server.call("HEAD", f"/{other}").status == 404


def test_more_than_a_page_is_listed_and_removed(s3, server):
    bucket, client = server.bucket(), server.s3()
    for number in range(1050):
        client.put_object(Bucket=bucket, Key=f"many/{number:04}", Body=b"")
    client.put_object(Bucket=bucket, Key="kept", Body=b"")
    assert len(s3("ls", "-r", f"s3://{bucket}").splitlines()) == 1051
    assert s3("rm", "-r", f"s3://{bucket}/many/") == b"removed 1050 objects\n"
    assert s3("ls", "-r", "--json", f"s3://{bucket}").count(b"\n") == 1


def test_no_key_leads_out_of_a_directory(s3, server, tmp_path):
    bucket = server.bucket()
    server.s3().put_object(Bucket=bucket, Key="a/../../outside", Body=b"x")
    (tmp_path / "in").mkdir()
    assert "cannot be a path" in s3("cp", "-r", f"s3://{bucket}/", tmp_path / "in", status=1)
    assert contents(tmp_path) == {}


def test_encryption_is_chosen_for_an_object_and_for_a_bucket(s3, server):
    bucket = server.bucket()
    s3("cp", "-", f"s3://{bucket}/kms", "--sse", f"kms:{harness.DEFAULT_KEY}", data=b"x")
    assert json.loads(s3("stat", "--json", f"s3://{bucket}/kms"))["x-amz-server-side-encryption"] == "aws:kms"
    assert "no default of its own" in s3("encrypt", "info", f"s3://{bucket}").decode()
    s3("encrypt", "set", f"s3://{bucket}", f"kms:{harness.DEFAULT_KEY}")
    assert f"aws:kms, key {harness.DEFAULT_KEY}" in s3("encrypt", "info", f"s3://{bucket}").decode()
    s3("cp", "-", f"s3://{bucket}/by-default", data=b"x")
    assert server.call("HEAD", f"/{bucket}/by-default").headers["x-amz-server-side-encryption"] == "aws:kms"
    s3("encrypt", "clear", f"s3://{bucket}")
    assert server.call("GET", f"/{bucket}?encryption").status == 404


def test_customers_keys_travel_by_https_alone(s3, server, tmp_path):
    bucket, key, data = server.bucket(), tmp_path / "key", payload(20 * MIB)
    key.write_text(CUSTOMER_KEY.base64)
    if not server.tls:
        assert "by HTTPS alone" in s3("cp", "-", f"s3://{bucket}/x", "--sse-c-key", key, data=b"x", status=1)
        return
    s3("cp", "-", f"s3://{bucket}/x", "--sse-c-key", key, data=data)
    assert s3("cp", f"s3://{bucket}/x", "-", "--sse-c-key", key) == data
    s3("cp", f"s3://{bucket}/x", f"s3://{bucket}/opened", "--source-sse-c-key", key)
    assert s3("cp", f"s3://{bucket}/opened", "-") == data
    assert json.loads(s3("stat", "--json", f"s3://{bucket}/x", "--sse-c-key", key))["content-length"] == str(len(data))
    s3("stat", f"s3://{bucket}/x", status=1)


@pytest.mark.parametrize("arguments, said", (
    (("cp", "/etc/hostname", "copy"), "one of the two must be"), (("stat", "s3://bucket"), "names no object"),
    (("rm", "bucket/key"), "not of the form"), (("mb", "s3://a/b"), "names no bucket"),
    (("stat", "s3://no-such-bucket-here/x"), "404"), (("ls", "s3://no-such-bucket-here"), "NoSuchBucket"),
    (("cp", "/no/such/file", "s3://bucket/x"), "No such file"), (("mb", "s3://UPPER"), "InvalidBucketName")))
def test_what_cannot_be_done_is_said_in_one_line(s3, arguments, said):
    error = s3(*arguments, status=1)
    assert said in error and error.count("\n") == 1, error


def test_the_commands_of_the_readme(http, tmp_path):
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    commands = re.findall(r"^coffer s3 .*$", readme, re.MULTILINE)
    assert len(commands) > 6
    environment = {"PATH": f"{Path(harness.binary()).parent}:{os.environ['PATH']}", "AWS_ENDPOINT_URL": http.endpoint,
                   "MINIO_ROOT_USER": http.access_key, "MINIO_ROOT_PASSWORD": http.secret_key}
    done = subprocess.run(["sh", "-ec", "\n".join(commands)], env=environment, capture_output=True, check=False)
    assert done.returncode == 0, (done.stdout[-1000:], done.stderr[-1000:])
    assert Path("/etc/hostname").read_bytes() in done.stdout


class Liar(http.server.BaseHTTPRequestHandler):
    """Says of an object what is not so: the checksum of other bytes, or another ETag in the middle."""

    def do_HEAD(self):
        self.send_response(200)
        for name, value in (("Content-Length", "5"), ("ETag", '"1"'), ("x-amz-checksum-crc64nvme", "AAAAAAAAAAA="),
                            ("x-amz-checksum-type", "FULL_OBJECT")):
            self.send_header(name, value)
        self.end_headers()

    def do_GET(self):
        assert self.headers["If-Match"] == '"1"' and self.headers["Range"] == "bytes=0-4"
        self.send_response(206)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_arguments):
        pass


def test_bytes_that_do_not_have_their_checksum_never_become_a_file(tmp_path):
    liar = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
    threading.Thread(target=liar.serve_forever, daemon=True).start()
    client = CofferS3(f"http://127.0.0.1:{liar.server_port}", "key", "secret")
    assert "do not have the checksum" in client("cp", "s3://bucket/x", tmp_path / "x", status=1)
    assert list(tmp_path.iterdir()) == []
    liar.shutdown()
