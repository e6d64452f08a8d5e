"""Cuts the power in the middle of a change of every kind, and holds the server to it: acknowledged, or wholly there or absent.

COFFER_POWER_CUTS says how many cuts there are in all (200; with `--all` ten times as many). A cut that fails names a command
that does it again, from the record of what was written, which is kept."""

import json
import os
import shutil
import tempfile
import time
from pathlib import Path
from random import Random

import pytest

import verification
from changes import CHANGES, plain
from faults import compile_faults
from recording import Everything, Nothing, Recording, Something, recorder
from server import Server
from walk import IDLE_SECONDS, Walk, quick_directory

CUTS = 200
MORE = 10


class RecordedChange:
    """Everything that a server did to its drive while it was prepared and changed."""

    def __init__(self, change, directory):
        self.change, self.directory, self.root = change, Path(directory), Path(directory) / "recorded"
        self.expected = self.directory / "expected.json"
        if not self.expected.exists():
            self.make()
        told = json.loads(self.expected.read_text())
        self.begin, self.acknowledged = told["begin"], told["acknowledged"]
        self.recording = Recording(self.directory / "record", self.root, standing=[self.root / "drive"])
        times = self.recording.times
        self.first = next(index for index, at in enumerate(times) if at > self.begin)
        self.last = len(times) - 1

    def make(self):
        self.directory.mkdir(parents=True, exist_ok=True)
        server = Server(self.root, environment=dict(self.change.environment) | recorder(self.directory, self.root))
        server.home.rmdir()
        server.drive.mkdir()
        try:
            server.start()
            self.change.prepare(server)
            begin = time.monotonic()
            assert self.change.act(server), server.log_tail()
            acknowledged = time.monotonic()
            time.sleep(self.change.seconds + IDLE_SECONDS)
        finally:
            server.kill()
        self.expected.write_text(json.dumps({"change": self.change.name, "begin": begin, "acknowledged": acknowledged}))

    def cut(self, walk, index, disk, seed):
        """Raises when what is left does not keep a promise; says how to do it again."""
        kept = {"nothing": Nothing, "everything": Everything, "something": lambda: Something(Random(seed))}[disk]()
        place = walk.directory / "case"
        shutil.rmtree(place, ignore_errors=True)
        self.recording.make(index, kept, place)
        try:
            walk.judge(self.recording.times[index] >= self.acknowledged)
        except BaseException as failure:
            failure.add_note(f"COFFER_POWER_CUT={self.directory}:{index}:{disk}:{seed} .build-venv/bin/python -m pytest "
                             f"-c Tests/pytest.ini --rootdir Tests Tests/Crash/test_power_cuts.py -k replayed")
            raise


@pytest.fixture
def place(tmp_path):
    directory = tempfile.mkdtemp(dir=quick_directory(tmp_path))
    yield Path(directory)
    shutil.rmtree(directory, ignore_errors=True)


def cut_often(change, tmp_path, place, seed, count):
    walk = Walk(change, place, compile_faults(tmp_path))
    recorded, random = RecordedChange(change, tmp_path / change.name), Random(f"{seed}/{change.name}")
    cuts = [(recorded.last, "nothing")] + [(random.randint(recorded.first, recorded.last),
                                           random.choice(("nothing", "something", "something", "everything")))
                                          for _ in range(count - 1)]
    for index, disk in cuts:
        recorded.cut(walk, index, disk, random.getrandbits(32))
    print(f"{change.name}: {count} cuts of {recorded.last - recorded.first} changes of the drive")


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_a_power_cut_in_a_change_keeps_every_promise(change, tmp_path, place, seed):
    count = int(os.environ.get("COFFER_POWER_CUTS") or CUTS)
    cut_often(change, tmp_path, place, seed, -(-count // len(CHANGES)))


@pytest.mark.long
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_many_power_cuts_in_a_change_keep_every_promise(change, tmp_path, place, seed):
    cut_often(change, tmp_path, place, seed, -(-MORE * CUTS // len(CHANGES)))


@pytest.mark.slow
def test_a_power_cut_on_a_disk_that_lies_is_noticed(tmp_path, place):
    """The judge is judged."""
    change = next(change for change in CHANGES if change.name == "put-file")
    walk, recorded = Walk(change, place, compile_faults(tmp_path)), RecordedChange(change, tmp_path / change.name)
    recorded.recording.forget_syncs(after=recorded.first)
    with pytest.raises((AssertionError, RuntimeError)):
        recorded.cut(walk, recorded.last, "nothing", 0)


def test_a_cut_is_replayed(tmp_path, place):
    """Of COFFER_POWER_CUT, as a failure has named it."""
    wanted = os.environ.get("COFFER_POWER_CUT")
    if not wanted:
        pytest.skip("COFFER_POWER_CUT names none")
    directory, index, disk, seed = wanted.rsplit(":", 3)
    name = json.loads((Path(directory) / "expected.json").read_text())["change"]
    change = next(change for change in CHANGES if change.name == name)
    RecordedChange(change, directory).cut(Walk(change, place, compile_faults(tmp_path)), int(index), disk, int(seed))


@pytest.mark.slow
def test_a_power_cut_in_a_backup_leaves_the_one_before_it(tmp_path, place, seed):
    """What `coffer restore` then gives is the backup that was acknowledged, or the one before."""
    random, server = Random(seed), Server(tmp_path / "server")
    root = tmp_path / "recorded"
    root.mkdir()
    target = root / "backup"
    environment = recorder(tmp_path, root)
    with server:
        plain(server)
        done = verification.command(server, "backup", server.endpoint, target, **environment)
        assert done.returncode == 0, done
        time.sleep(0.05)
        begin = time.monotonic()
        assert server.call("PUT", "/bucket/later", body=b"later").status == 200
        done = verification.command(server, "backup", server.endpoint, target, **environment)
        assert done.returncode == 0, done
        end = time.monotonic()
    recording = Recording(tmp_path / "record", root)
    times = recording.times
    start = next(index for index, at in enumerate(times) if at > begin)
    for index in [len(times) - 1] + [random.randint(start, len(times) - 1) for _ in range(7)]:
        for disk in (Nothing(), Something(Random(f"{seed}/{index}"))):
            cut, restored = place / "cut", place / "restored"
            recording.make(index, disk, cut)
            done = verification.command(server, "restore", cut / "backup", restored)
            assert done.returncode == 0, (index, done)
            other = Server(place / "home", drive=restored)
            shutil.copy(server.keyring, other.keyring)
            with other:
                later = other.call("GET", "/bucket/later")
                assert later.status == (200 if times[index] >= end else later.status) and later.status in (200, 404), later
                assert other.call("GET", "/bucket/file").status == 200
            assert verification.verify(other).status == verification.WHOLE
            shutil.rmtree(cut)
            shutil.rmtree(restored)
            shutil.rmtree(place / "home")
