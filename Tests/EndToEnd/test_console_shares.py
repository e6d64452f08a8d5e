"""Links that were shared at the console: listed, taken back for good, and everybody's own."""

import datetime
import json

import pytest
import requests

from accounts import admin
from console_api import Console, console_server, console  # noqa: F401 (fixtures)


@pytest.fixture(scope="module")
def coffer(tmp_path_factory):
    made = console_server(tmp_path_factory.mktemp("shares"), environment={"COFFER_AUDIT_FILE": str(tmp_path_factory.mktemp("audit") / "audit.jsonl")})
    try:
        with made:
            yield made
    finally:
        made.remove()


@pytest.fixture(scope="module")
def bucket(coffer):
    name = coffer.bucket()
    coffer.s3().put_object(Bucket=name, Key="a b/ü?#.txt", Body=b"shared")
    return name


def share(console, bucket, key="a b/ü?#.txt", **members):
    made = console.do("POST", "shares", json={"bucket": bucket, "key": key, "seconds": 600, **members}, status=201)
    # Whoever finds it on the drive, or in a log, has the object.
    console.server.secrets.append(made["url"].rpartition("=")[2])
    return made


def shares(console, **query):
    return {row["id"]: row for row in console.do("GET", "shares", query)["shares"]}


def test_a_link_is_listed_and_taken_back_for_good(coffer, console, bucket):
    made = share(console, bucket)
    row = shares(console)[made["id"]]
    assert (row["bucket"], row["key"], row["accessKey"], row["state"], row["url"]) == (bucket, "a b/ü?#.txt", coffer.access_key, "active", made["url"])
    assert row["ends"] == made["ends"]
    ends, created = (datetime.datetime.fromisoformat(row[name]) for name in ("ends", "created"))
    assert ends - created == datetime.timedelta(seconds=600)
    assert requests.get(made["url"], timeout=10).content == b"shared"

    console.do("DELETE", "shares", {"id": made["id"]}, status=204)
    refused = requests.get(made["url"], timeout=10)
    assert refused.status_code == 403 and "AccessDenied" in refused.text
    row = shares(console)[made["id"]]
    assert row["state"] == "revoked" and "url" not in row and row["revoked"] > row["created"]
    # Again is as good as once.
    console.do("DELETE", "shares", {"id": made["id"]}, status=204)
    # Whatever order or spelling its parameters have.
    path, _, query = made["url"].partition("?")
    pairs = query.split("&")
    for spelt in (pairs[::-1], [*pairs[:-1], pairs[-1].partition("=")[0] + "=" + pairs[-1].partition("=")[2].upper()]):
        assert requests.get(f"{path}?{'&'.join(spelt)}", timeout=10).status_code == 403

    # Another link to the same object works, even one of the same second.
    others = [share(console, bucket) for _ in range(3)]
    assert made["id"] not in {other["id"] for other in others}
    assert all(requests.get(other["url"], timeout=10).content == b"shared" for other in others)

    coffer.restart()
    assert requests.get(made["url"], timeout=10).status_code == 403
    assert requests.get(others[0]["url"], timeout=10).content == b"shared"
    assert shares(console)[made["id"]]["state"] == "revoked"


def test_what_is_revoked_is_so_after_a_kill(coffer, console, bucket):
    made = share(console, bucket)
    console.do("DELETE", "shares", {"id": made["id"]}, status=204)
    coffer.kill()
    coffer.start()
    assert requests.get(made["url"], timeout=10).status_code == 403


def test_links_are_their_makers(coffer, console, bucket):
    root = admin(coffer)
    users = {}
    for name in ("anna", "bert"):
        secret = f"{name}-secret-key-1"
        coffer.secrets.append(secret)
        root.user_add(name, secret)
        root.policy_set("readwrite", user=name)
        users[name] = Console(coffer)
        users[name].login(name, secret)
    made = share(users["anna"], bucket)
    assert set(shares(users["anna"])) == {made["id"]} and shares(users["bert"]) == {}
    assert users["bert"].error("DELETE", "shares", query={"id": made["id"]}) == (404, "NoSuchShare")
    assert requests.get(made["url"], timeout=10).content == b"shared"
    # Root is shown that there is one, not the link itself, and may take it back.
    row = shares(console)[made["id"]]
    assert row["accessKey"] == "anna" and row["state"] == "active" and "url" not in row

    # With another secret the link is void, and is told to be.
    coffer.secrets.append("anna-secret-key-2")
    root.user_add("anna", "anna-secret-key-2")
    assert requests.get(made["url"], timeout=10).status_code == 403
    assert shares(console)[made["id"]]["state"] == "void"
    users["anna"].login("anna", "anna-secret-key-2")
    again = share(users["anna"], bucket)
    console.do("DELETE", "shares", {"id": again["id"]}, status=204)
    assert requests.get(again["url"], timeout=10).status_code == 403


def test_pages_bad_requests_and_the_audit(coffer, console, bucket):
    ids = {share(console, bucket, version=None)["id"] for _ in range(1)} | {share(console, bucket, key=f"none-{n}")["id"] for n in range(5)}
    everything = console.do("GET", "shares")["shares"]
    seen, after = [], None
    while True:
        page = console.do("GET", "shares", {"limit": 2, **({"after": after} if after else {})})
        seen += page["shares"]
        after = page.get("next")
        if not after:
            break
    assert [row["id"] for row in seen] == [row["id"] for row in everything] and ids <= {row["id"] for row in seen}
    assert [row["created"] for row in seen] == sorted((row["created"] for row in seen), reverse=True)
    assert console.error("GET", "shares", {"after": "x"}) == (400, "InvalidRequest")
    assert console.error("DELETE", "shares", {"id": "x"}) == (404, "NoSuchShare")
    assert console.error("DELETE", "shares") == (400, "InvalidRequest")
    assert console.error("DELETE", "shares", {"id": next(iter(ids))}, token=False) == (403, "TokenRequired")
    console.do("DELETE", "shares", {"id": next(iter(ids))}, status=204)
    coffer.stop()
    try:
        with open(coffer.environment["COFFER_AUDIT_FILE"]) as file:
            records = {record["api"].get("name"): record for record in map(json.loads, file)}
        for name in ("ShareObject", "RevokeShare"):
            told = {header.lower(): value for header, value in records[name]["requestHeader"].items()}
            assert records[name]["accessKey"] == coffer.access_key and len(told["x-coffer-console-session"]) == 8
    finally:
        coffer.start()
