"""A key server whose key store refuses it at its start, or is not there, over every root key store behind a network."""

import re
import time

import pytest

from kes import KESServer
from root_stores import STORES
from stand_in import Reply

REMOTE = sorted(name for name, store in STORES.items() if store.stand_in is not None)
FIRST = "keys:\n  - name: first\n"


@pytest.fixture(params=REMOTE)
def waiting(request, tmp_path):
    (tmp_path / "store").mkdir()
    store = STORES[request.param](tmp_path / "store")
    server = KESServer(tmp_path / "server", root_store=store, sections=FIRST)
    yield server
    server.kill()
    store.close()


def wait_until_ready(server):
    deadline = time.monotonic() + 60
    while (answer := server.call("GET", "/v1/ready")).status != 200:
        assert time.monotonic() < deadline, (answer, server.log_text())
        time.sleep(0.2)


def refuse(server):
    server.root_store.stand_in.fail(Reply(403, {}), 100_000)


def test_refused_credentials_are_tried_again_until_they_serve(waiting):
    server = waiting
    refuse(server)
    server.start()
    server.wait_for_output("the key store cannot be opened, trying again in", count=2, log=True)
    assert server.call("GET", "/v1/ready").status in (502, 504)
    assert server.call("GET", "/v1/key/describe/first").status == 502
    server.root_store.stand_in.heal()
    wait_until_ready(server)
    assert server.call("GET", "/v1/key/list/").json() == {"names": ["first"]}


def test_a_store_that_is_not_there_yet_is_waited_for(waiting):
    server = waiting
    server.root_store.stand_in.stop()
    server.start()
    assert server.call("GET", "/v1/ready").status == 504
    server.wait_for_output("the key store cannot be opened, trying again in", count=1, log=True)
    server.root_store.stand_in.restart()
    wait_until_ready(server)
    assert server.call("GET", "/v1/key/list/").json() == {"names": ["first"]}


def test_with_fail_fast_either_ends_it_with_its_cause(waiting):
    server = waiting
    server.arguments.append("--fail-fast")
    refuse(server)
    status, _, error = server.run_to_end()
    assert status == 1 and re.search("^Error: ", error, re.MULTILINE), error
    server.root_store.stand_in.stop()
    status, _, error = server.run_to_end()
    assert status == 1 and re.search("^Error: ", error, re.MULTILINE), error


def test_a_reload_that_the_store_refuses_changes_nothing(waiting):
    server = waiting
    server.start()
    wait_until_ready(server)
    data_key = server.call("PUT", "/v1/key/generate/first", {}).json()
    server.sections = FIRST.replace("first", "second")
    server.write_configuration()
    refuse(server)
    server.reload(succeeds=False)
    opened = server.call("PUT", "/v1/key/decrypt/first", {"ciphertext": data_key["ciphertext"]})
    assert opened.status == 200, opened
    server.root_store.stand_in.heal()
    server.reload()
    assert server.call("GET", "/v1/key/list/").json() == {"names": ["first", "second"]}
