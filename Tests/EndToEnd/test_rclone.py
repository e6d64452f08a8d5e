"""rclone: compares an ETag that looks like an MD5 with the file, keeps times in metadata, uploads parts in parallel."""

import json

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
