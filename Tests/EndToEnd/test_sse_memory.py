"""What is left of customers' keys (SSE-C) in the server's memory once their requests are over."""

import base64
import hashlib
import secrets
import time

import pytest

import wire
from memory import found, memory
from payloads import KIB, payload
from wire import RawConnection

PATIENCE_SECONDS = 10
REQUESTS = 100
KEY_HEADER = "x-amz-server-side-encryption-customer-key"


@pytest.fixture
def upstream(fresh_server):
    """TLS ends before it: what the TLS library leaves of its records is its own affair."""
    with fresh_server(arguments=["--tls-terminated-upstream"], debug=False) as server:
        try:
            next(memory(server.process))
        except PermissionError:
            pytest.skip("nobody but the superuser may look, which is as it should be")
        yield server


def headers(key):
    return {"x-amz-server-side-encryption-customer-algorithm": "AES256", KEY_HEADER: base64.b64encode(key).decode(),
            KEY_HEADER + "-md5": base64.b64encode(hashlib.md5(key).digest()).decode()}


def head(server, method, target, key, length=None):
    return wire.signed_head(server, method, target, length, headers(key))


def marks(**keys):
    return {name: key for name, key in keys.items()} | {
        f"{name} in base64": base64.b64encode(key) for name, key in keys.items()}


def assert_nothing_is_left(server, marks):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (left := found(server.process, marks)) and time.monotonic() < deadline:
        # Connections end a moment after their clients left.
        time.sleep(0.2)
    assert not left


def test_nothing_of_a_used_customer_key_is_left(upstream):
    key, other = secrets.token_bytes(32), secrets.token_bytes(32)
    bucket = upstream.bucket()
    for number in range(REQUESTS // 4):
        body = payload((7, 100 * KIB)[number % 2])
        assert upstream.call("PUT", f"/{bucket}/k{number}", headers(key), body).status == 200
        assert upstream.call("GET", f"/{bucket}/k{number}", headers(key)).body == body
        assert upstream.call("HEAD", f"/{bucket}/k{number}", headers(key)).status == 200
        assert upstream.call("GET", f"/{bucket}/k{number}", headers(other)).status == 403
        of_source = {name.replace("x-amz-", "x-amz-copy-source-"): value for name, value in headers(key).items()}
        copied = {"x-amz-copy-source": f"{bucket}/k{number}", **of_source, **headers(other)}
        assert upstream.call("PUT", f"/{bucket}/copy{number}", copied).status == 200
    for number in range(REQUESTS):
        assert upstream.call("PUT", f"/{bucket}/plain{number}", body=b"x").status == 200
    assert_nothing_is_left(upstream, marks(key=key, other=other))


def test_nothing_is_left_of_a_head_however_it_comes_and_ends(upstream):
    bucket = upstream.bucket()
    keys = {name: secrets.token_bytes(32) for name in
            ("cut", "dripping", "refused", "unsigned", "unfinished", "pipelined")}
    target = f"/{bucket}/k"

    cut = head(upstream, "PUT", target, keys["cut"], 1) + b"x"
    place = cut.index(base64.b64encode(keys["cut"]))
    with RawConnection(upstream) as raw:
        for piece in (cut[:place + 20], cut[place + 20:]):
            raw.send(piece)
            time.sleep(0.1)
        assert raw.answer().status == 200
    with RawConnection(upstream) as raw:
        for byte in head(upstream, "GET", target, keys["dripping"]):
            raw.send(bytes([byte]))
        assert raw.answer().status == 403
    with RawConnection(upstream) as raw:
        raw.send(head(upstream, "GET", target, keys["refused"])[:-2] + b"bad header\r\n\r\n")
        assert raw.answer().status == 400
    with RawConnection(upstream) as raw:
        raw.send(head(upstream, "GET", target, keys["unsigned"]).replace(b"Signature=", b"Signature=0"))
        assert raw.answer().status in (400, 403)
    with RawConnection(upstream) as raw:
        raw.send(head(upstream, "GET", target, keys["unfinished"])[:-2])
        time.sleep(0.1)
    with RawConnection(upstream) as raw:
        raw.send(head(upstream, "HEAD", target, keys["pipelined"]) * 5)
        for _ in range(5):
            assert raw.answer("HEAD").status == 403
    assert_nothing_is_left(upstream, marks(**keys))


def test_the_search_finds_what_is_there(upstream):
    """A part of a head that has come and waits for the rest, which is no secret."""
    word = secrets.token_hex(20)
    with RawConnection(upstream) as raw:
        raw.send(f"GET / HTTP/1.1\r\nHost: {upstream.host}\r\nX-Word: {word}".encode())
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not found(upstream.process, {"word": word.encode()}) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert found(upstream.process, {"word": word.encode()}) == {"word"}
