"""HTTP itself: what no honest client sends is refused and the connection closed, and no client costs more than its share."""

import hashlib
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore import awsrequest

import wire
from payloads import MIB, payload
from server import Server
from signing import UNSIGNED
from wire import RawConnection, signed_head


def lines(server, *parts):
    return ("\r\n".join(parts) + "\r\n\r\n").replace("{host}", server.host).encode("latin-1")


@pytest.fixture(scope="module")
def bucket(http):
    name = http.bucket()
    http.call("PUT", f"/{name}/k", body=b"content")
    return name


# --- nonsense

NONSENSE = {
    "both lengths": ("GET / HTTP/1.1", "Host: {host}", "Content-Length: 3", "Transfer-Encoding: chunked"),
    "two different lengths": ("PUT /b/k HTTP/1.1", "Host: {host}", "Content-Length: 3", "Content-Length: 4"),
    "two lengths in one line": ("PUT /b/k HTTP/1.1", "Host: {host}", "Content-Length: 3, 4"),
    "a length that is no number": ("PUT /b/k HTTP/1.1", "Host: {host}", "Content-Length: abc"),
    "a negative length": ("PUT /b/k HTTP/1.1", "Host: {host}", "Content-Length: -1"),
    "a length with a sign": ("PUT /b/k HTTP/1.1", "Host: {host}", "Content-Length: +3"),
    "a length beyond any": ("PUT /b/k HTTP/1.1", "Host: {host}", "Content-Length: 99999999999999999999999"),
    "a length in hex": ("PUT /b/k HTTP/1.1", "Host: {host}", "Content-Length: 0x10"),
    "chunked twice": ("PUT /b/k HTTP/1.1", "Host: {host}", "Transfer-Encoding: chunked, chunked"),
    "an unknown coding": ("PUT /b/k HTTP/1.1", "Host: {host}", "Transfer-Encoding: gzip"),
    "a coding after chunked": ("PUT /b/k HTTP/1.1", "Host: {host}", "Transfer-Encoding: chunked, identity"),
    "a coding with a tab": ("PUT /b/k HTTP/1.1", "Host: {host}", "Transfer-Encoding:\x0bchunked"),
    "no host": ("GET / HTTP/1.1", "Accept: */*"),
    "two hosts": ("GET / HTTP/1.1", "Host: {host}", "Host: other"),
    "a space before the colon": ("GET / HTTP/1.1", "Host: {host}", "Content-Length : 3"),
    "a folded header": ("GET / HTTP/1.1", "Host: {host}", "X-A: b", " c"),
    "a bare CR in a header": ("GET / HTTP/1.1", "Host: {host}", "X-A: b\rc"),
    "a NUL in a header": ("GET / HTTP/1.1", "Host: {host}", "X-A: b\x00c"),
    "a header without a name": ("GET / HTTP/1.1", "Host: {host}", ": value"),
    "a header without a colon": ("GET / HTTP/1.1", "Host: {host}", "nonsense"),
    "a NUL in the target": ("GET /b/\x00 HTTP/1.1", "Host: {host}"),
    "a space in the target": ("GET /b/a b HTTP/1.1", "Host: {host}"),
    "a target without a slash": ("GET b/k HTTP/1.1", "Host: {host}"),
    "an absolute target of another host": ("GET http://example.com/b/k HTTP/1.1", "Host: {host}"),
    "an overlong escape": ("GET /b/%c0%ae%c0%ae HTTP/1.1", "Host: {host}"),
    "an invalid escape": ("GET /b/%zz HTTP/1.1", "Host: {host}"),
    "an escape cut off": ("GET /b/%2 HTTP/1.1", "Host: {host}"),
    "an escaped NUL": ("GET /b/a%00b HTTP/1.1", "Host: {host}"),
    "an unknown version": ("GET / HTTP/3.7", "Host: {host}"),
    "no version": ("GET /", "Host: {host}"),
    "no request line": ("\x16\x03\x01\x02\x00", "Host: {host}"),
    "a method with spaces": ("GET  / HTTP/1.1", "Host: {host}"),
}
ANSWERED_BY_S3 = {"an overlong escape", "an invalid escape", "an escape cut off", "an escaped NUL"}


@pytest.mark.parametrize("case", NONSENSE)
def test_nonsense_is_refused_and_the_connection_closed(http, case):
    """A second request behind the nonsense must never be seen as one: that is how requests are smuggled."""
    with RawConnection(http) as raw:
        smuggled = lines(http, "GET /minio/health/live HTTP/1.1", "Host: {host}")
        raw.send(lines(http, *NONSENSE[case]) + b"abc" + (b"" if case in ANSWERED_BY_S3 else smuggled))
        answer = raw.answer()
        assert answer is None or 400 <= answer.status <= 505, answer
        if case not in ANSWERED_BY_S3:
            assert answer is None or answer.status in (400, 405, 501, 505), answer
            rest = raw.rest()
            assert b"HTTP/1.1 200" not in rest


@pytest.mark.parametrize("framing", ("-1\r\nabc", "zz\r\nabc", "3\r\nabcd\r\n0\r\n\r\n", "3;\x00\r\nabc\r\n", "3 3\r\nabc\r\n",
                                     "0x3\r\nabc\r\n", "ffffffffffffffffff\r\nabc", "3\nabc\n0\n\n", "\r\n\r\n",
                                     "3" + ";a" * 20_000 + "\r\nabc\r\n0\r\n\r\n"), ids=lambda text: ascii(text)[:20])
def test_broken_chunks_of_http_are_refused_and_store_nothing(http, bucket, framing):
    target = f"/{bucket}/broken-chunks"
    with RawConnection(http) as raw:
        head = signed_head(http, "PUT", target, None, {"x-amz-decoded-content-length": "3", "Transfer-Encoding": "chunked"})
        raw.send(head + framing.encode("latin-1"))
        raw.socket.shutdown(socket.SHUT_WR)
        answer = raw.answer()
        assert answer is None or answer.status >= 400, answer
        raw.rest()
    assert http.call("HEAD", target).status == 404


def test_an_absolute_target_of_this_host_is_this_target(http, bucket):
    head = signed_head(http, "GET", f"/{bucket}/k", None)
    with RawConnection(http) as raw:
        raw.send(head.replace(b"GET /", f"GET http://{http.host}/".encode(), 1))
        answer = raw.answer()
        assert (answer.status, answer.body) == (200, b"content"), answer


def test_http_1_0_is_served_and_closed(http):
    with RawConnection(http) as raw:
        raw.send(b"GET /minio/health/live HTTP/1.0\r\n\r\n")
        assert raw.answer().status == 200
        assert raw.is_closed()


def test_a_cut_off_body_stores_nothing(http, bucket):
    target = f"/{bucket}/cut-off"
    for size in (1000, 300_000):
        with RawConnection(http) as raw:
            raw.send(signed_head(http, "PUT", target, size) + b"x" * (size - 1))
            raw.socket.shutdown(socket.SHUT_WR)
            answer = raw.answer()
            assert answer is None or (answer.status, answer.code) == (400, "IncompleteBody"), answer
    assert http.call("HEAD", target).status == 404


# --- many requests on one connection

def test_requests_in_a_pipeline_are_answered_in_order(http, bucket):
    with RawConnection(http) as raw:
        requests = b"".join(
            signed_head(http, "PUT", f"/{bucket}/pipeline-{number}", 5) + b"%05d" % number for number in range(20))
        requests += b"".join(signed_head(http, "GET", f"/{bucket}/pipeline-{number}", None) for number in range(20))
        raw.send(requests)
        assert [raw.answer().status for _ in range(20)] == [200] * 20
        assert [raw.answer().body for _ in range(20)] == [b"%05d" % number for number in range(20)]


def test_a_connection_is_kept_through_errors(http, bucket):
    with RawConnection(http) as raw:
        for _ in range(3):
            raw.send(signed_head(http, "GET", f"/{bucket}/missing", None))
            assert raw.answer().status == 404
            raw.send(signed_head(http, "HEAD", f"/{bucket}/k", None))
            assert raw.answer("HEAD").status == 200
            raw.send(signed_head(http, "PUT", "/no-such-bucket/k", 10) + b"0123456789")
            assert raw.answer().status == 404
            raw.send(signed_head(http, "DELETE", f"/{bucket}/missing", None))
            assert raw.answer().status == 204


def test_a_refused_upload_of_unwanted_length_does_not_have_to_be_read(http):
    """The answer comes although most of the body is never sent, and then the connection ends."""
    with RawConnection(http) as raw:
        raw.send(signed_head(http, "PUT", "/no-such-bucket/k", 10 << 30) + b"x" * 100_000)
        assert raw.answer().status == 404
        assert raw.is_closed(10)


# --- expectations

def test_empty_bodies_with_an_expectation_keep_a_pooled_connection_usable(http):
    """botocore expects a 100 for every PUT over http; a final answer without it confuses the next request."""
    client, name = http.s3(max_pool_connections=1, read_timeout=20), http.bucket()
    opened = []
    # One connection serves all of it, errors included, so none was given up.
    with OpenedConnections(opened):
        for number in range(5):
            client.put_object(Bucket=name, Key=f"empty-{number}", Body=b"")
            client.put_object(Bucket=name, Key=f"full-{number}", Body=b"content")
            with pytest.raises(client.exceptions.ClientError):
                client.put_object(Bucket="no-such-bucket", Key="k", Body=b"")
        assert client.get_object(Bucket=name, Key="empty-4")["Body"].read() == b""
        assert client.get_object(Bucket=name, Key="full-4")["Body"].read() == b"content"
        listed = client.list_objects_v2(Bucket=name)["Contents"]
    assert {one["Key"]: one["Size"] for one in listed} == {
        f"{kind}-{number}": size for kind, size in (("empty", 0), ("full", 7)) for number in range(5)}
    assert len(opened) == 1


class OpenedConnections:
    """Notes each connection that botocore opens."""

    def __init__(self, opened):
        self.opened = opened

    def __enter__(self):
        self.connect = awsrequest.AWSHTTPConnection.connect
        def noted(connection, *arguments):
            self.opened.append(connection)
            return self.connect(connection, *arguments)
        awsrequest.AWSHTTPConnection.connect = noted

    def __exit__(self, *_):
        awsrequest.AWSHTTPConnection.connect = self.connect


# --- limits

def test_a_head_that_is_too_large_is_refused(http):
    with RawConnection(http) as raw:
        raw.send(lines(http, "GET / HTTP/1.1", "Host: {host}", "X-Long: " + "a" * 70_000))
        answer = raw.answer()
        assert answer is None or answer.status == 431, answer
        assert raw.is_closed()
    with RawConnection(http) as raw:
        raw.send(lines(http, "GET /" + "a" * 70_000 + " HTTP/1.1", "Host: {host}"))
        answer = raw.answer()
        assert answer is None or answer.status in (414, 431), answer
        assert raw.is_closed()


def test_hundreds_of_metadata_headers_are_taken(http, bucket):
    metadata = {f"x-amz-meta-{number}": "12345"[:number % 6] for number in range(150)}
    assert http.call("PUT", f"/{bucket}/many-headers", metadata, b"x").status == 200
    with RawConnection(http) as raw:
        raw.send(signed_head(http, "HEAD", f"/{bucket}/many-headers", None))
        _, headers = raw.head()
        assert {name: headers.get(name) for name in metadata} == metadata


def test_too_many_headers_are_refused_and_hundreds_are_not(http):
    for count, status in ((95, 200), (900, 200), (1001, 431), (5000, 431)):
        with RawConnection(http) as raw:
            raw.send(lines(http, "GET /minio/health/live HTTP/1.1", "Host: {host}", *(f"X-{n}: 1" for n in range(count))))
            answer = raw.answer()
            assert (answer is None and count > 1000) or answer.status == status, (count, answer)


@pytest.mark.parametrize("target, size", (("?delete", 6 * MIB), ("?encryption", 2 * MIB), ("", 2 * MIB)))
def test_documents_that_are_too_long_are_refused(http, bucket, target, size):
    method = "POST" if target == "?delete" else "PUT"
    path = f"/{bucket}{target}" if target else "/too-long-a-document"
    answer = http.call(method, path, body=b"<a>" + b" " * size, payload=UNSIGNED)
    assert 400 <= answer.status < 500, answer
    assert http.call("HEAD", "/too-long-a-document").status == 404


@pytest.fixture(scope="module")
def impatient(tmp_path_factory):
    """A server with every patience set to two seconds and room for a handful of connections."""
    with Server(tmp_path_factory.mktemp("impatient"), environment={
            "COFFER_HTTP_HEAD_SECONDS": "2", "COFFER_HTTP_IDLE_SECONDS": "2", "COFFER_HTTP_BODY_STALL_SECONDS": "2",
            "COFFER_HTTP_CONNECTIONS": "8", "COFFER_HTTP_HEAD_BYTES": "4096", "COFFER_HTTP_HEADER_COUNT": "20"}) as server:
        yield server


def test_a_head_that_comes_slowly_does_not_hold_a_connection(impatient):
    with RawConnection(impatient, timeout=1) as raw:
        data = lines(impatient, "GET /minio/health/live HTTP/1.1", "Host: {host}", "X-Slow: " + "a" * 500)
        for start in range(0, len(data) - 4, 20):
            raw.send(data[start:start + 20])
            time.sleep(0.3)
            if start > 200:
                break
        answer = raw.answer()
        assert answer is None or answer.status == 408, answer
        assert raw.is_closed()


def test_a_silent_connection_is_closed(impatient):
    with RawConnection(impatient) as raw:
        assert raw.is_closed(15)
    with RawConnection(impatient) as raw:
        raw.send(lines(impatient, "GET /minio/health/live HTTP/1.1", "Host: {host}"))
        assert raw.answer().status == 200
        assert raw.is_closed(15)


def test_a_body_that_stops_coming_is_given_up_and_stores_nothing(impatient):
    bucket = impatient.bucket()
    with RawConnection(impatient) as raw:
        raw.send(signed_head(impatient, "PUT", f"/{bucket}/k", 1000) + b"x" * 500)
        answer = raw.answer()
        assert answer is None or answer.status >= 400, answer
        assert raw.is_closed(15)
    assert impatient.call("HEAD", f"/{bucket}/k").status == 404


def test_the_sizes_of_a_head_can_be_configured(impatient):
    for headers in (["X-Long: " + "a" * 5000], [f"X-{number}: 1" for number in range(25)]):
        with RawConnection(impatient) as raw:
            raw.send(lines(impatient, "GET /minio/health/live HTTP/1.1", "Host: {host}", *headers))
            assert raw.answer().status == 431


def test_connections_beyond_the_limit_are_turned_away_cleanly(impatient):
    def live(raw):
        raw.send(lines(impatient, "GET /minio/health/live HTTP/1.1", "Host: {host}"))
        return raw.answer()

    kept = []
    try:
        for _ in range(8):
            kept.append(wire.served_connection(impatient))
        with RawConnection(impatient) as extra:
            answer = live(extra)
            assert answer is None or answer.status == 503, answer
        assert all(live(raw).status == 200 for raw in kept), "the others go on"
    finally:
        for raw in kept:
            raw.close()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with RawConnection(impatient) as raw:
            answer = live(raw)
            if answer and answer.status == 200:
                return
    raise AssertionError("places do not become free again")


# --- memory

LIMIT = 200 * MIB
# Of a server with `--body-mib 32`.
BUDGET = 32 * MIB
BIG = 256 * MIB
BLOCK = payload(MIB)


def put_big(server, target):
    with RawConnection(server, timeout=300) as raw:
        raw.send(signed_head(server, "PUT", target, BIG))
        for _ in range(BIG // MIB):
            raw.send(BLOCK)
        return raw.answer().status


def get_big(server, target, wait=0):
    """Reads an object of repeated blocks; its SHA-256. With `wait` the client first takes nothing for some seconds."""
    with RawConnection(server, timeout=300) as raw:
        raw.send(signed_head(server, "GET", target, None))
        time.sleep(wait)
        status, headers = raw.head()
        assert (status, int(headers["content-length"])) == (200, BIG)
        digest, count = hashlib.sha256(raw.buffer), len(raw.buffer)
        view = memoryview(bytearray(MIB))
        while count < BIG:
            size = raw.socket.recv_into(view)
            assert size, "the answer ends early"
            digest.update(view[:size])
            count += size
        return digest.hexdigest()


@pytest.mark.big
@pytest.mark.slow
def test_memory_stays_below_its_limit_under_large_transfers(fresh_server):
    """Sixteen clients put 256 MiB each, then sixteen get them, some of which take nothing for a while."""
    expected = hashlib.sha256(BLOCK * (BIG // MIB)).hexdigest()
    with fresh_server() as server:
        bucket = server.bucket()
        assert server.call("PUT", f"/{bucket}?encryption", body=(
            b"<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms"
            b"</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>")).status == 200
        with ThreadPoolExecutor(16) as pool:
            statuses = list(pool.map(lambda number: put_big(server, f"/{bucket}/{number}"), range(16)))
        assert statuses == [200] * 16
        after_puts = server.peak_rss()
        with ThreadPoolExecutor(16) as pool:
            digests = list(pool.map(lambda number: get_big(server, f"/{bucket}/{number}", wait=number % 4), range(16)))
        assert digests == [expected] * 16
        print(f"peak: {after_puts // MIB} MiB while putting, {server.peak_rss() // MIB} MiB in all")
        assert after_puts < LIMIT, f"{after_puts // MIB} MiB while putting"
        assert server.peak_rss() < LIMIT, f"{server.peak_rss() // MIB} MiB while getting"


def test_memory_does_not_grow_with_idle_and_half_open_requests(http, bucket):
    before = http.rss()
    opened = []
    try:
        for number in range(300):
            raw = RawConnection(http)
            raw.send(signed_head(http, "PUT", f"/{bucket}/half-{number}", 10 * MIB) + b"x" * 20_000)
            opened.append(raw)
        assert wire.request(http, "GET", "/minio/health/live").status == 200
        assert http.rss() - before < 300 * MIB // 2
    finally:
        for raw in opened:
            raw.close()
    assert http.call("GET", f"/{bucket}/k").body == b"content"


def growth_beside(server, bucket, clients):
    """How far the server's memory grows, in bytes, beside clients that hang: connections that the generator `clients` opens.

    Others are served meanwhile.
    """
    before, opened = server.rss(), []
    try:
        opened.extend(clients)
        for _ in range(10):
            assert server.call("PUT", f"/{bucket}/small", body=b"content").status == 200
            assert server.call("GET", f"/{bucket}/small").body == b"content"
            time.sleep(0.1)
        grown = server.peak_rss() - before
    finally:
        for raw in opened:
            raw.close()
    print(f"{grown // MIB} MiB for {len(opened)} clients that hang")
    return grown


def test_memory_does_not_grow_with_stalled_transfers(fresh_server):
    """Clients that read nothing and clients that stop sending share one budget, and others are served beside them."""
    with fresh_server(arguments=["--body-mib", "32"]) as server:
        bucket = server.bucket()
        target = f"/{bucket}/large"
        assert server.call("PUT", target, body=payload(16 * MIB)).status == 200

        def clients():
            for number in range(150):
                download, upload = RawConnection(server), RawConnection(server)
                yield from (download, upload)
                download.send(signed_head(server, "GET", target, None))
                upload.send(signed_head(server, "PUT", f"/{bucket}/stalled-{number}", 16 * MIB) + b"x" * 100_000)

        # Besides the budget, 300 connections have buffers in use.
        assert growth_beside(server, bucket, clients()) < 2.5 * BUDGET
        assert server.call("GET", target).body == payload(16 * MIB)


def test_memory_of_unfinished_heads_is_given_back(fresh_server):
    with fresh_server() as server:
        assert server.call("GET", "/").status == 200
        before, opened = server.rss(), []
        try:
            for _ in range(600):
                opened.append(RawConnection(server))
                opened[-1].send(b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * 60_000)
            deadline = time.monotonic() + 30
            while server.rss() - before <= 600 * 60_000 and time.monotonic() < deadline:
                time.sleep(0.2)
            grown = server.rss() - before
        finally:
            for raw in opened:
                raw.close()
        assert grown > 600 * 60_000
        deadline = time.monotonic() + 30
        while server.rss() - before > grown // 2 and time.monotonic() < deadline:
            time.sleep(0.5)
        assert server.rss() - before <= grown // 2


def test_memory_does_not_grow_with_stalled_documents(fresh_server):
    """Documents are held whole: lists that nobody reads, and lists of keys whose last byte never comes."""
    with fresh_server(arguments=["--body-mib", "32"]) as server:
        bucket = server.bucket()
        with ThreadPoolExecutor(8) as pool:
            keys = [f"{number:04}-{'%26' * 330}" for number in range(1000)]
            assert set(pool.map(lambda key: server.call("PUT", f"/{bucket}/{key}").status, keys)) == {200}
        length, checksum = 5_000_000, {"x-amz-checksum-crc32": "AAAAAA=="}

        def clients():
            for _ in range(100):
                listing, deletion = RawConnection(server), RawConnection(server)
                yield from (listing, deletion)
                listing.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
                listing.send(signed_head(server, "GET", f"/{bucket}?list-type=2", None))
                deletion.send(signed_head(server, "POST", f"/{bucket}?delete", length, checksum))
                deletion.socket.settimeout(0.05)
                try:
                    deletion.send(b" " * (length - 1))
                except (TimeoutError, ConnectionError):
                    pass  # The server takes no more for now.

        # What is made in one place and copied to another is in memory twice for a moment.
        assert growth_beside(server, bucket, clients()) < 3 * BUDGET
        assert server.call("GET", f"/{bucket}?list-type=2").body.count(b"<Key>") == 1000


def test_a_slow_reader_gets_everything_and_one_that_reads_nothing_is_cut_off(impatient):
    bucket, body = impatient.bucket(), payload(8 * MIB)
    target = f"/{bucket}/large"
    assert impatient.call("PUT", target, body=body).status == 200

    def read(slowly):
        with RawConnection(impatient) as raw:
            raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 * 1024)
            raw.send(signed_head(impatient, "GET", target, None))
            data, deadline = b"", time.monotonic() + 7
            while time.monotonic() < deadline:
                if slowly:
                    data += raw.socket.recv(10_000)
                time.sleep(0.5)
            try:
                while chunk := raw.socket.recv(MIB):
                    data += chunk
                    if data.endswith(body[-1000:]):
                        break
            except ConnectionResetError:
                return None
            return data.partition(b"\r\n\r\n")[2]

    with ThreadPoolExecutor(2) as pool:
        slow, stalled = pool.submit(read, True), pool.submit(read, False)
        assert slow.result() == body
        assert stalled.result() != body


def test_a_client_that_goes_away_leaves_nothing_behind(http, bucket):
    target = f"/{bucket}/gone"
    http.call("PUT", target, body=payload(8 * MIB))
    stop = threading.Event()

    def leave(_):
        while not stop.is_set():
            with RawConnection(http) as raw:
                raw.send(signed_head(http, "GET", target, None))
                raw.socket.recv(1000)

    with ThreadPoolExecutor(4) as pool:
        leaving = [pool.submit(leave, number) for number in range(4)]
        time.sleep(1)
        stop.set()
        for one in leaving:
            one.result()
    assert http.call("GET", target).body == payload(8 * MIB)
