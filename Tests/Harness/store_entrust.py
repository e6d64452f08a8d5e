"""An Entrust KeyControl vault, as far as a key store sees it: one box of secrets, and tokens that end or are renewed."""

import base64
import datetime
import json
import time
import uuid

from kes import server_certificate
from stand_in import Reply, StandIn


class Entrust(StandIn):
    def __init__(self, certificate, vault, box, username, password):
        self.vault, self.box, self.username, self.password = vault, box, username, password
        #: How long a token lives, in seconds.
        self.lifetime = 300
        #: Tokens and when each ends.
        self.tokens = {}
        #: Whether tokens can be renewed.
        self.renews = True
        #: Data in base64 by name.
        self.secrets = {}
        #: What DeleteSecret answers with when it has done it.
        self.deletion_status = 200
        #: What it sorts by.
        self.order = str.encode
        super().__init__(certificate)

    def answer(self, request):
        if request.method != "POST" or not request.path.startswith("/vault/1.0/") or not request.path.endswith("/"):
            return error(404, "Not found")
        call = request.path.removeprefix("/vault/1.0/").strip("/")
        if call == f"Login/{self.vault}":
            body = request.json()
            if body != {"username": self.username, "password": self.password}:
                return error(401, "Invalid username or password")
            return self.token()
        old = request.headers.get("X-Vault-Auth")
        if self.tokens.get(old, 0) < time.monotonic():
            return error(401, "Token is invalid or has expired")
        if call == "Renew":
            return self.token() if self.renews else error(401, "Token cannot be renewed")
        body = request.json()
        if body.get("box_id") != self.box:
            return error(404, "Box not found")
        match call:
            case "GetBox":
                return Reply(200, {"box_id": self.box, "name": self.box, "revision": 1})
            case "CreateSecret":
                base64.b64decode(body["secret_data"], validate=True)
                if body["name"] in self.secrets:
                    return error(409, "Secret already exists")
                self.secrets[body["name"]] = body["secret_data"]
                return Reply(200, {"box_id": self.box, "secret_id": body["name"]})
            case "CheckoutSecret":
                if body["secret_id"] not in self.secrets:
                    return error(404, "Secret not found")
                return Reply(200, {"secret_data": self.secrets[body["secret_id"]], "version": 1})
            case "DeleteSecret":
                if self.secrets.pop(body["secret_id"], None) is None:
                    return error(404, "Secret not found")
                return Reply(self.deletion_status, b"" if self.deletion_status == 204 else {})
            case "ListSecretIds":
                return self.list(body)
        return error(404, "Not found")

    def token(self):
        token = uuid.uuid4().hex
        self.tokens[token] = time.monotonic() + self.lifetime
        end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.lifetime)
        return Reply(200, {"access_token": token, "expires_at": end.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), "user": self.username})

    def list(self, body):
        names = sorted(self.secrets, key=self.order)
        if body.get("next_token"):
            context = json.loads(base64.b64decode(body["next_token"], validate=True))
            if context["box_id"] != self.box:
                return error(400, "Invalid token")
            names = [name for name in names if self.order(name) >= self.order(context["next_ctx"])]
        page, rest = names[:body["max_items"]], names[body["max_items"]:]
        reply = {"secrets": [{"name": name, "secret_id": name, "expired": False} for name in page]}
        if rest:
            reply["next_token"] = base64.b64encode(json.dumps({"box_id": self.box, "next_ctx": rest[0]}).encode()).decode()
        return Reply(200, reply)


def error(status, text):
    return Reply(status, {"error": text})


class EntrustStore:
    name = "entrust"
    rotates = False
    calls_per_read = 1
    environment = {}
    stand_in = True
    VAULT, BOX, USERNAME, PASSWORD = "vault-7f", "kes-box", "kes", "pa55-word-Zt9"

    def __init__(self, directory):
        certificate = server_certificate(directory)
        self.stand_in = Entrust(certificate, self.VAULT, self.BOX, self.USERNAME, self.PASSWORD)
        self.section = self.lines(certificate.certificate)

    def lines(self, authority, password=PASSWORD):
        return (f"  entrust:\n    keycontrol:\n      endpoint: {self.stand_in.url}\n      vault_id: {self.VAULT}\n"
                f"      box_id: {self.BOX}\n      credentials:\n        username: {self.USERNAME}\n"
                f"        password: {password}\n      tls:\n        ca: {authority}\n")

    def values(self):
        return {name: base64.b64decode(data).decode() for name, data in self.stand_in.secrets.items()}

    def is_key_call(self, request):
        return request.path.startswith("/vault/1.0/") and "Secret" in request.path

    def close(self):
        self.stand_in.stop()
