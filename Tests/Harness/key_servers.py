"""Key servers on a root store, and the few calls that the tests of single stores make."""

import pytest

from kes import KESServer

#: Bounds what hangs, so that tests need not wait for the default of 15 s.
SHORT_TIMEOUTS = "api:\n" + "".join(
    f"  {path}:\n    timeout: 3s\n" for path in ("/v1/key/create/", "/v1/key/describe/", "/v1/key/list/"))
NO_CACHE = "cache:\n  expiry:\n    any: 1ms\n    unused: 1ms\n"


@pytest.fixture
def server_on(tmp_path):
    """Starts key servers on a store, or only configures them; all that run at the end are killed."""
    yield from _servers(tmp_path)


@pytest.fixture
def uncached_server_on(tmp_path):
    """The same for key servers that ask the store for each key each time."""
    yield from _servers(tmp_path, sections=NO_CACHE)


def _servers(directory, **defaults):
    made = []

    def one(store, *, starts=True, **options):
        made.append(KESServer(directory / f"server-{len(made)}", root_store=store, **defaults | options))
        return made[-1].start() if starts else made[-1]

    yield one
    for server in made:
        server.kill()


def generate(server, name):
    answer = server.call("PUT", f"/v1/key/generate/{name}", {})
    assert answer.status == 200, (answer, server.log_text())
    return answer.json()


def opens(server, name, data_key):
    answer = server.call("PUT", f"/v1/key/decrypt/{name}", {"ciphertext": data_key["ciphertext"]})
    return answer.status == 200 and answer.json()["plaintext"] == data_key["plaintext"]


def names(server, pattern=""):
    answer = server.call("GET", f"/v1/key/list/{pattern}")
    assert answer.status == 200, (answer, server.log_text())
    return answer.json()["names"]


def logged(server, text):
    """The log as soon as it holds `text`; lines may come a little after the answer that they are about."""
    server.wait_for_output(text, log=True)
    return server.log_text()
