"""Someone alters the drive while the server is down. Each GET must fail before a wrong byte, and the log must say of what."""

import http.client
import shutil

import pytest

import signing
import wire
from drive import Drive
from payloads import KEY_ID, MIB, SSE, payload
from server import DEFAULT_KEY, Server

SIZES = {"inline": 5000, "inline-2": 5000, "file": 200_000, "file-2": 200_000, "direct": 1_500_000, "kms": 200_000, "empty": 0}
PARTS = {1: 5 * MIB, 2: 5 * MIB, 3: 100_000}
PACKAGE = 65_552
HEADER = 56


def body(key):
    if key == "parts":
        return b"".join(payload(size, 1000 + number) for number, size in PARTS.items())
    return payload(SIZES[key], sorted(SIZES).index(key))


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    """A stopped server with one object of each shape, and an untouched copy of its drive."""
    server = Server(tmp_path_factory.mktemp("tamper"))
    with server:
        server.bucket("tamper")
        for key in SIZES:
            headers = {SSE: "aws:kms", KEY_ID: DEFAULT_KEY} if key == "kms" else {"x-amz-meta-note": "value"}
            assert server.call("PUT", f"/tamper/{key}", headers, body(key)).status == 200
        upload = server.call("POST", "/tamper/parts?uploads").find("UploadId")
        items = ""
        for number, size in PARTS.items():
            part = server.call("PUT", f"/tamper/parts?partNumber={number}&uploadId={upload}",
                               body=payload(size, 1000 + number))
            items += f"<Part><PartNumber>{number}</PartNumber><ETag>{part.headers['etag']}</ETag></Part>"
        assert server.call("POST", f"/tamper/parts?uploadId={upload}",
                           body=f"<CompleteMultipartUpload>{items}</CompleteMultipartUpload>".encode()).status == 200
    yield server, Drive(server.drive).copy(server.directory / "pristine")
    server.remove()


@pytest.fixture
def tampered(pristine):
    """Gives the drive to a test to alter, then runs the server on it."""
    server, copy = pristine
    shutil.rmtree(server.drive)
    drive = copy.copy(server.drive)
    server.log.unlink(missing_ok=True)
    yield server, drive
    server.kill()


def flip(path, offset, bit=1):
    data = bytearray(path.read_bytes())
    data[offset] ^= bit
    path.write_bytes(data)


def fetch(server, key, headers=None):
    """(status, the bytes that came, whether the answer was complete)."""
    signed = signing.SignedRequest("GET", f"/tamper/{key}", headers or {}, host=server.host, access_key=server.access_key,
                                   secret=server.secret_key)
    opened = wire.connection(server, 30)
    try:
        opened.putrequest("GET", f"/tamper/{key}", skip_host=True, skip_accept_encoding=True)
        for name, value in signed.headers:
            opened.putheader(name, value)
        opened.endheaders()
        answer = opened.getresponse()
        try:
            return answer.status, answer.read(), True
        except http.client.IncompleteRead as cut:
            return answer.status, cut.partial, False
        except ConnectionResetError:
            return answer.status, b"", False
    except (ConnectionResetError, http.client.RemoteDisconnected):
        return None, b"", False
    finally:
        opened.close()


def assert_fails(server, key, *, before_any_byte, least=500):
    """The GET fails; bytes before the failure, if any may come at all, are the right ones; the log names the object."""
    status, data, complete = fetch(server, key)
    if before_any_byte:
        assert status is not None and status >= least and status != 404 and complete, (status, len(data), complete)
        assert payload(64, 1) not in data
    else:
        assert (status is not None and status >= 500) or not complete, f"{status} with {len(data)} bytes, complete"
        if status == 200:
            assert body(key).startswith(data), "a wrong byte was served"
    errors = [record for record in server.log_records() if record.get("level") in ("error", "critical")]
    assert any(key in str(record) for record in errors), server.log_tail()
    for other in ("inline-2", "direct"):
        if other != key:
            assert fetch(server, other) == (200, body(other), True), "an object that nobody touched"


def test_an_untouched_drive_is_served(tampered):
    server, _ = tampered
    with server:
        for key in (*SIZES, "parts"):
            assert fetch(server, key) == (200, body(key), True)


BLOB_FLIPS = {
    "magic": (0, True), "version": (8, True), "cipher": (9, True), "reserved": (10, True), "package size": (13, True),
    "length": (23, True), "first byte of the salt": (24, True), "last byte of the salt": (55, True),
    "first byte of a package": (HEADER, True), "middle of the first package": (HEADER + 30_000, True),
    "tag of the first package": (HEADER + PACKAGE - 1, True), "second package": (HEADER + PACKAGE, False),
    "tag of the second package": (HEADER + 2 * PACKAGE - 16, False), "first byte of the last package": (HEADER + 3 * PACKAGE, False),
    "last byte of all": (-1, False),
}


@pytest.mark.parametrize("place", BLOB_FLIPS)
@pytest.mark.parametrize("key", ("file", "kms"))
def test_one_bit_of_a_blob(tampered, place, key):
    server, drive = tampered
    offset, before_any_byte = BLOB_FLIPS[place]
    flip(drive.blobs_of(drive.version(key))[0], offset)
    with server:
        assert_fails(server, key, before_any_byte=before_any_byte)


@pytest.mark.parametrize("offset", (-1, 1_000_000, 1_048_576))
def test_one_bit_far_inside_a_large_blob(tampered, offset):
    server, drive = tampered
    flip(drive.blobs_of(drive.version("direct"))[0], offset, 0x80)
    with server:
        status, data, complete = fetch(server, "direct")
        assert not complete or status >= 500
        assert status != 200 or body("direct").startswith(data)
        if offset != -1:
            first = 1_200_000
            status, data, complete = fetch(server, "direct", {"Range": f"bytes={first}-{first + 99}"})
            assert (status, data) == (206, body("direct")[first:first + 100]), "packages are opened one by one"


@pytest.mark.parametrize("number", (1, 2, 3))
def test_one_bit_of_a_part(tampered, number):
    server, drive = tampered
    flip(drive.blobs_of(drive.version("parts"))[number - 1], HEADER + 10)
    with server:
        assert_fails(server, "parts", before_any_byte=number == 1)
        if number > 1:
            status, data, _ = fetch(server, "parts", {"Range": "bytes=0-99"})
            assert (status, data) == (206, body("parts")[:100])


CUTS = {"at the border of a package": lambda size: HEADER + PACKAGE, "at the border of the last package": lambda size: HEADER + 3 * PACKAGE,
        "by one byte": lambda size: size - 1, "to the header": lambda size: HEADER, "to nothing": lambda size: 0}


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("key", ("file", "parts"))
def test_a_blob_that_was_cut(tampered, cut, key):
    server, drive = tampered
    path = drive.blobs_of(drive.version(key))[-1]
    size = path.stat().st_size
    length = CUTS[cut](size)
    if key == "parts" and length > size:
        length = HEADER + PACKAGE
    with open(path, "r+b") as file:
        file.truncate(length)
    with server:
        assert_fails(server, key, before_any_byte=False)


def test_a_blob_that_was_lengthened(tampered):
    server, drive = tampered
    with open(drive.blobs_of(drive.version("file"))[0], "ab") as file:
        file.write(b"\x00" * 16)
    with server:
        status, data, complete = fetch(server, "file")
        assert (status >= 500 or not complete) or data == body("file")


def test_a_blob_that_was_removed(tampered):
    server, drive = tampered
    drive.blobs_of(drive.version("file"))[0].unlink()
    with server:
        assert_fails(server, "file", before_any_byte=True)


def swap(one, other):
    data = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(data)


@pytest.mark.parametrize("pair", (("file", "file-2"), ("file", "kms")), ids=str)
def test_the_blobs_of_two_objects_exchanged(tampered, pair):
    server, drive = tampered
    swap(*(drive.blobs_of(drive.version(key))[0] for key in pair))
    with server:
        for key in pair:
            assert_fails(server, key, before_any_byte=True)


def test_two_parts_exchanged(tampered):
    server, drive = tampered
    one, two, _ = drive.blobs_of(drive.version("parts"))
    swap(one, two)
    with server:
        assert_fails(server, "parts", before_any_byte=True)


def test_two_packages_exchanged(tampered):
    server, drive = tampered
    path = drive.blobs_of(drive.version("file"))[0]
    data = path.read_bytes()
    first, second = data[HEADER:HEADER + PACKAGE], data[HEADER + PACKAGE:HEADER + 2 * PACKAGE]
    path.write_bytes(data[:HEADER] + second + first + data[HEADER + 2 * PACKAGE:])
    with server:
        assert_fails(server, "file", before_any_byte=True)


COLUMNS = {
    "size, smaller": "UPDATE versions SET size = size - 1 WHERE key = ?",
    "size, one package less": "UPDATE versions SET size = 131072 WHERE key = ?",
    "size, nothing": "UPDATE versions SET size = 0 WHERE key = ?",
    "time": "UPDATE versions SET modified = modified + 1 WHERE key = ?",
    "flags": "UPDATE versions SET flags = flags | 4 WHERE key = ?",
    "order": "UPDATE versions SET ord = ord + 1 WHERE key = ?",
    "version": "UPDATE versions SET version = randomblob(16) WHERE key = ?",
    "body kind": "UPDATE versions SET body = 0 WHERE key = ?",
    "blob": "UPDATE versions SET blob = (SELECT blob FROM versions WHERE key = CAST('file-2' AS BLOB)) WHERE key = ?",
    "data key": "UPDATE versions SET data_key = (SELECT data_key FROM versions WHERE key = CAST('kms' AS BLOB)) WHERE key = ?",
    "no data key": "UPDATE versions SET data_key = NULL WHERE key = ?",
    "sealed record of another": "UPDATE versions SET sealed = (SELECT sealed FROM versions WHERE key = CAST('file-2' AS BLOB)) WHERE key = ?",
    "sealed record, empty": "UPDATE versions SET sealed = x'' WHERE key = ?",
}


@pytest.mark.parametrize("column", COLUMNS)
def test_a_column_of_an_object_edited(tampered, column):
    server, drive = tampered
    assert drive.execute(COLUMNS[column], b"file") == 1
    with server:
        assert_fails(server, "file", before_any_byte=True)
        assert server.call("HEAD", "/tamper/file").status >= 500
        assert server.call("PUT", "/tamper/file", body=b"replaced").status == 200, "a damaged object can be replaced"
        assert fetch(server, "file") == (200, b"replaced", True)


@pytest.mark.parametrize("offset", (0, 1, 13, 100, -1))
def test_one_bit_of_a_sealed_record(tampered, offset):
    server, drive = tampered
    sealed = bytearray(drive.version("file")["sealed"])
    sealed[offset] ^= 1
    drive.execute("UPDATE versions SET sealed = ? WHERE key = ?", bytes(sealed), b"file")
    with server:
        assert_fails(server, "file", before_any_byte=True)
        assert server.call("DELETE", "/tamper/file").status == 204, "a damaged object can be deleted"


def test_an_object_given_another_name(tampered):
    server, drive = tampered
    drive.execute("UPDATE versions SET key = ? WHERE key = ?", b"renamed", b"file")
    with server:
        assert_fails(server, "renamed", before_any_byte=True)
        assert fetch(server, "file")[0] == 404


def test_the_names_of_two_objects_exchanged(tampered):
    server, drive = tampered
    for old, new in ((b"file", b"x"), (b"file-2", b"file"), (b"x", b"file-2")):
        drive.execute("UPDATE versions SET key = ? WHERE key = ?", new, old)
    with server:
        for key in ("file", "file-2"):
            assert_fails(server, key, before_any_byte=True)


def test_an_object_moved_to_another_bucket(tampered):
    server, drive = tampered
    with server:
        server.bucket("elsewhere")
    drive.execute("UPDATE versions SET bucket = (SELECT id FROM buckets WHERE name = 'elsewhere') WHERE key = ?", b"file")
    server.log.unlink()
    with server:
        assert server.call("GET", "/elsewhere/file").status >= 500
        assert fetch(server, "file")[0] == 404


@pytest.mark.parametrize("offset", (0, 30, 56, 100, -1))
def test_one_bit_of_a_body_in_the_catalogue(tampered, offset):
    server, drive = tampered
    row = drive.rows("SELECT inline_bodies.version, bytes FROM inline_bodies JOIN versions ON versions.id = "
                     "inline_bodies.version WHERE key = ?", b"inline")[0]
    data = bytearray(row["bytes"])
    data[offset] ^= 1
    drive.execute("UPDATE inline_bodies SET bytes = ? WHERE version = ?", bytes(data), row["version"])
    with server:
        assert_fails(server, "inline", before_any_byte=True)


def test_two_bodies_in_the_catalogue_exchanged(tampered):
    server, drive = tampered
    bodies = {row["key"]: (row["id"], row["bytes"]) for row in drive.rows(
        "SELECT key, versions.id, bytes FROM inline_bodies JOIN versions ON versions.id = inline_bodies.version")}
    drive.execute("UPDATE inline_bodies SET bytes = ? WHERE version = ?", bodies[b"inline-2"][1], bodies[b"inline"][0])
    with server:
        assert_fails(server, "inline", before_any_byte=True)


@pytest.mark.parametrize("statement, key", (
    ("DELETE FROM inline_bodies WHERE version = (SELECT id FROM versions WHERE key = ?)", "inline"),
    ("DELETE FROM manifests WHERE version = (SELECT version FROM versions WHERE key = ?)", "parts"),
    ("UPDATE manifests SET sealed = substr(sealed, 1, length(sealed) - 29) WHERE version = (SELECT version FROM versions "
     "WHERE key = ?)", "parts"),
    ("UPDATE inline_bodies SET bytes = x'' WHERE version = (SELECT id FROM versions WHERE key = ?)", "empty"),
    ("UPDATE data_keys SET wrapped = zeroblob(length(wrapped)) WHERE id = (SELECT data_key FROM versions WHERE key = ?)", "kms"),
    ("UPDATE data_keys SET context = CAST('{\"a\":\"b\"}' AS BLOB) WHERE id = (SELECT data_key FROM versions WHERE key = ?)", "kms"),
    ("DELETE FROM data_keys WHERE id = (SELECT data_key FROM versions WHERE key = ?)", "kms"),
), ids=("no body", "no manifest", "short manifest", "empty body", "data key", "context of a data key", "no data key"))
def test_rows_that_an_object_needs(tampered, statement, key):
    server, drive = tampered
    assert drive.execute(statement, key.encode()) == 1
    with server:
        # What the key service finds not authentic has an answer of its own, a client's error in form.
        assert_fails(server, key, before_any_byte=True, least=400)


def test_one_bit_of_a_manifest(tampered):
    server, drive = tampered
    sealed = bytearray(drive.rows("SELECT sealed FROM manifests")[0]["sealed"])
    sealed[40] ^= 1
    drive.execute("UPDATE manifests SET sealed = ?", bytes(sealed))
    with server:
        assert_fails(server, "parts", before_any_byte=True)


def test_data_keys_exchanged(tampered):
    server, drive = tampered
    shared = drive.version("file")["data_key"]
    own = drive.version("kms")["data_key"]
    wrapped = {row["id"]: row["wrapped"] for row in drive.rows("SELECT id, wrapped FROM data_keys")}
    drive.execute("UPDATE data_keys SET wrapped = ? WHERE id = ?", wrapped[shared], own)
    drive.execute("UPDATE data_keys SET wrapped = ? WHERE id = ?", wrapped[own], shared)
    with server:
        status, _, _ = fetch(server, "kms")
        assert status is not None and status >= 400
        status, _, _ = fetch(server, "file")
        assert status is not None and status >= 400


@pytest.mark.parametrize("statement", (
    "UPDATE settings SET value = zeroblob(length(value)) WHERE name = 'catalogue-key'",
    "UPDATE settings SET value = CAST(substr(value, 1, length(value) - 1) || x'00' AS BLOB) WHERE name = 'catalogue-key'"))
def test_a_damaged_catalogue_key_is_told_at_the_start(tampered, statement):
    server, drive = tampered
    assert drive.execute(statement) == 1
    status, printed = server.run_to_end()
    assert status == 1 and len([line for line in printed.splitlines() if line.startswith("coffer:")]) == 1, printed


def test_the_rule_of_a_bucket_edited(tampered):
    """A bucket's record decides how new objects are encrypted: an edited one must not be taken for "no rule"."""
    server, drive = tampered
    drive.execute("UPDATE buckets SET sealed = x'' WHERE name = 'tamper'")
    try:
        server.start()
    except RuntimeError:
        return  # refusing to start is an answer
    answer = server.call("PUT", "/tamper/new", body=b"x")
    assert answer.status >= 500, answer
    server.kill()


def test_parts_of_an_open_upload_edited(pristine):
    server, _ = pristine
    shutil.rmtree(server.drive)
    with server:
        server.bucket("tamper")
        upload = server.call("POST", "/tamper/open?uploads").find("UploadId")
        tags = [server.call("PUT", f"/tamper/open?partNumber={number}&uploadId={upload}",
                            body=payload(5 * MIB, number)).headers["etag"] for number in (1, 2)]
    drive = Drive(server.drive)
    assert drive.execute("UPDATE parts SET size = size - 65536, length = length - 65552 WHERE number = 2") == 1
    items = "".join(f"<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>" for number, tag in enumerate(tags, 1))
    with server:
        answer = server.call("POST", f"/tamper/open?uploadId={upload}",
                             body=f"<CompleteMultipartUpload>{items}</CompleteMultipartUpload>".encode())
        assert answer.status >= 400 or b"<Error>" in answer.body, answer
        assert server.call("HEAD", "/tamper/open").status == 404
