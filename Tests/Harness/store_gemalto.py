"""A Thales CipherTrust Manager, as far as a key store sees it: secrets with unique names, and tokens that end."""

import itertools
import time
import uuid

from kes import server_certificate
from stand_in import Reply, StandIn


class Gemalto(StandIn):
    def __init__(self, certificate, refresh_token, domain):
        self.refresh_token, self.domain = refresh_token, domain
        #: How long a token lives, in seconds.
        self.duration = 300
        #: Tokens and when each ends.
        self.tokens = {}
        #: Materials by name.
        self.secrets = {}
        self.numbers = itertools.count(1)
        super().__init__(certificate)

    def answer(self, request):
        if (request.method, request.path) == ("POST", "/api/v1/auth/tokens"):
            return self.sign_in(request.json())
        if not request.path.startswith("/api/v1/vault/"):
            return Reply(404, b"404 page not found", {"Content-Type": "text/plain"})
        token = (request.headers.get("Authorization") or "").removeprefix("Bearer ")
        if self.tokens.get(token, 0) < time.monotonic():
            return error(401, 5, "NCERRUnauthorized: unauthorized")
        parts = request.path.removeprefix("/api/v1/vault/").split("/")
        match request.method, parts:
            case "POST", ["secrets"]:
                return self.create(request.json())
            case "GET", ["secrets"]:
                return self.list(request.query)
            case "POST", ["secrets", name, "export"] if request.query.get("type") == "name" and not request.body:
                if name not in self.secrets:
                    return error(404, 4, "NCERRResourceNotFound: Resource not found")
                return Reply(200, {"id": name, "name": name, "dataType": "seed", "material": self.secrets[name]})
            case "DELETE", ["secrets", name] if request.query.get("type") == "name":
                if self.secrets.pop(name, None) is None:
                    return error(404, 4, "NCERRResourceNotFound: Resource not found")
                return Reply(204)
        return error(400, 2, "NCERRBadRequest: bad request")

    def sign_in(self, body):
        if body != {"grant_type": "refresh_token", "refresh_token": self.refresh_token, "domain": self.domain}:
            return error(401, 5, "NCERRUnauthorized: invalid refresh token")
        token = f"jwt.{uuid.uuid4().hex}.sig"
        self.tokens[token] = time.monotonic() + self.duration
        return Reply(200, {"jwt": token, "duration": self.duration, "token_type": "Bearer", "client_id": "c",
                           "refresh_token_id": "r"})

    def create(self, body):
        if set(body) != {"dataType", "name", "material"} or body["dataType"] != "seed":
            return error(422, 2, "NCERRUnprocessableEntity: unexpected fields")
        if body["name"] in self.secrets:
            return error(409, 12, "NCERRConflict: Resource already exists")
        self.secrets[body["name"]] = body["material"]
        return Reply(201, {"id": uuid.uuid4().hex, "name": body["name"], "dataType": "seed"})

    def list(self, query):
        skip, limit = int(query.get("skip", 0)), int(query.get("limit", 10))
        # In the order of creation, as a manager may well have it.
        names = list(self.secrets)[skip:skip + limit]
        return Reply(200, {"skip": skip, "limit": limit, "total": len(self.secrets),
                           "resources": [{"id": name, "name": name} for name in names]})


def error(status, code, text):
    return Reply(status, {"code": code, "codeDesc": text})


class GemaltoStore:
    name = "gemalto"
    rotates = False
    calls_per_read = 1
    environment = {}
    stand_in = True
    REFRESH_TOKEN = "refresh-8pvmWqJ2"

    def __init__(self, directory):
        certificate = server_certificate(directory)
        self.stand_in = Gemalto(certificate, self.REFRESH_TOKEN, "keys")
        self.section = self.lines(certificate.certificate)

    def lines(self, authority, token=REFRESH_TOKEN):
        return (f"  gemalto:\n    keysecure:\n      endpoint: {self.stand_in.url}/\n      credentials:\n"
                f"        token: {token}\n        domain: keys\n      tls:\n        ca: {authority}\n")

    def values(self):
        return dict(self.stand_in.secrets)

    def is_key_call(self, request):
        return request.path.startswith("/api/v1/vault/")

    def close(self):
        self.stand_in.stop()
