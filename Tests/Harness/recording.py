"""What a power cut at any moment leaves of a directory, made from a record of everything that was done to it.

The record is recorder.c's. What was synced is there; of the rest, a disk may keep what it likes: nothing, everything, or
something of it, down to single sectors of a write. Names are kept in the order in which a directory got and lost them,
up to some moment, as journals keep them."""

import struct
from dataclasses import dataclass, field
from pathlib import Path

from preload import compile_library

HEAD = struct.Struct("=cQQQII")
SECTOR = 512


@dataclass(eq=False)
class File:
    """A file's changes in order, (index, kind, number, data), and its finished syncs, (index of beginning, of end)."""

    changes: list = field(default_factory=list)
    syncs: list = field(default_factory=list)

    def durable_before(self, cut):
        return max((begin for begin, end in self.syncs if end <= cut), default=-1)

    def content(self, cut, keep):
        """`keep` says of a change that is not durable what of it is there: none, all, or for a write some sectors."""
        durable, data = self.durable_before(cut), bytearray()
        for index, kind, number, change in self.changes:
            if index > cut:
                break
            ranges = [(0, len(change))] if index < durable else keep.change(len(change))
            if ranges is None:
                continue
            if kind == b"T":
                del data[number:]
                data.extend(bytes(number - len(data)))
                continue
            for begin, end in ranges:
                if number + end > len(data):
                    data.extend(bytes(number + end - len(data)))
                data[number + begin:number + end] = change[begin:end]
        return bytes(data)


@dataclass(eq=False)
class Directory:
    """Names in the order in which they came and went: (index, name, what it is now or None)."""

    changes: list = field(default_factory=list)
    syncs: list = field(default_factory=list)

    durable_before = File.durable_before

    def names(self, cut, keep):
        durable = self.durable_before(cut)
        there, changes = {}, [change for change in self.changes if change[0] <= cut]
        sure = sum(index < durable for index, _, _ in changes)
        for _, name, target in changes[:sure + keep.names(len(changes) - sure)]:
            if target is None:
                there.pop(name, None)
            else:
                there[name] = target
        return there


def recorder(directory, root):
    """The environment that has a server's changes below `root` recorded, in `directory`."""
    return {"LD_PRELOAD": str(compile_library("recorder", directory)), "RECORDER_ROOT": str(root),
            "RECORDER_LOG": str(Path(directory) / "record")}


class Recording:
    def __init__(self, log, root, *, standing=()):
        """`standing` are directories below the root that were there before."""
        self.root, self.top = Path(root), Directory()
        self.times = []
        self._live = {self.root: self.top}  # by path, as the program sees it
        self._nodes = {self.root.stat().st_ino: self.top}
        for path in standing:
            self._nodes[Path(path).stat().st_ino] = node = Directory()
            self._name(-2, path, node)
        for file in sorted(Path(log).parent.glob(f"{Path(log).name}.*"), key=lambda file: file.stat().st_mtime_ns):
            self._read(file.read_bytes())

    def _read(self, data):
        """The record of one process, of which the last entry may be torn: the process was killed while it wrote it."""
        self._syncs, at = {}, 0
        while at + HEAD.size <= len(data):
            kind, time, inode, number, text_length, data_length = HEAD.unpack_from(data, at)
            at += HEAD.size
            if at + text_length + data_length > len(data):
                return
            text = data[at:at + text_length].decode()
            at += text_length
            self._take(len(self.times), kind, inode, number, text, data[at:at + data_length])
            at += data_length
            self.times.append(time / 1e9)

    def _take(self, index, kind, inode, number, text, data):
        if kind in b"OM":
            node = File() if kind == b"O" else Directory()
            self._nodes[inode] = node
            self._name(index, text, node)
        elif kind in b"WT":
            self._node(inode).changes.append((index, kind, number, data))
        elif kind == b"X":
            self._node(inode).changes.pop()
        elif kind == b"B":
            self._syncs[number] = index
        elif kind == b"E":
            sync = (self._syncs.pop(number), index)
            for node in [self._node(inode)] if inode else self._nodes.values():
                node.syncs.append(sync)
        elif kind == b"U":
            self._name(index, text, None)
        elif kind in b"RL":
            old, new = text.split("\0")
            node = self._live[Path(old)]
            # In one directory both are one change to a journal; the new name comes first, so that none is without either.
            # From one directory to another they are one change, too: the old name stays, rather than that both are lost.
            self._name(index, new, node)
            if kind == b"R" and Path(old).parent == Path(new).parent:
                self._name(index, old, None)
            elif kind == b"R":
                self._live.pop(Path(old), None)

    def _node(self, inode):
        """Of a file whose maker was killed there may be no record: it has no name here then."""
        return self._nodes.setdefault(inode, File())

    def _name(self, index, path, node):
        path = Path(path)
        self._live[path.parent].changes.append((index, path.name, node))
        if node is None:
            self._live.pop(path, None)
        else:
            self._live[path] = node

    def forget_syncs(self, after=-1, below=None):
        """As if a disk had said it kept what it did not: anything, or of what is below a directory."""
        meant = self._nodes.values() if below is None else [
            node for path, node in self._live.items() if Path(below) in path.parents]
        for node in meant:
            node.syncs = [sync for sync in node.syncs if sync[0] <= after]

    def make(self, cut, keep, directory):
        """Makes what stands on the drive after a power cut that follows the change of this index."""
        self._make(self.top, cut, keep, Path(directory))

    def _make(self, node, cut, keep, path):
        path.mkdir(mode=0o700)
        for name, child in node.names(cut, keep).items():
            if isinstance(child, Directory):
                self._make(child, cut, keep, path / name)
            else:
                file = path / name
                file.touch(mode=0o600)
                file.write_bytes(child.content(cut, keep))


class Nothing:
    """A disk that keeps what was synced and nothing else."""

    def change(self, length):
        return None

    def names(self, count):
        return 0


class Everything:
    """A disk that keeps everything, as after a `kill -9`."""

    def change(self, length):
        return [(0, length)]

    def names(self, count):
        return count


class Something:
    """A disk that keeps some of it: half of the changes, and some sectors of a quarter."""

    def __init__(self, random):
        self.random = random

    def change(self, length):
        chance = self.random.random()
        if chance < 0.25:
            return None
        if chance < 0.75 or length == 0:
            return [(0, length)]
        return [(begin, min(begin + SECTOR, length)) for begin in range(0, length, SECTOR) if self.random.random() < 0.5]

    def names(self, count):
        return self.random.randint(0, count)
