"""The original KES's answers to 134 calls, byte for byte: status, headers, body.

What differs on purpose is listed in DIFFERENCES, call by call, with the reason."""

import json

import pytest

import kes_transcript
from kes import Identity, KESServer

RULES = {
    "my-app": ("app", [f"/v1/key/{call}/my-app*" for call in
                       ("create", "import", "delete", "generate", "encrypt", "decrypt", "hmac", "describe", "list")],
               ["/v1/key/*/my-app-internal*"] + [f"/v1/key/{call}/my-app-secret*" for call in
                                                 ("create", "generate", "decrypt")]),
    "reader": ("reader", ["/v1/status"], []),
    "minio": ("minio", ["/v1/key/create/*", "/v1/key/generate/*", "/v1/key/decrypt/*", "/v1/key/list/*"], []),
}
OPEN_CALLS = ("/v1/ready", "/v1/status", "/v1/metrics", "/v1/api")

# Headers that no answer of KES has: the id leads to the cause in the log, Allow is what HTTP asks for with a 405.
ADDED = {"x-kes-request-id", "allow"}


def redirect(call, answer):
    """307 keeps the method, as KES built with a newer Go does; 301 lets clients turn a PUT into a GET."""
    assert answer.status == 307
    assert answer.headers["Location"] == call.headers["location"]
    assert answer.body.decode() == call.body.replace("Moved Permanently", "Temporary Redirect")
    assert answer.headers.get("Content-Type") == call.headers.get("content-type")


def served_without_slash(call, answer):
    """KES sends the client on, which asks again; the answer is the same."""
    if call.identity == "stranger":
        assert answer.status == 403
    else:
        assert answer.status == 200
        assert "my-app-1" in answer.json()["names"]


def metrics(call, answer):
    """KES's series in its order, with its names and texts; after them our own. Figures differ, and so does the framing:
    we know the length."""
    assert answer.status == 200
    assert answer.headers["Content-Type"] == call.headers["content-type"]
    said = [line for line in answer.body.decode().splitlines()
            if line.startswith("#") or "_bucket" in line and not line.startswith("kes_keystore_")]
    names = [line.split()[2] for line in call.body.splitlines() if line.startswith("# TYPE")]
    theirs = [line for line in call.body.splitlines() if line.startswith("#") or "_bucket" in line]
    counted = ("kes_http_request_error", "kes_http_request_failure", "kes_http_request_success")
    ours = [line for line in said if any(f" {name} " in line for name in names) or "_bucket" in line]
    without_figures = lambda lines: [line if line.startswith("#") else line.rsplit(" ", 1)[0] for line in lines]
    assert without_figures(ours) == without_figures(theirs)
    known = set(names) | set(counted)
    own = [line.split()[2] for line in said if line.startswith("# TYPE") and line.split()[2] not in known]
    assert own[:2] == ["kes_cache_entries", "kes_http_request_denied"]


def api_list(call, answer):
    """KES's order is that of a hash table; ours is sorted by path."""
    ours, theirs = answer.json(), json.loads(call.body)
    assert [api["path"] for api in ours] == sorted(api["path"] for api in theirs)
    assert sorted(ours, key=lambda api: api["path"]) == sorted(theirs, key=lambda api: api["path"])
    assert list(ours[0]) == list(theirs[0])


def listed_by_prefix(call, answer):
    """KES does not take the star off and finds nothing."""
    assert answer.status == 200
    assert answer.json() == {"names": [name for name in ALL_KEYS if name.startswith("my-app")]}


def hyphen_at_end(call, answer):
    """A prefix may end in a hyphen, which KES refuses."""
    assert answer.status == 200
    assert answer.json() == {"names": [name for name in ALL_KEYS if name.startswith("my-app-")]}


def self_description(call, answer):
    """KES looks up the wrong name and knows nobody but the admin."""
    assert answer.status == 200
    description = answer.json()
    assert list(description) == ["identity", "created_at", "created_by", "policy", "allow", "deny"]
    assert description["policy"] == "my-app"
    assert set(description["allow"]) == set(RULES["my-app"][1])
    assert set(description["deny"]) == set(RULES["my-app"][2])


def long_answer(call, answer):
    """We tell the length where KES sends chunks; the rest of the answer is the same."""
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert int(answer.headers["Content-Length"]) == len(answer.body) == 933410
    assert list(answer.json()) == ["ciphertext"]


def refused_at_once(call, answer):
    """We do not ask for a body that is too long: no 100 Continue comes first."""
    assert answer.status == 400
    assert answer.headers["Connection"] == "close"
    assert answer.body.decode() == call.body


def bulk_decryption(call, answer):
    """The last KES does not have it; we do, for clients of older ones, which ask with POST."""
    assert (answer.status, answer.headers["Accept"]) == (405, "POST")


def bulk_decryption_without_slash(call, answer):
    assert (answer.status, answer.headers["Location"]) == (307, "/v1/key/bulk/decrypt/")


def long_listing(call, answer):
    """KES cuts listings at 1024 names, and nothing can be listed after them."""
    assert answer.status == 200
    assert answer.json() == {"names": [f"many-{number:04}" for number in range(1500)]}


ALL_KEYS = ["a" * 80, "my-app-1", "my-app-2", "my-app-3", "my-app-cha", "my-app-enc", "my-app-imp"]
DIFFERENCES = {
    "Keys: create without the trailing slash and name": redirect,
    "Keys: create, double slash": redirect,
    "Keys: create, dot segments": redirect,
    "Authentication and authorization: app, allow rule by dot segments": redirect,
    "Keys: list without the trailing slash": served_without_slash,
    "Keys: list without the trailing slash, stranger": served_without_slash,
    "Server APIs: metrics": metrics,
    "Server APIs: metrics, OpenMetrics asked for": metrics,
    "Authentication and authorization: skip_auth server: metrics without a certificate": metrics,
    "Server APIs: list of APIs": api_list,
    "Keys: list, prefix*": listed_by_prefix,
    "Keys: list, prefix ending in a hyphen": hyphen_at_end,
    "Identities: self describe, app": self_description,
    "Cryptographic operations: encrypt, 933352 byte body (under 1 MB)": long_answer,
    "Cryptographic operations: encrypt, same with Expect: 100-continue": refused_at_once,
    "Cryptographic operations: bulk decrypt (old API)": bulk_decryption,
    "Cryptographic operations: bulk decrypt (old API), no key": bulk_decryption_without_slash,
    "Listing over 1024 keys: list all": long_listing,
    "Listing over 1024 keys: list, prefix many": long_listing,
}
NAMES = ("admin", "app", "reader", "minio", "stranger")
TITLES = [f"{record['section']}: {record['name']}"
          for record in json.loads(kes_transcript.FILE.read_text())["calls"]]


def policies(identities):
    text = "policy:\n"
    for name, (identity, allow, deny) in RULES.items():
        text += f"  {name}:\n    allow:\n" + "".join(f"    - {rule}\n" for rule in allow)
        text += "".join(["    deny:\n"] + [f"    - {rule}\n" for rule in deny]) if deny else ""
        text += f"    identities:\n    - {identities[identity].text}\n"
    return text


class Replay:
    """All calls, once, in the order of the capture: later ones need what earlier ones made."""

    def __init__(self, directory):
        self.identities = {name: Identity(directory / "clients", name) for name in NAMES}
        self._show_two_certificates(directory / "clients")
        admin = self.identities["admin"].text
        rules = policies(self.identities)
        anonymous = "api:\n" + "".join(f"  {path}:\n    skip_auth: true\n" for path in OPEN_CALLS)
        self.servers = {"main": KESServer(directory / "main", admin=admin, policies=rules),
                        "skip_auth": KESServer(directory / "skip_auth", admin=admin, policies=rules, sections=anonymous)}
        self.calls, self.key_file = kes_transcript.load(
            {name: identity.text for name, identity in self.identities.items() if name in NAMES})

    def _show_two_certificates(self, directory):
        two = Identity(directory, "two")
        other = Identity(directory, "other")
        two.certificate.write_bytes(two.certificate.read_bytes() + other.certificate.read_bytes())
        self.identities["two"] = two

    def run(self):
        answers = {}
        for call in self.calls:
            if call.title == "Listing over 1024 keys: list all":
                self._make_many_keys()
            server = self.servers[call.server]
            identity = self.identities[call.identity] if call.identity else None
            if call.http2:
                answers[call.title] = call, call.send_with_curl(server, identity)
            else:
                connection = server.connect(identity, timeout=20)
                try:
                    answers[call.title] = call, call.send(connection)
                finally:
                    connection.close()
            if call.title == "Keys: create":
                # What the original KES had stored: its ciphertexts and codes are then ours to reproduce.
                (server.store / "my-app-1").write_text(self.key_file)
        return answers

    def _make_many_keys(self):
        connection = self.servers["skip_auth"].connect(self.identities["admin"], timeout=20)
        for number in range(1500):
            connection.request("PUT", f"/v1/key/create/many-{number:04}")
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (200, b"")
        connection.close()


@pytest.fixture(scope="module")
def replay(tmp_path_factory):
    replay = Replay(tmp_path_factory.mktemp("wire"))
    with replay.servers["main"], replay.servers["skip_auth"]:
        yield replay.run()


@pytest.mark.parametrize("title", TITLES)
def test_a_call_is_answered_as_by_the_original(replay, title):
    call, answer = replay[title]
    if title in DIFFERENCES:
        return DIFFERENCES[title](call, answer)
    assert answer.status == call.status, answer
    headers = {name.lower(): value for name, value in answer.headers.items()}
    assert set(headers) - ADDED == set(call.headers), answer
    if "x-kes-request-id" in headers:
        assert answer.status >= 400
    for name, value in call.headers.items():
        if name == "content-length":
            assert headers[name] == (str(len(answer.body)) if call.has_varying_length else value)
        elif name != "date":
            assert headers[name] == value
    if call.method != "HEAD":
        assert kes_transcript.comparable(call, answer.body.decode()) == kes_transcript.comparable(call, call.body)


def test_every_difference_is_of_a_call_that_exists():
    assert set(DIFFERENCES) <= set(TITLES)
    assert len(TITLES) == len(set(TITLES)) == 134


def test_without_a_certificate_no_call_is_answered(replay, tmp_path_factory):
    """KES's handshake fails the same way; the client learns it when it reads."""
    with KESServer(tmp_path_factory.mktemp("closed")) as server:
        for path in ("/v1/status", "/version"):
            with pytest.raises(OSError):
                server.call("GET", path, identity=None)
