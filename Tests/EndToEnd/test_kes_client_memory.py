"""What is left in the object server's memory of the key server's answers, which have data keys in them."""

import http.client
import re
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from memory import found, memory
from pair import KEY, Pair
from payloads import KEY_ID, SSE
from server import free_port

PATIENCE_SECONDS = 10
REQUESTS = 3
CONNECTIONS = 6


class Recorder:
    """Stands between the servers, with the identity of the object server, and keeps the data keys that go through."""

    def __init__(self, pair):
        self.port = free_port()
        self.texts = set()
        to_server = ssl.create_default_context(cafile=pair.kes.certificate.certificate)
        to_server.load_cert_chain(pair.app.certificate, pair.app.key)
        texts = self.texts

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                onward = http.client.HTTPSConnection("127.0.0.1", pair.kes.port, context=to_server, timeout=20)
                onward.request(self.command, self.path, body, {"Content-Type": "application/json"} if body else {})
                answer = onward.getresponse()
                data = answer.read()
                onward.close()
                texts.update(re.findall(rb'"plaintext":\s*"([^"]+)"', data))
                self.send_response(answer.status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_PUT = do_POST = do_DELETE = forward

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair.kes.certificate.certificate, pair.kes.certificate.key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def test_nothing_of_an_answer_with_data_keys_is_left(tmp_path):
    """In base64, as only an answer spells them: the keys themselves are kept for a while, in memory made for that."""
    pair = Pair(tmp_path)
    recorder = Recorder(pair)
    pair.server.environment["MINIO_KMS_KES_ENDPOINT"] = f"https://127.0.0.1:{recorder.port}"
    try:
        with pair:
            try:
                next(memory(pair.server.process))
            except PermissionError:
                pytest.skip("nobody but the superuser may look, which is as it should be")
            bucket = pair.server.bucket()
            keys = [f"{KEY}-{number}" for number in range(CONNECTIONS)]
            for key in keys:
                pair.root("key", "create", key)

            def put(key):
                # At the same time for each key, so that there are several connections with an answer in their buffers.
                for number in range(REQUESTS):
                    answer = pair.server.call("PUT", f"/{bucket}/{key}/{number}", {SSE: "aws:kms", KEY_ID: key}, b"content")
                    assert answer.status == 200, answer

            with ThreadPoolExecutor(CONNECTIONS) as pool:
                list(pool.map(put, keys))
            marks = {f"data key {number}": text for number, text in enumerate(sorted(recorder.texts))}
            assert len(marks) >= CONNECTIONS, "the data keys do not go this way"
            deadline = time.monotonic() + PATIENCE_SECONDS
            while (left := found(pair.server.process, marks)) and time.monotonic() < deadline:
                time.sleep(0.2)
            assert not left
    finally:
        recorder.close()
