"""The console's interface as the page speaks it, for tests without a browser."""

import pytest
import requests
from requests.adapters import HTTPAdapter

from server import Server, free_port


class Console(requests.Session):
    """One browser's session at a server's console. `source` is the address that it comes from."""

    def __init__(self, server, source=None, prefix=""):
        super().__init__()
        self.server = server
        self.base = f"{server.scheme}://127.0.0.1:{server.console_port}{prefix}"
        # The machine's own variables name other authorities.
        self.trust_env = False
        self.verify = server.authority or True
        self.token = None
        if source:
            adapter = HTTPAdapter()
            adapter.init_poolmanager(1, 1, source_address=(source, 0))
            self.mount("http://", adapter)

    def call(self, method, name, query=None, *, headers=None, token=True, **options):
        """The answer to a call, whatever its status."""
        headers = dict(headers or {})
        if token and self.token and method != "GET":
            headers.setdefault("X-Coffer-Token", self.token)
        return self.request(method, f"{self.base}/api/{name}", params=query, headers=headers, timeout=60, **options)

    def do(self, method, name, query=None, *, status=None, **options):
        """The document of a call that succeeds, or fails with this status."""
        answer = self.call(method, name, query, **options)
        assert answer.status_code == status if status else answer.ok, f"{answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def error(self, method, name, query=None, **options):
        """Status and code of a call that is refused."""
        answer = self.call(method, name, query, **options)
        return answer.status_code, answer.json()["error"]["code"]

    def login(self, access_key=None, secret_key=None, session_token=None):
        body = {"accessKey": access_key or self.server.access_key, "secretKey": secret_key or self.server.secret_key}
        if session_token:
            body["sessionToken"] = session_token
        document = self.do("POST", "login", json=body)
        self.token = document["token"]
        # Neither may be found in the log or on the drive.
        self.server.secrets += [self.token, *(cookie.value for cookie in self.cookies)]
        return document


def with_console(server):
    """The server, with a console at a port that tests know."""
    server.console_port = free_port()
    server.arguments += ["--console-address", f"127.0.0.1:{server.console_port}"]
    return server


def console_server(directory, **options):
    return with_console(Server(directory, **options))


# Fixtures, for the files of tests that import them.

@pytest.fixture(scope="module")
def coffer(tmp_path_factory):
    """A file's own server with a console."""
    made = console_server(tmp_path_factory.mktemp("console"))
    try:
        with made:
            yield made
    finally:
        made.remove()


@pytest.fixture(scope="module")
def console(coffer):
    """Its root, logged in at the console."""
    made = Console(coffer)
    made.login()
    return made
