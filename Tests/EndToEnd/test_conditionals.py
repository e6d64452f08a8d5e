"""Requests that depend on what is stored: ranges, If-* headers on reads, and conditional writes under contention."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import quote

import pytest

from payloads import payload

DATA = payload(200_000)


@pytest.fixture(scope="module")
def key(http):
    name = f"/{http.bucket()}/k"
    http.call("PUT", name, {"Cache-Control": "max-age=5", "Expires": "Wed, 21 Oct 2099 07:28:00 GMT"}, DATA)
    return name


@pytest.fixture(scope="module")
def head(http, key):
    return http.call("HEAD", key).headers


def date(seconds):
    return format_datetime(datetime.now(timezone.utc) + timedelta(seconds=seconds), usegmt=True)


# --- ranges

@pytest.mark.parametrize("given, first, last", (
    ("bytes=0-0", 0, 0), ("bytes=5-10", 5, 10), ("bytes=65535-65536", 65_535, 65_536), ("bytes=199999-", 199_999, 199_999),
    ("bytes=100-", 100, 199_999), ("bytes=-1", 199_999, 199_999), ("bytes=-70000", 130_000, 199_999),
    ("bytes=199990-999999", 199_990, 199_999), ("bytes=-999999", 0, 199_999), ("bytes=0-199999", 0, 199_999)))
def test_a_range_is_answered_in_part(http, key, given, first, last):
    for method in ("GET", "HEAD"):
        answer = http.call(method, key, {"Range": given})
        assert answer.status == 206, answer
        assert answer.headers["content-range"] == f"bytes {first}-{last}/200000"
        assert answer.headers["content-length"] == str(last - first + 1)
        assert answer.headers["accept-ranges"] == "bytes"
    assert http.call("GET", key, {"Range": given}).body == DATA[first:last + 1]


@pytest.mark.parametrize("given", ("bytes=0-1,5-6", "bytes=a-b", "items=0-1", "bytes=", "bytes", "bytes=5-1", "bytes=--1"))
def test_a_range_that_is_several_or_none_is_ignored(http, key, given):
    answer = http.call("GET", key, {"Range": given})
    assert answer.status == 200 and answer.body == DATA, answer.status


@pytest.mark.parametrize("given", ("bytes=200000-", "bytes=200000-200001", "bytes=999999-", "bytes=-0"))
def test_a_range_beyond_the_end_cannot_be_satisfied(http, key, given):
    answer = http.call("GET", key, {"Range": given})
    assert (answer.status, answer.code) == (416, "InvalidRange"), answer
    assert answer.headers["content-range"] == "bytes */200000"
    assert answer.find("ActualObjectSize") == "200000"
    assert answer.find("RangeRequested") == given


@pytest.mark.parametrize("given", ("bytes=0-", "bytes=0-0"))
def test_no_first_byte_of_an_empty_object_can_be_had(http, key, given):
    http.call("PUT", key + "-empty", body=b"")
    assert http.call("GET", key + "-empty", {"Range": given}).status == 416


@pytest.mark.parametrize("query, given", (("", {"Range": "bytes=-5"}), ("?partNumber=1", {})))
def test_what_an_empty_object_has_is_served_whole(http, key, query, given):
    http.call("PUT", key + "-empty", body=b"")
    for method in ("GET", "HEAD"):
        answer = http.call(method, key + "-empty" + query, given)
        assert (answer.status, answer.body, answer.headers["content-length"]) == (200, b"", "0"), answer
        assert "content-range" not in answer.headers


# --- a download that goes on

@pytest.mark.parametrize("method", ("GET", "HEAD"))
@pytest.mark.parametrize("given, status", (
    ("{tag}", 206), ("{stored}", 206), ('"other"', 200), ("W/{tag}", 200), ("{past}", 200), ("{future}", 200), ("", 200)))
def test_a_range_is_served_of_the_object_it_began_with(http, key, head, method, given, status):
    words = {"tag": head["etag"], "past": date(-86_400), "future": date(86_400), "stored": head["last-modified"]}
    answer = http.call(method, key, {"Range": "bytes=100-", "If-Range": given.format(**words)})
    assert answer.status == status, answer
    assert answer.headers["content-length"] == str(len(DATA) - (100 if status == 206 else 0))
    assert ("content-range" in answer.headers) == (status == 206)


# --- conditions on reads

@pytest.mark.parametrize("method", ("GET", "HEAD"))
@pytest.mark.parametrize("headers, status", (
    ({"If-Match": "{tag}"}, 200), ({"If-Match": '"other"'}, 412), ({"If-None-Match": "{tag}"}, 304),
    ({"If-Modified-Since": "{stored}"}, 304), ({"If-Unmodified-Since": "{past}"}, 412),
    ({"If-Match": "{tag}", "If-Unmodified-Since": "{past}"}, 200)), ids=str)
def test_conditions_reach_the_object(http, key, head, method, headers, status):
    """One of each kind; their combinations are in ReadingTests."""
    words = {"tag": head["etag"], "past": date(-86_400), "stored": head["last-modified"]}
    answer = http.call(method, key, {name: value.format(**words) for name, value in headers.items()})
    assert answer.status == status, answer
    if status == 304:
        assert answer.body == b"" and answer.headers["etag"] == head["etag"]
        assert answer.headers["last-modified"] == head["last-modified"]
        assert answer.headers["cache-control"] == "max-age=5"
    elif status == 412:
        assert answer.code == "PreconditionFailed"
    elif method == "GET":
        assert answer.body == DATA


def test_the_date_of_an_object_is_one_that_clients_can_read(head):
    stored = parsedate_to_datetime(head["last-modified"])
    assert head["last-modified"].endswith(" GMT")
    assert abs(stored - datetime.now(timezone.utc)) < timedelta(hours=1)


def test_a_missing_object_is_missing_whatever_the_condition(http, key):
    for headers in ({"If-Match": "*"}, {"If-None-Match": "*"}, {"Range": "bytes=0-1"}):
        assert http.call("GET", key + "-missing", headers).status in (404, 412)
    assert http.call("GET", key + "-missing").code == "NoSuchKey"


@pytest.mark.parametrize("name, header", (
    ("response-content-type", "content-type"), ("response-content-language", "content-language"),
    ("response-expires", "expires"), ("response-cache-control", "cache-control"),
    ("response-content-disposition", "content-disposition"), ("response-content-encoding", "content-encoding")))
def test_response_headers_can_be_overridden(http, key, name, header):
    value = "Thu, 01 Dec 2098 16:00:00 GMT" if header == "expires" else "x-replaced"
    for method in ("GET", "HEAD"):
        assert http.call(method, f"{key}?{name}={quote(value)}").headers[header] == value


# --- conditions on writes

def test_an_object_is_not_created_twice(http, key):
    target = key + "-once"
    assert http.call("PUT", target, {"If-None-Match": "*"}, b"first").status == 200
    again = http.call("PUT", target, {"If-None-Match": "*"}, b"second")
    assert (again.status, again.code) == (412, "PreconditionFailed"), again
    assert http.call("GET", target).body == b"first"


def test_an_object_is_replaced_only_if_it_is_the_one_that_was_read(http, key):
    target = key + "-match"
    tag = http.call("PUT", target, body=b"first").headers["etag"]
    other = http.call("PUT", target, {"If-Match": '"00000000000000000000000000000000"'}, b"second")
    assert (other.status, other.code) == (412, "PreconditionFailed"), other
    assert http.call("GET", target).body == b"first"
    assert http.call("PUT", target, {"If-Match": tag}, b"second").status == 200
    assert http.call("GET", target).body == b"second"
    missing = http.call("PUT", target + "-missing", {"If-Match": tag}, b"x")
    assert (missing.status, missing.code) == (404, "NoSuchKey"), missing
    assert http.call("HEAD", target + "-missing").status == 404


def test_an_object_is_deleted_only_if_it_is_the_one_that_was_read(http, key):
    """A server that ignores this condition loses data; it may refuse to know it, but must not delete."""
    target = key + "-delete"
    tag = http.call("PUT", target, body=b"first").headers["etag"]
    other = http.call("DELETE", target, {"If-Match": '"00000000000000000000000000000000"'})
    assert other.status in (412, 501), other
    assert http.call("GET", target).body == b"first"
    assert http.call("DELETE", target, {"If-Match": tag}).status in (204, 501)


def test_a_multipart_upload_is_completed_under_a_condition(http, key):
    target = key + "-upload"
    http.call("PUT", target, body=b"there before")
    upload = http.call("POST", f"{target}?uploads").find("UploadId")
    tag = http.call("PUT", f"{target}?partNumber=1&uploadId={upload}", body=b"part").headers["etag"]
    document = f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{tag}</ETag></Part></CompleteMultipartUpload>"
    refused = http.call("POST", f"{target}?uploadId={upload}", {"If-None-Match": "*"}, document.encode())
    assert (refused.status, refused.code) == (412, "PreconditionFailed"), refused
    assert http.call("GET", target).body == b"there before"
    http.call("DELETE", target)
    assert http.call("POST", f"{target}?uploadId={upload}", {"If-None-Match": "*"}, document.encode()).status == 200
    assert http.call("GET", target).body == b"part"


@pytest.mark.parametrize("size", (10, 100_000))
def test_of_many_that_create_at_once_exactly_one_succeeds(http, key, size):
    for round_number in range(3):
        target, start = f"{key}-race-{size}-{round_number}", threading.Barrier(8)

        def create(number):
            start.wait()
            return http.call("PUT", target, {"If-None-Match": "*"}, payload(size, number)).status

        with ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(create, range(8)))
        assert statuses.count(200) == 1, statuses
        assert set(statuses) <= {200, 412, 409}
        assert http.call("GET", target).body == payload(size, statuses.index(200))


def test_a_counter_behind_if_match_loses_no_step(http, key):
    """Eight clients add one to a number by compare and swap; every acknowledged step must be in the sum."""
    target = key + "-counter"
    http.call("PUT", target, body=b"0")
    acknowledged = []

    def add(_):
        for _ in range(12):
            read = http.call("GET", target, keep=True)
            wrote = http.call("PUT", target, {"If-Match": read.headers["etag"]}, str(int(read.body) + 1).encode(), keep=True)
            if wrote.status == 200:
                acknowledged.append(1)
            else:
                assert wrote.status in (412, 409), wrote

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(8)))
    assert int(http.call("GET", target).body) == len(acknowledged)


@pytest.mark.parametrize("size", (4096, 400_000))
def test_readers_see_whole_versions_while_writers_overwrite(http, key, size):
    target, versions = f"{key}-whole-{size}", [payload(size, number) for number in range(4)]
    http.call("PUT", target, body=versions[0])
    done = threading.Event()

    def write(number):
        for step in range(12):
            assert http.call("PUT", target, body=versions[(number + step) % 4], keep=True).status == 200

    def read(_):
        seen = 0
        while not done.is_set():
            answer = http.call("GET", target, keep=True)
            assert answer.status == 200 and answer.body in versions
            seen += 1
        return seen

    with ThreadPoolExecutor(8) as pool:
        readers = [pool.submit(read, number) for number in range(4)]
        try:
            list(pool.map(write, range(4)))
        finally:
            done.set()
        assert sum(reader.result() for reader in readers) > 0
