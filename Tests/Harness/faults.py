"""Faults of the system under a running server: the other side of faults.c, which is preloaded into it.

A fault is (point, occurrence, action): `Fault("log.sync", 2, "fail", errno.EIO)`. The points' names are read from faults.c."""

import errno
import mmap
import re
import struct
from dataclasses import dataclass
from pathlib import Path

from preload import compile_library

SOURCE = Path(__file__).with_name("faults.c").read_text()
HEAD = struct.Struct("<8i2q")
FOREVER = 2**31 - 1


def _names(table):
    return re.findall(r"X\((\w+)\)", re.search(rf"#define {table}\(X\) (.*)", SOURCE).group(1))


CALLS, KINDS, STEPS, ACTIONS = (_names(table) for table in ("CALLS", "KINDS", "STEPS", "ACTIONS"))
POINTS = [f"{kind}.{call}" for call in CALLS for kind in KINDS] + STEPS
NUMBERS = {name: number for number, name in enumerate(POINTS)}
CHANGING = {"create", "write", "truncate", "rename", "link", "unlink", "mkdir", "rmdir"}


@dataclass(frozen=True)
class Fault:
    point: str
    occurrence: int
    action: str
    value: int = 0
    times: int = 1

    @property
    def call(self):
        """What is done there: `sync`; of what is no call about a file, its own name."""
        return self.point.rpartition(".")[2]

    def __str__(self):
        value = errno.errorcode.get(self.value, self.value) if self.action not in ("delay", "crash", "tear", "tearcrash") else ""
        return f"{self.point}:{self.occurrence}:{self.action}" + (f":{value}" if value else "")

    @classmethod
    def parse(cls, text):
        """Of what `str` has made: to do it again."""
        point, occurrence, action, *value = text.split(":")
        return cls(point, int(occurrence), action, getattr(errno, value[0]) if value else 0)


class Faults:
    """What is armed in one process, and how often it has passed each point. One process at a time is started with it."""

    def __init__(self, directory, library, root):
        path = Path(directory) / "faults"
        path.write_bytes(bytes(HEAD.size + 4 * len(POINTS)))
        self._file = open(path, "r+b")
        self._memory = mmap.mmap(self._file.fileno(), 0)
        self.environment = {"LD_PRELOAD": str(library), "FAULTS_ROOT": str(root), "FAULTS_CONTROL": str(path)}

    def arm(self, fault=None, *, inode=0):
        """From now on passings are counted, from 1, and the fault acts; without one, they are only counted."""
        self._put(0, 0)
        for number in range(len(POINTS)):
            struct.pack_into("<i", self._memory, HEAD.size + 4 * number, 0)
        fault = fault or Fault(POINTS[0], 0, "none")
        for place, value in enumerate((NUMBERS[fault.point], fault.occurrence, fault.times, ACTIONS.index(fault.action),
                                       fault.value or (errno.ECONNRESET if fault.point == "socket" else errno.EIO), 0, 0), 1):
            self._put(place, value)
        struct.pack_into("<q", self._memory, 32, inode)
        self._put(0, 1)

    def disarm(self):
        self._put(0, 0)
        self._put(7, 0)

    def step_clock(self, seconds):
        struct.pack_into("<q", self._memory, 40, seconds)

    @property
    def fired(self):
        return struct.unpack_from("<i", self._memory, 24)[0]

    def counts(self):
        """How often each point was passed since it was armed; those that were not are not there."""
        numbers = struct.unpack_from(f"<{len(POINTS)}i", self._memory, HEAD.size)
        return {name: count for name, count in zip(POINTS, numbers) if count}

    def _put(self, place, value):
        struct.pack_into("<i", self._memory, 4 * place, value)

    def close(self):
        self._memory.close()
        self._file.close()


def compile_faults(directory):
    return compile_library("faults", directory)


def faults_of(counts, *, delay=False):
    """Everything that can happen at the points that a change was seen to pass."""
    for point, count in counts.items():
        call = point.rpartition(".")[2]
        for occurrence in range(1, count + 1):
            if call == "read":
                continue
            yield Fault(point, occurrence, "crash")
            yield Fault(point, occurrence, "fail", errno.ECONNRESET if call == "socket" else errno.EIO)
            if call in ("write", "socket", "request"):
                yield Fault(point, occurrence, "tearcrash")
                yield Fault(point, occurrence, "tear")
            if call in CHANGING and occurrence == 1:
                yield Fault(point, occurrence, "readonly", errno.EROFS)
            if call in ("create", "write", "truncate", "mkdir", "link"):
                yield Fault(point, occurrence, "full", errno.EDQUOT if occurrence % 2 == 0 else errno.ENOSPC)
            if call in ("create", "mkdir"):
                yield Fault(point, occurrence, "nameless", errno.ENOSPC)
            if call in ("commit", "snapshot"):
                yield Fault(point, occurrence, "fail", errno.ENOSPC)
            if delay and occurrence == 1:
                yield Fault(point, occurrence, "delay", 300)
