"""HashiCorp Vault (and OpenBao) as a key server meets it: tokens, two kinds of K/V engine, transit, seal, namespaces."""

import base64
import hashlib
import json
import secrets
import ssl
import time

from stand_in import Reply, StandIn

ROLE_ID, SECRET_ID = "a-role-id", "a-secret-id"
JWT = "a.service-account.token"
CERTIFICATE_ROLE = "kes"
READ_ONLY = frozenset({"read", "list"})
#: What KES's guides grant: nothing that is there can be written over.
GUIDE = frozenset({"create", "read", "list", "delete"})
EVERYTHING = GUIDE | {"update"}


class Token:
    """A token that lives `lease` seconds (0: for ever) from its making or renewal, and `longest` in all."""

    #: What is added to the seconds that are left before the fraction is cut off.
    rounding = 0.5

    def __init__(self, lease, longest=None, renewable=True):
        self.lease, self.longest, self.renewable, self.begin = lease, longest, renewable, time.monotonic()
        self.renew()

    def renew(self):
        now = time.monotonic()
        self.end = now + self.lease if self.lease else None
        if self.longest:
            self.end = min(self.end, self.begin + self.longest)

    @property
    def is_alive(self):
        return self.end is None or time.monotonic() < self.end

    @property
    def seconds(self):
        return 0 if self.end is None else max(0, int(self.end - time.monotonic() + self.rounding))


class VaultStandIn(StandIn):
    """Engines `kv1` (version 1), `kv2` (version 2) and `transit`; all state is in the fields, for tests to set."""

    def __init__(self, certificate=None, *, client_authority=None):
        self.tokens, self.wrapped = {}, {}
        self.role_id, self.secret_id, self.jwt = ROLE_ID, SECRET_ID, JWT
        #: What the tokens of logins get.
        self.lease, self.longest, self.renewable = 3600, None, True
        self.capabilities, self.transit_capabilities = EVERYTHING, frozenset({"update"})
        self.sealed, self.initialized, self.standby = False, True, False
        #: Namespaces that exist; None: headers are accepted whatever they say, as by editions without namespaces.
        self.namespaces = None
        #: Where requests for keys are sent instead: the value of `Location` without the path.
        self.redirect = None
        self.hides_mounts = False
        self.mounts = {"kv1": ("kv", {"version": "1"}), "kv2": ("kv", {"version": "2"}), "transit": ("transit", None)}
        self.v1, self.v2 = {}, {}
        self.transit_version, self.transit_oldest = 1, 1
        self.client_authority = client_authority
        super().__init__(certificate)

    def configure_tls(self, context):
        if self.client_authority:
            context.verify_mode = ssl.CERT_OPTIONAL
            context.load_verify_locations(str(self.client_authority.certificate))

    # --- tokens

    def make_token(self, lease=0, **options):
        text = f"hvs.{secrets.token_hex(12)}"
        self.tokens[text] = Token(lease, **options)
        return text

    def wrap(self, secret_id):
        text = f"hvs.wrap.{secrets.token_hex(12)}"
        self.wrapped[text] = secret_id
        return text

    def revoke_all(self):
        with self.lock:
            self.tokens.clear()

    def _authentication(self):
        text = self.make_token(self.lease, longest=self.longest, renewable=self.renewable)
        return self._auth(text)

    def _auth(self, text):
        token = self.tokens[text]
        return Reply(200, {"request_id": secrets.token_hex(8), "lease_duration": 0, "data": None, "warnings": None, "auth": {
            "client_token": text, "accessor": secrets.token_hex(8), "policies": ["default", "kes"],
            "lease_duration": token.seconds, "renewable": token.renewable, "token_type": "service"}})

    # --- answers

    def answer(self, request):
        assert request.headers.get("X-Vault-Request") == "true", request
        path = request.path.removeprefix("/v1/")
        if request.method == "LIST":
            request.method, request.query["list"] = "GET", "true"
        namespace = (request.headers.get("X-Vault-Namespace") or "").strip("/")
        if path == "sys/health":
            return self._health(request, namespace)
        if self.sealed or not self.initialized:
            return errors(503, "Vault is sealed")
        if namespace and self.namespaces is not None and namespace not in self.namespaces:
            return errors(404, "namespace not found")
        head, _, rest = path.partition("/")
        if head == "auth" and rest.endswith("/login"):
            return self._login(request, rest.removesuffix("/login"))
        text = request.headers.get("X-Vault-Token")
        if path == "sys/wrapping/unwrap":
            secret_id = self.wrapped.pop((request.json() or {}).get("token") or text, None)
            if secret_id is None:
                return errors(400, "wrapping token is not valid or does not exist")
            return Reply(200, {"data": {"secret_id": secret_id, "secret_id_accessor": "x"}, "auth": None})
        token = self.tokens.get(text)
        if token is None or not token.is_alive:
            return errors(403, "permission denied")
        if path == "auth/token/lookup-self":
            return Reply(200, {"data": {"id": text, "ttl": token.seconds, "renewable": token.renewable,
                                       "expire_time": token.end and "2026-11-20T10:00:00Z"}})
        if path == "auth/token/renew-self":
            if not token.renewable:
                return errors(400, "lease is not renewable")
            token.renew()
            return self._auth(text)
        if path.startswith("sys/internal/ui/mounts/"):
            return self._mount(path.removeprefix("sys/internal/ui/mounts/"))
        if self.redirect:
            return Reply(307, b"", {"Location": self.redirect + request.target})
        kind, options = self.mounts.get(head, (None, None))
        if kind == "transit":
            return self._transit(request, rest)
        if kind != "kv":
            return errors(404, f'no handler for route "{path}". route entry not found.')
        return (self._v1 if options["version"] == "1" else self._v2)(request, rest)

    def _health(self, request, namespace):
        if namespace:
            return errors(400, "operation unavailable in namespaces")
        code = (request.query.get("uninitcode", 501) if not self.initialized
                else request.query.get("sealedcode", 503) if self.sealed
                else request.query.get("standbycode", 429) if self.standby else 200)
        return Reply(int(code), {
            "initialized": self.initialized, "sealed": self.sealed, "standby": self.standby or code != 200,
            "performance_standby": False, "replication_performance_mode": "disabled", "replication_dr_mode": "disabled",
            "server_time_utc": int(time.time()), "version": "1.15.0"})

    def _login(self, request, method):
        if request.method not in ("PUT", "POST"):
            return errors(405, "unsupported operation")
        given = request.json() or {}
        if method == "approle":
            if "role_id" not in given:
                return errors(400, "missing role_id")
            if (given["role_id"], given.get("secret_id")) != (self.role_id, self.secret_id):
                return errors(400, "invalid role or secret ID")
        elif method == "kubernetes":
            if given.get("role") != "kes":
                return errors(400, f'invalid role name "{given.get("role")}"')
            if given.get("jwt") != self.jwt:
                return errors(403, "permission denied")
        elif method == "cert":
            if not self.client_authority:
                return errors(400, "client certificate must be supplied")
            if given.get("name") not in (None, CERTIFICATE_ROLE):
                return errors(400, "failed to match all constraints for this login certificate")
        else:
            return errors(403, "permission denied")
        return self._authentication()

    def _mount(self, path):
        kind, options = self.mounts.get(path.strip("/"), (None, None))
        if kind is None or self.hides_mounts:
            return errors(403, "preflight capability check returned 403, please ensure client's policies grant access to "
                               f'path "{path}/"')
        return Reply(200, {"data": {"path": f"{path}/", "type": kind, "options": options}})

    def _allows(self, request, exists):
        right = {"GET": "list" if "list" in request.query else "read", "DELETE": "delete"}.get(
            request.method, "update" if exists else "create")
        return right in self.capabilities

    def _v1(self, request, path):
        if not self._allows(request, path in self.v1):
            return errors(403, "1 error occurred:\n\t* permission denied\n\n")
        if "list" in request.query:
            return listing(self.v1, path)
        if request.method == "GET":
            return Reply(200, {"data": self.v1[path], "lease_duration": 2764800}) if path in self.v1 else errors(404)
        if request.method == "DELETE":
            self.v1.pop(path, None)
        else:
            self.v1[path] = request.json()
        return Reply(204)

    def _v2(self, request, path):
        part, _, path = path.partition("/")
        if part == "metadata" and (request.method == "DELETE" or "list" in request.query):
            if not self._allows(request, True):
                return errors(403, "1 error occurred:\n\t* permission denied\n\n")
            if "list" in request.query:
                return listing(self.v2, path)
            self.v2.pop(path, None)
            return Reply(204)
        if part != "data":
            return Reply(404, {"data": None, "warnings": [
                "Invalid path for a versioned K/V secrets engine. See the API docs for the appropriate API endpoints to "
                "use. If using the Vault CLI, use 'vault kv get' for this operation."]})
        versions = self.v2.get(path, [])
        if not self._allows(request, bool(versions) and not versions[-1].get("deleted")):
            return errors(403, "1 error occurred:\n\t* permission denied\n\n")
        if request.method == "GET":
            number = int(request.query.get("version", 0)) or len(versions)
            if not 1 <= number <= len(versions):
                return errors(404)
            one = versions[number - 1]
            if one.get("destroyed_by_age"):
                return errors(404)
            metadata = {"created_time": "2026-11-20T10:00:00Z", "custom_metadata": None, "destroyed": False,
                        "deletion_time": "2026-11-21T10:00:00Z" if one.get("deleted") else "", "version": number}
            if one.get("deleted"):
                return Reply(404, {"data": {"data": None, "metadata": metadata}})
            return Reply(200, {"data": {"data": one["data"], "metadata": metadata}})
        if request.method == "DELETE":
            if versions:
                versions[-1]["deleted"] = True
            return Reply(204)
        given = request.json()
        cas = (given.get("options") or {}).get("cas")
        if cas is not None and cas != len(versions):
            return errors(400, "check-and-set parameter did not match the current version")
        self.v2.setdefault(path, versions).append({"data": given["data"]})
        return Reply(200, {"data": {"version": len(versions), "destroyed": False, "deletion_time": "",
                                    "created_time": "2026-11-20T10:00:00Z", "custom_metadata": None}})

    def _transit(self, request, path):
        verb, _, key = path.partition("/")
        if request.method not in ("POST", "PUT") or verb not in ("encrypt", "decrypt"):
            return errors(404, "unsupported path")
        # To encrypt by a key that is not there is to create it.
        if "update" not in self.transit_capabilities or (key != "kes" and verb == "encrypt"):
            return errors(403, "1 error occurred:\n\t* permission denied\n\n")
        if key != "kes":
            return errors(400, "encryption key not found")
        given = request.json()
        if verb == "encrypt":
            return Reply(200, {"data": {
                "ciphertext": self.encrypt(base64.b64decode(given["plaintext"])), "key_version": self.transit_version}})
        plain = self.decrypt(given["ciphertext"])
        if isinstance(plain, str):
            return errors(400, plain)
        return Reply(200, {"data": {"plaintext": base64.b64encode(plain).decode()}})

    def encrypt(self, plain):
        nonce = secrets.token_bytes(12)
        mask = hashlib.shake_256(nonce).digest(len(plain))
        body = nonce + bytes(a ^ b for a, b in zip(plain, mask)) + hashlib.sha256(nonce + plain).digest()[:16]
        return f"vault:v{self.transit_version}:{base64.b64encode(body).decode()}"

    def decrypt(self, ciphertext):
        """The plain text, or what is wrong with the ciphertext."""
        if not ciphertext.startswith("vault:v"):
            return "invalid ciphertext: no prefix"
        _, version, body = ciphertext.split(":")
        if int(version[1:]) < self.transit_oldest:
            return "ciphertext or signature version is disallowed by policy (too old)"
        if int(version[1:]) > self.transit_version:
            return "invalid ciphertext: version is too new"
        body = base64.b64decode(body)
        nonce, sealed, tag = body[:12], body[12:-16], body[-16:]
        plain = bytes(a ^ b for a, b in zip(sealed, hashlib.shake_256(nonce).digest(len(sealed))))
        if hashlib.sha256(nonce + plain).digest()[:16] != tag:
            return "cipher: message authentication failed"
        return plain


def errors(status, *texts):
    return Reply(status, {"errors": list(texts)})


def listing(entries, folder):
    """The names in a folder, those of folders with a slash; 404 where there are none."""
    prefix = folder.strip("/") + "/" if folder.strip("/") else ""
    names = set()
    for path in entries:
        if path.startswith(prefix):
            name, slash, _ = path[len(prefix):].partition("/")
            names.add(name + slash)
    return Reply(200, {"data": {"keys": sorted(names)}}) if names else errors(404)


class VaultStore:
    """Vault with an AppRole login; `options` are further lines of the section `vault`, which win over the usual ones."""

    name, version, has_transit = "vault-v2", "v2", False
    stand_in = VaultStandIn
    calls_per_read = 1
    prefix = "minio/keys"

    def __init__(self, directory, *, stand_in=None, **options):
        self.directory = directory
        self.stand_in = stand_in or VaultStandIn()
        self.environment = {}
        self.options = options

    @property
    def section(self):
        lines = {
            "endpoint": self.stand_in.url, "engine": "kv1" if self.version == "v1" else "kv2", "version": self.version,
            "prefix": self.prefix, "approle": {"id": ROLE_ID, "secret": SECRET_ID}, "status": {"ping": "1s"}}
        if self.has_transit:
            lines["transit"] = {"key": "kes"}
        lines |= self.options
        # JSON is YAML.
        return f"  vault: {json.dumps({name: value for name, value in lines.items() if value is not None})}\n"

    def values(self):
        """By name, decrypted."""
        stand_in = self.stand_in
        held = (stand_in.v1 if self.version == "v1"
                else {path: versions[-1]["data"] for path, versions in stand_in.v2.items()})
        found = {}
        for path, fields in held.items():
            name = path.removeprefix(f"{self.prefix}/")
            text = fields[name]
            found[name] = stand_in.decrypt(text).decode() if text.startswith("vault:v") else text
        return found

    def entry(self, name):
        return f"{self.prefix}/{name}"

    def is_key_call(self, request):
        return request.path.startswith(("/v1/kv1/", "/v1/kv2/", "/v1/transit/"))

    def close(self):
        self.stand_in.heal()
        self.stand_in.stop()


class VaultStoreV1(VaultStore):
    name, version = "vault-v1", "v1"


class VaultStoreWithTransit(VaultStore):
    name, has_transit = "vault-transit", True
    #: The entry, and its decryption.
    calls_per_read = 2
