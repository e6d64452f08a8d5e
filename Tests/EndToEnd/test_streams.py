"""Traces and the log as they happen, for one client and for many, and levels of the log at run time."""

import json
import queue
import resource
import signal
import socket
import threading
import time

import pytest

import server as harness
import signing
import wire
from payloads import CUSTOMER_KEY

TRACE = "/minio/admin/v3/trace"
LOG = "/minio/admin/v3/log"


def requested(server, target):
    """A signed request as it goes over the wire, as mc sends it."""
    signed = signing.SignedRequest("GET", target, {}, b"", host=server.host, access_key=server.access_key,
                                   secret=server.secret_key, region="")
    pairs = signed.headers.items() if isinstance(signed.headers, dict) else signed.headers
    lines = [f"GET {target} HTTP/1.1"] + [f"{name}: {value}" for name, value in pairs]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Stream:
    """One that listens: its JSON lines come out of a queue, and its blanks are counted."""

    def __init__(self, server, target):
        self.lines, self.blanks, self.status = queue.Queue(), 0, None
        self.raw = wire.RawConnection(server, timeout=60)
        self.raw.send(requested(server, target))
        self.status, self.headers = self.raw.head()
        if self.status == 200:
            # The first blank says that it is heard.
            assert self.raw._exactly(int(self.raw._line(), 16)) == b" " and self.raw._line() == b""
            threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        rest = b""
        try:
            while size := int(self.raw._line() or b"0", 16):
                data = self.raw._exactly(size)
                self.raw._line()
                self.blanks += data == b" "
                *whole, rest = (rest + data).lstrip(b" ").split(b"\n")
                for line in whole:
                    self.lines.put(json.loads(line))
        except (OSError, ValueError):
            pass
        self.lines.put(None)

    def next(self, wanted=lambda line: True, seconds=30):
        deadline = time.monotonic() + seconds
        while True:
            line = self.lines.get(timeout=max(0.1, deadline - time.monotonic()))
            assert line is not None, "the stream has ended"
            if wanted(line):
                return line

    def close(self):
        self.raw.close()


@pytest.fixture
def listen():
    opened = []

    def open_stream(server, target):
        opened.append(Stream(server, target))
        return opened[-1]

    yield open_stream
    for stream in opened:
        stream.close()


def test_a_trace_has_the_servers_own_work(https, listen):
    stream = listen(https, f"{TRACE}?kms=true&storage=true&err=false&threshold=0s")
    bucket = https.bucket()
    https.s3().put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms")
    seen = {}
    while not {"kms.GenerateKey", "storage.Commit"} <= set(seen):
        trace = stream.next()
        seen[trace["funcname"]] = trace
    assert seen["kms.GenerateKey"]["type"] == 1 << 15 and seen["kms.GenerateKey"]["path"]
    assert seen["storage.Commit"]["type"] == 2 and seen["storage.Commit"]["dur"] > 0
    assert not any(name.startswith("s3.") for name in seen) and "http" not in seen["kms.GenerateKey"]


def test_parts_of_the_log_have_levels_of_their_own(fresh_server):
    server = fresh_server(environment={"COFFER_LOG_LEVEL": "warning,server=notice"})
    server.debug = False
    with server:
        refused = lambda: wire.request(server, "GET", "/absent/k").status  # noqa: E731
        assert refused() == 404 and "NoSuchBucket" not in server.log_text()
        server.environment["COFFER_LOG_LEVEL"] = "notice,requests=debug"
        server.restart()
        assert refused() == 404
        server.wait_for_log("NoSuchBucket")
    server.environment["COFFER_LOG_LEVEL"] = "loud"
    status, output = server.run_to_end()
    assert status != 0 and "a level is one of" in output


def test_a_trace_has_what_mc_reads_and_no_secret(https, listen):
    stream = listen(https, f"{TRACE}?s3=true&internal=false&err=false&threshold=0s&storage=false")
    assert stream.headers["content-type"] == "text/event-stream" and stream.headers["x-accel-buffering"] == "no"
    bucket, client = https.bucket(), https.s3()
    client.put_object(Bucket=bucket, Key="a b", Body=b"0123456789", SSECustomerAlgorithm="AES256",
                      SSECustomerKey=CUSTOMER_KEY.raw)
    trace = stream.next(lambda line: line["funcname"] == "s3.PutObject")
    assert trace["type"] == 4 and trace["dur"] > 0 and trace["path"] == f"/{bucket}/a%20b" and trace["nodename"]
    http = trace["http"]
    assert http["request"]["method"] == "PUT" and http["request"]["client"] == "127.0.0.1"
    assert http["response"]["statuscode"] == 200 and http["stats"]["inputbytes"] >= 10
    assert 0 < http["stats"]["timetofirstbyte"] <= http["stats"]["latency"]
    text = json.dumps(trace)
    assert CUSTOMER_KEY.base64 not in text and CUSTOMER_KEY.md5 not in text
    assert http["request"]["headers"]["Authorization"][0].endswith("Signature=*REDACTED*")
    url = client.generate_presigned_url("list_objects_v2", Params={"Bucket": bucket})
    wire.request(https, "GET", url[len(https.endpoint):])
    listed = stream.next(lambda line: line["funcname"] == "s3.ListObjectsV2")
    assert "X-Amz-Signature=*REDACTED*" in listed["http"]["request"]["rawquery"]


def test_filters_are_the_servers(http, listen):
    errors = listen(http, f"{TRACE}?s3=true&err=true")
    slow = listen(http, f"{TRACE}?s3=true&threshold=1h")
    nothing = listen(http, f"{TRACE}?os=true&scanner=true")
    admin = listen(http, f"{TRACE}?internal=true")
    bucket = http.bucket()
    http.call("GET", f"/{bucket}/absent")
    http.call("GET", "/minio/kms/v1/status", region="")
    assert errors.next()["http"]["response"]["statuscode"] == 404
    assert admin.next(lambda line: line["funcname"] == "admin.KeyServiceState")["type"] == 8
    assert slow.lines.empty() and nothing.lines.empty()
    assert http.call("GET", f"{TRACE}?s3=true&threshold=soon", region="").status == 400
    assert http.call("GET", f"{TRACE}?s3=maybe", region="").status == 400


def test_blanks_come_while_nothing_happens(http, listen):
    stream = listen(http, f"{TRACE}?storage=true")
    deadline = time.monotonic() + 30
    while stream.blanks < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_only_who_may_is_told(http):
    for target in (f"{TRACE}?s3=true", LOG):
        assert wire.request(http, "GET", target).status == 403
        assert http.call("GET", target, region="", secret="wrong-secret").status == 403


def test_the_log_begins_with_its_last_lines_and_goes_on(fresh_server, listen):
    with fresh_server(debug=False) as server:
        server.process.send_signal(signal.SIGHUP)
        server.wait_for_log("listening")
        stream = listen(server, f"{LOG}?limit=0&logType=all&node=")
        first = stream.next(lambda line: "listening" in line["message"])
        assert first["deploymentid"] and first["level"] and first["time"]
        other = listen(server, f"{LOG}?node=another:9000")
        server.process.send_signal(signal.SIGUSR1)
        assert stream.next(lambda line: "from level debug" in line["message"])
        assert server.call("GET", "/absent-bucket/key").status == 404
        refused = stream.next(lambda line: "NoSuchBucket" in line["message"])
        assert refused["requestID"]
        assert other.lines.empty()


def test_usr1_switches_debugging_on_and_off(fresh_server):
    with fresh_server(debug=False) as server:
        def said():
            return server.log_text().count("NoSuchBucket")

        server.call("GET", "/absent-bucket/key")
        assert said() == 0
        server.process.send_signal(signal.SIGUSR1)
        server.wait_for_log("from level debug")
        server.call("GET", "/absent-bucket/key")
        server.wait_for_log("NoSuchBucket")
        server.process.send_signal(signal.SIGUSR1)
        server.wait_for_log("from level notice")
        before = said()
        server.call("GET", "/absent-bucket/key")
        assert said() == before


def test_a_thousand_listen_and_the_slow_are_cut_off(fresh_server):
    """They share one ring: what they do not take costs the server its share of each connection, and no more."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, hard), hard))
    with fresh_server(debug=False, environment={"COFFER_HTTP_WRITE_STALL_SECONDS": "600"}) as server:
        bucket = server.bucket()
        message = requested(server, f"{TRACE}?s3=true")
        listeners = []
        for _ in range(1000):
            opened = socket.create_connection(("127.0.0.1", server.port), timeout=60)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            opened.sendall(message)
            listeners.append(opened)
        for opened in listeners[:50] + listeners[-1:]:
            assert b"200 OK" in opened.recv(4096)
        before = server.rss()
        # Nobody of them reads: more is told than the ring and the sockets hold.
        headers = {f"X-Filler-{number}": "f" * 2000 for number in range(15)}
        for number in range(320):
            assert server.call("GET", f"/{bucket}/{number}", headers, keep=True).status == 404
        grown = server.rss() - before
        # Who reads on gets what was under way, and is then cut off: the rest is gone.
        for opened in listeners[:3]:
            taken = 0
            try:
                while data := opened.recv(1 << 20):
                    taken += len(data)
            except ConnectionResetError:
                pass
            assert taken < 8 << 20
        server.wait_for_log("took too little", count=3)
        assert grown < 160 << 20, f"{grown >> 20} MiB for a thousand who listen"
        assert server.call("GET", f"/{bucket}", keep=True).status == 200
        for opened in listeners:
            opened.close()
