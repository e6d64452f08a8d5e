"""Who may ask: every scheme of signing that clients use, with each of its parts made wrong once."""

import base64
import datetime
import hashlib
import time
import zlib
from urllib.parse import quote

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

import signing
import wire
from payloads import SSE, payload
from signing import STREAMING, STREAMING_TRAILER, UNSIGNED, UNSIGNED_TRAILER


@pytest.fixture(scope="module")
def bucket(http):
    name = http.bucket()
    http.call("PUT", f"/{name}/k", body=b"content")
    return name


def ago(**duration):
    return signing.now() - datetime.timedelta(**duration)


def assert_refused(answer, status, *codes):
    assert answer.status == status and answer.code in codes, answer


def crc32(data):
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def crc(data, polynomial, width):
    """A reflected CRC, bit by bit tables: slow, and plainly right."""
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = (byte >> 1) ^ (polynomial if byte & 1 else 0)
        table.append(byte)
    value = ones = (1 << width) - 1
    for byte in data:
        value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
    return base64.b64encode((value ^ ones).to_bytes(width // 8, "big")).decode()


CHECKSUMS = {
    "crc32": crc32,
    "crc32c": lambda data: crc(data, 0x82F63B78, 32),
    "crc64nvme": lambda data: crc(data, 0x9A6C9329AC4BC9B5, 64),
    "sha1": lambda data: base64.b64encode(hashlib.sha1(data).digest()).decode(),
    "sha256": lambda data: base64.b64encode(hashlib.sha256(data).digest()).decode(),
}


def test_the_checksums_of_this_file_have_their_published_check_values():
    check = b"123456789"
    assert base64.b64decode(CHECKSUMS["crc32"](check)).hex() == "cbf43926"
    assert base64.b64decode(CHECKSUMS["crc32c"](check)).hex() == "e3069283"
    assert base64.b64decode(CHECKSUMS["crc64nvme"](check)).hex() == "ae8b14860a799888"


@pytest.mark.parametrize("target", ("/b/k", "/b/a%20b/%C3%BC%2B//x/./../y", "/?b=2&a=%20&c", "/b?uploads&prefix=%2F"))
def test_the_signer_of_these_tests_agrees_with_botocore(target):
    moment = signing.now()
    ours = signing.SignedRequest("GET", target, {}, host="127.0.0.1:9000", access_key="AK", secret="SK", moment=moment)
    theirs = AWSRequest("GET", "http://127.0.0.1:9000" + target)
    theirs.headers["X-Amz-Content-SHA256"] = signing.EMPTY_SHA256
    theirs.context["timestamp"] = ours.date
    theirs.headers["X-Amz-Date"] = ours.date
    signer = S3SigV4Auth(Credentials("AK", "SK"), "s3", "us-east-1")
    string = signer.string_to_sign(theirs, signer.canonical_request(theirs))
    assert signer.signature(string, theirs) == ours.signature


# --- signed in the header: accepted

ACCEPTED = {
    "as it should be": {},
    "no spaces in the header": {"separator": ","},
    "another region": {"region": "eu-west-9"},
    "an empty region": {"region": ""},
    "an unsigned payload": {"payload": UNSIGNED},
    "fourteen minutes late": {"moment": lambda: ago(minutes=14)},
    "fourteen minutes early": {"moment": lambda: ago(minutes=-14)},
    "a Date header": {"date_header": "date"},
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_a_signed_request_is_accepted(http, bucket, case):
    options = {name: value() if callable(value) else value for name, value in ACCEPTED[case].items()}
    answer = http.call("GET", f"/{bucket}/k", **options)
    assert (answer.status, answer.body) == (200, b"content"), answer


@pytest.mark.parametrize("headers", (
    [("X-Amz-Meta-Spaced", "  a   b  c ")], [("X-Amz-Meta-Twice", "one"), ("X-Amz-Meta-Twice", "two")],
    [("Content-Length", "7"), ("X-Amz-Meta-Empty", "")], [("X-Amz-Meta-Text", "ümlaut")],
    [("amz-sdk-invocation-id", "x"), ("amz-sdk-request", "attempt=1")]), ids=lambda headers: headers[0][0])
def test_headers_are_signed_as_the_rules_say(http, bucket, headers):
    assert http.call("PUT", f"/{bucket}/headers", headers, b"content").status == 200
    assert http.call("GET", f"/{bucket}/headers").body == b"content"


def test_a_signed_content_length_is_the_one_on_the_wire(http, bucket):
    headers = [("Content-Length", "7")]
    names = ["content-length", "host", "x-amz-content-sha256", "x-amz-date"]
    assert http.call("PUT", f"/{bucket}/length", headers, b"content", signed=names).status == 200


@pytest.mark.parametrize("query", (
    "list-type=2&prefix=a%2Fb&max-keys=3", "prefix=%2B+%20&list-type=2", "list-type=2&delimiter=%2F&encoding-type=url",
    "prefix&list-type=2", "list-type=2&x-id=ListObjectsV2", "list-type=2&foo=1&foo=0"))
def test_queries_are_signed_as_the_rules_say(http, bucket, query):
    assert http.call("GET", f"/{bucket}?{query}").status == 200


def test_values_of_one_name_are_signed_in_their_order_too(http, bucket, monkeypatch):
    """As MinIO's clients sign what they listen to: the names are sorted, and what each is given with stays as it is."""
    monkeypatch.setattr(signing, "canonical_query", lambda query, without=(): "&".join(
        f"{name}={value}" for name, value in sorted(
            ((quote(name, safe="-._~"), quote(value, safe="-._~")) for name, value in signing.query_pairs(query)),
            key=lambda pair: pair[0])))
    assert http.call("GET", f"/{bucket}?list-type=2&x=b&prefix=k&x=a").status == 200
    monkeypatch.setattr(signing, "canonical_query", lambda query, without=(): query)
    assert http.call("GET", f"/{bucket}?x=b&list-type=2&prefix=k&x=a").status == 403


# --- signed in the header: refused

REFUSED = {
    "another secret": ({"secret": "x" * 20}, 403, "SignatureDoesNotMatch"),
    "an unknown access key": ({"access_key": "nobody"}, 403, "InvalidAccessKeyId"),
    "twenty minutes late": ({"moment": ago(minutes=20)}, 403, "RequestTimeTooSkewed"),
    "twenty minutes early": ({"moment": ago(minutes=-20)}, 403, "RequestTimeTooSkewed"),
    "another service": ({"service": "sts"}, 400, "AuthorizationParametersError", "AuthorizationHeaderMalformed"),
    "no date": ({"date_header": None}, 400, "AccessDenied"),
    "Host not signed": ({"signed": ["x-amz-content-sha256", "x-amz-date"]}, 400, "AccessDenied"),
    "a signed header that is not there": (
        {"signed": ["host", "x-amz-content-sha256", "x-amz-date", "x-amz-meta-gone"]}, 400, "AccessDenied",
        "SignatureDoesNotMatch"),
    "a scope of another day": ({"scope_date": "20200101"}, 400, "AuthorizationHeaderMalformed", "SignatureDoesNotMatch",
                               "AuthorizationParametersError"),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("method", ("GET", "HEAD", "PUT"))
def test_a_wrongly_signed_request_is_refused(http, bucket, case, method):
    options, status, *codes = REFUSED[case]
    answer = http.call(method, f"/{bucket}/{'never' if method == 'PUT' else 'k'}", body=b"x" if method == "PUT" else b"",
                       **options)
    statuses = {status, 403} if {"SignatureDoesNotMatch", "AccessDenied"} & set(codes) else {status}
    assert answer.status in statuses and answer.code in codes, answer
    assert http.call("HEAD", f"/{bucket}/never").status == 404


def test_an_unsigned_amz_header_is_refused(http, bucket):
    """Nobody between the client and the server may add metadata or encryption to a request that was signed without."""
    for name in ("x-amz-meta-added", SSE, "x-amz-storage-class"):
        headers = {name: "AES256" if name == SSE else "STANDARD"}
        answer = http.call("PUT", f"/{bucket}/never", headers, b"x", leave_unsigned=[name])
        assert_refused(answer, 403, "AccessDenied")
    assert http.call("HEAD", f"/{bucket}/never").status == 404


@pytest.mark.parametrize("what", ("method", "path", "query", "header", "host"))
def test_what_was_signed_cannot_be_changed(http, bucket, what):
    headers = [("X-Amz-Meta-Name", "value")]
    signed = signing.SignedRequest("GET", f"/{bucket}/k?x=1", headers, host=http.host, access_key=http.access_key,
                                   secret=http.secret_key).headers
    method, target = "GET", f"/{bucket}/k?x=1"
    if what == "method":
        method = "DELETE"
    elif what == "path":
        target = f"/{bucket}/l?x=1"
    elif what == "query":
        target = f"/{bucket}/k?x=2"
    elif what == "header":
        signed = [(name, "other" if name == "X-Amz-Meta-Name" else value) for name, value in signed]
    else:
        signed = [(name, "localhost" if name == "Host" else value) for name, value in signed]
    assert_refused(wire.request(http, method, target, signed), 403, "SignatureDoesNotMatch")
    assert http.call("GET", f"/{bucket}/k").body == b"content"


@pytest.mark.parametrize("value, codes", (
    ("AWS4-HMAC-SHA256", ("MissingFields", "InvalidArgument", "AuthorizationHeaderMalformed", "InvalidRequest")),
    ("AWS4-HMAC-SHA256 garbage", ("MissingFields", "AuthorizationHeaderMalformed", "InvalidRequest")),
    ("AWS4-HMAC-SHA256 Credential=tester/20260101/us-east-1/s3/aws4_request, SignedHeaders=host",
     ("MissingFields", "AccessDenied", "AuthorizationHeaderMalformed")),
    ("AWS4-HMAC-SHA256 Credential=tester, SignedHeaders=host, Signature=" + "0" * 64,
     ("AuthorizationHeaderMalformed", "InvalidRequest", "AuthorizationParametersError", "MissingFields")),
    ("Basic dGVzdGVyOnNlY3JldA==", ("InvalidRequest",)),
    ("Something else", ("InvalidRequest",)),
))
def test_an_authorization_header_that_cannot_be_read_is_malformed(http, bucket, value, codes):
    headers = {"Authorization": value, "X-Amz-Date": signing.amz_date(signing.now())}
    assert_refused(wire.request(http, "GET", f"/{bucket}/k", headers), 400, *codes)


def test_a_date_that_is_none_is_refused(http, bucket):
    signed = signing.SignedRequest("GET", f"/{bucket}/k", {}, host=http.host, access_key=http.access_key,
                                   secret=http.secret_key).headers
    headers = [(name, "yesterday" if name == "X-Amz-Date" else value) for name, value in signed]
    assert_refused(wire.request(http, "GET", f"/{bucket}/k", headers), 403, "AccessDenied")


def test_two_mechanisms_at_once_are_refused(http, bucket):
    target = signing.presign_v4("GET", f"/{bucket}/k", host=http.host, access_key=http.access_key, secret=http.secret_key)
    assert_refused(http.call("GET", target), 400, "InvalidRequest")


@pytest.mark.parametrize("method, target", (("GET", "/"), ("GET", "/{}"), ("GET", "/{}/k"), ("HEAD", "/{}/k"),
                                            ("PUT", "/{}/k"), ("DELETE", "/{}/k"), ("DELETE", "/{}"), ("POST", "/{}?delete"),
                                            ("GET", "/{}?encryption"), ("PUT", "/another-bucket")))
def test_nothing_is_open_to_anonymous_requests(http, bucket, method, target):
    answer = wire.request(http, method, target.format(bucket), body=b"x" if method in ("PUT", "POST") else b"")
    assert_refused(answer, 403, "AccessDenied")
    assert http.call("GET", f"/{bucket}/k").body == b"content"


# --- the body

@pytest.mark.parametrize("slot", (signing.sha256(b"something else"), signing.EMPTY_SHA256, "not a hash", "0" * 63))
def test_a_body_that_is_not_the_one_that_was_signed_is_never_visible(http, bucket, slot):
    key = f"/{bucket}/replaced-{len(slot)}"
    http.call("PUT", key, body=b"old")
    for size in (10, 300_000):
        answer = http.call("PUT", key, body=payload(size), payload=slot)
        assert answer.status == 400, answer
        assert answer.code in ("XAmzContentSHA256Mismatch", "InvalidArgument", "InvalidRequest"), answer
    assert http.call("GET", key).body == b"old"


def test_the_body_of_a_request_document_is_verified_too(http, bucket):
    document = b"<Delete><Object><Key>k</Key></Object></Delete>"
    digest = {"Content-MD5": base64.b64encode(hashlib.md5(document).digest()).decode()}
    answer = http.call("POST", f"/{bucket}?delete", digest, document, payload=signing.sha256(b"other"))
    assert_refused(answer, 400, "XAmzContentSHA256Mismatch")
    assert http.call("GET", f"/{bucket}/k").status == 200


@pytest.mark.parametrize("value, code", (("not base64", "InvalidDigest"), ("AAAA", "InvalidDigest"),
                                         (base64.b64encode(hashlib.md5(b"other").digest()).decode(), "BadDigest")))
def test_a_wrong_content_md5_stores_nothing(http, bucket, value, code):
    assert_refused(http.call("PUT", f"/{bucket}/never", {"Content-MD5": value}, b"content"), 400, code)
    assert http.call("HEAD", f"/{bucket}/never").status == 404


@pytest.mark.parametrize("algorithm", CHECKSUMS)
@pytest.mark.parametrize("place", ("header", "signed trailer", "unsigned trailer"))
@pytest.mark.parametrize("size", (0, 1, 200_000))
def test_checksums_are_verified_wherever_they_stand(http, bucket, algorithm, place, size):
    data, name = payload(size), f"x-amz-checksum-{algorithm}"
    right, wrong = CHECKSUMS[algorithm](data), CHECKSUMS[algorithm](data + b"!")
    key = f"/{bucket}/checksums-{algorithm}"
    http.call("DELETE", key)
    bad = send_checksum(http, key, data, name, wrong, place)
    assert bad.status == 400 and bad.code in ("XAmzContentChecksumMismatch", "BadDigest", "InvalidRequest"), bad
    assert http.call("HEAD", key).status == 404
    good = send_checksum(http, key, data, name, right, place)
    assert good.status == 200, good
    assert good.headers.get(name) == right
    got = http.call("GET", key, {"x-amz-checksum-mode": "ENABLED"})
    assert (got.body, got.headers.get(name)) == (data, right)
    assert name not in http.call("GET", key).headers
    if size:
        # Of a range only if it is all there is.
        ranged = http.call("GET", key, {"x-amz-checksum-mode": "ENABLED", "Range": "bytes=0-0"}).headers
        assert ranged.get(name) == (right if size == 1 else None)


def send_checksum(server, key, data, name, value, place):
    if place == "header":
        return server.call("PUT", key, {name: value}, data)
    return send_chunks(server, key, data, STREAMING_TRAILER if place == "signed trailer" else UNSIGNED_TRAILER,
                       trailers=[(name, value)])


@pytest.mark.parametrize("headers", (
    {"x-amz-checksum-crc32": "not base64"}, {"x-amz-checksum-crc32": "AAAAAAAA"}, {"x-amz-checksum-sha256": "AAAA"},
    {"x-amz-checksum-crc32": crc32(b"content"), "x-amz-checksum-sha1": CHECKSUMS["sha1"](b"content")}))
def test_unusable_checksum_headers_are_refused(http, bucket, headers):
    answer = http.call("PUT", f"/{bucket}/never", headers, b"content")
    assert_refused(answer, 400, "InvalidArgument", "InvalidRequest")
    assert http.call("HEAD", f"/{bucket}/never").status == 404


# --- chunks

def send_chunks(server, key, data, kind, *, trailers=None, announce=None, decoded=None, chunk=65536, spoil=None,
                change=None, framing="length", extra=None):
    """A PUT in aws-chunked form. `change` edits the encoded body; `framing` is HTTP's own: a length or HTTP chunks."""
    headers = {"Content-Encoding": "aws-chunked", **(extra or {})}
    if decoded != "absent":
        headers["x-amz-decoded-content-length"] = str(len(data) if decoded is None else decoded)
    announced = announce if announce is not None else ",".join(name for name, _ in trailers or [])
    if announced:
        headers["x-amz-trailer"] = announced
    signed = signing.SignedRequest("PUT", key, headers, host=server.host, access_key=server.access_key,
                                   secret=server.secret_key, payload=kind)
    if kind == UNSIGNED_TRAILER:
        body = signing.unsigned_chunked_body(data, trailers or [], chunk)
    else:
        body = signed.chunked_body(data, chunk, trailers if kind == STREAMING_TRAILER else None, spoil)
    body = change(body) if change else body
    pairs = list(signed.headers)
    if framing == "chunked":
        pairs.append(("Transfer-Encoding", "chunked"))
        body = signing.http_chunked(body)
    return wire.request(server, "PUT", key, pairs, body)


KINDS = {"signed": (STREAMING, False), "signed with trailer": (STREAMING_TRAILER, True),
         "unsigned with trailer": (UNSIGNED_TRAILER, True)}


def trailing(data):
    return [("x-amz-checksum-crc32", crc32(data))]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("framing", ("length", "chunked"))
@pytest.mark.parametrize("size, chunk", ((0, 1000), (1, 65536), (65_536, 65_536), (65_537, 65_536), (300_001, 8192),
                                         (1_500_000, 1 << 20)))
def test_chunked_bodies_are_stored(http, bucket, kind, framing, size, chunk):
    data, (slot, trailer) = payload(size), KINDS[kind]
    key = f"/{bucket}/chunked"
    answer = send_chunks(http, key, data, slot, chunk=chunk, framing=framing, trailers=trailing(data) if trailer else None)
    assert answer.status == 200, answer
    got = http.call("GET", key)
    assert got.body == data
    assert "aws-chunked" not in got.headers.get("content-encoding", "")


def test_an_empty_body_may_end_twice(http, bucket):
    """As the SDKs for .NET and JavaScript write an empty stream: its end, and then that of the chunks."""
    key = f"/{bucket}/ended-twice"
    answer = send_chunks(http, key, b"", UNSIGNED_TRAILER, trailers=trailing(b""), change=lambda body: b"0\r\n\r\n" + body)
    assert answer.status == 200, answer
    assert http.call("GET", key).body == b""


def test_the_rest_of_the_content_encoding_is_kept(http, bucket):
    data = b"pretend this is compressed"
    assert send_chunks(http, f"/{bucket}/encoded", data, STREAMING,
                       extra={"Content-Encoding": "gzip,aws-chunked"}).status == 200
    assert http.call("GET", f"/{bucket}/encoded").headers["content-encoding"] == "gzip"


DATA = payload(150_000)
BROKEN_CHUNKS = {
    "first signature wrong": (STREAMING, {"spoil": 0}, 403, {"SignatureDoesNotMatch"}),
    "second signature wrong": (STREAMING, {"spoil": 1}, 403, {"SignatureDoesNotMatch"}),
    "last signature wrong": (STREAMING, {"spoil": 3}, 403, {"SignatureDoesNotMatch"}),
    "a byte changed": (STREAMING, {"change": lambda body: body[:70_000] + bytes([body[70_000] ^ 1]) + body[70_001:]}, 403,
                       {"SignatureDoesNotMatch"}),
    "trailer signature wrong": (STREAMING_TRAILER, {"trailers": trailing(DATA), "spoil": "trailer"}, 403,
                                {"SignatureDoesNotMatch"}),
    "trailer wrong": (UNSIGNED_TRAILER, {"trailers": trailing(b"other")}, 400,
                      {"XAmzContentChecksumMismatch", "BadDigest", "InvalidRequest"}),
    "announced trailer missing": (UNSIGNED_TRAILER, {"trailers": [], "announce": "x-amz-checksum-crc32"}, 400,
                                  {"BadRequest", "MalformedTrailerError", "InvalidRequest", "IncompleteBody"}),
    "another trailer than announced": (
        UNSIGNED_TRAILER, {"trailers": [("x-amz-checksum-sha1", CHECKSUMS["sha1"](DATA))],
                           "announce": "x-amz-checksum-crc32"}, 400,
        {"BadRequest", "MalformedTrailerError", "InvalidRequest", "IncompleteBody"}),
    "no chunks at all": (STREAMING, {"change": lambda body: DATA}, 400, {"IncompleteBody", "BadRequest"}),
    "chunk size that is no number": (UNSIGNED_TRAILER, {"trailers": trailing(DATA), "change": lambda body: b"zz" + body},
                                     400, {"IncompleteBody", "BadRequest", "InvalidRequest"}),
    "chunk size beyond any": (UNSIGNED_TRAILER, {"trailers": trailing(DATA), "change": lambda body: b"f" * 40 + body}, 400,
                              {"IncompleteBody", "BadRequest", "InvalidRequest", "EntityTooLarge"}),
    "negative chunk size": (UNSIGNED_TRAILER, {"trailers": trailing(DATA), "change": lambda body: b"-" + body}, 400,
                            {"IncompleteBody", "BadRequest", "InvalidRequest"}),
    "cut off between chunks": (STREAMING, {"change": lambda body: body[:65_536 + 5 + 17 + 64 + 4]}, 400,
                               {"IncompleteBody", "BadRequest"}),
    "decoded length too large": (STREAMING, {"decoded": 150_001}, 400, {"IncompleteBody"}),
    "decoded length too small": (STREAMING, {"decoded": 149_999}, 400, {"ExcessData", "IncompleteBody", "BadRequest"}),
    "decoded length absent": (UNSIGNED_TRAILER, {"trailers": trailing(DATA), "decoded": "absent", "framing": "chunked"},
                              411, {"MissingContentLength"}),
    "decoded length no number": (STREAMING, {"decoded": "many"}, 411, {"MissingContentLength"}),
    "decoded length negative": (STREAMING, {"decoded": -1}, 411, {"MissingContentLength"}),
}


@pytest.mark.parametrize("case", BROKEN_CHUNKS)
def test_broken_chunks_leave_the_old_object(http, bucket, case):
    kind, options, status, codes = BROKEN_CHUNKS[case]
    key = f"/{bucket}/broken"
    http.call("PUT", key, body=b"old")
    answer = send_chunks(http, key, DATA, kind, **options)
    assert answer.status == status and answer.code in codes, answer
    assert http.call("GET", key).body == b"old"


# --- presigned, version 4

def presigned(server, method, target, **options):
    options = {"host": server.host, "access_key": server.access_key, "secret": server.secret_key, **options}
    return signing.presign_v4(method, target, **options)


def test_presigned_requests_read_write_and_delete(http, bucket):
    key = f"/{bucket}/pre%20signed"
    assert wire.request(http, "PUT", presigned(http, "PUT", key), body=b"content").status == 200
    assert wire.request(http, "HEAD", presigned(http, "HEAD", key)).status == 200
    got = wire.request(http, "GET", presigned(http, "GET", key + "?response-content-type=text%2Fx-other"))
    assert (got.body, got.headers["content-type"]) == (b"content", "text/x-other")
    assert wire.request(http, "DELETE", presigned(http, "DELETE", key)).status == 204
    assert wire.request(http, "GET", presigned(http, "GET", f"/{bucket}?list-type=2&prefix=k")).find("KeyCount") == "1"


PRESIGNED_REFUSED = {
    "expired": ({"moment": ago(seconds=100), "expires": 50}, 403, "AccessDenied", "Request has expired"),
    "not yet valid": ({"moment": ago(minutes=-20)}, 403, "AccessDenied", "Request is not valid yet"),
    "another secret": ({"secret": "x" * 20}, 403, "SignatureDoesNotMatch", None),
    "an unknown access key": ({"access_key": "nobody"}, 403, "InvalidAccessKeyId", None),
    "another host": ({"host": "example.com"}, 403, "SignatureDoesNotMatch", None),
    "valid for more than a week": ({"expires": 604_801}, 400, "AuthorizationQueryParametersError", None),
    "valid for a negative time": ({"expires": -1}, 400, "AuthorizationQueryParametersError", None),
    "valid for no number": ({"expires": "long"}, 400, "AuthorizationQueryParametersError", None),
    "another algorithm": ({"replace": {"X-Amz-Algorithm": "AWS4-HMAC-SHA1"}}, 400, "AuthorizationQueryParametersError",
                          None),
    "a malformed credential": ({"replace": {"X-Amz-Credential": "tester"}}, 400, "AuthorizationQueryParametersError", None),
    "a malformed date": ({"replace": {"X-Amz-Date": "today"}}, 400, "AuthorizationQueryParametersError", None),
    **{f"without {name}": ({"replace": {name: None}}, 400, "AuthorizationQueryParametersError", None) for name in (
        "X-Amz-Algorithm", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature")},
    "another signature": ({"replace": {"X-Amz-Signature": "0" * 64}}, 403, "SignatureDoesNotMatch", None),
    "longer than signed": ({"moment": ago(seconds=100), "expires": 50, "stretch": True}, 403, "SignatureDoesNotMatch",
                           None),
}


@pytest.mark.parametrize("case", PRESIGNED_REFUSED)
def test_faulty_presigned_requests_are_refused(http, bucket, case):
    options, status, code, message = PRESIGNED_REFUSED[case]
    options = dict(options)
    stretch = options.pop("stretch", False)
    target = presigned(http, "GET", f"/{bucket}/k", **options)
    if stretch:
        target = target.replace("X-Amz-Expires=50", "X-Amz-Expires=5000")
    answer = wire.request(http, "GET", target)
    assert_refused(answer, status, code)
    if message:
        assert answer.message == message


@pytest.mark.parametrize("change", (lambda target: target.replace("/k?", "/l?"), lambda target: target + "&versionId=null",
                                    lambda target: target.replace("x=1", "x=2")))
def test_a_presigned_request_cannot_be_changed(http, bucket, change):
    target = change(presigned(http, "GET", f"/{bucket}/k?x=1"))
    assert_refused(wire.request(http, "GET", target), 403, "SignatureDoesNotMatch")


def test_a_presigned_get_is_no_permission_to_write(http, bucket):
    target = presigned(http, "GET", f"/{bucket}/k")
    for method in ("PUT", "DELETE"):
        assert_refused(wire.request(http, method, target, body=b"x" if method == "PUT" else b""), 403,
                       "SignatureDoesNotMatch")
    assert http.call("GET", f"/{bucket}/k").body == b"content"


def test_headers_of_a_presigned_put_must_be_signed(http, bucket):
    key = f"/{bucket}/presigned-headers"
    for name, value in (("x-amz-meta-a", "1"), (SSE, "AES256")):
        bare = wire.request(http, "PUT", presigned(http, "PUT", key), {name: value}, b"x")
        assert bare.status in (400, 403) and bare.code == "AccessDenied", bare
        signed = wire.request(http, "PUT", presigned(http, "PUT", key, headers={name: value}), {name: value}, b"x")
        assert signed.status == 200, signed


# --- version 2

def presigned_v2(server, method, target, expires, headers=None, secret=None):
    signature = signing.signature_v2(method, target, str(expires), secret=secret or server.secret_key, headers=headers)
    joint = "&" if "?" in target else "?"
    added = "".join(f"&{name}={quote(value, safe='')}" for name, value in (headers or {}).items())
    return (f"{target}{joint}AWSAccessKeyId={server.access_key}&Signature={quote(signature, safe='')}"
            f"&Expires={expires}{added}")


def test_version_2_presigned_requests_work(http, bucket):
    key, later = f"/{bucket}/v2", int(time.time()) + 60
    assert wire.request(http, "PUT", presigned_v2(http, "PUT", key, later), body=b"content").status == 200
    got = wire.request(http, "GET", presigned_v2(http, "GET", key + "?response-content-type=text%2Fx-v2", later))
    assert (got.status, got.body, got.headers["content-type"]) == (200, b"content", "text/x-v2"), got


def test_version_2_presigned_requests_carry_amz_headers_in_the_query(http, bucket):
    target = presigned_v2(http, "PUT", f"/{bucket}/v2-kms", int(time.time()) + 60, {SSE: "aws:kms"})
    assert wire.request(http, "PUT", target, body=b"x").status == 200
    assert http.call("HEAD", f"/{bucket}/v2-kms").headers[SSE] == "aws:kms"


def test_a_version_2_signature_is_of_one_request_only(http, bucket):
    """Written down for signing, a line end in a value makes two headers of one."""
    later = int(time.time()) + 60
    signed = {"x-amz-meta-a": "1", SSE: "aws:kms"}
    signature = quote(signing.signature_v2("PUT", f"/{bucket}/v2-one", str(later), secret=http.secret_key, headers=signed),
                      safe="")
    hidden = quote(f"1\n{SSE}:aws:kms", safe="")
    answer = wire.request(http, "PUT", f"/{bucket}/v2-one?AWSAccessKeyId={http.access_key}&Signature={signature}"
                                       f"&Expires={later}&x-amz-meta-a={hidden}", body=b"x")
    assert_refused(answer, 400, "InvalidArgument")
    assert http.call("HEAD", f"/{bucket}/v2-one").status == 404


@pytest.mark.parametrize("options, code", (({"expires": -5}, "AccessDenied"), ({"secret": "wrong-secret"},
                                                                               "SignatureDoesNotMatch")))
def test_faulty_version_2_presigned_requests_are_refused(http, bucket, options, code):
    expires = int(time.time()) + options.get("expires", 60)
    target = presigned_v2(http, "GET", f"/{bucket}/k", expires, secret=options.get("secret"))
    assert_refused(wire.request(http, "GET", target), 403, code)


@pytest.mark.parametrize("secret, status", ((None, 200), ("wrong-secret", 403)))
@pytest.mark.parametrize("header, form", (("Date", "%a, %d %b %Y %H:%M:%S GMT"), ("x-amz-date", "%a, %d %b %Y %H:%M:%S GMT"),
                                          ("x-amz-date", "%a, %d %b %Y %H:%M:%S +0000")))
def test_version_2_headers_are_verified(http, bucket, secret, status, header, form):
    """Clients that sign so write the date as they like, under either name."""
    date = signing.now().strftime(form)
    amz = {header: date} if header == "x-amz-date" else {}
    signature = signing.signature_v2("GET", f"/{bucket}/k", "" if amz else date, secret=secret or http.secret_key, headers=amz)
    answer = wire.request(http, "GET", f"/{bucket}/k", {header: date, "Authorization": f"AWS {http.access_key}:{signature}"})
    assert answer.status == status, answer
    assert status == 200 or answer.code == "SignatureDoesNotMatch"


# --- with a region

def test_a_configured_region_is_demanded_and_named_in_the_error(fresh_server):
    with fresh_server(environment={"MINIO_SITE_REGION": "eu-central-7"}) as server:
        name = "regional"
        assert server.call("PUT", f"/{name}", region="eu-central-7").status == 200
        wrong = server.call("GET", f"/{name}?list-type=2", region="us-east-1")
        assert_refused(wrong, 400, "AuthorizationHeaderMalformed")
        assert wrong.find("Region") == "eu-central-7"
        for region in ("us-east-1", "eu-central-7"):
            location = server.call("GET", f"/{name}?location", region=region)
            assert location.status == 200 and b"eu-central-7" in location.body, location
        assert server.call("GET", "/", region="us-east-1").status == 200


# --- Expect: 100-continue

def signed_head(server, method, target, headers, body, **options):
    signed = signing.SignedRequest(method, target, headers, body, host=server.host, access_key=server.access_key,
                                   secret=options.pop("secret", server.secret_key), **options)
    pairs = [*signed.headers, ("Content-Length", str(len(body))), ("Expect", "100-continue")]
    return f"{method} {target} HTTP/1.1\r\n".encode() + b"".join(
        f"{name}: {value}\r\n".encode() for name, value in pairs) + b"\r\n"


def test_a_client_that_waits_is_told_to_continue(server):
    name = server.bucket()
    with wire.RawConnection(server) as raw:
        raw.send(signed_head(server, "PUT", f"/{name}/k", {}, b"content"))
        assert raw.head()[0] == 100
        assert raw.send(b"content").answer().status == 200
    assert server.call("GET", f"/{name}/k").body == b"content"


def test_a_client_that_waits_learns_of_a_refusal_before_it_sends_anything(server):
    name = server.bucket()
    server.call("PUT", f"/{name}/exists", body=b"old")
    for target, headers, options, status in (
            (f"/{name}/k", {}, {"secret": "wrong"}, 403), ("/no-such-bucket/k", {}, {}, 404),
            (f"/{name}/k", {SSE: "nonsense"}, {}, 400), (f"/{name}/exists", {"If-None-Match": "*"}, {}, 412)):
        with wire.RawConnection(server) as raw:
            raw.send(signed_head(server, "PUT", target, headers, b"content", **options))
            assert raw.head()[0] == status, target


def test_version_2_can_be_switched_off(fresh_server):
    server = fresh_server(arguments=["--sigv2", "off"])
    with server:
        with pytest.raises(ClientError) as refused:
            server.s3(signature_version="s3").list_buckets()
        assert refused.value.response["Error"]["Code"] == "InvalidRequest"
        assert server.call("GET", "/").status == 200
    assert fresh_server(arguments=["--sigv2", "perhaps"]).run_to_end()[0] != 0
