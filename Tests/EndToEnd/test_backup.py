"""`coffer backup` and `coffer restore`: what is restored verifies clean and holds what was acknowledged before the backup."""

import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

import verification
from drive import Drive
from payloads import payload
from server import REPOSITORY, Server, binary
from verification import WHOLE, command, process, verify


def backup(server, source, target, *arguments, **more):
    finished = command(server, "backup", source, target, "--json", *arguments, **more)
    assert finished.returncode == 0, finished
    return json.loads(finished.stdout)


def restored(server, directory):
    """A server of what was restored to `directory`, with the keyring of `server`."""
    other = Server(directory.parent / f"{directory.name}-server", drive=directory)
    shutil.copy(server.keyring, other.keyring)
    return other


def fill(server, bucket, count=30):
    for number in range(count):
        body = payload(3000 if number % 3 else 120_000, number)
        assert server.call("PUT", f"/{bucket}/{number}", body=body, keep=True).status == 200
    s3 = server.s3()
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts")["UploadId"]
    parts = [{"PartNumber": number, "ETag": s3.upload_part(
        Bucket=bucket, Key="parts", UploadId=upload, PartNumber=number, Body=body)["ETag"]}
        for number, body in ((1, payload(5 << 20, 6)), (2, payload(70_000, 7)))]
    s3.complete_multipart_upload(Bucket=bucket, Key="parts", UploadId=upload, MultipartUpload={"Parts": parts})


def assert_same(server, bucket, count=30):
    for number in range(count):
        assert server.call("GET", f"/{bucket}/{number}").body == payload(3000 if number % 3 else 120_000, number), number
    assert server.call("GET", f"/{bucket}/parts").body == payload(5 << 20, 6) + payload(70_000, 7)


@pytest.mark.parametrize("is_running", (True, False), ids=("running", "stopped"))
def test_what_is_restored_is_what_was_there(fresh_server, tmp_path, is_running):
    server = fresh_server()
    target = tmp_path / "backups"
    with server:
        bucket = server.bucket()
        fill(server, bucket)
        if is_running:
            told = backup(server, server.endpoint, target)
    if not is_running:
        told = backup(server, server.drive, target)
    assert told["backup"]["missing"] == [] and told["copiedBlobs"] == told["backup"]["blobs"] == 12, told
    for path in target.rglob("*"):
        if path.is_file():
            assert payload(3000, 1)[:64] not in path.read_bytes(), "what is kept is sealed"
    home = tmp_path / "restored"
    finished = command(server, "restore", target, home)
    assert finished.returncode == 0, finished
    assert verify(server, target=home).status == WHOLE
    with restored(server, home) as other:
        assert_same(other, bucket)
        # And it is a drive that goes on.
        assert other.call("PUT", f"/{bucket}/later", body=payload(100_000, 1)).status == 200
    assert Drive(home).complaints() == []


def test_only_what_is_new_is_copied_and_the_oldest_go(fresh_server, tmp_path):
    server, target = fresh_server(), tmp_path / "backups"
    with server:
        bucket = server.bucket()
        fill(server, bucket)
        first = backup(server, server.endpoint, target)
        assert server.call("PUT", f"/{bucket}/new", body=payload(200_000, 3)).status == 200
        second = backup(server, server.endpoint, target)
        assert (second["copiedBlobs"], second["backup"]["blobs"]) == (1, first["backup"]["blobs"] + 1), second
        assert server.call("DELETE", f"/{bucket}/parts").status == 204
        third = backup(server, server.endpoint, target, "--keep", "1")
        assert third["copiedBlobs"] == 0, third
        assert third["removed"] == [first["backup"]["name"], second["backup"]["name"]], third
    listed = command(server, "restore", target, "--list").stdout
    assert third["backup"]["name"] in listed and first["backup"]["name"] not in listed
    kept = [path for path in (target / "blobs").rglob("*") if path.is_file()]
    assert len(kept) == third["backup"]["blobs"], "blobs that no backup has are gone"
    assert command(server, "restore", target, tmp_path / "restored").returncode == 0
    assert verify(server, target=tmp_path / "restored").status == WHOLE


def test_the_commands_of_the_readme(fresh_server, tmp_path):
    readme = (REPOSITORY / "README.md").read_text()
    block = next(block for block in re.findall(r"```sh\n(.*?)```", readme, re.DOTALL) if "coffer backup" in block)
    server = fresh_server()
    with server:
        bucket = server.bucket()
        fill(server, bucket)
        script = block.replace("http://127.0.0.1:9000", server.endpoint).replace("/srv/", f"{tmp_path}/")
        path = f"{Path(binary()).parent}:{os.environ['PATH']}"
        done = subprocess.run(["sh", "-ec", script], env=verification.environment(server) | {"PATH": path}, text=True,
                              capture_output=True, check=False)
    assert done.returncode == 0, done
    assert "every object has a sealed stream" in done.stdout
    with restored(server, tmp_path / "restored") as other:
        assert_same(other, bucket)


def test_an_older_backup_can_be_restored(fresh_server, tmp_path):
    server, target = fresh_server(), tmp_path / "backups"
    with server:
        bucket = server.bucket()
        server.s3().put_object(Bucket=bucket, Key="k", Body=b"before")
        first = backup(server, server.endpoint, target)["backup"]["name"]
        server.s3().put_object(Bucket=bucket, Key="k", Body=b"after")
        backup(server, server.endpoint, target)
    home = tmp_path / "restored"
    assert command(server, "restore", target, home, "--backup", first).returncode == 0
    with restored(server, home) as other:
        assert other.call("GET", f"/{bucket}/k").body == b"before"


def test_a_backup_under_a_storm_of_writes_verifies_clean(fresh_server, tmp_path):
    server, target = fresh_server(), tmp_path / "backups"
    with server:
        bucket = server.bucket()
        ended = threading.Event()
        counts = []

        def write(writer):
            count = 0
            while not ended.is_set():
                # Overwritten and deleted again and again: files go while the backup still has to copy them.
                key = f"/{bucket}/{writer}-{count % 5}"
                size = (3000, 60_000, 1_200_000)[count % 3]
                assert server.call("PUT", key, body=payload(size, count % 4), keep=True).status == 200
                if count % 4 == 3:
                    assert server.call("DELETE", key, keep=True).status == 204
                count += 1
            counts.append(count)

        writers = [threading.Thread(target=write, args=(writer,)) for writer in range(4)]
        for writer in writers:
            writer.start()
        try:
            time.sleep(1)
            told = [backup(server, server.endpoint, target) for _ in range(3)]
        finally:
            ended.set()
            for writer in writers:
                writer.join()
        assert len(counts) == 4 and min(counts) > 10
        assert all(one["backup"]["missing"] == [] for one in told), told
        names = [one["backup"]["name"] for one in told]
        assert len(set(names)) == 3
    for name in names:
        home = tmp_path / name
        finished = command(server, "restore", target, home, "--backup", name)
        assert finished.returncode == 0, finished
        assert verify(server, target=home).status == WHOLE
    # What waited for the backups is gone now.
    with server:
        deadline = time.monotonic() + 30
        drive = Drive(server.drive)
        while len(drive.blob_files()) > 25:
            assert time.monotonic() < deadline, len(drive.blob_files())
            time.sleep(0.1)
    assert drive.complaints() == []


def test_a_backup_that_was_killed_is_gone_on_with(fresh_server, tmp_path):
    server, target = fresh_server(), tmp_path / "backups"
    with server:
        bucket = server.bucket()
        for number in range(150):
            assert server.call("PUT", f"/{bucket}/{number}", body=payload(300_000, number % 4), keep=True).status == 200
        killed = process(server, "backup", server.endpoint, target)
        deadline = time.monotonic() + 60
        while len(list(target.glob("blobs/*/*"))) < 20:
            assert killed.poll() is None and time.monotonic() < deadline, killed.communicate()
            time.sleep(0.005)
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        assert command(server, "restore", target, "--list").stdout.count("Z") == 0, "there is no backup yet"
        # The server lets its files go, and takes the next one.
        deadline = time.monotonic() + 60
        while True:
            finished = command(server, "backup", server.endpoint, target, "--json")
            if finished.returncode == 0:
                break
            assert "already" in finished.stderr and time.monotonic() < deadline, finished
            time.sleep(0.5)
        told = json.loads(finished.stdout)
        assert 0 < told["copiedBlobs"] < 150 and told["backup"]["blobs"] == 150, told
    assert not (server.drive / "catalogue.copy").exists()

    home = tmp_path / "restored"
    killed = process(server, "restore", target, home)
    deadline = time.monotonic() + 60
    while len(list(home.glob("blobs/*/*"))) < 20:
        assert killed.poll() is None and time.monotonic() < deadline, killed.communicate()
        time.sleep(0.005)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    other = restored(server, home)
    status, text = other.run_to_end()
    assert status != 0 and "coffer restore" in text, text
    assert command(server, "restore", target, home).returncode == 0
    assert verify(server, target=home).status == WHOLE
    with other:
        assert other.call("GET", f"/{bucket}/149").body == payload(300_000, 1)


def test_without_its_keys_nothing_is_restored(fresh_server, tmp_path):
    server, target = fresh_server(), tmp_path / "backups"
    with server:
        server.bucket()
        backup(server, server.endpoint, target)
    home = tmp_path / "restored"
    finished = command(server, "restore", target, home, COFFER_KEYRING=str(tmp_path / "absent.json"))
    assert finished.returncode == 1 and "keyring" in finished.stderr, finished
    assert not home.exists()


def test_a_restored_drive_moves_to_another_key_service(fresh_server, tmp_path):
    server, target = fresh_server(), tmp_path / "backups"
    with server:
        bucket = server.bucket()
        fill(server, bucket)
        backup(server, server.endpoint, target)
    home = tmp_path / "restored"
    secret = "new-key:" + "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    finished = command(
        server, "restore", target, home, "--rewrap", MINIO_KMS_SECRET_KEY=secret, COFFER_FORMER_KEYRING=str(server.keyring),
        COFFER_KEYRING="")
    assert finished.returncode == 0 and "data keys moved to new-key" in finished.stdout, finished
    other = Server(tmp_path / "other", drive=home, keyring=False, environment={"MINIO_KMS_SECRET_KEY": secret})
    with other:
        assert_same(other, bucket)


def test_to_a_bucket_and_back(fresh_server, tmp_path):
    server, store = fresh_server(), fresh_server()
    with server, store:
        bucket = server.bucket()
        fill(server, bucket)
        place = f"s3://{store.bucket()}/of/server"
        aws = {"AWS_ACCESS_KEY_ID": store.access_key, "AWS_SECRET_ACCESS_KEY": store.secret_key,
               "AWS_ENDPOINT_URL": store.endpoint}
        first = backup(server, server.endpoint, place, **aws)
        second = backup(server, server.endpoint, place, "--keep", "1", **aws)
        assert first["copiedBlobs"] == 12 and second["copiedBlobs"] == 0, (first, second)
        assert second["removed"] == [first["backup"]["name"]]
        home = tmp_path / "restored"
        finished = command(server, "restore", place, home, **aws)
        assert finished.returncode == 0, finished
        assert verify(server, target=home).status == WHOLE


def test_a_target_has_backups_of_one_drive(fresh_server, tmp_path):
    target = tmp_path / "backups"
    for number, server in enumerate((fresh_server(), fresh_server())):
        with server:
            server.bucket()
            finished = command(server, "backup", server.endpoint, target)
            assert (finished.returncode == 0) == (number == 0), finished
    assert "another drive" in finished.stderr


def test_a_directory_that_is_not_empty_is_left_alone(fresh_server, tmp_path):
    server, target = fresh_server(), tmp_path / "backups"
    with server:
        server.bucket()
        backup(server, server.endpoint, target)
    for home in (server.drive, tmp_path / "full"):
        home.mkdir(exist_ok=True)
        (home / "something").write_text("mine")
        finished = command(server, "restore", target, home)
        assert finished.returncode == 1 and "not empty" in finished.stderr, finished
        assert (home / "something").read_text() == "mine"


def test_damage_of_a_backup_is_noticed_when_it_is_restored(fresh_server, tmp_path):
    server, target = fresh_server(), tmp_path / "backups"
    with server:
        bucket = server.bucket()
        fill(server, bucket)
        backup(server, server.endpoint, target)
    blob = sorted((target / "blobs").glob("*/*"))[0]
    blob.unlink()
    finished = command(server, "restore", target, tmp_path / "less")
    assert finished.returncode == 1 and "missing" in finished.stderr, finished
    told = verify(server, target=tmp_path / "less")
    assert told.kinds() == ["missing"], told
    catalogue, = target.glob("snapshots/*/catalogue.db")
    image = bytearray(catalogue.read_bytes())
    image[len(image) // 2] ^= 1
    catalogue.write_bytes(image)
    finished = command(server, "restore", target, tmp_path / "none")
    assert finished.returncode == 1 and "damaged" in finished.stderr and not (tmp_path / "none").exists(), finished


def test_where_there_are_no_backups_nothing_is_made(fresh_server, tmp_path):
    server = fresh_server()
    with server:
        server.bucket()
    finished = command(server, "restore", tmp_path / "absent", tmp_path / "home")
    assert finished.returncode == 1 and "no backups" in finished.stderr, finished
    assert not (tmp_path / "absent").exists() and not (tmp_path / "home").exists()
