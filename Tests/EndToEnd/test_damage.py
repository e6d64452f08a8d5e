"""Single damaged records: the trouble of one object, upload or bucket, named in the log, and never of its neighbours.

What is damaged can be listed and deleted, so that a bucket that holds it can be emptied.
"""

import pytest

from drive import DAMAGE, Drive
from payloads import payload
from server import Server

CONTENT = {"inline": payload(3000, 1), "file": payload(200_000, 2)}
# What happens to the damaged object, and the kind of body that it has.
FATES = (("deleted", "inline"), ("deleted", "file"), ("replaced", "inline"))
# Each has a bucket of its own, so that one server can have all the damage at once.
CASES = {(what, *fate): f"hurt-{number}" for number, (what, fate) in enumerate(
    (what, fate) for what in DAMAGE for fate in FATES)}


@pytest.fixture(scope="module")
def damaged(tmp_path_factory):
    """A running server: in each bucket of `CASES` one object is damaged, and the record of the bucket `ruleless`."""
    server = Server(tmp_path_factory.mktemp("damage"))
    with server:
        for name in (*CASES.values(), "ruleless", "whole"):
            server.bucket(name)
            for key, content in CONTENT.items():
                assert server.call("PUT", f"/{name}/{name}-{key}", body=content, keep=True).status == 200
            assert server.call("PUT", f"/{name}/neighbour", body=b"well", keep=True).status == 200
    drive = Drive(server.drive)
    for (what, _, shape), bucket in CASES.items():
        assert drive.execute(DAMAGE[what], f"{bucket}-{shape}".encode()) == 1
    assert drive.execute("UPDATE buckets SET sealed = zeroblob(length(sealed)) WHERE name = 'ruleless'") == 1
    server.log.unlink()
    with server:
        yield server
    server.remove()


def keys(server, bucket):
    return server.call("GET", f"/{bucket}?list-type=2").find_all("Contents/Key")


def assert_empties(server, bucket, names):
    for name in names:
        assert server.call("DELETE", f"/{bucket}/{name}").status == 204
    assert keys(server, bucket) == []
    assert server.call("DELETE", f"/{bucket}").status == 204
    assert server.call("GET", "/whole/neighbour").body == b"well"


@pytest.mark.parametrize("shape", CONTENT)
@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_object_is_listed_not_served_and_can_be_deleted(damaged, what, shape):
    bucket = CASES[what, "deleted", shape]
    names = [*(f"{bucket}-{shape}" for shape in CONTENT), "neighbour"]
    assert damaged.call("GET", f"/{bucket}/neighbour").body == b"well"
    got = damaged.call("GET", f"/{bucket}/{bucket}-{shape}")
    assert got.status >= 500 or got.body == CONTENT[shape], got
    if what != "the flags":
        assert keys(damaged, bucket) == sorted(names)
    if got.status >= 500:
        damaged.wait_for_log(f"{bucket}-{shape}")
    assert_empties(damaged, bucket, names)


@pytest.mark.parametrize("what", DAMAGE)
def test_a_damaged_object_can_be_written_over(damaged, what):
    bucket = CASES[what, "replaced", "inline"]
    target, other = f"{bucket}-inline", f"{bucket}-file"
    assert damaged.call("PUT", f"/{bucket}/{target}", body=b"new").status == 200
    assert damaged.call("GET", f"/{bucket}/{target}").body == b"new"
    document = "".join(f"<Object><Key>{name}</Key></Object>" for name in (target, other))
    assert damaged.delete(bucket, f"<Delete>{document}</Delete>".encode()).find("Error") is None
    assert keys(damaged, bucket) == ["neighbour"]


def test_a_page_of_damage_is_listed_whole_and_logged_in_short(tmp_path):
    server = Server(tmp_path)
    names = [f"hurt-{number:02}" for number in range(30)]
    with server:
        server.bucket("many")
        for name in names:
            assert server.call("PUT", f"/many/{name}", body=b"x", keep=True).status == 200
    drive = Drive(server.drive)
    assert all(drive.execute(DAMAGE["a bit of the record"], name.encode()) == 1 for name in names)
    with server:
        assert keys(server, "many") == names
        server.wait_for_log("20 more of the same page")
        assert server.log_text().count("does not authenticate") == 10
        assert len(server.call("GET", "/many?versions").find_all("Version/Key")) == 30
    server.remove()


def test_a_buckets_damaged_record_is_that_buckets_trouble(damaged):
    damaged.wait_for_log("bucket ruleless has no readable configuration")
    assert {"ruleless", "whole"} <= set(damaged.call("GET", "/").find_all("Buckets/Bucket/Name"))
    assert damaged.call("GET", "/whole/neighbour").body == b"well"
    assert damaged.call("GET", "/ruleless/neighbour").body == b"well"
    # A rule that cannot be read is not taken for none.
    assert damaged.call("GET", "/ruleless?encryption").status == 500
    assert damaged.call("PUT", "/ruleless/another", body=b"x").status == 500
    assert damaged.call("PUT", "/ruleless/another", {"x-amz-server-side-encryption": "AES256"}, b"x").status == 200
    damaged.s3().put_bucket_encryption(Bucket="ruleless", ServerSideEncryptionConfiguration={
        "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]})
    assert damaged.call("PUT", "/ruleless/another", body=b"x").status == 200
    assert_empties(damaged, "ruleless", keys(damaged, "ruleless"))


@pytest.fixture
def stopped(tmp_path):
    """A server that is not running, and its drive with two buckets, to be damaged."""
    server = Server(tmp_path)
    with server:
        for name in ("hurt", "whole"):
            server.bucket(name)
            assert server.call("PUT", f"/{name}/object", body=b"well").status == 200
        assert server.call("PUT", "/hurt/file", body=CONTENT["file"]).status == 200
    yield server, Drive(server.drive)
    server.kill()


def test_a_buckets_damaged_number_makes_nothing_absent(stopped):
    server, drive = stopped
    assert drive.execute("UPDATE buckets SET id = id | 64 WHERE name = 'hurt'") == 1
    with server:
        server.wait_for_log("bucket hurt has no readable configuration")
        assert server.call("GET", "/hurt/object").status == 500
        assert server.call("DELETE", "/hurt").status in (409, 500)
        assert server.call("GET", "/whole/object").body == b"well"
        assert server.call("DELETE", "/whole/object").status == 204
        assert server.call("DELETE", "/whole").status == 204


def test_a_buckets_damaged_name_keeps_no_other_from_being_listed(stopped):
    server, drive = stopped
    assert drive.execute("UPDATE buckets SET name = 'hur' || char(17) WHERE name = 'hurt'") == 1
    with server:
        assert [bucket["Name"] for bucket in server.s3().list_buckets()["Buckets"]] == ["whole"]


@pytest.mark.parametrize("name", ("x'f0'", "x'ff6d'", "x'6dff'", "x''", "x'0a'"))
def test_a_data_keys_damaged_name_does_not_keep_the_server_from_starting(stopped, name):
    server, drive = stopped
    assert drive.execute(f"UPDATE data_keys SET kms_key = CAST({name} AS TEXT) WHERE id = (SELECT max(id) FROM data_keys)") == 1
    with server:
        assert server.call("PUT", "/whole/new", body=b"new").status == 200
        assert server.call("GET", "/whole/new").body == b"new"


@pytest.mark.parametrize("damage", (
    "UPDATE drive SET value = value | (1 << 41) WHERE name = 'first_epoch'",
    "UPDATE epochs SET epoch = epoch | (1 << 41)",
    "DELETE FROM drive WHERE name = 'first_epoch'"))
def test_a_start_on_damaged_numbers_of_runs_touches_no_file(stopped, damage):
    server, drive = stopped
    server.start()
    assert server.call("PUT", "/hurt/last", body=payload(100_000, 3)).status == 200
    server.kill()
    files = drive.blob_files()
    assert len(files) >= 2
    assert drive.execute(damage) == 1
    status, output = server.run_to_end()
    assert status != 0 and "is damaged" in output, output
    assert drive.blob_files() == files
