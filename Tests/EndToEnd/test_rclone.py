"""rclone: compares an ETag that looks like an MD5 with the file, keeps times in metadata, uploads parts in parallel."""

import hashlib
import json
import re
import time
from datetime import datetime, timezone

import pytest

from contract import Client, ClientContract, digest, run
from payloads import CUSTOMER_KEY, KEY_ID, MIB, PLAIN, SSE, SSE_C, SSE_KMS, payload_file


class Rclone(Client):
    def rclone(self, *arguments, encryption=PLAIN, check=True):
        environment = {
            "HOME": str(self.directory), "RCLONE_CONFIG": str(self.directory / "rclone.conf"),
            "RCLONE_CONFIG_C_TYPE": "s3", "RCLONE_CONFIG_C_PROVIDER": "Other",
            "RCLONE_CONFIG_C_ENDPOINT": self.server.endpoint, "RCLONE_CONFIG_C_ACCESS_KEY_ID": self.server.access_key,
            "RCLONE_CONFIG_C_SECRET_ACCESS_KEY": self.server.secret_key, "RCLONE_RETRIES": "1",
            "RCLONE_LOW_LEVEL_RETRIES": "1", "RCLONE_S3_UPLOAD_CUTOFF": "20Mi"}
        if encryption is SSE_C:
            environment |= {"RCLONE_CONFIG_C_SSE_CUSTOMER_ALGORITHM": "AES256",
                            "RCLONE_CONFIG_C_SSE_CUSTOMER_KEY": CUSTOMER_KEY.text}
        elif SSE in encryption.request:
            environment["RCLONE_CONFIG_C_SERVER_SIDE_ENCRYPTION"] = encryption.request[SSE]
            if KEY_ID in encryption.request:
                environment["RCLONE_CONFIG_C_SSE_KMS_KEY_ID"] = encryption.request[KEY_ID]
        if self.server.tls:
            environment["RCLONE_CA_CERT"] = self.server.authority
        return run(["rclone", *arguments], environment=environment, check=check)

    def make_bucket(self, bucket):
        self.rclone("mkdir", f"c:{bucket}")

    def upload(self, bucket, files, encryption):
        for key, path in files.items():
            self.rclone("copyto", path, f"c:{bucket}/{key}", encryption=encryption)

    def list(self, bucket):
        listed = json.loads(self.rclone("lsjson", "--recursive", "--files-only", "--no-modtime", f"c:{bucket}").stdout)
        return {item["Path"]: item["Size"] for item in listed}

    def read_range(self, bucket, key, first, last, encryption):
        return self.rclone("cat", "--offset", first, "--count", last - first + 1, f"c:{bucket}/{key}",
                           encryption=encryption).stdout

    def download(self, bucket, keys, directory, encryption):
        for key in keys:
            self.rclone("copyto", f"c:{bucket}/{key}", directory / key.rpartition("/")[2], encryption=encryption)

    def delete(self, bucket, keys):
        self.rclone("delete", f"c:{bucket}")


class TestRclone(ClientContract):
    client = Rclone


@pytest.fixture
def rclone(server, tmp_path):
    return Rclone(server, tmp_path)


@pytest.mark.parametrize("default", (None, SSE_KMS), ids=("no default", "aws:kms by default"))
def test_check_finds_no_difference_after_a_sync(rclone, server, tmp_path, payload_directory, default):
    """Also where the bucket encrypts under a key that rclone was not told of, so that ETags must not look like MD5s."""
    bucket, folder = server.bucket(), tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    for number, name in enumerate(("a", "deep/b", "deep/ä +%")):
        (folder / name).write_bytes(payload_file(payload_directory, 10_000 + number).read_bytes())
    (folder / "empty").write_bytes(b"")
    if default:
        rclone.set_default(bucket, default)
    rclone.rclone("sync", folder, f"c:{bucket}/copy")
    rclone.rclone("check", "--download", folder, f"c:{bucket}/copy")
    rclone.rclone("check", folder, f"c:{bucket}/copy")
    (folder / "a").unlink()
    rclone.rclone("sync", folder, f"c:{bucket}/copy")
    assert set(rclone.list(bucket)) == {"copy/deep/b", "copy/deep/ä +%", "copy/empty"}


def test_the_time_of_a_file_is_kept(rclone, server, tmp_path):
    bucket, path = server.bucket(), tmp_path / "old"
    path.write_bytes(b"x")
    run(["touch", "-d", "2001-02-03T04:05:06Z", path])
    rclone.rclone("copyto", path, f"c:{bucket}/old")
    listed = json.loads(rclone.rclone("lsjson", f"c:{bucket}").stdout)
    assert listed[0]["ModTime"].startswith("2001-02-03T04:05:06")


@pytest.mark.parametrize("encryption", (PLAIN, SSE_KMS, SSE_C), ids=str)
def test_the_server_copies_moves_and_touches(https, tmp_path, payload_directory, encryption):
    rclone, bucket = Rclone(https, tmp_path), https.bucket()
    path = payload_file(payload_directory, 6 * MIB)
    rclone.upload(bucket, {"source é+": path}, encryption)

    def call(*arguments):
        return rclone.rclone(*arguments, encryption=encryption).stdout

    call("copyto", f"c:{bucket}/source é+", f"c:{bucket}/copy")
    call("copyto", "--s3-copy-cutoff", "5Mi", f"c:{bucket}/source é+", f"c:{bucket}/parts")
    call("moveto", f"c:{bucket}/copy", f"c:{bucket}/deep/moved")
    # Its time is in its metadata: it is copied onto itself.
    call("touch", "--timestamp", "2001-02-03T04:05:06", f"c:{bucket}/deep/moved")
    listed = json.loads(call("lsjson", f"c:{bucket}/deep"))
    assert listed[0]["ModTime"].startswith("2001-02-03T04:05:06")
    assert set(rclone.list(bucket)) == {"source é+", "parts", "deep/moved"}
    for key in ("parts", "deep/moved"):
        rclone.download(bucket, [key], tmp_path, encryption)
        assert digest(tmp_path / key.rpartition("/")[2]) == digest(path)


def test_a_stream_of_unknown_length_is_stored_in_parts(rclone, server, payload_directory):
    bucket = server.bucket()
    data = payload_file(payload_directory, 12 * MIB).read_bytes()
    environment = {"HOME": str(rclone.directory)}
    (rclone.directory / "rclone.conf").write_text(
        f"[c]\ntype = s3\nprovider = Other\nendpoint = {server.endpoint}\naccess_key_id = {server.access_key}\n"
        f"secret_access_key = {server.secret_key}\n")
    authority = ["--ca-cert", server.authority] if server.tls else []
    run(["rclone", "--config", rclone.directory / "rclone.conf", *authority, "rcat", f"c:{bucket}/stream"], data=data,
        environment=environment)
    assert rclone.rclone("cat", f"c:{bucket}/stream").stdout == data


def contents(folder):
    """Every file below a folder by its relative name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def folder_of(directory, payload_directory, names):
    for number, name in enumerate(names):
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(payload_file(payload_directory, 3000 + number).read_bytes())
    return directory


def test_a_sync_goes_both_ways_and_a_check_finds_what_differs(rclone, server, tmp_path, payload_directory):
    bucket = server.bucket()
    source = folder_of(tmp_path / "source", payload_directory, ("a", "deep/b", "deep/é +%41", "gone"))
    rclone.rclone("sync", source, f"c:{bucket}")
    (source / "gone").unlink()
    # Only its time is another: rclone copies the object onto itself, with metadata that says so.
    run(["touch", "-d", "2003-02-01T00:00:00Z", source / "a"])
    etag = server.call("HEAD", f"/{bucket}/a").headers["etag"]
    rclone.rclone("copy", source, f"c:{bucket}")
    assert server.call("HEAD", f"/{bucket}/a").headers["etag"] == etag
    assert set(rclone.list(bucket)) == {"a", "deep/b", "deep/é +%41", "gone"}
    rclone.rclone("check", "--one-way", source, f"c:{bucket}")
    differs = rclone.rclone("check", source, f"c:{bucket}", check=False)
    assert differs.returncode != 0 and b"gone" in differs.stderr
    rclone.rclone("sync", source, f"c:{bucket}")
    rclone.rclone("sync", f"c:{bucket}", tmp_path / "target")
    assert contents(tmp_path / "target") == contents(source)
    assert (tmp_path / "target/a").stat().st_mtime == (source / "a").stat().st_mtime
    hashes = dict(line.split("  ")[::-1] for line in rclone.rclone("hashsum", "MD5", f"c:{bucket}").stdout.decode().splitlines())
    assert hashes == {name: hashlib.md5(data).hexdigest() for name, data in contents(source).items()}
    # What was altered behind its back, at the same length and under the same time, is found by its bytes alone.
    server.call("PUT", f"/{bucket}/deep/b", body=bytes(3001))
    differs = rclone.rclone("check", "--download", source, f"c:{bucket}", check=False)
    assert differs.returncode != 0 and b"1 differences found" in differs.stderr


def test_folders_are_moved_and_purged_and_unfinished_uploads_cleaned_up(rclone, server, tmp_path, payload_directory):
    bucket = server.bucket()
    source = folder_of(tmp_path / "source", payload_directory, ("a", "deep/b"))
    rclone.rclone("copy", source, f"c:{bucket}/one")
    rclone.rclone("moveto", f"c:{bucket}/one", f"c:{bucket}/two/three")
    rclone.rclone("copyto", f"c:{bucket}/two/three/a", f"c:{bucket}/kept")
    assert set(rclone.list(bucket)) == {"kept", "two/three/a", "two/three/deep/b"}
    rclone.rclone("move", f"c:{bucket}/two/three", tmp_path / "back")
    assert contents(tmp_path / "back") == contents(source)
    assert rclone.list(bucket) == {"kept": 3000}
    s3 = server.s3()
    for number in range(3):
        s3.create_multipart_upload(Bucket=bucket, Key=f"unfinished {number}")
    listed = json.loads(rclone.rclone("backend", "list-multipart-uploads", f"c:{bucket}").stdout)
    assert len(listed[bucket]) == 3
    rclone.rclone("cleanup", f"c:{bucket}")  # of yesterday's: not one is as old
    assert len(s3.list_multipart_uploads(Bucket=bucket)["Uploads"]) == 3
    rclone.rclone("backend", "cleanup", f"c:{bucket}", "-o", "max-age=1ns")
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)
    rclone.rclone("purge", f"c:{bucket}")
    assert server.call("HEAD", f"/{bucket}").status == 404


def test_old_versions_are_listed_read_and_cleaned_up(rclone, server, tmp_path):
    bucket, s3 = server.bucket(), server.s3()
    assert rclone.rclone("backend", "versioning", f"c:{bucket}").stdout.strip() == b"Unversioned"
    rclone.rclone("backend", "versioning", f"c:{bucket}", "Enabled")
    moments = []
    for text in (b"first", b"the second"):
        s3.put_object(Bucket=bucket, Key="dir/a.txt", Body=text)
        time.sleep(1.1)  # the moments that rclone can name are of whole seconds, and so are those in an object's headers
        moments.append(datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))
        time.sleep(1.1)
    s3.delete_object(Bucket=bucket, Key="dir/a.txt")
    assert rclone.list(bucket) == {}
    for moment, text in zip(moments, (b"first", b"the second")):
        assert rclone.rclone("cat", "--s3-version-at", moment, f"c:{bucket}/dir").stdout == text
    rclone.rclone("copy", "--s3-versions", f"c:{bucket}", tmp_path / "all")
    assert sorted(contents(tmp_path / "all").values()) == [b"first", b"the second"]
    assert all(re.fullmatch(r"dir/a-v\d{4}-\d\d-\d\d-\d{6}-\d{3}\.txt", name) for name in contents(tmp_path / "all"))
    s3.put_object(Bucket=bucket, Key="dir/a.txt", Body=b"third")
    rclone.rclone("backend", "cleanup-hidden", f"c:{bucket}")
    found = s3.list_object_versions(Bucket=bucket)
    assert [item["IsLatest"] for item in found["Versions"]] == [True] and "DeleteMarkers" not in found
    assert rclone.rclone("cat", f"c:{bucket}/dir/a.txt").stdout == b"third"


def test_a_remote_of_rclones_own_encryption_lies_over_a_bucket(rclone, server, tmp_path, payload_directory):
    bucket = server.bucket()
    source = folder_of(tmp_path / "source", payload_directory, ("a", "deep/ä", "deep/long"))
    (source / "deep/long").write_bytes(payload_file(payload_directory, 6 * MIB).read_bytes())
    obscured = rclone.rclone("obscure", "a passphrase").stdout.decode().strip()
    crypt = f":crypt,remote='c:{bucket}/sealed',password={obscured}:"
    rclone.rclone("sync", source, crypt)
    assert not any("deep" in key for key in rclone.list(bucket))
    rclone.rclone("cryptcheck", source, crypt)
    rclone.rclone("sync", crypt, tmp_path / "target")
    assert contents(tmp_path / "target") == contents(source)
    part = rclone.rclone("cat", "--offset", 5 * MIB - 3, "--count", 70_000, f"{crypt}deep/long").stdout
    assert part == contents(source)["deep/long"][5 * MIB - 3:5 * MIB - 3 + 70_000]


@pytest.mark.long
@pytest.mark.big
def test_the_server_copies_a_long_object_in_many_parts(rclone, server, tmp_path, payload_directory):
    bucket, other, path = server.bucket(), server.bucket(), payload_file(payload_directory, 100 * MIB)
    rclone.upload(bucket, {"long": path}, PLAIN)
    rclone.rclone("copyto", "--s3-copy-cutoff", "5Mi", f"c:{bucket}/long", f"c:{other}/copy")
    assert server.call("HEAD", f"/{other}/copy").headers["etag"].endswith('-20"')
    rclone.download(other, ["copy"], tmp_path, PLAIN)
    assert digest(tmp_path / "copy") == digest(path)
