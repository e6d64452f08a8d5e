"""HTTP as the tests need it: targets sent exactly as written, no retries, no hidden headers."""

import http.client
import re
import socket
import ssl
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field

import marked
import signing


@dataclass
class Response:
    status: int
    headers: dict
    body: bytes = field(repr=False)
    method: str = ""

    @property
    def code(self):
        """The S3 error code: out of the document, or of the header that HEAD has instead."""
        if self.method == "HEAD":
            return self.headers.get("x-minio-error-code")
        found = re.search(rb"<Code>([^<]*)</Code>", self.body)
        return found.group(1).decode() if found else None

    @property
    def message(self):
        if self.method == "HEAD":
            return self.headers.get("x-minio-error-desc", "").strip('"')
        found = re.search(rb"<Message>([^<]*)</Message>", self.body)
        return ElementTree.fromstring(found.group(0)).text if found else None

    @property
    def xml(self):
        return ElementTree.fromstring(self.body)

    def find(self, path):
        """The text of a child of the document, with namespaces ignored; None when there is none."""
        return next(iter(self.find_all(path)), None)

    def find_all(self, path):
        steps, nodes = path.split("/"), [self.xml]
        for step in steps:
            nodes = [child for node in nodes for child in node if child.tag.rpartition("}")[2] == step]
        return [node.text or "" for node in nodes]

    def __str__(self):
        return f"{self.status} {self.code} {self.message!r} {self.headers} {self.body[:600]!r}"

    __repr__ = __str__


def tls_context(server):
    return ssl.create_default_context(cafile=server.authority)


def connection(server, timeout=60):
    if server.tls:
        return http.client.HTTPSConnection("127.0.0.1", server.port, timeout=timeout, context=tls_context(server))
    return http.client.HTTPConnection("127.0.0.1", server.port, timeout=timeout)


def exchange(opened, method, target, headers, body):
    """One request and its whole answer on an open connection. `headers` is a list of pairs, sent as they are."""
    opened.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    names = {name.lower() for name, _ in headers}
    if "content-length" not in names and "transfer-encoding" not in names and (body or method in ("PUT", "POST")):
        headers = [*headers, ("Content-Length", str(len(body)))]
    for name, value in headers:
        opened.putheader(name, value.encode("utf-8") if isinstance(value, str) else value)
    opened.endheaders()
    if body:
        try:
            opened.send(body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the server has answered before it read everything; its answer follows
    marked.mark_headers(headers)
    answer = opened.getresponse()
    data = answer.read()
    if answer.status >= 400 or "/metrics" in target:
        marked.assert_none_in(data, f"the answer to {method} {target}")
    collected = {}
    for name, value in answer.getheaders():
        name = name.lower()
        collected[name] = f"{collected[name]},{value}" if name in collected else value
    return Response(answer.status, collected, data, method)


def request(server, method, target, headers=None, body=b"", timeout=60, host=None):
    """An unsigned request on a connection of its own."""
    pairs = list(headers.items()) if isinstance(headers, dict) else list(headers or [])
    if not any(name.lower() == "host" for name, _ in pairs):
        pairs.insert(0, ("Host", host or server.host))
    opened = connection(server, timeout)
    try:
        return exchange(opened, method, target, pairs, body)
    finally:
        opened.close()


def signed_request(server, method, target, headers=None, body=b"", *, timeout=60, payload=None, secret=None,
                   access_key=None, region=None, keep=False, send_body=None, **options):
    """A SigV4 request. `payload` is the hash slot (default: the body's SHA-256); `send_body` replaces what is sent.

    With `keep` the thread's connection to this server is used again, for tests that make thousands of requests.
    """
    signed = signing.SignedRequest(
        method, target, headers or {}, body, host=server.host, access_key=access_key or server.access_key,
        secret=secret or server.secret_key, region=server.region if region is None else region, payload=payload,
        **options)
    data = body if send_body is None else send_body
    if not keep:
        return request(server, method, target, signed.headers, data, timeout)
    opened = getattr(server._pool, "connection", None)
    if opened is None:
        opened = server._pool.connection = connection(server, timeout)
    try:
        return exchange(opened, method, target, signed.headers, data)
    except (OSError, http.client.HTTPException):
        opened.close()
        server._pool.connection = None
        raise


def signed_head(server, method, target, length, headers=None, payload=signing.UNSIGNED):
    """The head of a signed request, as bytes; the body is the test's affair."""
    signed = signing.SignedRequest(method, target, headers or {}, host=server.host, access_key=server.access_key,
                                   secret=server.secret_key, payload=payload)
    pairs = [*signed.headers, *([("Content-Length", str(length))] if length is not None else [])]
    return f"{method} {target} HTTP/1.1\r\n".encode() + b"".join(
        f"{name}: {value}\r\n".encode() for name, value in pairs) + b"\r\n"


class RawConnection:
    """A socket to the server for bytes that no HTTP library would send."""

    def __init__(self, server, timeout=15):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if server.tls:
            self.socket = tls_context(server).wrap_socket(self.socket, server_hostname="127.0.0.1")
        self.buffer = b""

    def send(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # closed by the server; what it said before is still read
        return self

    def _fill(self):
        try:
            data = self.socket.recv(65536)
        except (ConnectionResetError, BrokenPipeError):
            data = b""
        self.buffer += data
        return bool(data)

    def head(self):
        """The next status line and headers, as (status, headers); None when the connection has ended."""
        while b"\r\n\r\n" not in self.buffer:
            if not self._fill():
                return None
        block, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        lines = block.decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        return int(lines[0].split()[1]), headers

    def answer(self, method="GET"):
        """The next final answer with its body, as a Response; None when the connection has ended."""
        while True:
            head = self.head()
            if head is None:
                return None
            status, headers = head
            if status != 100:
                break
        body = b""
        if method != "HEAD" and status not in (204, 304):
            if headers.get("transfer-encoding", "").lower() == "chunked":
                body = self._chunked()
            else:
                body = self._exactly(int(headers.get("content-length", "0")))
        return Response(status, headers, body, method)

    def _exactly(self, count):
        while len(self.buffer) < count and self._fill():
            pass
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def _line(self):
        while b"\r\n" not in self.buffer and self._fill():
            pass
        line, _, self.buffer = self.buffer.partition(b"\r\n")
        return line

    def _chunked(self):
        body = b""
        while size := int(self._line() or b"0", 16):
            body += self._exactly(size)
            self._line()
        self._line()
        return body

    def rest(self):
        """Everything until the server closes; TimeoutError when it does not."""
        while self._fill():
            pass
        data, self.buffer = self.buffer, b""
        return data

    def is_closed(self, within=5):
        """Whether the server closes the connection within some seconds (data before that is thrown away)."""
        self.socket.settimeout(within)
        try:
            while self._fill():
                pass
            return True
        except (TimeoutError, socket.timeout):
            return False

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def served_connection(server):
    """A connection that the server serves: for a moment it may still count others that were closed, and refuse this one."""
    deadline = time.monotonic() + 10
    while True:
        raw = RawConnection(server)
        try:
            raw.send(f"GET /minio/health/live HTTP/1.1\r\nHost: {server.host}\r\n\r\n".encode())
            answer = raw.answer()
        except OSError:
            answer = None
        if answer and answer.status == 200:
            return raw
        raw.close()
        assert time.monotonic() < deadline, "places do not become free again"
