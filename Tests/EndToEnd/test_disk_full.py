"""A drive that fills up: writes are refused with a status of their own, reads and deletes go on, and room comes back."""

import os
import subprocess
import time

import pytest

from payloads import MIB, payload

DRIVE_BYTES = 64 * MIB


@pytest.fixture
def small_drive(tmp_path):
    """A file system of 64 MiB in memory."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    place = tmp_path / "small"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DRIVE_BYTES}", "tmpfs", place], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip(f"this machine does not allow a mount: {mounted.stderr.decode().strip()}")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def fill(server, bucket, size, limit=100):
    """Stores objects until one is refused: the numbers of the stored ones and the refusal."""
    for number in range(limit):
        answer = server.call("PUT", f"/{bucket}/{size}/{number}", body=payload(size, number))
        if answer.status != 200:
            return number, answer
    raise AssertionError(f"{limit} objects of {size} bytes fit into {DRIVE_BYTES}")


def assert_full(answer):
    assert (answer.status, answer.code) == (507, "XMinioStorageFull"), answer


def test_a_full_drive_refuses_writes_and_nothing_else(small_drive, fresh_server):
    with fresh_server(drive=small_drive / "drive") as server:
        bucket = server.bucket()
        assert server.call("PUT", f"/{bucket}/small", body=b"small").status == 200
        stored, refused = fill(server, bucket, 5 * MIB)
        assert_full(refused)
        assert stored >= 4
        for number in range(stored):
            assert server.call("GET", f"/{bucket}/{5 * MIB}/{number}").body == payload(5 * MIB, number)
        assert server.call("HEAD", f"/{bucket}/{5 * MIB}/{stored}").status == 404, "what was refused is not there"
        assert server.call("GET", f"/{bucket}/small").body == b"small"
        assert len(server.call("GET", f"/{bucket}?list-type=2").find_all("Contents/Key")) == stored + 1
        overwrite = server.call("PUT", f"/{bucket}/{5 * MIB}/0", body=payload(20 * MIB))
        assert_full(overwrite)
        assert server.call("GET", f"/{bucket}/{5 * MIB}/0").body == payload(5 * MIB, 0), "the old object stays"
        for number in range(stored):
            assert server.call("DELETE", f"/{bucket}/{5 * MIB}/{number}").status == 204
        assert_room_comes_back(server, bucket, 5 * MIB)
        again, _ = fill(server, bucket, 5 * MIB)
        assert again >= stored - 1
    with fresh_server(drive=small_drive / "drive", directory=server.directory) as server:
        assert server.call("GET", f"/{bucket}/{5 * MIB}/0").body == payload(5 * MIB, 0)


def test_a_drive_filled_with_small_objects(small_drive, fresh_server):
    """Bodies in the catalogue fill the drive too; deletes, which need room in the log, still pass."""
    size = 20_000
    with fresh_server(drive=small_drive / "drive") as server:
        bucket = server.bucket()
        stored = 0
        for number in range(5000):
            answer = server.call("PUT", f"/{bucket}/{number:05}", body=payload(size, number % 50), keep=True)
            if answer.status != 200:
                assert_full(answer)
                break
            stored += 1
        assert 500 < stored < 5000
        assert server.call("GET", f"/{bucket}/00000").body == payload(size, 0)
        for number in range(stored):
            assert server.call("DELETE", f"/{bucket}/{number:05}", keep=True).status == 204
        assert_room_comes_back(server, bucket, 5 * MIB)


def test_a_part_is_refused_and_the_upload_can_be_aborted(small_drive, fresh_server):
    with fresh_server(drive=small_drive / "drive") as server:
        bucket = server.bucket()
        upload = server.call("POST", f"/{bucket}/k?uploads").find("UploadId")
        for number in range(1, 30):
            answer = server.call("PUT", f"/{bucket}/k?partNumber={number}&uploadId={upload}", body=payload(5 * MIB, number))
            if answer.status != 200:
                break
        assert_full(answer)
        listed = server.call("GET", f"/{bucket}/k?uploadId={upload}")
        assert listed.find_all("Part/PartNumber") == [str(one) for one in range(1, number)]
        assert server.call("DELETE", f"/{bucket}/k?uploadId={upload}").status == 204
        assert_room_comes_back(server, bucket, 5 * MIB)


def assert_room_comes_back(server, bucket, size):
    """Blobs are unlinked in the background, so room comes back soon, not at once."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        answer = server.call("PUT", f"/{bucket}/after", body=payload(size))
        if answer.status == 200:
            assert server.call("GET", f"/{bucket}/after").body == payload(size)
            assert server.call("DELETE", f"/{bucket}/after").status == 204
            return
        assert_full(answer)
        time.sleep(0.1)
    raise AssertionError("no room came back after everything was deleted")
