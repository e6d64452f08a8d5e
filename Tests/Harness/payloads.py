"""Bytes to store, the same in every run, and the kinds of encryption to store them with."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from random import Random

from server import DEFAULT_KEY

KIB = 1024
MIB = 1024 * KIB


@lru_cache(maxsize=8)
def payload(size, seed=1):
    """`size` bytes that do not compress and repeat nowhere that a mistake in offsets could hide."""
    return Random(seed * 1_000_003 + size).randbytes(size)


def payload_file(directory, size, seed=1):
    path = Path(directory) / f"payload-{size}-{seed}"
    if not path.exists():
        path.write_bytes(payload(size, seed))
    return path


@dataclass(frozen=True)
class CustomerKey:
    """An SSE-C key in the forms that clients want it in. ASCII, because one of them takes it as text."""

    text: str

    @property
    def raw(self):
        return self.text.encode()

    @property
    def base64(self):
        return base64.b64encode(self.raw).decode()

    @property
    def md5(self):
        return base64.b64encode(hashlib.md5(self.raw).digest()).decode()

    def headers(self, prefix="x-amz-server-side-encryption-customer-"):
        return {prefix + "algorithm": "AES256", prefix + "key": self.base64, prefix + "key-md5": self.md5}


CUSTOMER_KEY = CustomerKey("a-customer-key-of-32-characters!")
OTHER_CUSTOMER_KEY = CustomerKey("another-customer-key-32-letters!")
SSE = "x-amz-server-side-encryption"
KEY_ID = SSE + "-aws-kms-key-id"
CONTEXT = SSE + "-context"
BUCKET_KEY = SSE + "-bucket-key-enabled"
CUSTOMER = SSE + "-customer-"
COPY_SOURCE_CUSTOMER = "x-amz-copy-source-server-side-encryption-customer-"


def completion(parts):
    """The document that completes an upload of these (number, ETag) pairs."""
    items = "".join(f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>" for number, etag in parts)
    return f"<CompleteMultipartUpload>{items}</CompleteMultipartUpload>".encode()


def context(pairs):
    return base64.b64encode(json.dumps(pairs).encode()).decode()


@dataclass(frozen=True)
class Encryption:
    """What a client asks for, as request headers, and what the object then shows, as response headers."""

    name: str
    request: dict = field(default_factory=dict, hash=False)
    response: dict = field(default_factory=dict, hash=False)
    needs_tls: bool = False

    @property
    def read(self):
        """The headers that GET and HEAD need."""
        return self.request if self.needs_tls else {}

    def __str__(self):
        return self.name


PLAIN = Encryption("plain", {}, {SSE: "AES256"})
SSE_S3 = Encryption("sse-s3", {SSE: "AES256"}, {SSE: "AES256"})
SSE_KMS = Encryption("sse-kms", {SSE: "aws:kms", KEY_ID: DEFAULT_KEY}, {SSE: "aws:kms", KEY_ID: DEFAULT_KEY})
SSE_C = Encryption(
    "sse-c", CUSTOMER_KEY.headers(), {CUSTOMER + "algorithm": "AES256", CUSTOMER + "key-md5": CUSTOMER_KEY.md5},
    needs_tls=True)
DSSE_KMS = Encryption("dsse-kms", {SSE: "aws:kms:dsse", KEY_ID: DEFAULT_KEY}, {SSE: "aws:kms:dsse", KEY_ID: DEFAULT_KEY})
SCHEMES = (PLAIN, SSE_S3, SSE_KMS, SSE_C)


def assert_shows(headers, encryption):
    """That an answer's headers name exactly this encryption and no other."""
    shown = {name: value for name, value in headers.items() if name.startswith(SSE)}
    assert shown == encryption.response, f"expected the headers of {encryption}, got {shown}"
