"""Keys whose directory could not be flushed to the disk: a power cut may take them away, and what they sealed with them."""

import base64
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from kes import KESServer
from payloads import KEY_ID, SSE
from preload import compile_library

PLAINTEXT = {"plaintext": base64.b64encode(b"content").decode()}


def preloaded(server, directory, flag):
    server.environment |= {"LD_PRELOAD": str(compile_library("unflushed", directory)), "UNFLUSHED_WHILE": str(flag)}
    return server


def test_the_key_server_does_not_use_a_key_that_was_not_made_durable(tmp_path):
    flag = tmp_path / "unflushed"
    server = preloaded(KESServer(tmp_path / "kes"), tmp_path, flag)
    with server:
        assert server.call("PUT", "/v1/key/create/kept").status == 200
        sealed = server.call("PUT", "/v1/key/encrypt/kept", PLAINTEXT).json()
        flag.touch()
        assert server.call("PUT", "/v1/key/create/lost").status >= 500
        assert server.call("PUT", "/v1/key/create/lost").status >= 500
        flag.unlink()
        # Whether the disk has what was flushed in vain, a later success does not say.
        assert server.call("PUT", "/v1/key/create/lost").status >= 500
        assert server.call("PUT", "/v1/key/encrypt/lost", PLAINTEXT).status >= 400
        assert server.call("PUT", "/v1/key/decrypt/kept", sealed).json() == PLAINTEXT
        assert server.call("DELETE", "/v1/key/delete/kept").status >= 500
    with server:
        # It is in the directory, and the start has made that durable.
        assert server.call("PUT", "/v1/key/create/lost").status == 400
        assert server.call("PUT", "/v1/key/encrypt/lost", PLAINTEXT).status == 200
        assert server.call("PUT", "/v1/key/decrypt/kept", sealed).json() == PLAINTEXT


def test_a_rotation_that_was_not_made_durable_seals_nothing(tmp_path):
    flag = tmp_path / "unflushed"
    server = preloaded(KESServer(tmp_path / "kes"), tmp_path, flag)
    with server:
        assert server.call("PUT", "/v1/key/create/k").status == 200
        before = (server.store / "k").read_bytes()
        flag.touch()
        assert server.call("PUT", "/v1/key/rotate/k").status >= 500
        sealed = server.call("PUT", "/v1/key/encrypt/k", PLAINTEXT).json()
        assert server.call("PUT", "/v1/key/decrypt/k", sealed).json() == PLAINTEXT
        flag.unlink()
    # What a power cut may have left: the key goes on with what it surely has.
    (server.store / "k").write_bytes(before)
    with server:
        assert server.call("PUT", "/v1/key/decrypt/k", sealed).json() == PLAINTEXT


@pytest.mark.parametrize("change", ("create", "rotate"))
def test_what_another_server_has_sealed_meanwhile_can_be_opened(tmp_path, change):
    """Of a change that cannot be flushed, others see the result before it has failed: nobody may take it from them."""
    flag, held = tmp_path / "unflushed", tmp_path / "unflushed.held"
    server = preloaded(KESServer(tmp_path / "kes"), tmp_path, flag)
    other = KESServer(tmp_path / "other", admin=server.admin.text)
    other.store, other.admin = server.store, server.admin
    other.write_configuration()
    with server, other, ThreadPoolExecutor(1) as pool:
        path, before = server.store / "k", None
        if change == "rotate":
            assert server.call("PUT", "/v1/key/create/k").status == 200
            before = path.read_bytes()
        flag.touch()
        held.touch()
        changing = pool.submit(server.call, "PUT", f"/v1/key/{change}/k")
        wait_until(lambda: path.exists() and path.read_bytes() != before)
        sealed = other.call("PUT", "/v1/key/encrypt/k", PLAINTEXT)
        assert sealed.status == 200, sealed
        # The server that makes the change seals nothing with it before it is durable.
        own = server.call("PUT", "/v1/key/encrypt/k", PLAINTEXT)
        assert own.status == (404 if change == "create" else 200), own
        held.unlink()
        assert changing.result().status >= 500
        flag.unlink()
        assert server.call("PUT", "/v1/key/encrypt/k", PLAINTEXT).status == (502 if change == "create" else 200)
    with server:
        assert server.call("PUT", "/v1/key/decrypt/k", sealed.json()).json() == PLAINTEXT
    if change == "rotate":
        path.write_bytes(before)
        with server:
            assert server.call("PUT", "/v1/key/decrypt/k", own.json()).json() == PLAINTEXT


def wait_until(holds):
    deadline = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)



def test_the_object_server_does_not_use_a_key_that_its_keyring_did_not_make_durable(tmp_path, fresh_server):
    flag = tmp_path / "unflushed"
    server = preloaded(fresh_server(), tmp_path, flag)
    create = "/minio/kms/v1/key/create?key-id=lost"
    with server:
        bucket = server.bucket()

        def put(key):
            return server.call("PUT", f"/{bucket}/k", {SSE: "aws:kms", KEY_ID: key}, b"content").status

        kept = server.call("POST", create.replace("lost", "kept"), region="")
        assert kept.status == 200, kept
        flag.touch()
        for _ in range(2):
            assert server.call("POST", create, region="").status >= 500
        flag.unlink()
        assert server.call("POST", create, region="").status >= 500
        assert put("lost") >= 400
        assert put("kept") == 200
    with server:
        # It is in the file, and the start has made that durable.
        assert server.call("POST", create, region="").status in (200, 409)
        assert put("lost") == 200
