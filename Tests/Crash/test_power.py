"""Cuts the power at many moments of a storm of writes, on disks of several kinds, and holds the servers to what they had
acknowledged by then."""

import shutil
import time
from dataclasses import dataclass, field
from random import Random

import pytest

from kes import KESServer
from recording import Everything, Nothing, Recording, Something, recorder
from server import Server
from storm import Ledger, Storm, Write, assert_clean

CUTS = 30
BUDGET_SECONDS = 90
STORMS = 2


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_when_the_power_is_cut(tmp_path, seed):
    random, root = Random(seed), tmp_path / "recorded"
    recorded = Server(root, environment=recorder(tmp_path, root))
    recorded.home.rmdir()
    recorded.drive.mkdir()
    try:
        recorded.start()
        storm = Storm(recorded, recorded.bucket("storm"), seed)
        has_bucket = time.monotonic()
        for cycle in range(STORMS):
            storm.run(cycle, 1.0)
            recorded.start()
        recorded.stop()
    finally:
        recorded.kill()

    recording = Recording(tmp_path / "record", root, standing=[recorded.drive])
    began, last = time.monotonic(), len(recording.times) - 1
    first = next(index for index, at in enumerate(recording.times) if at > has_bucket)
    cuts = [last] + [random.randint(0, first) for _ in range(6)] + [random.randint(first, last) for _ in range(CUTS)]
    done = 0
    for cut in cuts:
        if time.monotonic() - began > BUDGET_SECONDS and done >= CUTS // 2:
            break
        for disk in (Nothing(), Something(Random(f"{seed}/{cut}")), *([Everything()] if cut == last else [])):
            look_after(recording, cut, disk, storm, has_bucket, tmp_path / "cut")
            done += 1
    print(f"{done} cuts at {len(cuts)} moments of {last} changes, {storm.acknowledged} acknowledged writes")

    # The judge is judged: on a disk that lies about its syncs, the same moment is a loss.
    recording.forget_syncs(after=first)
    with pytest.raises((AssertionError, RuntimeError)):
        look_after(recording, last, Nothing(), storm, has_bucket, tmp_path / "lie")


def look_after(recording, cut, disk, storm, has_bucket, directory):
    """Starts a server on what is left, and looks for all that had been acknowledged."""
    recording.make(cut, disk, directory)
    server = Server(directory)
    server.access_key, server.secret_key = storm.server.access_key, storm.server.secret_key
    at = recording.times[cut]
    try:
        server.start()
        if at >= has_bucket:
            after = Storm(server, storm.bucket, 0)
            after.ledgers = {key: as_of(at, ledger) for key, ledger in storm.ledgers.items()}
            after.verify()
            assert_clean(server)
    except BaseException:
        print(f"after change {cut} on a disk that keeps {type(disk).__name__}:\n{server.log_tail(10)}")
        raise
    finally:
        server.kill()
    shutil.rmtree(directory)


def as_of(time, ledger):
    """What the ledger said at that time."""
    def by_then(moment):
        return moment if moment is not None and moment <= time else None

    return Ledger([Write(write.value, write.begin, by_then(write.end), by_then(write.noted))
                   for write in ledger.writes if write.begin <= time])


@dataclass
class Key:
    """What was done with a key of the key server, and when it was answered."""

    name: str
    sealed: list = field(default_factory=list)  # (when, ciphertext, plaintext)
    made: float | None = None
    removal: float | None = None
    removed: float | None = None


@pytest.mark.slow
def test_no_key_is_lost_when_the_power_of_the_key_server_is_cut(tmp_path, seed):
    random, root = Random(seed), tmp_path / "recorded"
    recorded = KESServer(root)
    recorded.environment |= recorder(tmp_path, root)
    keys = [Key(f"key-{number}") for number in range(40)]
    with recorded:
        for key in keys:
            use(recorded, key)
    recording = Recording(tmp_path / "record", root)
    last = len(recording.times) - 1
    for cut in [last] + [random.randint(0, last) for _ in range(12)]:
        for disk in (Nothing(), Something(Random(f"{seed}/{cut}"))):
            look_for_keys(recording, cut, disk, keys, tmp_path / "cut")
    recording.forget_syncs()
    with pytest.raises((AssertionError, RuntimeError)):
        look_for_keys(recording, last, Nothing(), keys, tmp_path / "lie")


def use(server, key):
    """Makes the key, seals under it, rotates some and seals again, removes some others."""
    def call(method, path, body=None):
        answer = server.call(method, f"/v1/key/{path}/{key.name}", body)
        assert answer.status == 200, answer
        return answer

    def seal():
        answer = call("PUT", "generate", {}).json()
        key.sealed.append((time.monotonic(), answer["ciphertext"], answer["plaintext"]))

    number = int(key.name.split("-")[1])
    call("PUT", "create")
    key.made = time.monotonic()
    seal()
    if number % 3 == 0:
        call("PUT", "rotate")
        seal()
    if number % 5 == 0:
        key.removal = time.monotonic()
        call("DELETE", "delete")
        key.removed = time.monotonic()


def look_for_keys(recording, cut, disk, keys, directory):
    at = recording.times[cut]
    recording.make(cut, disk, directory)
    (directory / "keys").mkdir(exist_ok=True)
    with KESServer(directory) as server:
        for key in keys:
            there = server.call("GET", f"/v1/key/describe/{key.name}").status
            what = f"{key.name} after change {cut} on a disk that keeps {type(disk).__name__}"
            if key.removed is not None and key.removed <= at:
                assert there == 404, what
            elif key.made <= at and (key.removal is None or key.removal > at):
                assert there == 200, what
                for sealed, ciphertext, plaintext in key.sealed:
                    if sealed <= at:
                        opened = server.call("PUT", f"/v1/key/decrypt/{key.name}", {"ciphertext": ciphertext})
                        assert opened.json() == {"plaintext": plaintext}, what
    shutil.rmtree(directory)
