"""Writes drives as MinIO's single-drive servers leave them, as far as tests need them: every form of `xl.meta`, SSE-C, S2."""

import base64
import hashlib
import hmac
import json
import struct
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

NULL = bytes(16)
BLOCK = 1 << 20
PACKAGE = 65536
#: The key of the sums between blocks.
SUM_KEY = bytes.fromhex("4be734fa8e238acd263e83e6bb968552040f935da39f441497e09d1322de36a0")
AES, CHACHA = 0, 1
MASK = (1 << 64) - 1


# --- MessagePack

def packed(value):
    if value is None:
        return b"\xc0"
    if isinstance(value, bool):
        return b"\xc3" if value else b"\xc2"
    if isinstance(value, int):
        if 0 <= value < 128:
            return bytes([value])
        return b"\xcf" + struct.pack(">Q", value) if value > 0 else b"\xd3" + struct.pack(">q", value)
    if isinstance(value, str):
        data = value.encode("utf-8", "surrogateescape")
        return b"\xdb" + struct.pack(">I", len(data)) + data
    if isinstance(value, (bytes, bytearray)):
        return b"\xc6" + struct.pack(">I", len(value)) + bytes(value)
    if isinstance(value, list):
        return b"\xdd" + struct.pack(">I", len(value)) + b"".join(map(packed, value))
    return b"\xdf" + struct.pack(">I", len(value)) + b"".join(packed(key) + packed(one) for key, one in value.items())


# --- sums

def xxh64(data):
    p1, p2, p3, p4, p5 = (11400714785074694791, 14029467366897019727, 1609587929392839161, 9650029242287828579, 2870177450012600261)

    def rotated(value, count):
        return ((value << count) | (value >> (64 - count))) & MASK

    def rounded(lane, word):
        return rotated((lane + word * p2) & MASK, 31) * p1 & MASK

    position = 0
    if len(data) >= 32:
        lanes = [(p1 + p2) & MASK, p2, 0, -p1 & MASK]
        while position + 32 <= len(data):
            lanes = [rounded(lane, word) for lane, word in zip(lanes, struct.unpack_from("<4Q", data, position))]
            position += 32
        total = sum(rotated(lane, count) for lane, count in zip(lanes, (1, 7, 12, 18))) & MASK
        for lane in lanes:
            total = ((total ^ rounded(0, lane)) * p1 + p4) & MASK
    else:
        total = p5
    total = (total + len(data)) & MASK
    while position + 8 <= len(data):
        total = (rotated(total ^ rounded(0, struct.unpack_from("<Q", data, position)[0]), 27) * p1 + p4) & MASK
        position += 8
    if position + 4 <= len(data):
        total = (rotated(total ^ struct.unpack_from("<I", data, position)[0] * p1 & MASK, 23) * p2 + p3) & MASK
        position += 4
    for byte in data[position:]:
        total = rotated(total ^ byte * p5 & MASK, 11) * p1 & MASK
    total = (total ^ total >> 33) * p2 & MASK
    total = (total ^ total >> 29) * p3 & MASK
    return total ^ total >> 32


_MUL0 = (0xdbe6d5d5fe4cce2f, 0xa4093822299f31d0, 0x13198a2e03707344, 0x243f6a8885a308d3)
_MUL1 = (0x3bd39e10cb0ef593, 0xc0acf169b5f18a8c, 0xbe5466cf34e90c6c, 0x452821e638d01377)
_ZIP = (3, 12, 2, 5, 14, 1, 15, 0, 11, 4, 10, 13, 9, 6, 8, 7)


def _zipped(lanes):
    made = []
    for first in (0, 2):
        pair = struct.pack("<2Q", lanes[first], lanes[first + 1])
        made += struct.unpack("<2Q", bytes(pair[place] for place in _ZIP))
    return made


def highwayhash(data, key=SUM_KEY):
    """256 bits; slow: for what is short."""
    words = struct.unpack("<4Q", key)
    mul0, mul1 = list(_MUL0), list(_MUL1)
    v0 = [mul ^ word for mul, word in zip(mul0, words)]
    v1 = [mul ^ (word >> 32 | word << 32 & MASK) for mul, word in zip(mul1, words)]

    def update(packet):
        for lane, word in enumerate(packet):
            v1[lane] = (v1[lane] + mul0[lane] + word) & MASK
            mul0[lane] ^= (v1[lane] & 0xffffffff) * (v0[lane] >> 32)
            v0[lane] = (v0[lane] + mul1[lane]) & MASK
            mul1[lane] ^= (v0[lane] & 0xffffffff) * (v1[lane] >> 32)
        v0[:] = [(one + other) & MASK for one, other in zip(v0, _zipped(v1))]
        v1[:] = [(one + other) & MASK for one, other in zip(v1, _zipped(v0))]

    whole = len(data) // 32 * 32
    for packet in struct.iter_unpack("<4Q", data[:whole]):
        update(packet)
    rest = data[whole:]
    if rest:
        count = len(rest)
        v0[:] = [(lane + (count << 32) + count) & MASK for lane in v0]

        def turned(half):
            return (half << count | half >> (32 - count)) & 0xffffffff

        v1[:] = [turned(lane >> 32) << 32 | turned(lane & 0xffffffff) for lane in v1]
        packet = bytearray(32)
        full = count & ~3
        packet[:full] = rest[:full]
        if count & 16:
            packet[28:32] = rest[-4:]
        elif count & 3:
            packet[16], packet[17], packet[18] = rest[full], rest[full + (count % 4 >> 1)], rest[-1]
        update(struct.unpack("<4Q", packet))
    for _ in range(10):
        swapped = [lane >> 32 | lane << 32 & MASK for lane in v0]
        update((swapped[2], swapped[3], swapped[0], swapped[1]))
    made = b""
    for lane in (0, 2):
        a0, a1 = (v0[lane] + mul0[lane]) & MASK, (v0[lane + 1] + mul0[lane + 1]) & MASK
        a2, a3 = (v1[lane] + mul1[lane]) & MASK, (v1[lane + 1] + mul1[lane + 1]) & MASK & 0x3fffffffffffffff
        made += struct.pack(
            "<2Q", a0 ^ a2 << 1 & MASK ^ a2 << 2 & MASK,
            a1 ^ (a3 << 1 | a2 >> 63) & MASK ^ (a3 << 2 | a2 >> 62) & MASK)
    return made


def framed(data, block=BLOCK):
    return b"".join(highwayhash(data[start:start + block]) + data[start:start + block] for start in range(0, len(data), block))


# --- encryption

def _code(key, message):
    return hmac.new(key, message, hashlib.sha256).digest()


def sealed_stream(key, data, cipher=AES, nonce=b"\x11" * 12):
    """DARE 2.0."""
    aead = (AESGCM, ChaCha20Poly1305)[cipher](key)
    made = b""
    starts = range(0, len(data), PACKAGE)
    for number, start in enumerate(starts):
        piece = data[start:start + PACKAGE]
        own = bytes([nonce[0] & 0x7f | (0x80 if start == starts[-1] else 0)]) + nonce[1:]
        header = bytes([0x20, cipher]) + struct.pack("<H", len(piece) - 1) + own
        counter = struct.unpack("<I", own[8:])[0] ^ number
        made += header + aead.encrypt(own[:8] + struct.pack("<I", counter), piece, header[:4])
    return made


@dataclass
class CustomerEncryption:
    """SSE-C: the customer's key, and the cipher of everything that is sealed."""

    key: bytes
    cipher: int = AES
    object_key: bytes = b"\x07" * 32

    def metadata(self, bucket, key):
        vector = b"\x22" * 32
        path = "/".join(part for part in f"{bucket}/{key}".split("/") if part not in ("", "."))
        sealing = _code(self.key, vector + b"SSE-CDAREv2-HMAC-SHA256" + path.encode())
        prefix = "X-Minio-Internal-Server-Side-Encryption-"
        return {
            f"{prefix}Seal-Algorithm": b"DAREv2-HMAC-SHA256", f"{prefix}Iv": base64.b64encode(vector),
            f"{prefix}Sealed-Key": base64.b64encode(sealed_stream(sealing, self.object_key, self.cipher)),
        }

    def seal(self, data, part=None):
        key = self.object_key if part is None else _code(self.object_key, struct.pack("<I", part))
        return sealed_stream(key, data, self.cipher) if data else b""

    def etag(self, tag):
        return sealed_stream(_code(self.object_key, b"SSE-etag"), tag, self.cipher).hex()


# --- compression

def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def compressed(data, repeated=None):
    """S2's framing. Of `repeated`, a byte, a block of an eighth of a thousand of it as one copy; of others stored blocks."""
    made = b"\xff\x06\x00\x00S2sTwO"
    for start in range(0, len(data), 60_000):
        piece = data[start:start + 60_000]
        crc = crc32c(piece)
        masked = ((crc >> 15 | crc << 17) + 0xa282ead8) & 0xffffffff
        if repeated is not None and len(piece) >= 200:
            # The length, a byte as it is, and the offset 1 again and again: copies of 64 by two-byte offsets.
            block = _varint(len(piece)) + b"\x00" + bytes([repeated])
            left = len(piece) - 1
            while left:
                count = min(left, 64)
                block += bytes([(count - 1) << 2 | 2, 1, 0])
                left -= count
            body = struct.pack("<I", masked) + block
            made += b"\x00" + struct.pack("<I", len(body))[:3] + body
        else:
            body = struct.pack("<I", masked) + piece
            made += b"\x01" + struct.pack("<I", len(body))[:3] + body
    return made


def _varint(value):
    made = b""
    while value >= 128:
        made += bytes([value & 127 | 128])
        value >>= 7
    return made + bytes([value])


# --- versions

@dataclass
class Version:
    """A version of an object, or with `data` None a delete marker."""

    data: bytes | None
    id: bytes = NULL
    modified: int = 1_700_000_000_000_000_000
    user: dict = field(default_factory=dict)
    system: dict = field(default_factory=dict)
    is_inline: bool = True
    encryption: CustomerEncryption | None = None
    is_compressed: bool = False
    repeated: int | None = None
    #: Plaintext bytes of each part, by its number; nothing for an object that was put whole.
    parts: dict = field(default_factory=dict)
    data_directory: bytes = b"\x44" * 16
    algorithm: bytes = b"klauspost/compress/s2"

    def stored_parts(self, bucket, key):
        """Each part's number, stored bytes and plaintext length."""
        made = []
        for number, plain in (self.parts or {1: self.data}).items():
            stored = compressed(plain, self.repeated) if self.is_compressed else plain
            if self.encryption:
                stored = self.encryption.seal(stored, number if self.parts else None)
            made.append((number, stored, len(plain)))
        return made

    def etag(self):
        if self.parts:
            sums = b"".join(hashlib.md5(part).digest() for part in self.parts.values())
            return f"{hashlib.md5(sums).hexdigest()}-{len(self.parts)}"
        tag = hashlib.md5(self.data).digest()
        return self.encryption.etag(tag) if self.encryption else tag.hex()

    def body(self, bucket, key):
        if self.data is None and not self.parts:
            return {"Type": 2, "DelObj": {"ID": self.id, "MTime": self.modified, "MetaSys": dict(self.system)}, "v": 1}
        stored = self.stored_parts(bucket, key)
        system = dict(self.system)
        if self.is_inline:
            system["x-minio-internal-inline-data"] = b"true"
        if self.is_compressed:
            system["X-Minio-Internal-compression"] = self.algorithm
        if self.is_compressed or self.parts:
            system["X-Minio-Internal-actual-size"] = str(sum(size for _, _, size in stored)).encode()
        if self.encryption:
            system |= self.encryption.metadata(bucket, key)
            if self.parts:
                system["X-Minio-Internal-Encrypted-Multipart"] = b""
        user = {"etag": self.etag(), "content-type": "text/plain"} | self.user
        return {"Type": 1, "V2Obj": {
            "ID": self.id, "DDir": self.data_directory, "EcAlgo": 1, "EcM": 1, "EcN": 0, "EcBSize": BLOCK, "EcIndex": 1,
            "EcDist": [1], "CSumAlgo": 1, "PartNums": [number for number, _, _ in stored], "PartETags": None,
            "PartSizes": [len(data) for _, data, _ in stored], "PartASizes": [size for _, _, size in stored],
            "Size": sum(len(data) for _, data, _ in stored), "MTime": self.modified, "MetaSys": system, "MetaUsr": user}, "v": 1}

    def header(self, version):
        is_object = self.data is not None or bool(self.parts)
        kind, flags = (1, 6 if self.is_inline else 2) if is_object else (2, 0)
        head = [self.id, self.modified, bytes(4), kind, flags] + ([0, 1] if is_object else [0, 0])
        return head if version == 3 else head[:5] if version == 2 else head[:2] + head[3:5]

    @property
    def text(self):
        return "null" if self.id == NULL else str(uuid.UUID(bytes=self.id))


def version_file(versions, bucket, key, minor=3, header=3):
    """`xl.meta` of versions, the newest first."""
    bodies = [version.body(bucket, key) for version in versions]
    inline = {version.text: framed(version.stored_parts(bucket, key)[0][1])
              for version in versions if version.is_inline and version.data}
    data = b"\x01" + packed(inline) if inline else b""
    if minor == 0:
        return b"XL2 1   " + packed({"Versions": bodies})
    if minor < 3:
        index = packed({"Versions": bodies})
    else:
        index = packed(header) + packed(header if header < 3 else 3) + packed(len(versions)) + b"".join(
            packed(packed(version.header(header))) + packed(packed(body)) for version, body in zip(versions, bodies))
    made = b"XL2 " + struct.pack("<HH", 1, minor) + packed(index)
    return made + (packed(xxh64(index) & 0xffffffff) if minor >= 2 else b"") + data


class MinIODrive:
    """A drive in a directory."""

    def __init__(self, directory):
        self.directory = Path(directory)
        system = self.directory / ".minio.sys"
        system.mkdir(parents=True)
        (system / "format.json").write_text(json.dumps({
            "version": "1", "format": "xl-single", "id": str(uuid.uuid4()),
            "xl": {"version": "3", "this": "a", "sets": [["a"]], "distributionAlgo": "SIPMOD+PARITY"}}))

    def make_bucket(self, name, documents=None):
        (self.directory / name).mkdir(exist_ok=True)
        record = b"\x01\x00\x01\x00" + packed({"Name": name} | (documents or {}))
        self.put(".minio.sys", f"buckets/{name}/.metadata.bin", Version(record))

    def folder(self, bucket, key):
        return self.directory / bucket / (key[:-1] + "__XLDIR__" if key.endswith("/") else key)

    def put(self, bucket, key, *versions, **form):
        """Versions of a key, the newest first."""
        folder = self.folder(bucket, key)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "xl.meta").write_bytes(version_file(versions, bucket, key, **form))
        for version in versions:
            if version.is_inline or (version.data is None and not version.parts):
                continue
            place = folder / str(uuid.UUID(bytes=version.data_directory))
            place.mkdir(exist_ok=True)
            for number, stored, _ in version.stored_parts(bucket, key):
                (place / f"part.{number}").write_bytes(framed(stored))

    def write(self, bucket, key, contents):
        """An `xl.meta` of any bytes."""
        folder = self.folder(bucket, key)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "xl.meta").write_bytes(contents)
