"""What a drive does that is failing, full, read-only, slow or dishonest, and a clock that is wrong.

By faults.c, preloaded into the server: errors of reading and of syncing, a file system that has become read-only, stalls, the
clock. On a file system in memory: inodes. On a loop device with ext4: a device that has no room for what the file system has
promised, whose errors come from the kernel itself."""

import errno
import json
import os
import shutil
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

import verification
import wire
from changes import GONE, VERSIONING
from drive import Drive
from faults import FOREVER, Fault, Faults, compile_faults
from payloads import KIB, MIB, payload
from recording import Nothing, Recording, recorder
from server import Server
from walk import DRIVE_LOST, until

STALL_SECONDS = 10
YEAR = 365 * 24 * 3600
EVERYBODY = json.dumps({"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::open", "arn:aws:s3:::open/*"]}]}).encode()


@pytest.fixture
def faulty(tmp_path):
    """A server with faults to be armed: (server, faults)."""
    faults = Faults(tmp_path, compile_faults(tmp_path), tmp_path / "server")
    server = Server(tmp_path / "server", environment=faults.environment)
    try:
        yield server.start(), faults
    finally:
        server.kill()
        faults.close()


def put(server, target, body, **options):
    answer = server.call("PUT", target, body=body, **options)
    assert answer.status == 200, answer


def test_a_file_that_cannot_be_read_is_the_trouble_of_its_object(faulty):
    server, faults = faulty
    bucket = server.bucket()
    for number in range(4):
        put(server, f"/{bucket}/{number}", payload(200 * KIB, number))
    damaged = Drive(server.drive).blob_files()
    with sqlite_copy(server) as drive:
        damaged = drive.blobs_of(drive.version("2"))[0].name
    path = next(path for path in Drive(server.drive).blob_files() if path.name == damaged)
    faults.arm(Fault("blob.read", 1, "fail", errno.EIO, times=FOREVER), inode=path.stat().st_ino)
    for number in (0, 1, 3):
        assert server.call("GET", f"/{bucket}/{number}").body == payload(200 * KIB, number)
    refused = server.call("GET", f"/{bucket}/2")
    assert refused.status == 500, refused
    told = [record for record in server.log_records() if record["level"] == "error" and f"/{bucket}/2" in record.get("target", "")]
    assert told and "nput/output error" in told[-1]["cause"], server.log_tail()
    put(server, f"/{bucket}/4", payload(200 * KIB, 4))
    found = verification.verify_running(server)
    assert found.status == verification.DAMAGED and found.about("2"), found
    faults.disarm()
    assert server.call("GET", f"/{bucket}/2").body == payload(200 * KIB, 2)


class sqlite_copy:
    """The catalogue of a running server, from a copy."""

    def __init__(self, server):
        self.server, self.place = server, server.directory / "catalogue"

    def __enter__(self):
        self.place.mkdir()
        for name in ("coffer.db", "coffer.db-wal"):
            shutil.copy(self.server.drive / name, self.place)
        return Drive(self.place)

    def __exit__(self, *_):
        shutil.rmtree(self.place)


@pytest.mark.slow
@pytest.mark.parametrize("point", ("log.sync", "blob.sync", "blobs.sync", "database.sync"))
def test_after_a_failed_sync_nothing_is_acknowledged_and_the_process_ends(faulty, point, seed):
    """Under load: whatever was acknowledged before is there after the restart."""
    server, faults = faulty
    bucket, acknowledged = server.bucket(), {str(number): payload(64 * KIB, number) for number in range(6)}
    for key, body in acknowledged.items():
        put(server, f"/{bucket}/{key}", body)
    faults.arm(Fault(point, 1 + Random(f"{seed}/{point}").randrange(1 if point == "database.sync" else 12), "fail", errno.EIO))

    def write(writer):
        for number in range(10_000):
            key, body = f"{writer}-{number}", payload(KIB if number % 2 else 64 * KIB, number % 8)
            if point == "blobs.sync":
                time.sleep(0.001)
            lost_before = "no more is written" in server.log_text() if number % 50 == 0 else False
            try:
                answer = server.call("PUT", f"/{bucket}/{key}", body=body, keep=True, timeout=30)
            except GONE:
                return
            if answer.status != 200:
                return
            assert not lost_before, "acknowledged after the failed sync"
            acknowledged[key] = body
            if point == "database.sync" and number > 20:
                time.sleep(0.4)  # The log is copied when nothing is written.

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    assert server.process.wait(30) == DRIVE_LOST, server.log_tail()
    text = server.log_text()
    assert "no more is written" in text and "cannot be relied on" in text
    plain = Server(server.directory)
    with plain:
        for key, body in acknowledged.items():
            assert plain.call("GET", f"/{bucket}/{key}", keep=True).body == body, key
    assert verification.verify(plain).status == verification.WHOLE


def test_a_drive_that_becomes_read_only_is_read_from_and_no_more(faulty):
    server, faults = faulty
    bucket = server.bucket()
    put(server, f"/{bucket}/k", payload(200 * KIB))
    time.sleep(0.4)
    faults.arm(Fault("log.write", 1, "readonly", errno.EROFS))
    refused = server.call("PUT", f"/{bucket}/k", body=b"new")
    assert refused.status >= 500, refused
    # Nobody knows of a commit that could not be written whether it is there: the next start does.
    assert server.process.wait(30) == DRIVE_LOST, server.log_tail()
    status, output = server.run_to_end()
    assert status in (1, DRIVE_LOST) and "Read-only file system" in output, output
    faults.disarm()
    with Server(server.directory) as again:
        assert again.call("GET", f"/{bucket}/k").body == payload(200 * KIB)


def test_a_drive_without_names_for_files_keeps_small_objects(tmp_path, fresh_mount):
    place = fresh_mount("size=64m,nr_inodes=24")
    with Server(tmp_path / "server", drive=place / "drive") as server:
        bucket, stored = server.bucket(), 0
        while (answer := server.call("PUT", f"/{bucket}/file-{stored}", body=payload(100 * KIB, stored))).status == 200:
            stored += 1
            assert stored < 24
        assert (answer.status, answer.code) == (507, "XMinioStorageFull"), answer
        put(server, f"/{bucket}/small", b"small")
        for number in range(stored):
            assert server.call("GET", f"/{bucket}/file-{number}").body == payload(100 * KIB, number)
            assert server.call("DELETE", f"/{bucket}/file-{number}").status == 204
        until(lambda: server.call("PUT", f"/{bucket}/again", body=payload(100 * KIB)).status == 200, 20)
        assert server.call("GET", f"/{bucket}/again").body == payload(100 * KIB)
    assert verification.verify(server).status == verification.WHOLE


@pytest.mark.slow
def test_a_drive_that_stalls_costs_time_and_no_memory(tmp_path):
    """All threads that write files stand still for ten seconds; uploads wait with their clients, not in memory."""
    clients, size, body_mib = 48, 8 * MIB, 64
    faults = Faults(tmp_path, compile_faults(tmp_path), tmp_path / "server")
    server = Server(tmp_path / "server", environment=faults.environment, arguments=("--body-mib", str(body_mib)))
    try:
        server.start()
        bucket = server.bucket()
        put(server, f"/{bucket}/before", payload(size))
        before = server.rss()
        faults.arm(Fault("blob.write", 1, "delay", STALL_SECONDS * 1000, times=8))
        began = time.monotonic()
        with ThreadPoolExecutor(clients) as pool:
            answers = list(pool.map(
                lambda number: server.call("PUT", f"/{bucket}/{number}", body=payload(size, number % 4), timeout=120), range(clients)))
        assert time.monotonic() - began >= STALL_SECONDS
        # One that finds no room for its body in time is told so.
        assert {answer.status for answer in answers} <= {200, 503}, answers
        assert sum(answer.status == 200 for answer in answers) >= 8
        grown = server.peak_rss() - before
        print(f"{grown >> 20} MiB more for {clients * size >> 20} MiB of uploads")
        assert grown < 3 * body_mib * MIB
        for number, answer in enumerate(answers):
            if answer.status == 200:
                assert server.call("GET", f"/{bucket}/{number}").body == payload(size, number % 4)
    finally:
        server.kill()
        faults.close()


def anonymous(server, method, target, body=b""):
    return wire.request(server, method, target, body=body)


def test_a_clock_that_is_stepped_by_years_puts_no_version_before_another(faulty):
    server, faults = faulty
    assert server.call("PUT", "/open").status == 200
    for setting, document in (("versioning", VERSIONING), ("policy", EVERYBODY)):
        assert server.call("PUT", f"/open?{setting}", body=document).status in (200, 204)
    # Who signs by the right clock is refused by a wrong one; whoever needs no signature is not.
    bodies = []
    for years in (0, 10, -20, 5, 0, -3):
        faults.step_clock(years * YEAR)
        for body in (b"small %d" % years, payload(100 * KIB, len(bodies))):
            assert anonymous(server, "PUT", "/open/k", body).status == 200
            bodies.append(body)
        if years == -20:
            assert server.terminate() == 0
            server.start()
            assert server.call("GET", "/open/k").code == "RequestTimeTooSkewed"
    faults.step_clock(0)
    page = server.call("GET", "/open?versions")
    assert page.find_all("Version/IsLatest") == ["true"] + ["false"] * (len(bodies) - 1)
    for version, body in zip(page.find_all("Version/VersionId"), reversed(bodies)):
        assert server.call("GET", f"/open/k?versionId={version}").body == body
    server.stop()
    assert verification.verify(server).status == verification.WHOLE


@pytest.fixture
def fresh_mount(tmp_path):
    """Mounts small file systems in memory, with these options."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    places = []

    def mount(options):
        place = tmp_path / f"mounted-{len(places)}"
        place.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", place], capture_output=True, text=True)
        if mounted.returncode != 0:
            pytest.skip(f"this machine does not allow a mount: {mounted.stderr.strip()}")
        places.append(place)
        return place

    yield mount
    for place in reversed(places):
        subprocess.run(["umount", "--lazy", place], check=True)


@pytest.fixture
def thin_device(tmp_path, fresh_mount):
    """ext4 of 256 MiB on a loop device whose file can have 48 MiB: what does not fit fails when it is flushed, as on a
    device that was promised too often. Gives its place, and what gives it room."""
    if not shutil.which("mkfs.ext4") or not shutil.which("losetup"):
        pytest.skip("needs mkfs.ext4 and losetup")
    memory = fresh_mount("size=48m")
    image, place = memory / "image", tmp_path / "thin"
    with open(image, "wb") as file:
        file.truncate(256 * MIB)
    subprocess.run(["mkfs.ext4", "-q", "-E", "lazy_itable_init=1,nodiscard", image], check=True, capture_output=True)
    place.mkdir()

    def mount():
        return subprocess.run(["mount", "-o", "loop", image, place], capture_output=True, text=True)

    def give_room():
        """And mounts it anew: after a failed write of its journal a file system stays read-only."""
        subprocess.run(["mount", "-o", "remount,size=256m", memory], check=True)
        subprocess.run(["umount", place], check=True)
        assert mount().returncode == 0

    mounted = mount()
    if mounted.returncode != 0:
        pytest.skip(f"this machine has no loop device for it: {mounted.stderr.strip()}")
    yield place, give_room
    subprocess.run(["umount", "--lazy", place], check=True)


@pytest.mark.slow
def test_a_device_that_breaks_its_promises_of_room_loses_nothing_that_was_acknowledged(tmp_path, thin_device):
    """The kernel's own errors: the sync fails though each write went well."""
    (place, give_room), home = thin_device, tmp_path / "server"
    drive = place / "drive"
    server, acknowledged = Server(home, drive=drive), {}
    try:
        server.start()
        bucket = server.bucket()
        for number in range(200):
            body = payload(MIB - 1, number % 8) if number % 2 else payload(4 * KIB, number % 8)
            try:
                answer = server.call("PUT", f"/{bucket}/{number}", body=body, timeout=60)
            except GONE:
                break
            if answer.status == 200:
                acknowledged[str(number)] = body
        assert len(acknowledged) < 200, "all of it had room"
        status = server.process.poll() if server.process.poll() is not None else server.terminate()
        print(f"{len(acknowledged)} acknowledged, ended with {status}")
        assert status in (0, DRIVE_LOST), server.log_tail()
    finally:
        server.kill()
    give_room()
    # The page cache, which holds what the device does not, went with the mount.
    again = Server(home, drive=drive)
    try:
        again.start()
        for key, body in acknowledged.items():
            assert again.call("GET", f"/{bucket}/{key}").body == body, key
    finally:
        again.kill()


@pytest.mark.slow
def test_what_a_drive_has_lost_that_lied_about_its_flushes_is_found(tmp_path):
    """Rows that were kept, of files that were not: `coffer verify` names each; nothing is served in their place."""
    root = tmp_path / "recorded"
    server = Server(root, environment=recorder(tmp_path, root))
    server.home.rmdir()
    server.drive.mkdir()
    try:
        server.start()
        bucket = server.bucket()
        for number in range(6):
            put(server, f"/{bucket}/{number}", payload(200 * KIB if number % 2 else 2 * KIB, number))
    finally:
        server.kill()
    recording = Recording(tmp_path / "record", root, standing=[server.drive])
    recording.forget_syncs(below=server.drive / "blobs")
    recording.make(len(recording.times) - 1, Nothing(), tmp_path / "cut")
    left = Server(tmp_path / "cut")
    told = verification.verify(left)
    assert told.status == verification.DAMAGED, told
    assert {finding["key"] for finding in told.findings if "key" in finding} == {"1", "3", "5"}, told
    with left:
        for number in range(6):
            answer = left.call("GET", f"/{bucket}/{number}")
            assert answer.status == (500 if number % 2 else 200), answer
