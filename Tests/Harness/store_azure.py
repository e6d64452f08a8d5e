"""Stands in for Azure: a Key Vault with secrets and keys, the hosts that give out tokens, and a machine's identity service.

All of them are one server over TLS, told apart by their paths. The vault is called `vault.localhost`, so that it is below
its resource `localhost` as a real vault is below `vault.azure.net`.
"""

import base64
import datetime
import hashlib
import json
import os
import secrets
import string
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap
from cryptography.x509.oid import NameOID

from kes import server_certificate
from stand_in import Reply, StandIn

TENANT, CLIENT, SECRET = "11111111-2222-3333-4444-555555555555", "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", "client~secret"
PAGE = 25
NAME_CHARACTERS = set(string.ascii_letters + string.digits + "-")
ALL_RIGHTS = {"get", "list", "set", "delete", "purge", "recover", "wrapKey", "unwrapKey"}


class Deleted:
    """A secret that was deleted: recoverable once the deletion is over, until it is purged."""

    def __init__(self, versions, busy_until):
        self.versions, self.busy_until = versions, busy_until
        self.date = int(time.time())
        #: When it is gone; None while nobody has purged it.
        self.gone_at = None


class AzureStandIn(StandIn):
    """The service; its attributes are what a test may change."""

    def __init__(self, certificate):
        self.secrets, self.deleted, self.wrapping_keys, self.tokens = {}, {}, {}, {}
        self.rights, self.uses_roles = set(ALL_RIGHTS), False
        self.token_seconds = 3600
        #: How long a deletion, or a purge, is under way, in seconds.
        self.deletion_seconds = self.purge_seconds = 0
        #: What the challenge says besides; None: what is right.
        self.authority = self.resource = None
        self.client_secret, self.federated_token = SECRET, "federated-token"
        #: The DER certificate whose key signs client assertions.
        self.client_certificate = None
        self.identity_header = "identity-header"
        #: Called between a write and its answer, with the secret's name.
        self.after_write = lambda name: None
        super().__init__(certificate)

    @property
    def vault(self):
        return f"https://vault.localhost:{self.port}"

    # --- requests

    def answer(self, request):
        path = request.path
        if path.endswith("/oauth2/v2.0/token"):
            return self._grant(request, path.split("/")[1])
        if path.endswith("/.well-known/openid-configuration"):
            base = f"{self.url}/{path.split('/')[1]}"
            return Reply(200, {
                "token_endpoint": f"{base}/oauth2/v2.0/token", "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "issuer": f"{base}/v2.0", "tenant_region_scope": None})
        if path == "/metadata/identity/oauth2/token":
            return self._machine_token(request)
        if path == "/msi/token":
            return self._app_service_token(request)
        return self._vault(request)

    def _token(self, resource):
        token = secrets.token_urlsafe(32)
        self.tokens[token] = (time.monotonic() + self.token_seconds, resource)
        return token

    def _grant(self, request, tenant):
        form = request.form()
        if tenant != TENANT:
            return _refused(400, "invalid_request", f"AADSTS90002: Tenant '{tenant}' not found.")
        if form.get("grant_type") != "client_credentials":
            return _refused(400, "unsupported_grant_type", "AADSTS70003: The app requested an unsupported grant type.")
        if form.get("client_id") != CLIENT:
            return _refused(400, "unauthorized_client", "AADSTS700016: Application was not found in the directory.")
        scopes = [one for one in form.get("scope", "").split() if one.endswith("/.default")]
        if not scopes:
            return _refused(400, "invalid_scope", "AADSTS70011: The provided value for scope is not valid.")
        if "client_assertion" in form:
            if form.get("client_assertion_type") != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer":
                return _refused(400, "invalid_request", "AADSTS900144: client_assertion_type is wrong.")
            if not self._trusts(form["client_assertion"], f"{self.url}{request.path}"):
                return _refused(401, "invalid_client", "AADSTS700027: The assertion's signature failed verification.")
        elif form.get("client_secret") != self.client_secret:
            return _refused(
                401, "invalid_client", "AADSTS7000215: Invalid client secret provided. Ensure that it is the value.\r\n"
                "Trace ID: 0\r\nCorrelation ID: 0\r\nTimestamp: 0")
        token = self._token(scopes[0].removesuffix("/.default"))
        return Reply(200, {"token_type": "Bearer", "expires_in": self.token_seconds,
                           "ext_expires_in": self.token_seconds, "access_token": token})

    def _trusts(self, assertion, audience):
        if assertion == self.federated_token:
            return True
        parts = assertion.split(".")
        if len(parts) != 3 or not self.client_certificate:
            return False
        header, claims = (json.loads(from_base64url(part)) for part in parts[:2])
        thumbprint = base64url(hashlib.sha256(self.client_certificate).digest())
        now = time.time()
        if (header.get("x5t#S256"), claims.get("aud"), claims.get("iss"), claims.get("sub")) != (
                thumbprint, audience, CLIENT, CLIENT) or not claims["nbf"] <= now < claims["exp"] or not claims["jti"]:
            return False
        scheme = {"PS256": padding.PSS(padding.MGF1(hashes.SHA256()), 32), "RS256": padding.PKCS1v15()}[header["alg"]]
        public = x509.load_der_x509_certificate(self.client_certificate).public_key()
        public.verify(from_base64url(parts[2]), ".".join(parts[:2]).encode(), scheme, hashes.SHA256())
        return True

    def _machine_token(self, request):
        if request.headers.get("Metadata") != "true":
            return Reply(400, {"error": "invalid_request", "error_description": "Required metadata header not specified"})
        if request.query.get("api-version") != "2018-02-01" or not request.query.get("resource"):
            return Reply(400, {"error": "invalid_request", "error_description": "Required parameter missing"})
        if request.query.get("client_id", CLIENT) != CLIENT:
            return Reply(400, {"error": "invalid_request", "error_description": "Identity not found"})
        seconds = self.token_seconds
        return Reply(200, {"access_token": self._token(request.query["resource"]), "client_id": CLIENT,
                           "expires_in": str(seconds), "expires_on": str(int(time.time()) + seconds),
                           "resource": request.query["resource"], "token_type": "Bearer"})

    def _app_service_token(self, request):
        if request.headers.get("X-IDENTITY-HEADER") != self.identity_header:
            return Reply(401, {"statusCode": 401, "message": "wrong X-IDENTITY-HEADER"})
        if request.query.get("api-version") != "2019-08-01":
            return Reply(400, {"statusCode": 400, "message": "unsupported api-version"})
        return Reply(200, {"access_token": self._token(request.query["resource"]), "client_id": CLIENT,
                           "expires_on": str(int(time.time()) + self.token_seconds),
                           "resource": request.query["resource"], "token_type": "Bearer"})

    # --- the vault

    def _vault(self, request):
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        end, resource = self.tokens.get(token, (0, None))
        wanted = self.resource or f"https://localhost:{self.port}"
        if kind != "Bearer" or end <= time.monotonic() or resource != wanted:
            challenge = f'Bearer authorization="{self.authority or self.url}/{TENANT}", resource="{wanted}"'
            message = "AKV10000: Request is missing a Bearer or PoP token." if not token else (
                "AKV10032: Invalid issuer, or the token has expired.")
            if token:
                challenge += ', error="invalid_token", error_description="the token is not valid"'
            return Reply(401, {"error": {"code": "Unauthorized", "message": message}}, {"WWW-Authenticate": challenge})
        if request.query.get("api-version") not in ("7.4", "7.5", "7.6", "2025-07-01"):
            return failure(400, "BadParameter", "The specified version is not recognized.")
        parts = [part for part in request.path.split("/") if part]
        if len(parts) > 1:
            if not set(parts[1]) <= NAME_CHARACTERS or len(parts[1]) > 127:
                return failure(400, "BadParameter", f"The request URI contains an invalid name: {parts[1]}")
            parts[1] = parts[1].lower()
        for name, deleted in list(self.deleted.items()):
            if deleted.gone_at is not None and deleted.gone_at <= time.monotonic():
                del self.deleted[name]
        match (request.method, *parts):
            case ("GET", "secrets"): return self._may("list") or self._list(request)
            case ("GET", "secrets", name, "versions"): return self._may("list") or self._versions(request, name)
            case ("GET", "secrets", name): return self._may("get") or self._get(name, None)
            case ("GET", "secrets", name, version): return self._may("get") or self._get(name, version)
            case ("PUT", "secrets", name): return self._may("set") or self._put(request, name)
            case ("DELETE", "secrets", name): return self._may("delete") or self._delete(name)
            case ("GET", "deletedsecrets", name): return self._may("get") or self._get_deleted(name)
            case ("DELETE", "deletedsecrets", name): return self._may("purge") or self._purge(name)
            case ("POST", "keys", name, "wrapkey"): return self._may("wrapKey") or self._wrap(request, name, None)
            case ("POST", "keys", name, version, "wrapkey"):
                return self._may("wrapKey") or self._wrap(request, name, version)
            case ("POST", "keys", name, version, "unwrapkey"):
                return self._may("unwrapKey") or self._unwrap(request, name, version)
            case ("GET", "keys", name): return self._get_key(name, None)
            case ("GET", "keys", name, version): return self._get_key(name, version)
        return failure(404, "NotFound", "The requested resource was not found.")

    def _may(self, right):
        if right in self.rights:
            return None
        inner = "ForbiddenByRbac" if self.uses_roles else "ForbiddenByPolicy"
        return failure(403, "Forbidden", f"The user, group or application 'appid={CLIENT}' does not have secrets {right} "
                                         "permission on key vault 'vault'.", inner)

    def _attributes(self, version):
        return {"enabled": version["enabled"], "created": version["created"], "updated": version["created"],
                "recoveryLevel": "Recoverable+Purgeable", "recoverableDays": 90,
                **{key: version[key] for key in ("nbf", "exp") if version.get(key) is not None}}

    def _item(self, name, version, *, with_version=True):
        identifier = f"{self.vault}/secrets/{version['name']}"
        item = {"id": f"{identifier}/{version['id']}" if with_version else identifier,
                "attributes": self._attributes(version), "tags": version["tags"]}
        return item if not version.get("managed") else item | {"managed": True}

    def _page(self, request, path, items):
        start = int(request.query.get("$skiptoken", "0"))
        following = start + PAGE
        link = None
        if following < len(items):
            # The port stands in the link although it is that of the scheme, and the $ is not escaped.
            link = (f"{self.vault}{path}?api-version={request.query['api-version']}&$skiptoken={following}"
                    f"&maxresults={PAGE}")
        return Reply(200, {"value": items[start:following], "nextLink": link})

    def _list(self, request):
        return self._page(request, "/secrets", [
            self._item(name, versions[-1], with_version=False) for name, versions in sorted(self.secrets.items())])

    def _versions(self, request, name):
        # The vault lists versions in the order of their identifiers, which are random.
        versions = sorted(self.secrets.get(name, []), key=lambda version: version["id"])
        return self._page(request, f"/secrets/{name}/versions", [self._item(name, version) for version in versions])

    def _get(self, name, wanted):
        versions = [one for one in self.secrets.get(name, []) if wanted in (None, one["id"])]
        if not versions:
            return failure(404, "SecretNotFound", f"A secret with (name/id) {name} was not found in this key vault. If "
                                                  "you recently deleted this secret you may be able to recover it.")
        version = versions[-1]
        if not version["enabled"]:
            return failure(403, "Forbidden", "Operation get is not allowed on a disabled secret.", "SecretDisabled")
        return Reply(200, {"value": version["value"], **self._item(name, version)})

    def _put(self, request, name):
        if name in self.deleted:
            return self._conflict(name)
        document = request.json()
        if len(document["value"]) > 25600:
            return failure(400, "BadParameter", "The specified secret value is too large.")
        self.put(request.path.split("/")[2], document["value"], tags=document.get("tags"),
                 **{key: value for key, value in (document.get("attributes") or {}).items()
                    if key in ("enabled", "nbf", "exp") and value is not None})
        reply = self._get(name, None)
        self.after_write(name)
        return reply

    def put(self, name, value, *, tags=None, created=None, identifier=None, **attributes):
        """Adds a version, as anybody else with the right to would."""
        versions = self.secrets.setdefault(name.lower(), [])
        versions.append({"id": identifier or secrets.token_hex(16), "value": value, "tags": tags or {}, "enabled": True,
                         "created": int(time.time()) if created is None else created,
                         # The name stays as it was first spelt.
                         "name": versions[0]["name"] if versions else name, **attributes})

    def _conflict(self, name):
        deleted = self.deleted[name]
        if deleted.gone_at is not None or time.monotonic() < deleted.busy_until:
            return failure(409, "Conflict", f"Secret {name} is currently being deleted.", "ObjectIsBeingDeleted")
        return failure(409, "Conflict", f"Secret {name} is currently in a deleted but recoverable state, and its name "
                                        "cannot be reused.", "ObjectIsDeletedButRecoverable")

    def _delete(self, name):
        if name not in self.secrets:
            return failure(404, "SecretNotFound", f"A secret with (name/id) {name} was not found in this key vault.")
        deleted = Deleted(self.secrets.pop(name), time.monotonic() + self.deletion_seconds)
        self.deleted[name] = deleted
        return Reply(200, self._deleted_item(name, deleted))

    def _deleted_item(self, name, deleted):
        return {"recoveryId": f"{self.vault}/deletedsecrets/{name}", "deletedDate": deleted.date,
                "scheduledPurgeDate": deleted.date + 90 * 86400, **self._item(name, deleted.versions[-1])}

    def _get_deleted(self, name):
        deleted = self.deleted.get(name)
        if deleted is None or deleted.gone_at is not None or time.monotonic() < deleted.busy_until:
            return failure(404, "SecretNotFound", f"A deleted secret with (name/id) {name} was not found.")
        return Reply(200, self._deleted_item(name, deleted))

    def _purge(self, name):
        deleted = self.deleted.get(name)
        if deleted is None or deleted.gone_at is not None:
            return failure(404, "SecretNotFound", f"A deleted secret with (name/id) {name} was not found.")
        if time.monotonic() < deleted.busy_until:
            return self._conflict(name)
        deleted.gone_at = time.monotonic() + self.purge_seconds
        return Reply(204)

    # --- keys

    def add_key(self, name, *, algorithm="RSA"):
        """Makes a version of a key that wraps."""
        key = rsa.generate_private_key(65537, 2048) if algorithm == "RSA" else os.urandom(32)
        self.wrapping_keys.setdefault(name, []).append((secrets.token_hex(16), key))

    def _key(self, name, wanted):
        found = [one for one in self.wrapping_keys.get(name, []) if wanted in (None, one[0])]
        return found[-1] if found else (None, None)

    def _get_key(self, name, wanted):
        version, key = self._key(name, wanted)
        if key is None:
            return failure(404, "KeyNotFound", f"A key with (name/id) {name} was not found in this key vault.")
        if isinstance(key, bytes):
            material = {"kty": "oct-HSM"}
        else:
            numbers = key.public_key().public_numbers()
            material = {"kty": "RSA", "n": base64url(numbers.n.to_bytes(256, "big")), "e": "AQAB"}
        return Reply(200, {"key": {"kid": f"{self.vault}/keys/{name}/{version}", "key_ops": ["wrapKey", "unwrapKey"],
                                   **material}, "attributes": {"enabled": True, "created": 1, "updated": 1}})

    def _transform(self, request, name, wanted, perform):
        version, key = self._key(name, wanted)
        if key is None:
            return failure(404, "KeyNotFound", f"A key with (name/id) {name}/{wanted or ''} was not found in this key "
                                               "vault.")
        document = request.json()
        is_symmetric = document["alg"] in ("A128KW", "A192KW", "A256KW")
        if is_symmetric != isinstance(key, bytes):
            return failure(400, "BadParameter", "Key and signing algorithm are incompatible.")
        try:
            result = perform(key, document["alg"], from_base64url(document["value"]))
        except Exception:
            return failure(400, "BadParameter", "The parameter is incorrect.")
        return Reply(200, {"kid": f"{self.vault}/keys/{name}/{version}", "value": base64url(result)})

    def _wrap(self, request, name, wanted):
        return self._transform(request, name, wanted, lambda key, algorithm, value: (
            aes_key_wrap(key, value) if isinstance(key, bytes)
            else key.public_key().encrypt(value, rsa_padding(algorithm))))

    def _unwrap(self, request, name, wanted):
        return self._transform(request, name, wanted, lambda key, algorithm, value: (
            aes_key_unwrap(key, value) if isinstance(key, bytes) else key.decrypt(value, rsa_padding(algorithm))))


def rsa_padding(algorithm):
    digest = {"RSA-OAEP": hashes.SHA1(), "RSA-OAEP-256": hashes.SHA256()}[algorithm]
    return padding.OAEP(padding.MGF1(digest), digest, None)


def failure(status, code, message, inner=None):
    error = {"code": code, "message": message}
    return Reply(status, {"error": error | ({"innererror": {"code": inner}} if inner else {})})


def _refused(status, error, description):
    return Reply(status, {"error": error, "error_description": description, "error_codes": [], "trace_id": "0",
                          "correlation_id": "0"})


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class ClientCertificate:
    """A PEM file with an RSA key and its certificate, as an application signs in with; may be made anew in place."""

    def __init__(self, path):
        self.path = path
        self.renew()

    def renew(self):
        key = rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "application")])
        now = datetime.datetime.now(datetime.timezone.utc)
        certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
                       .serial_number(x509.random_serial_number()).not_valid_before(now)
                       .not_valid_after(now + datetime.timedelta(days=1)).sign(key, hashes.SHA256()))
        self.der = certificate.public_bytes(serialization.Encoding.DER)
        self.path.write_bytes(
            key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                              serialization.NoEncryption()) + certificate.public_bytes(serialization.Encoding.PEM))


class AzureStore:
    """What the stores on Azure share; `credentials` are the lines that say who the key server is."""

    CREDENTIALS = f"credentials: {{tenant_id: {TENANT}, client_id: {CLIENT}, client_secret: {SECRET}}}"

    def __init__(self, directory, credentials=None):
        self.directory = directory
        self.credentials = self.CREDENTIALS if credentials is None else credentials
        self.certificate = server_certificate(
            directory / "azure-tls", names=("IP:127.0.0.1", "DNS:localhost", "DNS:vault.localhost"))
        self.stand_in = AzureStandIn(self.certificate)
        self.environment = {"SSL_CERT_FILE": str(self.certificate.certificate), "AZURE_AUTHORITY_HOST": self.stand_in.url,
                            "KES_AZURE_IMDS_ENDPOINT": self.stand_in.url}

    def is_key_call(self, request):
        return "Authorization" in request.headers and request.path != "/"

    def close(self):
        self.stand_in.stop()


class AzureKeyVaultStore(AzureStore):
    """Secrets of a Key Vault."""

    name = "azure-key-vault"
    stand_in = AzureStandIn
    #: The versions, and the value of the oldest.
    calls_per_read = 2

    @property
    def section(self):
        return f"  azure:\n    keyvault:\n      endpoint: {self.stand_in.vault}\n      {self.credentials}\n"

    def values(self):
        return {versions[0]["name"]: min(versions, key=lambda version: version["created"])["value"]
                for versions in self.stand_in.secrets.values()}


class AzureKeysStore(AzureStore):
    """Files, with keys that a key of the vault has wrapped; the vault sees no listing and no deletion."""

    name = "azure-keys"
    stand_in = None
    calls_per_read = 1

    def __init__(self, directory, credentials=None, *, key="kek", options=""):
        super().__init__(directory, credentials)
        self.key, self.options = key, options
        self.keys = directory / "keys"
        self.stand_in.add_key("kek")

    @property
    def section(self):
        return (f"  kms:\n    path: {self.keys}\n    azure:\n      endpoint: {self.stand_in.vault}\n"
                f"      key: {self.key}\n      {self.credentials}\n{self.options}")

    def values(self):
        return {file.name: file.read_text() for file in self.keys.iterdir() if not file.name.startswith(".")}
