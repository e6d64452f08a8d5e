"""A server that speaks the protocol of a root key store, remembers what it was asked, and can be made to fail.

A store's own stand-in is a subclass with an `answer`; it follows the protocol in every detail that a client can see.
"""

import json
import socket
import ssl
import struct
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HANG_SECONDS = 60


class Request:
    """One request as it came."""

    def __init__(self, method, target, headers, body):
        self.method, self.target, self.headers, self.body = method, target, headers, body
        parts = urllib.parse.urlsplit(target)
        self.path = urllib.parse.unquote(parts.path)
        self.query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        self.time = time.monotonic()
        #: The status it was answered with; None while it waits, and when the connection was cut instead.
        self.status = None

    def json(self):
        return json.loads(self.body or b"null")

    def form(self):
        return dict(urllib.parse.parse_qsl(self.body.decode(), keep_blank_values=True))

    def __repr__(self):
        return f"{self.method} {self.target} -> {self.status}"


class Reply:
    """An answer; a `body` that is not bytes is sent as JSON."""

    def __init__(self, status, body=b"", headers=None):
        self.status, self.headers = status, dict(headers or {})
        if isinstance(body, bytes):
            self.body = body
        else:
            self.body = json.dumps(body).encode()
            self.headers.setdefault("Content-Type", "application/json")


class Fault:
    """What happens to the next `count` requests that `matches` accepts, instead of an answer or after it.

    `reset`: the connection is reset, nothing was done. `reset-after`: it was done, then the connection is reset.
    `hang`: nothing, for a minute. `trickle`: the answer, a byte a second. `malformed`: 200 and half of a JSON document.
    `oversized`: 200 and 64 MiB. A Reply: that answer, nothing was done.
    """

    def __init__(self, kind, count=1, matches=lambda request: True):
        self.kind, self.count, self.matches = kind, count, matches


class StandIn:
    """The server, on a free port of 127.0.0.1; over TLS when it is given a certificate (see kes.server_certificate)."""

    def __init__(self, certificate=None):
        self.requests, self.faults, self.lock = [], [], threading.RLock()
        self.certificate = certificate
        self.connections = set()
        #: What its clock is ahead of the machine's by, in seconds; its `Date` header tells.
        self.clock_offset = 0
        #: Set to let hanging requests go.
        self.released = threading.Event()
        self._listen(0)

    def answer(self, request):
        """The Reply to a request; called by one thread at a time."""
        raise NotImplementedError

    # --- life cycle

    def _listen(self, port):
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self):
                super().setup()
                stand_in.connections.add(self.connection)

            def finish(self):
                stand_in.connections.discard(self.connection)
                try:
                    super().finish()
                except OSError:
                    pass

            def handle_one_request(self):
                try:
                    super().handle_one_request()
                except (OSError, ValueError):
                    self.close_connection = True

            def log_message(self, *_):
                pass

            def date_time_string(self, timestamp=None):
                now = time.time() + stand_in.clock_offset
                return super().date_time_string(now if timestamp is None else timestamp)

            def serve(self):
                length = int(self.headers.get("Content-Length") or 0)
                stand_in._serve(self, Request(self.command, self.path, self.headers, self.rfile.read(length)))

            do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = do_HEAD = do_LIST = serve

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", port), Handler)
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(str(self.certificate.certificate), str(self.certificate.key))
            self.configure_tls(context)
            # The handshake is each connection's own thread's, not the accepting one's.
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def configure_tls(self, context):
        """For stand-ins that want a client's certificate."""

    @property
    def url(self):
        return f"{'https' if self.certificate else 'http'}://127.0.0.1:{self.port}"

    def stop(self):
        """Refuses connections from now on, and cuts those there are."""
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
        for connection in list(self.connections):
            try:
                # Wakes the thread that waits for a request on it, which closes it.
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def restart(self):
        """Listens again on the same port, with what it held."""
        self.released = threading.Event()
        self._listen(self.port)

    # --- faults

    def fail(self, kind, count=1, matches=lambda request: True):
        with self.lock:
            self.faults.append(Fault(kind, count, matches))

    def heal(self):
        with self.lock:
            self.faults.clear()
        self.released.set()
        self.released = threading.Event()

    def _fault(self, request):
        with self.lock:
            for fault in self.faults:
                if fault.count > 0 and fault.matches(request):
                    fault.count -= 1
                    return fault.kind
        return None

    def _serve(self, handler, request):
        with self.lock:
            self.requests.append(request)
        kind = self._fault(request)
        if kind == "reset":
            return _reset(handler)
        if kind == "hang":
            self.released.wait(HANG_SECONDS)
            return _reset(handler)
        if isinstance(kind, Reply):
            reply = kind
        elif kind == "malformed":
            reply = Reply(200, b'{"data": {', {"Content-Type": "application/json"})
        elif kind == "oversized":
            reply = Reply(200, b'{"data": "' + b"x" * (64 << 20) + b'"}', {"Content-Type": "application/json"})
        else:
            with self.lock:
                reply = self.answer(request)
        if kind == "reset-after":
            return _reset(handler)
        request.status = reply.status
        handler.send_response(reply.status)
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        if reply.status != 204:
            handler.send_header("Content-Length", str(len(reply.body)))
        handler.end_headers()
        if handler.command == "HEAD" or reply.status == 204:
            return None
        if kind == "trickle":
            for byte in reply.body:
                handler.wfile.write(bytes([byte]))
                handler.wfile.flush()
                if self.released.wait(1):
                    return _reset(handler)
            return None
        handler.wfile.write(reply.body)
        return None

    # --- what was asked

    def asked(self, method=None, path=None):
        """The requests so far, of that method and with `path` in their target."""
        with self.lock:
            return [one for one in self.requests
                    if (method is None or one.method == method) and (path is None or path in one.target)]

    def forget(self):
        with self.lock:
            self.requests.clear()


def _reset(handler):
    """Ends the handler's connection with RST, as a crashed peer does; for the thread that serves it."""
    # Else the thread would read the next request by a descriptor whose number is the next connection's by then.
    handler.close_connection = True
    connection = handler.connection
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # close() leaves it open for the files that were made of it, and shuts TLS down in order; the descriptor does not.
        socket.socket(fileno=connection.detach()).close()
    except OSError:
        pass
