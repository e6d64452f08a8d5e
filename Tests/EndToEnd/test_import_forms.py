"""`coffer import minio`: every form of what MinIO's servers have written, and what none of them would, from drives made here."""

import base64
import json
import os
import random
import signal
import struct
import subprocess
import sys
import time

import pytest

import minio_drive
from minio_drive import CHACHA, AES, CustomerEncryption, MinIODrive, Version, framed, packed, version_file
from server import binary
from verification import command, environment, process, verify, WHOLE

WHOLE_IMPORT, LEFT_BEHIND = 0, 2
KEY = bytes(range(32))
#: What reading one record or block may cost, with the program itself.
MEMORY = 512 << 20
# Runs a program, and prints its greatest memory in bytes and its seconds of processor time.
MEASURING = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:]).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_maxrss << 10, used.ru_utime + used.ru_stime, flush=True)
sys.exit(status)
"""


def imported(server, drive, tmp_path, *arguments):
    keys = tmp_path / "keys.txt"
    keys.write_text(f"box {base64.b64encode(KEY).decode()}\n")
    report = tmp_path / "report.jsonl"
    finished = command(server, "import", "minio", drive.directory, server.drive, "--report", report, "--customer-keys", keys, *arguments)
    lines = [json.loads(line) for line in report.read_text().splitlines()] if report.exists() else []
    return finished, lines


@pytest.fixture
def drive(tmp_path):
    made = MinIODrive(tmp_path / "minio")
    made.make_bucket("box")
    return made


@pytest.fixture
def server(fresh_server, certificates):
    return fresh_server(certificates=certificates)


def test_every_form_of_the_record(server, drive, tmp_path):
    bodies = {}
    for minor, header in ((0, 3), (1, 3), (2, 3), (3, 1), (3, 2), (3, 3)):
        for size in (1, 31, 32, 1000, 70_000):
            # The oldest have no room for data.
            inline = minor > 0
            key = f"{minor}/{header}/{size}"
            bodies[key] = random.Random(key).randbytes(size)
            drive.put("box", key, Version(bodies[key], is_inline=inline, user={"X-Amz-Meta-Form": key}), minor=minor, header=header)
    finished, lines = imported(server, drive, tmp_path)
    assert finished.returncode == WHOLE_IMPORT and len(lines) == len(bodies), finished
    with server:
        s3 = server.s3()
        for key, body in bodies.items():
            got = s3.get_object(Bucket="box", Key=key)
            assert got["Body"].read() == body and got["Metadata"] == {"form": key} and got["ContentType"] == "text/plain"


def test_records_without_an_index_are_put_in_order(server, drive, tmp_path):
    drive.make_bucket("ver", {"VersioningConfigXML": b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"})
    versions = [Version(b"%d" % number, id=bytes([number]) * 16, modified=1_700_000_000_000_000_000 + number * 10**9) for number in (2, 3, 1)]
    drive.put("ver", "key", *versions, minor=2)
    assert imported(server, drive, tmp_path)[0].returncode == WHOLE_IMPORT
    with server:
        listed = server.s3().list_object_versions(Bucket="ver")["Versions"]
        bodies = [server.s3().get_object(Bucket="ver", Key="key", VersionId=one["VersionId"])["Body"].read() for one in listed]
    assert bodies == [b"3", b"2", b"1"]


@pytest.mark.parametrize("cipher", (AES, CHACHA), ids=("aes", "chacha20"))
@pytest.mark.parametrize("is_compressed", (False, True), ids=("plain", "compressed"))
def test_encrypted_and_compressed_objects(server, drive, tmp_path, cipher, is_compressed):
    encryption = CustomerEncryption(KEY, cipher)
    bodies = {}
    for size in (1, 65_535, 65_536, 65_537, 140_000):
        bodies[f"noise/{size}"] = random.Random(size).randbytes(size)
        drive.put("box", f"noise/{size}", Version(bodies[f"noise/{size}"], encryption=encryption, is_compressed=is_compressed, is_inline=size < 100_000))
    bodies["same"] = b"s" * 130_000
    drive.put("box", "same", Version(bodies["same"], encryption=encryption, is_compressed=is_compressed, repeated=ord("s")))
    parts = {2: random.Random(2).randbytes(70_000), 5: random.Random(5).randbytes(100)}
    bodies["parts"] = b"".join(parts.values())
    drive.put("box", "parts", Version(bodies["parts"], encryption=encryption, is_compressed=is_compressed, is_inline=False, parts=parts))
    finished, lines = imported(server, drive, tmp_path)
    assert finished.returncode == WHOLE_IMPORT and len(lines) == len(bodies), (finished, lines)
    customer = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": KEY}
    with server:
        for key, body in bodies.items():
            assert server.s3().get_object(Bucket="box", Key=key, **customer)["Body"].read() == body, key


def test_compressed_objects_in_clear(server, drive, tmp_path):
    bodies = {"noise": random.Random(1).randbytes(150_000), "same": b"x" * 300_000}
    drive.put("box", "noise", Version(bodies["noise"], is_compressed=True, is_inline=False))
    drive.put("box", "same", Version(bodies["same"], is_compressed=True, repeated=ord("x"), algorithm=b"golang/snappy/LZ77"))
    assert imported(server, drive, tmp_path)[0].returncode == WHOLE_IMPORT
    with server:
        for key, body in bodies.items():
            assert server.s3().get_object(Bucket="box", Key=key)["Body"].read() == body


def test_older_formats_are_named_and_stay_behind(server, drive, tmp_path):
    drive.write("box", "json", b'{"version":"1.0.1","format":"xl","stat":{"size":1}}')
    drive.write("box", "later", b"XL2 " + struct.pack("<HH", 2, 0) + packed(b""))
    drive.write("box", "minor", b"XL2 " + struct.pack("<HH", 1, 9) + packed(b""))
    drive.put("box", "good", Version(b"good"))
    finished, lines = imported(server, drive, tmp_path)
    assert finished.returncode == LEFT_BEHIND, finished
    assert {line["key"]: line.get("reason") for line in lines} == {
        "json": "not supported", "later": "not supported", "minor": "not supported", "good": None}


def hostile_records():
    """`xl.meta` files that no server writes, by what is wrong with them."""
    good = version_file([Version(b"one")], "box", "k")
    yield "empty", b""
    yield "head alone", b"XL2 "
    yield "no data", good[:-10]
    yield "noise", random.Random(0).randbytes(5000)
    yield "deep", b"XL2 1   \x81\xa8Versions\x91" + b"\x91" * 2_000_000 + b"\xc0"
    yield "deep maps", b"XL2 1   " + b"\x81\x91" * 1_000_000
    yield "many said", b"XL2 1   \x81\xa8Versions\xdd\xff\xff\xff\xff"
    yield "long said", b"XL2 \x01\x00\x03\x00\xc6\xff\xff\xff\xff"
    yield "many versions", indexed(b"\x03\x03" + b"\xce\x00\x0f\x42\x40")
    yield "many parts", recorded({"PartNums": list(range(1, 20_000)), "PartSizes": [1] * 19_999})
    yield "great part", recorded({"PartSizes": [2**62], "PartASizes": [2**62], "Size": 2**62})
    yield "negative part", recorded({"PartSizes": [-1], "PartASizes": [-1], "Size": -1})
    yield "great block", recorded({"EcBSize": 2**40})
    yield "no block", recorded({"EcBSize": 0})
    yield "parts in disorder", recorded({"PartNums": [2, 1], "PartSizes": [1, 1], "PartASizes": [1, 1], "Size": 2})
    yield "many shards", recorded({"EcM": 2, "EcN": 2})
    yield "short directory", recorded({"DDir": b"../../../etc"}, is_inline=False)


def indexed(index):
    return b"XL2 " + struct.pack("<HH", 1, 3) + packed(index) + packed(minio_drive.xxh64(index) & 0xffffffff)


def recorded(changes, is_inline=True):
    version = Version(b"x", is_inline=is_inline)
    body = version.body("box", "k")
    body["V2Obj"] |= changes
    index = b"\x03\x03\x01" + packed(packed(version.header(3))) + packed(packed(body))
    return indexed(index) + b"\x01" + packed({"null": framed(b"x")})


def test_hostile_records_cost_little_and_stay_behind(server, drive, tmp_path):
    names = []
    for name, contents in hostile_records():
        names.append(name)
        drive.write("box", name, contents)
    huge = drive.folder("box", "huge")
    huge.mkdir()
    with open(huge / "xl.meta", "wb") as file:
        file.truncate(200 << 20)
    # A block of much less plaintext than it says, and one that unfolds to far more than it should.
    bomb = minio_drive.compressed(b"z" * 60_000, ord("z"))
    for name, said in (("bomb", 10), ("too little", 10 << 20)):
        version = Version(b"z" * 60_000, is_compressed=True, repeated=ord("z"))
        body = version.body("box", name)
        body["V2Obj"] |= {"PartASizes": [said]}
        body["V2Obj"]["MetaSys"]["X-Minio-Internal-actual-size"] = str(said).encode()
        index = b"\x03\x03\x01" + packed(packed(version.header(3))) + packed(packed(body))
        drive.write("box", name, indexed(index) + b"\x01" + packed({"null": framed(bomb)}))
    drive.put("box", "good", Version(b"good"))
    (drive.directory / "box/link").symlink_to("/etc")
    report = tmp_path / "report.jsonl"
    # By a small process between, for a program begins with the memory of the one that it is started from.
    finished = subprocess.run(
        [sys.executable, "-c", MEASURING, binary(), "import", "minio", drive.directory, server.drive, "--report", report],
        env=environment(server), capture_output=True, text=True)
    peak, seconds = map(float, finished.stdout.splitlines()[-1].split())
    assert finished.returncode == LEFT_BEHIND, finished
    lines = {line["key"]: line for line in map(json.loads, report.read_text().splitlines())}
    left = {"huge", "bomb", "too little", *names}
    assert set(lines) == left | {"good"}
    assert {key for key, line in lines.items() if line["outcome"] == "skipped"} == left
    assert {line["reason"] for line in lines.values() if "reason" in line} <= {"damaged", "not supported"}
    assert peak < MEMORY, peak
    assert seconds < 60
    assert verify(server).status == WHOLE


def test_one_flipped_byte_anywhere_is_found(server, drive, tmp_path):
    """Of a record in every form: the object comes as it was, or it stays behind."""
    body = random.Random(7).randbytes(300)
    chance = random.Random(3)
    wanted = set()
    for number in range(120):
        contents = bytearray(version_file([Version(body)], "box", f"{number}"))
        contents[chance.randrange(len(contents))] ^= 1 << chance.randrange(8)
        drive.write("box", f"{number}", bytes(contents))
        wanted.add(f"{number}")
    finished, lines = imported(server, drive, tmp_path)
    assert finished.returncode in (WHOLE_IMPORT, LEFT_BEHIND), finished
    assert {line["key"] for line in lines} == wanted
    with server:
        here = {line["key"] for line in lines if line["outcome"] == "imported"}
        for key in here:
            assert server.s3().get_object(Bucket="box", Key=key)["Body"].read() == body
    assert len(here) < 20


VERSIONED = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
LOCKED = b"<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>"


def test_what_has_changed_of_a_version_comes_with_the_next_run(server, drive, tmp_path):
    drive.make_bucket("loc", {"VersioningConfigXML": VERSIONED, "ObjectLockConfigXML": LOCKED})

    def put(tags, hold, until, changed):
        lock = {"x-amz-object-lock-legal-hold": hold, "x-amz-object-lock-mode": "GOVERNANCE", "x-amz-object-lock-retain-until-date": until}
        times = {f"x-minio-internal-{name}-timestamp": changed.encode() for name in ("tagging", "objectlock-retention", "objectlock-legalhold")}
        drive.put("loc", "key", Version(b"body", id=b"\x01" * 16, user={"X-Amz-Tagging": tags} | lock, system=times if changed else {}))
        drive.put("loc", "same", Version(b"body", id=b"\x02" * 16))

    def shown():
        with server:
            s3 = server.s3()
            versions = s3.list_object_versions(Bucket="loc")["Versions"]
            tags = {tag["Key"]: tag["Value"] for tag in s3.get_object_tagging(Bucket="loc", Key="key")["TagSet"]}
            hold = s3.get_object_legal_hold(Bucket="loc", Key="key")["LegalHold"]["Status"]
            until = s3.get_object_retention(Bucket="loc", Key="key")["Retention"]["RetainUntilDate"].year
            return len(versions), tags, hold, until

    def outcomes():
        finished, lines = imported(server, drive, tmp_path)
        assert finished.returncode == WHOLE_IMPORT, finished
        return {line["key"]: line["outcome"] for line in lines if line["bucket"] == "loc"}

    put("a=1", "ON", "2090-01-01T00:00:00.000Z", "")
    assert outcomes() == {"key": "imported", "same": "imported"}
    assert shown() == (2, {"a": "1"}, "ON", 2090)
    put("a=2&b=3", "OFF", "2095-01-01T00:00:00.000Z", "2026-11-30T10:00:00.5Z")
    assert outcomes() == {"key": "updated", "same": "skipped"}
    assert shown() == (2, {"a": "2", "b": "3"}, "OFF", 2095)
    assert outcomes() == {"key": "skipped", "same": "skipped"}
    # Not for less long.
    put("a=2&b=3", "OFF", "2080-01-01T00:00:00.000Z", "2026-11-30T11:00:00Z")
    assert outcomes() == {"key": "updated", "same": "skipped"}
    assert shown() == (2, {"a": "2", "b": "3"}, "OFF", 2095)


def test_the_rate_is_kept(server, drive, tmp_path):
    for number in range(20):
        drive.put("box", f"{number}", Version(os.urandom(100_000)))
    began = time.monotonic()
    assert imported(server, drive, tmp_path, "--rate", "1MB")[0].returncode == WHOLE_IMPORT
    assert time.monotonic() - began >= 1.5


@pytest.mark.parametrize("kills", (12, pytest.param(100, marks=pytest.mark.long)))
def test_a_storm_of_kills_loses_and_doubles_nothing(server, drive, tmp_path, kills):
    """Killed again and again at any moment; between kills the source gets more."""
    chance = random.Random(kills)
    drive.make_bucket("ver", {"VersioningConfigXML": VERSIONED})
    wanted = {}

    def add(number):
        key = f"{number % 9}/{number}"
        versions = [Version(chance.randbytes(chance.choice((10, 3000, 40_000))), id=bytes([turn + 1]) * 16, modified=1_700_000_000_000_000_000 + turn * 10**9)
                    for turn in range(3)]
        versions.insert(1, Version(None, id=b"\x09" * 16, modified=1_700_000_000_500_000_000))
        versions.sort(key=lambda one: one.modified, reverse=True)
        drive.put("ver", key, *versions)
        wanted["ver", key] = [one.data for one in versions]
        parts = {1: chance.randbytes(20_000), 4: chance.randbytes(500)}
        drive.put("box", key, Version(None, parts=parts, is_inline=False))
        wanted["box", key] = [b"".join(parts.values())]

    for number in range(60):
        add(number)
    for turn in range(kills):
        add(60 + turn)
        running = process(server, "import", "minio", drive.directory, server.drive)
        time.sleep(chance.uniform(0.02, 0.5))
        running.send_signal(signal.SIGKILL)
        running.communicate()
    finished, lines = imported(server, drive, tmp_path)
    assert finished.returncode == WHOLE_IMPORT, finished
    assert len(lines) == sum(map(len, wanted.values()))
    assert verify(server).status == WHOLE
    with server:
        s3 = server.s3()
        here = {}
        for bucket in ("box", "ver"):
            for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
                for one in page.get("Versions", []) + page.get("DeleteMarkers", []):
                    here.setdefault((bucket, one["Key"]), []).append(one)
            assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
        assert {place: len(versions) for place, versions in here.items()} == {place: len(bodies) for place, bodies in wanted.items()}
        for (bucket, key), versions in here.items():
            versions.sort(key=lambda one: one["LastModified"], reverse=True)
            bodies = [s3.get_object(Bucket=bucket, Key=key, VersionId=one["VersionId"])["Body"].read() if "ETag" in one else None for one in versions]
            assert bodies == wanted[bucket, key]
