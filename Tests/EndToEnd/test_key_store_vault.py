"""What the Vault key store alone does: logins and the life of tokens, seals, versions, races of version 1, policies, transit."""

import os
import threading
import time

import hvac
import pytest

from kes import Identity, exchange, server_certificate
from key_servers import uncached_server_on as server_on
from preload import compile_library
from store_vault import (
    CERTIFICATE_ROLE, GUIDE, JWT, READ_ONLY, ROLE_ID, SECRET_ID, Token, VaultStandIn, VaultStore, VaultStoreV1,
    VaultStoreWithTransit)

DATA = "/v1/kv2/data/minio/keys/"


@pytest.fixture
def stand_in():
    made = VaultStandIn()
    yield made
    made.heal()
    made.stop()


def create(server, name="k"):
    return server.call("PUT", f"/v1/key/create/{name}")


def describe(server, name="k"):
    time.sleep(0.005)
    return server.call("GET", f"/v1/key/describe/{name}")


def message(answer):
    return answer.status, answer.json()["message"]


def refused_start(server):
    server.arguments.append("--fail-fast")
    status, _, said = server.run_to_end()
    assert status != 0
    return said


def wait_until(condition, seconds=15):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


# --- the stand-in

def test_the_stand_in_speaks_to_the_vendors_client(stand_in):
    client = hvac.Client(url=stand_in.url)
    client.auth.approle.login(ROLE_ID, SECRET_ID)
    assert client.is_authenticated()
    kv2 = client.secrets.kv.v2
    kv2.create_or_update_secret("a/b", {"b": "1"}, cas=0, mount_point="kv2")
    with pytest.raises(hvac.exceptions.InvalidRequest, match="check-and-set"):
        kv2.create_or_update_secret("a/b", {"b": "2"}, cas=0, mount_point="kv2")
    read = kv2.read_secret_version("a/b", mount_point="kv2", raise_on_deleted_version=True)["data"]
    assert (read["data"], read["metadata"]["version"]) == ({"b": "1"}, 1)
    assert kv2.list_secrets("a", mount_point="kv2")["data"]["keys"] == ["b"]
    kv2.delete_latest_version_of_secret("a/b", mount_point="kv2")
    with pytest.raises(hvac.exceptions.InvalidPath):
        kv2.read_secret_version("a/b", mount_point="kv2", raise_on_deleted_version=True)
    kv2.delete_metadata_and_all_versions("a/b", mount_point="kv2")
    kv1 = client.secrets.kv.v1
    kv1.create_or_update_secret("x", {"x": "1"}, mount_point="kv1")
    assert kv1.read_secret("x", mount_point="kv1")["data"] == {"x": "1"}
    kv1.delete_secret("x", mount_point="kv1")
    with pytest.raises(hvac.exceptions.InvalidPath):
        kv1.list_secrets("", mount_point="kv1")
    sealed = client.secrets.transit.encrypt_data("kes", "aGk=")["data"]["ciphertext"]
    assert client.secrets.transit.decrypt_data("kes", sealed)["data"]["plaintext"] == "aGk="
    assert client.auth.token.lookup_self()["data"]["ttl"] > 3000
    assert client.auth.token.renew_self()["auth"]["lease_duration"] == 3600
    assert client.sys.unwrap(stand_in.wrap("s"))["data"]["secret_id"] == "s"
    stand_in.revoke_all()
    with pytest.raises(hvac.exceptions.Forbidden):
        client.auth.token.lookup_self()


# --- what is written

@pytest.mark.parametrize("prefix", ["a/b", "/a/b/", "a//b", "./a/b", None])
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_keys_are_where_kes_has_them(stand_in, server_on, version, prefix):
    store = (VaultStoreV1 if version == "v1" else VaultStore)(None, stand_in=stand_in, prefix=prefix)
    server = server_on(store)
    assert create(server).status == 200
    path = "a/b/k" if prefix else "k"
    fields = stand_in.v1[path] if version == "v1" else stand_in.v2[path][0]["data"]
    assert list(fields) == ["k"] and len(stand_in.v2.get(path, [1])) == 1
    written = stand_in.asked("PUT", f"/{path}")[-1]
    assert written.json() == (fields if version == "v1" else {"data": fields, "options": {"cas": 0}})


def test_headers_are_those_of_vaults_clients(stand_in, server_on):
    stand_in.namespaces = {"team"}
    server = server_on(VaultStore(None, stand_in=stand_in, namespace="team"))
    assert create(server).status == 200
    for request in stand_in.requests:
        is_health = request.path == "/v1/sys/health"
        assert request.headers["X-Vault-Request"] == "true"
        assert request.headers["X-Vault-Namespace"] == (None if is_health else "team"), request
    login = stand_in.asked("PUT", "auth/approle/login")
    assert [one.body for one in login] == [b'{"role_id":"a-role-id","secret_id":"a-secret-id"}']


def test_a_login_can_have_a_namespace_of_its_own(stand_in, server_on):
    stand_in.namespaces = {"team", "logins"}
    for own, sent in (("/", None), ("logins", "logins")):
        stand_in.forget()
        role = {"id": ROLE_ID, "secret": SECRET_ID, "namespace": own}
        server_on(VaultStore(None, stand_in=stand_in, namespace="team", approle=role))
        assert stand_in.asked("PUT", "/login")[0].headers["X-Vault-Namespace"] == sent
        assert stand_in.asked("GET", "mounts")[0].headers["X-Vault-Namespace"] == "team"


def test_an_unknown_namespace_is_no_missing_key(stand_in, server_on):
    stand_in.namespaces = {"team"}
    server = server_on(VaultStore(None, stand_in=stand_in, namespace="team"))
    assert create(server).status == 200
    stand_in.namespaces = set()
    assert message(describe(server)) == (502, "failed to read key")
    server.wait_for_output("namespace not found", log=True)


def test_a_namespace_of_the_environment_is_warned_of(stand_in, server_on):
    store = VaultStore(None, stand_in=stand_in)
    store.environment = {"VAULT_NAMESPACE": "elsewhere"}
    server = server_on(store)
    server.wait_for_output("VAULT_NAMESPACE is set to 'elsewhere' and not used", log=True)
    assert all(one.headers["X-Vault-Namespace"] is None for one in stand_in.requests)


# --- logins

def test_a_refused_login_ends_the_start(stand_in, server_on):
    stand_in.secret_id = "another"
    said = refused_start(server_on(VaultStore(None, stand_in=stand_in), starts=False))
    assert "invalid role or secret ID" in said and SECRET_ID not in said


def test_the_token_of_a_service_account_is_read_at_every_login(stand_in, server_on, tmp_path):
    file = tmp_path / "jwt"
    file.write_text(f"  {JWT}\n")
    store = VaultStore(None, stand_in=stand_in, approle=None, kubernetes={"role": "kes", "jwt": str(file)})
    server = server_on(store)
    assert create(server).status == 200
    assert stand_in.asked("PUT", "/login")[0].body == b'{"jwt":"a.service-account.token","role":"kes"}'
    stand_in.jwt = "b.new-account.token"
    file.write_text(stand_in.jwt)
    stand_in.revoke_all()
    assert describe(server).status == 200


def test_a_pipe_in_the_place_of_a_secret_is_refused_and_not_waited_for(stand_in, server_on, tmp_path):
    os.mkfifo(tmp_path / "secret-id")
    store = VaultStore(None, stand_in=stand_in, approle={"id": ROLE_ID, "secret_file": str(tmp_path / "secret-id")})
    assert "secret-id cannot be read: it is not a regular file" in refused_start(server_on(store, starts=False))


def test_a_file_whose_file_system_hangs_takes_one_thread_and_nobodys_time(stand_in, server_on, tmp_path):
    file, flag, calls = tmp_path / "secret-id", tmp_path / "hanging", tmp_path / "calls"
    file.write_text(SECRET_ID)
    store = VaultStore(None, stand_in=stand_in, approle={"id": ROLE_ID, "secret_file": str(file)})
    store.environment = {"LD_PRELOAD": str(compile_library("hanging", tmp_path)), "HANGING_FILE": str(file),
                         "HANGING_WHILE": str(flag), "HANGING_CALLS": str(calls)}
    server = server_on(store)
    assert create(server).status == 200
    flag.touch()
    stand_in.revoke_all()
    before = calls.stat().st_size
    for _ in range(3):
        begin = time.monotonic()
        assert describe(server).status in (502, 504)
        assert time.monotonic() - begin < 14
    server.wait_for_output("its file system does not answer", log=True)
    assert calls.stat().st_size == before + 1
    flag.unlink()
    wait_until(lambda: describe(server).status == 200, 40)


def test_a_secret_id_in_a_file_is_read_at_every_login(stand_in, server_on, tmp_path):
    file = tmp_path / "secret-id"
    file.write_text(f"{SECRET_ID}\n")
    store = VaultStore(None, stand_in=stand_in, approle={"id": ROLE_ID, "secret_file": str(file)})
    server = server_on(store)
    assert create(server).status == 200
    stand_in.secret_id = "rotated"
    file.write_text("rotated\n")
    stand_in.revoke_all()
    assert describe(server).status == 200
    assert "rotated" not in server.log_text()


def test_a_wrapped_secret_id_is_unwrapped_once(stand_in, server_on):
    wrapped = stand_in.wrap(SECRET_ID)
    store = VaultStore(None, stand_in=stand_in, approle={"id": ROLE_ID, "secret": wrapped, "wrapped": True})
    server = server_on(store)
    assert create(server).status == 200
    stand_in.revoke_all()
    assert describe(server).status == 200
    server.reload()
    assert describe(server).status == 200
    assert len(stand_in.asked("PUT", "sys/wrapping/unwrap")) == 1
    # Another process finds it used.
    said = refused_start(server_on(store, starts=False))
    assert "somebody has used it before" in said and wrapped not in said and SECRET_ID not in said


def test_a_client_certificate_logs_in(server_on, tmp_path):
    authority = Identity(tmp_path, "authority", algorithm="ec", is_authority=True)
    client = Identity(tmp_path, "client", authority=authority)
    certificate = server_certificate(tmp_path, "vault")
    stand_in = VaultStandIn(certificate, client_authority=authority)
    tls = {"ca": str(certificate.certificate), "cert": str(client.certificate), "key": str(client.key)}
    store = VaultStore(None, stand_in=stand_in, approle=None, certificate={"role": CERTIFICATE_ROLE}, tls=tls)
    server = server_on(store)
    assert create(server).status == 200
    assert stand_in.asked("PUT", "auth/cert/login")[0].body == b'{"name":"kes"}'
    stand_in.revoke_all()
    assert describe(server).status == 200
    store.close()


@pytest.mark.parametrize("content", [None, "no certificate\n"])
def test_authorities_that_are_none_end_the_start(server_on, tmp_path, content):
    file = tmp_path / "ca.pem"
    if content:
        file.write_text(content)
    stand_in = VaultStandIn(server_certificate(tmp_path, "vault"))
    store = VaultStore(None, stand_in=stand_in, tls={"ca": str(file)})
    assert str(file) in refused_start(server_on(store, starts=False))
    assert stand_in.requests == []
    store.close()


def test_a_configured_token_lives_as_long_as_vault_says(stand_in, server_on):
    token = stand_in.make_token(2)
    server = server_on(VaultStore(None, stand_in=stand_in, approle=None, token=token))
    server.wait_for_output("a token in the configuration is for development", log=True)
    assert create(server).status == 200
    end = time.monotonic() + 3
    while time.monotonic() < end:
        assert describe(server).status == 200, server.log_text()
    assert stand_in.asked("PUT", "renew-self") and not stand_in.asked("PUT", "/login")
    stand_in.revoke_all()
    assert message(describe(server)) == (502, "failed to read key")
    server.wait_for_output("the configured token has expired", log=True)
    assert token not in server.log_text()


# --- the life of tokens

@pytest.mark.parametrize("renewable, longest", [(True, None), (True, 5), (False, None)])
def test_no_read_fails_for_a_token_of_two_seconds(stand_in, server_on, renewable, longest):
    stand_in.lease, stand_in.renewable, stand_in.longest = 2, renewable, longest
    server = server_on(VaultStore(None, stand_in=stand_in))
    assert create(server).status == 200
    stand_in.forget()
    end, statuses = time.monotonic() + 8, []
    while time.monotonic() < end:
        statuses.append(describe(server).status)
    assert set(statuses) == {200}, server.log_text()
    refused = [one for one in stand_in.requests if one.status == 403 and one.path.startswith(DATA)]
    assert len(refused) <= 1, refused
    logins, renewals = len(stand_in.asked("PUT", "/login")), len(stand_in.asked("PUT", "renew-self"))
    if not renewable:
        assert logins >= 3 and renewals == 0
    elif longest:
        assert logins >= 1 and renewals >= 2
    else:
        assert logins == 0 and renewals >= 3


def test_the_last_fraction_of_a_second_is_not_taken_for_ever(stand_in, server_on, monkeypatch):
    """Vault says 0 for it, and for a token that never ends."""
    monkeypatch.setattr(Token, "rounding", 0)
    stand_in.lease, stand_in.longest = 2, 3
    server = server_on(VaultStore(None, stand_in=stand_in))
    assert create(server).status == 200
    stand_in.forget()
    end = time.monotonic() + 8
    while time.monotonic() < end:
        assert describe(server).status == 200, server.log_text()
    refused = [one for one in stand_in.requests if one.status == 403 and one.path.startswith(DATA)]
    assert len(refused) <= 1, refused


def test_a_revoked_token_costs_one_login_and_no_failure(stand_in, server_on):
    server = server_on(VaultStore(None, stand_in=stand_in))
    assert create(server).status == 200
    stand_in.forget()
    stand_in.revoke_all()
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(describe(server).status)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 8, server.log_text()
    assert len(stand_in.asked("PUT", "/login")) == 1


def test_what_vaults_policy_denies_is_told_from_an_expired_token(stand_in, server_on):
    server = server_on(VaultStore(None, stand_in=stand_in))
    assert create(server).status == 200
    stand_in.capabilities = READ_ONLY
    stand_in.forget()
    assert message(create(server, "l")) == (502, "failed to create key")
    server.wait_for_output("has to grant 'create' on", log=True)
    log = server.log_text()
    assert "refused by Vault (not by a policy of this server)" in log
    assert "has to grant 'create' on 'kv2/data/minio/keys/l'" in log
    assert stand_in.asked("PUT", "/login") == [] and stand_in.asked("GET", "lookup-self")
    assert not any(text in log for text in stand_in.tokens)
    assert describe(server).status == 200


def test_refused_logins_become_rare_and_end_by_themselves(stand_in, server_on):
    server = server_on(VaultStore(None, stand_in=stand_in))
    assert create(server).status == 200
    stand_in.secret_id = "another"
    stand_in.revoke_all()
    stand_in.forget()
    begin = time.monotonic()
    for _ in range(30):
        assert message(describe(server)) == (502, "failed to read key")
    # One at first, and one after each pause of 1 s, 2 s, 4 s, ...
    assert len(stand_in.asked("PUT", "/login")) <= 2 + (time.monotonic() - begin)
    server.wait_for_output("invalid role or secret ID", log=True)
    # Each is said once, and not by every call of the pause after it.
    assert server.log_text().count("token not obtained") <= len(stand_in.asked("PUT", "/login"))
    stand_in.secret_id = SECRET_ID
    wait_until(lambda: describe(server).status == 200, 40)


# --- sealed, standby, missing

def test_a_sealed_vault_fails_calls_at_once_and_is_found_again(stand_in, server_on):
    server = server_on(VaultStore(None, stand_in=stand_in))
    assert create(server).status == 200
    stand_in.sealed = True
    wait_until(lambda: "vault: key store is sealed" in server.log_text())
    stand_in.forget()
    assert message(describe(server)) == (502, "failed to read key")
    assert server.call("GET", "/v1/ready").status == 504
    assert [one for one in stand_in.requests if one.path != "/v1/sys/health"] == []
    stand_in.sealed = False
    wait_until(lambda: describe(server).status == 200)


def test_a_start_with_a_sealed_vault_waits_for_it(stand_in, server_on):
    stand_in.sealed = True
    server = server_on(VaultStore(None, stand_in=stand_in))
    assert server.call("GET", "/v1/ready").status == 504
    stand_in.sealed = False
    wait_until(lambda: create(server).status == 200, 40)


def test_a_vault_that_is_not_initialized_is_no_store(stand_in, server_on):
    server = server_on(VaultStore(None, stand_in=stand_in))
    stand_in.initialized = False
    wait_until(lambda: server.call("GET", "/v1/ready").status == 504)
    server.wait_for_output("vault: not initialized", log=True)


def test_a_standby_is_healthy(stand_in, server_on):
    stand_in.standby = True
    server = server_on(VaultStore(None, stand_in=stand_in))
    assert server.call("GET", "/v1/ready").status == 200


def test_redirects_lead_to_the_active_node(stand_in, server_on):
    store = VaultStore(None, stand_in=stand_in)
    server = server_on(store)
    active, between = VaultStandIn(), VaultStandIn()
    for node in (active, between):
        node.tokens, node.v2 = stand_in.tokens, stand_in.v2
    stand_in.redirect, between.redirect = between.url, active.url
    assert create(server).status == 200 and describe(server).status == 200
    assert len(active.asked("PUT", DATA)) == 1
    active.redirect = stand_in.url
    assert message(describe(server)) == (502, "failed to read key")
    server.wait_for_output("more than 3 redirects", log=True)
    for node in (active, between):
        node.stop()


# --- engines

@pytest.mark.parametrize("store_class, engine, said", [
    (VaultStore, "kv1", "K/V version 1, and the configuration says 'version: v2'"),
    (VaultStoreV1, "kv2", "K/V version 2, and the configuration says 'version: v1'"),
    (VaultStore, "transit", "is of the type 'transit', not 'kv'")])
def test_an_engine_of_another_kind_ends_the_start(stand_in, server_on, store_class, engine, said):
    store = store_class(None, stand_in=stand_in, engine=engine)
    assert said in refused_start(server_on(store, starts=False))


def test_an_engine_that_vault_does_not_tell_of_is_warned_of(stand_in, server_on):
    stand_in.hides_mounts = True
    server = server_on(VaultStore(None, stand_in=stand_in))
    server.wait_for_output("there is no engine 'kv2', or the token has no rights there", log=True)
    assert create(server).status == 200


@pytest.mark.parametrize("store_class, engine", [(VaultStoreV1, "kv2"), (VaultStore, "missing")])
def test_a_path_that_vault_does_not_know_is_no_missing_key(stand_in, server_on, store_class, engine):
    stand_in.hides_mounts = True
    server = server_on(store_class(None, stand_in=stand_in, engine=engine))
    assert message(describe(server)) == (502, "failed to read key")
    assert message(create(server)) == (502, "failed to create key")
    assert message(server.call("GET", "/v1/key/list/")) == (502, "failed to list keys")


def test_folders_and_foreign_names_are_not_listed(stand_in, server_on):
    server = server_on(VaultStore(None, stand_in=stand_in))
    assert create(server).status == 200
    for path in ("sub/x", "not a key"):
        stand_in.v2[f"minio/keys/{path}"] = [{"data": {}}]
    assert server.call("GET", "/v1/key/list/").json()["names"] == ["k"]


def test_a_hundred_thousand_keys_are_listed(stand_in, server_on):
    server = server_on(VaultStore(None, stand_in=stand_in))
    wanted = [f"key-{number:06}" for number in range(100_000)]
    stand_in.v2 = {f"minio/keys/{name}": [{"data": {}}] for name in wanted}
    names, rest = [], ""
    while True:
        answer = exchange(server.connect(server.admin, timeout=60), "GET", f"/v1/key/list/{rest}", close=True)
        assert answer.status == 200, server.log_text()
        page = answer.json()
        names += page["names"]
        rest = page.get("continue_at")
        if not rest:
            break
    assert names == wanted


def test_a_deleted_version_is_a_missing_key_that_cannot_be_made(stand_in, server_on):
    store = VaultStore(None, stand_in=stand_in)
    server = server_on(store)
    assert create(server).status == 200
    stand_in.v2[store.entry("k")][-1]["deleted"] = True
    assert message(describe(server)) == (404, "key does not exist")
    assert message(create(server)) == (502, "failed to create key")
    server.wait_for_output("undelete it (vault kv undelete)", log=True)
    assert len(stand_in.v2[store.entry("k")]) == 1
    assert server.call("DELETE", "/v1/key/delete/k").status == 200
    assert create(server).status == 200


def test_versions_of_others_are_passed_over(stand_in, server_on):
    store = VaultStore(None, stand_in=stand_in)
    server = server_on(store)
    assert create(server).status == 200
    sealed = server.call("PUT", "/v1/key/generate/k", {}).json()
    versions = stand_in.v2[store.entry("k")]
    versions.append({"data": {"k": "by hand"}})

    def opens(data_key):
        answer = server.call("PUT", "/v1/key/decrypt/k", {"ciphertext": data_key["ciphertext"]})
        return answer.status == 200 and answer.json()["plaintext"] == data_key["plaintext"]

    assert opens(sealed)
    assert message(create(server)) == (400, "key already exists")
    assert server.call("PUT", "/v1/key/rotate/k").status == 200, server.log_text()
    assert len(versions) == 3
    rotated = server.call("PUT", "/v1/key/generate/k", {}).json()
    versions.append({"data": {"other": "by hand"}})
    stand_in.forget()
    assert opens(rotated) and opens(sealed)
    # Of the oldest versions Vault keeps ten.
    versions[0] = {"destroyed_by_age": True}
    assert opens(rotated) and opens(sealed)
    # The latest version of a rotated key, deleted: neither an older value, nor a name that is free.
    versions.pop()
    versions[-1]["deleted"] = True
    assert message(describe(server)) == (502, "failed to read key")


@pytest.mark.parametrize("store_class", [VaultStoreV1, VaultStore])
def test_an_entry_of_another_form_is_no_missing_key(stand_in, server_on, store_class):
    store = store_class(None, stand_in=stand_in)
    server = server_on(store)
    stand_in.v1[store.entry("k")] = {"other": "x"}
    stand_in.v2[store.entry("k")] = [{"data": {"other": "x"}}]
    assert message(describe(server)) == (502, "failed to read key")
    assert create(server).status in (400, 502)
    server.wait_for_output("without a field 'k'", log=True)
    assert stand_in.v1[store.entry("k")] == {"other": "x"}


# --- races and lost answers

@pytest.mark.parametrize("store_class", [VaultStoreV1, VaultStore])
def test_a_write_whose_answer_was_lost_is_a_success(stand_in, server_on, store_class):
    store = store_class(None, stand_in=stand_in)
    server = server_on(store)
    stand_in.fail("reset-after", 1, lambda request: request.method == "PUT" and store.is_key_call(request))
    assert create(server).status == 200, server.log_text()
    assert len(stand_in.v2.get(store.entry("k"), [1])) == 1
    stand_in.fail("reset-after", 1, lambda request: request.method == "PUT" and store.is_key_call(request))
    assert server.call("PUT", "/v1/key/rotate/k").status == 200, server.log_text()
    assert len(stand_in.v2.get(store.entry("k"), [1, 2])) == 2
    assert describe(server).status == 200


@pytest.mark.parametrize("call", ["create", "rotate"])
def test_a_write_of_version_1_is_not_repeated_over_anothers_value(stand_in, server_on, call):
    store = VaultStoreV1(None, stand_in=stand_in)
    server, other = server_on(store), server_on(store)
    assert create(other, "theirs").status == 200
    theirs = store.values()["theirs"]
    if call == "rotate":
        assert create(server).status == 200

    def lost(request):
        """Nobody knows what became of it; meanwhile somebody else writes."""
        if request.method != "PUT" or not request.path.endswith("/k"):
            return False
        stand_in.v1[store.entry("k")] = {"k": theirs}
        return True

    stand_in.fail("reset", 1, lost)
    if call == "create":
        assert message(create(server)) == (400, "key already exists")
        assert store.values()["k"] == theirs
    else:
        # It begins again with what is there now.
        assert server.call("PUT", "/v1/key/rotate/k").status == 200, server.log_text()
        sealed = other.call("PUT", "/v1/key/generate/theirs", {}).json()
        opened = server.call("PUT", "/v1/key/decrypt/k", {"ciphertext": sealed["ciphertext"]})
        assert (opened.status, opened.json().get("plaintext")) == (200, sealed["plaintext"])


@pytest.mark.parametrize("store_class", [VaultStoreV1, VaultStore])
def test_who_may_not_update_still_creates(stand_in, server_on, store_class):
    """With the policy of KES's guides, whose create of what exists is denied and not refused as existing."""
    stand_in.capabilities = GUIDE
    store = store_class(None, stand_in=stand_in)
    server = server_on(store)
    assert create(server).status == 200
    assert message(create(server)) == (400, "key already exists")
    # Somebody else's key comes between the look and the write.
    original = stand_in._v1 if store.version == "v1" else stand_in._v2

    def late(request, path):
        if request.method == "PUT":
            stand_in.v1.setdefault(store.entry("l"), {"l": "theirs"})
            stand_in.v2.setdefault(store.entry("l"), [{"data": {"l": "theirs"}}])
        return original(request, path)

    stand_in._v1 = stand_in._v2 = late
    assert message(create(server, "l")) == (400, "key already exists")
    assert store.values()["l"] == "theirs"
    assert message(server.call("PUT", "/v1/key/rotate/k"))[0] == 502
    server.wait_for_output("has to grant 'update'", log=True)


@pytest.mark.parametrize("store_class", [VaultStoreV1, VaultStore])
def test_of_two_rotations_at_once_none_is_lost(stand_in, server_on, store_class):
    store = store_class(None, stand_in=stand_in)
    servers = server_on(store), server_on(store)
    assert create(servers[0]).status == 200
    data_keys, answers, begin = [], [], threading.Barrier(2)

    def rotate(server):
        begin.wait()
        answer = server.call("PUT", "/v1/key/rotate/k")
        answers.append(answer.status)
        if answer.status == 200:
            data_keys.append(server.call("PUT", "/v1/key/generate/k", {}).json())

    threads = [threading.Thread(target=rotate, args=(server,)) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 200 in answers
    for server in servers:
        for data_key in data_keys:
            answer = server.call("PUT", "/v1/key/decrypt/k", {"ciphertext": data_key["ciphertext"]})
            assert answer.status == 200 and answer.json()["plaintext"] == data_key["plaintext"], (answers, answer)


# --- transit

def test_transit_reads_every_version_of_its_key_and_plain_values(stand_in, server_on):
    plain = server_on(VaultStore(None, stand_in=stand_in))
    assert create(plain, "plain").status == 200
    store = VaultStoreWithTransit(None, stand_in=stand_in)
    server = server_on(store)
    assert create(server, "old").status == 200
    stand_in.transit_version = 12
    assert create(server, "new").status == 200
    held = {name: stand_in.v2[store.entry(name)][0]["data"][name][:10] for name in ("old", "new")}
    assert held == {"old": "vault:v1:" + held["old"][9], "new": "vault:v12:"}
    assert [describe(server, name).status for name in ("plain", "old", "new")] == [200] * 3
    assert message(describe(plain, "old")) == (502, "failed to read key")
    plain.wait_for_output("encrypted with a vault transit key", log=True)
    stand_in.transit_oldest = 12
    assert message(describe(server, "old")) == (502, "failed to read key")
    server.wait_for_output("disallowed by policy (too old)", log=True)
    assert describe(server, "new").status == 200


# --- listings

def test_the_pages_of_a_listing_cost_one_call(stand_in, server_on):
    server = server_on(VaultStore(None, stand_in=stand_in))
    stand_in.v2 = {f"minio/keys/key-{number:05}": [{"data": {}}] for number in range(5000)}
    stand_in.forget()
    found, rest, pages = [], "", 0
    while True:
        page = server.call("GET", f"/v1/key/list/{rest}").json()
        found, rest, pages = found + page["names"], page.get("continue_at"), pages + 1
        if not rest:
            break
    assert found == [f"key-{number:05}" for number in range(5000)] and pages > 2
    assert len(stand_in.asked("GET", "list=true")) == 1
    # Who begins anew sees what is new.
    stand_in.v2["minio/keys/a-new-one"] = [{"data": {}}]
    assert server.call("GET", "/v1/key/list/").json()["names"][0] == "a-new-one"
