"""What the operating system is told to keep of a running server to itself."""

import os

import pytest


def lines(server, name):
    with open(f"/proc/{server.process.pid}/{name}") as file:
        return file.read().splitlines()


def test_nothing_of_its_memory_goes_into_a_core_file_or_to_other_users(server):
    core = next(line for line in lines(server, "limits") if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"], core
    if os.geteuid() != 0:
        # Files of a process that may not be attached to are root's.
        assert os.stat(f"/proc/{server.process.pid}/environ").st_uid == 0


def test_its_keys_are_locked_in_memory(server):
    locked = next(line for line in lines(server, "status") if line.startswith("VmLck"))
    limit = next(line for line in lines(server, "limits") if line.startswith("Max locked memory"))
    if limit.split()[3] == "0" and os.geteuid() != 0:
        pytest.skip("this user may lock no memory")
    assert int(locked.split()[1]) >= 64, (locked, limit)
