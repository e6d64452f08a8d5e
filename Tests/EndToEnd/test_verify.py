"""`coffer verify`: what is whole passes, each kind of damage is named by itself, and nothing is told that was not looked at."""

import json
import signal
import sqlite3
import time

import pytest

import verification
from drive import DAMAGE, Drive
from payloads import CUSTOMER_KEY, payload
from verification import BROKEN_OFF, DAMAGED, LEFTOVERS, UNOPENED, WHOLE, verify, verify_running

PART = 5 << 20
CUSTOMER = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": CUSTOMER_KEY.raw}
# The objects of `filled`, annotations aside: eight plain ones, two versions of one key, one of the client's key's.
OBJECTS = 11


def fill(server, bucket="full"):
    """One of everything that a drive can have."""
    server.bucket(bucket)
    s3 = server.s3()
    s3.put_object(Bucket=bucket, Key="empty", Body=b"")
    s3.put_object(Bucket=bucket, Key="inline", Body=payload(3000, 1))
    s3.put_object(Bucket=bucket, Key="file", Body=payload(300_000, 2))
    s3.put_object(Bucket=bucket, Key="long", Body=payload(3 << 20, 3))
    s3.put_object(Bucket=bucket, Key="kms", Body=payload(200_000, 4), ServerSideEncryption="aws:kms")
    s3.put_object(Bucket=bucket, Key="twice", Body=payload(200_000, 5), ServerSideEncryption="aws:kms:dsse")
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=f"{bucket}/file")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
    parts = [{"PartNumber": number, "ETag": s3.upload_part(
        Bucket=bucket, Key="parts", UploadId=upload, PartNumber=number, Body=body)["ETag"]}
        for number, body in ((1, payload(PART, 6)), (2, payload(70_000, 7)))]
    s3.complete_multipart_upload(Bucket=bucket, Key="parts", UploadId=upload, MultipartUpload={"Parts": parts})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=bucket, Key="versions", Body=b"one")
    s3.put_object(Bucket=bucket, Key="versions", Body=payload(100_000, 8))
    s3.delete_object(Bucket=bucket, Key="versions")
    open_upload = s3.create_multipart_upload(Bucket=bucket, Key="open")["UploadId"]
    s3.upload_part(Bucket=bucket, Key="open", UploadId=open_upload, PartNumber=1, Body=payload(PART, 9))
    if server.tls:
        s3.put_object(Bucket=bucket, Key="customer", Body=payload(150_000, 10), **CUSTOMER)


@pytest.fixture(scope="module")
def filled(tmp_path_factory, certificates):
    """A stopped server with a whole drive, which tests copy before they hurt it."""
    from server import Server
    server = Server(tmp_path_factory.mktemp("filled"), certificates=certificates)
    with server:
        fill(server)
        server.s3().put_object_annotation(
            Bucket="full", Key="long", AnnotationName="note", AnnotationPayload=b"an annotation")
    yield server
    server.remove()


@pytest.fixture
def copy(filled, tmp_path):
    """A drive of a test's own, like `filled`'s."""
    drive = Drive(filled.drive).copy(tmp_path / "drive")
    yield drive


def assert_is_whole(told):
    assert told.status == WHOLE and told.document["isComplete"], told
    assert told.findings == [] and told.report["counts"] == {}, told
    assert told.report["objects"] >= OBJECTS and told.report["deleteMarkers"] == 1, told
    assert told.report["uploads"] == 1 and told.report["parts"] == 3, told
    tallies = {tally["scheme"]: tally for tally in told.report["encryption"]}
    assert set(tallies) == {"SSE-S3", "SSE-KMS", "DSSE-KMS", "SSE-C"}, told
    assert tallies["SSE-C"]["customerKey"] == 1 and tallies["SSE-C"].get("kmsKey") is None, told
    assert tallies["SSE-KMS"]["kmsKey"] == "coffer-default-key" and tallies["SSE-KMS"]["keyVersion"] == 1, told
    # A copy that shares its bytes is looked at with the object that it shares them with.
    assert tallies["SSE-S3"]["edges"] == 1, told
    assert sum(tally["notOpened"] for tally in tallies.values()) == 0, told


def test_a_whole_drive_passes_and_proves_how_it_is_encrypted(filled):
    told = verify(filled)
    assert_is_whole(told)
    assert told.report["skipped"] == [] and told.report["files"] == len(Drive(filled.drive).blob_files()), told
    people = verification.command(filled, "verify", filled.drive)
    assert people.returncode == 0, people
    assert "every object has a sealed stream" in people.stdout and "DSSE-KMS" in people.stdout, people.stdout


def test_a_running_server_goes_through_its_own_drive(filled):
    with filled:
        told = verify_running(filled)
        assert_is_whole(told)
        assert len(told.report["skipped"]) == 2, told
        assert verify(filled).status == BROKEN_OFF, "a drive that a server has open is not opened a second time"


def test_who_may_not_heal_may_not_verify(fresh_server):
    with fresh_server() as server:
        assert verify_running(server).status == WHOLE
        told = verify_running(server, MINIO_ROOT_PASSWORD="another-password")
        assert told.status == BROKEN_OFF, told


@pytest.mark.parametrize("what", DAMAGE)
@pytest.mark.parametrize("key", ("inline", "file"))
def test_a_damaged_row_is_named_and_its_neighbours_are_looked_at(filled, copy, what, key):
    if (what, key) == ("the blob's name", "inline"):
        pytest.skip("it has no file")
    # Some of these the catalogue's own check meets first.
    assert copy.execute(DAMAGE[what], key.encode()) == 1
    told = verify(filled, target=copy.directory)
    assert told.status == DAMAGED, told
    assert told.about(key), told
    others = {finding.get("key") for finding in told.findings if finding["kind"] in ("damaged", "missing")}
    assert others <= {key, None, *(("copy",) if key == "file" else ())}, told
    assert told.report["objects"] + told.report["deleteMarkers"] >= OBJECTS, told


@pytest.mark.parametrize("place", ("header", "first package", "last tag"))
@pytest.mark.parametrize("key", ("file", "long", "kms", "twice", "parts", "customer"))
def test_a_flipped_bit_of_a_file_is_found(filled, copy, key, place):
    path = copy.blobs_of(copy.version(key))[0]
    bytes_ = bytearray(path.read_bytes())
    bytes_[{"header": 3, "first package": 100, "last tag": len(bytes_) - 1}[place]] ^= 1
    path.write_bytes(bytes_)
    told = verify(filled, target=copy.directory)
    if key == "customer" and place != "header":
        # Without the client's key nobody can tell, and the report says so.
        assert told.status == WHOLE and sum(tally["customerKey"] for tally in told.report["encryption"]) == 1, told
        return
    assert told.status == DAMAGED, told
    assert [finding["kind"] for finding in told.about(key)] == ["damaged"], told


def test_a_flipped_bit_in_the_middle_is_missed_by_a_sample_alone(filled, copy):
    path = copy.blobs_of(copy.version("long"))[0]
    bytes_ = bytearray(path.read_bytes())
    bytes_[len(bytes_) // 2] ^= 1
    path.write_bytes(bytes_)
    assert verify(filled, target=copy.directory).about("long"), "all of it is read unless a sample is asked for"
    told = verify(filled, "--sample", "0", target=copy.directory)
    assert told.status == WHOLE, told
    assert sum(tally["authentic"] for tally in told.report["encryption"]) == 0, "nothing is called whole that was not read"


def test_a_flipped_bit_in_the_catalogue_is_found(filled, copy):
    for statement, key in (
            ("UPDATE inline_bodies SET bytes = zeroblob(length(bytes)) WHERE version = (SELECT id FROM versions WHERE key = ?)",
             "inline"),
            ("UPDATE manifests SET sealed = zeroblob(length(sealed)) WHERE version = (SELECT version FROM versions WHERE key = ?)",
             "parts")):
        assert copy.execute(statement, key.encode()) == 1
    told = verify(filled, target=copy.directory)
    assert told.status == DAMAGED and told.about("inline") and told.about("parts"), told


def test_records_without_bytes_are_opened_too(filled, copy):
    assert copy.execute("UPDATE buckets SET sealed = zeroblob(length(sealed))") == 1
    assert copy.execute("UPDATE settings SET value = zeroblob(length(value)) WHERE name = 'deployment-id'") == 1
    assert copy.execute("UPDATE uploads SET sealed = zeroblob(length(sealed))") == 1
    told = verify(filled, target=copy.directory)
    assert told.status == DAMAGED, told
    assert {finding["subject"] for finding in told.findings} == {"bucket", "setting", "upload"}, told


def test_missing_and_foreign_files_are_told_apart(filled, copy):
    gone = copy.blobs_of(copy.version("long"))[0]
    gone.unlink()
    told = verify(filled, target=copy.directory)
    assert told.status == DAMAGED and [finding["kind"] for finding in told.about("long")] == ["missing"], told


def test_what_nothing_refers_to_is_no_damage(filled, copy):
    path = next(iter(copy.blob_files()))
    # Below the numbers that a start looks at again.
    stray = path.with_name("0000000000000abc")
    stray.write_bytes(b"x" * 100)
    assert copy.execute("UPDATE data_keys SET refs = refs + 1 WHERE id = (SELECT min(id) FROM data_keys)") == 1
    assert copy.execute("UPDATE bucket_usage SET bytes = bytes + 1") == 1
    told = verify(filled, target=copy.directory)
    assert told.status == LEFTOVERS, told
    assert told.report["counts"] == {"orphan": 1, "miscounted": 2}, told
    assert stray.exists(), "verifying removes nothing"


def test_a_part_that_the_catalogue_does_not_keep_is_found_before_its_file_goes(filled, copy):
    assert copy.execute(
        "DELETE FROM parts WHERE number = 2 AND upload = (SELECT upload FROM version_uploads)") == 1
    told = verify(filled, target=copy.directory)
    assert told.status == DAMAGED and told.about("parts"), told


def test_an_unreadable_page_of_the_catalogue_hides_nothing_else(fresh_server, tmp_path):
    server = fresh_server()
    with server:
        bucket = server.bucket()
        for number in range(600):
            assert server.call("PUT", f"/{bucket}/key-{number:04}", body=b"%d" % number, keep=True).status == 200
    database = sqlite3.connect(server.drive / "coffer.db")
    (page_size,), = database.execute("PRAGMA page_size")
    # A leaf of the table in its middle, by the page that holds a row's bytes.
    (sealed,), = database.execute("SELECT sealed FROM versions WHERE key = ?", (b"key-0300",))
    database.close()
    image = bytearray((server.drive / "coffer.db").read_bytes())
    page = image.index(sealed) // page_size
    image[page * page_size:page * page_size + 8] = b"\xff" * 8
    (server.drive / "coffer.db").write_bytes(image)
    told = verify(server)
    assert told.status == DAMAGED, told
    assert any(finding["detail"].startswith("rows ") for finding in told.findings), told
    assert 500 < told.report["objects"] < 600, told


def test_it_goes_on_where_it_was_killed(fresh_server, tmp_path):
    server = fresh_server()
    with server:
        bucket = server.bucket()
        for number in range(120):
            assert server.call("PUT", f"/{bucket}/{number}", body=payload(100_000, number % 4), keep=True).status == 200
    state = tmp_path / "state.json"
    process = verification.process(server, "verify", server.drive, "--json", "--resume", state, "--rate", "2MiB")
    deadline = time.monotonic() + 60
    while not (state.exists() and json.loads(state.read_text())["report"]["objects"] > 0):
        assert process.poll() is None and time.monotonic() < deadline, process.communicate()
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    before = json.loads(state.read_text())["report"]["objects"]
    assert 0 < before < 120
    told = verify(server, "--resume", state)
    assert told.status == WHOLE and told.report["objects"] == 120, told
    assert told.report["bytes"] == 120 * 100_000 and not state.exists(), told


def test_a_key_service_that_is_away_is_no_damage(make_pair, tmp_path):
    pair = make_pair()
    with pair.kes:
        with pair.server as server:
            bucket = server.bucket()
            server.s3().put_object(Bucket=bucket, Key="k", Body=payload(100_000, 1))
        assert verify(server).status == WHOLE
    state = tmp_path / "state.json"
    told = verify(server, "--resume", state)
    assert told.status == UNOPENED and not told.document["isComplete"] and told.document["cause"], told
    with pair.kes:
        assert verify(server, "--resume", state).status == WHOLE


def test_objects_whose_key_is_gone_are_named_and_the_others_are_read(fresh_server):
    server = fresh_server()
    with server:
        bucket = server.bucket()
        assert server.call("POST", "/minio/kms/v1/key/create?key-id=doomed", region="").status == 200
        s3 = server.s3()
        s3.put_object(Bucket=bucket, Key="lost", Body=payload(100_000, 1), ServerSideEncryption="aws:kms", SSEKMSKeyId="doomed")
        s3.put_object(Bucket=bucket, Key="kept", Body=payload(100_000, 2))
    document = json.loads(server.keyring.read_text())
    document["keys"] = [key for key in document["keys"] if key["name"] != "doomed"]
    server.keyring.write_text(json.dumps(document))
    told = verify(server)
    assert told.status == UNOPENED and told.document["isComplete"], told
    assert [finding["kind"] for finding in told.about("lost")] == ["unopened"] and "doomed" in told.about("lost")[0]["detail"]
    assert sum(tally["authentic"] for tally in told.report["encryption"]) == 1, told


def test_the_bytes_are_read_at_the_rate_that_was_asked_for(fresh_server):
    server = fresh_server()
    with server:
        bucket = server.bucket()
        for number in range(4):
            server.s3().put_object(Bucket=bucket, Key=str(number), Body=payload(2 << 20, number))
    began = time.monotonic()
    assert verify(server).status == WHOLE
    free = time.monotonic() - began
    began = time.monotonic()
    assert verify(server, "--rate", "2MiB").status == WHOLE
    assert time.monotonic() - began > free + 2, "8 MiB at 2 MiB a second take more than it does without a bound"


@pytest.mark.parametrize("arguments, words", (
    (("/nonexistent",), "no coffer.db"), (("DRIVE", "--sample", "101"), "0 to 100"), (("DRIVE", "--rate", "fast"), "--rate"),
    (("http://127.0.0.1:1",), "127.0.0.1")))
def test_what_cannot_begin_says_why(filled, arguments, words):
    told = verification.command(filled, "verify", *(str(filled.drive) if one == "DRIVE" else one for one in arguments))
    assert told.returncode not in (WHOLE, DAMAGED, UNOPENED, LEFTOVERS), told
    assert words in told.stdout + told.stderr, told


def test_a_drive_of_a_former_format_is_left_as_it_is(filled, copy):
    (copy.directory / "format").write_text("coffer drive 5\n")
    before = {path: path.read_bytes() for path in copy.directory.iterdir() if path.is_file()}
    told = verify(filled, target=copy.directory)
    assert told.status == BROKEN_OFF and "format 5" in told.err, told
    assert {path: path.read_bytes() for path in copy.directory.iterdir() if path.is_file()} == before


def test_what_can_be_read_of_damaged_objects_is_taken_out_and_they_go_when_that_is_asked_for(fresh_server, tmp_path):
    server = fresh_server()
    content = payload(300_000, 3)
    with server:
        bucket = server.bucket()
        for key in ("hurt", "lost", "well", "shut"):
            server.s3().put_object(Bucket=bucket, Key=key, Body=content)
    drive = Drive(server.drive)
    path = drive.blobs_of(drive.version("hurt"))[0]
    image = bytearray(path.read_bytes())
    image[100_000] ^= 1
    path.write_bytes(image)
    drive.blobs_of(drive.version("lost"))[0].unlink()
    assert drive.execute("UPDATE versions SET sealed = zeroblob(length(sealed)) WHERE key = ?", b"shut") == 1
    out = tmp_path / "quarantine"
    assert verify(server, "--quarantine", out).status == DAMAGED
    entries = {entry["finding"]["key"]: entry for entry in json.loads((out / "quarantine.json").read_text())}
    assert set(entries) == {"hurt", "lost", "shut"} and not any(entry["isDeleted"] for entry in entries.values()), entries
    assert entries["hurt"]["holes"] == [{"count": 65536, "offset": 65536}], entries
    saved = (out / entries["hurt"]["file"]).read_bytes()
    assert saved == content[:65536] + bytes(65536) + content[131072:]
    assert entries["lost"]["holes"] == [{"count": 300_000, "offset": 0}] and entries["shut"].get("file") is None, entries
    assert (out / entries["hurt"]["file"]).stat().st_mode & 0o077 == 0
    assert verify(server, "--quarantine", tmp_path / "second", "--delete-damaged").status == DAMAGED
    assert verify(server).status == WHOLE
    with server:
        assert server.call("GET", f"/{bucket}/hurt").status == 404
        assert server.call("GET", f"/{bucket}/well").body == content


@pytest.mark.parametrize("arguments", (("http://127.0.0.1:1", "--quarantine", "OUT"), ("DRIVE", "--delete-damaged")))
def test_nothing_is_deleted_by_halves_of_commands(filled, tmp_path, arguments):
    names = {"OUT": str(tmp_path / "out"), "DRIVE": str(filled.drive)}
    told = verification.command(filled, "verify", *(names.get(one, one) for one in arguments))
    assert told.returncode == 64 and "--quarantine" in told.stderr, told
