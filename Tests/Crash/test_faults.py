"""Walks over the fault points of changes of every kind: each call by which a change reaches the drive fails, tears or crashes.

Without `--all` some of them, chosen by the seed, COFFER_FAULTS for each change; with it all. COFFER_FAULT replays one:
`put-file/log.sync:1:fail:EIO`."""

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

import verification
from changes import CHANGES, FILE, KEY_SERVICE_CHANGES, plain, put
from drive import Drive
from faults import Fault, Faults, compile_faults, faults_of
from pair import CALLS, Pair
from server import Server, binary
from walk import Walk, quick_directory

SAMPLES = int(os.environ.get("COFFER_FAULTS") or 3)


@pytest.fixture
def place(tmp_path):
    directory = tempfile.mkdtemp(dir=quick_directory(tmp_path))
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


def walk_over(change, place, tmp_path, choose):
    walk = Walk(change, place, compile_faults(tmp_path))
    chosen = choose(walk)
    passed, failures = 0, []
    for fault in chosen:
        try:
            passed += walk.attempt(fault)
        except Exception as failure:  # noqa: BLE001 (all of them are told at the end)
            failures.append(f"COFFER_FAULT={change.name}/{fault}\n{failure!r}\n" + "\n".join(getattr(failure, "__notes__", [])))
    print(f"{change.name}: {passed} faults of {len(chosen)}, {sum(walk.counts.values())} passings of {len(walk.counts)} points")
    assert not failures, f"{len(failures)} of {len(chosen)}:\n\n" + "\n\n".join(failures)
    assert passed >= len(chosen) / 2, f"only {passed} of {len(chosen)} faults came to pass"


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_some_faults_of_a_change(change, place, tmp_path, seed):
    def some(walk):
        wanted = os.environ.get("COFFER_FAULT", "")
        if wanted:
            name, _, fault = wanted.partition("/")
            return [Fault.parse(fault)] if name == change.name else []
        faults = walk.faults()
        return Random(f"{seed}/{change.name}").sample(faults, min(SAMPLES, len(faults)))

    walk_over(change, place, tmp_path, some)


@pytest.mark.slow
@pytest.mark.parametrize("change", KEY_SERVICE_CHANGES, ids=lambda change: change.name)
def test_faults_of_requests_to_the_key_service(change, place, tmp_path):
    pair = Pair(tmp_path / "pair", calls=(*CALLS, "list"))
    pair.kes.start()
    try:
        change = replace(change, environment=tuple(pair.server.environment.items()))
        walk_over(change, place, tmp_path, lambda walk: [fault for fault in walk.faults(delay=True) if fault.point == "request"])
    finally:
        pair.remove()


class BackupWalk:
    """A second backup of a running server, with a fault in the server or in the program that takes it."""

    def __init__(self, place, tmp_path):
        self.place, self.library = Path(place), compile_faults(tmp_path)
        self.case = self.place / "case"
        self.template = self.place / "template"
        server = Server(self.template)
        with server:
            plain(server)
            self.take(server, self.template / "backup")
            put(server, "later", FILE[::-1])

    @staticmethod
    def take(server, target, environment=None, status=0):
        done = verification.command(server, "backup", server.endpoint, target, **(environment or {}))
        assert status is None or done.returncode == status, done
        return done.returncode

    def attempt(self, side, fault=None):
        """Whether the fault came to pass; without one, how often each point was passed."""
        shutil.rmtree(self.case, ignore_errors=True)
        shutil.copytree(self.template, self.case)
        faults = Faults(self.place, self.library, self.case)
        server = Server(self.case, environment=faults.environment if side == "server" else {})
        target = self.case / "backup"
        try:
            server.start()
            faults.arm(fault)
            status = self.take(server, target, faults.environment if side == "client" else None, None)
            if fault is None:
                assert status == 0
                return faults.counts()
            has_fired = faults.fired > 0
            if has_fired and fault.action in ("fail", "readonly", "full", "nameless") and fault.call not in (
                    "unlink", "rmdir", "request", "socket"):
                # Requests are made again; what could not be removed goes with the next one.
                assert status != 0, "it was taken for a backup"
        finally:
            server.kill()
            faults.close()
        if has_fired:
            self.judge(target, status)
        return has_fired

    def judge(self, target, status):
        with Server(self.case) as server:
            assert not list(server.drive.glob("catalogue.copy*")), "a copy of the catalogue is left"
            # What was there before, and what was said to be one, can be restored; and then the next one can be taken.
            self.assert_restores(server, target, later=status == 0)
            self.take(server, target)
            self.assert_restores(server, target, later=True)
            assert not list((target / "unfinished").glob("*")) if (target / "unfinished").exists() else True
        assert verification.verify(server).status == verification.WHOLE

    def assert_restores(self, server, target, *, later):
        place = self.place / "restored"
        shutil.rmtree(place, ignore_errors=True)
        done = verification.command(server, "restore", target, place)
        assert done.returncode == 0, done
        told = verification.verify(server, target=place)
        assert told.status == verification.WHOLE, told
        keys = {row["key"] for row in Drive(place).rows("SELECT key FROM versions")}
        assert keys >= {b"file", b"small"} and (b"later" in keys or not later), keys


def walk_over_backups(side, place, tmp_path, choose):
    walk = BackupWalk(place, tmp_path)
    counts = {point: count for point, count in walk.attempt(side).items()
              if side == "client" or point.split(".")[0] in ("copy", "snapshot")}
    chosen, failures, passed = choose(list(faults_of(counts))), [], 0
    for fault in chosen:
        try:
            passed += walk.attempt(side, fault)
        except Exception as failure:  # noqa: BLE001 (all of them are told at the end)
            failures.append(f"{side}/{fault}\n{failure!r}")
    print(f"{side}: {passed} faults of {len(chosen)}, {sum(counts.values())} passings of {len(counts)} points")
    assert not failures, f"{len(failures)} of {len(chosen)}:\n\n" + "\n\n".join(failures)
    assert passed >= len(chosen) / 2


@pytest.mark.slow
@pytest.mark.parametrize("side", ("server", "client"))
def test_some_faults_of_a_backup(side, place, tmp_path, seed):
    walk_over_backups(side, place, tmp_path, lambda faults: Random(f"{seed}/{side}").sample(faults, min(2 * SAMPLES, len(faults))))


@pytest.mark.long
@pytest.mark.parametrize("side", ("server", "client"))
def test_every_fault_of_a_backup(side, place, tmp_path):
    walk_over_backups(side, place, tmp_path, lambda faults: faults)


@pytest.mark.long
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_every_fault_of_a_change(change, place, tmp_path):
    walk_over(change, place, tmp_path, lambda walk: walk.faults(delay=True))


def test_nothing_of_the_faults_is_in_the_program():
    """It is the library that makes them; the program under test is the one that is shipped."""
    symbols = subprocess.run(["nm", "--dynamic", "--defined-only", binary()], capture_output=True, text=True, check=True).stdout
    assert not re.search(r"\bfaults?_|COFFER_FAULT", symbols, re.IGNORECASE)
    with open(binary(), "rb") as program:
        assert b"FAULTS_ROOT" not in program.read()
