"""Keys whose directory could not be flushed to the disk: a power cut may take them away, and what they sealed with them."""

import base64

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
        assert server.call("PUT", "/v1/key/create/lost").status == 200
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
        # The key goes on with what it surely has.
        assert (server.store / "k").read_bytes() == before
        sealed = server.call("PUT", "/v1/key/encrypt/k", PLAINTEXT).json()
        assert server.call("PUT", "/v1/key/decrypt/k", sealed).json() == PLAINTEXT
        flag.unlink()


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
