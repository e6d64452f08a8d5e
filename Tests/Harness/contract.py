"""What every client must be able to do. A client's own file says how (an adapter) and adds what only it does."""

import hashlib
import os
import subprocess
from urllib.parse import quote

import pytest

from payloads import KEY_ID, MIB, PLAIN, SSE, SSE_C, SSE_KMS, SSE_S3, assert_shows, payload_file
from server import DEFAULT_KEY

TOOL_SECONDS = 120
TRANSPORTS = ("http", "https")
BIGGEST = "folder/big one"
# Twenty MiB are several parts for most clients, and a hundred are for all of them.
SEVERAL_PARTS, MANY_PARTS = 20 * MIB, 100 * MIB
SMALLER = {"folder/five mebibytes+": 5 * MIB, "folder/one-byte": 1}


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def run(command, *, environment=None, check=True, directory=None, data=None):
    """Runs a command-line client; what it printed, as bytes. A failure shows both of its streams."""
    finished = subprocess.run(
        [str(part) for part in command], input=data if data is not None else b"", capture_output=True, cwd=directory,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **(environment or {})}, timeout=TOOL_SECONDS)
    if check and finished.returncode != 0:
        raise AssertionError(
            f"{command[0]} ended with status {finished.returncode}:\n{finished.stdout.decode(errors='replace')[-2000:]}"
            f"\n{finished.stderr.decode(errors='replace')[-4000:]}")
    return finished


class Client:
    """An adapter: how one client does each thing. `directory` is scratch space of this test."""

    encryptions = (PLAIN, SSE_S3, SSE_KMS, SSE_C)

    def __init__(self, server, directory):
        self.server, self.directory = server, directory

    def make_bucket(self, bucket):
        raise NotImplementedError

    def upload(self, bucket, files, encryption):
        """Stores each `files[key]`, a path, under its key."""
        raise NotImplementedError

    def list(self, bucket):
        """The bucket's keys with their sizes."""
        raise NotImplementedError

    def read_range(self, bucket, key, first, last, encryption):
        """The bytes from `first` to `last`, both included."""
        raise NotImplementedError

    def download(self, bucket, keys, directory, encryption):
        """Writes each object into `directory` under the last part of its key."""
        raise NotImplementedError

    def delete(self, bucket, keys):
        raise NotImplementedError

    def set_default(self, bucket, encryption):
        """Sets the bucket's default encryption; through the harness where the client has no command for it."""
        rule = f"<SSEAlgorithm>{encryption.request[SSE]}</SSEAlgorithm>"
        if KEY_ID in encryption.request:
            rule += f"<KMSMasterKeyID>{encryption.request[KEY_ID]}</KMSMasterKeyID>"
        document = ("<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>" + rule +
                    "</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>")
        answer = self.server.call("PUT", f"/{bucket}?encryption", body=document.encode())
        assert answer.status == 200, answer


class ClientContract:
    """The tests. A subclass names its adapter in `client`."""

    client = Client

    @pytest.fixture
    def adapter(self, server, tmp_path):
        return self.client(server, tmp_path)

    @pytest.mark.big
    def test_objects_make_the_round_trip(self, adapter, encryption, payload_directory, tmp_path):
        """Made, listed, read in part, read whole, compared, deleted: what everybody does on the first day."""
        server, bucket = adapter.server, f"{self.__class__.__name__.lower()}-{os.urandom(4).hex()}"
        sizes = {BIGGEST: MANY_PARTS if encryption is PLAIN else SEVERAL_PARTS, **SMALLER}
        files = {key: payload_file(payload_directory, size) for key, size in sizes.items()}
        adapter.make_bucket(bucket)
        adapter.upload(bucket, files, encryption)
        for key, size in sizes.items():
            head = server.call("HEAD", f"/{bucket}/{quoted(key)}", encryption.read)
            assert head.status == 200, head
            assert int(head.headers["content-length"]) == size
            assert_shows(head.headers, encryption)
        assert adapter.list(bucket) == sizes
        first, last = 8 * MIB - 3, 8 * MIB + 70_000  # over the border of two parts, for most clients
        part = adapter.read_range(bucket, BIGGEST, first, last, encryption)
        with open(files[BIGGEST], "rb") as file:
            file.seek(first)
            assert part == file.read(last - first + 1)
        target = tmp_path / "downloaded"
        target.mkdir()
        adapter.download(bucket, list(sizes), target, encryption)
        for key in sizes:
            assert digest(target / key.rpartition("/")[2]) == digest(files[key])
            (target / key.rpartition("/")[2]).unlink()
        adapter.delete(bucket, list(sizes))
        assert server.call("GET", f"/{bucket}?list-type=2").find("KeyCount") == "0"

    @pytest.mark.parametrize("default", (SSE_S3, SSE_KMS), ids=str)
    def test_a_bucket_default_is_honoured(self, adapter, default, payload_directory, tmp_path):
        bucket = f"{self.__class__.__name__.lower()}-{os.urandom(4).hex()}"
        files = {"by-default": payload_file(payload_directory, 100_000)}
        adapter.make_bucket(bucket)
        adapter.set_default(bucket, default)
        adapter.upload(bucket, files, PLAIN)
        head = adapter.server.call("HEAD", f"/{bucket}/by-default")
        assert head.status == 200, head
        assert_shows(head.headers, default)
        adapter.download(bucket, ["by-default"], tmp_path, PLAIN)
        assert digest(tmp_path / "by-default") == digest(files["by-default"])

    def test_the_bucket_default_is_the_one_that_was_set(self, adapter):
        bucket = f"{self.__class__.__name__.lower()}-{os.urandom(4).hex()}"
        adapter.make_bucket(bucket)
        assert adapter.server.call("GET", f"/{bucket}?encryption").code == "ServerSideEncryptionConfigurationNotFoundError"
        adapter.set_default(bucket, SSE_KMS)
        answer = adapter.server.call("GET", f"/{bucket}?encryption")
        assert answer.find("Rule/ApplyServerSideEncryptionByDefault/SSEAlgorithm") == "aws:kms", answer
        assert answer.find("Rule/ApplyServerSideEncryptionByDefault/KMSMasterKeyID") == DEFAULT_KEY, answer


def quoted(key):
    return quote(key, safe="/-_.~")


def pytest_generate_tests(metafunc):
    """Runs what needs a server over each transport, and a contract's transfers with each kind its client can ask for.

    What is asked for reaches the server alike over both transports, so the kinds go over HTTPS, which all of them may.
    """
    if "server" not in metafunc.fixturenames:
        return
    if not (metafunc.cls and issubclass(metafunc.cls, ClientContract)):
        metafunc.parametrize("server", TRANSPORTS, indirect=True)
    elif "default" in metafunc.fixturenames:
        # Which kind a bucket has by default is decided behind the transport.
        metafunc.parametrize("server", TRANSPORTS[:1], indirect=True)
    elif "encryption" not in metafunc.fixturenames:
        metafunc.parametrize("server", TRANSPORTS, indirect=True)
    else:
        client = metafunc.cls.client
        cases = [(transport, encryption) for transport in TRANSPORTS for encryption in client.encryptions
                 if transport == "https" or encryption is PLAIN]
        metafunc.parametrize("server, encryption", cases, indirect=["server"],
                             ids=[f"{transport}-{encryption}" for transport, encryption in cases])
