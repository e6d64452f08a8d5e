"""Keys that were made elsewhere, brought to the key service by the console."""

import base64
import hashlib
import json
import os

import pytest

from accounts import admin
from console_api import Console, console_server, with_console
from pair import CALLS, KEY, Pair


def material(server):
    """A key; neither its base64 nor its digits may be found in a log or on the drive."""
    key = os.urandom(32)
    server.secrets += [base64.b64encode(key).decode(), key.hex()]
    return key


def bring(console, name, body):
    return console.call("PUT", "keys/import", {"k": name}, data=body, headers={"Content-Type": "text/plain"})


@pytest.fixture(scope="module")
def coffer(tmp_path_factory):
    made = console_server(tmp_path_factory.mktemp("keys"))
    try:
        with made:
            yield made
    finally:
        made.remove()


def test_a_key_goes_to_the_keyring_and_is_that_key(coffer):
    console = Console(coffer)
    may = console.login()["may"]
    assert may["kms:ImportKey"]
    key = material(coffer)
    answer = bring(console, "brought", base64.b64encode(key))
    assert answer.status_code == 201 and answer.json()["name"] == "brought", answer.text
    ring = json.loads(coffer.keyring.read_text())
    assert hashlib.sha256(key).hexdigest()[:32] in json.dumps(ring)
    bucket, s3 = coffer.bucket(), coffer.s3()
    s3.put_object(Bucket=bucket, Key="x", Body=b"under it", ServerSideEncryption="aws:kms", SSEKMSKeyId="brought")
    assert s3.get_object(Bucket=bucket, Key="x")["Body"].read() == b"under it"
    again = bring(console, "brought", base64.b64encode(material(coffer)))
    assert (again.status_code, again.json()["error"]["code"]) == (409, "kms:KeyAlreadyExists")


@pytest.mark.parametrize("body", (b"", b"x", b"=" * 44, base64.b64encode(b"k" * 31), base64.b64encode(b"k" * 33), b"\xff" * 44, b"a" * 2000))
def test_what_is_no_key_is_refused(coffer, body):
    console = Console(coffer)
    console.login()
    answer = bring(console, "none", body)
    assert answer.status_code in (400, 413), answer.text
    assert "none" not in coffer.keyring.read_text()


def test_who_may_not_may_not(coffer):
    coffer.secrets.append("nobodys-secret-1")
    admin(coffer).user_add("nobody", "nobodys-secret-1")
    console = Console(coffer)
    console.login("nobody", "nobodys-secret-1")
    answer = bring(console, "mine", base64.b64encode(material(coffer)))
    assert answer.status_code == 403 and "mine" not in coffer.keyring.read_text()


def test_a_key_server_takes_it_if_its_policy_says_so(tmp_path):
    pair = Pair(tmp_path)
    with_console(pair.server)
    with pair.kes, pair.server:
        console = Console(pair.server)
        console.login()
        refused = bring(console, f"{KEY}-2", base64.b64encode(material(pair.server)))
        assert refused.status_code >= 400 and f"/v1/key/import/{KEY}-2" in refused.json()["error"]["message"], refused.text
        pair.allow((*CALLS, "import", "list"))
        pair.kes.reload()
        key = material(pair.server)
        taken = bring(console, f"{KEY}-2", base64.b64encode(key))
        assert taken.status_code == 201, taken.text
        bucket, s3 = pair.server.bucket(), pair.server.s3()
        s3.put_object(Bucket=bucket, Key="x", Body=b"under it", ServerSideEncryption="aws:kms", SSEKMSKeyId=f"{KEY}-2")
        assert s3.get_object(Bucket=bucket, Key="x")["Body"].read() == b"under it"
