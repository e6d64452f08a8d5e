"""What the key server promises, over every root key store; and what it makes of each way in which a store can fail."""

import base64
import email.utils
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from key_servers import NO_CACHE, SHORT_TIMEOUTS, generate, names, opens, server_on
from root_stores import STORES
from stand_in import Reply


def make_store(name, directory):
    directory.mkdir(parents=True, exist_ok=True)
    return STORES[name](directory)


@pytest.fixture(params=sorted(STORES))
def store(request, tmp_path):
    made = make_store(request.param, tmp_path / "store")
    yield made
    made.close()


@pytest.fixture(params=sorted(name for name, store in STORES.items() if store.stand_in is not None))
def remote(request, tmp_path):
    made = make_store(request.param, tmp_path / "store")
    yield made
    made.close()


# --- what every store does

def test_a_key_lives_from_its_creation_to_its_deletion(store, server_on):
    server = server_on(store)
    assert server.call("GET", "/v1/key/describe/a-key").status == 404
    assert server.call("PUT", "/v1/key/create/a-key").status == 200
    again = server.call("PUT", "/v1/key/create/a-key")
    assert (again.status, again.json()["message"]) == (400, "key already exists")
    assert server.call("GET", "/v1/key/describe/a-key").json()["name"] == "a-key"
    data_key = generate(server, "a-key")
    assert opens(server, "a-key", data_key)
    assert names(server) == ["a-key"]
    assert server.call("DELETE", "/v1/key/delete/a-key").status == 200
    assert names(server) == []
    missing = server.call("PUT", "/v1/key/generate/a-key", {})
    assert (missing.status, missing.json()["message"]) == (404, "key does not exist")


def test_an_imported_key_is_kept_in_the_form_that_kes_reads(store, server_on):
    server = server_on(store)
    key = base64.b64encode(bytes(range(32))).decode()
    assert server.call("PUT", "/v1/key/import/given", {"key": key, "cipher": "AES256"}).status == 200
    data_key = generate(server, "given")
    second = server_on(store)
    assert opens(second, "given", data_key)
    assert set(store.values()) == {"given"}


def test_keys_survive_the_server(store, server_on):
    server = server_on(store)
    assert server.call("PUT", "/v1/key/create/kept").status == 200
    data_key = generate(server, "kept")
    server.kill()
    assert opens(server_on(store), "kept", data_key)


def test_names_are_listed_in_order_and_by_prefix(store, server_on):
    server = server_on(store)
    wanted = sorted(f"{kind}-{number:03}" for kind in ("app", "backup") for number in range(30))
    # Several at a time: there are stores that take a second to be sure that a key is new.
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda name: server.call("PUT", f"/v1/key/create/{name}").status, wanted))
    assert set(statuses) == {200}, server.log_text()
    assert names(server) == wanted
    assert names(server, "backup*") == [name for name in wanted if name.startswith("backup")]
    assert names(server, "nothing*") == []


def test_of_two_servers_that_create_a_key_at_once_one_wins(store, server_on):
    servers = server_on(store), server_on(store)
    for attempt in range(8):
        name, answers = f"raced-{attempt}", [None, None]
        begin = threading.Barrier(2)

        def create(index):
            begin.wait()
            answers[index] = servers[index].call("PUT", f"/v1/key/create/{name}")

        threads = [threading.Thread(target=create, args=(index,)) for index in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answer.status for answer in answers) == [200, 400], (answers, servers[0].log_text())
        # Whoever won, both work with one key.
        for one, other in (servers, servers[::-1]):
            assert opens(other, name, generate(one, name))


def test_a_rotated_key_opens_what_was_sealed_before(store, server_on):
    server, second = server_on(store), server_on(store)
    assert server.call("PUT", "/v1/key/create/turning").status == 200
    if not getattr(store, "rotates", True):
        before, data_key = store.values(), generate(server, "turning")
        assert server.call("PUT", "/v1/key/rotate/turning").status == 502
        server.wait_for_output("cannot replace a key's value atomically", log=True)
        assert store.values() == before and opens(second, "turning", data_key)
        return
    data_keys = [generate(server, "turning")]
    for one in (server, second, server):
        assert one.call("PUT", "/v1/key/rotate/turning").status == 200, one.log_text()
        data_keys.append(generate(one, "turning"))
    third = server_on(store)
    assert all(opens(third, "turning", data_key) for data_key in data_keys)
    assert third.call("DELETE", "/v1/key/delete/turning").status == 200
    assert third.call("GET", "/v1/key/describe/turning").status == 404


# --- how a store can fail

def test_a_key_is_read_with_one_call(remote, server_on):
    server = server_on(remote)
    assert server.call("PUT", "/v1/key/create/cold").status == 200
    second = server_on(remote)
    remote.stand_in.forget()
    threads = [threading.Thread(target=generate, args=(second, "cold")) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    calls = [one for one in remote.stand_in.asked() if remote.is_key_call(one)]
    assert len(calls) == remote.calls_per_read, calls


@pytest.mark.parametrize("fault", ["reset", "reset-after", 429, 500, 503])
@pytest.mark.parametrize("call", ["create", "describe", "list", "delete"])
def test_a_failure_that_passes_is_not_seen(remote, server_on, fault, call):
    server = server_on(remote, sections=NO_CACHE)
    if call != "create":
        assert server.call("PUT", "/v1/key/create/k").status == 200
    kind = Reply(fault, {}, {"Retry-After": "1"} if fault == 429 else {}) if isinstance(fault, int) else fault
    time.sleep(0.01)
    remote.stand_in.fail(kind, 1, remote.is_key_call)
    method, path = {"create": ("PUT", "/v1/key/create/k"), "describe": ("GET", "/v1/key/describe/k"),
                    "list": ("GET", "/v1/key/list/"), "delete": ("DELETE", "/v1/key/delete/k")}[call]
    begin = time.monotonic()
    answer = server.call(method, path)
    assert answer.status == 200, (answer, server.log_text(), remote.stand_in.requests)
    if fault == 429 and call not in getattr(remote, "local_calls", ()):
        assert time.monotonic() - begin >= 1
    remote.stand_in.heal()
    if call == "create":
        assert opens(server, "k", generate(server, "k"))
    assert names(server) == ([] if call == "delete" else ["k"])


def test_a_store_may_say_until_when_it_wants_to_be_left_alone(remote, server_on):
    server = server_on(remote, sections=NO_CACHE)
    assert server.call("PUT", "/v1/key/create/k").status == 200
    begin = time.time()
    date = email.utils.formatdate(begin + 3, usegmt=True)
    remote.stand_in.fail(Reply(429, {}, {"Retry-After": date}), 1, remote.is_key_call)
    assert server.call("GET", "/v1/key/describe/k").status == 200, server.log_text()
    assert time.time() - begin >= 1


@pytest.mark.parametrize("fault", [401, 403, 500, "malformed", "oversized"])
def test_a_failure_that_lasts_is_said_and_ends(remote, server_on, fault):
    server = server_on(remote, sections=NO_CACHE)
    assert server.call("PUT", "/v1/key/create/k").status == 200
    kind = Reply(fault, {}) if isinstance(fault, int) else fault
    remote.stand_in.fail(kind, 1000, remote.is_key_call)
    time.sleep(0.01)
    for method, path, message in (
            ("GET", "/v1/key/describe/k", "failed to read key"), ("PUT", "/v1/key/create/l", "failed to create key"),
            ("GET", "/v1/key/list/", "failed to list keys")):
        if "list" in path and "list" in getattr(remote, "local_calls", ()):
            continue
        answer = server.call(method, path)
        assert (answer.status, answer.json()["message"]) == (502, message), server.log_text()
    server.wait_for_output("cause", log=True)
    log = server.log_text()
    assert "cause" in log and "Bearer" not in log
    remote.stand_in.heal()
    assert server.call("GET", "/v1/key/describe/k").status == 200
    assert names(server) == ["k"]


def test_a_store_that_refuses_connections_is_out_and_comes_back(remote, server_on):
    server = server_on(remote, sections=NO_CACHE)
    assert server.call("PUT", "/v1/key/create/k").status == 200
    time.sleep(0.01)
    remote.stand_in.stop()
    assert server.call("GET", "/v1/key/describe/k").status == 502
    assert server.call("GET", "/v1/ready").status == 504
    assert server.call("GET", "/v1/status").json()["keystore_unreachable"] is True
    remote.stand_in.restart()
    deadline = time.monotonic() + 40
    while server.call("GET", "/v1/ready").status != 200:
        assert time.monotonic() < deadline, server.log_text()
        time.sleep(0.2)
    assert server.call("GET", "/v1/key/describe/k").status == 200


@pytest.mark.parametrize("fault", ["hang", "trickle"])
def test_a_store_that_hangs_keeps_nobody_waiting(remote, server_on, fault):
    server = server_on(remote, sections=NO_CACHE + SHORT_TIMEOUTS)
    assert server.call("PUT", "/v1/key/create/k").status == 200
    time.sleep(0.01)
    remote.stand_in.fail(fault, 1000, remote.is_key_call)
    for method, path in (("GET", "/v1/key/describe/k"), ("GET", "/v1/key/list/")):
        if "list" in path and "list" in getattr(remote, "local_calls", ()):
            continue
        begin = time.monotonic()
        assert server.call(method, path).status in (502, 504)
        assert time.monotonic() - begin < 9
    remote.stand_in.heal()
    # Its threads may still be sending what nobody waits for.
    deadline = time.monotonic() + 30
    while server.call("GET", "/v1/key/describe/k").status != 200:
        assert time.monotonic() < deadline, server.log_text()


#: How the stores that give out tokens are asked for one.
SIGN_INS = {"vault-v2": ("PUT", "/login"), "gemalto": ("POST", "/api/v1/auth/tokens"), "gcp": ("POST", "/token"),
            "entrust": ("POST", "/vault/1.0/Login/"), "azure-key-vault": ("POST", "/oauth2/v2.0/token")}


@pytest.mark.parametrize("name", sorted(SIGN_INS))
def test_a_store_that_refuses_every_token_is_not_signed_in_to_at_every_call(name, server_on, tmp_path):
    store = make_store(name, tmp_path / "store")
    method, path = SIGN_INS[name]
    try:
        server = server_on(store, sections=NO_CACHE)
        assert server.call("PUT", "/v1/key/create/k").status == 200
        tokens = ("Authorization", "X-Vault-Token", "X-Vault-Auth")
        store.stand_in.fail(Reply(401, {}), 100_000, lambda request: (
            any(header in request.headers for header in tokens) and path not in request.target))
        store.stand_in.forget()
        begin = time.monotonic()
        for _ in range(30):
            assert server.call("GET", "/v1/key/describe/k").status == 502
        asked = len(store.stand_in.asked(method, path))
        # One in the place of the first token, and one after each pause of 1 s, 2 s, 4 s, ...
        assert asked <= 2 + (time.monotonic() - begin) and asked < 15, asked
        server.wait_for_output("although it has just been obtained", log=True)
        assert server.log_text().count("although it has just been obtained") <= asked
        store.stand_in.heal()
        assert server.call("GET", "/v1/key/describe/k").status == 200, server.log_text()
    finally:
        store.close()
