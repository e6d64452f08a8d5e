"""Keys in a CipherTrust Manager: token life, refused sign-ins, paging by counts."""

import time

import pytest

from key_servers import NO_CACHE, logged, names, server_on  # noqa: F401 (the fixture)
from stand_in import Reply
from store_gemalto import GemaltoStore


@pytest.fixture
def store(tmp_path):
    (tmp_path / "store").mkdir()
    made = GemaltoStore(tmp_path / "store")
    yield made
    made.close()


def test_a_key_is_stored_as_kes_stores_it(store, server_on):
    server = server_on(store)
    assert server.call("PUT", "/v1/key/create/k").status == 200
    [created] = store.stand_in.asked("POST", "/api/v1/vault/secrets")
    assert list(created.json()) == ["dataType", "name", "material"] and created.json()["dataType"] == "seed"
    signed_in = store.stand_in.asked("POST", "/api/v1/auth/tokens")[0].json()
    assert list(signed_in) == ["grant_type", "refresh_token", "domain"]


def test_short_tokens_are_renewed_without_a_failure(store, server_on):
    store.stand_in.duration = 3
    server = server_on(store, sections=NO_CACHE)
    assert server.call("PUT", "/v1/key/create/k").status == 200
    end = time.monotonic() + 8
    while time.monotonic() < end:
        assert server.call("GET", "/v1/key/describe/k").status == 200, server.log_text()
        time.sleep(0.05)
    assert len(store.stand_in.tokens) > 2


def test_a_revoked_token_is_replaced_at_once(store, server_on):
    server = server_on(store, sections=NO_CACHE)
    assert server.call("PUT", "/v1/key/create/k").status == 200
    store.stand_in.tokens.clear()
    assert server.call("GET", "/v1/key/describe/k").status == 200, server.log_text()
    assert len(store.stand_in.tokens) == 1


def test_a_refused_sign_in_is_said(store, server_on):
    store.section = store.lines(store.stand_in.certificate.certificate, token="refresh-Wr0ng")
    server = server_on(store)
    assert server.call("GET", "/v1/ready").status in (502, 504)
    log = logged(server, "NCERRUnauthorized: invalid refresh token")
    assert "NCERRUnauthorized: invalid refresh token" in log and "refresh-Wr0ng" not in log


def test_a_missing_right_is_the_stores_refusal(store, server_on):
    server = server_on(store, sections=NO_CACHE)
    store.stand_in.fail(Reply(403, {"code": 6, "codeDesc": "NCERRInsufficientPermissions: Insufficient permissions"}), 1000,
                        store.is_key_call)
    assert server.call("GET", "/v1/key/describe/k").status == 502
    log = logged(server, "refused by the store, not by a policy of this server")
    assert "refused by the store, not by a policy of this server" in log and "ExportSecret" in log
    assert "NCERRInsufficientPermissions" in log


def test_deleting_what_is_not_there_is_fine(store, server_on):
    assert server_on(store).call("DELETE", "/v1/key/delete/k").status == 200


def test_a_404_that_is_not_the_stores_is_no_missing_key(store, server_on):
    server = server_on(store, sections=NO_CACHE)
    store.stand_in.fail(Reply(404, b"404 page not found", {"Content-Type": "text/plain"}), 1000, store.is_key_call)
    assert server.call("GET", "/v1/key/describe/k").status == 502


def test_names_are_listed_page_by_page(store, server_on):
    server = server_on(store)
    wanted = [f"key-{number:03}" for number in range(450)]
    store.stand_in.secrets.update({name: "m" for name in reversed(wanted)})
    assert names(server) == wanted
    assert names(server, "key-44*") == wanted[440:]
    assert len(store.stand_in.asked("GET", "/api/v1/vault/secrets")) == 6


def test_the_pages_of_a_listing_cost_one_walk(store, server_on):
    server = server_on(store)
    wanted = [f"key-{number:04}" for number in range(4000)]
    store.stand_in.secrets.update({name: "m" for name in reversed(wanted)})
    found, rest, pages = [], "", 0
    while True:
        page = server.call("GET", f"/v1/key/list/{rest}").json()
        found, rest, pages = found + page["names"], page.get("continue_at"), pages + 1
        if not rest:
            break
    assert found == wanted and pages > 2
    assert len(store.stand_in.asked("GET", "/api/v1/vault/secrets")) == 20
    # Who begins anew sees what is new.
    store.stand_in.secrets["a-new-one"] = "m"
    assert names(server)[0] == "a-new-one"


def test_a_configured_authority_that_is_missing_ends_the_start(store, server_on, tmp_path):
    store.section = store.lines(tmp_path / "absent.pem")
    with pytest.raises(RuntimeError, match="absent.pem"):
        server_on(store)
