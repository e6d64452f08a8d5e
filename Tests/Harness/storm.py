"""A storm of writes of which every acknowledgement is written down, and what the server must hold after it."""

import http.client
import shutil
import tempfile
import threading
import time
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random

from drive import Drive
from payloads import KIB, MIB, payload

WRITERS = 6
KEYS_OF_A_WRITER = 8
SHARED_KEYS = 3
FIRST_PART = 5 * MIB
GONE = None


@lru_cache(maxsize=256)
def content(value):
    """The bytes that belong to a value: (kind, seed). They begin differently for each seed."""
    kind, seed = value
    size = {"small": 4 * KIB, "large": MIB, "parts": FIRST_PART + 70 * KIB}[kind]
    return seed.to_bytes(8, "big") + payload(size - 8, seed % 4)


@dataclass
class Write:
    """One change of one key. `end` is None until it is acknowledged, `noted` until an annotation of what it wrote is."""

    value: object
    begin: float
    end: float | None = None
    noted: float | None = None


@dataclass
class Ledger:
    """What may stand under one key."""

    writes: list = field(default_factory=lambda: [Write(GONE, -1.0, -1.0)])

    def allowed(self):
        """Every value whose write was not followed, after its end, by another that began later and was acknowledged."""
        latest = max(write.begin for write in self.writes if write.end is not None)
        return {write.value for write in self.writes if write.end is None or write.end >= latest}

    def is_noted(self, value):
        """Whether what stands under the key has an annotation, if it is this value: whichever write it came by."""
        writes = [write for write in self.writes if write.value == value]
        return bool(writes) and all(write.noted is not None for write in writes)

    def settle(self, value, noted=None):
        """After a restart the question of what is there is answered."""
        self.writes = [Write(value, time.monotonic(), time.monotonic(), noted)]


class Storm:
    def __init__(self, server, bucket, seed):
        self.server, self.bucket, self.seed = server, bucket, seed
        self.ledgers = {f"writer-{writer}/{number}": Ledger() for writer in range(WRITERS) for number in range(KEYS_OF_A_WRITER)}
        self.ledgers |= {f"shared/{number}": Ledger() for number in range(SHARED_KEYS)}
        self.lock = threading.Lock()
        self.next_value = 0
        self.acknowledged = 0
        self.kinds = {}
        self.failures = []

    def fresh(self, kind):
        with self.lock:
            self.next_value += 1
            return kind, self.next_value

    def run(self, cycle, seconds):
        """Lets the writers loose, kills the server after some time, and waits until every writer has noticed."""
        self.begin(cycle)
        time.sleep(seconds)
        self.server.process.kill()
        self.server.process.wait()
        self.end()

    def begin(self, cycle):
        """Lets the writers loose."""
        self.stopping = False
        self.threads = [threading.Thread(target=self.write, args=(writer, Random(f"{self.seed}/{cycle}/{writer}")))
                        for writer in range(WRITERS)]
        for thread in self.threads:
            thread.start()

    def end(self):
        """Waits until every writer has done what it is at, or has noticed that there is no server."""
        self.stopping = True
        for thread in self.threads:
            thread.join(timeout=30)
            assert not thread.is_alive(), "a client hangs on a dead server"
        assert self.failures == [], self.failures

    def write(self, writer, random):
        while not self.stopping:
            shared = random.random() < 0.15
            key = f"shared/{random.randrange(SHARED_KEYS)}" if shared else f"writer-{writer}/{random.randrange(KEYS_OF_A_WRITER)}"
            kind = random.choices(("small", "large", "parts", "delete", "batch", "copy", "rename", "note"),
                                  (44, 16, 4, 16, 6, 8, 6, 8))[0]
            try:
                if kind == "note":
                    self.note(f"writer-{writer}/{random.randrange(KEYS_OF_A_WRITER)}")
                elif kind in ("copy", "rename"):
                    self.take_over(writer, kind, random)
                else:
                    self.change(key, kind)
            except (OSError, http.client.HTTPException):
                return
            except Exception as failure:  # what is raised in a thread fails no test by itself
                self.failures.append(failure)
                return

    def change(self, key, kind):
        value = GONE if kind in ("delete", "batch") else self.fresh(kind)
        prepared = self.prepare(key, value) if kind == "parts" else None
        write = Write(value, time.monotonic())
        with self.lock:
            self.ledgers[key].writes.append(write)
        if kind == "parts":
            answer = self.call("POST", f"{key}?uploadId={prepared[0]}", prepared[1])
            succeeded = answer.status == 200 and b"<Error>" not in answer.body
        elif kind == "batch":
            document = f"<Delete><Object><Key>{key}</Key></Object></Delete>".encode()
            answer = self.delete(document)
            succeeded = answer.status == 200 and b"<Error>" not in answer.body
        elif kind == "delete":
            answer = self.call("DELETE", key)
            succeeded = answer.status == 204
        else:
            answer = self.call("PUT", key, content(value), {"x-amz-meta-value": repr(value)})
            succeeded = answer.status == 200
        assert succeeded, answer
        with self.lock:
            write.end = time.monotonic()
            self.acknowledged += 1
            self.kinds[kind] = self.kinds.get(kind, 0) + 1

    def take_over(self, writer, kind, random):
        """Copies or renames one of the writer's own objects; what it is copied from has one value, which is known."""
        source, key = (f"writer-{writer}/{number}" for number in random.sample(range(KEYS_OF_A_WRITER), 2))
        held = self.ledgers[source].allowed()
        value = next(iter(held))
        if len(held) > 1 or value is GONE:
            return
        is_noted, began = self.ledgers[source].is_noted(value), time.monotonic()
        changes = [(key, Write(value, began))] + ([(source, Write(GONE, began))] if kind == "rename" else [])
        with self.lock:
            for changed, write in changes:
                self.ledgers[changed].writes.append(write)
        if kind == "copy":
            answer = self.call("PUT", key, headers={"x-amz-copy-source": f"/{self.bucket}/{source}"})
        else:
            answer = self.call("PUT", f"{key}?renameObject", headers={"x-amz-rename-source": f"/{source}"})
        assert answer.status == 200, answer
        with self.lock:
            for _, write in changes:
                write.end = time.monotonic()
            if is_noted:
                changes[0][1].noted = time.monotonic()
            self.acknowledged += 1
            self.kinds[kind] = self.kinds.get(kind, 0) + 1

    def note(self, key):
        """Annotates one of the writer's own objects, whose value is known."""
        ledger = self.ledgers[key]
        held = ledger.allowed()
        value = next(iter(held))
        if len(held) > 1 or value is GONE:
            return
        answer = self.call("PUT", f"{key}?annotation&annotationName=note", repr(value).encode())
        assert answer.status == 200, answer
        with self.lock:
            for write in ledger.writes:
                if write.value == value:
                    write.noted = time.monotonic()
            self.acknowledged += 1
            self.kinds["note"] = self.kinds.get("note", 0) + 1

    def prepare(self, key, value):
        upload = self.call("POST", f"{key}?uploads", b"", {"x-amz-meta-value": repr(value)}).find("UploadId")
        items, data = "", content(value)
        for number, body in enumerate((data[:FIRST_PART], data[FIRST_PART:]), 1):
            part = self.call("PUT", f"{key}?partNumber={number}&uploadId={upload}", body)
            items += f"<Part><PartNumber>{number}</PartNumber><ETag>{part.headers['etag']}</ETag></Part>"
        return upload, f"<CompleteMultipartUpload>{items}</CompleteMultipartUpload>".encode()

    def call(self, method, key, body=b"", headers=None):
        target = f"/{self.bucket}{key}" if key.startswith("?") else f"/{self.bucket}/{key}"
        return self.server.call(method, target, headers, body, keep=True, timeout=20)

    def delete(self, document):
        return self.server.delete(self.bucket, document, keep=True, timeout=20)

    def verify(self):
        """Every key holds one of the values it may hold, whole, and the listing shows exactly what is there."""
        there = set()
        for key, ledger in self.ledgers.items():
            answer = self.call("GET", key)
            allowed = ledger.allowed()
            if answer.status == 404:
                assert GONE in allowed, f"{key} is lost; it must hold one of {allowed}"
                ledger.settle(GONE)
                continue
            assert answer.status == 200, (key, answer)
            held = [value for value in allowed if value is not GONE and content(value) == answer.body]
            assert len(held) == 1, f"{key} holds {len(answer.body)} bytes that are none of {allowed}"
            assert answer.headers["x-amz-meta-value"] == repr(held[0]), f"{key} has another version's metadata"
            is_noted = ledger.is_noted(held[0])
            if is_noted:
                note = self.call("GET", f"{key}?annotation&annotationName=note")
                assert note.body == repr(held[0]).encode(), f"{key} has lost its annotation"
            there.add(key)
            ledger.settle(held[0], time.monotonic() if is_noted else None)
        listed = self.call("GET", "?list-type=2")
        assert set(listed.find_all("Contents/Key")) == there
        sizes = dict(zip(listed.find_all("Contents/Key"), listed.find_all("Contents/Size")))
        for key in there:
            assert int(sizes[key]) == len(content(self.ledgers[key].writes[-1].value))


def assert_clean(server):
    """After one more start and stop nothing is on the drive that no row refers to."""
    server.restart()
    deadline = time.monotonic() + 20
    drive = Drive(server.drive)
    while time.monotonic() < deadline and len(drive.blob_files()) > len(blobs_with_rows(server)):
        time.sleep(0.2)
    server.stop()
    complaints, garbage = drive.complaints(), drive.garbage()
    assert not complaints, complaints
    assert drive.counted() == drive.stored(), "what buckets are said to have is not what they have"
    assert not garbage, f"garbage that nobody has collected: {garbage}"


def blobs_with_rows(server):
    """Asked while the server runs, of a copy: the server's own database files are open to nobody else."""
    with tempfile.TemporaryDirectory() as copy:
        for name in ("coffer.db", "coffer.db-wal"):
            if (server.drive / name).exists():
                shutil.copy(server.drive / name, copy)
        return Drive(copy).referenced_blobs()
