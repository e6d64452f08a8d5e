"""The golden vectors in data/vectors, read and written by the independent implementation: `pytest Tests/Decoder`."""

import base64
import hashlib
import json
from pathlib import Path

import coffer_decoder as coffer
import pytest
from make_vectors import pattern

VECTORS = Path(__file__).resolve().parents[2] / "data" / "vectors"


def load(name):
    return json.loads((VECTORS / name).read_text())


def unhexed(vector):
    """The vector with its hexadecimal fields as bytes."""
    texts = {"name", "kind", "sealed_sha256"}
    return {key: bytes.fromhex(value) if isinstance(value, str) and key not in texts else value for key, value in vector.items()}


@pytest.mark.parametrize("vector", load("package-stream.json")["vectors"], ids=lambda v: v["name"])
def test_package_stream(vector):
    v = unhexed(vector)
    plaintext = pattern(v["plaintext_length"])
    stream = coffer.seal_stream(
        v["object_key"], plaintext, v["version_id"], v["part_number"], salt=v["salt"], cipher=v["cipher"]
    )
    assert stream[:56] == v["header"]
    assert coffer.stream_key(v["object_key"], v["header"], v["version_id"], v["part_number"]) == v["stream_key"]
    assert len(stream) == v["sealed_length"] == coffer.sealed_length(len(plaintext))
    assert hashlib.sha256(stream).hexdigest() == v["sealed_sha256"]
    assert stream[-16:] == v["last_tag"]
    assert v.get("sealed", stream) == stream
    assert coffer.open_stream(v["object_key"], stream, v["version_id"], v["part_number"]) == plaintext


def test_a_stream_opens_only_as_what_it_is():
    v = unhexed(load("package-stream.json")["vectors"][2])
    stream, key, version = v["sealed"], v["object_key"], v["version_id"]
    for i in range(len(stream)):
        flipped = stream[:i] + bytes([stream[i] ^ 1]) + stream[i + 1 :]
        with pytest.raises((coffer.BadFormat, coffer.NotAuthentic)):
            coffer.open_stream(key, flipped, version, 0)
    with pytest.raises(coffer.NotAuthentic):
        coffer.open_stream(key, stream, version, 1)
    with pytest.raises(coffer.NotAuthentic):
        coffer.open_stream(key, stream, bytes(16), 0)


@pytest.mark.parametrize("vector", load("key-sealing.json")["vectors"], ids=lambda v: v["name"])
def test_sealed_object_key(vector):
    v = unhexed(vector)
    binding = {name: v[name] for name in ("scheme", "bucket_id", "version_id")}
    assert coffer.key_encryption_key(v["data_key"], **binding) == v["key_encryption_key"]
    assert coffer.seal_object_key(v["data_key"], v["object_key"], v["nonce"], **binding) == v["sealed"]
    assert coffer.open_object_key(v["data_key"], v["sealed"], **binding) == v["object_key"]
    for other in ({"scheme": 9}, {"bucket_id": 0}, {"version_id": bytes(16)}):
        with pytest.raises(coffer.NotAuthentic):
            coffer.open_object_key(v["data_key"], v["sealed"], **(binding | other))


@pytest.mark.parametrize("vector", load("key-sealing.json")["commitments"])
def test_commitment(vector):
    v = unhexed(vector)
    assert coffer.customer_key_commitment(v["customer_key"], v["version_id"]) == v["commitment"]


@pytest.mark.parametrize("vector", load("records.json")["vectors"], ids=lambda v: v["kind"])
def test_record(vector):
    v = unhexed(vector)
    row = {"kind": coffer.RECORD_KINDS[v["kind"]], "row_id": v["row_id"], "associated_data": v["associated_data"]}
    assert coffer.record_key(v["catalogue_key"], row["kind"], v["row_id"]) == v["record_key"]
    assert coffer.seal_record(v["catalogue_key"], v["record"], v["nonce"], **row) == v["sealed"]
    assert coffer.open_record(v["catalogue_key"], v["sealed"], **row) == v["record"]


# Accepted by a real KES: master key, algorithm, context, plaintext, ciphertext (Base64).
WRAPPED = {
    "AES256": (
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "AES256", "YnVja2V0L29iamVjdA==", "SGVsbG8gV29ybGQ=",
        "wYSiIlFvgRXhP9Bmj0OBHkOliIeccflRmPqZQEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaWw==",
    ),
    "ChaCha20": (
        "//79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eA=", "ChaCha20", "YnVja2V0L29iamVjdA==", "SGVsbG8gV29ybGQ=",
        "kdnrNSCb9YP1QVHmc+VgemsHnP9ZiL4WJ86AQEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaWw==",
    ),
    "JSON": (
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "AES256", "YnVja2V0L29iamVjdA==", "SGVsbG8gV29ybGQ=",
        "eyJhZWFkIjoiQUVTLTI1Ni1HQ00tSE1BQy1TSEEtMjU2IiwiaWQiOiI2MzBkY2QyOTY2YzQzMzY2OTExMjU0NDhiYmIyNWI0ZiIsIml2Ijoi"
        "UUVGQ1EwUkZSa2RJU1VwTFRFMU9Udz09Iiwibm9uY2UiOiJVRkZTVTFSVlZsZFlXVnBiIiwiYnl0ZXMiOiJ3WVNpSWxGdmdSWGhQOUJtajBP"
        "QkhrT2xpSWVjY2ZsUm1QcVoifQ==",
    ),
    "MessagePack": (
        "//79/Pv6+fj39vX08/Lx8O/u7ezr6uno5+bl5OPi4eA=", "ChaCha20", "YnVja2V0L29iamVjdA==", "SGVsbG8gV29ybGQ=",
        "lbJYQ0hBQ0hBMjAtUE9MWTEzMDXZIDE4NjVjMDA4MzFlNzNmN2VlMjNmYzEzY2IyZDBmNTg4xBBAQUJDREVGR0hJSktMTU5PxAxQUVJTVFVW"
        "V1hZWlvEG5HZ6zUgm/WD9UFR5nPlYHprB5z/WYi+FifOgA==",
    ),
}


@pytest.mark.parametrize("layout", WRAPPED)
def test_wrapped_data_key(layout):
    master, algorithm, context, plaintext, wrapped = WRAPPED[layout]
    decode = base64.b64decode
    assert coffer.open_data_key(decode(master), decode(wrapped), decode(context), algorithm=algorithm) == decode(plaintext)
    with pytest.raises(coffer.NotAuthentic):
        coffer.open_data_key(decode(master), decode(wrapped), b"other", algorithm=algorithm)


def test_wrapping_and_context():
    wrapped = coffer.wrap_data_key(bytes(32), bytes(range(32)), b"{}", bytes(16), bytes(12))
    assert len(wrapped) == 76 and coffer.open_data_key(bytes(32), wrapped, b"{}") == bytes(range(32))
    assert coffer.canonical_context({"b": "<x>&é", "a": "1"}) == '{"a":"1","b":"\\u003cx\\u003e\\u0026é"}'.encode()
