"""Single damaged records: the trouble of one object, upload or bucket, named in the log, and never of its neighbours.

What is damaged can be listed and deleted, so that a bucket that holds it can be emptied.
"""

import shutil

import pytest

from drive import Drive
from payloads import payload
from server import Server

# A statement for each way in which one row can be damaged.
DAMAGE = {
    "a bit of the record": "UPDATE versions SET sealed = zeroblob(length(sealed)) WHERE key = ?",
    "the whole record": "UPDATE versions SET sealed = x'' WHERE key = ?",
    "the size": "UPDATE versions SET size = size + 1 WHERE key = ?",
    "the kind of body": "UPDATE versions SET body = 9 WHERE key = ?",
    "the blob's name": "UPDATE versions SET blob = x'0102' WHERE key = ?",
    "the version's id": "UPDATE versions SET version = x'0102' WHERE key = ?",
    "the flags": "UPDATE versions SET flags = 250 WHERE key = ?",
    "the data key's number": "UPDATE versions SET data_key = 4711 WHERE key = ?",
    "the time": "UPDATE versions SET modified = -1 WHERE key = ?",
}
CONTENT = {"inline": payload(3000, 1), "file": payload(200_000, 2)}


@pytest.fixture(scope="module")
def pristine(tmp_path_factory):
    server = Server(tmp_path_factory.mktemp("damage"))
    with server:
        for bucket in ("hurt", "whole"):
            server.bucket(bucket)
        for key, content in CONTENT.items():
            assert server.call("PUT", f"/hurt/{key}", body=content).status == 200
        assert server.call("PUT", "/hurt/neighbour", body=b"well").status == 200
        assert server.call("PUT", "/whole/object", body=b"well").status == 200
    yield server, Drive(server.drive).copy(server.directory / "pristine")
    server.remove()


@pytest.fixture
def damaged(pristine):
    server, copy = pristine
    shutil.rmtree(server.drive)
    drive = copy.copy(server.drive)
    server.log.unlink(missing_ok=True)
    yield server, drive
    server.kill()


def keys(server, bucket):
    listing = server.s3().list_objects_v2(Bucket=bucket)
    return [entry["Key"] for entry in listing.get("Contents", [])]


@pytest.mark.parametrize("key", CONTENT)
@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_object_is_listed_not_served_and_can_be_deleted(damaged, what, key):
    server, drive = damaged
    assert drive.execute(DAMAGE[what], key.encode()) == 1
    with server:
        assert server.call("GET", "/hurt/neighbour").body == b"well"
        got = server.call("GET", f"/hurt/{key}")
        assert got.status >= 500 or got.body == CONTENT[key], got
        if what != "the flags":
            assert keys(server, "hurt") == sorted([*CONTENT, "neighbour"])
        if got.status >= 500:
            server.wait_for_log(key)
        for name in (*CONTENT, "neighbour"):
            assert server.call("DELETE", f"/hurt/{name}").status == 204
        assert keys(server, "hurt") == []
        assert server.call("DELETE", "/hurt").status == 204
        assert server.call("GET", "/whole/object").body == b"well"


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_object_can_be_written_over(damaged, what):
    server, drive = damaged
    assert drive.execute(DAMAGE[what], b"inline") == 1
    with server:
        assert server.call("PUT", "/hurt/inline", body=b"new").status == 200
        assert server.call("GET", "/hurt/inline").body == b"new"
        document = b"<Delete>" + b"".join(b"<Object><Key>%s</Key></Object>" % name for name in (b"inline", b"file")) + b"</Delete>"
        assert server.delete("hurt", document).find("Error") is None
        assert keys(server, "hurt") == ["neighbour"]


def test_a_buckets_damaged_record_is_that_buckets_trouble(damaged):
    server, drive = damaged
    assert drive.execute("UPDATE buckets SET sealed = zeroblob(length(sealed)) WHERE name = 'hurt'") == 1
    with server:
        server.wait_for_log("bucket hurt has no readable configuration")
        assert {bucket["Name"] for bucket in server.s3().list_buckets()["Buckets"]} == {"hurt", "whole"}
        assert server.call("GET", "/whole/object").body == b"well"
        assert server.call("GET", "/hurt/neighbour").body == b"well"
        # A rule that cannot be read is not taken for none.
        assert server.call("GET", "/hurt?encryption").status == 500
        assert server.call("PUT", "/hurt/another", body=b"x").status == 500
        assert server.call("PUT", "/hurt/another", {"x-amz-server-side-encryption": "AES256"}, b"x").status == 200
        server.s3().put_bucket_encryption(Bucket="hurt", ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]})
        assert server.call("PUT", "/hurt/another", body=b"x").status == 200
        for name in keys(server, "hurt"):
            assert server.call("DELETE", f"/hurt/{name}").status == 204
        assert server.call("DELETE", "/hurt").status == 204
