"""s3fs: a bucket as a folder, with modes and times in metadata, renames by copies, random writes by parts that are copied."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from payloads import MIB, payload

pytestmark = [pytest.mark.long, pytest.mark.skipif(not shutil.which("s3fs"), reason="s3fs is not installed")]


@pytest.fixture
def mount(http, tmp_path):
    """Mounts a bucket, as often as asked; whatever is mounted at the end is taken away."""
    if not os.access("/dev/fuse", os.R_OK | os.W_OK):
        pytest.skip("/dev/fuse is not there or not for this user")
    server = http
    password = tmp_path / "password"
    password.write_text(f"{server.access_key}:{server.secret_key}")
    password.chmod(0o600)
    mounted = []

    def unmount(folder, process):
        subprocess.run(["fusermount", "-u", folder], check=False, capture_output=True)
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            subprocess.run(["fusermount", "-u", "-z", folder], check=False, capture_output=True)

    def make(bucket):
        folder = tmp_path / f"mounted-{len(mounted)}"
        folder.mkdir()
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
        options = (f"url={server.endpoint},use_path_request_style,passwd_file={password},multipart_size=5,retries=1,"
                   "max_stat_cache_size=0,singlepart_copy_limit=6,use_sse,enable_content_md5,del_cache")
        log = tmp_path / "s3fs.log"
        with open(log, "ab") as output:
            process = subprocess.Popen(["s3fs", bucket, folder, "-f", "-o", options], env=environment, stdout=output,
                                       stderr=output)
        mounted.append((folder, process))
        for _ in range(200):
            if folder.is_mount():
                return folder, lambda: unmount(folder, process)
            if process.poll() is not None:
                text = log.read_text()
                if "fuse" in text and "not permitted" in text:
                    pytest.skip("nothing may be mounted here")
                raise AssertionError(text)
            time.sleep(0.05)
        raise AssertionError(log.read_text())

    yield make
    for folder, process in mounted:
        if folder.is_mount() or process.poll() is None:
            unmount(folder, process)


def test_files_are_written_changed_renamed_and_read_by_another_mount(mount, http):
    s3, bucket = http.s3(), http.bucket()
    folder, unmount = mount(bucket)
    long = bytearray(payload(17 * MIB))
    (folder / "deep").mkdir()
    (folder / "deep/long é +%41").write_bytes(long)
    (folder / "small").write_bytes(b"small")
    (folder / "empty").write_bytes(b"")
    (folder / "link").symlink_to("small")
    os.chmod(folder / "small", 0o640)
    os.utime(folder / "small", (1_000_000_000, 1_000_000_000))
    with open(folder / "small", "ab") as file:
        file.write(b", and more")
    with open(folder / "deep/long é +%41", "r+b") as file:
        file.seek(6 * MIB)
        file.write(b"in the middle")
    long[6 * MIB:6 * MIB + 13] = b"in the middle"
    os.rename(folder / "deep", folder / "moved")
    (folder / "gone").write_bytes(b"x")
    (folder / "gone").unlink()
    unmount()
    assert s3.get_object(Bucket=bucket, Key="moved/long é +%41")["Body"].read() == long
    assert s3.get_object(Bucket=bucket, Key="small")["Body"].read() == b"small, and more"
    again, _ = mount(bucket)
    assert sorted(str(path.relative_to(again)) for path in Path(again).rglob("*")) == [
        "empty", "link", "moved", "moved/long é +%41", "small"]
    assert (again / "link").read_bytes() == b"small, and more" and os.readlink(again / "link") == "small"
    assert (again / "small").stat().st_mode & 0o777 == 0o640
    with open(again / "moved/long é +%41", "rb") as file:
        for offset in (16 * MIB + 5, 3, 6 * MIB - 4, 9 * MIB):
            file.seek(offset)
            assert file.read(70_000) == long[offset:offset + 70_000]
    shutil.rmtree(again / "moved")
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["empty", "link", "small"]
