"""Nothing readable on the drive: marked plaintext goes in through every door, then every byte of the drive is searched."""

import base64
import hashlib
import os
import re

import pytest

import signing
from payloads import CUSTOMER_KEY, MIB, SCHEMES, payload
from server import Server
from signing import UNSIGNED
from wire import RawConnection


class Marks:
    """Strings that occur nowhere else, and where each of them went in."""

    def __init__(self):
        self.known = {}

    def make(self, where):
        mark = f"mark-{os.urandom(12).hex()}"
        self.known[mark.encode()] = where
        return mark

    def add(self, secret, where):
        self.known[secret if isinstance(secret, bytes) else secret.encode()] = where

    def body(self, size, where):
        """`size` bytes with the mark at the start, at the end, and around every border of a package."""
        mark, data = self.make(where).encode(), bytearray(payload(size))
        for place in (0, *range(65_536 - 10, size - len(mark), 65_536), size - len(mark)):
            data[place:place + len(mark)] = mark
        self.digests(bytes(data), where)
        return bytes(data)

    def digests(self, data, where):
        """What would tell that two objects are the same is as secret as they are."""
        digest = hashlib.md5(data)
        self.add(digest.digest(), f"MD5 of {where}")
        self.add(digest.hexdigest(), f"MD5 of {where}, in hex")

    def found(self, drive):
        """Where marks stand that should not: (file, what)."""
        others = [mark for mark in self.known if not mark.startswith(b"mark-")]
        found = set()
        for path in sorted(drive.rglob("*")):
            if path.is_file():
                data, name = path.read_bytes(), str(path.relative_to(drive))
                found |= {(name, self.known.get(match.group(), "a mark")) for match in re.finditer(rb"mark-[0-9a-f]{24}", data)}
                found |= {(name, self.known[mark]) for mark in others if mark in data}
        return sorted(found)


def test_the_search_finds_what_is_there(tmp_path):
    """A search that cannot fail proves nothing."""
    marks = Marks()
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file").write_bytes(b"x" * 70_000 + marks.make("a test").encode() + b"x")
    assert marks.found(tmp_path) == [("deep/file", "a test")]
    data = marks.body(200_000, "a body")
    (tmp_path / "deep" / "file").write_bytes(data[100_000:])
    assert ("deep/file", "a body") in marks.found(tmp_path)


@pytest.fixture(scope="module")
def marked(tmp_path_factory, certificates):
    """A running server with everything in it, and the marks."""
    server, marks = Server(tmp_path_factory.mktemp("marked"), certificates=certificates), Marks()
    server.secrets += [CUSTOMER_KEY.base64, CUSTOMER_KEY.md5]
    with server:
        marks.add(server.secret_key, "the root secret")
        marks.add(CUSTOMER_KEY.raw, "a customer key")
        marks.add(CUSTOMER_KEY.base64, "a customer key, in Base64")
        marks.add(CUSTOMER_KEY.md5, "the MD5 of a customer key")
        bucket = server.bucket("marked")
        for encryption in SCHEMES:
            for size in (100, 20_000, 100_000, MIB + 70_007):
                where = f"{encryption}, {size} bytes"
                headers = {
                    "x-amz-meta-note": marks.make(f"metadata of {where}"),
                    "Content-Type": f"text/{marks.make(f'content type of {where}')}",
                    "Content-Disposition": f"inline; filename={marks.make(f'disposition of {where}')}",
                    "x-amz-tagging": f"name={marks.make(f'tags of {where}')}"}
                target, body = f"/{bucket}/{encryption}/{size}", marks.body(size, where)
                checksum = base64.b64encode(hashlib.sha256(body).digest()).decode()
                marks.add(checksum, f"SHA-256 of {where}")
                marks.add(base64.b64decode(checksum), f"SHA-256 of {where}, raw")
                put = server.call("PUT", target, {**headers, **encryption.request, "x-amz-checksum-sha256": checksum}, body)
                if put.status == 501:  # tags may come later; then everything else is stored without them
                    headers.pop("x-amz-tagging")
                    put = server.call("PUT", target, {**headers, **encryption.request}, body)
                assert put.status == 200, put
                got = server.call("GET", target, encryption.read)
                assert got.body == body and got.headers["x-amz-meta-note"] == headers["x-amz-meta-note"]
            created = server.call("POST", f"/{bucket}/{encryption}/parts?uploads", {
                **encryption.request, "x-amz-meta-note": marks.make(f"metadata of an upload under {encryption}")})
            upload, items = created.find("UploadId"), ""
            for number, size in ((1, 5 * MIB), (2, 30_000)):
                part = server.call(
                    "PUT", f"/{bucket}/{encryption}/parts?partNumber={number}&uploadId={upload}", encryption.read,
                    marks.body(size, f"part {number} under {encryption}"))
                items += f"<Part><PartNumber>{number}</PartNumber><ETag>{part.headers['etag']}</ETag></Part>"
            if encryption is not SCHEMES[0]:  # one upload is left open: its parts are on the drive all the same
                server.call("POST", f"/{bucket}/{encryption}/parts?uploadId={upload}",
                            body=f"<CompleteMultipartUpload>{items}</CompleteMultipartUpload>".encode())
        for encryption in SCHEMES:
            for number in range(3):
                server.call("PUT", f"/{bucket}/{encryption}/overwritten", encryption.request,
                            marks.body(90_000, f"version {number} of an overwritten object under {encryption}"))
        yield server, bucket, marks
    server.remove()


def test_nothing_is_readable_while_the_server_runs(marked):
    server, _, marks = marked
    assert sum(path.stat().st_size for path in server.drive.rglob("*")) > 20 * MIB
    assert any(path.name.endswith("-wal") and path.stat().st_size > 0 for path in server.drive.iterdir())
    assert marks.found(server.drive) == []


def test_nothing_is_readable_of_an_upload_that_is_under_way(marked):
    """The bytes that have come so far are wherever the server stages them, and its log is open."""
    server, bucket, marks = marked
    body = marks.body(6 * MIB, "an upload under way")
    target = f"/{bucket}/under-way"
    signed = signing.SignedRequest("PUT", target, {}, body, host=server.host, access_key=server.access_key,
                                   secret=server.secret_key, payload=UNSIGNED)
    head = "".join(f"{name}: {value}\r\n" for name, value in [*signed.headers, ("Content-Length", str(len(body)))])
    blobs = sum(path.stat().st_size for path in (server.drive / "blobs").rglob("*") if path.is_file())
    with RawConnection(server) as raw:
        raw.send(f"PUT {target} HTTP/1.1\r\n{head}\r\n".encode() + body[:5 * MIB])
        deadline = 200
        while deadline and sum(path.stat().st_size for path in (server.drive / "blobs").rglob("*") if path.is_file()) == blobs:
            deadline -= 1
            server.call("HEAD", f"/{bucket}/under-way")
        assert deadline, "nothing of five mebibytes was staged"
        assert marks.found(server.drive) == []
        raw.send(body[5 * MIB:])
        assert raw.answer().status == 200
    assert marks.found(server.drive) == []


def test_nothing_is_readable_after_a_kill_and_after_a_stop(marked):
    server, bucket, marks = marked
    server.kill()
    assert marks.found(server.drive) == []
    server.start()
    server.call("DELETE", f"/{bucket}/sse-s3/100000")
    assert marks.found(server.drive) == []
    server.restart()
    assert marks.found(server.drive) == []


def test_what_is_not_secret_is_where_it_is_documented(marked):
    """Keys and bucket names are in clear, and nothing but the catalogue has them."""
    server, bucket, _ = marked
    holders = {path.name for path in server.drive.rglob("*") if path.is_file() and b"sse-kms/20000" in path.read_bytes()}
    assert holders and holders <= {"coffer.db", "coffer.db-wal"}


def test_a_generated_root_secret_is_printed_once_and_never_readable(fresh_server, tmp_path):
    server, marks = fresh_server(credentials=False, json_log=False), Marks()
    server.start()
    found = re.findall(r"Secret key\s+(\S+)", server.log_text())
    assert len(found) == 1 and len(found[0]) >= 32
    server.access_key = re.search(r"Access key\s+(\S+)", server.log_text()).group(1)
    server.secret_key = found[0]
    marks.add(found[0], "the generated secret")
    assert server.call("GET", "/").status == 200
    assert marks.found(server.drive) == []
    assert server.terminate() == 0
    server.start()
    assert server.call("GET", "/").status == 200, "the secret is kept"
    assert server.log_text().count(found[0]) == 1, "and not shown again"
    assert server.terminate() == 0
    assert marks.found(server.drive) == []


def test_two_objects_with_the_same_bytes_have_nothing_in_common(fresh_server):
    body = b"\x00" * 300_000
    with fresh_server() as server:
        bucket = server.bucket()
        for number in range(3):
            assert server.call("PUT", f"/{bucket}/{number}", body=body).status == 200
        blobs = [path.read_bytes() for path in (server.drive / "blobs").glob("*/*")]
        assert len(blobs) == 3
        seen = set()
        for blob in blobs:
            blocks = {blob[start:start + 16] for start in range(56, len(blob) - 16, 16)}
            assert len(blocks) >= (len(blob) - 72) // 16 - 1, "a block of ciphertext repeats"
            assert not blocks & seen
            seen |= blocks


def test_files_and_directories_are_the_servers_own(marked):
    server, _, _ = marked
    for path in (server.drive, *server.drive.rglob("*"), server.keyring):
        assert path.stat().st_mode & 0o077 == 0, path
