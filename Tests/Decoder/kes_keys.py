"""Keys of the key server, read and written by an independent implementation.

What the article KeyFormats of KESService says, in Python: stored values (JSON, and base64 of protobuf with versions) and
ciphertexts (raw, JSON, MessagePack, and those of later versions). Wrapped data keys are in coffer_decoder.
"""

import base64
import hashlib
import hmac
import json
import struct

import coffer_decoder as coffer
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

MAGIC = bytes.fromhex("c04b5601")
CIPHERS = {"": None, "undefined": None, "AES256": "AES256", "AES256-GCM_SHA256": "AES256",
           "ChaCha20": "ChaCha20", "XCHACHA20-POLY1305": "ChaCha20"}
NUMBERS = {1: "AES256", 2: "ChaCha20"}


class BadKey(Exception):
    pass


# Protobuf

def fields(message):
    """(number, value) of each field; a value is an int or bytes."""
    position = 0

    def varint():
        nonlocal position
        value = shift = 0
        while True:
            byte = message[position]
            position += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value
            if shift > 63:
                raise BadKey("varint")

    while position < len(message):
        tag = varint()
        if tag & 7 == 0:
            yield tag >> 3, varint()
        elif tag & 7 == 2:
            count = varint()
            yield tag >> 3, message[position:position + count]
            position += count
        elif tag & 7 in (1, 5):
            position += 8 if tag & 7 == 1 else 4
        else:
            raise BadKey("wire type")
        if position > len(message):
            raise BadKey("cut")


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value) if value else b""


def data(field, value, empty=False):
    return varint(field << 3 | 2) + varint(len(value)) + value if value or empty else b""


def key_message(key, kind):
    return data(1, key) + number(2, kind)


def time_message(seconds, nanoseconds):
    return number(1, seconds % 2**64) + number(2, nanoseconds)


def version_1(key, kind, hmac_key, created_at, created_by):
    return (data(1, key_message(key, kind)) + data(2, key_message(hmac_key, 1)) + data(3, time_message(*created_at), True)
            + data(4, created_by.encode()))


def later_version(version, key, kind, created_at, created_by):
    return data(15, number(1, version) + data(2, key_message(key, kind)) + data(3, time_message(*created_at), True)
                + data(4, created_by.encode()))


# Stored values

def parse(value):
    """{"hmac_key", "versions": [{"number", "key", "cipher", "created_at", "created_by"}]} of a stored text."""
    value = "".join(value.split())
    if value.startswith("{"):
        document = json.loads(value)
        key = base64.b64decode(document["bytes"], validate=True)
        first = {"number": 1, "key": key, "cipher": CIPHERS[document.get("algorithm") or ""],
                 "created_at": document.get("created_at"), "created_by": document.get("created_by", "")}
        return {"hmac_key": None, "versions": [first]}
    first = {"number": 1, "created_at": None, "created_by": ""}
    later, hmac_key, unrecorded = [], None, False
    for field, content in fields(base64.b64decode(value, validate=True)):
        if field == 1:
            first["key"], first["cipher"] = parse_key(content)
        elif field == 2:
            hmac_key = dict(fields(content))[1]
        elif field == 3:
            first["created_at"] = parse_time(content)
        elif field == 4:
            first["created_by"] = content.decode()
        elif field == 14:
            unrecorded = content != 0
        elif field == 15:
            parts = dict(fields(content))
            key, cipher = parse_key(parts[2])
            later.append({"number": parts[1], "key": key, "cipher": cipher, "created_at": parse_time(parts[3]),
                          "created_by": parts.get(4, b"").decode()})
    if unrecorded:
        first["cipher"] = None
    versions = [first] + later
    if any(a["number"] >= b["number"] for a, b in zip(versions, later)) or any(len(v["key"]) != 32 for v in versions):
        raise BadKey("versions")
    return {"hmac_key": hmac_key, "versions": versions}


def parse_key(message):
    parts = dict(fields(message))
    return parts[1], NUMBERS[parts[2]]


def parse_time(message):
    parts = dict(fields(message))
    seconds = parts.get(1, 0)
    return [seconds - 2**64 if seconds >= 2**63 else seconds, parts.get(2, 0)]


# Ciphertexts

def message_aead(key, cipher, iv):
    if cipher == "AES256":
        return AESGCM(hmac.new(key, iv, hashlib.sha256).digest())
    return ChaCha20Poly1305(coffer.hchacha20(key, iv))


def seal(key, cipher, plaintext, context, random, version=1):
    iv, nonce = random[:16], random[16:]
    raw = message_aead(key, cipher, iv).encrypt(nonce, plaintext, context or None) + random
    return raw if version == 1 else MAGIC + struct.pack(">I", version) + raw


def open_raw(key, cipher, raw, context):
    if len(raw) < 44:
        raise coffer.NotAuthentic("short")
    try:
        return message_aead(key, cipher, raw[-28:-12]).decrypt(raw[-12:], raw[:-28], context or None)
    except InvalidTag:
        raise coffer.NotAuthentic("tag") from None


def open_ciphertext(stored, ciphertext, context):
    """(version, plaintext) of a ciphertext of any version and form."""
    versions = {version["number"]: version for version in parse(stored)["versions"]}
    if len(ciphertext) >= 52 and ciphertext[:4] == MAGIC:
        version = versions.get(struct.unpack(">I", ciphertext[4:8])[0])
        if version:
            try:
                return version["number"], open_raw(version["key"], version["cipher"], ciphertext[8:], context)
            except coffer.NotAuthentic:
                pass
    raw, declared = normalised(ciphertext)
    return 1, open_raw(versions[1]["key"], versions[1]["cipher"] or declared or "AES256", raw, context)


def normalised(ciphertext):
    """The raw form, and the cipher that an older form declares."""
    try:
        if ciphertext[:1] == b"{":
            document = json.loads(ciphertext)
            pieces = [base64.b64decode(document[name], validate=True) for name in ("bytes", "iv", "nonce")]
            return b"".join(pieces), {"AES-256-GCM-HMAC-SHA-256": "AES256", "ChaCha20Poly1305": "ChaCha20"}[document["aead"]]
        if ciphertext[:1] == b"\x95":
            algorithm, _, iv, nonce, sealed = messagepack(ciphertext)
            if len(iv) == 16 and len(nonce) == 12:
                return sealed + iv + nonce, CIPHERS[algorithm.decode()]
    except (ValueError, KeyError, IndexError, UnicodeDecodeError):
        pass
    return ciphertext, None


def messagepack(message):
    """The five strings or binaries of an array."""
    position, found = 1, []
    for _ in range(5):
        marker = message[position]
        position += 1
        if 0xA0 <= marker <= 0xBF:
            count = marker & 0x1F
        else:
            size = {0xC4: 1, 0xD9: 1, 0xC5: 2, 0xDA: 2, 0xC6: 4, 0xDB: 4}[marker]
            count = int.from_bytes(message[position:position + size], "big")
            position += size
        if position + count > len(message):
            raise ValueError("cut")
        found.append(message[position:position + count])
        position += count
    if position != len(message):
        raise ValueError("more")
    return found
