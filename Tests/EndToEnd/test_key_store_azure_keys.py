"""Keys in files that a key of an Azure Key Vault, or of a Managed HSM, has wrapped."""

import base64
import json
import socket

import pytest
from azure.identity import ClientSecretCredential
from azure.keyvault.keys import KeyClient
from azure.keyvault.keys.crypto import CryptographyClient, KeyWrapAlgorithm

from key_servers import uncached_server_on as server_on
from stand_in import Reply
from store_azure import CLIENT, SECRET, TENANT, AzureKeysStore, ClientCertificate, base64url


@pytest.fixture
def stores(tmp_path):
    made = []

    def one(**options):
        directory = tmp_path / f"store-{len(made)}"
        directory.mkdir()
        made.append(AzureKeysStore(directory, **options))
        return made[-1]

    yield one
    for store in made:
        store.close()


def create(kes, name):
    return kes.call("PUT", f"/v1/key/create/{name}")


def describe(kes, name):
    return kes.call("GET", f"/v1/key/describe/{name}")


def envelope(store, name):
    return json.loads(store.values()[name])


def said(kes, text):
    kes.wait_for_output(text, log=True)
    return kes.log_text()


def key_calls(store):
    return [one for one in store.stand_in.asked() if store.is_key_call(one)]


def test_azures_own_client_unwraps_what_the_server_wrapped(stores, server_on, monkeypatch):
    store = stores()
    kes = server_on(store)
    assert create(kes, "k").status == 200, kes.log_text()
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **options: resolve(
        "127.0.0.1" if host == "vault.localhost" else host, *rest, **options))
    options = {"connection_verify": str(store.certificate.certificate), "retry_total": 0}
    credential = ClientSecretCredential(
        TENANT, CLIENT, SECRET, authority=store.stand_in.url, disable_instance_discovery=True, **options)
    key = KeyClient(store.stand_in.vault, credential, api_version="7.4", **options).get_key("kek")
    client = CryptographyClient(key, credential, api_version="7.4", **options)
    wrapped = base64.b64decode(envelope(store, "k")["wrapped"])
    unwrapped = client.unwrap_key(KeyWrapAlgorithm.rsa_oaep_256, wrapped)
    assert len(unwrapped.key) == 32
    assert envelope(store, "k")["wrapping_key"] == f"kek/{key.properties.version}/RSA-OAEP-256"


def test_one_call_wraps_and_one_unwraps(stores, server_on):
    store = stores()
    kes = server_on(store)
    store.stand_in.forget()
    assert create(kes, "k").status == 200
    assert [one.target for one in key_calls(store)] == ["/keys/kek//wrapkey?api-version=7.4"]
    version = store.stand_in.wrapping_keys["kek"][0][0]
    store.stand_in.forget()
    assert describe(kes, "k").status == 200
    assert [one.target for one in key_calls(store)] == [f"/keys/kek/{version}/unwrapkey?api-version=7.4"]


def test_the_latest_version_wraps_and_the_recorded_one_unwraps(stores, server_on):
    store = stores()
    kes = server_on(store)
    assert create(kes, "before").status == 200
    store.stand_in.add_key("kek")
    assert create(kes, "after").status == 200
    first, second = (version for version, _ in store.stand_in.wrapping_keys["kek"])
    assert [envelope(store, name)["wrapping_key"].split("/")[1] for name in ("before", "after")] == [first, second]
    assert describe(kes, "before").status == 200 and describe(kes, "after").status == 200


def test_a_key_of_another_name_goes_on_to_unwrap(stores, server_on):
    store = stores()
    kes = server_on(store)
    assert create(kes, "before").status == 200
    store.stand_in.add_key("next")
    store.key = "next"
    kes.write_configuration()
    kes.reload()
    assert create(kes, "after").status == 200
    assert envelope(store, "after")["wrapping_key"].startswith("next/")
    assert describe(kes, "before").status == 200, kes.log_text()


def test_a_version_may_be_fixed(stores, server_on):
    store = stores()
    first = store.stand_in.wrapping_keys["kek"][0][0]
    store.stand_in.add_key("kek")
    store.key = f"kek/{first}"
    kes = server_on(store)
    assert create(kes, "k").status == 200
    assert envelope(store, "k")["wrapping_key"].split("/")[1] == first


def test_a_managed_hsm_wraps_with_aes(stores, server_on):
    store = stores(key="hsm", options="      algorithm: A256KW\n")
    store.stand_in.add_key("hsm", algorithm="AES")
    kes = server_on(store)
    assert create(kes, "k").status == 200, kes.log_text()
    assert describe(kes, "k").status == 200, kes.log_text()
    assert envelope(store, "k")["wrapping_key"].endswith("/A256KW")


def test_a_certificate_signs_in(stores, server_on, tmp_path):
    certificate = ClientCertificate(tmp_path / "application.pem")
    store = stores(credentials=f"credentials: {{tenant_id: {TENANT}, client_id: {CLIENT}, "
                               f"client_certificate: {certificate.path}}}")
    store.stand_in.client_certificate = certificate.der
    kes = server_on(store)
    assert create(kes, "k").status == 200, kes.log_text()


@pytest.mark.parametrize("right, action", [("wrapKey", "keys/wrap/action"), ("unwrapKey", "keys/unwrap/action")])
def test_a_missing_right_is_named(stores, server_on, right, action):
    store = stores()
    kes = server_on(store)
    assert create(kes, "k").status == 200
    store.stand_in.rights.discard(right)
    answer = create(kes, "l") if right == "wrapKey" else describe(kes, "k")
    assert answer.status == 502
    said(kes, f"'{right}' on keys")
    store.stand_in.uses_roles = True
    assert (create(kes, "l") if right == "wrapKey" else describe(kes, "k")).status == 502
    said(kes, action)


def test_a_wrapping_key_that_is_gone_is_no_missing_key(stores, server_on):
    store = stores()
    kes = server_on(store)
    assert create(kes, "k").status == 200
    store.stand_in.wrapping_keys.clear()
    assert describe(kes, "k").status == 502
    assert "KeyNotFound" in said(kes, "failed to unwrap a key with 'kek/")
    assert create(kes, "l").status == 502
    assert kes.call("GET", "/v1/key/list/").json()["names"] == ["k"]


def test_an_envelope_that_was_changed_does_not_open(stores, server_on):
    store = stores()
    kes = server_on(store)
    assert create(kes, "k").status == 200 and create(kes, "other").status == 200
    file = store.keys / "k"
    original = file.read_text()
    for change in (original.replace('"wrapped":"', '"wrapped":"AAAA'), original.replace("kek/", "../x/"),
                   (store.keys / "other").read_text()):
        file.write_text(change)
        assert describe(kes, "k").status == 502
    file.write_text(original)
    assert describe(kes, "k").status == 200
    assert not store.stand_in.asked(path="..")


@pytest.mark.parametrize("fault", ["reset", "reset-after", 429, 500, 503])
def test_a_failure_that_passes_is_not_seen(stores, server_on, fault):
    store = stores()
    kes = server_on(store)
    kind = Reply(fault, {}) if isinstance(fault, int) else fault
    store.stand_in.fail(kind, 1, store.is_key_call)
    assert create(kes, "k").status == 200, kes.log_text()
    store.stand_in.fail(kind, 1, store.is_key_call)
    assert describe(kes, "k").status == 200, kes.log_text()


@pytest.mark.parametrize("fault", [401, 403, 500, "malformed", "oversized", "short"])
def test_a_failure_that_lasts_is_said(stores, server_on, fault):
    store = stores()
    kes = server_on(store)
    assert create(kes, "k").status == 200
    short = Reply(200, {"kid": f"{store.stand_in.vault}/keys/kek/1", "value": base64url(b"too short")})
    store.stand_in.fail(short if fault == "short" else Reply(fault, {}) if isinstance(fault, int) else fault, 1000,
                        store.is_key_call)
    assert describe(kes, "k").status == 502
    log = said(kes, "failed to read the key")
    assert "Bearer" not in log and SECRET not in log
    store.stand_in.heal()
    assert describe(kes, "k").status == 200


def test_an_outage_of_the_vault_is_an_outage_of_the_store(stores, server_on):
    store = stores()
    kes = server_on(store)
    assert create(kes, "k").status == 200
    store.stand_in.stop()
    assert describe(kes, "k").status == 502
    assert kes.call("GET", "/v1/ready").status == 504
    store.stand_in.restart()
