"""Stored keys and ciphertexts of the key server, by the independent implementation: `pytest Tests/Decoder`."""

import base64
import json

import coffer_decoder as coffer
import kes_keys as kes
import make_kes_vectors
import pytest

DECODE = base64.b64decode
CIPHERTEXTS = json.loads((make_kes_vectors.FILE.parent / "kes-ciphertexts.json").read_text())["vectors"]
VERSIONS = json.loads(make_kes_vectors.FILE.read_text())
STORED = {vector["id"]: vector for vector in VERSIONS["stored"]}


def stored_json(vector):
    return json.dumps({"bytes": vector["key"], "algorithm": vector["type"]})


def test_the_vectors_are_what_their_maker_writes():
    assert make_kes_vectors.FILE.read_text() == make_kes_vectors.text()


def test_the_published_value_is_among_them():
    assert STORED["KV"]["value"] == (
        "CiQKIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fEAESJAogICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8QARoMCNithK0GEID67qYD"
        "IkAzZWNmY2RmMzhmY2JlMTQxYWUyNmExMDMwZjgxZTk2Yjc1MzM2NWE0Njc2MGFlNmI1Nzg2OThhOTdjNTlmZDIy")
    assert STORED["KV"]["hmac"] == "z7qwEmYMolZ+4ObWeNpuOTZmFjyazt/txHZcMi1tr48="


@pytest.mark.parametrize("vector", CIPHERTEXTS, ids=lambda v: v["id"])
def test_every_form_of_version_1_opens(vector):
    version, plaintext = kes.open_ciphertext(stored_json(vector), DECODE(vector["ciphertext"]), DECODE(vector["context"]))
    assert version == 1 and plaintext == DECODE(vector["plaintext"])
    with pytest.raises(coffer.NotAuthentic):
        kes.open_ciphertext(stored_json(vector), DECODE(vector["ciphertext"]), b"other")


@pytest.mark.parametrize("name", ("V6", "V7", "V8", "V9"))
def test_an_unrecorded_cipher_is_the_declared_one(name):
    vector = next(v for v in CIPHERTEXTS if v["id"] == name)
    stored = json.dumps({"bytes": vector["key"]})
    assert kes.open_ciphertext(stored, DECODE(vector["ciphertext"]), DECODE(vector["context"]))[1] == DECODE(vector["plaintext"])


@pytest.mark.parametrize("vector", VERSIONS["sealed"], ids=lambda v: v["id"])
def test_every_version_opens(vector):
    stored, ciphertext, context = STORED[vector["stored"]]["value"], DECODE(vector["ciphertext"]), DECODE(vector["context"])
    assert kes.open_ciphertext(stored, ciphertext, context) == (vector["version"], DECODE(vector["plaintext"]))
    for position in range(len(ciphertext)):
        changed = ciphertext[:position] + bytes([ciphertext[position] ^ 1]) + ciphertext[position + 1:]
        with pytest.raises(coffer.NotAuthentic):
            kes.open_ciphertext(stored, changed, context)


def test_what_came_before_a_rotation_is_a_prefix():
    assert DECODE(STORED["R2"]["value"]).startswith(DECODE(STORED["KV"]["value"]))
    first = kes.parse(STORED["R2"]["value"])["versions"][0]
    assert first == kes.parse(STORED["KV"]["value"])["versions"][0]
