"""Tries faults on a change of a drive: after each, the server is started again without it and held to every promise."""

import errno
import shutil
import time
from pathlib import Path

import verification
from changes import BUCKET, GONE, SMALL
from drive import Drive
from faults import Faults, faults_of
from observation import observe
from server import Server

#: How long after its last answer a server has copied its log and unlinked what it had to, when nothing keeps it from it.
IDLE_SECONDS = 0.45
FIRING_SECONDS = 1.5
ENDING_SECONDS = 15
CLEANING_SECONDS = 20
#: With which a server ends after a failed sync.
DRIVE_LOST = 74
#: Whose failed sync, or failed commit, says that the drive cannot be relied on.
RELIED_ON = {"log.sync", "database.sync", "blob.sync", "blobs.sync", "commit"}


def quick_directory(fallback):
    """In memory, where the machine has room for that: no fault of these is one of a real device."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > 2 << 30 else Path(fallback)


class Walk:
    """One change. The drive before it is made once, and copied for each fault."""

    def __init__(self, change, directory, library):
        self.change, self.directory, self.library = change, Path(directory), library
        self.template = self.directory / "template"
        server = Server(self.template, environment=dict(change.environment), keyring=change.has_keyring)
        with server:
            change.prepare(server)
        self.old = self.look()
        self.counts, self.new = self.without_a_fault()
        assert self.new != self.old, f"{change.name} changes nothing that is seen"

    # --- what is there

    def look(self):
        server = self.copy()
        try:
            return self.seen(server.start(), stop=True)
        finally:
            server.kill()

    def copy(self, environment=None):
        place = self.directory / "case"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(self.template, place)
        (place / "server.log").unlink()
        return self.server(environment)

    def server(self, environment=None):
        return Server(self.directory / "case", environment=dict(self.change.environment) | (environment or {}),
                      keyring=self.change.has_keyring)

    def seen(self, server, *, stop):
        seen = observe(server, users=self.change.sees_users)
        if stop:
            server.stop()
            seen |= self.stored(server)
        return seen

    @staticmethod
    def stored(server):
        """What no client sees: events that wait, and the keys that data keys are under."""
        drive = Drive(server.drive)
        return {"events": drive.rows("SELECT count(*) AS count FROM events")[0]["count"],
                "kms": sorted({row["kms_key"] for row in drive.rows("SELECT kms_key FROM data_keys WHERE refs > 0")})}

    def without_a_fault(self):
        """How often each point is passed, and what is there afterwards."""
        faults = Faults(self.directory, self.library, self.directory / "case")
        server = self.copy(faults.environment)
        try:
            server.start()
            faults.arm()
            assert self.change.act(server), server.log_tail()
            time.sleep(self.change.seconds + IDLE_SECONDS)
            counts = faults.counts()
            return counts, self.seen(server, stop=True)
        finally:
            server.kill()
            faults.close()

    def faults(self, **options):
        return list(faults_of(self.counts, **options))

    # --- one fault

    def attempt(self, fault):
        """False when the point was not passed so often this time."""
        faults = Faults(self.directory, self.library, self.directory / "case")
        server = self.copy(faults.environment)
        try:
            server.start()
            faults.arm(fault)
            try:
                is_acknowledged = self.change.act(server)
            except GONE:
                is_acknowledged = None
            until(lambda: faults.fired or server.process.poll() is not None, FIRING_SECONDS + self.change.seconds)
            if not faults.fired:
                return False
            self.end(server, fault)
        finally:
            server.kill()
            log = server.log_tail(12)
            faults.close()
        try:
            self.judge(is_acknowledged)
        except BaseException as failure:
            failure.add_note(f"before the restart:\n{log}\nafter it:\n{self.server().log_tail(12)}")
            raise
        return True

    def end(self, server, fault):
        """How the process ends, or lives on."""
        if fault.action in ("crash", "tearcrash"):
            assert server.process.wait(ENDING_SECONDS) == -9
        elif fault.point in RELIED_ON and fault.action in ("fail", "tear") and fault.value == errno.EIO:
            try:
                answer = server.call("PUT", f"/{BUCKET}/probe", body=SMALL, timeout=ENDING_SECONDS)
                assert answer.status >= 500, f"a write was acknowledged after a failed sync: {answer}"
            except GONE:
                pass
            assert server.process.wait(ENDING_SECONDS) == DRIVE_LOST, server.log_tail()
            assert "no more is written" in server.log_text() and "cannot be relied on" in server.log_text()
        else:
            # What cannot be written is not always told from what was written and cannot be kept.
            endings = {None, DRIVE_LOST} if fault.action in ("fail", "readonly") and fault.value != errno.ENOSPC else {None}
            assert server.process.poll() in endings, f"ended with status {server.process.poll()}:\n{server.log_tail()}"
            if fault.occurrence % 2 and server.process.poll() is None:
                assert server.terminate() in (0, DRIVE_LOST), server.log_tail()

    def judge(self, is_acknowledged):
        server = self.server()
        try:
            server.start()
            if self.change.is_gradual:
                self.judge_gradual(server, is_acknowledged)
            else:
                seen = self.seen(server, stop=True)
                assert seen in ([self.new] if is_acknowledged else [self.old, self.new]), difference(seen, self.old, self.new)
            assert_clean(server)
        finally:
            server.kill()

    def judge_gradual(self, server, is_acknowledged):
        seen = self.seen(server, stop=False)
        for version in seen[BUCKET]["versions"]:
            assert version in self.old[BUCKET]["versions"] + self.new[BUCKET]["versions"], version
        if is_acknowledged and not self.change.seconds:
            assert all(self.new[name] == value for name, value in seen.items()), difference(seen, self.old, self.new)
        self.change.act(server)
        until(lambda: all(self.new[name] == value for name, value in self.seen(server, stop=False).items()), CLEANING_SECONDS)
        seen = self.seen(server, stop=True)
        assert seen == self.new, difference(seen, self.old, self.new)


def until(condition, seconds):
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.005)


def difference(seen, old, new):
    return "\n".join(f"{name}:\n  is {value}\n  was {old.get(name)}\n  should be {new.get(name)}"
                     for name, value in seen.items() if value != new.get(name))


def assert_clean(server):
    """Of a stopped drive: nothing is left that no row refers to, once the server had time; and all of it opens."""
    drive, deadline = Drive(server.drive), time.monotonic() + CLEANING_SECONDS
    while drive.complaints() or drive.garbage() or drive.counted() != drive.stored():
        assert time.monotonic() < deadline, (drive.complaints(), drive.garbage(), drive.counted(), drive.stored())
        server.start()
        time.sleep(0.3)
        server.stop()
    told = verification.verify(server)
    assert told.status == verification.WHOLE, told
