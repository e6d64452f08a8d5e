"""Writes data/vectors/kes-key-versions.json: `python Tests/Decoder/make_kes_vectors.py`. The result is always the same."""

import base64
import hashlib
import hmac
import json
from pathlib import Path

import kes_keys as kes

FILE = Path(__file__).resolve().parents[2] / "data" / "vectors" / "kes-key-versions.json"

PROVENANCE = (
    "Stored values and ciphertexts of the key server; the article KeyFormats of the module KESService describes them. Byte "
    "strings are in standard base64, times are [seconds, nanoseconds] since 1970. Written by the original KES: J2023 by its "
    "release of 2023-10-03 (the creator shortened here), P1 by commit 63649d0 of 2025-05-27. Read by that commit: KV. J1, J2022, JU and JX follow its "
    "documented JSON. All others, whatever has more than one version among them, were computed by the independent Python "
    "implementation Tests/Decoder/kes_keys.py."
)

K1, K2, K3 = bytes(range(32)), bytes(range(255, 223, -1)), bytes(range(100, 132))
HMAC = bytes(range(32, 64))
RANDOM = bytes(range(0x40, 0x5C))
CREATOR = "3ecfcdf38fcbe141ae26a1030f81e96b753365a46760ae6b578698a97c59fd22"
OTHER = "a050837d85070582ccf7394b0988847cc312cb88259b894899f6f239cf1791a5"
NEVER = (-62135596800, 0)


def b64(value):
    return base64.b64encode(value).decode()


def stored(name, value, created_at=None, hmac_message=None):
    document = kes.parse(value)
    first = document["versions"][0]
    vector = {"id": name, "value": value, "key": b64(first["key"]), "cipher": first["cipher"], "created_at": created_at,
              "created_by": first["created_by"], "versions": len(document["versions"])}
    if document["hmac_key"]:
        message = hmac_message or b""
        vector |= {"hmac_message": b64(message), "hmac": b64(hmac.new(document["hmac_key"], message, hashlib.sha256).digest())}
    return vector


def sealed(name, key, version, context, plaintext):
    found = next(v for v in kes.parse(key["value"])["versions"] if v["number"] == version)
    ciphertext = kes.seal(found["key"], found["cipher"] or "AES256", plaintext, context, RANDOM, version)
    return {"id": name, "stored": key["id"], "version": version, "context": b64(context), "plaintext": b64(plaintext),
            "ciphertext": b64(ciphertext)}


def document():
    one = kes.version_1(K1, 1, HMAC, (1705055960, 886816000), CREATOR)
    two = one + kes.later_version(2, K2, 1, (1800000000, 5), OTHER)
    unrecorded = kes.version_1(K2, 1, HMAC, NEVER, "") + kes.number(14, 1)
    three = unrecorded + kes.later_version(2, K3, 1, (1800000000, 0), OTHER) + kes.later_version(3, K1, 2, (1900000000, 1), "")
    keys = [
        stored("J1", json.dumps({"bytes": b64(K2)}, separators=(",", ":"))),
        stored("J2022", json.dumps({"bytes": b64(K1), "algorithm": "AES256-GCM_SHA256", "created_at": "2022-05-06T07:08:09.5Z",
                                    "created_by": CREATOR}, separators=(",", ":")), [1651820889, 500000000]),
        stored("J2023", '{"version":"v1","bytes":"X+PnPtHRzf8bqwmhjpXEl1SRKnzeNGcoPLQa521hNwA=",'
                        '"created_at":"2026-11-21T00:11:50.016798046Z","created_by":"33d2"}', [1795219910, 16798046]),
        stored("JU", json.dumps({"bytes": b64(K1), "algorithm": "undefined", "created_by": CREATOR}) + "\n"),
        stored("JX", json.dumps({"bytes": b64(K2), "algorithm": "XCHACHA20-POLY1305", "created_at": "2022-05-06T07:08:09Z"}),
               [1651820889, 0]),
        stored("KV", b64(one), [1705055960, 886816000], b"Hello World"),
        stored("P1", "CiQKIKlISyd9SBJurOm7rvkwtIBUkv7WpGgtxXXvZbuemmasEAESJAogS/new0Qcn8NqGkhYrSs/HibqZgaQK7HIw3dvi0J6d2gQARoMC"
                     "JDMg9gGENn50ucCIkBkODg5ODRiOTBiNzc2YzEwMmJkNTZmZGFkYjJjODFiMzdjN2MwMTljOTczZTI3ODc0NzZhOGJhMmRhZjNmOTBi",
               [1795221008, 754236633]),
        stored("R2", b64(two), [1705055960, 886816000]),
        stored("R3", b64(three), [NEVER[0], 0]),
    ]
    r2, r3 = keys[-2:]
    context = b"bucket/object"
    ciphertexts = [
        sealed("R2-1", r2, 1, context, b"Hello World"),
        sealed("R2-2", r2, 2, context, b"Hello World"),
        sealed("R2-2-data-key", r2, 2, b"", bytes(32)),
        sealed("R2-2-empty", r2, 2, context, b""),
        sealed("R3-2", r3, 2, context, b"Hello World"),
        sealed("R3-3", r3, 3, context, b"Hello World"),
    ]
    return {"provenance": PROVENANCE, "stored": keys, "sealed": ciphertexts}


def text():
    return json.dumps(document(), indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
