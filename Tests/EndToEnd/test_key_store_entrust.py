"""Keys in an Entrust KeyControl vault: tokens that are renewed, what is in the box, listing."""

import time

import pytest

from kes import server_certificate
from key_servers import NO_CACHE, logged, names, server_on  # noqa: F401 (the fixture)
from stand_in import Reply
from store_entrust import EntrustStore


@pytest.fixture
def store(tmp_path):
    (tmp_path / "store").mkdir()
    made = EntrustStore(tmp_path / "store")
    yield made
    made.close()


def read_for(seconds, server):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert server.call("GET", "/v1/key/describe/k").status == 200, server.log_text()
        time.sleep(0.05)


def test_tokens_are_renewed_without_a_failure(store, server_on):
    store.stand_in.lifetime = 3
    server = server_on(store, sections=NO_CACHE)
    assert server.call("PUT", "/v1/key/create/k").status == 200
    read_for(7, server)
    assert len(store.stand_in.asked("POST", "/Login/")) == 1
    assert len(store.stand_in.asked("POST", "/Renew/")) >= 2


def test_a_renewal_that_fails_leads_to_a_login_and_to_further_renewals(store, server_on):
    store.stand_in.lifetime, store.stand_in.renews = 3, False
    server = server_on(store, sections=NO_CACHE)
    assert server.call("PUT", "/v1/key/create/k").status == 200
    read_for(5, server)
    assert len(store.stand_in.asked("POST", "/Login/")) >= 2
    store.stand_in.renews = True
    logins = len(store.stand_in.asked("POST", "/Login/"))
    read_for(5, server)
    assert len(store.stand_in.asked("POST", "/Login/")) <= logins + 1
    assert any(one.status == 200 for one in store.stand_in.asked("POST", "/Renew/"))


def test_a_revoked_token_is_replaced_at_once(store, server_on):
    server = server_on(store, sections=NO_CACHE)
    assert server.call("PUT", "/v1/key/create/k").status == 200
    store.stand_in.tokens.clear()
    assert server.call("GET", "/v1/key/describe/k").status == 200, server.log_text()


def test_a_refused_login_is_said(store, server_on):
    store.section = store.lines(store.stand_in.certificate.certificate, password="wr0ng-Kd8")
    server = server_on(store)
    assert server.call("GET", "/v1/ready").status in (502, 504)
    assert "Invalid username or password" in logged(server, "Invalid username or password") and "wr0ng-Kd8" not in server.log_text()


def test_a_missing_box_is_no_missing_key(store, server_on):
    server = server_on(store, sections=NO_CACHE)
    store.stand_in.box = "another"
    assert server.call("GET", "/v1/key/describe/k").status == 502
    logged(server, "Box not found")
    assert server.call("GET", "/v1/ready").status == 502


@pytest.mark.parametrize("status", [200, 204])
def test_a_key_is_deleted_whatever_success_is_called(store, server_on, status):
    store.stand_in.deletion_status = status
    server = server_on(store)
    assert server.call("PUT", "/v1/key/create/k").status == 200
    assert server.call("DELETE", "/v1/key/delete/k").status == 200
    assert server.call("DELETE", "/v1/key/delete/k").status == 404


def test_names_are_listed_by_prefix_and_without_empty_ones(store, server_on):
    server = server_on(store)
    wanted = sorted([f"app-{number:04}" for number in range(600)] + ["backup", "zone"])
    store.stand_in.secrets.update({name: "" for name in wanted + ["not/a/key"]})
    assert names(server) == wanted
    store.stand_in.forget()
    assert names(server, "app-05*") == wanted[500:600]
    assert names(server, "b*") == ["backup"]
    assert len(store.stand_in.asked("POST", "/ListSecretIds/")) == 2
    store.stand_in.order = str.lower
    store.stand_in.secrets.update({"Zone": "", "Alpha": ""})
    assert names(server) == sorted(wanted + ["Zone", "Alpha"])


def test_a_configured_authority_is_trusted_besides_the_systems(store, server_on, tmp_path):
    server_on(store)
    store.section = store.lines(server_certificate(tmp_path / "another").certificate)
    store.environment = {"SSL_CERT_FILE": str(store.stand_in.certificate.certificate)}
    assert server_on(store).call("GET", "/v1/ready").status == 200


def test_an_authority_that_is_missing_ends_the_start(store, server_on, tmp_path):
    store.section = store.lines(tmp_path / "absent.pem")
    with pytest.raises(RuntimeError, match="absent.pem"):
        server_on(store)


def test_a_failing_status_of_the_box_is_an_outage(store, server_on):
    server = server_on(store)
    store.stand_in.fail(Reply(403, {"error": "Access denied"}), 1000, lambda one: "GetBox" in one.target)
    assert server.call("GET", "/v1/ready").status == 502
    logged(server, "GetBox")
