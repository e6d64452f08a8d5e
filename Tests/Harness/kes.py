"""Starts and stops `coffer-kes server` for the tests, makes identities for its clients, and calls it."""

import datetime
import hashlib
import http.client
import ipaddress
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat, PublicFormat)
from cryptography.x509.oid import NameOID

import marked
from server import REPOSITORY, free_port

START_SECONDS = 30
STOP_SECONDS = 15


def binary():
    """The server under test: COFFER_KES_BINARY, or what `swift build -c release` made."""
    path = Path(os.environ.get("COFFER_KES_BINARY") or REPOSITORY / ".build" / "release" / "coffer-kes")
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing; build it with: swift build -c release --product coffer-kes")
    return str(path)


class Identity:
    """A key pair with a certificate, its own or one that `authority` has signed; `text` is what policies call it."""

    def __init__(self, directory, name, *, days=30, algorithm="ed25519", names=(), usage=None, authority=None,
                 is_authority=False):
        directory.mkdir(parents=True, exist_ok=True)
        self.certificate, self.key = directory / f"{name}.crt", directory / f"{name}.key"
        self._private = ed25519.Ed25519PrivateKey.generate() if algorithm == "ed25519" else ec.generate_private_key(
            ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        public = self._private.public_key()
        now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
        begin = now + datetime.timedelta(days=days - 1) if days <= 0 else now
        builder = (x509.CertificateBuilder().subject_name(self._name)
                   .issuer_name((authority or self)._name).public_key(public)
                   .serial_number(x509.random_serial_number()).not_valid_before(begin)
                   .not_valid_after(now + datetime.timedelta(days=days))
                   .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True))
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName([_alternative_name(one) for one in names]), False)
        if usage:
            builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), False)
        signer = (authority or self)._private
        signed = builder.sign(signer, None if isinstance(signer, ed25519.Ed25519PrivateKey) else hashes.SHA256())
        self.write_key(self.key)
        self.certificate.write_bytes(signed.public_bytes(Encoding.PEM))
        self.text = hashlib.sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()

    def write_key(self, path, password=None):
        """The private key in PEM, encrypted in PKCS#8's way if a password is given."""
        encryption = BestAvailableEncryption(password.encode()) if password else NoEncryption()
        path.touch(mode=0o600)
        path.write_bytes(self._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))


def _alternative_name(text):
    kind, _, value = text.partition(":")
    return x509.IPAddress(ipaddress.ip_address(value)) if kind == "IP" else x509.DNSName(value)


def server_certificate(directory, name="server", *, days=90, names=("IP:127.0.0.1", "DNS:localhost")):
    """A self-signed certificate for a server, with its key."""
    return Identity(directory, name, days=days, algorithm="ec", names=names)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {dict(self.headers)} {self.body[:300]!r}"


class KESServer:
    """One server process on one directory that holds its certificates, its key store, its configuration and its log."""

    def __init__(self, directory, *, arguments=(), environment=None, policies="", sections="", admin=None,
                 root_store=None):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.arguments = list(arguments)
        self.environment = dict(environment or {})
        self.admin = Identity(self.directory / "clients", "admin")
        self.certificate = server_certificate(self.directory / "tls")
        self.store = self.directory / "keys"
        self.file = self.directory / "config.yml"
        self.output, self.log = self.directory / "out.log", self.directory / "err.log"
        self.admin_text = admin or self.admin.text
        self.policies, self.sections = policies, sections
        #: One of root_stores.STORES; None: files in `store`.
        self.root_store = root_store
        if root_store:
            self.environment |= root_store.environment
        self.write_configuration()
        self.process = None

    def configuration(self):
        return (f"address: 127.0.0.1:{self.port}\nadmin:\n  identity: {self.admin_text}\n"
                f"tls:\n  key: {self.certificate.key}\n  cert: {self.certificate.certificate}\n"
                f"{self.policies}{self.sections}keystore:\n{self.store_section()}")

    def store_section(self):
        return self.root_store.section if self.root_store else f"  fs:\n    path: {self.store}\n"

    def write_configuration(self, text=None):
        self.file.write_text(self.configuration() if text is None else text)

    # --- life cycle

    def command(self):
        return [binary(), "server", "--config", str(self.file), *self.arguments]

    def process_environment(self):
        """Nothing of the machine's own environment but the search path."""
        return {"PATH": os.environ.get("PATH", ""), **self.environment}

    def launch(self):
        with open(self.output, "ab") as output, open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdin=subprocess.DEVNULL, stdout=output, stderr=log, env=self.process_environment(),
                cwd=self.directory)
        return self

    def start(self):
        up = "=> Server is up and running..."
        starts = self.output_text().count(up)
        self.launch()
        self.wait_for_output(up, count=starts + 1)
        return self

    def wait_for_output(self, text, *, count=1, log=False):
        """Waits until the server has said `text` so many times."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            said = self.log_text() if log else self.output_text()
            if said.count(text) >= count:
                return
            if self.process.poll() is not None:
                raise RuntimeError(f"the server ended with status {self.process.returncode}:\n{self.log_text()}")
            time.sleep(0.02)
        raise RuntimeError(f"the server did not say {text!r}:\n{self.output_text()}\n{self.log_text()}")

    def run_to_end(self):
        """Starts a process that is expected to end by itself: its status, standard output, standard error."""
        finished = subprocess.run(
            self.command(), stdin=subprocess.DEVNULL, capture_output=True, env=self.process_environment(),
            cwd=self.directory, timeout=START_SECONDS, text=True)
        return finished.returncode, finished.stdout, finished.stderr

    def reload(self, *, succeeds=True):
        """Sends SIGHUP and waits until it is said what came of it."""
        done = "=> Reloading configuration after SIGHUP signal completed."
        failed = "Failed to reload server config: "
        before = self.output_text().count(done), self.log_text().count(failed)
        self.process.send_signal(signal.SIGHUP)
        if succeeds:
            self.wait_for_output(done, count=before[0] + 1)
        else:
            self.wait_for_output(failed, count=before[1] + 1, log=True)

    def terminate(self, signal_number=signal.SIGTERM):
        self.process.send_signal(signal_number)
        return self.process.wait(timeout=STOP_SECONDS)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def remove(self):
        self.assert_log_is_clean()
        shutil.rmtree(self.directory, ignore_errors=True)

    def assert_log_is_clean(self):
        for text in (self.output_text(), self.log_text()):
            marked.assert_none_in(text, "the key server's log")

    def output_text(self):
        return self.output.read_text(errors="replace") if self.output.exists() else ""

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, _value, _trace):
        try:
            if kind is None and self.process.poll() is None:
                assert self.terminate() == 0, self.log_text()
                self.assert_log_is_clean()
        finally:
            self.kill()

    # --- clients

    def connect(self, identity=None, *, port=None, timeout=30):
        """A connection that shows the certificate of `identity`."""
        context = ssl.create_default_context(cafile=str(self.certificate.certificate))
        if identity:
            context.load_cert_chain(str(identity.certificate), str(identity.key))
        return http.client.HTTPSConnection("127.0.0.1", port or self.port, context=context, timeout=timeout)

    def call(self, method, path, body=None, *, identity="admin", port=None):
        """One request on a connection of its own; a `body` that is not bytes is sent as JSON."""
        connection = self.connect(self.admin if identity == "admin" else identity, port=port)
        return exchange(connection, method, path, body, close=True)

    def served_certificate(self):
        """The certificate of a new connection, as PEM."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.load_cert_chain(str(self.admin.certificate), str(self.admin.key))
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as plain:
            with context.wrap_socket(plain) as secured:
                return ssl.DER_cert_to_PEM_cert(secured.getpeercert(binary_form=True))


def exchange(connection, method, path, body=None, *, close=False):
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    try:
        connection.request(method, path, body=data)
        answer = connection.getresponse()
        text = answer.read()
        if path.startswith("/v1/key/"):
            marked.mark_members(data)
            # A refusal's message is none of a caller's.
            if answer.status < 400:
                marked.mark_members(text)
        if answer.status >= 400 or path == "/v1/metrics":
            marked.assert_none_in(text, f"the answer to {method} {path}")
        return Answer(answer.status, answer.headers, text)
    finally:
        if close:
            connection.close()
