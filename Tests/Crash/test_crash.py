"""Kills the server again and again in the middle of a storm of writes, and holds it to everything it acknowledged.

Each key belongs to one writer, so that what it must hold is known: the last acknowledged write, or the one write that was
under way at the kill. A few keys are shared: there any write is possible that no later acknowledged one has replaced.
"""

import os
import time
from random import Random

import pytest

from server import Server
from storm import Ledger, Storm, Write, assert_clean, content

CYCLES = 30
LEAST_CYCLES = 20
BUDGET_SECONDS = 150


def kill_during_start(server, seconds):
    """Recovery itself may be interrupted at any moment."""
    server.launch()
    time.sleep(seconds)
    server.kill()


@pytest.mark.slow
@pytest.mark.parametrize("versioned", (False, True), ids=("plain", "versioned"))
def test_nothing_acknowledged_is_lost_and_nothing_half_done_is_seen(tmp_path, versioned):
    seed = int(os.environ.get("COFFER_CRASH_SEED") or int.from_bytes(os.urandom(4), "big"))
    print(f"COFFER_CRASH_SEED={seed}")
    random, began = Random(seed), time.monotonic()
    server = Server(tmp_path)
    try:
        server.start()
        storm = Storm(server, server.bucket("storm"), seed)
        if versioned:
            document = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
            assert storm.call("PUT", "?versioning", document).status == 200
        cycles = 0
        while cycles < CYCLES and (cycles < LEAST_CYCLES or time.monotonic() - began < BUDGET_SECONDS):
            storm.run(cycles, random.uniform(0.05, 1.2))
            if cycles % 4 == 3:
                kill_during_start(server, random.uniform(0, 0.3))
            server.start()
            storm.verify()
            cycles += 1
        print(f"{cycles} cycles, {storm.acknowledged} acknowledged writes: {storm.kinds}")
        assert cycles >= LEAST_CYCLES
        assert min(storm.kinds.get(kind, 0) for kind in ("small", "large", "delete", "batch", "copy", "rename", "note")) > 0, storm.kinds
        assert_clean(server)
    finally:
        server.kill()
        print(server.log_tail(5))


def test_the_ledger_knows_what_may_be_there():
    """The judge is judged: writes that follow each other, overlap, or were never answered."""
    ledger = Ledger([Write("a", 0, 1), Write("b", 2, 3)])
    assert ledger.allowed() == {"b"}
    assert Ledger([Write("a", 0, 3), Write("b", 2, 4)]).allowed() == {"a", "b"}
    assert Ledger([Write("a", 0, 1), Write("b", 2, None)]).allowed() == {"a", "b"}
    assert Ledger([Write("a", 0, None), Write("b", 2, 3)]).allowed() == {"a", "b"}
    assert Ledger([Write("a", 0, 5), Write("b", 1, 2), Write("c", 3, 4)]).allowed() == {"a", "c"}


def test_an_open_upload_survives_a_kill_and_can_be_completed(tmp_path):
    server = Server(tmp_path)
    try:
        server.start()
        storm = Storm(server, server.bucket("uploads"), 0)
        prepared = storm.prepare("k", ("parts", 7))
        server.process.kill()
        server.process.wait()
        server.start()
        answer = storm.call("POST", f"k?uploadId={prepared[0]}", prepared[1])
        assert answer.status == 200, answer
        assert storm.call("GET", "k").body == content(("parts", 7))
        assert_clean(server)
    finally:
        server.kill()
