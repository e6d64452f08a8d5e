"""`coffer-kes` and `coffer server` with its keys there, set up with `coffer-kes`'s own commands as users' guides do it."""

import itertools
import os
import re
import subprocess
from collections import Counter

import kes
from kes import KESServer
from server import Server

KEY = "my-key"
CALLS = ("create", "generate", "decrypt", "describe")
_markers = itertools.count()


class NewIdentity:
    """What `coffer-kes identity new` makes: two files, and the text that policies call them by."""

    def __init__(self, directory, name, *arguments):
        directory.mkdir(parents=True, exist_ok=True)
        self.certificate, self.key = directory / f"{name}.crt", directory / f"{name}.key"
        run("identity", "new", "--key", str(self.key), "--cert", str(self.certificate), *arguments, name)
        self.text = run("identity", "of", str(self.certificate)).stdout.strip()


def run(*arguments, environment=None, check=True):
    """One command of `coffer-kes`."""
    finished = subprocess.run([kes.binary(), *arguments], env={"PATH": os.environ.get("PATH", ""), **(environment or {})},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    assert finished.returncode == 0 or not check, finished
    return finished


def new_api_key():
    """A key for a client that has no certificate files, and its identity."""
    said = run("identity", "new").stdout
    key = re.search(r"kes:v1:\S+", said).group(0)
    return key, run("identity", "of", key).stdout.strip()


class Pair:
    """Both servers, neither of them started. `with_api_key` is one of two ways to tell the key server who asks.

    Keys are in `root_store`, one of root_stores.STORES, or else in files. The policy permits `calls` for keys whose names
    begin with my-key, and nothing else."""

    def __init__(self, directory, *, with_api_key=False, calls=CALLS, certificates=None, root_store=None):
        self.kes = KESServer(directory / "kes", root_store=root_store)
        self.kes.admin = NewIdentity(directory / "root", "root")
        self.kes.admin_text = self.kes.admin.text
        self.kes.certificate = NewIdentity(directory / "certificate", "server", "--ip", "127.0.0.1", "--dns", "localhost")
        # All calls and not only changes: what a request costs can then be counted.
        self.kes.sections = "log:\n  audit: DEBUG\n"
        environment = {"MINIO_KMS_KES_ENDPOINT": f"https://127.0.0.1:{self.kes.port}", "MINIO_KMS_KES_KEY_NAME": KEY,
                       "MINIO_KMS_KES_CAPATH": str(self.kes.certificate.certificate)}
        secrets = []
        if with_api_key:
            environment["MINIO_KMS_KES_API_KEY"], self.app_text = new_api_key()
            secrets.append(environment["MINIO_KMS_KES_API_KEY"])
        else:
            self.app = NewIdentity(directory / "app", "app")
            self.app_text = self.app.text
            environment |= {"MINIO_KMS_KES_CERT_FILE": str(self.app.certificate),
                            "MINIO_KMS_KES_KEY_FILE": str(self.app.key)}
        self.server = Server(directory / "server", environment=environment, keyring=False, certificates=certificates)
        self.server.secrets += secrets
        self.allow(calls)

    # --- the key server

    def allow(self, calls=CALLS, *, rules=None, deny=(), identities=None):
        """Writes the configuration with this policy; the key server reads it at its start or when it is told to.

        Instead of `calls` it can have whole `rules`; `deny` has such, too."""
        rules = rules or [f"/v1/key/{call}/my-key*" for call in calls]
        allowed, denied = ("".join(f"    - {rule}\n" for rule in some) for some in (rules, deny))
        who = "".join(f"    - {text}\n" for text in identities or [self.app_text])
        self.kes.policies = (f"policy:\n  object-server:\n    allow:\n{allowed}" +
                             (f"    deny:\n{denied}" if denied else "") + f"    identities:\n{who}")
        self.kes.write_configuration()

    def root(self, *arguments, check=True):
        """A command of the administrator's."""
        return self._command(self.kes.admin, arguments, check)

    def as_app(self, *arguments, check=True):
        """A command with the identity of the object server."""
        return self._command(self.app, arguments, check)

    def _command(self, identity, arguments, check):
        return run(*arguments, check=check, environment={
            "KES_SERVER": f"https://127.0.0.1:{self.kes.port}", "KES_CLIENT_CERT": str(identity.certificate),
            "KES_CLIENT_KEY": str(identity.key), "SSL_CERT_FILE": str(self.kes.certificate.certificate)})

    def calls(self):
        """How often each call was made until now: {("generate", "my-key"): 2, …}; what asks in the background included.

        The log is in the order of the calls, and a little behind them."""
        marker = f"marker-{next(_markers)}"
        self.kes.call("GET", f"/v1/key/describe/{marker}")
        self.kes.wait_for_output(f"/v1/key/describe/{marker} ")
        made = re.findall(r" req\.path=/v1/key/(\w+)/(\S*)", self.kes.output_text())
        return Counter(call for call in made if not call[1].startswith("marker-"))

    # --- both

    def start(self):
        self.kes.start()
        self.server.start()
        return self

    def stop(self):
        if self.server.process and self.server.process.poll() is None:
            self.server.stop()
        if self.kes.process and self.kes.process.poll() is None:
            assert self.kes.terminate() == 0, self.kes.log_text()

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.remove()
            raise

    def __exit__(self, kind, _value, _trace):
        try:
            if kind is None:
                self.stop()
        finally:
            self.remove()

    def remove(self):
        """Kills what still runs."""
        for one in (self.server, self.kes):
            one.kill()
            one.remove()
