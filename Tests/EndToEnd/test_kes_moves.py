"""Keys of the key server made and data keys moved with the object server's own commands."""

import json
import re

from pair import CALLS, KEY
from payloads import KEY_ID, MIB, SSE, completion, payload
from server import REPOSITORY

KMS = {SSE: "aws:kms"}
SECOND = "my-key-2"
BODY = payload(70_000)
ADMIN = "/minio/kms/v1"
WITH_ENCRYPT = (*CALLS, "encrypt")


def store_everything(server):
    server.bucket("moved")
    assert server.call("PUT", "/moved/s3", body=BODY).status == 200
    for number in range(5):
        assert server.call("PUT", f"/moved/kms-{number}", KMS, BODY).status == 200
    upload = server.call("POST", "/moved/parts?uploads", KMS).find("UploadId")
    part = server.call("PUT", f"/moved/parts?uploadId={upload}&partNumber=1", body=payload(5 * MIB)).headers["etag"]
    assert server.call("POST", f"/moved/parts?uploadId={upload}", body=completion([(1, part)])).status == 200


def assert_everything_opens(server):
    for key in ("s3", *(f"kms-{number}" for number in range(5))):
        assert server.call("GET", f"/moved/{key}").body == BODY
    assert server.call("GET", "/moved/parts").body == payload(5 * MIB)


def admin(server, method, target):
    return server.call(method, f"{ADMIN}/{target}", region="")


def test_a_key_of_an_administrator_of_objects_is_the_key_servers(make_pair):
    with make_pair() as pair:
        assert admin(pair.server, "POST", f"key/create?key-id={SECOND}").status == 200
        assert pair.root("key", "ls").stdout == f"Key\n{KEY}\n{SECOND}\n"
        assert f"Owner       {pair.app_text}" in pair.root("key", "info", SECOND).stdout
        again = admin(pair.server, "POST", f"key/create?key-id={SECOND}")
        assert (again.status, json.loads(again.body)["Code"]) == (409, "kms:KeyAlreadyExists")
        other = admin(pair.server, "POST", "key/create?key-id=other")
        assert (other.status, json.loads(other.body)["Code"]) == (403, "kms:NotAuthorized")
        assert "other" not in pair.root("key", "ls").stdout
        status = json.loads(admin(pair.server, "GET", f"key/status?key-id={SECOND}").body)
        assert status == {"key-id": SECOND}
        status = json.loads(admin(pair.server, "GET", "key/status?key-id=other").body)
        assert "does not permit" in status["encryption-error"]
        pair.kes.kill()
        state = json.loads(admin(pair.server, "GET", "status").body)
        assert set(state["endpoints"].values()) == {"offline"}
        answer = admin(pair.server, "POST", "key/create?key-id=my-key-3")
        assert answer.status == 503 and answer.headers["retry-after"]


def test_data_keys_move_to_another_key_and_the_old_one_can_be_removed(make_pair):
    with make_pair(calls=WITH_ENCRYPT) as pair:
        store_everything(pair.server)
        pair.root("key", "create", SECOND)
        moved = pair.server.keys("rewrap", "--to", SECOND)
        assert moved.returncode == 0 and f"0 data keys left under {KEY}" in moved.stdout, moved
        assert pair.server.call("HEAD", "/moved/kms-0").headers[KEY_ID] == SECOND
        assert_everything_opens(pair.server)
        pair.server.stop()
        pair.root("key", "rm", KEY)
        pair.server.environment["MINIO_KMS_KES_KEY_NAME"] = SECOND
        pair.server.start()
        assert_everything_opens(pair.server)
        assert pair.root("key", "ls").stdout == f"Key\n{SECOND}\n"


def test_what_was_sealed_before_a_rotation_need_not_move(make_pair):
    with make_pair(calls=WITH_ENCRYPT) as pair:
        store_everything(pair.server)
        pair.root("key", "rotate", KEY)
        assert pair.server.call("PUT", "/moved/after", KMS, BODY).status == 200
        pair.server.restart()
        assert_everything_opens(pair.server)
        assert pair.server.call("GET", "/moved/after").body == BODY


def test_data_keys_move_from_a_keyring_to_the_key_server(make_pair):
    pair = make_pair(calls=WITH_ENCRYPT)
    server, variables = pair.server, pair.server.environment
    keyring = server.directory / "keyring.json"
    server.environment, server.keyring = {}, keyring
    server.start()
    store_everything(server)
    server.stop()

    pair.kes.start()
    server.environment, server.keyring = {**variables, "COFFER_FORMER_KEYRING": str(keyring)}, None
    server.start()
    assert_everything_opens(server)
    assert server.call("PUT", "/moved/kms-0", KMS, BODY).status == 200
    moved = server.keys("rewrap", "--to", KEY)
    assert moved.returncode == 0 and not moved.stdout.startswith("0 "), moved
    server.stop()

    keyring.rename(server.directory / "put-away")
    server.environment = variables
    server.start()
    assert_everything_opens(server)
    pair.stop()


def test_who_may_not_seal_under_the_new_key_keeps_the_old_one(make_pair):
    with make_pair() as pair:
        store_everything(pair.server)
        pair.root("key", "create", SECOND)
        refused = pair.server.keys("rewrap", "--to", SECOND)
        assert refused.returncode == 1 and "does not permit" in refused.stderr, refused
        assert f"catalogue key  under {KEY}, version 1\n" in pair.server.keys("ls").stdout
        pair.server.restart()
        assert_everything_opens(pair.server)


def delivered_rules():
    """What the example configuration permits the object server."""
    text = (REPOSITORY / "deploy" / "kes-config.yml").read_text()
    return re.findall(r"- (/v1/\S+)", text[text.index("\npolicy:"):text.index("\ncache:")])


def test_the_delivered_policy_permits_whatever_the_object_server_does(make_pair):
    """Objects, keys by `mc admin kms`, and moving data keys."""
    pair = make_pair()
    pair.allow(rules=delivered_rules())
    with pair:
        store_everything(pair.server)
        assert admin(pair.server, "POST", f"key/create?key-id={SECOND}").status == 200
        listed = admin(pair.server, "GET", "key/list?pattern=*")
        assert [key["name"] for key in json.loads(listed.body)] == [KEY, SECOND]
        moved = pair.server.keys("rewrap", "--to", SECOND)
        assert moved.returncode == 0, moved
        assert_everything_opens(pair.server)
    assert "access denied" not in pair.kes.log_text()
