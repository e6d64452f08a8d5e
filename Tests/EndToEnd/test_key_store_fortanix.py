"""Keys in Fortanix SDKMS: the API key, paging by names, disabled objects, trust."""

import pytest

from kes import server_certificate
from key_servers import NO_CACHE, logged, names, server_on  # noqa: F401 (the fixture)
from stand_in import Reply
from store_fortanix import FortanixStore


@pytest.fixture
def store(tmp_path):
    (tmp_path / "store").mkdir()
    made = FortanixStore(tmp_path / "store")
    yield made
    made.close()


def all_names(server):
    found, last = [], ""
    while True:
        answer = server.call("GET", f"/v1/key/list/{last}").json()
        found += answer["names"]
        last = answer.get("continue_at", "")
        if not last:
            return found


def fill(store, wanted):
    for name in wanted:
        store.stand_in.objects[name] = {"kid": name, "value": "", "enabled": True, "group_id": None}


def test_a_key_is_stored_as_kes_stores_it(store, server_on):
    server = server_on(store)
    assert server.call("PUT", "/v1/key/create/k").status == 200
    [created] = store.stand_in.asked("PUT", "/crypto/v1/keys")
    body = created.json()
    assert list(body) == ["obj_type", "name", "group_id", "key_ops", "value", "enabled"]
    assert (body["obj_type"], body["key_ops"]) == ("OPAQUE", ["EXPORT", "APPMANAGEABLE"])
    opened, closed = store.stand_in.asked("POST", "/sys/v1/session/")
    assert opened.target.endswith("auth") and closed.target.endswith("terminate")
    assert store.stand_in.sessions == set()


def test_an_api_key_that_is_refused_is_said(store, server_on):
    store.section = store.lines(store.stand_in.certificate.certificate, key="d3Jvbmc6a2V5")
    server = server_on(store)
    assert server.call("GET", "/v1/ready").status in (502, 504)
    log = logged(server, "refused by the store, not by a policy of this server (status 401: Authentication failed)")
    assert "refused by the store, not by a policy of this server (status 401: Authentication failed)" in log
    assert "d3Jvbmc6a2V5" not in log


@pytest.mark.parametrize("starts_after", [False, True])
def test_names_are_listed_page_by_page_in_few_calls(store, server_on, starts_after):
    server = server_on(store)
    store.stand_in.starts_after = starts_after
    wanted = sorted(f"key-{number:04}" for number in range(2500)) + ["other"]
    fill(store, wanted + ["no/name"])
    store.stand_in.forget()
    assert all_names(server) == wanted
    assert len(store.stand_in.asked("GET", "/crypto/v1/keys")) < 60
    store.stand_in.forget()
    assert names(server, "key-00*") == wanted[:100]
    assert len(store.stand_in.asked("GET", "/crypto/v1/keys")) < 5


def test_another_order_loses_no_name(store, server_on):
    server = server_on(store)
    store.stand_in.order = str.lower
    wanted = sorted([f"Key-{number:03}" for number in range(150)] + [f"key-{number:03}x" for number in range(150)])
    fill(store, wanted)
    assert all_names(server) == wanted
    assert names(server, "key*") == [name for name in wanted if name.startswith("key")]


def test_a_disabled_object_is_no_missing_key(store, server_on):
    server = server_on(store, sections=NO_CACHE)
    assert server.call("PUT", "/v1/key/create/k").status == 200
    store.stand_in.objects["k"]["enabled"] = False
    assert server.call("GET", "/v1/key/describe/k").status == 502
    logged(server, "the security object 'k' is disabled")
    assert server.call("GET", "/v1/ready").status == 200


def test_a_404_that_is_not_the_stores_is_no_missing_key(store, server_on):
    server = server_on(store, sections=NO_CACHE)
    store.stand_in.fail(Reply(404, b"<html>does not exist</html>", {"Content-Type": "text/html"}), 1000, store.is_key_call)
    assert server.call("GET", "/v1/key/describe/k").status == 502
    assert server.call("DELETE", "/v1/key/delete/k").status == 502


def test_deleting_what_is_not_there_is_said(store, server_on):
    assert server_on(store).call("DELETE", "/v1/key/delete/k").status == 404


def test_a_configured_authority_is_the_only_one(store, server_on, tmp_path):
    other = server_certificate(tmp_path / "other")
    store.section = store.lines(other.certificate)
    store.environment = {"SSL_CERT_FILE": str(store.stand_in.certificate.certificate)}
    server = server_on(store)
    assert server.call("GET", "/v1/ready").status == 504
    logged(server, "certificate is not trusted")


@pytest.mark.parametrize("content", [None, "no certificate\n"])
def test_an_authority_that_cannot_be_read_ends_the_start(store, server_on, tmp_path, content):
    file = tmp_path / "authority.pem"
    if content:
        file.write_text(content)
    store.section = store.lines(file)
    with pytest.raises(RuntimeError, match="authority.pem"):
        server_on(store)
