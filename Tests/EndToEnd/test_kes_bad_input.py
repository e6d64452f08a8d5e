"""What `coffer-kes server` answers to whatever is not as it should be; and that the next request finds it as before."""

import base64
import contextlib
import http.client
import json
import os
import shutil
import socket
import ssl
import time
from urllib.parse import quote, unquote

import pytest

from kes import Identity, KESServer, exchange

POLICY = "policy:\n  app:\n    allow: [/v1/key/generate/my-*]\n    identities: [{identity}]\n"


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    made = KESServer(tmp_path_factory.mktemp("kes"))
    made.app = Identity(made.directory / "clients", "app")
    made.policies = POLICY.format(identity=made.app.text)
    made.write_configuration()
    with made:
        assert made.call("PUT", "/v1/key/create/my-key").status == 200
        yield made


@pytest.fixture(autouse=True)
def works_as_before(request):
    """Whatever a test of the shared server has sent, the next client is served."""
    yield
    if "keys" in request.fixturenames:
        made = request.getfixturevalue("keys")
        assert made.call("PUT", "/v1/key/generate/my-key").status == 200


def assert_refused(answer, status, message):
    assert (answer.status, answer.body) == (status, f'{{"message":"{message}"\n}}'.encode()), answer


# --- who asks

def test_no_certificate_is_no_connection(keys):
    with pytest.raises((ssl.SSLError, ConnectionError, http.client.RemoteDisconnected)):
        keys.call("GET", "/version", identity=None)


def test_an_unknown_identity_may_do_nothing(keys):
    stranger = Identity(keys.directory / "clients", "stranger")
    for path in ("/v1/key/generate/my-key", "/v1/key/generate/no-such-key"):
        assert_refused(keys.call("PUT", path, identity=stranger), 403, "not authorized: insufficient permissions")


def test_a_key_outside_of_the_policy_is_refused_whether_or_not_it_is_there(keys):
    assert keys.call("PUT", "/v1/key/generate/my-key", identity=keys.app).status == 200
    assert keys.call("PUT", "/v1/key/create/other").status == 200
    for path in ("/v1/key/generate/other", "/v1/key/generate/nothing", "/v1/key/decrypt/my-key"):
        answer = keys.call("PUT", path, b"{}", identity=keys.app)
        assert_refused(answer, 403, "not authorized: insufficient permissions")


def test_two_leaf_certificates_are_one_too_many(keys):
    other = Identity(keys.directory / "clients", "other")
    both = keys.directory / "both.crt"
    both.write_bytes(keys.admin.certificate.read_bytes() + other.certificate.read_bytes())
    context = ssl.create_default_context(cafile=str(keys.certificate.certificate))
    context.load_cert_chain(str(both), str(keys.admin.key))
    connection = http.client.HTTPSConnection("127.0.0.1", keys.port, context=context, timeout=10)
    answer = exchange(connection, "PUT", "/v1/key/generate/my-key", close=True)
    assert_refused(answer, 400, "tls: received more than one client certificate")


# --- what is asked

DECRYPT = "/v1/key/decrypt/my-key"


@pytest.mark.parametrize("body", (
    b"", b"{", b'{"ciphertext":', b'{"ciphertext":"AA=="', b"[]", b'"AA=="', b"nonsense", b"\xff\xfe",
    b'{"ciphertext":"%%%"}', b'{"ciphertext":"AAA"}', b'{"ciphertext":7}', b'{"ciphertext":{}}',
    b'{"ciphertext":"AA==","context":"*"}', b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
), ids=lambda body: body[:24].decode("latin-1"))
def test_a_body_that_is_no_document_is_refused(keys, body):
    assert_refused(keys.call("PUT", DECRYPT, body), 400, "invalid request body")


def test_what_was_never_sealed_is_not_authentic(keys):
    for ciphertext in (b"", b"\0" * 60, os.urandom(77)):
        answer = keys.call("PUT", DECRYPT, {"ciphertext": base64.b64encode(ciphertext).decode()})
        assert_refused(answer, 400, "decryption failed: ciphertext is not authentic")


def test_what_was_sealed_does_not_open_under_a_later_key_of_the_same_name(keys):
    assert keys.call("PUT", "/v1/key/create/once").status == 200
    sealed = keys.call("PUT", "/v1/key/encrypt/once", {"plaintext": "AAAA"}).json()
    assert keys.call("DELETE", "/v1/key/delete/once").status == 200
    assert keys.call("PUT", "/v1/key/decrypt/once", sealed).status == 404
    assert keys.call("PUT", "/v1/key/create/once").status == 200
    assert keys.call("PUT", "/v1/key/decrypt/once", sealed).status == 400


def test_a_body_has_a_million_bytes_at_most(keys):
    """The context too, which is all of it here: just below goes, above it is refused without being read to its end."""
    context = base64.b64encode(b"c" * 740_000).decode()
    answer = keys.call("PUT", "/v1/key/generate/my-key", {"context": context})
    assert answer.status == 200
    sealed = answer.json()
    opened = keys.call("PUT", DECRYPT, {"ciphertext": sealed["ciphertext"], "context": context})
    assert opened.json()["plaintext"] == sealed["plaintext"]
    # Of a much longer one the connection's end may overtake the answer.
    context = base64.b64encode(b"c" * (1 << 20)).decode()
    assert_refused(keys.call("PUT", "/v1/key/generate/my-key", {"context": context}), 400, "invalid request body")


def test_an_oversized_body_in_chunks_is_refused_too(keys):
    connection = keys.connect(keys.admin)
    pieces = (b"x" * 65_536 for _ in range(64))
    with contextlib.suppress(OSError):  # It may close before all of it has been sent.
        connection.request("PUT", DECRYPT, body=pieces, encode_chunked=True)
        answer = connection.getresponse()
        assert answer.status == 400
    connection.close()


@pytest.mark.parametrize("name", ("a" * 81, "a.b", "ä", "a b", "my-key*", "%00", "a%2Fb"))
def test_names_that_keys_cannot_have(keys, name):
    path = "/v1/key/create/" + (name if "%" in name else quote(name))
    answer = keys.call("PUT", path)
    assert answer.status in (400, 404), answer
    assert b"message" in answer.body or answer.status == 404
    assert unquote(name) not in keys.call("GET", "/v1/key/list/*").json()["names"]


def test_a_name_of_80_bytes_is_the_longest(keys):
    assert keys.call("PUT", "/v1/key/create/" + "a" * 80).status == 200
    assert keys.call("DELETE", "/v1/key/delete/" + "a" * 80).status == 200


@pytest.mark.parametrize("method, path", (
    ("GET", "/v1/key/create/x"), ("DELETE", "/v1/key/generate/x"), ("PUT", "/version"), ("PATCH", "/v1/key/list/*"),
))
def test_other_methods_are_not_allowed(keys, method, path):
    answer = keys.call(method, path)
    assert answer.status == 405, answer


# --- how it is asked

def raw(keys):
    context = ssl.create_default_context(cafile=str(keys.certificate.certificate))
    context.load_cert_chain(str(keys.admin.certificate), str(keys.admin.key))
    plain = socket.create_connection(("127.0.0.1", keys.port), timeout=20)
    return context.wrap_socket(plain, server_hostname="127.0.0.1")


def read_to_end(connection):
    received = b""
    try:
        while piece := connection.recv(65_536):
            received += piece
    except (ConnectionError, ssl.SSLError):
        pass
    return received


def test_a_head_that_trickles_in_is_cut_off(keys):
    """Others are served meanwhile."""
    with raw(keys) as connection:
        connection.sendall(b"GET /version HTTP/1.1\r\nHost: a\r\nX: ")
        begin = time.monotonic()
        ended = False
        while not ended and time.monotonic() - begin < 20:
            assert keys.call("GET", "/version").status == 200
            try:
                connection.sendall(b"y")
            except (ConnectionError, ssl.SSLError):
                ended = True
            time.sleep(0.3)
            connection.settimeout(0.01)
            try:
                if connection.recv(4096).startswith(b"HTTP/1.1 408"):
                    ended = True
            except (TimeoutError, ssl.SSLWantReadError):
                pass
            except (ConnectionError, ssl.SSLError):
                ended = True
            connection.settimeout(20)
        assert ended


@pytest.mark.parametrize("head", (
    b"GET /version HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"GET /version HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    b"GET /version HTTP/1.1\nHost: a\n\n", b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n", b"\x16\x03\x01\r\n\r\n",
))
def test_what_has_two_readings_is_refused_and_the_connection_closed(keys, head):
    with raw(keys) as connection:
        connection.sendall(head)
        assert read_to_end(connection).startswith(b"HTTP/1.1 400")


def test_plain_http_is_told_so(keys):
    with socket.create_connection(("127.0.0.1", keys.port), timeout=20) as connection:
        connection.sendall(b"GET /version HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b"Client sent an HTTP request to an HTTPS server." in read_to_end(connection)


# --- the key store

@pytest.fixture
def own(tmp_path_factory):
    with KESServer(tmp_path_factory.mktemp("kes"), sections="cache:\n  expiry:\n    any: 100ms\n    unused: 100ms\n") as made:
        assert made.call("PUT", "/v1/key/create/my-key").status == 200
        yield made


def forgotten(own, path="/v1/key/generate/my-key"):
    """An answer from the store, after the key has left the memory."""
    time.sleep(0.3)
    return own.call("PUT", path)


@pytest.mark.parametrize("content", (
    b"", b"\0" * 100, b"kes:v1:nonsense", b'{"bytes":"AAAA"}', b"{", b"\xff" * 5000, b"x" * (2 << 20)))
def test_a_key_file_that_is_damaged_is_not_a_key(own, content):
    file = own.store / "my-key"
    whole = file.read_bytes()
    file.chmod(0o600)
    file.write_bytes(content)
    assert_refused(forgotten(own), 502, "failed to read key")
    own.wait_for_output("key=my-key", log=True)
    file.write_bytes(whole)
    assert forgotten(own).status == 200


def test_a_directory_that_is_gone_is_a_failure_and_no_missing_key(own):
    aside = own.store.with_name("aside")
    own.store.rename(aside)
    assert_refused(forgotten(own), 502, "failed to read key")
    assert own.call("GET", "/v1/ready").status in (502, 504)
    assert own.call("PUT", "/v1/key/create/new").status == 502
    aside.rename(own.store)
    assert forgotten(own).status == 200
    assert own.call("GET", "/v1/ready").status == 200


def test_a_directory_that_takes_no_key_says_so_and_goes_on_reading(own):
    """A file stands where the new key's directory entry should go: root, as which tests may run, may write everywhere."""
    (own.store / "taken").mkdir()
    answer = own.call("PUT", "/v1/key/create/taken")
    assert answer.status in (400, 502), answer
    assert forgotten(own).status == 200
    shutil.rmtree(own.store / "taken")
    assert own.call("PUT", "/v1/key/create/taken").status == 200
    assert json.loads(own.call("GET", "/v1/key/list/taken*").body)["names"] == ["taken"]
