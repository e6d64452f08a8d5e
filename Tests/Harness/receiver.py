"""A web server that takes JSON documents, and answers as it is told to."""

import http.server
import json
import threading

import marked


class Receiver:
    """A webhook: answers as it is told to, or not at all while it is told to stall."""

    def __init__(self):
        self.records, self.requests, self.status = [], [], 200
        self.arrived, self.may_answer = threading.Condition(), threading.Event()
        self.may_answer.set()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.may_answer.wait(60)
                status = receiver.status
                with receiver.arrived:
                    receiver.requests.append(({name.lower(): value for name, value in self.headers.items()}, body))
                    if status == 200:
                        receiver.records += [json.loads(line) for line in body.splitlines()]
                    receiver.arrived.notify_all()
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                except OSError:
                    pass

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/audit"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, condition, seconds=60):
        with self.arrived:
            assert self.arrived.wait_for(lambda: condition(self.records), seconds), (self.names(), len(self.requests))

    def names(self):
        return [record["api"].get("name") for record in self.records]

    def close(self):
        for headers, body in self.requests:
            marked.assert_none_in(body, "what came to a webhook")
        self.may_answer.set()
        self.server.shutdown()
        self.server.server_close()
