"""Starts and stops `coffer server` for the tests, and looks at what it left in its logs."""

import base64
import hashlib
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import boto3
from botocore.config import Config

import marked
import wire

REPOSITORY = Path(__file__).resolve().parents[2]
ACCESS_KEY = "tester"
SECRET_KEY = "a-secret/that+nobody=knows-7f3a"
DEFAULT_KEY = "coffer-default-key"
START_SECONDS = 30
STOP_SECONDS = 40


def binary():
    """The server under test: COFFER_BINARY, or what `swift build -c release` made."""
    path = Path(os.environ.get("COFFER_BINARY") or REPOSITORY / ".build" / "release" / "coffer")
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing; build it with: swift build -c release --product coffer")
    return str(path)


def _ports():
    """Ports below those that the system gives to outgoing connections, which could take one before a server does.

    Each worker of pytest-xdist has its own, and goes through them one after the other: nobody else chooses one between its
    choice here and its use by a server.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8
    first, count = 15_000 + worker * 2_000, 2_000
    offset = random.randrange(count)
    while True:
        offset = (offset + 1) % count
        yield first + offset


_PORTS = _ports()


def free_port():
    """A port of 127.0.0.1 that nobody listens on."""
    for port in _PORTS:
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


class Server:
    """One server process on one drive. `directory` holds the drive, the keyring, a home and the logs, side by side."""

    def __init__(self, directory, *, certificates=None, arguments=(), environment=None, keyring=True, json_log=True,
                 debug=True, credentials=True, drive=None):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.drive = Path(drive) if drive else self.directory / "drive"
        self.keyring = self.directory / "keyring.json" if keyring else None
        self.home = self.directory / "home"
        self.home.mkdir(exist_ok=True)
        self.log = self.directory / "server.log"
        self.certificates = certificates
        self.arguments = list(arguments)
        self.environment = dict(environment or {})
        self.json_log = json_log
        self.debug = debug  # so that the search for secrets sees all that the server can say
        self.credentials = credentials
        self.access_key, self.secret_key = ACCESS_KEY, SECRET_KEY
        self.region = "us-east-1"
        self.port = free_port()
        self.process = None
        self.secrets = [SECRET_KEY]
        self._clients = {}
        self._pool = threading.local()

    # --- life cycle

    @property
    def tls(self):
        return self.certificates is not None

    @property
    def scheme(self):
        return "https" if self.tls else "http"

    @property
    def host(self):
        return f"127.0.0.1:{self.port}"

    @property
    def endpoint(self):
        return f"{self.scheme}://{self.host}"

    @property
    def authority(self):
        """The file with the certificate authority that signed the server's certificate, or None."""
        return str(self.certificates.authority) if self.certificates else None

    def command(self):
        command = [binary(), "server", str(self.drive), "--address", self.host]
        if self.certificates:
            command += ["--certs-dir", str(self.certificates.directory)]
        if self.keyring:
            command += ["--keyring", str(self.keyring)]
        if self.json_log:
            command += ["--json"]
        if self.debug:
            command += ["--debug"]
        return command + self.arguments

    def process_environment(self):
        """Nothing of the machine's own environment but the search path: what a test sets is all there is."""
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(self.home)}
        if self.credentials:
            environment["MINIO_ROOT_USER"] = self.access_key
            environment["MINIO_ROOT_PASSWORD"] = self.secret_key
        environment.update(self.environment)
        return {name: value for name, value in environment.items() if value is not None}

    def launch(self):
        """Starts the process without waiting for it."""
        self._clients.clear()
        self._pool = threading.local()
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                env=self.process_environment(), cwd=self.directory)
        return self

    def start(self):
        self.launch()
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with status {self.process.returncode}:\n{self.log_tail()}")
            try:
                if wire.request(self, "GET", "/minio/health/live", timeout=2).status == 200:
                    return self
            except OSError:
                time.sleep(0.02)
        self.kill()
        raise RuntimeError(f"the server did not answer within {START_SECONDS} s:\n{self.log_tail()}")

    def run_to_end(self, timeout=START_SECONDS):
        """Starts a process that is expected to end by itself; its exit status and everything it printed."""
        finished = subprocess.run(
            self.command(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=self.process_environment(), cwd=self.directory, timeout=timeout, text=True)
        return finished.returncode, finished.stdout

    def stop(self):
        """SIGTERM; the server must end by itself with status 0, and its log must not hold a secret."""
        status = self.terminate()
        assert status == 0, f"SIGTERM ended the server with status {status}:\n{self.log_tail()}"
        self.assert_log_is_clean()

    def terminate(self, signal_number=signal.SIGTERM):
        self.process.send_signal(signal_number)
        try:
            return self.process.wait(timeout=STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return "still running"

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def restart(self):
        self.stop()
        return self.start()

    def remove(self):
        if self.credentials:
            marked.assert_none_in(self.log_text(), "the server's log")
        shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, _value, _trace):
        try:
            if kind is None:
                self.stop()
        finally:
            self.kill()

    # --- what it says and uses

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def wait_for_log(self, text, *, count=1):
        """Waits until the server has said `text` so many times."""
        deadline = time.monotonic() + START_SECONDS
        while self.log_text().count(text) < count:
            assert self.process.poll() is None, f"the server ended:\n{self.log_tail()}"
            assert time.monotonic() < deadline, f"the server did not say {text!r}:\n{self.log_tail()}"
            time.sleep(0.02)

    def log_tail(self, lines=25):
        return "\n".join(self.log_text().splitlines()[-lines:])

    def assert_log_is_clean(self):
        """No secret, key, signature or Authorization header in anything the server has ever printed."""
        text = self.log_text()
        secrets = list(self.secrets)
        if self.keyring and self.keyring.exists():
            secrets += re.findall(r'"([A-Za-z0-9+/]{43}=)"', self.keyring.read_text())
        for secret in secrets:
            assert secret not in text, "a secret that the tests use stands in the server's log"
        # One without credentials shows its operator those that it has drawn.
        marked.assert_none_in(text, "the server's log", but=() if self.credentials else (self.secret_key,))
        for pattern in (r"Signature=[0-9a-fA-F]{64}", r"Credential=\S+/aws4_request", r"chunk-signature=",
                        r"AWS \w+:[A-Za-z0-9+/]{27}=", r"[?&]Signature=[A-Za-z0-9%+/]{20}"):
            found = re.search(pattern, text)
            assert not found, f"the server's log holds something like {pattern}"

    def log_records(self):
        """The JSON lines of the log; with `--json` every line that begins with a brace must be one."""
        return [json.loads(line) for line in self.log_text().splitlines() if line.startswith("{")]

    def _status_field(self, name):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) * 1024
        raise KeyError(name)

    def rss(self):
        """Resident memory now, in bytes."""
        return self._status_field("VmRSS")

    def peak_rss(self):
        """The most resident memory since the process began, in bytes."""
        return self._status_field("VmHWM")

    # --- clients

    def s3(self, **options):
        """A boto3 client: path style, SigV4, no retries, so that what the server answers is what the test sees."""
        name = repr(sorted((key, repr(value)) for key, value in options.items()))
        if name not in self._clients:
            access_key = options.pop("access_key", self.access_key)
            secret_key = options.pop("secret_key", self.secret_key)
            marked.mark(secret_key)
            region = options.pop("region", self.region)
            settings = {"signature_version": "s3v4", "s3": {"addressing_style": "path"},
                        "retries": {"total_max_attempts": 1}, "max_pool_connections": 32, **options}
            with _making_client:
                self._clients[name] = _session.client(
                    "s3", endpoint_url=self.endpoint, aws_access_key_id=access_key, aws_secret_access_key=secret_key,
                    region_name=region, verify=self.authority, config=Config(**settings))
        return self._clients[name]

    def call(self, method, target, headers=None, body=b"", **options):
        """One signed request through the harness's own signer; see `wire.signed_request`."""
        return wire.signed_request(self, method, target, headers, body, **options)

    def keys(self, *arguments):
        """A command of `coffer keys` about this server."""
        environment = {"PATH": os.environ.get("PATH", ""), "MINIO_ROOT_USER": self.access_key,
                       "MINIO_ROOT_PASSWORD": self.secret_key, "HOME": str(self.home)}
        return subprocess.run([binary(), "keys", *arguments, "--endpoint", self.endpoint], env=environment,
                              capture_output=True, text=True, timeout=60)

    def delete(self, bucket, document, **options):
        """DeleteObjects with the digest that it demands."""
        digest = base64.b64encode(hashlib.md5(document).digest()).decode()
        return self.call("POST", f"/{bucket}?delete", {"Content-MD5": digest}, document, **options)

    def bucket(self, name=None, **options):
        """Makes a bucket with a name that no other test uses, and returns the name."""
        name = name or f"bucket-{next(_numbers):04d}"
        answer = self.call("PUT", f"/{name}", **options)
        assert answer.status == 200, answer
        return name


# A session reads the description of S3 once, which takes half a second; it makes clients for one thread at a time.
_session = boto3.session.Session()
_making_client = threading.Lock()


def _count():
    number = 0
    while True:
        number += 1
        yield number


_numbers = _count()
