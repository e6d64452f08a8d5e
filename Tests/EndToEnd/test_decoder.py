"""What the server writes, read without the server: the written format is the whole truth about a drive."""

import copy

import pytest

import coffer_decoder as decoder
from drive import INLINE, FILE, PARTS, SCHEMES as SCHEME_NAMES, OpenDrive
from payloads import CUSTOMER_KEY, DSSE_KMS, MIB, PLAIN, payload
from payloads import SCHEMES as SINGLE_LAYERS
from server import Server

SCHEMES = (*SINGLE_LAYERS, DSSE_KMS)
SIZES = (0, 1, 5000, 65_536, 65_537, 3 * MIB + 5)


@pytest.fixture(scope="module")
def drive(tmp_path_factory, certificates):
    """A drive on which every scheme has stored every size, stopped."""
    server = Server(tmp_path_factory.mktemp("decoded"), certificates=certificates)
    with server:
        bucket = server.bucket("decoded")
        for encryption in SCHEMES:
            for size in SIZES:
                put = server.call("PUT", f"/{bucket}/{encryption}/{size}", {**encryption.request, "x-amz-meta-note": "hello"},
                                  payload(size))
                assert put.status == 200, put
            upload = server.call("POST", f"/{bucket}/{encryption}/parts?uploads", encryption.request).find("UploadId")
            items = ""
            for number, size in ((2, 5 * MIB), (9, 70_000)):
                part = server.call("PUT", f"/{bucket}/{encryption}/parts?partNumber={number}&uploadId={upload}",
                                   encryption.read, payload(size, number))
                items += f"<Part><PartNumber>{number}</PartNumber><ETag>{part.headers['etag']}</ETag></Part>"
            done = server.call("POST", f"/{bucket}/{encryption}/parts?uploadId={upload}",
                               body=f"<CompleteMultipartUpload>{items}</CompleteMultipartUpload>".encode())
            assert done.status == 200, done
    yield OpenDrive(server.drive, server.keyring)
    server.remove()


def customer_key(encryption):
    return CUSTOMER_KEY.raw if encryption.needs_tls else None


@pytest.mark.parametrize("encryption", SCHEMES, ids=str)
@pytest.mark.parametrize("size", SIZES)
def test_an_object_is_opened_with_the_keyring_alone(drive, encryption, size):
    key = f"{encryption}/{size}"
    assert drive.plaintext(key, customer_key(encryption)) == payload(size)
    version = drive.version(key)
    scheme, _ = drive.object_key(version, customer_key(encryption))
    assert SCHEME_NAMES[scheme] == ("sse-s3" if encryption is PLAIN else str(encryption))
    assert (version["size"], version["body"]) == (size, INLINE if size <= 30_000 else FILE)
    assert (version["data_key"] is None) == encryption.needs_tls


@pytest.mark.parametrize("encryption", SCHEMES, ids=str)
def test_the_parts_of_an_object_are_opened_by_its_manifest(drive, encryption):
    key = f"{encryption}/parts"
    assert drive.plaintext(key, customer_key(encryption)) == payload(5 * MIB, 2) + payload(70_000, 9)
    version = drive.version(key)
    assert version["body"] == PARTS
    assert [(number, size) for number, _, size in drive.manifest(version)] == [(2, 5 * MIB), (9, 70_000)]


def test_the_record_holds_the_metadata(drive):
    assert b"\x10x-amz-meta-notehello" not in drive.version("plain/1")["sealed"]
    assert any(b"note" in value and value.endswith(b"hello") for values in drive.record(drive.version("plain/1")).values()
               for value in values)


def test_another_key_opens_nothing(drive):
    version = drive.version("sse-c/5000")
    with pytest.raises(AssertionError):
        drive.object_key(version, b"\x00" * 32)
    version = drive.version("sse-kms/5000")
    other = copy.copy(drive)
    other.master_keys = {name: bytes(32) for name in drive.master_keys}
    with pytest.raises(decoder.NotAuthentic):
        other.object_key(version)


def test_no_two_streams_share_a_salt(drive):
    salts = [path.read_bytes()[24:56] for path in drive.blob_files()]
    salts += [row["bytes"][24:56] for row in drive.rows("SELECT bytes FROM inline_bodies")]
    assert len(salts) == len(set(salts)) >= 4 * 8


def test_neither_layer_opens_with_the_other_ones_key(drive):
    """Who has the key service's key has not the outer layer's, and who has the catalogue key not the inner one's."""
    version = drive.version("dsse-kms/5000")
    stream = drive.rows("SELECT bytes FROM inline_bodies WHERE version = ?", version["id"])[0]["bytes"]
    identity, (_, object_key) = drive.identity(version), drive.object_key(version)
    with pytest.raises(decoder.NotAuthentic):
        decoder.open_stream(object_key, stream, identity)
    inner = decoder.open_stream(decoder.outer_object_key(drive.catalogue_key, identity), stream, identity)
    assert payload(5000) not in inner and inner.startswith(decoder.MAGIC)
    with pytest.raises(decoder.NotAuthentic):
        decoder.open_stream(decoder.outer_object_key(drive.catalogue_key, identity), inner, identity)
