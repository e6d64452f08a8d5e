"""What the secrets of an Azure Key Vault do as a key store that no other store does: sign-in, versions, soft delete, names."""

import datetime
import socket
import threading
import time

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.identity import ClientSecretCredential
from azure.keyvault.secrets import SecretClient

from kes import exchange
from key_servers import NO_CACHE, generate, names, opens, uncached_server_on as server_on
from stand_in import Reply
from store_azure import CLIENT, SECRET, TENANT, AzureKeyVaultStore, ClientCertificate, failure


@pytest.fixture
def store(tmp_path):
    made = AzureKeyVaultStore(tmp_path / "store")
    yield made
    made.close()


@pytest.fixture
def kes(store, server_on):
    return server_on(store)


def create(kes, name):
    return kes.call("PUT", f"/v1/key/create/{name}")


def describe(kes, name):
    return kes.call("GET", f"/v1/key/describe/{name}")


def rotate(kes, name):
    return kes.call("PUT", f"/v1/key/rotate/{name}")


def delete(kes, name):
    return kes.call("DELETE", f"/v1/key/delete/{name}")


def a_value(kes, stand_in):
    """The stored text of a key, which a test may put where it likes."""
    assert create(kes, "template").status == 200, kes.log_text()
    return stand_in.secrets.pop("template")[0]["value"]


def said(kes, text):
    """Waits until the log has it: its lines are written behind the answers."""
    kes.wait_for_output(text, log=True)
    return kes.log_text()


def is_put(request):
    return request.method == "PUT" and "Authorization" in request.headers


def is_sign_in(request):
    return request.path.endswith("/token")


# --- the stand-in speaks the protocol

def client_of(store, monkeypatch):
    """The vendor's own client, which finds the vault's host at the stand-in."""
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **options: resolve(
        "127.0.0.1" if host == "vault.localhost" else host, *rest, **options))
    options = {"connection_verify": str(store.certificate.certificate), "retry_total": 0}
    credential = ClientSecretCredential(
        TENANT, CLIENT, SECRET, authority=store.stand_in.url, disable_instance_discovery=True, **options)
    return credential, options


def test_azures_own_client_finds_what_the_server_wrote_and_the_other_way_round(store, kes, monkeypatch):
    credential, options = client_of(store, monkeypatch)
    client = SecretClient(store.stand_in.vault, credential, api_version="7.5", **options)
    assert create(kes, "ours").status == 200
    data_key = generate(kes, "ours")
    value = client.get_secret("ours").value
    client.set_secret("theirs", value)
    # The bytes of both are the same, but their names are no part of them.
    assert opens(kes, "theirs", data_key)
    for number in range(30):
        client.set_secret(f"page-{number:02}", value)
    listed = sorted(secret.name for secret in client.list_properties_of_secrets())
    assert listed == names(kes) and len(listed) == 32
    assert [one.version for one in client.list_properties_of_secret_versions("ours")] == [
        store.stand_in.secrets["ours"][0]["id"]]
    client.begin_delete_secret("theirs", _polling_interval=0.1).wait()
    assert client.get_deleted_secret("theirs").deleted_date is not None
    assert describe(kes, "theirs").status == 404
    with pytest.raises(HttpResponseError) as conflict:
        client.set_secret("theirs", value)
    assert conflict.value.status_code == 409
    client.purge_deleted_secret("theirs")
    with pytest.raises(ResourceNotFoundError):
        client.get_secret("theirs")


def test_requests_are_those_of_the_original(store, kes):
    assert create(kes, "exact").status == 200
    stand_in = store.stand_in
    (put,) = [one for one in stand_in.asked("PUT")]
    assert put.target == "/secrets/exact?api-version=7.5"
    version = stand_in.secrets["exact"][0]
    assert put.json()["value"] == version["value"]
    stand_in.forget()
    assert describe(kes, "exact").status == 200
    assert [one.target for one in stand_in.asked()] == [
        "/secrets/exact/versions?api-version=7.5", f"/secrets/exact/{version['id']}?api-version=7.5"]


# --- signing in

def with_credentials(directory, kind):
    """A store whose server signs in by means of one kind."""
    lines = {
        "certificate": f"credentials: {{tenant_id: {TENANT}, client_id: {CLIENT}, "
                       f"client_certificate: {directory / 'application.pem'}}}",
        "managed identity": f"managed_identity: {{client_id: {CLIENT}}}",
    }
    store = AzureKeyVaultStore(directory, lines.get(kind, ""))
    application = {"AZURE_TENANT_ID": TENANT, "AZURE_CLIENT_ID": CLIENT}
    token = directory / "federated-token"
    token.write_text(store.stand_in.federated_token + "\n")
    store.environment |= {
        "App Service": {"IDENTITY_ENDPOINT": f"{store.stand_in.url}/msi/token", "IDENTITY_HEADER": "identity-header"},
        "secret of the environment": application | {"AZURE_CLIENT_SECRET": SECRET},
        "certificate of the environment": application | {
            "AZURE_CLIENT_CERTIFICATE_PATH": str(directory / "application.pem")},
        "workload identity": application | {"AZURE_FEDERATED_TOKEN_FILE": str(token)},
    }.get(kind, {})
    return store


@pytest.mark.parametrize("kind", [
    "certificate", "managed identity", "App Service", "secret of the environment", "certificate of the environment",
    "workload identity", "machine"])
def test_the_server_signs_in(tmp_path, server_on, kind):
    directory = tmp_path / "store"
    directory.mkdir()
    certificate = ClientCertificate(directory / "application.pem")
    store = with_credentials(directory, kind)
    stand_in = store.stand_in
    stand_in.client_certificate = certificate.der
    try:
        kes = server_on(store)
        assert create(kes, "k").status == 200, kes.log_text()
        assert len([one for one in stand_in.requests if is_sign_in(one)]) == 1
        # What is on the disk is rotated, and the old no longer accepted.
        certificate.renew()
        stand_in.client_certificate = certificate.der
        stand_in.federated_token = "next-token"
        (directory / "federated-token").write_text("next-token")
        stand_in.tokens.clear()
        assert describe(kes, "k").status == 200, kes.log_text()
    finally:
        store.close()


def test_a_refused_sign_in_is_said_and_shows_no_secret(store, server_on):
    store.stand_in.client_secret = "another"
    kes = server_on(store)
    assert kes.call("GET", "/v1/ready").status == 200
    answer = create(kes, "k")
    assert (answer.status, answer.json()["message"]) == (502, "failed to create key")
    log = said(kes, "AADSTS7000215")
    assert CLIENT in log and SECRET not in log and "Trace ID" not in log
    store.stand_in.client_secret = SECRET
    # A second later, when the pause after the refusal is over.
    deadline = time.monotonic() + 15
    while create(kes, "k").status != 200:
        assert time.monotonic() < deadline, kes.log_text()
        time.sleep(0.2)


def test_a_token_that_the_vault_no_longer_takes_is_replaced_once(store, kes):
    stand_in = store.stand_in
    assert create(kes, "k").status == 200
    stand_in.tokens.clear()
    stand_in.forget()
    assert describe(kes, "k").status == 200, kes.log_text()
    assert len([one for one in stand_in.requests if is_sign_in(one)]) == 1
    stand_in.fail(Reply(401, {}), 1000, store.is_key_call)
    stand_in.forget()
    assert describe(kes, "k").status == 502
    assert len([one for one in stand_in.requests if store.is_key_call(one)]) == 2
    said(kes, "does not accept the token")


def test_nobody_fails_while_tokens_end(store, server_on):
    store.stand_in.token_seconds = 3
    kes = server_on(store)
    assert create(kes, "k").status == 200
    end = time.monotonic() + 8
    while time.monotonic() < end:
        assert describe(kes, "k").status == 200, kes.log_text()
        time.sleep(0.05)
    assert not [one for one in store.stand_in.requests if one.status == 401 and "Authorization" in one.headers]
    assert 3 <= len([one for one in store.stand_in.requests if is_sign_in(one)]) <= 12


def test_a_renewal_that_fails_disturbs_nobody_while_the_token_serves(store, server_on):
    store.stand_in.token_seconds = 6
    kes = server_on(store)
    assert create(kes, "k").status == 200
    store.stand_in.fail(Reply(400, {}), 2, is_sign_in)
    end = time.monotonic() + 8
    while time.monotonic() < end:
        assert describe(kes, "k").status == 200, kes.log_text()
        time.sleep(0.1)


def test_tokens_are_asked_for_only_where_the_vault_belongs(store, kes):
    store.stand_in.resource = "https://vault.azure.net"
    assert describe(kes, "k").status == 502
    said(kes, "to which it does not belong")
    assert not [one for one in store.stand_in.requests if is_sign_in(one)]


def test_a_secret_is_shown_to_no_authority_that_nobody_knows(store, server_on):
    del store.environment["AZURE_AUTHORITY_HOST"]
    kes = server_on(store)
    assert describe(kes, "k").status == 502
    said(kes, "none of Microsoft's known hosts")
    assert not [one for one in store.stand_in.requests if is_sign_in(one)]


# --- versions

def test_the_oldest_version_is_the_key(store, kes):
    value = a_value(kes, store.stand_in)
    now = int(time.time())
    store.stand_in.put("k", "not a key", created=now)
    store.stand_in.put("k", value, created=now - 10)
    assert describe(kes, "k").status == 200, kes.log_text()
    # Of one second the first in the vault's order, which is that of the identifiers.
    store.stand_in.put("tied", "not a key", created=now, identifier="b" * 32)
    store.stand_in.put("tied", value, created=now, identifier="a" * 32)
    assert describe(kes, "tied").status == 200, kes.log_text()


def test_more_versions_than_a_page_has(store, kes):
    value = a_value(kes, store.stand_in)
    for number in range(60):
        store.stand_in.put("many", value if number == 59 else "not a key", created=1000 - number)
    assert describe(kes, "many").status == 200, kes.log_text()


@pytest.mark.parametrize("identifier", ["0" * 32, "f" * 32])
def test_who_is_not_the_oldest_has_not_created_the_key(store, kes, identifier):
    """Another server, which may be KES, writes at the same moment; its version comes before or after ours in the list."""
    stand_in = store.stand_in
    value = a_value(kes, stand_in)

    def other(name):
        stand_in.after_write = lambda name: None
        stand_in.put(name, value, created=stand_in.secrets[name][0]["created"], identifier=identifier)

    stand_in.after_write = other
    answer = create(kes, "raced")
    wins = identifier > stand_in.secrets["raced"][0]["id"]
    assert answer.status == (200 if wins else 400), answer
    if not wins:
        assert answer.json()["message"] == "key already exists"
    assert describe(kes, "raced").status == 200


def test_a_key_is_not_created_before_an_older_version_has_become_impossible(store, kes):
    """A version of the same second that sorts first, written a little later, must not go unseen."""
    stand_in = store.stand_in
    value = a_value(kes, stand_in)
    wins = []

    def later(name):
        stand_in.after_write = lambda name: None
        second = stand_in.secrets[name][0]["created"]

        def write():
            with stand_in.lock:
                if int(time.time()) == second:
                    stand_in.put(name, value, identifier="0" * 32)
                    wins.append(name)

        threading.Timer(0.3, write).start()

    for number in range(3):
        stand_in.after_write = later
        status = create(kes, f"late-{number}").status
        assert status == (400 if f"late-{number}" in wins else 200)


@pytest.mark.parametrize("fault", ["reset", "reset-after", 500, 503, 429, "500-after"])
def test_a_write_that_nobody_knows_of_is_neither_lost_nor_doubled(store, kes, fault):
    stand_in = store.stand_in
    if fault == "500-after":
        # It is done, and its answer is lost on the way.
        perform = stand_in._put

        def put(request, name):
            stand_in._put = perform
            perform(request, name)
            return Reply(500, {})

        stand_in._put = put
    else:
        kind = Reply(fault, {}, {"Retry-After": "1"} if fault == 429 else {}) if isinstance(fault, int) else fault
        stand_in.fail(kind, 1, is_put)
    assert create(kes, "k").status == 200, kes.log_text()
    assert len(stand_in.secrets["k"]) == 1
    assert describe(kes, "k").status == 200


def test_a_rotation_is_a_version_that_names_the_one_it_replaces(store, kes, server_on):
    stand_in = store.stand_in
    assert create(kes, "turning").status == 200
    first = generate(kes, "turning")
    # Somebody writes a version by hand: for KES and for this server it means nothing.
    stand_in.put("turning", "not a key")
    assert rotate(kes, "turning").status == 200, kes.log_text()
    second = generate(kes, "turning")
    versions = stand_in.secrets["turning"]
    assert versions[2]["tags"]["coffer-replaces"] == versions[0]["id"]
    assert rotate(kes, "turning").status == 200, kes.log_text()
    third = generate(kes, "turning")
    assert versions[3]["tags"]["coffer-replaces"] == versions[2]["id"]
    fresh = server_on(store)
    assert all(opens(fresh, "turning", one) for one in (first, second, third))
    # The original KES reads the oldest version, which is the key as it was.
    stand_in.put("as-kes-sees-it", versions[0]["value"])
    assert opens(fresh, "as-kes-sees-it", first) and not opens(fresh, "as-kes-sees-it", third)


def test_of_two_rotations_at_once_both_happen_one_after_the_other(store, kes, server_on):
    second = server_on(store)
    assert create(kes, "turning").status == 200
    keys = [generate(kes, "turning")]
    begin = threading.Barrier(2)
    answers = []

    def turn(one):
        begin.wait()
        answers.append(rotate(one, "turning").status)

    threads = [threading.Thread(target=turn, args=(one,)) for one in (kes, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200, 200], kes.log_text() + second.log_text()
    keys += [generate(kes, "turning"), generate(second, "turning")]
    for one in (kes, second, server_on(store)):
        assert all(opens(one, "turning", key) for key in keys)


def test_a_rotation_does_not_bring_a_deleted_key_back(store, kes):
    stand_in = store.stand_in
    assert create(kes, "gone").status == 200

    def others_delete(name):
        """Deleted and purged just before the write."""
        stand_in.after_write = lambda name: None
        del stand_in.secrets[name][0]

    stand_in.after_write = others_delete
    assert rotate(kes, "gone").status == 404, kes.log_text()
    assert "gone" not in stand_in.secrets and describe(kes, "gone").status == 404
    assert create(kes, "gone").status == 200


@pytest.mark.parametrize("attributes, reason", [
    ({"enabled": False}, "is disabled"), ({"nbf": 4_000_000_000}, "must not be used before"), ({"exp": 1}, "expired at")])
def test_a_secret_that_must_not_be_used_is_a_failure_and_not_a_missing_key(store, kes, attributes, reason):
    value = a_value(kes, store.stand_in)
    store.stand_in.put("k", value, **attributes)
    assert describe(kes, "k").status == 502
    said(kes, reason)
    assert create(kes, "k").status == 400
    assert kes.call("GET", "/v1/ready").status == 200


# --- soft delete

def test_deleting_purges_and_the_name_is_free(store, kes):
    store.stand_in.deletion_seconds = store.stand_in.purge_seconds = 1.5
    for _ in range(2):
        assert create(kes, "again").status == 200, kes.log_text()
        assert delete(kes, "again").status == 200, kes.log_text()
        assert describe(kes, "again").status == 404
    assert "WARN" not in kes.log_text()
    assert delete(kes, "again").status == 404


def test_without_the_right_to_purge_the_key_is_deleted_all_the_same(store, kes):
    store.stand_in.rights.discard("purge")
    assert create(kes, "k").status == 200
    assert delete(kes, "k").status == 200
    assert describe(kes, "k").status == 404
    assert "'purge' on secrets" in said(kes, "deleted, but not purged")
    answer = create(kes, "k")
    assert answer.status == 502
    said(kes, "recover or purge it")
    store.stand_in.rights.add("purge")
    assert create(kes, "k").status == 200


def test_creating_over_a_recoverable_secret_purges_it_and_says_so(store, kes):
    stand_in = store.stand_in
    stand_in.put("old", "somebody's")
    stand_in._delete("old")
    stand_in.purge_seconds = 1
    assert create(kes, "old").status == 200, kes.log_text()
    today = datetime.datetime.now(datetime.timezone.utc).date().isoformat()
    assert f"deletedDate={today}" in said(kes, "purged a deleted secret")
    assert describe(kes, "old").status == 200


def test_a_purge_that_takes_too_long_is_a_failure_that_says_so(store, kes):
    stand_in = store.stand_in
    stand_in.put("slow", "somebody's")
    stand_in.deletion_seconds = 60
    stand_in._delete("slow")
    answer = exchange(kes.connect(kes.admin, timeout=30), "PUT", "/v1/key/create/slow", close=True)
    assert (answer.status, answer.json()["message"]) == (502, "failed to create key")
    said(kes, "is being purged")
    assert kes.call("GET", "/v1/ready").status == 200


def test_a_deletion_that_takes_long_is_reported_as_done(store, kes):
    store.stand_in.deletion_seconds = 60
    assert create(kes, "k").status == 200
    assert delete(kes, "k").status == 200
    said(kes, "still busy with it")
    assert describe(kes, "k").status == 404


# --- names

def test_names_that_a_vault_cannot_hold(store, kes):
    answer = create(kes, "a_b")
    assert answer.status == 400 and "letters, digits and hyphens" in answer.json()["message"], answer
    assert describe(kes, "a_b").status == 404
    assert delete(kes, "a_b").status == 404
    assert not store.stand_in.asked(path="a_b")


@pytest.mark.parametrize("writer", ["this server", "KES"])
def test_names_that_differ_in_case_are_not_taken_for_one_another(store, kes, writer):
    value = a_value(kes, store.stand_in)
    if writer == "KES":
        store.stand_in.put("warm", value)
    else:
        assert create(kes, "warm").status == 200
    answer = create(kes, "WARM")
    assert answer.status == 400 and "differ in case" in answer.json()["message"]
    assert describe(kes, "WARM").status == 404
    assert rotate(kes, "WARM").status == 404
    assert delete(kes, "WARM").status == 404
    assert describe(kes, "warm").status == 200 and names(kes) == ["warm"]


def test_what_was_deleted_under_a_name_in_another_case_is_not_purged(store, kes):
    store.stand_in.put("KEPT", "somebody's")
    store.stand_in._delete("KEPT")
    assert delete(kes, "kept").status == 404
    assert create(kes, "kept").status == 400
    assert not [one for one in store.stand_in.asked("DELETE", "/deletedsecrets/")], store.stand_in.requests


# --- rights and faults

@pytest.mark.parametrize("uses_roles", [False, True])
@pytest.mark.parametrize("right, action", [
    ("get", "getSecret/action"), ("list", "readMetadata/action"), ("set", "setSecret/action"), ("delete", "secrets/delete")])
def test_a_missing_right_is_named(store, kes, right, action, uses_roles):
    stand_in = store.stand_in
    stand_in.uses_roles = uses_roles
    assert create(kes, "k").status == 200
    stand_in.rights.discard(right)
    call = {"get": describe, "list": describe, "set": lambda kes, _: create(kes, "l"), "delete": delete}[right]
    assert call(kes, "k").status == 502
    assert "Key Vault" in said(kes, action if uses_roles else f"'{right}' on secrets")
    assert kes.call("GET", "/v1/ready").status == 200


def test_throttling_is_waited_for_as_long_as_the_vault_says(store, kes):
    assert create(kes, "k").status == 200
    store.stand_in.fail(Reply(429, failure(429, "TooManyRequests", "Too many.").body, {"Retry-After": "3"}), 1,
                        store.is_key_call)
    begin = time.monotonic()
    assert describe(kes, "k").status == 200, kes.log_text()
    assert time.monotonic() - begin >= 3


@pytest.mark.parametrize("status", [404, 200])
def test_what_is_not_the_vaults_answer_is_no_missing_key(store, kes, status):
    """As a proxy answers that knows no vault."""
    assert create(kes, "k").status == 200
    store.stand_in.fail(Reply(status, b"<html></html>", {"Content-Type": "text/html"}), 1, store.is_key_call)
    assert describe(kes, "k").status == 502


def test_a_vault_with_many_secrets_is_listed(store, kes):
    for number in range(600):
        store.stand_in.put(f"key-{number:05}", "value")
    store.stand_in.put("of-a-certificate", "value", managed=True)
    listed = kes.call("GET", "/v1/key/list/key-002*").json()["names"]
    assert listed == [f"key-{number:05}" for number in range(200, 300)]
    assert names(kes) == [f"key-{number:05}" for number in range(600)]


def test_a_listing_that_takes_more_than_a_calls_time_goes_on_where_it_stopped(store, server_on):
    kes = server_on(store, sections=NO_CACHE + "api:\n  /v1/key/list/:\n    timeout: 2s\n")
    for number in range(2000):
        store.stand_in.put(f"key-{number:05}", "value")
    serve, pace = store.stand_in._list, 0.06

    def slow(request):
        time.sleep(pace)
        return serve(request)

    store.stand_in._list = slow
    answers = []
    while not answers or answers[-1].status != 200:
        assert len(answers) < 10, kes.log_text()
        answers.append(kes.call("GET", "/v1/key/list/"))
    assert len(answers) > 1
    assert answers[-1].json()["names"][0] == "key-00000"
    targets = [one.target for one in store.stand_in.asked(path="skiptoken")]
    # At most the request that was under way is made again.
    assert len(targets) <= len(set(targets)) + len(answers)


def test_two_who_list_at_once_both_go_on_where_they_stopped(store, server_on):
    kes = server_on(store, sections=NO_CACHE + "api:\n  /v1/key/list/:\n    timeout: 4s\n")
    for number in range(1500):
        store.stand_in.put(f"{'ab'[number % 2]}-{number:05}", "value")
    serve = store.stand_in._list

    def slow(request):
        time.sleep(0.05)
        return serve(request)

    store.stand_in._list = slow
    listed, asked = {}, 0
    while len(listed) < 2:
        asked += 1
        assert asked < 16, kes.log_text()
        for prefix in "ab":
            answer = kes.call("GET", f"/v1/key/list/{prefix}*")
            if answer.status == 200 and prefix not in listed:
                listed[prefix] = answer.json()["names"]
    assert asked > 1
    for index, prefix in enumerate("ab"):
        assert listed[prefix] == [f"{prefix}-{number:05}" for number in range(index, 1500, 2)]


def test_the_pages_of_a_listing_cost_one_walk(store, kes):
    for number in range(2500):
        store.stand_in.put(f"key-{number:05}", "value")
    store.stand_in.forget()
    found, rest, pages = [], "", 0
    while True:
        page = kes.call("GET", f"/v1/key/list/{rest}").json()
        found, rest, pages = found + page["names"], page.get("continue_at"), pages + 1
        if not rest:
            break
    assert found == [f"key-{number:05}" for number in range(2500)] and pages > 1
    assert len([one for one in store.stand_in.asked("GET") if one.path == "/secrets" and one.status == 200]) == 100


def test_a_link_to_another_host_is_not_followed_with_a_token(store, kes):
    link = "https://elsewhere.example/secrets?api-version=7.5&$skiptoken=1"
    assert names(kes) == []
    store.stand_in.fail(Reply(200, {"value": [], "nextLink": link}), 1, store.is_key_call)
    assert kes.call("GET", "/v1/key/list/").status == 502
