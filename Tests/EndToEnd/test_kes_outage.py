"""Clients go on while their server's key server is killed, comes back, and while certificates on both sides are replaced."""

import random
import signal
import threading
import time
from collections import Counter
from contextlib import contextmanager

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID

from kes import Identity, KESServer
from pair import NewIdentity
from payloads import SSE, payload

KMS = {SSE: "aws:kms"}
SIZES = (1, 5_000, 70_000)
DEADLINE_SECONDS = 60
COLD = 40


def body(name):
    return payload(SIZES[hash_of(name) % len(SIZES)], hash_of(name))


def hash_of(name):
    return sum(name.encode()) * 31 + len(name)


class Traffic:
    """Clients of every kind at once, until told to stop. `wrong` has whatever must never happen; `seen` counts answers."""

    def __init__(self, server):
        self.server = server
        self.stored, self.deleted, self.wrong, self.seen = {}, set(), [], Counter()
        self.warm, self.cold, self.reserve = [], [], []
        self._lock, self._stop = threading.Lock(), threading.Event()
        server.bucket("traffic")
        for number in range(COLD):
            self._prepare(f"cold-{number}", KMS, self.reserve if number % 2 else self.cold)
        # From now on their data keys are in nobody's memory.
        server.restart()
        for number in range(5):
            self._prepare(f"warm-{number}", {}, self.warm)
            assert self._read("prepare", f"warm-{number}", needs_call=False)
        kinds = (self.put_s3, self.put_kms, self.put_kms, self.read_warm, self.read_cold, self.read_cold, self.look, self.remove)
        self._threads = [threading.Thread(target=self._repeat, args=(kind, number), daemon=True)
                         for number, kind in enumerate(kinds)]

    def _prepare(self, key, headers, names):
        assert self.server.call("PUT", f"/traffic/{key}", headers, body(key)).status == 200
        self.stored[key] = body(key)
        names.append(key)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join(DEADLINE_SECONDS)
            assert not thread.is_alive()

    def _repeat(self, kind, number):
        turn, chance = 0, random.Random(number)
        while not self._stop.is_set():
            try:
                kind(f"{kind.__name__}-{number}-{turn}", chance)
            except Exception as error:  # whatever it is, it must not happen
                self.wrong.append(f"{kind.__name__}: {error!r}")
            turn += 1
            time.sleep(0.01)

    def _ask(self, kind, method, target, headers=None, data=b"", *, needs_call, expected=(200,)):
        """One request. One that needs the key server may be told to come again; nothing else may be answered to any."""
        answer = self.server.call(method, target, headers, data, keep=True)
        fine = answer.status in expected
        unavailable = needs_call and answer.status == 503 and "retry-after" in answer.headers
        with self._lock:
            self.seen[kind, answer.status] += 1
            if not fine and not unavailable:
                self.wrong.append(f"{method} {target}: {answer}")
        return answer if fine else None

    # --- kinds of clients

    def put_s3(self, key, _):
        self._put(key, {}, needs_call=False)

    def put_kms(self, key, _):
        self._put(key, KMS, needs_call=True)

    def _put(self, key, headers, needs_call):
        if self._ask(key.split("-")[0], "PUT", f"/traffic/{key}", headers, body(key), needs_call=needs_call):
            with self._lock:
                self.stored[key] = body(key)

    def read_warm(self, _, chance):
        self._read("read_warm", chance.choice(self.warm), needs_call=False)

    def read_cold(self, _, chance):
        """Each object once: then its data key is in memory."""
        with self._lock:
            key = self.cold.pop() if self.cold else None
        if key and not self._read("read_cold", key, needs_call=True):
            with self._lock:
                self.cold.insert(0, key)

    def _read(self, kind, key, needs_call):
        answer = self._ask(kind, "GET", f"/traffic/{key}", needs_call=needs_call)
        if answer and answer.body != body(key):
            self.wrong.append(f"{key}: wrong bytes")
        return answer

    def look(self, _, chance):
        key = f"cold-{chance.randrange(COLD)}"
        answer = self._ask("look", "HEAD", f"/traffic/{key}", needs_call=False)
        if answer and int(answer.headers["content-length"]) != len(body(key)):
            self.wrong.append(f"HEAD {key}: {answer}")
        answer = self._ask("look", "GET", f"/traffic?list-type=2&prefix=cold-&max-keys={COLD}", needs_call=False)
        if answer and len(answer.find_all("Contents/Key")) != COLD:
            self.wrong.append(f"LIST: {answer}")

    def remove(self, key, _):
        self._put(key, {}, needs_call=False)
        if self._ask("remove", "DELETE", f"/traffic/{key}", needs_call=False, expected=(204,)):
            with self._lock:
                self.stored.pop(key, None)
                self.deleted.add(key)

    # --- what the test waits for

    @contextmanager
    def more(self, **kinds):
        """Waits until so many more answers of each kind with its status came than before: more(put_kms_503=2)."""
        wanted = {(name.rpartition("_")[0], int(name.rpartition("_")[2])): count for name, count in kinds.items()}
        with self._lock:
            before = Counter(self.seen)
        yield
        deadline = time.monotonic() + DEADLINE_SECONDS
        while any(self.seen[one] - before[one] < count for one, count in wanted.items()):
            assert time.monotonic() < deadline, f"{kinds}: {self.seen - before}, {self.wrong[:3]}"
            time.sleep(0.02)

    def wait_for_everything(self, count=5):
        """Waits until clients of every kind had their way some more times."""
        with self.more(put_s3_200=count, put_kms_200=count, read_warm_200=count, look_200=count, remove_204=count):
            pass

    def read_reserve(self):
        """Has clients read objects that nobody has read since the server's start: each needs a call."""
        with self._lock:
            self.cold, self.reserve = self.cold + self.reserve, []

    def failures(self):
        return {one: count for one, count in self.seen.items() if one[1] == 503}

    def assert_all_is_there(self):
        """What was acknowledged can be read, what was deleted cannot, and nothing ever was as it must not be."""
        assert self.wrong == []
        for key, data in self.stored.items():
            answer = self.server.call("GET", f"/traffic/{key}")
            assert (answer.status, answer.body) == (200, data), f"{key}: {answer}"
        for key in self.deleted:
            assert self.server.call("HEAD", f"/traffic/{key}").status == 404
        listed = {key for page in self.server.s3().get_paginator("list_objects_v2").paginate(Bucket="traffic")
                  for key in (entry["Key"] for entry in page.get("Contents", ()))}
        # An upload whose answer was an error may be there or not.
        assert set(self.stored) <= listed and not listed & self.deleted


@pytest.fixture
def pair(make_pair):
    with make_pair() as pair:
        yield pair


def test_a_killed_key_server_keeps_only_those_waiting_who_need_it(pair):
    with Traffic(pair.server) as traffic:
        traffic.wait_for_everything()
        assert traffic.failures() == {}
        pair.kes.kill()
        # Those who need no call go on meanwhile.
        with traffic.more(put_kms_503=3, read_cold_503=3, put_s3_200=5, read_warm_200=5, look_200=5, remove_204=5):
            traffic.read_reserve()
        assert pair.server.call("GET", "/minio/health/live").status == 200
        with traffic.more(read_cold_200=4):
            pair.kes.start()
        traffic.wait_for_everything()
    assert {kind for kind, _ in traffic.failures()} == {"put_kms", "read_cold"}
    traffic.assert_all_is_there()
    pair.server.restart()
    traffic.assert_all_is_there()


def test_of_two_key_servers_on_one_store_one_is_enough(make_pair, tmp_path):
    pair = make_pair()
    other = KESServer(tmp_path / "other", policies=pair.kes.policies)
    other.store, other.certificate = pair.kes.store, pair.kes.certificate
    other.write_configuration()
    pair.server.environment["MINIO_KMS_KES_ENDPOINT"] += f",https://127.0.0.1:{other.port}"
    with other, pair, Traffic(pair.server) as traffic:
        traffic.wait_for_everything()
        for killed in (pair.kes, other, pair.kes):
            killed.kill()
            traffic.wait_for_everything()
            killed.start()
        with traffic.more(read_cold_200=4):
            traffic.read_reserve()
        traffic.stop()
        assert traffic.failures() == {}
        traffic.assert_all_is_there()


def test_the_object_servers_certificate_is_replaced_while_clients_go_on(pair):
    old = pair.app_text
    with Traffic(pair.server) as traffic:
        traffic.wait_for_everything()
        new = NewIdentity(pair.app.certificate.parent, "new")
        pair.allow(identities=[old, new.text])
        pair.kes.reload()
        new.key.replace(pair.app.key)
        new.certificate.replace(pair.app.certificate)
        pair.server.process.send_signal(signal.SIGHUP)
        pair.kes.wait_for_output(f"req.identity={new.text} ")
        traffic.wait_for_everything()
        uses = pair.kes.output_text().count(f"req.identity={old} ")
        traffic.wait_for_everything()
        assert pair.kes.output_text().count(f"req.identity={old} ") == uses, "nobody asks with the old one any more"
        pair.allow(identities=[new.text])
        pair.kes.reload()
        with traffic.more(read_cold_200=4):
            traffic.read_reserve()
        traffic.wait_for_everything()
    assert traffic.failures() == {}
    traffic.assert_all_is_there()
    pair.server.restart()
    traffic.assert_all_is_there()


def test_the_key_servers_certificate_is_replaced_while_clients_go_on(make_pair, tmp_path):
    authority = Identity(tmp_path, "authority", is_authority=True)

    def issue():
        return Identity(tmp_path, "kes", algorithm="ec", names=("IP:127.0.0.1",), authority=authority,
                        usage=ExtendedKeyUsageOID.SERVER_AUTH)

    pair = make_pair()
    pair.kes.certificate = issue()
    pair.kes.write_configuration()
    pair.server.environment["MINIO_KMS_KES_CAPATH"] = str(authority.certificate)
    with pair, Traffic(pair.server) as traffic:
        for _ in range(3):
            traffic.wait_for_everything()
            before = pair.kes.served_certificate()
            issue()  # in the place of the files that are in use
            pair.kes.reload()
            assert pair.kes.served_certificate() != before
        with traffic.more(read_cold_200=4):
            traffic.read_reserve()
        traffic.wait_for_everything()
        traffic.stop()
        assert traffic.failures() == {}
        traffic.assert_all_is_there()
        # A connection that begins anew trusts the new one for its authority.
        pair.server.restart()
        traffic.assert_all_is_there()
