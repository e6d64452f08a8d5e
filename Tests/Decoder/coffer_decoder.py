"""An independent reader (and writer, for golden vectors) of Coffer's formats at rest.

Written from the articles in Sources/Encryption/Encryption.docc, not from the Swift code; it needs only Python and the
package `cryptography`. From the master key down to object bytes:

    data_key   = open_data_key(master_key, wrapped, context)
    object_key = open_object_key(data_key, sealed_key, scheme=SSE_S3, bucket_id=…, version_id=…)
    plaintext  = open_stream(object_key, blob, version_id, part_number=0)

Whatever is not authentic raises `NotAuthentic`; what is not in the format at all raises `BadFormat`.
"""

import base64
import hashlib
import hmac
import json
import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

PACKAGE_SIZE = 65536
TAG_SIZE = 16
HEADER_SIZE = 56
MAXIMUM_PLAINTEXT = 1 << 48
MAGIC = b"COFFERPS"

AES_256_GCM = 0
CHACHA20_POLY1305 = 1

SSE_S3, SSE_KMS, SSE_C, DSSE_KMS = 1, 2, 3, 4
RECORD_KINDS = {"object": 1, "bucket": 2, "upload": 3, "part": 4, "manifest": 5, "setting": 6, "event": 7, "account": 8,
                "history": 9}


class BadFormat(Exception):
    pass


class NotAuthentic(Exception):
    pass


# Primitives


def hmac_sha256(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def hkdf_sha256(key, salt, info):
    """RFC 5869, 32 bytes."""
    return hmac_sha256(hmac_sha256(salt, key), info + b"\x01")


def _aead(cipher, key):
    if cipher == AES_256_GCM:
        return AESGCM(key)
    if cipher == CHACHA20_POLY1305:
        return ChaCha20Poly1305(key)
    raise BadFormat(f"unknown cipher {cipher}")


def _open(aead, nonce, sealed, associated_data=b""):
    if len(sealed) < TAG_SIZE:
        raise NotAuthentic("shorter than a tag")
    try:
        return aead.decrypt(nonce, sealed, associated_data or None)
    except InvalidTag:
        raise NotAuthentic("the tag does not match") from None


# Object keys (KeyHierarchy)


def key_encryption_key(data_key, *, scheme, bucket_id, version_id):
    info = b"coffer/v1 key-encryption key" + struct.pack(">Bq", scheme, bucket_id)
    return hkdf_sha256(data_key, salt=version_id, info=info)


def seal_object_key(data_key, object_key, nonce, *, scheme, bucket_id, version_id):
    kek = key_encryption_key(data_key, scheme=scheme, bucket_id=bucket_id, version_id=version_id)
    return nonce + AESGCM(kek).encrypt(nonce, object_key, None)


def open_object_key(data_key, sealed, *, scheme, bucket_id, version_id):
    if len(sealed) != 60:
        raise BadFormat("a sealed object key has 60 bytes")
    kek = key_encryption_key(data_key, scheme=scheme, bucket_id=bucket_id, version_id=version_id)
    return _open(AESGCM(kek), sealed[:12], sealed[12:])


def customer_key_commitment(customer_key, version_id):
    return hmac_sha256(customer_key, b"coffer/v1 customer-key commitment" + version_id)


def outer_object_key(catalogue_key, identity):
    """The key of the outer of an object's two layers (DSSE-KMS)."""
    return hmac_sha256(catalogue_key, b"coffer/v1 outer object key" + identity)


# Package streams (PackageFormat)


def package_count(plaintext_length):
    return max(1, -(-plaintext_length // PACKAGE_SIZE))


def sealed_length(plaintext_length):
    return HEADER_SIZE + plaintext_length + TAG_SIZE * package_count(plaintext_length)


def make_header(cipher, plaintext_length, salt):
    assert len(salt) == 32 and 0 <= plaintext_length <= MAXIMUM_PLAINTEXT
    return MAGIC + struct.pack(">BBHIQ", 1, cipher, 0, PACKAGE_SIZE, plaintext_length) + salt


def parse_header(header):
    """(cipher, plaintext length, salt) of the 56 bytes in front of a stream."""
    if len(header) != HEADER_SIZE or header[:8] != MAGIC:
        raise BadFormat("no header of a package stream")
    version, cipher, reserved, package_size, length = struct.unpack(">BBHIQ", header[8:24])
    if version != 1:
        raise BadFormat(f"version {version}")
    if cipher not in (AES_256_GCM, CHACHA20_POLY1305) or reserved or package_size != PACKAGE_SIZE:
        raise BadFormat("unknown cipher, package size, or reserved bits")
    if length > MAXIMUM_PLAINTEXT:
        raise BadFormat("too long")
    return cipher, length, header[24:56]


def stream_key(object_key, header, version_id, part_number):
    info = b"coffer/v1 package stream" + header + version_id + struct.pack(">I", part_number)
    return hkdf_sha256(object_key, salt=header[24:56], info=info)


def package_nonce(number, count):
    return number.to_bytes(11, "big") + (b"\x01" if number == count - 1 else b"\x00")


def seal_stream(object_key, plaintext, version_id, part_number=0, *, salt, cipher=AES_256_GCM):
    header = make_header(cipher, len(plaintext), salt)
    aead = _aead(cipher, stream_key(object_key, header, version_id, part_number))
    count = package_count(len(plaintext))
    packages = [
        aead.encrypt(package_nonce(p, count), plaintext[p * PACKAGE_SIZE : (p + 1) * PACKAGE_SIZE], None)
        for p in range(count)
    ]
    return header + b"".join(packages)


def open_stream(object_key, stream, version_id, part_number=0):
    """The plaintext of a whole stream."""
    cipher, length, _ = parse_header(stream[:HEADER_SIZE])
    if len(stream) != sealed_length(length):
        raise NotAuthentic("the stream is not as long as its header says")
    return b"".join(open_packages(object_key, stream, version_id, part_number, range(package_count(length))))


def open_packages(object_key, stream, version_id, part_number, numbers):
    """The plaintext of single packages, each by itself."""
    header = stream[:HEADER_SIZE]
    cipher, length, _ = parse_header(header)
    aead = _aead(cipher, stream_key(object_key, header, version_id, part_number))
    count = package_count(length)
    for p in numbers:
        start = HEADER_SIZE + p * (PACKAGE_SIZE + TAG_SIZE)
        size = min(PACKAGE_SIZE, length - p * PACKAGE_SIZE) + TAG_SIZE
        yield _open(aead, package_nonce(p, count), stream[start : start + size])


# Records (KeyHierarchy)


def record_key(catalogue_key, kind, row_id):
    return hmac_sha256(catalogue_key, b"coffer/v1 record" + bytes([1, kind]) + row_id)


def seal_record(catalogue_key, record, nonce, *, kind, row_id, associated_data):
    return b"\x01" + nonce + AESGCM(record_key(catalogue_key, kind, row_id)).encrypt(nonce, record, associated_data or None)


def open_record(catalogue_key, sealed, *, kind, row_id, associated_data):
    if len(sealed) < 29 or sealed[0] != 1:
        raise BadFormat("no sealed record of format 1")
    return _open(AESGCM(record_key(catalogue_key, kind, row_id)), sealed[1:13], sealed[13:], associated_data)


# Data keys, as a local keyring, a static key and KES wrap them


def canonical_context(pairs):
    """A KMS context as the bytes that a key service binds: sorted keys, no blanks, and < > & escaped as Go does."""
    text = json.dumps(dict(sorted(pairs.items(), key=lambda pair: pair[0].encode())), separators=(",", ":"), ensure_ascii=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text.encode()


def open_data_key(master_key, wrapped, context=b"", *, algorithm="AES256"):
    """Unwraps what a key service wrapped under a 32-byte master key; `context` is in its canonical form."""
    raw = _normalise(wrapped)
    if len(raw) < TAG_SIZE + 28:
        raise BadFormat("too short for a wrapped data key")
    sealed, iv, nonce = raw[:-28], raw[-28:-12], raw[-12:]
    if algorithm == "AES256":
        aead = AESGCM(hmac_sha256(master_key, iv))
    elif algorithm == "ChaCha20":
        aead = ChaCha20Poly1305(hchacha20(master_key, iv))
    else:
        raise BadFormat(f"unknown algorithm {algorithm}")
    return _open(aead, nonce, sealed, context)


def wrap_data_key(master_key, data_key, context, iv, nonce):
    """The present layout, AES-256: ciphertext ‖ tag ‖ iv (16) ‖ nonce (12), 76 bytes for a key of 32."""
    return AESGCM(hmac_sha256(master_key, iv)).encrypt(nonce, data_key, context or None) + iv + nonce


def _normalise(wrapped):
    """Brings the two older, structured layouts (JSON, MessagePack) into the present one."""
    try:
        if wrapped[:1] == b"{":
            fields = json.loads(wrapped)
            parts = [base64.b64decode(fields[name], validate=True) for name in ("bytes", "iv", "nonce")]
        elif wrapped[:1] == b"\x95":
            _, _, iv, nonce, sealed = _messagepack_array(wrapped)
            parts = [sealed, iv, nonce]
        else:
            return wrapped
    except (ValueError, KeyError, TypeError, IndexError, struct.error):
        return wrapped  # A ciphertext may begin with either byte by chance.
    return b"".join(parts) if [len(part) for part in parts[1:]] == [16, 12] else wrapped


def _messagepack_array(data):
    items, i = [], 1
    widths = {0xD9: 1, 0xC4: 1, 0xDA: 2, 0xC5: 2, 0xDB: 4, 0xC6: 4}
    for _ in range(5):
        first = data[i]
        i += 1
        if 0xA0 <= first <= 0xBF:
            size = first & 0x1F
        elif first in widths:
            size = int.from_bytes(data[i : i + widths[first]], "big")
            i += widths[first]
        else:
            raise ValueError("neither string nor bytes")
        items.append(data[i : i + size])
        i += size
    if i != len(data):
        raise ValueError("trailing bytes")
    return items


def hchacha20(key, nonce):
    """draft-irtf-cfrg-xchacha, 2.2: the first and last row of the permuted state."""
    s = list(struct.unpack("<4I", b"expand 32-byte k")) + list(struct.unpack("<8I", key)) + list(struct.unpack("<4I", nonce))

    def rotate(value, bits):
        return ((value << bits) | (value >> (32 - bits))) & 0xFFFFFFFF

    def quarter_round(a, b, c, d):
        for x, y, z, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            s[x] = (s[x] + s[y]) & 0xFFFFFFFF
            s[z] = rotate(s[z] ^ s[x], bits)

    for _ in range(10):
        for i in range(4):
            quarter_round(i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter_round(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return struct.pack("<8I", *s[:4], *s[12:])
