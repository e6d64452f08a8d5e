"""The guide for a pair of servers, from the first key to an outage of the key store, over every root key store."""

import time

import pytest

import wire
from pair import KEY, Pair
from payloads import KEY_ID, SSE, payload
from root_stores import STORES

SECOND = "my-key-2"
BODY = payload(100_000)
OFFLINE = "cache:\n  expiry:\n    any: 1s\n    unused: 1s\n    offline: 5m\n"


def default(key):
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}]}


@pytest.fixture(params=sorted(STORES))
def store(request, tmp_path):
    (tmp_path / "store").mkdir()
    made = STORES[request.param](tmp_path / "store")
    yield made
    made.close()


@pytest.fixture
def pair(store, tmp_path):
    pair = Pair(tmp_path / "pair", root_store=store)
    pair.kes.sections += OFFLINE
    pair.kes.write_configuration()
    try:
        yield pair.start()
        pair.stop()
    finally:
        pair.remove()


def wait_until_ready(pair, status):
    deadline = time.monotonic() + 40
    while (answer := pair.kes.call("GET", "/v1/ready")).status != status:
        assert time.monotonic() < deadline, (answer, pair.kes.log_text())
        time.sleep(0.1)


def test_the_guide_from_its_first_line_to_its_last(pair, store):
    # The object server has made its default key, for its policy lets it.
    assert pair.root("key", "ls").stdout == f"Key\n{KEY}\n"
    assert f"Owner       {pair.app_text}" in pair.root("key", "info", KEY).stdout
    denied = pair.as_app("key", "create", "other", check=False)
    assert denied.returncode == 1 and "not authorized: insufficient permissions" in denied.stderr
    pair.kes.wait_for_output("access denied: rejected by policy", log=True)
    denials = [line for line in pair.kes.log_text().splitlines() if "access denied: rejected by policy" in line]
    assert denials and "refused-by=policy" in denials[-1] and "req.path=/v1/key/create/other" in denials[-1]

    pair.root("key", "create", SECOND)
    assert set(store.values()) == {KEY, SECOND}
    s3 = pair.server.s3()
    s3.create_bucket(Bucket="guide")
    s3.put_object(Bucket="guide", Key="before", Body=BODY)
    s3.put_bucket_encryption(Bucket="guide", ServerSideEncryptionConfiguration=default(SECOND))
    s3.put_object(Bucket="guide", Key="after", Body=BODY)

    def check():
        s3 = pair.server.s3()
        head = s3.head_object(Bucket="guide", Key="after")
        assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", SECOND)
        for key in ("before", "after"):
            assert s3.get_object(Bucket="guide", Key=key)["Body"].read() == BODY

    check()
    pair.stop()
    pair.start()
    check()
    if getattr(pair.kes.root_store, "rotates", True):
        pair.root("key", "rotate", SECOND)
    s3 = pair.server.s3()
    s3.put_object(Bucket="guide", Key="rotated", Body=BODY)
    pair.server.restart()
    check()
    assert pair.server.s3().get_object(Bucket="guide", Key="rotated")["Body"].read() == BODY


def test_an_outage_of_the_key_store_is_not_one_of_the_objects(pair, store, tmp_path):
    pair.root("key", "create", SECOND)
    bucket = pair.server.bucket()
    under_second = {SSE: "aws:kms", KEY_ID: SECOND}
    assert pair.server.call("PUT", f"/{bucket}/k", under_second, BODY).status == 200
    if store.stand_in:
        store.stand_in.stop()
    elif hasattr(store, "leave"):
        store.leave()
    else:
        store.directory.rename(tmp_path / "elsewhere")
    wait_until_ready(pair, 504 if store.stand_in or hasattr(store, "leave") else 502)
    # Longer than `any`: what the key server has in memory serves all the same.
    time.sleep(1.5)
    assert pair.server.call("GET", f"/{bucket}/k").body == BODY
    assert pair.server.call("PUT", f"/{bucket}/l", under_second, BODY).status == 200
    refused = pair.root("key", "create", "my-key-3", check=False)
    assert refused.returncode == 1 and "failed to create key" in refused.stderr
    assert wire.request(pair.server, "GET", "/minio/health/live").status == 200
    if store.stand_in:
        store.stand_in.restart()
    elif hasattr(store, "come_back"):
        store.come_back()
    else:
        (tmp_path / "elsewhere").rename(store.directory)
    wait_until_ready(pair, 200)
    assert pair.root("key", "create", "my-key-3").stdout == ""
    for key in ("k", "l"):
        assert pair.server.call("GET", f"/{bucket}/{key}").body == BODY
    assert set(store.values()) == {KEY, SECOND, "my-key-3"}
