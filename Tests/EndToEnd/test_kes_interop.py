"""A running key server and an independent implementation, `kes_keys`, open what the other has sealed.

The independent one is given the files of the key store and nothing else."""

import base64
import hashlib
import hmac
import json
import os
import struct

import pytest

import kes_keys
import make_kes_vectors
from drive import KESDrive
from kes import KESServer
from pair import KEY, Pair
from payloads import BUCKET_KEY, CONTEXT, KEY_ID, MIB, SSE, completion, context as client_context, payload

ENCODE, DECODE = lambda value: base64.b64encode(value).decode(), base64.b64decode
CIPHERS = ("AES256", "ChaCha20")
CONTEXTS = (b"", b"bucket/object", b'{"a":"b"}', bytes(range(256)))
KEYS = {"AES256": bytes(range(32)), "ChaCha20": bytes(range(200, 232))}
VERSIONS = json.loads(make_kes_vectors.FILE.read_text())
CIPHERTEXTS = json.loads((make_kes_vectors.FILE.parent / "kes-ciphertexts.json").read_text())["vectors"]


@pytest.fixture(scope="module")
def key_server(tmp_path_factory):
    """A key server whose key store had keys of every age before it was started."""
    server = KESServer(tmp_path_factory.mktemp("interop"))
    server.store.mkdir()
    for name, text in by_hand().items():
        (server.store / name).write_text(text)
    for vector in VERSIONS["stored"]:
        (server.store / f"stored-{vector['id']}").write_text(vector["value"])
    for vector in CIPHERTEXTS:
        document = {"bytes": vector["key"]}
        if vector["type"]:
            document["algorithm"] = vector["type"]
        (server.store / f"key-{vector['id']}").write_text(json.dumps(document))
    with server:
        for cipher, key in KEYS.items():
            imported = server.call("PUT", f"/v1/key/import/{cipher}", {"key": ENCODE(key), "cipher": cipher})
            assert imported.status == 200, imported
        yield server


def by_hand():
    """One key in each way that key servers have stored keys, and once with lines as an editor leaves them."""
    key, hmac_key = KEYS["AES256"], bytes(range(64, 96))
    protobuf = ENCODE(kes_keys.version_1(key, 1, hmac_key, (1705055960, 5), "a" * 64))
    return {
        "json-2022": json.dumps({"bytes": ENCODE(key)}),
        "json-undefined": json.dumps({"bytes": ENCODE(key), "algorithm": "undefined"}),
        "json-2023": json.dumps({"version": "v1", "bytes": ENCODE(key), "algorithm": "AES256-GCM_SHA256",
                                 "created_at": "2023-10-03T00:48:37.1Z", "created_by": "a" * 64}, indent=2) + "\n",
        "protobuf": protobuf,
        "protobuf-lines": "\n".join(protobuf[at:at + 64] for at in range(0, len(protobuf), 64)) + "\n",
    }


def call(key_server, name, key, **body):
    """A call that must be answered well; byte strings both ways."""
    answer = key_server.call("PUT", f"/v1/key/{name}/{key}", {field: ENCODE(value) for field, value in body.items()})
    assert answer.status == 200, answer
    return {field: DECODE(value) for field, value in answer.json().items()}


def refuse(key_server, key, ciphertext, context):
    answer = key_server.call("PUT", f"/v1/key/decrypt/{key}", {"ciphertext": ENCODE(ciphertext), "context": ENCODE(context)})
    assert answer.status == 400, answer
    assert answer.json() == {"message": "decryption failed: ciphertext is not authentic"}


def stored(key_server, key):
    return (key_server.store / key).read_text()


# --- sealed by the server

@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("context", CONTEXTS, ids=len)
def test_a_data_key_of_the_server_opens_outside(key_server, cipher, context):
    made = call(key_server, "generate", cipher, context=context)
    assert len(made["plaintext"]) == 32
    assert kes_keys.open_ciphertext(stored(key_server, cipher), made["ciphertext"], context) == (1, made["plaintext"])
    assert kes_keys.parse(stored(key_server, cipher))["versions"][0]["key"] == KEYS[cipher]
    with pytest.raises(kes_keys.coffer.NotAuthentic):
        kes_keys.open_ciphertext(stored(key_server, cipher), made["ciphertext"], context + b"x")


@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("size", (0, 1, 31, 32, 33, 65_537, 700_000))
def test_a_message_sealed_by_the_server_opens_outside(key_server, cipher, size):
    message = payload(size)
    sealed = call(key_server, "encrypt", cipher, plaintext=message, context=b"c")["ciphertext"]
    assert len(sealed) == size + 44
    assert kes_keys.open_ciphertext(stored(key_server, cipher), sealed, b"c") == (1, message)


def test_a_key_made_by_the_server_is_understood_outside(key_server):
    assert key_server.call("PUT", "/v1/key/create/made").status == 200
    document = kes_keys.parse(stored(key_server, "made"))
    told = key_server.call("GET", "/v1/key/describe/made").json()
    first, = document["versions"]
    assert first["cipher"] == told["algorithm"] and first["created_by"] == told["created_by"] == key_server.admin.text
    made = call(key_server, "generate", "made")
    assert kes_keys.open_ciphertext(stored(key_server, "made"), made["ciphertext"], b"") == (1, made["plaintext"])
    assert document["hmac_key"] not in (None, first["key"])


def test_a_code_of_the_server_is_computed_alike_outside(key_server):
    assert key_server.call("PUT", "/v1/key/create/codes").status == 200
    key = kes_keys.parse(stored(key_server, "codes"))["hmac_key"]
    for message in (b"", b"m", payload(100_000)):
        assert call(key_server, "hmac", "codes", message=message)["hmac"] == hmac.new(key, message, hashlib.sha256).digest()


def test_what_a_rotated_key_seals_and_sealed_opens_on_both_sides(key_server):
    assert key_server.call("PUT", "/v1/key/create/turned").status == 200
    before = call(key_server, "generate", "turned", context=b"c")
    assert key_server.call("PUT", "/v1/key/rotate/turned").status == 200
    after = call(key_server, "generate", "turned", context=b"c")
    for number, made in ((1, before), (2, after)):
        assert kes_keys.open_ciphertext(stored(key_server, "turned"), made["ciphertext"], b"c") == (number, made["plaintext"])
    for version in kes_keys.parse(stored(key_server, "turned"))["versions"]:
        sealed = kes_keys.seal(version["key"], version["cipher"], b"message", b"c", os.urandom(28), version["number"])
        assert call(key_server, "decrypt", "turned", ciphertext=sealed, context=b"c") == {"plaintext": b"message"}
        refuse(key_server, "turned", sealed, b"d")


# --- sealed outside

def as_json(raw, cipher):
    """What key servers answered until 2022."""
    name = {"AES256": "AES-256-GCM-HMAC-SHA-256", "ChaCha20": "ChaCha20Poly1305"}[cipher]
    return json.dumps({"aead": name, "id": "630dcd2966c4336691125448bbb25b4f", "iv": ENCODE(raw[-28:-12]),
                       "nonce": ENCODE(raw[-12:]), "bytes": ENCODE(raw[:-28])}).encode()


def as_messagepack(raw, cipher):
    """What they answered until 2024: an array of name, id, IV, nonce, sealed bytes."""
    name = {"AES256": "AES256-GCM_SHA256", "ChaCha20": "XCHACHA20-POLY1305"}[cipher].encode()
    binary = lambda value: (struct.pack(">BB", 0xC4, len(value)) if len(value) < 256
                            else struct.pack(">BH", 0xC5, len(value))) + value
    return (b"\x95" + bytes([0xA0 | len(name)]) + name + b"\xd9\x20" + b"630dcd2966c4336691125448bbb25b4f" +
            binary(raw[-28:-12]) + binary(raw[-12:]) + binary(raw[:-28]))


FORMS = (lambda raw, _: raw, as_json, as_messagepack)


@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("form", FORMS, ids=("raw", "json", "messagepack"))
@pytest.mark.parametrize("context", CONTEXTS, ids=len)
def test_what_was_sealed_outside_opens_in_the_server(key_server, cipher, form, context):
    for message in (b"", b"m", payload(32), payload(300)):
        sealed = form(kes_keys.seal(KEYS[cipher], cipher, message, context, os.urandom(28)), cipher)
        assert call(key_server, "decrypt", cipher, ciphertext=sealed, context=context) == {"plaintext": message}
        refuse(key_server, cipher, sealed, context + b"x")
    other = CIPHERS[1 - CIPHERS.index(cipher)]
    refuse(key_server, other, sealed, context)


@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize("form", FORMS, ids=("raw", "json", "messagepack"))
def test_a_change_anywhere_is_noticed(key_server, cipher, form):
    raw = kes_keys.seal(KEYS[cipher], cipher, b"message", b"c", os.urandom(28))
    for position in range(0, len(raw), 3):
        changed = raw[:position] + bytes([raw[position] ^ 1]) + raw[position + 1:]
        refuse(key_server, cipher, form(changed, cipher), b"c")
    refuse(key_server, cipher, form(raw, cipher)[:-1], b"c")


@pytest.mark.parametrize("name", by_hand())
@pytest.mark.parametrize("form", FORMS, ids=("raw", "json", "messagepack"))
def test_a_key_written_by_hand_opens_what_it_sealed_long_ago_and_seals_anew(key_server, name, form):
    sealed = form(kes_keys.seal(KEYS["AES256"], "AES256", b"old", b"c", os.urandom(28)), "AES256")
    assert call(key_server, "decrypt", name, ciphertext=sealed, context=b"c") == {"plaintext": b"old"}
    made = call(key_server, "generate", name, context=b"c")
    assert kes_keys.open_ciphertext(by_hand()[name], made["ciphertext"], b"c") == (1, made["plaintext"])
    assert stored(key_server, name) == by_hand()[name], "reading a key changes nothing"


@pytest.mark.parametrize("name", ("json-2022", "json-undefined"))
@pytest.mark.parametrize("form", FORMS[1:], ids=("json", "messagepack"))
def test_of_a_key_without_a_cipher_the_ciphertext_says_which(key_server, name, form):
    sealed = form(kes_keys.seal(KEYS["AES256"], "ChaCha20", b"old", b"c", os.urandom(28)), "ChaCha20")
    assert call(key_server, "decrypt", name, ciphertext=sealed, context=b"c") == {"plaintext": b"old"}


def test_the_age_and_maker_of_a_key_written_by_hand_are_told(key_server):
    told = key_server.call("GET", "/v1/key/describe/json-2023").json()
    assert told == {"name": "json-2023", "algorithm": "AES256", "created_at": "2023-10-03T00:48:37.1Z", "created_by": "a" * 64}
    answer = key_server.call("PUT", "/v1/key/hmac/json-2023", {"message": ""})
    assert (answer.status, answer.json()) == (409, {"message": "key does not support HMAC"})


# --- vectors

@pytest.mark.parametrize("vector", CIPHERTEXTS, ids=lambda vector: vector["id"])
def test_a_ciphertext_among_the_vectors_opens(key_server, vector):
    sealed, context, name = DECODE(vector["ciphertext"]), DECODE(vector["context"]), f"key-{vector['id']}"
    assert call(key_server, "decrypt", name, ciphertext=sealed, context=context) == {"plaintext": DECODE(vector["plaintext"])}
    refuse(key_server, name, sealed, context + b"x")


@pytest.mark.parametrize("vector", VERSIONS["sealed"], ids=lambda vector: vector["id"])
def test_a_ciphertext_of_a_later_version_among_the_vectors_opens(key_server, vector):
    sealed, context, name = DECODE(vector["ciphertext"]), DECODE(vector["context"]), f"stored-{vector['stored']}"
    assert call(key_server, "decrypt", name, ciphertext=sealed, context=context) == {"plaintext": DECODE(vector["plaintext"])}
    refuse(key_server, name, sealed, context + b"x")


@pytest.mark.parametrize("vector", VERSIONS["stored"], ids=lambda vector: vector["id"])
def test_a_stored_key_among_the_vectors_is_read(key_server, vector):
    name = f"stored-{vector['id']}"
    told = key_server.call("GET", f"/v1/key/describe/{name}").json()
    newest = kes_keys.parse(vector["value"])["versions"][-1]
    assert told["algorithm"] == (newest["cipher"] or "AES256") and told.get("created_by", "") == vector["created_by"]
    made = call(key_server, "generate", name, context=b"c")
    number, plaintext = kes_keys.open_ciphertext(vector["value"], made["ciphertext"], b"c")
    assert (number, plaintext) == (vector["versions"], made["plaintext"])
    if "hmac" in vector:
        assert call(key_server, "hmac", name, message=DECODE(vector["hmac_message"]))["hmac"] == DECODE(vector["hmac"])


# --- a drive whose keys are in the key server

KMS = {SSE: "aws:kms"}
OBJECTS = {
    "plain": ({}, b"{bucket}"), "shared": ({**KMS, BUCKET_KEY: "true"}, b"{bucket}"),
    "own": (KMS, b"{bucket}/own"), "other": ({**KMS, KEY_ID: "my-key-2"}, b"{bucket}/other"),
    "context": ({**KMS, CONTEXT: client_context({"team": "<a&b>"})}, b"{bucket}/context"),
}


@pytest.fixture(scope="module")
def drive(tmp_path_factory):
    """A drive with an object of each kind, stopped, and with it what its objects' data keys are bound to."""
    with Pair(tmp_path_factory.mktemp("drive")) as pair:
        pair.root("key", "create", "my-key-2")
        server = pair.server
        server.bucket("bound")
        for name, (headers, _) in OBJECTS.items():
            assert server.call("PUT", f"/bound/{name}", headers, payload(70_000)).status == 200
        upload = server.call("POST", "/bound/parts?uploads", KMS).find("UploadId")
        part = server.call("PUT", f"/bound/parts?partNumber=1&uploadId={upload}", body=payload(6 * MIB)).headers["etag"]
        assert server.call("POST", f"/bound/parts?uploadId={upload}", body=completion([(1, part)])).status == 200
        server.stop()
        yield KESDrive(server.drive, pair.kes.store)
        server.start()


@pytest.mark.parametrize("name", OBJECTS)
def test_a_data_key_of_a_drive_opens_with_the_context_that_is_promised(drive, name):
    row = drive.rows("SELECT * FROM data_keys WHERE id = ?", drive.version(name)["data_key"])[0]
    bucket_and_object = {"bound": "bound/" + name}
    promised = {"plain": {"bound": "bound"}, "shared": {"bound": "bound"},
                "context": {**bucket_and_object, "team": "<a&b>"}}.get(name, bucket_and_object)
    context = kes_keys.coffer.canonical_context(promised)
    kms_key = "my-key-2" if name == "other" else KEY
    assert row["kms_key"] == kms_key
    number, data_key = kes_keys.open_ciphertext((drive.store / kms_key).read_text(), row["wrapped"], context)
    assert number == 1 and len(data_key) == 32
    with pytest.raises(kes_keys.coffer.NotAuthentic):
        kes_keys.open_ciphertext((drive.store / kms_key).read_text(), row["wrapped"], b"")


@pytest.mark.parametrize("name, size", ((*((name, 70_000) for name in OBJECTS), ("parts", 6 * MIB))))
def test_an_object_of_a_drive_opens_with_the_key_store_alone(drive, name, size):
    assert drive.plaintext(name) == payload(size)
