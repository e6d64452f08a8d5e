"""The key server while its key store is away, as a directory on a network file system is without its server."""

import fcntl
import json
import os
import re
import threading
import time

from absence import absence
from pair import Pair


def test_a_server_that_starts_without_its_store_waits_for_it(absence):
    absence = absence(sections="keys:\n  - name: first\n")
    absence.begin()
    with absence.server as server:
        absence.wait_until_ready(504)
        for method, path in (("PUT", "/v1/key/create/k"), ("GET", "/v1/key/describe/first"), ("GET", "/v1/key/list/")):
            assert server.call(method, path).status == 502
        assert server.call("GET", "/version").status == 200
        assert server.call("GET", "/v1/status").json()["keystore_unreachable"] is True
        server.wait_for_output("the key store cannot be opened, trying again in", count=3, log=True)
        delays = re.findall(r"trying again in (\d+)", server.log_text())
        assert delays[:3] == ["1", "2", "4"]
        server.wait_for_output(f"{server.store}: Transport endpoint is not connected", log=True)
        absence.end()
        absence.wait_until_ready(200)
        server.wait_for_output("the key store is open", log=True)
        assert server.call("GET", "/v1/key/list/").json() == {"names": ["first"]}
        assert server.call("PUT", "/v1/key/create/k").status == 200


def test_with_fail_fast_it_ends(absence):
    absence = absence(arguments=["--fail-fast"])
    absence.begin()
    status, _, error = absence.server.run_to_end()
    assert status == 1 and error.startswith("Error: failed to open the key store "), error


def test_a_store_that_goes_away_keeps_the_keys_in_use_alive(absence):
    absence = absence(sections="cache:\n  expiry:\n    any: 1s\n    unused: 1s\n    offline: 5m\n")
    with absence.server as server:
        for name in ("used", "unused"):
            assert server.call("PUT", f"/v1/key/create/{name}").status == 200
        assert server.call("PUT", "/v1/key/generate/used").status == 200
        absence.begin()
        absence.wait_until_ready(504)
        time.sleep(1.5)
        assert server.call("PUT", "/v1/key/generate/used").status == 200
        assert server.call("PUT", "/v1/key/generate/unused").status == 502
        assert server.call("PUT", "/v1/key/create/new").status == 502
        absence.end()
        absence.wait_until_ready(200)
        assert server.call("PUT", "/v1/key/generate/unused").status == 200


def test_a_reload_without_the_store_changes_nothing(absence):
    absence = absence()
    with absence.server as server:
        assert server.call("PUT", "/v1/key/create/k").status == 200
        assert server.call("PUT", "/v1/key/generate/k").status == 200
        absence.begin()
        server.reload(succeeds=False)
        assert server.call("PUT", "/v1/key/generate/k").status == 200
        absence.end()
        server.reload()
        assert server.call("PUT", "/v1/key/generate/k").status == 200


def test_who_holds_the_stores_lock_keeps_changes_waiting_not_reads(absence):
    server = absence().server
    with server:
        for name in ("one", "two"):
            assert server.call("PUT", f"/v1/key/create/{name}").status == 200
    with server:
        directory = os.open(server.store, os.O_RDONLY)
        fcntl.flock(directory, fcntl.LOCK_EX)
        answers = {}

        def create(name):
            answers[name] = server.call("PUT", f"/v1/key/create/{name}")

        threads = [threading.Thread(target=create, args=(f"new-{number}",)) for number in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        assert not answers
        for name in ("one", "two"):
            assert server.call("PUT", f"/v1/key/generate/{name}").status == 200
        assert not answers
        for thread in threads:
            thread.join()
        assert {answer.status for answer in answers.values()} <= {502, 504}
        server.wait_for_output("is locked by another program", log=True)
        os.close(directory)
        # What failed has not happened, and does not happen now.
        time.sleep(0.5)
        assert server.call("GET", "/v1/key/list/").json() == {"names": ["one", "two"]}
        assert server.call("PUT", "/v1/key/create/new-1").status == 200


def test_the_object_server_tells_of_a_key_server_without_its_store(tmp_path):
    with Pair(tmp_path, calls=("create", "generate", "decrypt", "describe")) as pair:
        pair.allow(rules=["/v1/key/*", "/v1/status"])
        pair.kes.reload()

        def state():
            return json.loads(pair.server.call("GET", "/minio/kms/v1/status", region="").body)["state"]

        assert (state()["KeyStoreReachable"], state()["KeystoreAvailable"]) == (True, True)
        pair.kes.store.rename(tmp_path / "elsewhere")
        assert state()["KeystoreAvailable"] is False
        (tmp_path / "elsewhere").rename(pair.kes.store)
        deadline = time.monotonic() + 40
        while not state()["KeystoreAvailable"]:
            assert time.monotonic() < deadline
            time.sleep(0.2)
