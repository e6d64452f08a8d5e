"""Multipart uploads: order, replacement, borders, what a client gets wrong, and what is left when it gives up."""

import base64
import hashlib
import re
import zlib
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from payloads import MIB, payload

SMALL = 5 * MIB


@pytest.fixture(scope="module")
def bucket(http):
    return http.bucket()


class Upload:
    def __init__(self, server, target, headers=None):
        self.server, self.target = server, target
        created = server.call("POST", f"{target}?uploads", headers)
        assert created.status == 200, created
        self.created, self.id = created, created.find("UploadId")

    def part(self, number, body, headers=None):
        return self.server.call("PUT", f"{self.target}?partNumber={number}&uploadId={self.id}", headers, body)

    def complete(self, parts, headers=None, sums=None):
        """`sums`: the elements of the parts' checksums, by part number."""
        items = "".join(f"<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag>{(sums or {}).get(number, '')}</Part>"
                        for number, tag in parts)
        return self.server.call("POST", f"{self.target}?uploadId={self.id}", headers,
                                f"<CompleteMultipartUpload>{items}</CompleteMultipartUpload>".encode())

    def list(self, query=""):
        return self.server.call("GET", f"{self.target}?uploadId={self.id}{query}")

    def abort(self):
        return self.server.call("DELETE", f"{self.target}?uploadId={self.id}")


def tag(answer):
    assert answer.status == 200, answer
    return answer.headers["etag"]


def crc32(body):
    return base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()


def crc32_element(value):
    return f"<ChecksumCRC32>{value}</ChecksumCRC32>"


def combined(*bodies):
    digests = b"".join(hashlib.md5(body).digest() for body in bodies)
    return f'"{hashlib.md5(digests).hexdigest()}-{len(bodies)}"'


def test_parts_in_any_order_become_one_object(http, bucket):
    upload = Upload(http, f"/{bucket}/ordered", {"Content-Type": "text/x-parts", "x-amz-meta-a": "b"})
    assert (upload.created.find("Bucket"), upload.created.find("Key")) == (bucket, "ordered")
    bodies = {1: payload(SMALL, 1), 2: payload(SMALL + 7, 2), 3: payload(100, 3)}
    tags = {number: tag(upload.part(number, bodies[number])) for number in (3, 1, 2)}
    assert http.call("HEAD", f"/{bucket}/ordered").status == 404, "nothing is visible before Complete"
    done = upload.complete(sorted(tags.items()))
    assert done.status == 200, done
    assert (done.find("Bucket"), done.find("Key"), done.find("ETag")) == (bucket, "ordered", combined(*bodies.values()))
    got = http.call("GET", f"/{bucket}/ordered")
    assert got.body == b"".join(bodies.values())
    assert (got.headers["content-type"], got.headers["x-amz-meta-a"]) == ("text/x-parts", "b")
    assert got.headers["etag"] == combined(*bodies.values())
    assert upload.list().code == "NoSuchUpload"


def test_parts_arrive_at_the_same_time(http, bucket):
    upload, bodies = Upload(http, f"/{bucket}/parallel"), [payload(SMALL, number) for number in range(6)]
    with ThreadPoolExecutor(6) as pool:
        tags = list(pool.map(lambda number: tag(upload.part(number + 1, bodies[number])), range(6)))
    assert upload.complete(enumerate(tags, 1)).status == 200
    assert http.call("GET", f"/{bucket}/parallel").body == b"".join(bodies)


def test_a_part_is_replaced_by_its_next_upload(http, bucket):
    upload = Upload(http, f"/{bucket}/replaced")
    first = tag(upload.part(1, b"first attempt"))
    second = tag(upload.part(1, b"second attempt"))
    assert upload.list().find_all("Part/ETag") == [second]
    refused = upload.complete([(1, first)])
    assert (refused.status, refused.code) == (400, "InvalidPart"), refused
    assert upload.complete([(1, second)]).status == 200
    assert http.call("GET", f"/{bucket}/replaced").body == b"second attempt"


def test_numbers_may_be_sparse_and_parts_left_out(http, bucket):
    upload = Upload(http, f"/{bucket}/sparse")
    tags = {number: tag(upload.part(number, payload(SMALL if number < 10_000 else 5, number))) for number in (3, 77, 500, 10_000)}
    done = upload.complete([(3, tags[3]), (500, tags[500]), (10_000, tags[10_000])])
    assert done.status == 200, done
    assert http.call("GET", f"/{bucket}/sparse").body == payload(SMALL, 3) + payload(SMALL, 500) + payload(5, 10_000)


@pytest.mark.parametrize("form", ('{bare}', '"{bare}"', "&quot;{bare}&quot;", "&#34;{bare}&#34;"))
def test_entity_tags_of_parts_are_accepted_in_every_spelling(http, bucket, form):
    upload = Upload(http, f"/{bucket}/spelling")
    bare = tag(upload.part(1, b"x")).strip('"')
    assert upload.complete([(1, form.format(bare=bare))]).status == 200


def test_an_upload_of_one_empty_part_is_an_empty_object(http, bucket):
    upload = Upload(http, f"/{bucket}/empty")
    assert upload.complete([(1, tag(upload.part(1, b"")))]).status == 200
    got = http.call("GET", f"/{bucket}/empty")
    assert (got.status, got.body) == (200, b"")
    assert got.headers["etag"].endswith('-1"')


def test_faulty_lists_of_parts_change_nothing(http, bucket):
    target = f"/{bucket}/faulty"
    http.call("PUT", target, body=b"there before")
    upload = Upload(http, target)
    one, two = tag(upload.part(1, payload(SMALL))), tag(upload.part(2, payload(SMALL, 2)))
    small = tag(upload.part(3, b"small"))
    other = '"' + "0" * 32 + '"'
    for parts, code in (([(2, two), (1, one)], "InvalidPartOrder"), ([(1, one), (1, one)], "InvalidPartOrder"),
                        ([(1, other)], "InvalidPart"), ([(1, one), (9, two)], "InvalidPart"),
                        ([(1, two)], "InvalidPart"), ([(1, one), (4, other)], "InvalidPart")):
        answer = upload.complete(parts)
        assert (answer.status, answer.code) == (400, code), answer
    four = tag(upload.part(4, b"last"))
    answer = upload.complete([(3, small), (4, four)])
    assert (answer.status, answer.code) == (400, "EntityTooSmall"), answer
    assert upload.complete([]).status == 400
    for document in (b"", b"nonsense", b"<CompleteMultipartUpload><Part></Part></CompleteMultipartUpload>",
                     b"<CompleteMultipartUpload><Part><PartNumber>x</PartNumber><ETag>y</ETag></Part></CompleteMultipartUpload>"):
        answer = http.call("POST", f"{target}?uploadId={upload.id}", body=document)
        assert answer.status == 400 and answer.code in ("MalformedXML", "InvalidRequest", "InvalidPart"), answer
    assert http.call("GET", target).body == b"there before"
    assert upload.complete([(1, one), (2, two), (4, four)]).status == 200


@pytest.mark.parametrize("number, code", (("0", "InvalidArgument"), ("10001", "InvalidArgument"), ("-1", "InvalidArgument"),
                                          ("x", "InvalidArgument"), ("99999999999999999999", "InvalidArgument")))
def test_part_numbers_run_from_1_to_10000(http, bucket, number, code):
    upload = Upload(http, f"/{bucket}/numbers")
    answer = upload.part(number, b"x")
    assert answer.status == 400 and answer.code in (code, "InvalidPart"), answer
    assert upload.list().find_all("Part/PartNumber") == []


def test_an_unknown_upload_is_not_found(http, bucket):
    target = f"/{bucket}/unknown"
    for upload_id in ("nonsense", "00000000000000000000000000000000", "..%2F..%2Fetc", "a" * 2000):
        for method, query, body in (("PUT", "partNumber=1&", b"x"), ("GET", "", b""), ("DELETE", "", b""), (
                "POST", "", b"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part></CompleteMultipartUpload>")):
            answer = http.call(method, f"{target}?{query}uploadId={upload_id}", body=body)
            assert (answer.status, answer.code) == (404, "NoSuchUpload"), (method, answer)
    assert http.call("HEAD", target).status == 404


def test_an_upload_belongs_to_its_bucket_and_key(http, bucket):
    upload = Upload(http, f"/{bucket}/mine")
    part = tag(upload.part(1, b"x"))
    other = http.bucket()
    for target in (f"/{bucket}/other", f"/{other}/mine"):
        assert http.call("PUT", f"{target}?partNumber=1&uploadId={upload.id}", body=b"y").code == "NoSuchUpload"
        assert http.call("GET", f"{target}?uploadId={upload.id}").code == "NoSuchUpload"
        assert http.call("DELETE", f"{target}?uploadId={upload.id}").status == 404
    assert upload.complete([(1, part)]).status == 200


def test_an_upload_is_of_the_bytes_of_its_key(http, bucket):
    """Two spellings that look alike are two keys."""
    composed, decomposed = quote("caf\u00e9"), quote("cafe\u0301")
    upload = Upload(http, f"/{bucket}/{composed}")
    part = tag(upload.part(1, b"x"))
    other = http.call("POST", f"/{bucket}/{decomposed}?uploadId={upload.id}",
                      body=f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{part}</ETag></Part>"
                           "</CompleteMultipartUpload>".encode())
    assert (other.status, other.code) == (404, "NoSuchUpload"), other
    assert upload.complete([(1, part)]).status == 200
    assert http.call("HEAD", f"/{bucket}/{decomposed}").status == 404


def test_an_aborted_upload_is_gone(http, bucket):
    upload = Upload(http, f"/{bucket}/aborted")
    part = tag(upload.part(1, payload(SMALL)))
    assert upload.abort().status == 204
    assert upload.complete([(1, part)]).code == "NoSuchUpload"
    assert upload.part(2, b"x").code == "NoSuchUpload"
    assert upload.list().code == "NoSuchUpload"
    assert http.call("HEAD", f"/{bucket}/aborted").status == 404


def test_parts_are_listed_in_pages(http, bucket):
    upload = Upload(http, f"/{bucket}/listed")
    tags = {number: tag(upload.part(number, b"x" * number)) for number in (5, 1, 40, 3, 12)}
    whole = upload.list()
    assert whole.find_all("Part/PartNumber") == ["1", "3", "5", "12", "40"]
    assert whole.find_all("Part/Size") == ["1", "3", "5", "12", "40"]
    assert whole.find_all("Part/ETag") == [tags[number] for number in (1, 3, 5, 12, 40)]
    assert (whole.find("IsTruncated"), whole.find("UploadId"), whole.find("Key")) == ("false", upload.id, "listed")
    first = upload.list("&max-parts=2")
    assert (first.find_all("Part/PartNumber"), first.find("IsTruncated"), first.find("NextPartNumberMarker")) == (
        ["1", "3"], "true", "3")
    second = upload.list("&max-parts=2&part-number-marker=3")
    assert (second.find_all("Part/PartNumber"), second.find("NextPartNumberMarker")) == (["5", "12"], "12")
    last = upload.list("&max-parts=2&part-number-marker=12")
    assert (last.find_all("Part/PartNumber"), last.find("IsTruncated")) == (["40"], "false")
    assert upload.list("&max-parts=x").status == 400


def test_a_repeated_completion_is_answered_as_the_first(http, bucket):
    """A client repeats it when the answer was lost; the object is there then."""
    target = f"/{bucket}/twice"
    upload = Upload(http, target, {"x-amz-checksum-algorithm": "CRC32"})
    checksum = base64.b64encode(zlib.crc32(b"x").to_bytes(4, "big")).decode()
    part, sums = tag(upload.part(1, b"x", {"x-amz-checksum-crc32": checksum})), {1: crc32_element(checksum)}
    first = upload.complete([(1, part)], sums=sums)
    assert first.status == 200, first
    for headers in ({}, {"If-None-Match": "*"}):
        again = upload.complete([(1, part)], headers, sums)
        assert (again.status, again.body) == (first.status, first.body)
    # Of other parts, or without a list of them, it is another request.
    for parts in ([(1, tag(http.call("PUT", f"/{bucket}/other", body=b"y")))], [(1, part), (2, part)], []):
        refused = upload.complete(parts)
        assert (refused.status, refused.code) == (404, "NoSuchUpload")
    other = Upload(http, f"/{bucket}/elsewhere")
    assert http.call("POST", f"/{bucket}/elsewhere?uploadId={upload.id}", body=b"").code == "NoSuchUpload"
    other.abort()
    # It was completed, whatever stands in its place by now, and stays so.
    http.call("PUT", target, body=b"new")
    again = upload.complete([(1, part)], sums=sums)
    assert (again.status, again.body) == (first.status, first.body)
    assert http.call("GET", target).body == b"new"


def test_of_equal_completions_at_once_each_is_answered_alike(http, bucket):
    for number in range(5):
        upload = Upload(http, f"/{bucket}/equal-{number}")
        part = tag(upload.part(1, payload(200_000)))
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: upload.complete([(1, part)]), range(4)))
        assert {answer.status for answer in answers} == {200}, answers
        assert len({answer.body for answer in answers}) == 1


def test_of_two_that_complete_at_once_the_object_is_one_of_them(http, bucket):
    target = f"/{bucket}/contested"
    uploads = [Upload(http, target) for _ in range(4)]
    tags = [tag(upload.part(1, payload(300_000, number))) for number, upload in enumerate(uploads)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda pair: pair[0].complete([(1, pair[1])]), zip(uploads, tags)))
    assert [answer.status for answer in answers] == [200] * 4
    assert http.call("GET", target).body in [payload(300_000, number) for number in range(4)]


def test_open_uploads_do_not_keep_a_bucket(http):
    """As with the servers that clients know: what was never completed is no object."""
    name = http.bucket()
    Upload(http, f"/{name}/open").part(1, b"x")
    assert http.call("GET", f"/{name}?list-type=2").find("KeyCount") == "0"
    assert http.call("DELETE", f"/{name}").status == 204
    assert http.call("HEAD", f"/{name}").status == 404


def test_checksums_of_parts_become_a_composite_one(http, bucket):
    upload = Upload(http, f"/{bucket}/checksums", {"x-amz-checksum-algorithm": "CRC32"})
    bodies = [payload(SMALL, 1), payload(10, 2)]
    sums = [zlib.crc32(body).to_bytes(4, "big") for body in bodies]
    parts, elements = [], {number: crc32_element(crc32(body)) for number, body in enumerate(bodies, 1)}
    for number, (body, value) in enumerate(zip(bodies, sums), 1):
        answer = upload.part(number, body, {"x-amz-checksum-crc32": base64.b64encode(value).decode()})
        assert answer.headers.get("x-amz-checksum-crc32") == base64.b64encode(value).decode()
        parts.append((number, tag(answer)))
    wrong = upload.part(3, b"x", {"x-amz-checksum-crc32": "AAAAAA=="})
    assert wrong.status == 400, wrong
    # A composite checksum is of the parts' checksums, and the client says them.
    for missing in ({}, {1: elements[1]}):
        refused = upload.complete(parts, sums=missing)
        assert (refused.status, refused.code) == (400, "InvalidRequest"), refused
    done = upload.complete(parts, sums=elements)
    expected = base64.b64encode(zlib.crc32(b"".join(sums)).to_bytes(4, "big")).decode() + "-2"
    assert done.find("ChecksumCRC32") == expected, done
    head = http.call("HEAD", f"/{bucket}/checksums", {"x-amz-checksum-mode": "ENABLED"})
    assert head.headers.get("x-amz-checksum-crc32") == expected
    for number, body in enumerate(bodies, 1):
        part = http.call("GET", f"/{bucket}/checksums?partNumber={number}", {"x-amz-checksum-mode": "ENABLED"})
        assert (part.body, part.headers.get("x-amz-checksum-crc32")) == (body, crc32(body)), part.headers
    some = http.call("GET", f"/{bucket}/checksums", {"x-amz-checksum-mode": "ENABLED", "Range": "bytes=0-9"})
    assert "x-amz-checksum-crc32" not in some.headers


@pytest.mark.parametrize("headers", ({}, {"x-amz-checksum-sha1": "2jmj7l5rSw0yVb/vlWAYkK/YBwk="},
                                     {"x-amz-checksum-crc32c": "AAAAAA=="}), ids=str)
def test_a_part_must_have_the_checksum_of_its_composite_upload(http, bucket, headers):
    upload = Upload(http, f"/{bucket}/announced", {"x-amz-checksum-algorithm": "CRC32"})
    refused = upload.part(1, b"", headers)
    assert (refused.status, refused.code) == (400, "InvalidRequest"), refused
    assert upload.list().find_all("Part/PartNumber") == []


def test_the_checksum_of_a_whole_object_needs_none_of_its_parts(http, bucket):
    """The server computes what the client leaves out; an upload of another algorithm's parts is refused as ever."""
    target, bodies = f"/{bucket}/full", [payload(SMALL, 1), payload(10, 2)]
    upload = Upload(http, target, {"x-amz-checksum-algorithm": "CRC32", "x-amz-checksum-type": "FULL_OBJECT"})
    answers = [upload.part(number, body) for number, body in enumerate(bodies, 1)]
    assert [answer.headers.get("x-amz-checksum-crc32") for answer in answers] == [crc32(body) for body in bodies]
    other = upload.part(3, b"", {"x-amz-checksum-sha1": "2jmj7l5rSw0yVb/vlWAYkK/YBwk="})
    assert (other.status, other.code) == (400, "InvalidRequest"), other
    parts, whole = [(number, tag(answer)) for number, answer in enumerate(answers, 1)], b"".join(bodies)
    for headers, code in (({"x-amz-checksum-crc32": "AAAAAA=="}, "BadDigest"),
                          ({"x-amz-checksum-crc32c": "AAAAAA=="}, "InvalidRequest"),
                          ({"x-amz-checksum-type": "COMPOSITE"}, "InvalidRequest"),
                          ({"x-amz-mp-object-size": str(len(whole) + 1)}, "InvalidRequest"),
                          ({"x-amz-mp-object-size": "many"}, "InvalidRequest")):
        refused = upload.complete(parts, headers)
        assert (refused.status, refused.code) == (400, code), (headers, refused)
    assert http.call("HEAD", target).status == 404
    done = upload.complete(parts, {"x-amz-checksum-crc32": crc32(whole), "x-amz-checksum-type": "FULL_OBJECT",
                                   "x-amz-mp-object-size": str(len(whole))})
    assert (done.status, done.find("ChecksumCRC32"), done.find("ChecksumType")) == (200, crc32(whole), "FULL_OBJECT"), done


def test_the_size_is_checked_and_a_checksum_that_no_upload_announced_is_not(http, bucket):
    upload = Upload(http, f"/{bucket}/unannounced")
    part = tag(upload.part(1, b"content"))
    refused = upload.complete([(1, part)], {"x-amz-mp-object-size": "8"})
    assert (refused.status, refused.code) == (400, "InvalidRequest"), refused
    done = upload.complete([(1, part)], {"x-amz-mp-object-size": "7", "x-amz-checksum-crc32": "AAAAAA=="})
    assert done.status == 200, done


def test_a_part_is_read_by_its_number(http, bucket):
    target, bodies = f"/{bucket}/by-number", [payload(SMALL, 1), payload(SMALL + 9, 2), payload(77, 3)]
    upload = Upload(http, target)
    upload.complete([(number, tag(upload.part(number, body))) for number, body in enumerate(bodies, 1)])
    size, first = sum(map(len, bodies)), 0
    for number, body in enumerate(bodies, 1):
        for method in ("GET", "HEAD"):
            part = http.call(method, f"{target}?partNumber={number}")
            assert part.status == 206, part
            assert part.headers["content-range"] == f"bytes {first}-{first + len(body) - 1}/{size}"
            assert part.headers["x-amz-mp-parts-count"] == "3"
        assert http.call("GET", f"{target}?partNumber={number}").body == body
        first += len(body)
    beyond = http.call("GET", f"{target}?partNumber=4")
    assert beyond.status in (400, 416), beyond
    for query in ("partNumber=0", "partNumber=x", "partNumber=10001"):
        assert http.call("GET", f"{target}?{query}").status in (400, 416)
    both = http.call("GET", f"{target}?partNumber=1", {"Range": "bytes=0-1"})
    assert (both.status, both.code) == (400, "InvalidRequest"), both


def test_an_object_of_one_piece_has_one_part(http, bucket):
    http.call("PUT", f"/{bucket}/one-piece", body=b"content")
    first = http.call("GET", f"/{bucket}/one-piece?partNumber=1")
    assert (first.status, first.body, first.headers["content-range"]) == (206, b"content", "bytes 0-6/7"), first
    assert "x-amz-mp-parts-count" not in first.headers
    assert http.call("GET", f"/{bucket}/one-piece?partNumber=2").status in (400, 416)


def test_the_upload_id_can_be_put_into_an_address(http, bucket):
    assert re.fullmatch(r"[A-Za-z0-9_.~-]+", Upload(http, f"/{bucket}/id").id)
