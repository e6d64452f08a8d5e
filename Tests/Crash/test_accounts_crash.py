"""Kills the server in the middle of changes of users: one that is acknowledged is there, one that is removed is not."""

import json
import os
import threading
import time
from random import Random

import pytest
import urllib3
from minio.credentials import StaticProvider
from minio.minioadmin import MinioAdmin

from server import Server

LEAST_CYCLES, MOST_CYCLES = 5, 25
# Changes of each kind that were acknowledged, without which nothing is shown.
LEAST_CHANGES = 4


def admin(server):
    pool = urllib3.PoolManager(retries=urllib3.Retry(total=0), timeout=30)
    credentials = StaticProvider(server.access_key, server.secret_key)
    return MinioAdmin(endpoint=server.host, credentials=credentials, secure=False, http_client=pool)


def change_until_killed(server, cycle, ledger):
    """Adds and removes users; notes what was acknowledged, and what was under way."""
    root, number = admin(server), 0
    try:
        while True:
            name = f"u{cycle}-{number}"
            ledger[name] = "under way"
            root.user_add(name, f"secret-{name}")
            root.attach_policy(["readwrite"], user=name)
            ledger[name] = "there"
            if number % 2 == 1:
                gone = f"u{cycle}-{number - 1}"
                ledger[gone] = "under way"
                root.user_remove(gone)
                ledger[gone] = "gone"
            number += 1
    except Exception:  # noqa: BLE001 (the kill shows as any of several errors)
        return


def enough(ledger):
    return min(list(ledger.values()).count(state) for state in ("there", "gone")) >= LEAST_CHANGES


@pytest.mark.slow
def test_an_acknowledged_user_is_there_and_a_removed_one_is_not(tmp_path):
    seed = int(os.environ.get("COFFER_CRASH_SEED") or int.from_bytes(os.urandom(4), "big"))
    print(f"COFFER_CRASH_SEED={seed}")
    random, server, ledger = Random(seed), Server(tmp_path), {}
    try:
        server.start()
        for cycle in range(MOST_CYCLES):
            if cycle >= LEAST_CYCLES and enough(ledger):
                break
            worker = threading.Thread(target=change_until_killed, args=(server, cycle, ledger))
            worker.start()
            time.sleep(random.uniform(0.5, 2.5))
            server.kill()
            worker.join()
            server.start()
            users = json.loads(admin(server).user_list())
            for name, state in ledger.items():
                if state == "there":
                    assert users[name]["policyName"] == "readwrite", name
                if state == "gone":
                    assert name not in users
        assert enough(ledger), ledger
    finally:
        server.kill()
