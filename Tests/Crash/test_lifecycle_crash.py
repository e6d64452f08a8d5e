"""Kills the server again and again while a lifecycle rule removes thousands of objects."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest

from payloads import KIB, payload
from server import Server
from storm import assert_clean

OLD, KEPT = 1500, 60
KILLS = 8
PATIENCE_SECONDS = 120
RULE = (b"<LifecycleConfiguration><Rule><ID>past</ID><Prefix>old/</Prefix><Status>Enabled</Status><Expiration>"
        b"<Date>2015-01-01T00:00:00Z</Date></Expiration></Rule></LifecycleConfiguration>")
VERSIONING = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"


def content(number):
    """Most lie in the catalogue, some in files."""
    size = 200 * KIB if number % 10 == 0 else 2 * KIB
    return number.to_bytes(8, "big") + payload(size - 8, number % 4)


def number_of(key):
    return int(key.rpartition("/")[2])


def listed(server, bucket):
    found, token = [], ""
    while token is not None:
        page = server.call("GET", f"/{bucket}?list-type=2{token}")
        found += page.find_all("Contents/Key")
        token = page.find("NextContinuationToken")
        token = token and "&continuation-token=" + token.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
    return found


def assert_whole(server, bucket, keys):
    for key in keys:
        got = server.call("GET", f"/{bucket}/{key}", keep=True)
        # One that is old may go while it is looked for.
        assert (got.status == 200 and got.body == content(number_of(key))) or (got.status == 404 and key.startswith("old/")), key


@pytest.mark.slow
@pytest.mark.parametrize("versioned", (False, True), ids=("plain", "versioned"))
def test_a_kill_in_the_middle_of_expiry_loses_nothing_and_leaves_nothing(tmp_path, versioned):
    seed = int(os.environ.get("COFFER_CRASH_SEED") or int.from_bytes(os.urandom(4), "big"))
    print(f"COFFER_CRASH_SEED={seed}")
    random = Random(seed)
    server = Server(tmp_path, environment={"COFFER_LIFECYCLE_DAY": "2s"})
    try:
        server.start()
        bucket = server.bucket("expiring")
        if versioned:
            assert server.call("PUT", f"/{bucket}?versioning", body=VERSIONING).status == 200
        keys = [f"old/{number}" for number in range(OLD)] + [f"kept/{number}" for number in range(KEPT)]

        def put(key):
            assert server.call("PUT", f"/{bucket}/{key}", body=content(number_of(key)), keep=True).status == 200

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(put, keys))
        assert server.call("PUT", f"/{bucket}?lifecycle", body=RULE).status == 200
        counts = []
        for _ in range(KILLS):
            time.sleep(random.uniform(0.02, 0.25))
            server.process.kill()
            server.process.wait()
            server.start()
            there = listed(server, bucket)
            counts.append(len(there))
            assert [key for key in there if key.startswith("kept/")] == sorted(key for key in keys if key.startswith("kept/"))
            assert_whole(server, bucket, random.sample(there, 40))
        print(counts)
        assert any(KEPT < count < OLD + KEPT for count in counts), "no kill came in the middle"
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(listed(server, bucket)) > KEPT:
            assert time.monotonic() < deadline, server.log_tail()
            time.sleep(0.2)
        assert_whole(server, bucket, [key for key in keys if key.startswith("kept/")])
        if versioned:
            page = server.call("GET", f"/{bucket}?versions&prefix=old/1")
            assert len(page.find_all("Version/Key")) == len(page.find_all("DeleteMarker/Key")) > 0
        assert_clean(server)
    finally:
        server.kill()
        print(server.log_tail(5))
