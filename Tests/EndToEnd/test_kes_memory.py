"""What is left of secrets in the key server's memory once they were used, and who may look."""

import base64
import os
import secrets
import subprocess
import time

import pytest

from kes import KESServer, binary
from memory import found, memory
from server import free_port

PATIENCE_SECONDS = 10


def spellings(name, secret):
    """The ways in which a secret of 33 bytes passes through the server."""
    return {name: secret, f"{name} in base64": base64.b64encode(secret)}


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    with KESServer(tmp_path_factory.mktemp("kes")) as server:
        try:
            next(memory(server.process))
        except PermissionError:
            pytest.skip("nobody but the superuser may look, which is as it should be")
        yield server


def test_nothing_of_a_used_secret_is_left(keys):
    assert keys.call("PUT", "/v1/key/create/k").status == 200
    plaintext, message = secrets.token_bytes(33), secrets.token_bytes(33)
    imported = secrets.token_bytes(32)
    marks = spellings("plaintext", plaintext) | spellings("message", message) | spellings("imported key", imported)
    for _ in range(3):
        sealed = keys.call("PUT", "/v1/key/encrypt/k", {"plaintext": base64.b64encode(plaintext).decode()}).json()
        opened = keys.call("PUT", "/v1/key/decrypt/k", sealed).json()
        assert base64.b64decode(opened["plaintext"]) == plaintext
        assert keys.call("PUT", "/v1/key/hmac/k", {"message": base64.b64encode(message).decode()}).status == 200
        # One that turns out to be no request after its secret was read.
        broken = b'{"plaintext":"%s","context":7}' % base64.b64encode(plaintext)
        assert keys.call("PUT", "/v1/key/encrypt/k", broken).status == 400
        body = {"key": base64.b64encode(imported).decode(), "cipher": "AES256"}
        assert keys.call("PUT", "/v1/key/import/other", body).status == 200
        assert keys.call("DELETE", "/v1/key/delete/other").status == 200
        data_key = keys.call("PUT", "/v1/key/generate/k").json()
        marks |= spellings("data key", base64.b64decode(data_key["plaintext"]))
    # Each event loop keeps the buffer of its last answer for the next one.
    for _ in range(16):
        assert keys.call("GET", "/v1/metrics").status == 200
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (left := found(keys.process, marks)) and time.monotonic() < deadline:
        # Connections end a moment after their clients left.
        time.sleep(0.2)
    assert not left


def test_the_search_finds_what_is_there(keys):
    """The name of a key that is in memory, which is no secret."""
    name = "k" + secrets.token_hex(20)
    assert keys.call("PUT", f"/v1/key/create/{name}").status == 200
    assert keys.call("GET", f"/v1/key/describe/{name}").status == 200
    assert found(keys.process, {"name": name.encode()}) == {"name"}


def test_other_processes_of_the_same_user_may_not_look(tmp_path):
    user = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    command = [binary(), "server", "--dev", "--addr", f"127.0.0.1:{free_port()}"]
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd="/", **user)
    except PermissionError:
        pytest.skip("the binary is where another user cannot run it")
    try:
        for line in process.stdout:
            if b"up and running" in line:
                break
        assert process.poll() is None
        # What may not be dumped belongs to the superuser there.
        assert os.stat(f"/proc/{process.pid}/mem").st_uid == 0
        assert open(f"/proc/{process.pid}/status").read().split("Uid:")[1].split()[1] != "0"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
