"""Keys in Google Cloud Secret Manager: who signs in and how, two-step creation, rotation by versions, rights."""

import threading
import time

import pytest

from key_servers import NO_CACHE, generate, logged, names, opens, server_on  # noqa: F401 (the fixture)
from stand_in import Reply
from store_gcp import GCP, GCPStore


@pytest.fixture
def store(tmp_path):
    made = GCPStore(_directory(tmp_path / "store"))
    yield made
    made.close()


def _directory(path):
    path.mkdir()
    return path


def create(server, name):
    answer = server.call("PUT", f"/v1/key/create/{name}")
    assert answer.status == 200, (answer, server.log_text())


def rotate(server, name):
    answer = server.call("PUT", f"/v1/key/rotate/{name}")
    assert answer.status == 200, (answer, server.log_text())


def kinds(store):
    """What the tokens that were given out had been asked for with."""
    return {kind for _, kind in store.stand_in.tokens.values()}


# --- credentials

def test_a_user_signs_in(store, server_on):
    store.write({"type": "authorized_user", "client_id": "user-client", "client_secret": "user-secret",
                 "refresh_token": "user-refresh", "token_uri": f"{store.stand_in.url}/token"})
    create(server_on(store), "k")
    assert kinds(store) == {"user"}


def test_credentials_of_the_configuration_come_first(store, server_on):
    lines = "".join(f"          {line}\n" for line in store.private_key().splitlines())
    store.section = store.lines("      credentials:\n        client_email: kes@p.iam.gserviceaccount.com\n"
                                "        client_id: '1'\n        private_key_id: key-1\n"
                                f"        token_uri: {store.stand_in.url}/token\n        private_key: |\n{lines}")
    store.file.unlink()
    create(server_on(store), "k")
    assert kinds(store) == {"account"}


@pytest.mark.parametrize("impersonates", [False, True])
@pytest.mark.parametrize("source", ["file", "url"])
def test_an_identity_of_another_provider_is_exchanged(store, server_on, source, impersonates):
    token = store.directory / "subject-token"
    token.write_text("subject-1\n")
    sources = {"file": {"file": str(token)},
               "url": {"url": f"{store.stand_in.url}/subject", "headers": {"X-Provider": "yes"},
                       "format": {"type": "json", "subject_token_field_name": "id_token"}}}
    store.write(store.federated(sources[source], impersonates=impersonates))
    server = server_on(store)
    create(server, "k")
    assert kinds(store) == ({"federated", "impersonated"} if impersonates else {"federated"})


def test_the_file_of_another_providers_token_is_read_again(store, server_on):
    token = store.directory / "subject-token"
    token.write_text("subject-1")
    store.write(store.federated({"file": str(token)}))
    server = server_on(store, sections=NO_CACHE)
    create(server, "k")
    store.stand_in.subject_tokens = {"subject-2"}
    token.write_text("subject-2")
    store.stand_in.tokens.clear()
    assert server.call("GET", "/v1/key/describe/k").status == 200, server.log_text()


def test_a_machine_has_its_account_from_the_metadata_server(store, server_on):
    metadata = GCP(None, "my-project")
    metadata.tokens = store.stand_in.tokens
    del store.environment["GOOGLE_APPLICATION_CREDENTIALS"]
    store.environment["GCE_METADATA_HOST"] = f"127.0.0.1:{metadata.port}"
    try:
        create(server_on(store), "k")
        assert kinds(store) == {"metadata"}
        assert "scopes=https%3A%2F%2F" in metadata.asked("GET", "/computeMetadata/")[0].target
    finally:
        metadata.stop()


def test_a_credential_file_that_cannot_serve_ends_the_start(store, server_on):
    store.write({"type": "gdch_service_account"})
    with pytest.raises(RuntimeError, match="credentials of type 'gdch_service_account'"):
        server_on(store)


def test_a_private_key_that_is_none_ends_the_start(store, server_on):
    broken = "-----BEGIN PRIVATE KEY-----\nbm8ga2V5\n-----END PRIVATE KEY-----\n"
    store.write({**store.account(), "private_key": broken})
    with pytest.raises(RuntimeError, match="the private key of kes@p.iam.gserviceaccount.com cannot be used"):
        server_on(store)


def test_refused_credentials_are_said_and_can_be_replaced(store, server_on):
    file = store.account()
    store.write({**file, "private_key_id": "key-2"})
    server = server_on(store)
    assert server.call("GET", "/v1/ready").status in (502, 504)
    logged(server, "Google gives no token for the credentials")
    assert "PRIVATE KEY" not in server.log_text()
    store.write(file)
    deadline = time.monotonic() + 30
    while server.call("PUT", "/v1/key/create/k").status != 200:
        assert time.monotonic() < deadline, server.log_text()
        time.sleep(0.3)


def test_short_tokens_are_renewed_without_a_failure(store, server_on):
    store.stand_in.lifetime = 3
    server = server_on(store, sections=NO_CACHE)
    create(server, "k")
    end = time.monotonic() + 8
    while time.monotonic() < end:
        assert server.call("GET", "/v1/key/describe/k").status == 200, server.log_text()
        time.sleep(0.05)
    assert len(store.stand_in.tokens) > 2


def test_a_revoked_token_is_replaced_at_once(store, server_on):
    server = server_on(store, sections=NO_CACHE)
    create(server, "k")
    store.stand_in.tokens.clear()
    threads = [threading.Thread(target=create, args=(server, f"k-{number}")) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(store.values()) == {"k"} | {f"k-{number}" for number in range(8)}
    assert len(store.stand_in.tokens) == 1


# --- two calls make a key

def test_a_secret_without_a_version_is_finished(store, server_on):
    server = server_on(store)
    store.stand_in.secrets["half"] = []
    assert server.call("GET", "/v1/key/describe/half").status == 404
    create(server, "half")
    assert opens(server_on(store), "half", generate(server, "half"))


@pytest.mark.parametrize("fault", ["reset-after", 503])
def test_a_version_whose_answer_was_lost_is_one_key(store, server_on, fault):
    server = server_on(store)
    kind = Reply(fault, {}) if isinstance(fault, int) else fault
    store.stand_in.fail(kind, 1, lambda request: request.target.endswith(":addVersion"))
    create(server, "k")
    assert opens(server_on(store), "k", generate(server, "k"))


def test_a_key_is_seen_before_latest_is(store, server_on):
    server = server_on(store)
    store.stand_in.lag = 1
    create(server, "k")
    assert opens(server_on(store), "k", generate(server, "k"))


# --- rotation

def test_a_rotation_leaves_the_first_version_to_kes(store, server_on):
    server = server_on(store)
    create(server, "k")
    first = store.values()["k"]
    rotate(server, "k")
    versions = [one["payload"].decode() for one in store.stand_in.secrets["k"]]
    assert versions[0] == first and len(versions) == 2
    assert versions[1].startswith("coffer-kes after=1 sha256=")


def test_a_rotation_is_found_while_latest_lags(store, server_on):
    server, second = server_on(store), server_on(store)
    create(server, "k")
    old = generate(second, "k")
    store.stand_in.lag = 1
    rotate(server, "k")
    new = generate(server, "k")
    third = server_on(store)
    for one in (second, third):
        assert opens(one, "k", old) and opens(one, "k", new), one.log_text()


def test_rotations_at_once_lose_nothing(store, server_on):
    servers = server_on(store), server_on(store)
    create(servers[0], "k")
    data_keys, failures = [], []

    def turn(server):
        for _ in range(4):
            answer = server.call("PUT", "/v1/key/rotate/k")
            if answer.status != 200:
                failures.append((answer, server.log_text()))
            data_keys.append(generate(server, "k"))

    threads = [threading.Thread(target=turn, args=(server,)) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    fresh = server_on(store)
    for server in (*servers, fresh):
        assert all(opens(server, "k", data_key) for data_key in data_keys)
    # Eight rotations have counted.
    rotated = fresh.call("PUT", "/v1/key/rotate/k")
    assert rotated.json()["version"] == 10, rotated


@pytest.mark.parametrize("fault", ["reset-after", 503])
def test_a_rotation_whose_answer_was_lost_counts_once(store, server_on, fault):
    server = server_on(store)
    create(server, "k")
    kind = Reply(fault, {}) if isinstance(fault, int) else fault
    store.stand_in.fail(kind, 1, lambda request: request.target.endswith(":addVersion"))
    answer = server.call("PUT", "/v1/key/rotate/k")
    assert (answer.status, answer.json().get("version")) == (200, 2), (answer, server.log_text())
    data_key = generate(server, "k")
    assert opens(server_on(store), "k", data_key)


def test_a_version_added_by_hand_counts_for_nothing(store, server_on):
    server = server_on(store)
    create(server, "k")
    data_key = generate(server, "k")
    store.stand_in.secrets["k"].append({"payload": b"by hand", "state": "ENABLED"})
    second = server_on(store)
    assert opens(second, "k", data_key)
    rotate(second, "k")
    newer = generate(second, "k")
    third = server_on(store)
    assert opens(third, "k", data_key) and opens(third, "k", newer)


def test_a_rotation_for_a_deleted_key_does_not_change_its_successor(store, server_on):
    server = server_on(store)
    create(server, "k")
    rotate(server, "k")
    orphan = store.stand_in.secrets["k"][1]
    assert server.call("DELETE", "/v1/key/delete/k").status == 200
    create(server, "k")
    # What was made for the earlier key of that name arrives now.
    store.stand_in.secrets["k"].append(orphan)
    data_key = generate(server, "k")
    first, second = server_on(store), server_on(store)
    assert opens(first, "k", data_key) and opens(second, "k", generate(first, "k"))


def test_a_disabled_version_is_no_missing_key(store, server_on):
    server = server_on(store)
    create(server, "k")
    store.stand_in.secrets["k"][0]["state"] = "DISABLED"
    second = server_on(store)
    assert second.call("GET", "/v1/key/describe/k").status == 502
    logged(second, "is in DISABLED state")
    assert second.call("GET", "/v1/ready").status == 200


# --- rights and other answers

@pytest.mark.parametrize("right, method, path", [
    ("versions.access", "GET", "describe/k"), ("secrets.create", "PUT", "create/l"), ("versions.add", "PUT", "create/l"),
    ("secrets.delete", "DELETE", "delete/k"), ("secrets.list", "GET", "list/")])
def test_a_missing_right_is_named(store, server_on, right, method, path):
    server = server_on(store, sections=NO_CACHE)
    create(server, "k")
    store.stand_in.denied.add(right)
    time.sleep(0.01)
    assert server.call(method, f"/v1/key/{path}").status == 502
    log = logged(server, f"needed: secretmanager.{right}")
    assert f"needed: secretmanager.{right}" in log and "refused by the store, not by a policy of this server" in log
    assert "PERMISSION_DENIED" in log
    assert server.call("GET", "/v1/ready").status == 200


def test_a_404_that_is_not_the_stores_is_no_missing_key(store, server_on):
    server = server_on(store, sections=NO_CACHE)
    page = Reply(404, b"<html>not here</html>", {"Content-Type": "text/html"})
    store.stand_in.fail(page, 1000, store.is_key_call)
    assert server.call("GET", "/v1/key/describe/k").status == 502


def test_many_names_are_listed(store, server_on):
    server = server_on(store)
    wanted = sorted(f"key-{number:05}" for number in range(12_000))
    store.stand_in.secrets.update({name: [] for name in wanted})
    store.stand_in.secrets["-foreign"] = []
    found, last = [], ""
    while True:
        answer = server.call("GET", f"/v1/key/list/{last}").json()
        found += answer["names"]
        last = answer.get("continue_at", "")
        if not last:
            break
    assert found == wanted
    assert names(server, "key-0001*") == wanted[10:20]
