"""What a root key store costs a `coffer-kes` whose keys are in its cache: data keys over each store, in turns with files.

    PYTHONPATH=Tests/Harness python Tests/Measurements/key_stores.py [STORE...]

Prints a row a store: its rate of new and of opened data keys divided by that of a server whose keys are files, measured in
turns by `coffer-bench kes`, and how many calls about keys the service had during the load.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from kes import KESServer
from pair import new_api_key
from root_stores import STORES
from server import REPOSITORY

KEY = "coffer-bench"
# The default of `any` is five minutes, longer than the load; unused keys leave after half a minute, and none is unused.
CACHE = "cache:\n  expiry:\n    any: 30m\n    unused: 30m\n"
LOAD = ["--connections", "16", "--rounds", "3", "--duration", "1"]
BENCHMARK = REPOSITORY / ".build" / "release" / "coffer-bench"


def figures(report):
    """Of each operation, the rate and the processor time a request, the store's divided by the files'."""
    found = re.findall(r"^(\w+), 16 connections.*?first over second\n\s+operations\s+(.*?)\n.*?server CPU per op\s+(.*?)\n", report, re.M | re.S)
    return [text for operation, rate, time in found for text in (f"{operation} {rate}", time)]


def measure(name, directory):
    (directory / "store").mkdir(parents=True)
    store = STORES[name](directory / "store")
    api_key, identity = new_api_key()
    servers = [KESServer(directory / "measured", root_store=store, admin=identity, sections=CACHE),
               KESServer(directory / "files", admin=identity, sections=CACHE)]
    try:
        for server in servers:
            server.start()
        first, second = (f"https://127.0.0.1:{server.port}" for server in servers)
        finished = subprocess.run(
            [BENCHMARK, "kes", "--endpoint", first, "--against", second, "--api-key", api_key, "--key", KEY, *LOAD],
            capture_output=True, text=True, timeout=300, check=True)
        calls = sum(map(store.is_key_call, store.stand_in.requests)) if store.stand_in else "not counted"
        print("", name, *figures(finished.stdout), calls, "", sep=" | ", flush=True)
    finally:
        for server in servers:
            server.terminate()
        store.close()


if __name__ == "__main__":
    print(" | Store | new keys, rate | CPU | opened keys, rate | CPU | calls to the service | \n | " + "---|" * 6)
    for chosen in sys.argv[1:] or STORES:
        with tempfile.TemporaryDirectory() as directory:
            measure(chosen, Path(directory))
