"""Writes the golden vectors of the formats at rest into data/vectors, from the Python implementation of the articles."""

import hashlib
import json
from pathlib import Path

import coffer_decoder as coffer

VECTORS = Path(__file__).resolve().parents[2] / "data" / "vectors"
PROVENANCE = (
    "Made by Tests/Decoder/make_vectors.py (Python's `cryptography`), which was written from Encryption.docc and shares no"
    " code with the server. Checked by Tests/EncryptionTests (Swift, both directions) and Tests/Decoder/test_vectors.py."
)


def pattern(length):
    return bytes((7 * i + i // 256) % 256 for i in range(length))


def fixed(label, size=32):
    """Fixed bytes that look like nothing in particular."""
    return hashlib.sha256(b"coffer test vector: " + label.encode()).digest()[:size]


def package_streams():
    object_key, version = fixed("object key"), fixed("version", 16)
    cases = [(n, 0, coffer.AES_256_GCM) for n in (0, 1, 100, 65535, 65536, 65537, 131072, 196625)]
    cases += [(100, 1, coffer.AES_256_GCM), (100, 10000, coffer.AES_256_GCM)]
    cases += [(n, 3, coffer.CHACHA20_POLY1305) for n in (0, 100, 65537)]
    for length, part, cipher in cases:
        salt = fixed(f"salt {length} {part} {cipher}")
        stream = coffer.seal_stream(object_key, pattern(length), version, part, salt=salt, cipher=cipher)
        header = stream[: coffer.HEADER_SIZE]
        yield {
            "name": f"{length} bytes, part {part}, cipher {cipher}",
            "cipher": cipher,
            "object_key": object_key.hex(),
            "version_id": version.hex(),
            "part_number": part,
            "plaintext_length": length,
            "salt": salt.hex(),
            "header": header.hex(),
            "stream_key": coffer.stream_key(object_key, header, version, part).hex(),
            "sealed_length": len(stream),
            "sealed_sha256": hashlib.sha256(stream).hexdigest(),
            "last_tag": stream[-coffer.TAG_SIZE :].hex(),
        } | ({"sealed": stream.hex()} if length <= 100 else {})


def sealed_keys():
    for scheme, bucket in ((1, 1), (2, 0x0102030405060708), (3, 2**63 - 1), (4, 7)):
        binding = {"scheme": scheme, "bucket_id": bucket, "version_id": fixed(f"version {scheme}", 16)}
        data_key, nonce, key = fixed(f"data key {scheme}"), fixed(f"nonce {scheme}", 12), fixed(f"object key {scheme}")
        yield {
            "name": {1: "SSE-S3", 2: "SSE-KMS", 3: "SSE-C", 4: "DSSE-KMS"}[scheme],
            "scheme": scheme,
            "bucket_id": bucket,
            "version_id": binding["version_id"].hex(),
            "data_key": data_key.hex(),
            "nonce": nonce.hex(),
            "object_key": key.hex(),
            "key_encryption_key": coffer.key_encryption_key(data_key, **binding).hex(),
            "sealed": coffer.seal_object_key(data_key, key, nonce, **binding).hex(),
        }


def commitments():
    for number in (1, 2):
        key, version = fixed(f"customer key {number}"), fixed(f"customer version {number}", 16)
        yield {
            "customer_key": key.hex(),
            "version_id": version.hex(),
            "commitment": coffer.customer_key_commitment(key, version).hex(),
        }


def records():
    catalogue_key = fixed("catalogue key")
    for kind, number in coffer.RECORD_KINDS.items():
        row_id, nonce = fixed(f"row {kind}", 16), fixed(f"record nonce {kind}", 12)
        record, columns = pattern(number * 97), b"" if kind == "setting" else f"columns of {kind}".encode()
        yield {
            "kind": kind,
            "catalogue_key": catalogue_key.hex(),
            "row_id": row_id.hex(),
            "associated_data": columns.hex(),
            "nonce": nonce.hex(),
            "record": record.hex(),
            "record_key": coffer.record_key(catalogue_key, number, row_id).hex(),
            "sealed": coffer.seal_record(
                catalogue_key, record, nonce, kind=number, row_id=row_id, associated_data=columns
            ).hex(),
        }


def write(name, **content):
    path = VECTORS / name
    path.write_text(json.dumps({"provenance": PROVENANCE} | content, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    write("package-stream.json", plaintext="byte i is (7·i + ⌊i/256⌋) mod 256", vectors=list(package_streams()))
    write("key-sealing.json", vectors=list(sealed_keys()), commitments=list(commitments()))
    write("records.json", vectors=list(records()))
