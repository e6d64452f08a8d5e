"""Server-side encryption as the protocol knows it: who decides, what is refused and with which words, what is shown."""

import hashlib
import re
from random import Random

import pytest

from payloads import (
    BUCKET_KEY, CONTEXT, COPY_SOURCE_CUSTOMER, CUSTOMER, CUSTOMER_KEY, KEY_ID, MIB, OTHER_CUSTOMER_KEY, PLAIN, SCHEMES,
    SSE, SSE_C, SSE_KMS, SSE_S3, assert_shows, context, payload)
from server import DEFAULT_KEY

SECURE = "Requests specifying Server Side Encryption with Customer provided keys must be made over a secure connection."
ALGORITHM = ("Requests specifying Server Side Encryption with Customer provided keys must provide a valid encryption "
             "algorithm.")
NO_KEY = "Requests specifying Server Side Encryption with Customer provided keys must provide an appropriate secret key."
NO_MD5 = ("Requests specifying Server Side Encryption with Customer provided keys must provide the client calculated MD5 "
          "of the secret key.")
BAD_KEY = "The secret key was invalid for the specified algorithm."
BAD_MD5 = "The calculated MD5 hash of the key did not match the hash that was provided."
INCOMPATIBLE = ("Server Side Encryption with Customer provided key is incompatible with the encryption method specified")
UNSUPPORTED = "The encryption method specified is not supported"
KMS_ONLY = ("Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms")
NOT_FOR_READS = "x-amz-server-side-encryption header is not supported for this operation."
STORED_ENCRYPTED = ("The object was stored using a form of Server Side Encryption. The correct parameters must be provided "
                    "to retrieve the object.")
PART_NEEDS_KEY = ("The multipart upload initiate requested encryption. Subsequent part requests must include the "
                  "appropriate encryption parameters.")
ENABLED = ("<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>{}"
           "</ApplyServerSideEncryptionByDefault>{}</Rule></ServerSideEncryptionConfiguration>")


@pytest.fixture(scope="module")
def bucket(https):
    return https.bucket()


def set_default(server, bucket, rule, tail=""):
    return server.call("PUT", f"/{bucket}?encryption", body=ENABLED.format(rule, tail).encode())


def customer(**changes):
    """The three SSE-C headers with some replaced (a string) or left out (None)."""
    headers = dict(CUSTOMER_KEY.headers())
    for name, value in changes.items():
        name = CUSTOMER + name.replace("_", "-")
        headers.pop(name)
        if value is not None:
            headers[name] = value
    return headers


def assert_refused(answer, status, code, message=None):
    assert (answer.status, answer.code) == (status, code), answer
    if message is not None:
        assert answer.message == message, answer


# --- what is asked for is what is done

@pytest.mark.parametrize("encryption", SCHEMES, ids=str)
@pytest.mark.parametrize("size", (0, 5000, 65_537, 3 * MIB + 11))  # more sizes and ranges: ReadingTests
def test_objects_of_every_size_are_read_back_whole_and_in_ranges(https, bucket, encryption, size):
    key, data = f"/{bucket}/sizes/{encryption}/{size}", payload(size)
    put = https.call("PUT", key, encryption.request, data)
    assert put.status == 200, put
    assert_shows(put.headers, encryption)
    got = https.call("GET", key, encryption.read)
    assert got.status == 200 and got.body == data
    assert_shows(got.headers, encryption)
    head = https.call("HEAD", key, encryption.read)
    assert_shows(head.headers, encryption)
    assert (int(head.headers["content-length"]), head.headers["etag"]) == (size, put.headers["etag"])
    random = Random(size)
    borders = [offset for offset in (0, 1, 65_535, 65_536, 65_537, 131_072, size // 2, size - 1) if 0 <= offset < size]
    for first in borders:
        last = min(size - 1, random.choice((first, first + 1, first + 65_536, size - 1, random.randrange(first, size))))
        part = https.call("GET", key, {**encryption.read, "Range": f"bytes={first}-{last}"})
        assert part.status == 206, part
        assert part.body == data[first:last + 1], f"bytes {first}-{last} of {size}"
        assert part.headers["content-range"] == f"bytes {first}-{last}/{size}"


def test_an_empty_object_of_sse_s3_has_the_md5_of_nothing(https, bucket):
    put = https.call("PUT", f"/{bucket}/empty", SSE_S3.request)
    assert put.headers["etag"] == '"d41d8cd98f00b204e9800998ecf8427e"'


@pytest.mark.parametrize("given, shown", ((DEFAULT_KEY, DEFAULT_KEY), (f"arn:aws:kms:{DEFAULT_KEY}", DEFAULT_KEY),
                                          ("", DEFAULT_KEY), (None, DEFAULT_KEY)))
def test_the_key_id_is_the_bare_name_and_defaults_to_the_servers(https, bucket, given, shown):
    headers = {SSE: "aws:kms"} | ({} if given is None else {KEY_ID: given})
    put = https.call("PUT", f"/{bucket}/key-id", headers, b"x")
    assert (put.status, put.headers.get(KEY_ID)) == (200, shown), put
    assert https.call("HEAD", f"/{bucket}/key-id").headers.get(KEY_ID) == shown


def test_a_context_is_echoed_and_the_object_is_read_without_it(https, bucket):
    given = context({"b": "2", "a": "<&> ü"})
    put = https.call("PUT", f"/{bucket}/context", {**SSE_KMS.request, CONTEXT: given}, b"x")
    assert put.status == 200 and put.headers.get(CONTEXT), put
    got = https.call("GET", f"/{bucket}/context")
    assert (got.status, got.body) == (200, b"x")


@pytest.mark.parametrize("value", ("true", "false"))
def test_the_bucket_key_is_never_shown_as_false(https, bucket, value):
    put = https.call("PUT", f"/{bucket}/bucket-key", {**SSE_KMS.request, BUCKET_KEY: value}, b"x")
    assert put.status == 200, put
    assert put.headers.get(BUCKET_KEY) in ((None, "true") if value == "true" else (None,))
    got = https.call("GET", f"/{bucket}/bucket-key")
    assert got.body == b"x" and got.headers.get(BUCKET_KEY) != "false"


# --- who decides

@pytest.fixture
def rule(https):
    """A bucket with a default of its own for each kind of rule."""
    def make(document):
        name = https.bucket()
        assert set_default(https, name, document).status == 200
        return name
    return make


AES_RULE = "<SSEAlgorithm>AES256</SSEAlgorithm>"
KMS_RULE = f"<KMSMasterKeyID>{DEFAULT_KEY}</KMSMasterKeyID><SSEAlgorithm>aws:kms</SSEAlgorithm>"


@pytest.mark.parametrize("document, asked, stored", (
    (AES_RULE, PLAIN, SSE_S3), (KMS_RULE, PLAIN, SSE_KMS), ("<SSEAlgorithm>aws:kms</SSEAlgorithm>", PLAIN, SSE_KMS),
    (KMS_RULE, SSE_S3, SSE_S3), (AES_RULE, SSE_KMS, SSE_KMS), (KMS_RULE, SSE_C, SSE_C), (AES_RULE, SSE_C, SSE_C)),
    ids=lambda value: "" if isinstance(value, str) else str(value))
@pytest.mark.parametrize("way", ("put", "multipart"))
def test_what_is_explicit_beats_the_bucket_and_the_bucket_beats_nothing(https, rule, document, asked, stored, way):
    key = f"/{rule(document)}/k"
    if way == "put":
        assert_shows(https.call("PUT", key, asked.request, b"part").headers, stored)
    else:
        created = https.call("POST", f"{key}?uploads", asked.request)
        assert_shows(created.headers, stored)
        finish(https, key, created.find("UploadId"), asked)
    got = https.call("GET", key, stored.read)
    assert got.body == b"part"
    assert_shows(got.headers, stored)


def finish(server, key, upload, encryption, body=b"part", complete=None):
    """Sends one part and completes; the answer to Complete."""
    part = server.call("PUT", f"{key}?partNumber=1&uploadId={upload}", encryption.read, body)
    assert part.status == 200, part
    document = ("<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>" + part.headers["etag"] +
                "</ETag></Part></CompleteMultipartUpload>")
    return server.call("POST", f"{key}?uploadId={upload}", complete or {}, document.encode())


def test_the_upload_decides_not_the_bucket_as_it_is_when_the_parts_come(https):
    key = f"/{https.bucket()}/k"
    upload = https.call("POST", f"{key}?uploads").find("UploadId")
    set_default(https, key.split("/")[1], KMS_RULE)
    assert finish(https, key, upload, PLAIN).status == 200
    assert_shows(https.call("HEAD", key).headers, PLAIN)


def test_automatic_encryption_is_kms_with_the_default_key_and_yields_to_everything(fresh_server):
    with fresh_server(environment={"MINIO_KMS_AUTO_ENCRYPTION": "on"}) as server:
        name = server.bucket()
        assert_shows(server.call("PUT", f"/{name}/k", body=b"x").headers, SSE_KMS)
        assert_shows(server.call("PUT", f"/{name}/k", SSE_S3.request, b"x").headers, SSE_S3)
        assert server.call("GET", f"/{name}?encryption").status == 404
        set_default(server, name, AES_RULE)
        assert_shows(server.call("PUT", f"/{name}/k", body=b"x").headers, SSE_S3)


def test_a_default_that_is_removed_applies_no_longer(https, rule):
    name = rule(KMS_RULE)
    assert https.call("DELETE", f"/{name}?encryption").status == 204
    assert_shows(https.call("PUT", f"/{name}/k", body=b"x").headers, PLAIN)


# --- what is refused

BAD_CUSTOMER_HEADERS = {
    "no algorithm": (customer(algorithm=None), ALGORITHM),
    "lower-case algorithm": (customer(algorithm="aes256"), ALGORITHM),
    "other algorithm": (customer(algorithm="AES128"), ALGORITHM),
    "no key": (customer(key=None), NO_KEY),
    "no MD5": (customer(key_md5=None), NO_MD5),
    "only the key": (customer(algorithm=None, key_md5=None), ALGORITHM),
    "only the MD5": (customer(algorithm=None, key=None), ALGORITHM),
    "key that is not Base64": (customer(key="*" * 44), BAD_KEY),
    "key of 16 bytes": (customer(key="MDEyMzQ1Njc4OWFiY2RlZg=="), BAD_KEY),
    "MD5 of another key": (customer(key_md5=OTHER_CUSTOMER_KEY.md5), BAD_MD5),
    "MD5 that is not Base64": (customer(key_md5="not base64!"), BAD_MD5),
}


@pytest.mark.parametrize("case", BAD_CUSTOMER_HEADERS)
@pytest.mark.parametrize("method, target", (("PUT", ""), ("POST", "?uploads"), ("GET", ""), ("HEAD", "")))
def test_faulty_customer_key_headers_are_told_apart(https, bucket, case, method, target):
    headers, message = BAD_CUSTOMER_HEADERS[case]
    key = f"/{bucket}/faulty"
    if method in ("GET", "HEAD"):
        https.call("PUT", f"/{bucket}/sse-c-for-reads", SSE_C.request, b"x")
        key = f"/{bucket}/sse-c-for-reads"
    body = b"x" if method == "PUT" else b""
    assert_refused(https.call(method, key + target, headers, body), 400, "InvalidArgument", message)
    if method == "PUT":
        assert https.call("HEAD", key).status == 404


@pytest.mark.parametrize("method, target", (("PUT", ""), ("GET", ""), ("HEAD", ""), ("POST", "?uploads")))
def test_customer_keys_are_refused_over_plain_http(http, method, target):
    key = f"/{http.bucket()}/k"
    body = b"x" if method == "PUT" else b""
    assert_refused(http.call(method, key + target, SSE_C.request, body), 400, "InvalidRequest", SECURE)
    assert http.call("HEAD", key).status == 404


BAD_ENCRYPTION_HEADERS = {
    "customer key and AES256": ({**SSE_C.request, SSE: "AES256"}, INCOMPATIBLE),
    "customer key and aws:kms": ({**SSE_C.request, SSE: "aws:kms"}, INCOMPATIBLE),
    "unknown method": ({SSE: "foo"}, UNSUPPORTED),
    "misspelt method": ({SSE: "aes:kms"}, UNSUPPORTED),
    "empty method": ({SSE: ""}, UNSUPPORTED),
    "upper-case method": ({SSE: "AWS:KMS"}, UNSUPPORTED),
    "misspelt two layers": ({SSE: "aws:kms:DSSE"}, UNSUPPORTED),
    "AES256 with a key id": ({SSE: "AES256", KEY_ID: DEFAULT_KEY}, KMS_ONLY),
    "AES256 with a context": ({SSE: "AES256", CONTEXT: context({"a": "b"})}, KMS_ONLY),
    "key id alone": ({KEY_ID: DEFAULT_KEY}, KMS_ONLY),
    "context alone": ({CONTEXT: context({"a": "b"})}, KMS_ONLY),
    "context that is not Base64": ({SSE: "aws:kms", CONTEXT: "{}"}, None),
    "context that is not JSON": ({SSE: "aws:kms", CONTEXT: "bm8="}, None),
    "context of a list": ({SSE: "aws:kms", CONTEXT: context(["a"])}, None),
    "context of numbers": ({SSE: "aws:kms", CONTEXT: context({"a": 1})}, None),
    "key name with illegal characters": ({SSE: "aws:kms", KEY_ID: "../secret key"}, None),
    "key name that is too long": ({SSE: "aws:kms", KEY_ID: "k" * 81}, None),
    "customer key for a copy source": (CUSTOMER_KEY.headers(COPY_SOURCE_CUSTOMER), None),
}


@pytest.mark.parametrize("case", BAD_ENCRYPTION_HEADERS)
@pytest.mark.parametrize("method, target", (("PUT", ""), ("POST", "?uploads")))
def test_faulty_encryption_headers_store_nothing(https, bucket, case, method, target):
    headers, message = BAD_ENCRYPTION_HEADERS[case]
    answer = https.call(method, f"/{bucket}/never{target}", headers, b"x" if method == "PUT" else b"")
    assert_refused(answer, 400, "InvalidArgument", message)
    assert https.call("HEAD", f"/{bucket}/never").status == 404


@pytest.mark.parametrize("method, target", (("PUT", ""), ("POST", "?uploads")))
def test_an_unknown_key_is_not_found_and_never_404(https, bucket, method, target):
    headers = {SSE: "aws:kms", KEY_ID: "no-such-key"}
    answer = https.call(method, f"/{bucket}/never{target}", headers, b"x" if method == "PUT" else b"")
    assert_refused(answer, 400, "KMS.NotFoundException")
    assert https.call("HEAD", f"/{bucket}/never").status == 404


def test_a_refused_overwrite_leaves_the_old_object(https, bucket):
    key = f"/{bucket}/kept"
    https.call("PUT", key, body=b"old")
    for headers, _ in BAD_ENCRYPTION_HEADERS.values():
        assert https.call("PUT", key, headers, b"new").status == 400
    assert https.call("GET", key).body == b"old"


@pytest.mark.parametrize("method", ("GET", "HEAD"))
@pytest.mark.parametrize("headers", (SSE_S3.request, SSE_KMS.request), ids=("AES256", "aws:kms"))
def test_asking_for_encryption_while_reading_is_refused(https, bucket, method, headers):
    https.call("PUT", f"/{bucket}/read", body=b"x")
    assert_refused(https.call(method, f"/{bucket}/read", headers), 400, "InvalidArgument", NOT_FOR_READS)


@pytest.mark.parametrize("method", ("GET", "HEAD"))
@pytest.mark.parametrize("stored", (PLAIN, SSE_S3, SSE_KMS), ids=str)
def test_a_customer_key_does_not_open_what_was_stored_without_one(https, bucket, method, stored):
    key = f"/{bucket}/not-customer-{stored}"
    https.call("PUT", key, stored.request, b"x")
    assert_refused(https.call(method, key, SSE_C.request), 400, "InvalidRequest", STORED_ENCRYPTED)


@pytest.mark.parametrize("method", ("GET", "HEAD"))
@pytest.mark.parametrize("size", (0, 10, 200_000))
def test_an_object_under_a_customer_key_needs_that_key(https, bucket, method, size):
    key = f"/{bucket}/customer-{size}"
    https.call("PUT", key, SSE_C.request, payload(size))
    assert_refused(https.call(method, key), 400, "InvalidRequest", STORED_ENCRYPTED)
    assert_refused(https.call(method, key, OTHER_CUSTOMER_KEY.headers()), 403, "AccessDenied")
    if size:
        ranged = https.call(method, key, {**OTHER_CUSTOMER_KEY.headers(), "Range": "bytes=0-0"})
        assert_refused(ranged, 403, "AccessDenied")


def test_an_object_under_a_customer_key_is_listed_and_deleted_without_it(https):
    name = https.bucket()
    https.call("PUT", f"/{name}/k", SSE_C.request, b"12345")
    listed = https.call("GET", f"/{name}?list-type=2")
    assert (listed.find("Contents/Key"), listed.find("Contents/Size")) == ("k", "5")
    assert https.call("DELETE", f"/{name}/k").status == 204


def test_a_plain_overwrite_of_an_object_under_a_customer_key_needs_no_key(https, bucket):
    key = f"/{bucket}/turned"
    https.call("PUT", key, SSE_C.request, b"old")
    https.call("PUT", key, body=b"new")
    got = https.call("GET", key)
    assert got.body == b"new"
    assert_shows(got.headers, PLAIN)


# --- multipart uploads

@pytest.mark.parametrize("encryption", SCHEMES, ids=str)
def test_create_part_and_complete_show_the_encryption(https, bucket, encryption):
    key = f"/{bucket}/multipart-{encryption}"
    created = https.call("POST", f"{key}?uploads", encryption.request)
    assert_shows(created.headers, encryption)
    upload = created.find("UploadId")
    part = https.call("PUT", f"{key}?partNumber=1&uploadId={upload}", encryption.read, b"one")
    assert_shows(part.headers, encryption)
    done = finish(https, key, upload, encryption, complete=encryption.read)
    assert done.status == 200, done
    assert {name: value for name, value in done.headers.items() if name.startswith(SSE)}.items() <= \
        encryption.response.items()
    if encryption is not SSE_C:
        assert_shows(done.headers, encryption)
    assert https.call("GET", key, encryption.read).body == b"part"


@pytest.mark.parametrize("encryption", (SSE_S3, SSE_KMS), ids=str)
@pytest.mark.parametrize("extra", (SSE_S3.request, {SSE: "aws:kms", KEY_ID: "no-such-key"}), ids=("AES256", "other key"))
def test_headers_on_parts_and_complete_are_ignored(https, bucket, encryption, extra):
    key = f"/{bucket}/ignored-{encryption}"
    upload = https.call("POST", f"{key}?uploads", encryption.request).find("UploadId")
    part = https.call("PUT", f"{key}?partNumber=1&uploadId={upload}", extra, b"one")
    assert part.status == 200, part
    assert finish(https, key, upload, encryption, complete=extra).status == 200
    assert_shows(https.call("HEAD", key).headers, encryption)


def test_a_part_of_an_upload_under_a_customer_key_needs_that_key(https, bucket):
    key = f"/{bucket}/customer-parts"
    upload = https.call("POST", f"{key}?uploads", SSE_C.request).find("UploadId")
    target = f"{key}?partNumber=1&uploadId={upload}"
    assert_refused(https.call("PUT", target, body=b"x"), 400, "InvalidRequest", PART_NEEDS_KEY)
    assert_refused(https.call("PUT", target, customer(key_md5=None), b"x"), 400, "InvalidArgument", NO_MD5)
    assert_refused(https.call("PUT", target, OTHER_CUSTOMER_KEY.headers(), b"x"), 403, "AccessDenied")
    assert https.call("GET", f"{key}?uploadId={upload}").find_all("Part/PartNumber") == []
    assert https.call("PUT", target, SSE_C.request, b"x").status == 200
    listed = https.call("GET", f"{key}?uploadId={upload}")
    assert listed.find_all("Part/Size") == ["1"]
    assert https.call("DELETE", f"{key}?uploadId={upload}").status == 204


def test_complete_accepts_the_right_customer_key_or_none_and_refuses_a_wrong_one(https, bucket):
    key = f"/{bucket}/customer-complete"
    upload = https.call("POST", f"{key}?uploads", SSE_C.request).find("UploadId")
    assert_refused(finish(https, key, upload, SSE_C, complete=OTHER_CUSTOMER_KEY.headers()), 403, "AccessDenied")
    assert https.call("HEAD", key).status == 404
    assert finish(https, key, upload, SSE_C).status == 200
    assert https.call("GET", key, SSE_C.read).body == b"part"


def test_a_customer_key_on_a_part_of_another_upload_never_makes_an_unreadable_object(https, bucket):
    key = f"/{bucket}/mixed"
    upload = https.call("POST", f"{key}?uploads").find("UploadId")
    part = https.call("PUT", f"{key}?partNumber=1&uploadId={upload}", SSE_C.request, b"x")
    assert part.status == 200 or (part.status, part.code) == (400, "InvalidRequest"), part
    assert finish(https, key, upload, PLAIN).status == 200
    assert https.call("GET", key).body == b"part"


def test_ranges_over_the_borders_of_parts(https, bucket):
    """For one kind; ReadingTests has the others."""
    encryption = SSE_C
    key, sizes = f"/{bucket}/parts-{encryption}", (5 * MIB, 5 * MIB + 1, 70_000)
    upload = https.call("POST", f"{key}?uploads", encryption.request).find("UploadId")
    document, data = "", b""
    for number, size in enumerate(sizes, 1):
        body = payload(size, number)
        part = https.call("PUT", f"{key}?partNumber={number}&uploadId={upload}", encryption.read, body)
        document += f"<Part><PartNumber>{number}</PartNumber><ETag>{part.headers['etag']}</ETag></Part>"
        data += body
    done = https.call("POST", f"{key}?uploadId={upload}",
                      body=f"<CompleteMultipartUpload>{document}</CompleteMultipartUpload>".encode())
    assert done.status == 200 and b"<Error>" not in done.body, done
    assert https.call("GET", key, encryption.read).body == data
    for first, last in ((5 * MIB - 1, 5 * MIB), (0, len(data) - 1), (5 * MIB - 70_000, 10 * MIB + 10), (10 * MIB, 10 * MIB),
                        (10 * MIB + 1, 10 * MIB + 1), (len(data) - 1, len(data) - 1)):
        part = https.call("GET", key, {**encryption.read, "Range": f"bytes={first}-{last}"})
        assert part.status == 206 and part.body == data[first:last + 1], f"bytes {first}-{last}: {part.status}"


# --- entity tags

@pytest.mark.parametrize("encryption", SCHEMES, ids=str)
@pytest.mark.parametrize("size", (10, 200_000))
def test_an_entity_tag_is_the_md5_or_cannot_be_taken_for_one(https, encryption, size):
    name, data = https.bucket(), payload(size)
    put = https.call("PUT", f"/{name}/k", encryption.request, data)
    tag = put.headers["etag"].strip('"')
    if encryption in (PLAIN, SSE_S3):
        assert tag == hashlib.md5(data).hexdigest()
    else:
        assert re.fullmatch(r"[0-9a-f]{32}-1", tag)
        assert hashlib.md5(data).hexdigest() not in tag
        assert https.call("PUT", f"/{name}/k2", encryption.request, data).headers["etag"] != put.headers["etag"]
    for answer in (https.call("GET", f"/{name}/k", encryption.read), https.call("HEAD", f"/{name}/k", encryption.read)):
        assert answer.headers["etag"] == f'"{tag}"'
    assert https.call("GET", f"/{name}?list-type=2&prefix=k").find("Contents/ETag") == f'"{tag}"'
    assert https.call("GET", f"/{name}/k", {**encryption.read, "If-Match": f'"{tag}"'}).status == 200
    assert https.call("GET", f"/{name}/k", {**encryption.read, "If-None-Match": f'"{tag}"'}).status == 304


# --- the default of a bucket

@pytest.mark.parametrize("rule, tail, status, code", (
    (AES_RULE, "", 200, None),
    (KMS_RULE, "", 200, None),
    (f"<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>{DEFAULT_KEY}</KMSMasterKeyID>", "", 200, None),
    ("<SSEAlgorithm>aws:kms</SSEAlgorithm>", "", 200, None),
    (AES_RULE, "<BlockedEncryptionTypes><EncryptionType>NONE</EncryptionType></BlockedEncryptionTypes>", 200, None),
    (AES_RULE + f"<KMSMasterKeyID>{DEFAULT_KEY}</KMSMasterKeyID>", "", 400, ("InvalidArgument", "MalformedXML")),
    ("<SSEAlgorithm>AES512</SSEAlgorithm>", "", 400, ("MalformedXML",)),
    ("", "", 400, ("MalformedXML",)),
    (AES_RULE, f"</Rule><Rule><ApplyServerSideEncryptionByDefault>{AES_RULE}</ApplyServerSideEncryptionByDefault>", 400,
     ("MalformedXML",)),
    ("<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>no-such-key</KMSMasterKeyID>", "", 400,
     ("KMS.NotFoundException",)),
    ("<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>no such/key</KMSMasterKeyID>", "", 400, ("InvalidArgument",)),
))
def test_default_rules_are_accepted_or_refused(https, rule, tail, status, code):
    name = https.bucket()
    answer = set_default(https, name, rule, tail)
    assert answer.status == status, answer
    if code:
        assert answer.code in code
        assert https.call("GET", f"/{name}?encryption").status == 404
    else:
        assert answer.body == b""


@pytest.mark.parametrize("document", (b"", b"<ServerSideEncryptionConfiguration/>", b"<Wrong/>", b"not xml",
                                      b'<!DOCTYPE a [<!ENTITY b "c">]><ServerSideEncryptionConfiguration/>'))
def test_documents_that_are_no_rule_are_malformed(https, document):
    name = https.bucket()
    answer = https.call("PUT", f"/{name}?encryption", body=document)
    assert (answer.status, answer.code) in ((400, "MalformedXML"), (400, "MissingRequestBodyError")), answer
    assert https.call("GET", f"/{name}?encryption").status == 404


def test_documents_are_read_with_a_namespace_a_prolog_comments_and_a_byte_order_mark(https):
    name = https.bucket()
    document = ("\ufeff<?xml version='1.0' encoding='UTF-8'?><!-- why not -->\n"
                "<ServerSideEncryptionConfiguration xmlns='http://s3.amazonaws.com/doc/2006-03-01/'>\n <Rule>\n"
                f"<ApplyServerSideEncryptionByDefault><!-- here -->{KMS_RULE}</ApplyServerSideEncryptionByDefault>"
                "</Rule></ServerSideEncryptionConfiguration>\n")
    assert https.call("PUT", f"/{name}?encryption", body=document.encode()).status == 200
    assert https.call("GET", f"/{name}?encryption").find(
        "Rule/ApplyServerSideEncryptionByDefault/KMSMasterKeyID") == DEFAULT_KEY


def test_the_rule_is_returned_as_it_was_set_and_can_be_removed_twice(https):
    name = https.bucket()
    missing = https.call("GET", f"/{name}?encryption")
    assert_refused(missing, 404, "ServerSideEncryptionConfigurationNotFoundError",
                   "The server side encryption configuration was not found")
    assert missing.find("BucketName") == name
    set_default(https, name, KMS_RULE, "<BucketKeyEnabled>true</BucketKeyEnabled>")
    answer = https.call("GET", f"/{name}?encryption")
    default = "Rule/ApplyServerSideEncryptionByDefault/"
    assert (answer.find(default + "SSEAlgorithm"), answer.find(default + "KMSMasterKeyID")) == ("aws:kms", DEFAULT_KEY)
    assert answer.body.index(b"SSEAlgorithm") < answer.body.index(b"KMSMasterKeyID")
    assert answer.find("Rule/BucketKeyEnabled") == "true"
    for _ in range(2):
        assert https.call("DELETE", f"/{name}?encryption").status == 204
    assert https.call("GET", f"/{name}?encryption").status == 404


@pytest.mark.parametrize("method", ("GET", "PUT", "DELETE"))
def test_the_default_of_a_missing_bucket_is_a_missing_bucket(https, method):
    body = ENABLED.format(AES_RULE, "").encode() if method == "PUT" else b""
    assert_refused(https.call(method, "/no-such-bucket?encryption", body=body), 404, "NoSuchBucket")


def test_a_bucket_with_a_bucket_key_stores_many_objects_readably(https):
    name = https.bucket()
    set_default(https, name, KMS_RULE, "<BucketKeyEnabled>true</BucketKeyEnabled>")
    for number in range(20):
        put = https.call("PUT", f"/{name}/{number}", body=payload(1000, number), keep=True)
        assert put.headers.get(SSE) == "aws:kms"
    for number in range(20):
        assert https.call("GET", f"/{name}/{number}", keep=True).body == payload(1000, number)
