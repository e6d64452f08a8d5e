"""The Vault key store over a real OpenBao: what its stand-in (test_key_store_vault) can only claim to be so."""

import threading
import time

import pytest

from kes import Identity
from key_servers import generate, logged, names, opens, uncached_server_on
from openbao import OpenBaoStore, OpenBaoStoreV1, documented_policies
from token_review import ACCOUNT, NAMESPACE, TokenReview


@pytest.fixture
def made(tmp_path):
    """Makes stores, each with an OpenBao of its own unless it is told which."""
    stores = []

    def make(kind=OpenBaoStore, **options):
        stores.append(kind(tmp_path / f"store-{len(stores)}", **options))
        return stores[-1]

    yield make
    for store in stores:
        store.close()


def message(answer):
    return answer.status, answer.json()["message"]


def call(server, what, name="k"):
    method = {"list": "GET", "describe": "GET", "delete": "DELETE"}.get(what, "PUT")
    return server.call(method, f"/v1/key/{what}/{'' if what == 'list' else name}")


def wait_until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


# --- tokens

def test_no_read_fails_for_tokens_of_two_seconds(made, uncached_server_on):
    stores = [made(token_ttl="2s", token_max_ttl="1h")]
    for settings in ({"token_ttl": "2s", "token_max_ttl": "5s"}, {"token_ttl": "2s", "token_type": "batch"}):
        role = stores[0].server.app_role(f"role-{len(stores)}", **settings)
        stores.append(made(server=stores[0].server, lines={"approle": role}))
    servers = [uncached_server_on(store) for store in stores]
    assert call(servers[0], "create").status == 200
    end, statuses = time.monotonic() + 10, []
    while time.monotonic() < end:
        time.sleep(0.005)
        statuses += [call(server, "describe").status for server in servers]
    assert set(statuses) == {200}, [server.log_text() for server in servers]


def test_a_revoked_token_costs_no_failure(made, uncached_server_on):
    store = made()
    server = uncached_server_on(store)
    assert call(server, "create").status == 200
    for _ in range(3):
        store.server.do("PUT", "sys/leases/revoke-prefix/auth/approle/login")
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(call(server, "describe").status)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == [200] * 8, server.log_text()
        time.sleep(0.05)
    assert server.log_text().count("the token is not valid any more") >= 3


def test_a_wrapped_secret_id_is_used_once(made, uncached_server_on):
    store = made()
    role = store.server.app_role("wrapped")
    wrapped = store.server.do("PUT", "auth/approle/role/wrapped/secret-id", wrap="60s")["wrap_info"]["token"]
    store.lines = {"approle": {"id": role["id"], "secret": wrapped, "wrapped": True}}
    server = uncached_server_on(store)
    assert call(server, "create").status == 200
    # Neither a reload nor a new login unwraps it again.
    server.reload()
    store.server.do("PUT", "sys/leases/revoke-prefix/auth/approle/login")
    assert call(server, "describe").status == 200
    second = uncached_server_on(store, starts=False)
    second.arguments.append("--fail-fast")
    status, _, said = second.run_to_end()
    assert status != 0 and "the wrapping token of the secret id is not valid" in said and wrapped not in said


def test_a_client_certificate_logs_in(made, uncached_server_on, tmp_path):
    store = made()
    client = Identity(tmp_path, "kes-client", algorithm="ec")
    store.server.do("POST", "sys/auth/cert", {"type": "cert"})
    store.server.do("POST", "auth/cert/certs/kes", {
        "certificate": client.certificate.read_text(), "token_policies": ["kes"], "token_ttl": "2s"})
    tls = {"ca": str(store.server.certificate.certificate), "key": str(client.key), "cert": str(client.certificate)}
    store.lines = {"approle": None, "certificate": {"role": "kes"}, "tls": tls}
    server = uncached_server_on(store)
    assert call(server, "create").status == 200
    end = time.monotonic() + 3
    while time.monotonic() < end:
        assert call(server, "describe").status == 200, server.log_text()
    stranger = Identity(tmp_path, "stranger", algorithm="ec")
    store.lines["tls"] = tls | {"key": str(stranger.key), "cert": str(stranger.certificate)}
    refused = uncached_server_on(store, starts=False)
    refused.arguments.append("--fail-fast")
    assert "PUT auth/cert/login: status" in refused.run_to_end()[2]


def test_a_service_account_of_kubernetes_logs_in(made, uncached_server_on, tmp_path):
    """OpenBao's own plug-in judges the token, which it shows to the cluster; it is read anew when it is rotated."""
    store, cluster, file = made(), TokenReview(tmp_path), tmp_path / "token"
    store.server.do("POST", "sys/auth/kubernetes", {"type": "kubernetes"})
    store.server.do("POST", "auth/kubernetes/config", {
        "kubernetes_host": cluster.url, "kubernetes_ca_cert": cluster.certificate.certificate.read_text(),
        "token_reviewer_jwt": cluster.reviewer})
    store.server.do("POST", "auth/kubernetes/role/kes", {
        "bound_service_account_names": [ACCOUNT], "bound_service_account_namespaces": [NAMESPACE],
        "token_policies": ["kes"], "token_ttl": "2s", "token_max_ttl": "3s"})
    file.write_text(cluster.issue() + "\n")
    store.lines = {"approle": None, "kubernetes": {"role": "kes", "jwt": str(file)}}
    server = uncached_server_on(store)
    assert call(server, "create").status == 200
    cluster.valid.clear()
    fresh = cluster.issue()
    file.write_text(fresh)
    end = time.monotonic() + 5
    while time.monotonic() < end:
        assert call(server, "describe").status == 200, server.log_text()
        time.sleep(0.02)
    assert fresh in cluster.asked and fresh not in server.log_text()
    file.write_text(cluster.issue("stranger"))
    refused = uncached_server_on(store, starts=False)
    refused.arguments.append("--fail-fast")
    assert "kubernetes/login: status 403" in refused.run_to_end()[2]
    cluster.shutdown()


# --- the server

def test_a_sealed_server_is_found_again(made, uncached_server_on):
    store = made()
    server = uncached_server_on(store)
    assert call(server, "create").status == 200
    for _ in range(2):
        store.leave()
        wait_until(lambda: server.call("GET", "/v1/ready").status == 504)
        assert message(call(server, "describe")) == (502, "failed to read key")
        assert "vault: key store is sealed" in logged(server, "vault: key store is sealed")
        store.come_back()
        wait_until(lambda: call(server, "describe").status == 200)
        assert server.call("GET", "/v1/ready").status == 200


def test_a_start_with_a_sealed_server_waits_for_it(made, uncached_server_on):
    store = made()
    store.leave()
    server = uncached_server_on(store)
    assert server.call("GET", "/v1/ready").status == 504
    store.come_back()
    wait_until(lambda: call(server, "create").status == 200)


@pytest.mark.parametrize("login", ["team", None])
def test_keys_can_be_in_a_namespace_and_the_login_outside(made, uncached_server_on, login):
    store = made()
    bao = store.server
    bao.do("POST", "sys/namespaces/team")
    bao.mount("kv", "kv", {"version": "2"}, namespace="team")
    # A policy's paths begin at the namespace that it is written in.
    policy = documented_policies()["v2"].replace('path "', f'path "{"" if login else "team/"}')
    bao.allow("kes", policy, namespace=login)
    role = bao.app_role(namespace=login, token_ttl="2s")
    store.lines = {"namespace": "team", "approle": role if login else role | {"namespace": "/"}}
    server = uncached_server_on(store)
    assert call(server, "create").status == 200, server.log_text()
    end = time.monotonic() + 3
    while time.monotonic() < end:
        assert call(server, "describe").status == 200, server.log_text()
    assert names(server) == ["k"]
    assert bao.do("GET", store.entry("k"), namespace="team")["data"]["metadata"]["version"] == 1
    # What is denied is no token that has ended: no login.
    bao.allow("kes", policy.replace('"create", ', ""), namespace=login)
    assert message(call(server, "create", "l")) == (502, "failed to create key")
    assert "has to grant 'create' on 'kv/data/minio/l'" in logged(server, "has to grant")
    assert "the token is not valid any more" not in server.log_text()


def test_a_namespace_that_is_gone_is_no_missing_key(made, uncached_server_on):
    store = made()
    bao, policy = store.server, documented_policies()["v2"].replace('path "', 'path "team/')
    bao.do("POST", "sys/namespaces/team")
    bao.mount("kv", "kv", {"version": "2"}, namespace="team")
    bao.allow("kes", policy)
    store.lines = {"namespace": "team", "approle": bao.app_role() | {"namespace": "/"}}
    server = uncached_server_on(store)
    assert call(server, "create").status == 200, server.log_text()
    bao.do("DELETE", "sys/namespaces/team")
    wait_until(lambda: bao.ask("GET", "sys/namespaces/team").status == 404)
    assert message(call(server, "describe")) == (502, "failed to read key")
    assert message(call(server, "delete")) == (502, "failed to delete key")
    assert message(call(server, "list")) == (502, "failed to list keys")
    logged(server, "namespace not found")


# --- rights

RIGHTS = [
    ("kv/data/minio/*", "create", "create", "kv/data/minio/new"), ("kv/data/minio/*", "read", "describe", "kv/data/minio/k"),
    ("kv/data/minio/*", "update", "rotate", "kv/data/minio/k"), ("kv/metadata/minio/*", "list", "list", "kv/metadata/minio"),
    ("kv/metadata/minio/*", "delete", "delete", "kv/metadata/minio/k"),
    ("transit/encrypt/kes", "update", "create", "transit/encrypt/kes"),
    ("transit/decrypt/kes", "update", "describe", "transit/decrypt/kes")]


def test_the_log_names_each_right_that_is_missing(made, uncached_server_on):
    store = made(lines={"transit": {"key": "kes"}})
    server = uncached_server_on(store)
    assert call(server, "create").status == 200
    for path, right, operation, place in RIGHTS:
        lines, inside = [], False
        for line in documented_policies()["v2"].splitlines():
            inside = line == f'path "{path}" {{' or inside and line != "}"
            lines.append(line.replace(f'"{right}"', '"deny"' if "*" not in path else '"sudo"') if inside else line)
        store.server.allow("kes", "\n".join(lines))
        answer = call(server, operation, "new" if operation == "create" else "k")
        assert answer.status == 502, (path, right, answer, server.log_text())
        logged(server, f"has to grant '{right}' on '{place}'")
        store.server.allow("kes", documented_policies()["v2"])
    assert "the token is not valid any more" not in server.log_text()
    assert call(server, "describe").status == 200 and names(server) == ["k"]


@pytest.mark.parametrize("kind", [OpenBaoStore, OpenBaoStoreV1])
def test_who_may_not_update_still_creates(made, uncached_server_on, kind):
    store = made(kind)
    store.server.allow("kes", documented_policies()[store.version].replace(', "update"]', "]").replace('"update", ', ""))
    server = uncached_server_on(store)
    assert call(server, "create").status == 200, server.log_text()
    assert message(call(server, "create")) == (400, "key already exists")
    assert call(server, "rotate").status == 502
    logged(server, f"has to grant 'update' on '{store.entry('k')}'")


# --- entries

def test_a_deletion_frees_the_name_and_a_soft_one_does_not(made, uncached_server_on):
    store = made()
    server = uncached_server_on(store)
    for _ in range(2):
        assert call(server, "create").status == 200
        assert call(server, "delete").status == 200
        assert store.server.ask("GET", store.entry("k", "metadata")).status == 404
    assert call(server, "create").status == 200
    before = generate(server, "k")
    for undo, redo in (("DELETE", "undelete"), ("PUT", None)):
        path = store.entry("k") if undo == "DELETE" else store.entry("k", "destroy")
        store.server.do(undo, path, {"versions": [1]} if undo == "PUT" else None)
        assert message(call(server, "describe")) == (404, "key does not exist")
        assert message(call(server, "create")) == (502, "failed to create key")
        logged(server, "undelete it (vault kv undelete)")
        if redo:
            store.server.do("PUT", store.entry("k", redo), {"versions": [1]})
            assert opens(server, "k", before)
    assert call(server, "delete").status == 200 and call(server, "create").status == 200
    assert not opens(server, "k", before)


def test_versions_of_others_are_passed_over_and_kept_ones_suffice(made, uncached_server_on):
    store = made()
    server = uncached_server_on(store)
    assert call(server, "create").status == 200
    sealed = [generate(server, "k")]
    for turn in range(12):
        assert call(server, "rotate").status == 200, server.log_text()
        sealed.append(generate(server, "k"))
    store.server.do("POST", store.entry("k"), {"data": {"k": "by hand"}})
    # Ten versions are kept, so the first is gone; each holds all that came before it.
    assert store.server.ask("GET", f"{store.entry('k')}?version=1").status == 404
    assert all(opens(server, "k", one) for one in sealed)


def test_an_engine_that_demands_check_and_set_is_served(made, uncached_server_on):
    store = made()
    store.server.do("POST", "kv/config", {"cas_required": True})
    server = uncached_server_on(store)
    assert call(server, "create").status == 200 and call(server, "rotate").status == 200
    assert call(server, "describe").status == 200 and call(server, "delete").status == 200


@pytest.mark.parametrize("kind", [OpenBaoStore, OpenBaoStoreV1])
def test_of_two_rotations_at_once_none_is_lost(made, uncached_server_on, kind):
    store = made(kind)
    servers = uncached_server_on(store), uncached_server_on(store)
    assert call(servers[0], "create").status == 200
    sealed, statuses, begin = [], [], threading.Barrier(2)

    def rotate(server):
        begin.wait()
        for _ in range(3 if store.version == "v2" else 1):
            statuses.append(call(server, "rotate").status)
            if statuses[-1] == 200:
                sealed.append(generate(server, "k"))

    threads = [threading.Thread(target=rotate, args=(server,)) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sealed, (statuses, servers[0].log_text())
    assert all(opens(server, "k", one) for server in servers for one in sealed), statuses


def test_transit_reads_every_version_of_its_key(made, uncached_server_on):
    store = made(lines={"transit": {"key": "kes"}})
    server = uncached_server_on(store)
    assert call(server, "create", "old").status == 200
    store.server.do("POST", "transit/keys/kes/rotate")
    assert call(server, "create", "new").status == 200
    assert [call(server, "describe", name).status for name in ("old", "new")] == [200, 200]
    store.server.do("POST", "transit/keys/kes/config", {"min_decryption_version": 2})
    assert message(call(server, "describe", "old")) == (502, "failed to read key")
    logged(server, "disallowed by policy (too old)")
    # Vault says of a transit key that is gone what it says of a missing right.
    store.server.do("POST", "transit/keys/kes/config", {"deletion_allowed": True})
    store.server.do("DELETE", "transit/keys/kes")
    assert message(call(server, "describe", "new")) == (502, "failed to read key")
    logged(server, "encryption key not found")
    # Nothing is kept as it is for want of a key to encrypt it by.
    assert message(call(server, "create", "third")) == (502, "failed to create key")
    logged(server, "and the transit key 'kes' has to exist")
    assert names(server) == ["new", "old"]


@pytest.mark.parametrize("kind, engine, said", [
    (OpenBaoStore, "one", "K/V version 1, and the configuration says 'version: v2'"),
    (OpenBaoStoreV1, "two", "K/V version 2, and the configuration says 'version: v1'"),
    (OpenBaoStore, "transit", "is of the type 'transit', not 'kv'")])
def test_an_engine_of_another_kind_ends_the_start(made, uncached_server_on, kind, engine, said):
    store = made(kind)
    for name, version in (("one", "1"), ("two", "2")):
        store.server.mount(name, "kv", {"version": version})
    store.server.allow("kes", 'path "+/*" { capabilities = ["read"] }')
    store.lines = {"engine": engine}
    server = uncached_server_on(store, starts=False)
    server.arguments.append("--fail-fast")
    assert said in server.run_to_end()[2]
