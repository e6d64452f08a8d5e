"""Google Cloud Secret Manager over REST, with Google's token services: accounts, users, other providers, the machine.

As with the real one, what was added is seen at once by number; `latest` can be made to lag.
"""

import base64
import datetime
import json
import re
import time
import uuid

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from kes import server_certificate
from stand_in import Reply, StandIn

LONGEST_PAYLOAD = 65_536
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
EXCHANGE_GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"


class GCP(StandIn):
    def __init__(self, certificate, project):
        self.project = project
        self.account_key = rsa.generate_private_key(65537, 2048)
        #: How long a token lives, in seconds.
        self.lifetime = 3600
        #: Tokens, when each ends, and what it was had for.
        self.tokens = {}
        #: What other providers' tokens are taken.
        self.subject_tokens = {"subject-1"}
        #: Secrets by name: versions, each a payload in bytes, and its state.
        self.secrets = {}
        #: By how many versions `latest` lags.
        self.lag = 0
        #: Rights that the account lacks, such as `versions.access`.
        self.denied = set()
        super().__init__(certificate)
        # Google's own Python client names the second, wherever it asks.
        self.audiences = {f"{self.url}/token", "https://oauth2.googleapis.com/token"}

    # --- calls

    def answer(self, request):
        match request.method, request.path:
            case "POST", "/token":
                return self.token_endpoint(request.form())
            case "POST", "/sts/token":
                return self.exchange(request.form())
            case "GET", "/subject":
                if request.headers.get("X-Provider") != "yes":
                    return Reply(403)
                return Reply(200, {"id_token": sorted(self.subject_tokens)[0]})
        if request.path.endswith(":generateAccessToken"):
            return self.impersonate(request)
        if request.path == "/computeMetadata/v1/instance/service-accounts/default/token":
            if request.headers.get("Metadata-Flavor") != "Google":
                return Reply(403, b"Missing Metadata-Flavor:Google header.")
            return Reply(200, self.new_token("metadata"), {"Metadata-Flavor": "Google"})
        if not request.path.startswith("/v1/"):
            return Reply(404, b"<!DOCTYPE html><title>Error 404 (Not Found)!!1</title>", {"Content-Type": "text/html"})
        token = (request.headers.get("Authorization") or "").removeprefix("Bearer ")
        if self.tokens.get(token, (0,))[0] < time.monotonic():
            return error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials. Expected OAuth 2 access "
                                                 "token, login cookie or other valid authentication credential.")
        match = re.fullmatch(rf"/v1/projects/{re.escape(self.project)}/secrets(?:/([^/:]+)(.*))?", request.path)
        if not match:
            return error(403, "PERMISSION_DENIED", "Permission denied on resource project other.")
        return self.secret_call(request, *match.groups())

    def secret_call(self, request, name, rest):
        right = {("POST", None): "secrets.create", ("GET", None): "secrets.list", ("DELETE", ""): "secrets.delete",
                 ("POST", ":addVersion"): "versions.add"}.get((request.method, rest), "versions.access")
        if right in self.denied:
            return error(403, "PERMISSION_DENIED", f"Permission 'secretmanager.{right}' denied for resource "
                                                   f"'projects/{self.project}/secrets/{name}' (or it may not exist).")
        if name is None:
            return self.create(request) if request.method == "POST" else self.list(request.query)
        if name not in self.secrets:
            return error(404, "NOT_FOUND", f"Secret [projects/1/secrets/{name}] not found or has no versions.")
        if request.method == "DELETE" and rest == "":
            del self.secrets[name]
            return Reply(200, {})
        if request.method == "GET" and rest == "":
            return Reply(200, {"name": f"projects/1/secrets/{name}", "replication": {"automatic": {}}})
        if request.method == "POST" and rest == ":addVersion":
            payload = base64.b64decode(request.json()["payload"]["data"], validate=True)
            if len(payload) > LONGEST_PAYLOAD:
                return error(400, "INVALID_ARGUMENT", "The secret payload is too large.")
            self.secrets[name].append({"payload": payload, "state": "ENABLED"})
            number = len(self.secrets[name])
            return Reply(200, {"name": f"projects/1/secrets/{name}/versions/{number}", "state": "ENABLED", "etag": '"1"'})
        match = re.fullmatch(r"/versions/(latest|\d+):access", rest)
        if request.method != "GET" or not match:
            return error(404, "NOT_FOUND", "Requested entity was not found.")
        return self.access(name, match[1])

    def create(self, request):
        name = request.query["secretId"]
        if not re.fullmatch(r"[0-9A-Za-z_-]{1,255}", name):
            return error(400, "INVALID_ARGUMENT", "The provided Secret ID does not match the expected format.")
        if "automatic" not in request.json()["replication"]:
            return error(400, "INVALID_ARGUMENT", "replication is missing")
        if name in self.secrets:
            return error(409, "ALREADY_EXISTS", f"Secret [projects/1/secrets/{name}] already exists.")
        self.secrets[name] = []
        return Reply(200, {"name": f"projects/1/secrets/{name}", "replication": {"automatic": {}}, "etag": '"1"'})

    def access(self, name, version):
        versions = self.secrets[name]
        number = max(len(versions) - self.lag, 0) if version == "latest" else int(version)
        if not 1 <= number <= len(versions):
            return error(404, "NOT_FOUND", f"Secret Version [projects/1/secrets/{name}/versions/{version}] not found.")
        one = versions[number - 1]
        if one["state"] != "ENABLED":
            return error(400, "FAILED_PRECONDITION",
                         f"Secret Version [projects/1/secrets/{name}/versions/{number}] is in {one['state']} state.")
        return Reply(200, {"name": f"projects/1/secrets/{name}/versions/{number}",
                           "payload": {"data": base64.b64encode(one["payload"]).decode()}})

    def list(self, query):
        # Newest first; the page token is opaque to clients.
        names = list(reversed(self.secrets))
        begin = int(base64.b64decode(query["pageToken"])) if "pageToken" in query else 0
        end = begin + min(int(query.get("pageSize", 25_000)), 25_000)
        page = {}
        if names[begin:end]:
            page["secrets"] = [{"name": f"projects/1/secrets/{name}"} for name in names[begin:end]]
        if end < len(names):
            page["nextPageToken"] = base64.b64encode(str(end).encode()).decode()
        return Reply(200, page)

    # --- tokens

    def token_endpoint(self, form):
        if form.get("grant_type") == JWT_GRANT:
            reason = self.flaw(form["assertion"])
            if reason:
                return Reply(400, {"error": "invalid_grant", "error_description": reason})
            return Reply(200, self.new_token("account"))
        wanted = {"grant_type": "refresh_token", "client_id": "user-client", "client_secret": "user-secret",
                  "refresh_token": "user-refresh"}
        if form != wanted:
            return Reply(400, {"error": "invalid_grant", "error_description": "Bad Request"})
        return Reply(200, self.new_token("user"))

    def flaw(self, assertion):
        signed, _, signature = assertion.rpartition(".")
        header, claims = (json.loads(unpadded(part)) for part in signed.split("."))
        try:
            self.account_key.public_key().verify(unpadded(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        except Exception:
            return "Invalid JWT Signature."
        now = time.time()
        if header != {"alg": "RS256", "typ": "JWT", "kid": "key-1"}:
            return f"Invalid JWT header {header}"
        if claims["iss"] != "kes@p.iam.gserviceaccount.com" or claims["aud"] not in self.audiences:
            return f"Invalid JWT claims {claims}"
        if claims["scope"] != SCOPE or not now - 300 < claims["iat"] <= now + 5 or claims["exp"] != claims["iat"] + 3600:
            return "Invalid JWT: Token must be a short-lived token."
        return None

    def exchange(self, form):
        if form.get("grant_type") != EXCHANGE_GRANT or form.get("audience") != "//iam/pool/provider":
            return Reply(400, {"error": "invalid_request", "error_description": "Invalid audience."})
        if form.get("subject_token_type") != "urn:ietf:params:oauth:token-type:jwt":
            return Reply(400, {"error": "invalid_request", "error_description": "Invalid subject token type."})
        if form.get("subject_token") not in self.subject_tokens:
            return Reply(400, {"error": "invalid_grant", "error_description": "The subject token is not valid."})
        return Reply(200, {**self.new_token("federated"), "issued_token_type": "urn:ietf:params:oauth:token-type:access_token"})

    def impersonate(self, request):
        token = (request.headers.get("Authorization") or "").removeprefix("Bearer ")
        if self.tokens.get(token, (0, ""))[1] != "federated" or request.json()["scope"] != [SCOPE]:
            return error(403, "PERMISSION_DENIED", "Permission 'iam.serviceAccounts.getAccessToken' denied.")
        lifetime = int(request.json()["lifetime"].removesuffix("s"))
        end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=lifetime)
        return Reply(200, {"accessToken": self.new_token("impersonated")["access_token"],
                           "expireTime": end.strftime("%Y-%m-%dT%H:%M:%SZ")})

    def new_token(self, kind):
        token = f"ya29.{uuid.uuid4().hex}"
        self.tokens[token] = (time.monotonic() + self.lifetime, kind)
        return {"access_token": token, "expires_in": self.lifetime, "token_type": "Bearer"}


def unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def error(status, code, text):
    return Reply(status, {"error": {"code": status, "message": text, "status": code}})


class GCPStore:
    name = "gcp"
    calls_per_read = 1
    stand_in = True

    def __init__(self, directory):
        self.directory = directory
        self.certificate = server_certificate(directory)
        self.stand_in = GCP(self.certificate, "my-project")
        self.section = self.lines()
        self.file = directory / "credentials.json"
        self.environment = {"SSL_CERT_FILE": str(self.certificate.certificate),
                            "GOOGLE_APPLICATION_CREDENTIALS": str(self.file)}
        self.write(self.account())

    def lines(self, credentials=""):
        return (f"  gcp:\n    secretmanager:\n      project_id: my-project\n"
                f"      endpoint: 127.0.0.1:{self.stand_in.port}\n{credentials}")

    def write(self, credentials):
        self.file.write_text(json.dumps(credentials))

    def account(self):
        """The file of a service account."""
        return {"type": "service_account", "project_id": "my-project", "private_key_id": "key-1",
                "private_key": self.private_key(), "client_email": "kes@p.iam.gserviceaccount.com", "client_id": "1",
                "token_uri": f"{self.stand_in.url}/token"}

    def private_key(self):
        return self.stand_in.account_key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    def federated(self, source, *, impersonates=False):
        """The file of an identity of another provider."""
        file = {"type": "external_account", "audience": "//iam/pool/provider",
                "subject_token_type": "urn:ietf:params:oauth:token-type:jwt", "token_url": f"{self.stand_in.url}/sts/token",
                "credential_source": source}
        if impersonates:
            file["service_account_impersonation_url"] = (
                f"{self.stand_in.url}/v1/projects/-/serviceAccounts/kes@p.iam.gserviceaccount.com:generateAccessToken")
        return file

    def values(self):
        """The first version of each, which is where the original has the key."""
        return {name: versions[0]["payload"].decode() for name, versions in self.stand_in.secrets.items() if versions}

    def is_key_call(self, request):
        return request.path.startswith("/v1/projects/my-project/")

    def close(self):
        self.stand_in.stop()
