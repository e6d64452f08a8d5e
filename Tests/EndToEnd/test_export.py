"""`coffer export`: what a drive holds as plain files and at other servers, from a stopped drive and from a running one."""

import base64
import datetime
import hashlib
import json
import os
import re
import shlex
import signal
import stat
import subprocess
import threading
import time
import urllib.request

import boto3
import pytest
from botocore.config import Config

from payloads import CUSTOMER_KEY
from server import ACCESS_KEY, REPOSITORY, SECRET_KEY
from verification import command, process, verify, WHOLE

WHOLE_EXPORT, BROKEN_OFF, LEFT_BEHIND = 0, 1, 2
#: Keys that are no paths, or lead somewhere else, or differ only in how they look.
HOSTILE = ["/../outside", "../../outside", "..", ".", "a/../b", "a//b", "/", "folder/", "a" * 300, "b/" + "c" * 255, "same", "same/below",
           "s.json/y", "s", "A", "a", "caf\u00e9", "cafe\u0301", "line\nbreak", "-rf", "percent%2e%2e", "back\\slash", "*", "x y", ".hidden",
           "coffer-export.json", "\u0301/\u0301"]
#: Those whose path a file cannot have.
NAMELESS = {"/../outside", "../../outside", "..", ".", "a/../b", "a//b", "/", "folder/", "a" * 300, "b/" + "c" * 255}
BLOCK = 64 << 10


def body_of(key, size=None):
    seed = hashlib.sha256(key.encode()).digest()
    return (seed * (size // 32 + 1))[:size] if size is not None else seed


def exported(server, target, *arguments, source=None, timeout=120, **more):
    """`coffer export` of the server's drive, unless another source is named; what it told, and its report."""
    report = server.directory / "report.jsonl"
    finished = command(server, "export", source or server.drive, target, "--report", report, *arguments, timeout=timeout, **more)
    lines = [json.loads(line) for line in report.read_text().splitlines()] if report.exists() else []
    return finished, lines


def from_server(server):
    return {"source": server.endpoint}


def sidecars(target):
    """Every sidecar of an export, by bucket, key and version."""
    found = {}
    for folder in ("metadata", "by-hash", "versions"):
        for path in (target / folder).rglob("*.json"):
            if path.is_file():
                one = json.loads(path.read_text())
                key = base64.b64decode(one["keyBytes"]).decode()
                assert key == one["key"]
                assert (one["bucket"], key, one["versionId"]) not in found, "twice"
                found[one["bucket"], key, one["versionId"]] = one
    return found


def assert_files(target, found, bodies):
    """The bytes of every object, as its sidecar finds and sums them; of the files none is more than that."""
    files = {path.relative_to(target).as_posix() for folder in ("objects", "by-hash", "versions")
             for path in (target / folder).rglob("*") if path.is_file()}
    named = set()
    for (bucket, key, version), one in found.items():
        if one["isDeleteMarker"]:
            assert "file" not in one
            continue
        data = (target / one["file"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == one["sha256"] and len(data) == one["size"], key
        assert data == bodies[bucket, key, version], key
        named.add(one["file"])
    hashed = {name for name in files if name.endswith(".json") and not name.startswith("objects/")}
    assert files - hashed == named
    for path in target.rglob("*"):
        mode = stat.S_IMODE(path.lstat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path


def fill(s3):
    """Objects of every kind; their bytes by bucket, key and version."""
    bodies = {}

    def put(bucket, key, body, **more):
        answer = s3.put_object(Bucket=bucket, Key=key, Body=body, **more)
        bodies[bucket, key, answer.get("VersionId", "null")] = body

    s3.create_bucket(Bucket="plain")
    put("plain", "empty", b"")
    put("plain", "small", b"one", ContentType="text/x-one", CacheControl="no-store", ContentLanguage="de",
        Metadata={"colour": "blue", "long": "x" * 300}, Tagging="k=v&a%20b=c%2Bd", StorageClass="REDUCED_REDUNDANCY")
    put("plain", "packages", body_of("packages", 3 * BLOCK + 17))
    parts = os.urandom(11 << 20)
    upload = s3.create_multipart_upload(Bucket="plain", Key="parts", Metadata={"in": "parts"})["UploadId"]
    pieces = [parts[:5 << 20], parts[5 << 20:10 << 20], parts[10 << 20:]]
    tags = [s3.upload_part(Bucket="plain", Key="parts", UploadId=upload, PartNumber=number, Body=piece)["ETag"]
            for number, piece in zip((2, 5, 9), pieces)]
    s3.complete_multipart_upload(Bucket="plain", Key="parts", UploadId=upload, MultipartUpload={"Parts": [
        {"PartNumber": number, "ETag": tag} for number, tag in zip((2, 5, 9), tags)]})
    bodies["plain", "parts", "null"] = parts

    s3.create_bucket(Bucket="versions")
    s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    for number in range(3):
        put("versions", "often", b"version %d" % number, Metadata={"number": str(number)})
    put("versions", "gone", b"before")
    s3.delete_object(Bucket="versions", Key="gone")
    put("versions", "again", b"first")
    s3.delete_object(Bucket="versions", Key="again")
    put("versions", "again", b"second")

    s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    put("locked", "held", b"held", ObjectLockLegalHoldStatus="ON")
    put("locked", "kept", b"kept", ObjectLockMode="GOVERNANCE",
        ObjectLockRetainUntilDate=datetime.datetime(2099, 1, 1, tzinfo=datetime.timezone.utc))
    s3.put_bucket_policy(Bucket="plain", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::plain/public/*"}]}))
    return bodies


def latest_of(s3, bodies):
    """The bytes of what is the latest of its key."""
    latest = {}
    for bucket in {bucket for bucket, _, _ in bodies}:
        for version in s3.list_object_versions(Bucket=bucket).get("Versions", []):
            if version["IsLatest"]:
                place = (bucket, version["Key"], version["VersionId"])
                latest[place] = bodies[place]
    return latest


@pytest.fixture(params=("drive", "server"))
def source(request, fresh_server):
    """A server with objects, stopped or running, and what is to be exported of it."""
    server = fresh_server()
    server.start()
    bodies = fill(server.s3())
    latest = latest_of(server.s3(), bodies)
    if request.param == "drive":
        server.stop()
        yield server, bodies, latest, {}
    else:
        yield server, bodies, latest, from_server(server)
        server.stop()


def test_files_have_every_object_and_what_is_known_of_it(source, tmp_path):
    server, _, latest, where = source
    target = tmp_path / "out"
    finished, lines = exported(server, target, **where)
    assert finished.returncode == WHOLE_EXPORT, finished
    assert "gets plaintext" in finished.stderr
    found = sidecars(target)
    assert set(found) == set(latest) and len(lines) == len(latest)
    assert_files(target, found, latest)

    small = found["plain", "small", "null"]
    assert (target / "objects/plain/small").read_bytes() == b"one" and small["file"] == "objects/plain/small"
    assert {pair["name"]: pair["value"] for pair in small["headers"]} == {
        "content-type": "text/x-one", "cache-control": "no-store", "content-language": "de"}
    assert {pair["name"]: pair["value"] for pair in small["metadata"]} == {"colour": "blue", "long": "x" * 300}
    assert {pair["name"]: pair["value"] for pair in small["tags"]} == {"k": "v", "a b": "c+d"}
    assert small["etag"] == hashlib.md5(b"one").hexdigest() and small["storageClass"] == "REDUCED_REDUNDANCY"
    assert small["encryption"] == {"scheme": "SSE-S3"} and small["checksum"]["algorithm"] == "CRC32"
    if not where:
        assert [(part["number"], part["size"]) for part in found["plain", "parts", "null"]["parts"]] == [
            (2, 5 << 20), (5, 5 << 20), (9, 1 << 20)]
    locked = {key: one for (bucket, key, _), one in found.items() if bucket == "locked"}
    assert locked["held"]["legalHold"] is True
    assert locked["kept"]["retention"] == {"mode": "GOVERNANCE", "until": "2099-01-01T00:00:00.000Z"}

    assert "plain/public/*" in (target / "settings/buckets/plain/policy.json").read_text()
    assert "Enabled" in (target / "settings/buckets/versions/versioning.xml").read_text()

    # Again: nothing twice.
    before = {path: path.stat().st_mtime_ns for path in (target / "objects").rglob("*") if path.is_file()}
    again, lines = exported(server, target, **where)
    assert again.returncode == WHOLE_EXPORT and {line["reason"] for line in lines} == {"there already"}, again
    assert before == {path: path.stat().st_mtime_ns for path in (target / "objects").rglob("*") if path.is_file()}


def test_all_versions_with_their_delete_markers(source, tmp_path):
    server, bodies, latest, where = source
    target = tmp_path / "out"
    finished, lines = exported(server, target, "--versions", "all", **where)
    assert finished.returncode == WHOLE_EXPORT, finished
    found = sidecars(target)
    assert_files(target, found, bodies)
    assert {place for place, one in found.items() if not one["isDeleteMarker"]} == set(bodies)
    assert sorted(key for (_, key, _), one in found.items() if one["isDeleteMarker"]) == ["again", "gone"]
    assert {place for place, one in found.items() if one["isLatest"] and not one["isDeleteMarker"]} == set(latest)
    assert not (target / "objects/versions/gone").exists()
    again, lines = exported(server, target, "--versions", "all", **where)
    assert again.returncode == WHOLE_EXPORT and {line["reason"] for line in lines} == {"there already"}, again


def test_what_has_come_since_comes_with_the_next_one(fresh_server, tmp_path):
    server, target = fresh_server(), tmp_path / "out"
    with server:
        s3 = server.s3()
        s3.create_bucket(Bucket="box")
        s3.put_bucket_versioning(Bucket="box", VersioningConfiguration={"Status": "Enabled"})
        for key in ("stays", "changes", "goes"):
            s3.put_object(Bucket="box", Key=key, Body=b"before")
        assert exported(server, target, "--versions", "all", **from_server(server))[0].returncode == WHOLE_EXPORT
        s3.put_object(Bucket="box", Key="changes", Body=b"behind")
        s3.delete_object(Bucket="box", Key="goes")
        finished, lines = exported(server, target, "--versions", "all", **from_server(server))
        assert finished.returncode == WHOLE_EXPORT, finished
        assert (target / "objects/box/changes").read_bytes() == b"behind"
        assert (target / "objects/box/stays").read_bytes() == b"before"
        assert not (target / "objects/box/goes").exists()
        assert len(sidecars(target)) == 5


def test_keys_that_are_no_paths_lead_nowhere_else(fresh_server, tmp_path):
    server, target = fresh_server(), tmp_path / "deep/down/out"
    target.parent.mkdir(parents=True)
    bodies = {}
    with server:
        s3 = server.s3()
        s3.create_bucket(Bucket="box")
        for key in HOSTILE:
            if key in (".", "..") or "/../" in f"/{key}/" or key.startswith("/"):
                # Clients tidy paths: sent as it is.
                assert server.call("PUT", "/box/" + "".join(f"%{byte:02X}" for byte in key.encode()), body=body_of(key)).status == 200
            else:
                s3.put_object(Bucket="box", Key=key, Body=body_of(key))
            bodies["box", key, "null"] = body_of(key)
    finished, lines = exported(server, target)
    assert finished.returncode == WHOLE_EXPORT, finished
    found = sidecars(target)
    assert set(found) == set(bodies)
    assert_files(target, found, bodies)
    hashed = {key for (_, key, _), one in found.items() if one["file"].startswith("by-hash/")}
    # Of two keys of which one is where the other's folder is to be, one has to give way.
    assert NAMELESS <= hashed and hashed - NAMELESS <= {"same", "same/below", "s.json/y", "a", "b", "s"}
    assert sorted(path.name for path in (tmp_path / "deep").rglob("*") if "outside" in path.name) == []
    assert os.listdir(tmp_path / "deep/down") == ["out"]


@pytest.mark.parametrize("place", ("objects", "objects/box", "objects/box/folder", "metadata", "by-hash/box"))
def test_links_in_the_target_are_not_followed(fresh_server, tmp_path, place):
    server, target, elsewhere = fresh_server(), tmp_path / "out", tmp_path / "elsewhere"
    elsewhere.mkdir()
    with server:
        s3 = server.s3()
        s3.create_bucket(Bucket="box")
        s3.put_object(Bucket="box", Key="folder/file", Body=b"one")
        s3.put_object(Bucket="box", Key="folder//nameless", Body=b"one")
    target.mkdir()
    (target / "coffer-export.json").write_text('{"format":1}')
    (target / place).parent.mkdir(parents=True, exist_ok=True)
    (target / place).symlink_to(elsewhere)
    finished, _ = exported(server, target)
    assert finished.returncode == BROKEN_OFF and "symbolic link" in finished.stderr, finished
    assert list(elsewhere.iterdir()) == []


def test_a_file_that_is_a_link_is_replaced_not_written_through(fresh_server, tmp_path):
    server, target, elsewhere = fresh_server(), tmp_path / "out", tmp_path / "elsewhere"
    elsewhere.write_text("untouched")
    with server:
        server.s3().create_bucket(Bucket="box")
        server.s3().put_object(Bucket="box", Key="file", Body=b"one")
    (target / "objects/box").mkdir(parents=True)
    (target / "coffer-export.json").write_text('{"format":1}')
    (target / "objects/box/file").symlink_to(elsewhere)
    finished, _ = exported(server, target)
    assert finished.returncode == WHOLE_EXPORT, finished
    assert elsewhere.read_text() == "untouched" and not (target / "objects/box/file").is_symlink()
    assert (target / "objects/box/file").read_bytes() == b"one"


def test_a_directory_of_others_is_refused(fresh_server, tmp_path):
    server, target = fresh_server(), tmp_path / "out"
    with server:
        pass
    target.mkdir()
    (target / "letters").write_text("mine")
    finished, _ = exported(server, target)
    assert finished.returncode == BROKEN_OFF and "no export" in finished.stderr
    assert [path.name for path in target.iterdir()] == ["letters"]


def test_a_bucket_and_a_prefix_alone(fresh_server, tmp_path):
    server = fresh_server()
    with server:
        fill(server.s3())
    finished, lines = exported(server, tmp_path / "one", "--bucket", "plain", "--prefix", "pa")
    assert finished.returncode == WHOLE_EXPORT and sorted(line["key"] for line in lines) == ["packages", "parts"], finished
    assert os.listdir(tmp_path / "one/settings/buckets") == ["plain"]
    finished, _ = exported(server, tmp_path / "none", "--bucket", "nowhere")
    assert finished.returncode == BROKEN_OFF and "nowhere" in finished.stderr


def customer_key_file(path):
    path.write_text(f"box/secret {CUSTOMER_KEY.base64}\n")
    return path


@pytest.mark.parametrize("running", (False, True), ids=("drive", "server"))
def test_customers_objects_come_with_their_key_alone(fresh_server, certificates, tmp_path, running):
    server = fresh_server(certificates=certificates)
    server.start()
    s3 = server.s3()
    s3.create_bucket(Bucket="box")
    s3.put_object(Bucket="box", Key="open", Body=b"open")
    s3.put_object(Bucket="box", Key="secret/one", Body=b"secret", SSECustomerAlgorithm="AES256", SSECustomerKey=CUSTOMER_KEY.raw)
    if not running:
        server.stop()
    arguments = ("--ca", server.authority)
    where = from_server(server) if running else {}
    finished, lines = exported(server, tmp_path / "out", *arguments, **where)
    assert finished.returncode == LEFT_BEHIND, finished
    assert {line["key"]: line.get("reason") for line in lines} == {"open": None, "secret/one": "no customer's key given"}
    finished, lines = exported(
        server, tmp_path / "out", "--customer-keys", customer_key_file(tmp_path / "keys.txt"), *arguments, **where)
    assert finished.returncode == WHOLE_EXPORT, finished
    assert (tmp_path / "out/objects/box/secret/one").read_bytes() == b"secret"
    assert sidecars(tmp_path / "out")["box", "secret/one", "null"]["encryption"] == {"scheme": "SSE-C"}
    if running:
        server.stop()
    for path in (tmp_path / "out").rglob("*"):
        assert not path.is_file() or CUSTOMER_KEY.base64 not in path.read_text(errors="replace")


def test_secrets_stand_in_no_document_unless_they_are_asked_for(fresh_server, tmp_path):
    server = fresh_server()
    with server:
        for arguments, secret in ((("user", "add", "ann"), "anns-secret-key\n"), (("policy", "attach", "readwrite", "--user", "ann"), "")):
            done = subprocess.run(
                [server.command()[0], "admin", *arguments, "--endpoint", server.endpoint], input=secret, text=True,
                capture_output=True, env=server.process_environment(), timeout=30)
            assert done.returncode == 0, done
        assert exported(server, tmp_path / "running", **from_server(server))[0].returncode == WHOLE_EXPORT
    assert exported(server, tmp_path / "stopped")[0].returncode == WHOLE_EXPORT
    assert exported(server, tmp_path / "secrets", "--with-secrets")[0].returncode == WHOLE_EXPORT
    for name in ("running", "stopped"):
        users = json.loads((tmp_path / name / "settings/identities/users.json").read_text())
        assert users["ann"]["secretKey"] == "" and users["ann"]["status"] == "enabled"
        assert json.loads((tmp_path / name / "settings/identities/user_mappings.json").read_text())["ann"]["policy"] == "readwrite"
        for path in (tmp_path / name).rglob("*.json"):
            assert "anns-secret-key" not in path.read_text()
    assert "anns-secret-key" in (tmp_path / "secrets/settings/identities/users.json").read_text()


def test_what_is_damaged_is_named_and_stays_behind(fresh_server, tmp_path):
    server = fresh_server()
    with server:
        s3 = server.s3()
        s3.create_bucket(Bucket="box")
        for key in ("before", "damaged", "later"):
            s3.put_object(Bucket="box", Key=key, Body=body_of(key, 300_000 if key == "damaged" else 10))
    blob = next(path for path in (server.drive / "blobs").rglob("*") if path.is_file())
    with open(blob, "r+b") as file:
        file.seek(200_000)
        byte = file.read(1)
        file.seek(200_000)
        file.write(bytes([byte[0] ^ 1]))
    finished, lines = exported(server, tmp_path / "out")
    assert finished.returncode == LEFT_BEHIND, finished
    assert {line["key"]: line.get("reason") for line in lines} == {"before": None, "damaged": "damaged", "later": None}
    assert not (tmp_path / "out/objects/box/damaged").exists() and list((tmp_path / "out/unfinished").iterdir()) == []
    assert "damaged" in finished.stdout


def test_the_rate_is_kept(fresh_server, tmp_path):
    server = fresh_server()
    with server:
        server.s3().create_bucket(Bucket="box")
        for number in range(8):
            server.s3().put_object(Bucket="box", Key=str(number), Body=os.urandom(1 << 20))
    began = time.monotonic()
    finished, _ = exported(server, tmp_path / "out", "--rate", "4MiB")
    assert finished.returncode == WHOLE_EXPORT, finished
    # Eight of them at four a second, of which the last need not be waited for.
    assert time.monotonic() - began >= 1.5


@pytest.mark.parametrize("running", (False, True), ids=("drive", "server"))
def test_what_was_killed_goes_on(fresh_server, tmp_path, running):
    """Killed at a moment further on each time; in the end everything is there once."""
    server, target = fresh_server(), tmp_path / "out"
    bodies = {}
    server.start()
    s3 = server.s3()
    s3.create_bucket(Bucket="box")
    for number in range(300):
        key = f"{number % 7}/{number}" if number % 3 else f"{number}//nameless"
        bodies["box", key, "null"] = body_of(key, 40 if number % 10 else 150_000)
        s3.put_object(Bucket="box", Key=key, Body=bodies["box", key, "null"])
    if not running:
        server.stop()
    source = server.endpoint if running else server.drive
    for turn in range(8):
        one = process(server, "export", source, target)
        time.sleep(0.05 + 0.05 * turn)
        one.send_signal(signal.SIGKILL)
        one.communicate()
    finished, lines = exported(server, target, source=source)
    assert finished.returncode == WHOLE_EXPORT and len(lines) == len(bodies), finished
    found = sidecars(target)
    assert set(found) == set(bodies)
    assert_files(target, found, bodies)
    if running:
        server.stop()
    assert verify(server).status == WHOLE


# --- to other servers


def target_environment(server):
    return {"AWS_ACCESS_KEY_ID": server.access_key, "AWS_SECRET_ACCESS_KEY": server.secret_key}


def history(s3, bucket):
    """The versions of a bucket, the newest first: key, whether it is the latest, and bytes, None for a delete marker."""
    answers = []

    def keep(response_dict, **_):
        answers.append(response_dict["body"])

    s3.meta.events.register("before-parse.s3.ListObjectVersions", keep)
    listed = s3.list_object_versions(Bucket=bucket)
    s3.meta.events.unregister("before-parse.s3.ListObjectVersions", keep)
    # Their order in the answer: times may be equal.
    order = {name.decode(): place for place, name in enumerate(re.findall(b"<VersionId>(.*?)</VersionId>", answers[-1]))}
    rows = [(one["Key"], order[one["VersionId"]], one["VersionId"], one["IsLatest"], "ETag" in one)
            for one in listed.get("Versions", []) + listed.get("DeleteMarkers", [])]
    shown = {}
    for key, _, version, is_latest, is_object in sorted(rows):
        body = s3.get_object(Bucket=bucket, Key=key, VersionId=version)["Body"].read() if is_object else None
        shown.setdefault(key, []).append((is_latest, body))
    return shown


def test_another_server_gets_versions_locks_tags_and_encryption(source, fresh_server):
    server, bodies, latest, where = source
    other = fresh_server()
    with other:
        arguments = ("s3://", "--versions", "all", "--endpoint", other.endpoint)
        finished, lines = exported(server, *arguments, **where, **target_environment(other))
        assert finished.returncode == WHOLE_EXPORT, finished
        s3 = other.s3()
        if where:
            for bucket in ("plain", "versions", "locked"):
                assert history(s3, bucket) == history(server.s3(), bucket)
        assert [body for _, body in history(s3, "versions")["often"]] == [b"version 2", b"version 1", b"version 0"]
        assert [body for _, body in history(s3, "versions")["again"]] == [b"second", None, b"first"]
        assert [body for _, body in history(s3, "versions")["gone"]] == [None, b"before"]
        head = s3.head_object(Bucket="plain", Key="small")
        assert head["ContentType"] == "text/x-one" and head["StorageClass"] == "REDUCED_REDUNDANCY"
        assert head["Metadata"].pop("coffer-origin").startswith("null 20")
        assert head["Metadata"] == {"colour": "blue", "long": "x" * 300}
        assert {tag["Key"]: tag["Value"] for tag in s3.get_object_tagging(Bucket="plain", Key="small")["TagSet"]} == {"k": "v", "a b": "c+d"}
        assert s3.get_object_legal_hold(Bucket="locked", Key="held")["LegalHold"]["Status"] == "ON"
        kept = s3.get_object_retention(Bucket="locked", Key="kept")["Retention"]
        assert (kept["Mode"], kept["RetainUntilDate"].year) == ("GOVERNANCE", 2099)
        before = {bucket: history(s3, bucket) for bucket in ("plain", "versions", "locked")}
        again, lines = exported(server, *arguments, **where, **target_environment(other))
        assert again.returncode == WHOLE_EXPORT and {line["reason"] for line in lines} == {"there already"}, again
        assert before == {bucket: history(s3, bucket) for bucket in ("plain", "versions", "locked")}


def test_a_key_of_the_key_service_stays_where_the_target_has_it(make_pair, fresh_server):
    from pair import KEY
    pair = make_pair()
    with pair:
        s3 = pair.server.s3()
        s3.create_bucket(Bucket="box")
        s3.put_object(Bucket="box", Key="keyed", Body=b"keyed", ServerSideEncryption="aws:kms", SSEKMSKeyId=KEY)
        same = fresh_server(environment=pair.server.environment, keyring=False)
        with same:
            finished, _ = exported(pair.server, "s3://box", "--endpoint", same.endpoint, **from_server(pair.server), **target_environment(same))
            assert finished.returncode == WHOLE_EXPORT, finished
            assert same.s3().head_object(Bucket="box", Key="keyed")["SSEKMSKeyId"].endswith(KEY)
        other = fresh_server()
        with other:
            finished, lines = exported(pair.server, "s3://box", "--endpoint", other.endpoint, **from_server(pair.server), **target_environment(other))
            assert finished.returncode == LEFT_BEHIND and "without their encryption" in finished.stdout, finished
            assert lines[0]["without"] == ["their encryption"]
            assert other.s3().get_object(Bucket="box", Key="keyed")["Body"].read() == b"keyed"


def test_what_others_have_written_there_is_left_alone(fresh_server):
    server, other = fresh_server(), fresh_server()
    with server, other:
        for one, body in ((server, b"mine"), (other, b"theirs")):
            one.s3().create_bucket(Bucket="box")
            one.s3().put_object(Bucket="box", Key="both", Body=body)
        server.s3().put_object(Bucket="box", Key="new", Body=b"mine")
        finished, lines = exported(server, "s3://box", "--endpoint", other.endpoint, **from_server(server), **target_environment(other))
        assert finished.returncode == LEFT_BEHIND, finished
        assert {line["key"]: line.get("reason") for line in lines} == {"both": "other versions there", "new": None}
        assert other.s3().get_object(Bucket="box", Key="both")["Body"].read() == b"theirs"


def test_what_was_killed_goes_on_at_another_server(fresh_server):
    server, other = fresh_server(), fresh_server()
    with server:
        s3 = server.s3()
        s3.create_bucket(Bucket="box")
        s3.put_bucket_versioning(Bucket="box", VersioningConfiguration={"Status": "Enabled"})
        for number in range(60):
            for turn in range(3):
                s3.put_object(Bucket="box", Key=str(number), Body=b"%d %d" % (number, turn))
                if turn == 1:
                    s3.delete_object(Bucket="box", Key=str(number))
        with other:
            arguments = ("s3://box", "--versions", "all", "--endpoint", other.endpoint)
            for turn in range(6):
                one = process(server, "export", server.endpoint, *arguments, **target_environment(other))
                time.sleep(0.08 + 0.06 * turn)
                one.send_signal(signal.SIGKILL)
                one.communicate()
            finished, _ = exported(server, *arguments, **from_server(server), **target_environment(other))
            assert finished.returncode == WHOLE_EXPORT, finished
            assert history(other.s3(), "box") == history(s3, "box")


@pytest.fixture
def moto():
    """A server that is none of ours: moto's, on a port of its own."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Silent(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log(self, *_):
            pass

    made = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True, request_handler=Silent)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    endpoint = f"http://127.0.0.1:{made.server_port}"
    # What it has, all of them in one process have.
    urllib.request.urlopen(urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST")).close()
    yield endpoint, boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id="moto",
                                 aws_secret_access_key="moto", config=Config(s3={"addressing_style": "path"}))
    made.shutdown()
    thread.join()


def test_a_server_that_is_none_of_ours(source, moto):
    server, bodies, latest, where = source
    endpoint, s3 = moto
    environment = {"AWS_ACCESS_KEY_ID": "moto", "AWS_SECRET_ACCESS_KEY": "moto"}
    finished, _ = exported(server, "s3://", "--versions", "all", "--endpoint", endpoint, **where, **environment)
    assert finished.returncode == WHOLE_EXPORT, finished
    for bucket, key, version in latest:
        got = s3.get_object(Bucket=bucket, Key=key)
        assert got["Body"].read() == latest[bucket, key, version], key
    assert s3.head_object(Bucket="plain", Key="small")["Metadata"]["colour"] == "blue"
    assert [body for _, body in history(s3, "versions")["often"]] == [b"version 2", b"version 1", b"version 0"]
    again, lines = exported(server, "s3://", "--versions", "all", "--endpoint", endpoint, **where, **environment)
    assert again.returncode == WHOLE_EXPORT and {line["reason"] for line in lines} == {"there already"}, again


# --- and back


@pytest.mark.parametrize("tool", ("aws", "rclone"))
def test_files_go_back_as_they_came(fresh_server, tmp_path, tool):
    server, back = fresh_server(), fresh_server()
    target = tmp_path / "out"
    bodies = {}
    with server:
        s3 = server.s3()
        s3.create_bucket(Bucket="box")
        for key in ("one", "folder/two", "folder/deeper/x y", "caf\u00e9", "large"):
            bodies[key] = body_of(key, 9 << 20 if key == "large" else 1000)
            s3.put_object(Bucket="box", Key=key, Body=bodies[key])
    assert exported(server, target)[0].returncode == WHOLE_EXPORT
    with back:
        s3 = back.s3()
        s3.create_bucket(Bucket="box")
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
        files = str(target / "objects/box")
        if tool == "aws":
            arguments = ["aws", "s3", "sync", files, "s3://box", "--endpoint-url", back.endpoint]
            environment |= target_environment(back) | {"AWS_DEFAULT_REGION": "us-east-1"}
        else:
            arguments = ["rclone", "sync", files, "back:box"]
            prefix = "RCLONE_CONFIG_BACK_"
            environment |= {f"{prefix}TYPE": "s3", f"{prefix}PROVIDER": "Minio", f"{prefix}ENDPOINT": back.endpoint,
                            f"{prefix}ACCESS_KEY_ID": ACCESS_KEY, f"{prefix}SECRET_ACCESS_KEY": SECRET_KEY,
                            "RCLONE_CONFIG": str(tmp_path / "rclone.conf")}
        done = subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done
        listed = {one["Key"] for one in s3.list_objects_v2(Bucket="box")["Contents"]}
        assert listed == set(bodies)
        for key, body in bodies.items():
            assert s3.get_object(Bucket="box", Key=key)["Body"].read() == body


def test_two_at_once_into_one_place_are_refused(fresh_server, tmp_path):
    server, target = fresh_server(), tmp_path / "out"
    with server:
        server.s3().create_bucket(Bucket="box")
        for number in range(8):
            server.s3().put_object(Bucket="box", Key=f"{number}", Body=os.urandom(1 << 20))
        first = process(server, "export", server.endpoint, target, "--rate", "512KiB")
        for _ in range(200):
            if (target / "settings").exists():
                break
            time.sleep(0.02)
        finished, _ = exported(server, target, **from_server(server))
        first.send_signal(signal.SIGKILL)
        first.communicate()
    assert finished.returncode == BROKEN_OFF and "an export is being written" in finished.stderr, finished


def test_the_lines_of_the_readme_and_of_the_guide(fresh_server, tmp_path):
    server, other = fresh_server(), fresh_server()
    lines = [line for page in ("README.md", "deploy/MOVING.md") for line in (REPOSITORY / page).read_text().splitlines()
             if line.startswith("coffer export ")]
    assert len(lines) == 4
    with server, other:
        for bucket in ("photos", "other"):
            server.s3().create_bucket(Bucket=bucket)
            server.s3().put_object(Bucket=bucket, Key="a/b", Body=b"one")
    places = {"/srv/drive": server.drive, "/mnt/coffer": server.drive, "/mnt/out": tmp_path / "out", "http://127.0.0.1:9000": server.endpoint,
              "https://s3.example.org": other.endpoint}

    def run(line):
        done = command(server, *(places.get(word, word) for word in shlex.split(line)[1:]), **target_environment(other))
        assert done.returncode == WHOLE_EXPORT, (line, done)

    for line in lines:
        if "http://127.0.0.1:9000" not in line:
            run(line)
    with server, other:
        for line in lines:
            if "http://127.0.0.1:9000" in line:
                run(line)
        assert other.s3().get_object(Bucket="photos", Key="a/b")["Body"].read() == b"one"
    assert (tmp_path / "out/objects/photos/a/b").read_bytes() == b"one"
