"""Clients that mean harm: what they do costs the server no more than its share, passes, and leaves nothing behind.

What one connection may do is in `test_http_limits.py`; here are many at once, and what is small and makes much work.
"""

import gzip
import io
import json
import multiprocessing
import os
import socket
import ssl
import struct
import tarfile
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from console_api import Console, with_console
from kes import KESServer
from payloads import MIB, payload
from wire import RawConnection, signed_head

PATIENCE_SECONDS = 30
# Waits that a loaded machine makes by itself: a percentile below it says nothing about the server.
PAUSE_SECONDS = 0.05


def descriptors(server):
    return len(os.listdir(f"/proc/{server.process.pid}/fd"))


def resident(server):
    """Resident memory in bytes."""
    with open(f"/proc/{server.process.pid}/statm") as numbers:
        return int(numbers.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Bystander:
    """An honest client, which asks all the time and notes how long each answer takes, in seconds.

    It is a process of its own: what a test does to the server takes none of its time.
    """

    def __init__(self, server, target):
        context = multiprocessing.get_context("fork")
        self._done = context.Event()
        self._results, sender = context.Pipe(duplex=False)
        self._process = context.Process(target=self._ask, args=(server, target, sender), daemon=True)
        self.seconds, self.failures = [], []

    def _ask(self, server, target, sender):
        # The parent's connections stay its own.
        server._pool = threading.local()
        seconds, failures = [], []
        while not self._done.is_set():
            began = time.monotonic()
            try:
                answer = server.call("GET", target, keep=True)
                if answer.status != 200:
                    failures.append(str(answer))
            except OSError as error:
                failures.append(repr(error))
            seconds.append(time.monotonic() - began)
            time.sleep(0.005)
        sender.send((seconds, failures))

    def __enter__(self):
        self._process.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self.seconds, self.failures = self._results.recv()
        self._process.join()

    @property
    def p99(self):
        ordered = sorted(self.seconds)
        return ordered[len(ordered) * 99 // 100]


@pytest.fixture(scope="module")
def small(http):
    """The target of an object that anybody with the root key reads at once."""
    bucket = http.bucket()
    assert http.call("PUT", f"/{bucket}/small", body=b"content").status == 200
    return f"/{bucket}/small"


@pytest.fixture
def unharmed(http, small):
    """Runs abuse beside an honest client; that one is served, and afterwards the server is as it was before.

    The form that is marked long also asks how quickly: within three times of what it takes without.
    """
    def run(abuse, *, growth=64 * MIB, seconds=2, measured=False):
        with Bystander(http, small) as alone:
            time.sleep(2 if measured else 0.3)
        files, memory = descriptors(http), http.rss()
        with Bystander(http, small) as beside:
            began = time.monotonic()
            abuse()
            time.sleep(max(0, seconds - (time.monotonic() - began)))
        # Without it the test would not have had both at once.
        assert len(beside.seconds) > 5
        print(f"p99 {1000 * alone.p99:.1f} ms alone, {1000 * beside.p99:.1f} ms beside; "
              f"{(http.rss() - memory) / MIB:+.1f} MiB, {descriptors(http) - files:+} descriptors")
        assert beside.failures == []
        if measured:
            assert beside.p99 <= 3 * max(alone.p99, PAUSE_SECONDS)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (descriptors(http) > files + 8 or http.rss() > memory + growth) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert descriptors(http) <= files + 8
        assert http.rss() <= memory + growth, f"{(http.rss() - memory) // MIB} MiB more"

    return run


short_and_long = pytest.mark.parametrize("scale", (1, pytest.param(10, marks=pytest.mark.long)), ids=("short", "long"))


def held(server, count, begin):
    """Opens connections, has `begin` send something on each, and gives them."""
    opened = []
    for number in range(count):
        raw = RawConnection(server)
        opened.append(raw)
        begin(raw, number)
    return opened


def close(opened):
    for raw in opened:
        raw.close()


# --- connections

@short_and_long
def test_heads_that_drip_by_the_hundred(http, unharmed, scale):
    def abuse():
        opened = held(http, 150 * scale, lambda raw, _: raw.send(b"GET / HTTP/1.1\r\nHost: a\r\n"))
        for _ in range(4 * scale):
            for raw in opened:
                raw.send(b"X-A: b\r\n")
            time.sleep(0.2)
        close(opened)

    unharmed(abuse, measured=scale > 1)


@short_and_long
def test_answers_that_are_taken_drop_by_drop_by_the_hundred(http, small, unharmed, scale):
    bucket = small.split("/")[1]
    assert http.call("PUT", f"/{bucket}/large", body=payload(8 * MIB)).status == 200

    def begin(raw, _):
        raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.send(signed_head(http, "GET", f"/{bucket}/large", None))

    def abuse():
        opened = held(http, 60 * scale, begin)
        for _ in range(5 * scale):
            for raw in opened:
                raw.socket.recv(100)
            time.sleep(0.1)
        close(opened)

    # Bodies are bounded by the budget, which is 256 MiB and goes back to the system when it is free again.
    unharmed(abuse, growth=160 * MIB, measured=scale > 1)


@pytest.mark.parametrize("count", (3000, pytest.param(100_000, marks=pytest.mark.long)))
def test_connections_that_are_opened_and_dropped(http, unharmed, count):
    address, reset = ("127.0.0.1", http.port), struct.pack("ii", 1, 0)

    def some(number):
        for index in range(number):
            opened = socket.create_connection(address, timeout=30)
            # Some with a reset, which also leaves no port of this machine waiting; some in the middle of a head.
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            if index % 3:
                opened.send(b"GET / HT")
            opened.close()

    def abuse():
        with ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(some, count // 4) for _ in range(4)]:
                done.result()

    unharmed(abuse, measured=count > 10_000)


@short_and_long
def test_pipelines_whose_answers_nobody_takes(http, small, unharmed, scale):
    one = signed_head(http, "GET", small, None)

    def begin(raw, _):
        raw.socket.settimeout(0.05)
        try:
            raw.send(one * 2000)
        except (TimeoutError, ConnectionError):
            pass  # The server reads no more for now.

    def abuse():
        opened = held(http, 20 * scale, begin)
        time.sleep(1)
        close(opened)

    unharmed(abuse, measured=scale > 1)


def test_connections_that_are_half_closed(http, small, unharmed):
    def begin(raw, number):
        raw.send((b"", b"GET / HT", signed_head(http, "PUT", small + "-never", 100) + b"x")[number % 3])
        raw.socket.shutdown(socket.SHUT_WR)

    def abuse():
        opened = held(http, 300, begin)
        time.sleep(1)
        close(opened)

    unharmed(abuse)
    assert http.call("HEAD", small + "-never").status == 404


def test_heads_of_a_megabyte(http, unharmed):
    def abuse():
        for _ in range(50):
            with RawConnection(http) as raw:
                try:
                    raw.send(b"GET / HTTP/1.1\r\nHost: a\r\nX-Long: " + b"x" * MIB)
                    answer = raw.answer()
                    assert answer is None or answer.status == 431, answer
                except ConnectionError:
                    pass

    unharmed(abuse)


# --- HTTP/2, which the key server speaks

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
# `GET /x` of the authority `a`, without Huffman coding.
REQUEST = bytes([0x82, 0x87, 0x04, 2, 0x2F, 0x78, 0x01, 1, 0x61])


def frame(kind, flags=0, stream=0, body=b""):
    return struct.pack(">I", len(body))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + body


HEADERS, RESET, SETTINGS, PING, WINDOW, CONTINUATION = 1, 3, 4, 6, 8, 9
FLOODS = {
    "resets": lambda count: b"".join(
        frame(HEADERS, 5, 2 * n + 1, REQUEST) + frame(RESET, 0, 2 * n + 1, b"\0\0\0\x08") for n in range(count)),
    "pings": lambda count: frame(PING, 0, 0, b"12345678") * count,
    "settings": lambda count: frame(SETTINGS, 0, 0, b"\0\x03\0\0\0\x64") * count,
    "continuations": lambda count: frame(HEADERS, 1, 1, REQUEST) + frame(CONTINUATION, 0, 1, b"\x00\x01x\x01y") * count,
    "empty continuations": lambda count: frame(HEADERS, 1, 1, REQUEST) + frame(CONTINUATION, 0, 1) * count,
    "streams without a window": lambda count: frame(SETTINGS, 0, 0, b"\0\x04\0\0\0\0") + b"".join(
        frame(HEADERS, 5, 2 * n + 1, REQUEST) for n in range(count)),
    "small windows": lambda count: frame(HEADERS, 5, 1, REQUEST) + frame(WINDOW, 0, 1, b"\0\0\0\x01") * count,
    "a table that grows": lambda count: b"".join(
        frame(HEADERS, 5, 2 * n + 1, REQUEST + b"\x40\x02x-\x7f\x81\x06" + b"y" * 256) for n in range(count)),
}


def http2(server):
    context = ssl.create_default_context(cafile=server.certificate.certificate)
    context.load_cert_chain(server.admin.certificate, server.admin.key)
    context.set_alpn_protocols(["h2"])
    opened = context.wrap_socket(
        socket.create_connection(("127.0.0.1", server.port), timeout=10), server_hostname="127.0.0.1")
    assert opened.selected_alpn_protocol() == "h2"
    opened.sendall(PREFACE + frame(SETTINGS))
    return opened


def received(opened):
    """All frames' kinds until the server says nothing for a while, or closes."""
    data = b""
    opened.settimeout(2)
    try:
        while piece := opened.recv(65536):
            data += piece
    except (TimeoutError, ConnectionError, ssl.SSLError):
        pass
    kinds = []
    while len(data) >= 9:
        kinds.append(data[3])
        data = data[9 + int.from_bytes(data[:3], "big"):]
    return kinds


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """The key server: the object server speaks HTTP/1 alone."""
    with KESServer(tmp_path_factory.mktemp("keys")) as server:
        yield server


@pytest.mark.parametrize("flood", FLOODS)
def test_floods_of_frames(keys, flood):
    assert keys.call("GET", "/version").status == 200
    files, memory = descriptors(keys), resident(keys)
    for _ in range(5):
        opened = http2(keys)
        try:
            opened.sendall(FLOODS[flood](3000))
        except (OSError, ssl.SSLError):
            pass  # It was shut out.
        assert len(received(opened)) < 10_000
        opened.close()
        assert keys.call("GET", "/version").status == 200
    deadline = time.monotonic() + PATIENCE_SECONDS
    while descriptors(keys) > files + 4 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert descriptors(keys) <= files + 4
    assert resident(keys) < memory + 64 * MIB


# --- documents

def xml_bombs():
    entities = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))
    yield "entities", f'<!DOCTYPE a [<!ENTITY a0 "lol">{entities}]><Delete><Object><Key>&a9;</Key></Object></Delete>'
    yield "one long entity", f'<!DOCTYPE a [<!ENTITY b "{"x" * 50_000}">]><Delete>{"&b;" * 5000}</Delete>'
    yield "a file", '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><Delete><Object><Key>&b;</Key></Object></Delete>'
    yield "nesting", "<a>" * 300_000
    yield "attributes", "<Delete " + " ".join(f'a{n}="b"' for n in range(100_000)) + "/>"
    yield "one name", f"<{'a' * 1_000_000}/>"
    yield "elements", "<Delete>" + "<a/>" * 200_000 + "</Delete>"
    yield "comments", "<!--" + "-" * 1_000_000
    yield "references", "<Delete><Object><Key>" + "&#x41;" * 150_000 + "</Key></Object></Delete>"


@pytest.mark.parametrize("document", [pytest.param(text, id=name) for name, text in xml_bombs()])
def test_documents_that_explode(http, small, document, unharmed):
    bucket = small.split("/")[1]

    def abuse():
        for _ in range(3):
            answer = http.delete(bucket, document.encode())
            # A list of keys is answered key by key.
            assert 400 <= answer.status < 500 or answer.code == "KeyTooLongError", answer
            assert b"root:" not in answer.body

    unharmed(abuse, seconds=0.5)


def test_an_archive_of_archives_of_nothing(http, small, unharmed):
    """A megabyte that says that it is a gigabyte is read as it comes, and ends where the archive is cut."""
    bucket = small.split("/")[1]
    info = tarfile.TarInfo("zeros")
    info.size = 300 * MIB
    packed = gzip.compress(info.tobuf() + bytes(100 * MIB), 9)
    assert len(packed) < MIB

    def abuse():
        for _ in range(3):
            answer = http.call("PUT", f"/{bucket}/a.tgz", {"x-amz-meta-snowball-auto-extract": "true"}, packed)
            assert (answer.status, answer.code) == (400, "InvalidRequest"), answer

    unharmed(abuse, growth=96 * MIB)
    assert http.call("HEAD", f"/{bucket}/zeros").status == 404


def test_an_archive_of_settings_that_explodes(http, unharmed):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            archive.writestr(f"bucket-{number}/policy.json", bytes(20 * MIB))

    def abuse():
        for _ in range(3):
            answer = http.call("PUT", "/minio/admin/v3/import-bucket-metadata", body=bomb.getvalue())
            assert answer.status == 400, answer

    unharmed(abuse)


def test_policies_whose_patterns_match_in_ever_so_many_ways(http, small, unharmed):
    bucket = small.split("/")[1]
    pattern = "*a" * 400
    statements = [
        {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/{pattern}b{number}",
         "Condition": {"StringLike": {"aws:UserAgent": [f"{pattern}c", f"{pattern}d"]}}} for number in range(6)]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements}).encode()
    answer = http.call("PUT", f"/{bucket}?policy", body=document)
    assert answer.status == 204, answer

    def abuse():
        for _ in range(50):
            answer = http.call("GET", f"/{bucket}/{'a' * 1000}", {"User-Agent": "a" * 4000}, keep=True)
            assert answer.status == 404, answer

    try:
        unharmed(abuse, seconds=0.5)
    finally:
        assert http.call("DELETE", f"/{bucket}?policy").status == 204


def test_keys_that_make_listings_work(http, unharmed):
    """Deep keys and delimiters that stand everywhere: a page costs what is on it."""
    bucket = http.bucket()
    keys = ["a/" * 300 + f"{number:03}" for number in range(150)] + ["/" * length for length in range(1, 151)]
    with ThreadPoolExecutor(8) as pool:
        assert {answer.status for answer in pool.map(lambda key: http.call("PUT", f"/{bucket}/{key}"), keys)} == {200}

    def abuse():
        for query in ("delimiter=/", "delimiter=a", f"delimiter={'a%2F' * 100}", f"prefix={'a%2F' * 299}&delimiter=%2F",
                      f"start-after={'%F4%8F%BF%BF' * 250}", "max-keys=2147483647&delimiter=%2F&encoding-type=url"):
            answer = http.call("GET", f"/{bucket}?list-type=2&{query}")
            assert answer.status == 200, answer

    unharmed(abuse, seconds=0.5)


def test_completions_of_ten_thousand_parts(http, small, unharmed):
    bucket = small.split("/")[1]
    upload = http.call("POST", f"/{bucket}/parts?uploads").find("UploadId")
    etag = http.call("PUT", f"/{bucket}/parts?partNumber=1&uploadId={upload}", body=b"x").headers["etag"]
    parts = "".join(f"<Part><PartNumber>{n}</PartNumber><ETag>{etag}</ETag></Part>" for n in range(1, 10_001))
    document = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()

    def abuse():
        for _ in range(10):
            answer = http.call("POST", f"/{bucket}/parts?uploadId={upload}", body=document)
            assert (answer.status, answer.code) == (400, "EntityTooSmall"), answer

    unharmed(abuse)
    assert http.call("DELETE", f"/{bucket}/parts?uploadId={upload}").status == 204


# --- keys that are expensive to make

def test_encrypted_bodies_of_administration_by_the_dozen(http, unharmed):
    """Each takes 64 MiB for its key: two at a time."""
    def one(_):
        salt = os.urandom(32)
        return http.call("PUT", "/minio/admin/v3/add-user?accessKey=flood", body=salt + b"\0" + os.urandom(200)).status

    def abuse():
        with ThreadPoolExecutor(24) as pool:
            # Refused when it does not open, or because too many wait.
            assert set(pool.map(one, range(48))) <= {400, 503}

    before = http.rss()
    unharmed(abuse, growth=96 * MIB)
    assert http.peak_rss() < before + 400 * MIB


def test_logins_by_the_hundred(fresh_server):
    """Wrong ones at the console wait for their turn, and cost nobody else anything."""
    with with_console(fresh_server()) as server:
        files, memory = descriptors(server), server.rss()

        def guess(number):
            with Console(server, source=f"127.0.0.{2 + number % 20}") as console:
                answer = console.call("POST", "login", json={"accessKey": server.access_key, "secretKey": f"guess-{number}"})
                return answer.status_code

        with ThreadPoolExecutor(16) as pool:
            statuses = list(pool.map(guess, range(400)))
        assert set(statuses) == {401, 429}, set(statuses)
        # From elsewhere nobody is locked out.
        with Console(server, source="127.0.0.200") as console:
            assert console.login()["token"]
        deadline = time.monotonic() + PATIENCE_SECONDS
        while descriptors(server) > files + 8 and time.monotonic() < deadline:
            time.sleep(0.2)
        assert descriptors(server) <= files + 8
        assert server.rss() < memory + 64 * MIB
