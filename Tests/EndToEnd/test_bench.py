"""The benchmark's own commands: every load succeeds, and the tables have a row for each."""

import json
import subprocess
from pathlib import Path

import pytest

import server

OPERATIONS = ["put", "get", "range", "head", "list", "delete", "delete-many", "copy", "mixed"]
QUICK = ["--rounds", "1", "--duration", "0.2", "--warm-up", "0"]


def bench(*arguments):
    program = Path(server.binary()).parent / "coffer-bench"
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=300)


def rows(text):
    """The cells of each row below the table's head."""
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines()[2:]]


def test_the_suite_measures_every_operation_beside_another_server(tmp_path):
    loads = [f"{operation}:8KiB:4" for operation in OPERATIONS] + ["put:1MiB:2:kms"]
    with server.Server(tmp_path / "other") as other:
        finished = bench(
            "suite", *QUICK, "--scratch", tmp_path, "--server", server.binary(), "--json", tmp_path / "rounds.json",
            "--against", f"Other={other.endpoint}", "--access-key", server.ACCESS_KEY, "--secret-key", server.SECRET_KEY,
            "--loads", *loads)
    assert finished.returncode == 0 and not finished.stderr, finished
    table = rows(finished.stdout)
    assert len(table) == len(loads)
    assert all(len(row) == 8 and all(row[:4]) and row[6] for row in table), table
    measured = json.loads((tmp_path / "rounds.json").read_text())
    assert measured["names"] == ["Coffer", "Other"]
    for row in measured["rows"]:
        for of_one in row["rounds"]:
            assert [one["failures"] for one in of_one] == [0] and of_one[0]["operations"] > 0, row


def test_two_builds_are_compared_in_turns(tmp_path):
    finished = bench(
        "compare", server.binary(), server.binary(), *QUICK, "--scratch", tmp_path, "--pinned", "--loads", "get:4KiB:4",
        "put:64KiB:2")
    assert finished.returncode == 0, finished
    assert [row[0].split(",")[0] for row in rows(finished.stdout)] == ["GET 4 KiB", "PUT 64 KiB"]


@pytest.mark.parametrize("load", ["get", "get:4KiB", "fly:4KiB:1", "get:4KiB:0", "get:4KiB:1:rot13", "get:-4:1"])
def test_what_is_no_load_is_refused(load):
    finished = bench("suite", "--loads", load)
    assert finished.returncode == 64 and load in finished.stderr, finished
