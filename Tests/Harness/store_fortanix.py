"""Fortanix SDKMS, as far as a key store sees it: opaque security objects with unique names, found by name or by `kid`."""

import base64
import uuid

from kes import server_certificate
from stand_in import Reply, StandIn

JSON_MEMBERS = ["obj_type", "name", "key_ops", "value", "enabled"]


class Fortanix(StandIn):
    def __init__(self, certificate, api_key):
        self.api_key = api_key
        #: Objects by name: `kid`, `value` in base64, `enabled`.
        self.objects = {}
        #: Tokens of sessions that are open.
        self.sessions = set()
        #: Whether a page begins with the name that `start` gives, or with the one after it.
        self.starts_after = False
        #: What it sorts by.
        self.order = str.encode
        super().__init__(certificate)

    def answer(self, request):
        authorization = request.headers.get("Authorization") or ""
        if request.path == "/sys/v1/session/terminate":
            token = authorization.removeprefix("Bearer ")
            if token not in self.sessions:
                return plain(401, "Authentication failed")
            self.sessions.discard(token)
            return Reply(204)
        if authorization != f"Basic {self.api_key}":
            return plain(401, "Authentication failed")
        match request.method, request.path:
            case "GET", "/sys/v1/health":
                return Reply(204)
            case "POST", "/sys/v1/session/auth":
                token = uuid.uuid4().hex
                self.sessions.add(token)
                return Reply(200, {"token_type": "Bearer", "expires_in": 600, "access_token": token, "entity_id": "app"})
            case "PUT", "/crypto/v1/keys":
                return self.create(request.json())
            case "POST", "/crypto/v1/keys/export":
                return self.export(request.json())
            case "GET", "/crypto/v1/keys":
                return self.list(request.query)
        if request.method == "DELETE" and request.path.startswith("/crypto/v1/keys/"):
            kid = request.path.rpartition("/")[2]
            for name, one in self.objects.items():
                if one["kid"] == kid:
                    del self.objects[name]
                    return Reply(204)
            return plain(404, "sobject does not exist")
        return plain(404, "not found")

    def create(self, body):
        missing = [name for name in JSON_MEMBERS if name not in body]
        if missing or body["obj_type"] != "OPAQUE" or sorted(body["key_ops"]) != ["APPMANAGEABLE", "EXPORT"]:
            return plain(400, f"invalid request {missing}")
        base64.b64decode(body["value"], validate=True)
        if body["name"] in self.objects:
            return plain(409, "sobject already exists")
        self.objects[body["name"]] = {"kid": str(uuid.uuid4()), "value": body["value"], "enabled": body["enabled"],
                                      "group_id": body.get("group_id")}
        return Reply(201, self.description(body["name"]))

    def export(self, body):
        one = self.objects.get(body["name"])
        if one is None:
            return plain(404, "sobject does not exist")
        return Reply(200, {**self.description(body["name"]), "value": one["value"]})

    def list(self, query):
        if query.get("sort") != "name:asc":
            return plain(400, "invalid sort")
        names = sorted(self.objects, key=self.order)
        start = query.get("start")
        if start:
            begins = [name for name in names
                      if self.order(name) > self.order(start) or (name == start and not self.starts_after)]
            names = begins
        return Reply(200, [self.description(name) for name in names[:int(query.get("limit", 100))]])

    def description(self, name):
        one = self.objects[name]
        return {"name": name, "kid": one["kid"], "enabled": one["enabled"], "group_id": one["group_id"], "obj_type": "OPAQUE"}


def plain(status, text):
    return Reply(status, text.encode(), {"Content-Type": "text/plain; charset=utf-8"})


class FortanixStore:
    name = "fortanix"
    rotates = False
    calls_per_read = 1
    environment = {}
    stand_in = True

    def __init__(self, directory):
        certificate = server_certificate(directory)
        self.stand_in = Fortanix(certificate, "bXktYXBwOnNlY3JldA==")
        self.section = self.lines(certificate.certificate)

    def lines(self, authority, key="bXktYXBwOnNlY3JldA==", group="5e8f5e8f-0000-4000-8000-000000000001"):
        return (f"  fortanix:\n    sdkms:\n      endpoint: {self.stand_in.url}\n      group_id: {group}\n"
                f"      credentials:\n        key: {key}\n      tls:\n        ca: {authority}\n")

    def values(self):
        return {name: base64.b64decode(one["value"]).decode() for name, one in self.stand_in.objects.items()}

    def is_key_call(self, request):
        return request.path.startswith("/crypto/")

    def close(self):
        self.stand_in.stop()
