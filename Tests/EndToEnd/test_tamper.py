"""Someone alters the drive while the server is down. Each GET must fail before a wrong byte, and the log must say of what.

What harms one object alone is done to many at once, each in its own way, and one server then has them all (`Harm`).
What may harm others has a copy of the drive and a server to itself (`tampered`).
"""

import functools
import http.client
import re
import shutil
import time
from dataclasses import dataclass
from typing import Callable

import pytest

import signing
import wire
from drive import Drive
from payloads import KEY_ID, MIB, SSE, payload
from server import DEFAULT_KEY, Server

SIZES = {"inline": 5000, "inline-2": 5000, "file": 200_000, "file-2": 200_000, "direct": 1_500_000, "kms": 200_000, "empty": 0}
PARTS = {"parts": (5 * MIB, 5 * MIB, 100_000), "two parts": (5 * MIB, 100_000)}
PACKAGE = 65_552
HEADER = 56


@functools.cache
def body(shape):
    if shape in PARTS:
        return b"".join(payload(size, 1000 + number) for number, size in enumerate(PARTS[shape], 1))
    return payload(SIZES[shape], sorted(SIZES).index(shape))


def write(server, shape, key):
    """Stores an object of that shape in the bucket `tamper`."""
    if shape not in PARTS:
        headers = {SSE: "aws:kms", KEY_ID: DEFAULT_KEY} if shape == "kms" else {"x-amz-meta-note": "value"}
        assert server.call("PUT", f"/tamper/{key}", headers, body(shape), keep=True).status == 200
        return
    upload = server.call("POST", f"/tamper/{key}?uploads").find("UploadId")
    items = ""
    for number, size in enumerate(PARTS[shape], 1):
        part = server.call("PUT", f"/tamper/{key}?partNumber={number}&uploadId={upload}",
                           body=payload(size, 1000 + number), keep=True)
        items += f"<Part><PartNumber>{number}</PartNumber><ETag>{part.headers['etag']}</ETag></Part>"
    assert server.call("POST", f"/tamper/{key}?uploadId={upload}",
                       body=f"<CompleteMultipartUpload>{items}</CompleteMultipartUpload>".encode()).status == 200


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    """A stopped server with one object of each shape, and an untouched copy of its drive."""
    server = Server(tmp_path_factory.mktemp("tamper"))
    with server:
        server.bucket("tamper")
        for shape in (*SIZES, "parts"):
            write(server, shape, shape)
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


@pytest.fixture(scope="module")
def harmed(tmp_path_factory):
    """A running server with the object of each `Harm`, altered; and, untouched, `inline-2`, `file-2`, `direct` and `kms`."""
    server = Server(tmp_path_factory.mktemp("harmed"))
    with server:
        server.bucket("tamper")
        for shape in ("inline-2", "file-2", "direct", "kms"):
            write(server, shape, shape)
        for harm in HARMS:
            write(server, harm.shape, harm.key)
    drive = Drive(server.drive)
    for harm in HARMS:
        harm.alter(drive, harm.key)
    server.log.unlink()
    with server:
        yield server
    server.remove()


def flip(path, offset, bit=1):
    data = bytearray(path.read_bytes())
    data[offset] ^= bit
    path.write_bytes(data)


def swap(one, other):
    data = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(data)


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


def assert_fails(server, key, shape=None, *, before_any_byte, least=500):
    """The GET fails; bytes before the failure, if any may come at all, are the right ones; the log names the object."""
    content = body(shape or key)
    status, data, complete = fetch(server, key)
    if before_any_byte:
        assert status is not None and status >= least and status != 404 and complete, (status, len(data), complete)
        assert payload(64, 1) not in data
    else:
        assert (status is not None and status >= 500) or not complete, f"{status} with {len(data)} bytes, complete"
        if status == 200:
            assert content.startswith(data), "a wrong byte was served"
    # The log is written behind the answers' backs.
    deadline = time.monotonic() + 20
    while not any(key in str(record) for record in server.log_records() if record.get("level") in ("error", "critical")):
        assert time.monotonic() < deadline, server.log_tail()
        time.sleep(0.01)
    for other in ("inline-2", "direct"):
        if other != key:
            assert fetch(server, other) == (200, body(other), True), "an object that nobody touched"


def test_an_untouched_drive_is_served(tampered):
    server, _ = tampered
    with server:
        for key in (*SIZES, "parts"):
            assert fetch(server, key) == (200, body(key), True)


# --- one object at a time

@dataclass(frozen=True)
class Harm:
    """What is done to one object of a shape, and what becomes of it."""

    name: str
    shape: str
    alter: Callable  # takes the drive and the object's key
    before_any_byte: bool = True  # the GET fails with a status, not in the middle of the body
    least: int = 500  # of that status
    intact: int | None = None  # the first of a hundred bytes that are served as ever
    then: str | None = None  # how the damaged object is got rid of: "replace" or "delete"

    @property
    def key(self):
        """The object's key, which is no part of another's."""
        return re.sub(r"\W+", "-", f"{self.shape} {self.name}") + "."


def flipped(offset, bit=1, blob=0):
    """Flips a bit of one of the object's blobs."""
    return lambda drive, key: flip(drive.blobs_of(drive.version(key))[blob], offset, bit)


def cut(length):
    """Cuts the object's last blob to `length(size)` bytes."""
    def alter(drive, key):
        path = drive.blobs_of(drive.version(key))[-1]
        with open(path, "r+b") as file:
            file.truncate(length(path.stat().st_size))
    return alter


def edited(statement):
    """Runs a statement that changes one row; its parameter is the key."""
    def alter(drive, key):
        assert drive.execute(statement, key.encode()) == 1
    return alter


def flipped_value(select, update, offset):
    """Flips a bit of a value in the catalogue: `select` gives the row's id and the value, `update` takes value and id."""
    def alter(drive, key):
        row = drive.rows(select, key.encode())[0]
        value = bytearray(row["value"])
        value[offset] ^= 1
        assert drive.execute(update, bytes(value), row["id"]) == 1
    return alter


def removed(drive, key):
    drive.blobs_of(drive.version(key))[0].unlink()


def packages_exchanged(drive, key):
    path = drive.blobs_of(drive.version(key))[0]
    data = path.read_bytes()
    first, second = data[HEADER:HEADER + PACKAGE], data[HEADER + PACKAGE:HEADER + 2 * PACKAGE]
    path.write_bytes(data[:HEADER] + second + first + data[HEADER + 2 * PACKAGE:])


def parts_exchanged(drive, key):
    one, two, _ = drive.blobs_of(drive.version(key))
    swap(one, two)


BLOB_FLIPS = {
    "magic": (0, True), "version": (8, True), "cipher": (9, True), "reserved": (10, True), "package size": (13, True),
    "length": (23, True), "first byte of the salt": (24, True), "last byte of the salt": (55, True),
    "first byte of a package": (HEADER, True), "middle of the first package": (HEADER + 30_000, True),
    "tag of the first package": (HEADER + PACKAGE - 1, True), "second package": (HEADER + PACKAGE, False),
    "tag of the second package": (HEADER + 2 * PACKAGE - 16, False), "first byte of the last package": (HEADER + 3 * PACKAGE, False),
    "last byte of all": (-1, False),
}
CUTS = {"at the border of a package": lambda size: HEADER + PACKAGE, "at the border of the last package": lambda size: HEADER + 3 * PACKAGE,
        "by one byte": lambda size: size - 1, "to the header": lambda size: HEADER, "to nothing": lambda size: 0}
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
NEEDED_ROWS = (
    ("no body", "inline", "DELETE FROM inline_bodies WHERE version = (SELECT id FROM versions WHERE key = ?)"),
    ("no manifest", "two parts", "DELETE FROM manifests WHERE version = (SELECT version FROM versions WHERE key = ?)"),
    ("short manifest", "two parts", "UPDATE manifests SET sealed = substr(sealed, 1, length(sealed) - 29) WHERE version = "
                                    "(SELECT version FROM versions WHERE key = ?)"),
    ("empty body", "empty", "UPDATE inline_bodies SET bytes = x'' WHERE version = (SELECT id FROM versions WHERE key = ?)"),
    ("wrapped data key", "kms", "UPDATE data_keys SET wrapped = zeroblob(length(wrapped)) WHERE id = (SELECT data_key FROM versions "
                                "WHERE key = ?)"),
    ("context of its data key", "kms", "UPDATE data_keys SET context = CAST('{\"a\":\"b\"}' AS BLOB) WHERE id = (SELECT data_key "
                                       "FROM versions WHERE key = ?)"),
    ("no data key", "kms", "DELETE FROM data_keys WHERE id = (SELECT data_key FROM versions WHERE key = ?)"),
)
RECORD = ("SELECT id, sealed AS value FROM versions WHERE key = ?", "UPDATE versions SET sealed = ? WHERE id = ?")
INLINE_BODY = ("SELECT version AS id, bytes AS value FROM inline_bodies WHERE version = (SELECT id FROM versions WHERE key = ?)",
               "UPDATE inline_bodies SET bytes = ? WHERE version = ?")
MANIFEST = ("SELECT version AS id, sealed AS value FROM manifests WHERE version = (SELECT version FROM versions WHERE key = ?)",
            "UPDATE manifests SET sealed = ? WHERE version = ?")

HARMS = [
    *(Harm(f"one bit, {place}", shape, flipped(offset), before) for shape in ("file", "kms")
      for place, (offset, before) in BLOB_FLIPS.items()),
    *(Harm(f"one bit at {offset}", "direct", flipped(offset, 0x80), False, intact=1_200_000) for offset in (1_000_000, 1_048_576)),
    Harm("one bit at the end", "direct", flipped(-1, 0x80), False),
    Harm("one bit of part 1", "parts", flipped(HEADER + 10)),
    *(Harm(f"one bit of part {number}", "parts", flipped(HEADER + 10, blob=number - 1), False, intact=0) for number in (2, 3)),
    Harm("parts exchanged", "parts", parts_exchanged),
    *(Harm(f"cut {where}", "file", cut(length), False) for where, length in CUTS.items()),
    *(Harm(f"cut {where}", "two parts", cut(length), False) for where, length in CUTS.items() if "last" not in where),
    Harm("removed", "file", removed),
    Harm("packages exchanged", "file", packages_exchanged),
    *(Harm(column, "file", edited(statement), then="replace") for column, statement in COLUMNS.items()),
    *(Harm(f"one bit of the record at {offset}", "file", flipped_value(*RECORD, offset), then="delete")
      for offset in (0, 1, 13, 100)),
    Harm("one bit at the record's end", "file", flipped_value(*RECORD, -1), then="delete"),
    *(Harm(f"one bit of the body at {offset}", "inline", flipped_value(*INLINE_BODY, offset)) for offset in (0, 30, 56, 100)),
    Harm("one bit at the body's end", "inline", flipped_value(*INLINE_BODY, -1)),
    Harm("one bit of the manifest", "two parts", flipped_value(*MANIFEST, 40)),
    # What the key service finds not authentic has an answer of its own, a client's error in form.
    *(Harm(name, shape, edited(statement), least=400) for name, shape, statement in NEEDED_ROWS),
]


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: f"{harm.shape}, {harm.name}")
def test_what_was_altered_is_not_served(harmed, harm):
    assert_fails(harmed, harm.key, harm.shape, before_any_byte=harm.before_any_byte, least=harm.least)
    if harm.intact is not None:
        status, data, _ = fetch(harmed, harm.key, {"Range": f"bytes={harm.intact}-{harm.intact + 99}"})
        assert (status, data) == (206, body(harm.shape)[harm.intact:harm.intact + 100]), "packages are opened one by one"
    if harm.then == "replace":
        assert harmed.call("HEAD", f"/tamper/{harm.key}").status >= 500
        assert harmed.call("PUT", f"/tamper/{harm.key}", body=b"replaced").status == 200, "a damaged object can be replaced"
        assert fetch(harmed, harm.key) == (200, b"replaced", True)
    elif harm.then == "delete":
        assert harmed.call("DELETE", f"/tamper/{harm.key}").status == 204, "a damaged object can be deleted"


def test_the_keys_of_what_is_altered_are_told_apart():
    keys = [harm.key for harm in HARMS]
    assert [key for key in keys if sum(key in other for other in keys) > 1] == []


# --- what concerns more than one object

@pytest.mark.parametrize("pair", (("file", "file-2"), ("file", "kms")), ids=str)
def test_the_blobs_of_two_objects_exchanged(tampered, pair):
    server, drive = tampered
    swap(*(drive.blobs_of(drive.version(key))[0] for key in pair))
    with server:
        for key in pair:
            assert_fails(server, key, before_any_byte=True)


def test_a_blob_that_was_lengthened(tampered):
    server, drive = tampered
    with open(drive.blobs_of(drive.version("file"))[0], "ab") as file:
        file.write(b"\x00" * 16)
    with server:
        status, data, complete = fetch(server, "file")
        assert (status >= 500 or not complete) or data == body("file")


def test_an_object_given_another_name(tampered):
    server, drive = tampered
    drive.execute("UPDATE versions SET key = ? WHERE key = ?", b"renamed", b"file")
    with server:
        assert_fails(server, "renamed", "file", before_any_byte=True)
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


def test_two_bodies_in_the_catalogue_exchanged(tampered):
    server, drive = tampered
    bodies = {row["key"]: (row["id"], row["bytes"]) for row in drive.rows(
        "SELECT key, versions.id, bytes FROM inline_bodies JOIN versions ON versions.id = inline_bodies.version")}
    drive.execute("UPDATE inline_bodies SET bytes = ? WHERE version = ?", bodies[b"inline-2"][1], bodies[b"inline"][0])
    with server:
        assert_fails(server, "inline", before_any_byte=True)


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
