"""Key servers on a root store, and the few calls that the tests of single stores make."""

import pytest

from kes import KESServer

NO_CACHE = "cache:\n  expiry:\n    any: 1ms\n    unused: 1ms\n"


@pytest.fixture
def server_on(tmp_path):
    """Starts key servers on a store; all that run at the end are killed."""
    made = []

    def one(store, **options):
        made.append(KESServer(tmp_path / f"server-{len(made)}", root_store=store, **options).start())
        return made[-1]

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
