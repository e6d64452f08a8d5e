"""A key store that is away from time to time, as a directory on a network file system is without its server."""

import time

import pytest

from kes import KESServer
from preload import compile_library


class Absence:
    """A key store that is away from time to time."""

    def __init__(self, directory, **options):
        self.flag = directory / "away"
        self.server = KESServer(directory / "server", **options)
        self.server.environment |= {
            "LD_PRELOAD": str(compile_library("away", directory)), "AWAY_ROOT": str(self.server.store),
            "AWAY_WHILE": str(self.flag)}

    def begin(self):
        self.flag.touch()

    def end(self):
        self.flag.unlink()

    def wait_until_ready(self, status):
        deadline = time.monotonic() + 40
        while (answer := self.server.call("GET", "/v1/ready")).status != status:
            assert time.monotonic() < deadline, (answer, self.server.log_text())
            time.sleep(0.1)


@pytest.fixture
def absence(tmp_path):
    """Makes such stores, and ends their servers."""
    made = []

    def one(**options):
        made.append(Absence(tmp_path, **options))
        return made[-1]

    yield one
    for absence in made:
        absence.server.kill()
