"""A drive of a former format is raised at the start, and what a failure in the middle leaves."""

import sqlite3

from drive import Drive
from preload import compile_library
from verification import WHOLE, verify

# Takes back what the newest migration does.
TO_FORMAT_7 = """
    DROP TABLE sums;
    DELETE FROM grdb_migrations WHERE identifier LIKE '8:%';
"""


def test_an_upgrade_that_may_be_on_the_disk_is_no_drive_of_the_former_release(fresh_server, tmp_path):
    """What it wrote could not be flushed: a former release must not meet what a power cut may bring to light."""
    flag, server = tmp_path / "unflushed", fresh_server()
    with server:
        bucket = server.bucket()
        assert server.call("PUT", f"/{bucket}/k", body=b"content").status == 200
    database = sqlite3.connect(Drive(server.drive).directory / "coffer.db")
    database.executescript(TO_FORMAT_7)
    database.close()
    number = Drive(server.drive).directory / "format"
    number.write_text("coffer drive 7\n")
    server.environment |= {
        "LD_PRELOAD": str(compile_library("unflushed", tmp_path)), "UNFLUSHED_WHILE": str(flag), "UNFLUSHED_FILES": "-wal"}
    flag.touch()
    status, output = server.run_to_end()
    assert status != 0, output
    assert number.read_text() == "coffer drive 8\n"
    flag.unlink()
    # It was made with rollback evidence, and says so.
    status, output = server.run_to_end()
    assert status == 1 and "rollback evidence has been removed" in output, output
    assert verify(server, "--accept-rollback").status == WHOLE
    with server:
        assert server.call("GET", f"/{bucket}/k").body == b"content"
    assert number.read_text() == "coffer drive 8\n"
