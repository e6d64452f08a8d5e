"""Hours of everything at once: a storm of writes with its content verified, kills, a key service that goes away, new
certificates, and a clock that is set forth and back. `deploy/test --soak MINUTES` runs it.

What is measured once in a minute is printed: memory, descriptors, the log of the database, garbage.
"""

import datetime
import os
import signal
import time
from random import Random

import pytest

import signing
from certificates import Certificates
from drive import Drive
from pair import Pair
from payloads import MIB
from preload import compile_library
from storm import Storm, blobs_with_rows

MINUTES = float(os.environ.get("COFFER_SOAK_MINUTES") or 0)
ROUND_SECONDS = 20
# Bounds of a process that has run for any time: README and the HTTP engine's budget of 256 MiB for bodies.
MOST_MEMORY = 500 * MIB
MOST_DESCRIPTORS = 400
MOST_LOG = 256 * MIB


class StepClock:
    """The clock of a server's, and of who signs its requests."""

    def __init__(self, directory, monkeypatch):
        self.file = directory / "seconds-ahead"
        self.set(0)
        self.environment = {"LD_PRELOAD": str(compile_library("stepping", directory)), "STEPPING_FILE": str(self.file)}
        monkeypatch.setattr(signing, "now", lambda: datetime.datetime.now(datetime.timezone.utc)
                            + datetime.timedelta(seconds=self.ahead))

    def set(self, ahead):
        self.ahead = ahead
        with open(self.file, "r+b" if self.file.exists() else "w+b") as file:
            file.write(int(ahead).to_bytes(8, "little", signed=True))


class PatientStorm(Storm):
    """One whose writers try again what a server refuses that has no key service, or another time than they."""

    refused = 0

    def call(self, method, key, body=b"", headers=None):
        return self.patiently(lambda: super(PatientStorm, self).call(method, key, body, headers))

    def delete(self, document):
        return self.patiently(lambda: super(PatientStorm, self).delete(document))

    def patiently(self, ask):
        while (answer := ask()).status in (403, 503):
            assert answer.status == 503 or answer.code == "RequestTimeTooSkewed", answer
            if self.stopping:
                raise ConnectionError("the writer gives up")
            self.refused += 1
            time.sleep(0.1)
        return answer


def measured(server, began):
    pid = server.process.pid
    # The most of each that has been since the last look is what the bounds are for; of the log it is its file.
    log = server.drive / "coffer.db-wal"
    figures = {
        "seconds": round(time.monotonic() - began), "rss": server.rss(), "peak": server.peak_rss(),
        "descriptors": len(os.listdir(f"/proc/{pid}/fd")), "log": log.stat().st_size if log.exists() else 0,
        "files": len(Drive(server.drive).blob_files())}
    print("soak:", ", ".join(
        f"{name} {value // MIB} MiB" if name in ("rss", "peak", "log") else f"{name} {value}" for name, value in figures.items()),
        flush=True)
    return figures


@pytest.mark.skipif(not MINUTES, reason="deploy/test --soak MINUTES runs it")
def test_everything_at_once_for_a_long_time(tmp_path, monkeypatch, seed):
    random, began = Random(seed), time.monotonic()
    clock = StepClock(tmp_path, monkeypatch)
    certificates = Certificates(tmp_path / "tls" / "certs")
    pair = Pair(tmp_path / "pair", certificates=certificates)
    server = pair.server
    server.environment |= clock.environment
    events, figures = dict.fromkeys(("kills", "outages", "certificates", "steps"), 0), []
    try:
        pair.kes.start()
        pair.root("key", "create", "my-key", check=False)
        server.start()
        storm = PatientStorm(server, server.bucket("storm"), seed)
        rounds = 0
        while time.monotonic() - began < MINUTES * 60:
            storm.begin(rounds)
            end = time.monotonic() + ROUND_SECONDS
            # The last third is of one process, so that what grows slowly shows.
            is_last_third = time.monotonic() - began > MINUTES * 40
            match rounds % 5:
                case 1:
                    events["outages"] += 1
                    pair.kes.kill()
                    time.sleep(random.uniform(1, 6))
                    pair.kes.start()
                case 2:
                    events["certificates"] += 1
                    certificates.issue()
                    server.process.send_signal(signal.SIGHUP)
                case 3:
                    events["steps"] += 1
                    for ahead in (3600, 86_400 * 3, -300, 0):
                        clock.set(ahead)
                        time.sleep(random.uniform(0.5, 3))
            time.sleep(max(0, end - time.monotonic()))
            if rounds % 5 == 4 and not is_last_third:
                events["kills"] += 1
                server.process.kill()
                server.process.wait()
                storm.end()
                server.start()
            else:
                storm.end()
            storm.verify()
            figures.append(measured(server, began))
            rounds += 1
        deadline = time.monotonic() + 60
        while (garbage := len(Drive(server.drive).blob_files()) - len(blobs_with_rows(server))) > 0 and time.monotonic() < deadline:
            time.sleep(0.5)
        print(f"soak: {rounds} rounds, {storm.acknowledged} acknowledged writes {storm.kinds}, {storm.refused} refused and tried "
              f"again, {events}, {garbage} files that nothing refers to")
        assert garbage <= 0
        assert max(one["peak"] for one in figures) < MOST_MEMORY
        assert max(one["descriptors"] for one in figures) < MOST_DESCRIPTORS
        assert max(one["log"] for one in figures) < MOST_LOG
        # Of the last process alone: what it has at its end it had before.
        last = figures[len(figures) * 3 // 4:]
        assert last[-1]["rss"] < last[0]["rss"] + 64 * MIB
        assert last[-1]["descriptors"] < last[0]["descriptors"] + 50
        clock.set(0)
        pair.stop()
        complaints = Drive(server.drive).complaints()
        assert not complaints, complaints
    finally:
        for one in (server, pair.kes):
            one.kill()
        print(server.log_tail(5))
