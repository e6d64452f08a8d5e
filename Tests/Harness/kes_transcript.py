"""Captured calls of the original KES, and how the answers to them are compared with another server's."""

import base64
import http.client
import json
import re
import subprocess

from kes import Answer
from server import REPOSITORY

FILE = REPOSITORY / "data" / "vectors" / "kes-wire.json"

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z")
# What is of the process or of chance, and what stands for it in both answers.
VARYING = (
    (re.compile(r'"version":"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ"'), '"version":"<release>"'),
    (re.compile(r'"commit":"[0-9a-z]+"'), '"commit":"<commit>"'),
    (re.compile(r'"(uptime|num_cpu|num_cpu_used|mem_heap_used|mem_stack_used|keystore_latency)":\d+'), r'"\1":<number>'),
    (TIME, "<time>"),
)
RANDOM = re.compile(r'"(plaintext|ciphertext)":"([A-Za-z0-9+/]*={0,2})"')


class Call:
    def __init__(self, record, identities):
        self.title = f"{record['section']}: {record['name']}"
        self.name = record["name"]
        self.method, self.identity = record["method"], record["identity"]
        self.server, self.http2 = record["server"], record["http2"]
        self.request_headers = record["request_headers"]
        self.status = record["status"]
        self.headers = {name.lower(): value for name, value in record["headers"].items()}
        self.path = _renamed(record["path"], identities)
        self.body = record["body"] if record["body"] is None else _renamed(record["body"], identities)
        body = record["request_body"]
        if isinstance(body, dict):
            body = json.dumps({"plaintext": base64.b64encode(b"x" * body["plaintext_of_x"]).decode()},
                              separators=(",", ":"))
        self.request_body = body if body is None else body.encode()

    @property
    def has_varying_length(self):
        """Whether the answer holds times or names of releases, which need not be as long as in the capture."""
        return any(f'"{name}":' in (self.body or "") for name in ("created_at", "uptime", "commit"))

    @property
    def has_random_answer(self):
        """Whether the answer holds fresh random bytes."""
        return self.status == 200 and ("/key/generate/" in self.path or "/key/encrypt/" in self.path)

    def send(self, connection):
        """Sends it on an http.client connection, with nothing but the headers that the capture had."""
        connection.putrequest(self.method, self.path, skip_accept_encoding=True)
        for name, value in self.request_headers.items():
            connection.putheader(name, value)
        body = self.request_body
        if body is not None and "transfer-encoding" not in self.request_headers:
            connection.putheader("content-length", str(len(body)))
        connection.endheaders()
        try:
            if body is not None and "transfer-encoding" in self.request_headers:
                body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
            if body and "expect" not in self.request_headers:
                connection.send(body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # a body that is too long need not be read to its end
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())

    def send_with_curl(self, server, identity):
        """Sends it with curl, which takes HTTP/2 where the server offers it."""
        command = ["curl", "-sS", "-k", "--http2", "-i", "-X", self.method, "--max-time", "20", "--cert",
                   str(identity.certificate), "--key", str(identity.key), f"https://127.0.0.1:{server.port}{self.path}"]
        for name, value in self.request_headers.items():
            command += ["-H", f"{name}: {value}"]
        if self.request_body is not None:
            command += ["--data-binary", "@-"]
        output = subprocess.run(command, input=self.request_body, capture_output=True).stdout
        while True:
            head, _, output = output.partition(b"\r\n\r\n")
            lines = head.decode().split("\r\n")
            if " 100" not in lines[0]:
                break
        headers = http.client.HTTPMessage()
        for line in lines[1:]:
            name, _, value = line.partition(": ")
            headers[name] = value
        return Answer(int(lines[0].split()[1]), headers, output)


def load(identities):
    """The calls in the order of the capture, with the names of `identities` (name → text) in place of the captured
    ones; and what KES had stored of the key `my-app-1`, as if made by the identity `app`."""
    document = json.loads(FILE.read_text())
    names = {text: identities[name] for name, text in document["identities"].items()}
    # One listing asks for what begins with four digits of an identity.
    names |= {f"/{old[:4]}*": f"/{new[:4]}*" for old, new in names.items()}
    key_file = base64.b64decode(document["key_file"])
    for old, new in names.items():
        key_file = key_file.replace(old.encode(), new.encode())
    return [Call(record, names) for record in document["calls"]], base64.b64encode(key_file).decode()


def _renamed(text, names):
    for old, new in names.items():
        text = text.replace(old, new)
    return text


def comparable(call, body):
    """A body with that masked which no two answers have in common; random bytes keep their length."""
    for pattern, replacement in VARYING:
        body = pattern.sub(replacement, body)
    if call.has_random_answer:
        body = RANDOM.sub(lambda found: f'"{found[1]}":"<{len(found[2])} characters>"', body)
    if "/identity/list/" in call.path and body.startswith("{"):
        document = json.loads(body)
        document["identities"].sort()
        body = json.dumps(document)
    return body
