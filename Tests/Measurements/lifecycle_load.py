"""What clients feel of lifecycle sweeps: the same requests with and without one, in turns, in one run.

    PYTHONPATH=Tests/Harness python Tests/Measurements/lifecycle_load.py [MILLIONS] [REMOVED]

First a bucket of so many million objects (1) is walked over again and again, by a rule that removes nothing. Then a rule
removes so many objects (20000). Rows of the first bucket are written into the catalogue of a stopped server: nothing of them is
opened on the walk. Prints the latencies of reads and writes of 4 KiB by four clients, their ratios, and how long a walk takes.
"""

import os
import re
import sqlite3
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from payloads import payload
from server import Server

CLIENTS = 4
PHASE_SECONDS = 4
TURNS = 4
BODY = payload(4096, 1)


def rules(prefix, action):
    return (f"<LifecycleConfiguration><Rule><ID>r</ID><Prefix>{prefix}</Prefix><Status>Enabled</Status>"
            f"<Expiration>{action}</Expiration></Rule></LifecycleConfiguration>").encode()


def fill(database, bucket, count):
    """Rows as long as those of real objects, in an order of their own."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA cache_size = -500000")
        number, = connection.execute("SELECT id FROM buckets WHERE name = ?", (bucket,)).fetchone()
        now = int(time.time() * 1000)
        sealed = os.urandom(320)
        rows = ((number, f"scan/{(index * 7919) % count:09}".encode(), index + 1, (index + 1).to_bytes(8, "big") + bytes(8), 4096, now,
                 sealed) for index in range(count))
        connection.executemany("INSERT INTO versions (bucket, key, ord, version, size, modified, flags, body, sealed) "
                               "VALUES (?, ?, ?, ?, ?, ?, 2, 0, ?)", rows)
        connection.commit()


def load(server, bucket, seconds, until=None):
    """Latencies in milliseconds of writes and reads."""
    latencies, stop = {"PUT": [], "GET": []}, time.monotonic() + seconds

    def client(number):
        turn = 0
        while time.monotonic() < stop and (until is None or not until.is_set()):
            method, turn = ("PUT", "GET")[turn % 2], turn + 1
            began = time.perf_counter()
            answer = server.call(method, f"/{bucket}/client-{number}-{turn // 2 % 50}", body=BODY if method == "PUT" else b"", keep=True)
            latencies[method].append((time.perf_counter() - began) * 1000)
            assert answer.status in (200, 404), answer

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(client, range(CLIENTS)))
    return latencies


def percentile(values, part):
    return sorted(values)[int(len(values) * part)] if values else float("nan")


def report(name, without, with_sweep):
    for method in ("PUT", "GET"):
        for part in (0.5, 0.99):
            before, after = percentile(without[method], part), percentile(with_sweep[method], part)
            print(f"{name:8} {method} p{part * 100:.0f}: {before:7.2f} ms without, {after:7.2f} ms with, ratio {after / before:.2f}")


def merge(total, more):
    for method, values in more.items():
        total[method] += values


def wait_for_walks(server, count):
    wanted = server.log_text().count("found nothing to do") + count
    while server.log_text().count("found nothing to do") < wanted:
        time.sleep(0.1)


def measure_walk(server, busy, large):
    without, with_sweep = {"PUT": [], "GET": []}, {"PUT": [], "GET": []}
    load(server, busy, 2)
    for _ in range(TURNS):
        merge(without, load(server, busy, PHASE_SECONDS))
        server.call("PUT", f"/{large}?lifecycle", body=rules("scan/", "<Date>2999-01-01T00:00:00Z</Date>"))
        time.sleep(1)
        merge(with_sweep, load(server, busy, PHASE_SECONDS))
        server.call("DELETE", f"/{large}?lifecycle")
        time.sleep(1)
    report("walk", without, with_sweep)
    server.call("PUT", f"/{large}?lifecycle", body=rules("scan/", "<Date>2999-01-01T00:00:00Z</Date>"))
    began = server.process_seconds()
    wait_for_walks(server, 1)
    began = server.process_seconds()
    wait_for_walks(server, 1)
    seconds = server.process_seconds() - began
    walk = re.findall(r'"milliseconds":"(\d+)[^"]*","scanned":"(\d+)"', server.log_text())[-1]
    print(f"a walk over {walk[1]} versions takes {walk[0]} ms, and {seconds:.1f} s of a processor")


def measure_removal(server, busy, count):
    doomed = server.bucket("doomed")

    def put(number):
        assert server.call("PUT", f"/{doomed}/old/{number}", body=BODY, keep=True).status == 200

    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(put, range(count)))
    without = load(server, busy, 2 * PHASE_SECONDS)
    done = threading.Event()

    def watch():
        while "<Contents>" in server.call("GET", f"/{doomed}?list-type=2&max-keys=1").body.decode():
            time.sleep(0.2)
        done.set()

    began = time.monotonic()
    server.call("PUT", f"/{doomed}?lifecycle", body=rules("old/", "<Date>2015-01-01T00:00:00Z</Date>"))
    watcher = threading.Thread(target=watch)
    watcher.start()
    with_sweep = load(server, busy, 600, done)
    watcher.join()
    print(f"{count} objects were removed in {time.monotonic() - began:.1f} s")
    report("removal", without, with_sweep)


class Measured(Server):
    def process_seconds(self):
        with open(f"/proc/{self.process.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    millions, removed = float(sys.argv[1]) if len(sys.argv) > 1 else 1, int(sys.argv[2]) if len(sys.argv) > 2 else 20_000
    with tempfile.TemporaryDirectory() as directory:
        server = Measured(directory, environment={"COFFER_LIFECYCLE_DAY": "1s"})
        server.start()
        busy, large = server.bucket("busy"), server.bucket("large")
        server.stop()
        fill(server.drive / "coffer.db", large, int(millions * 1_000_000))
        server.start()
        try:
            measure_walk(server, busy, large)
            server.call("DELETE", f"/{large}?lifecycle")
            measure_removal(server, busy, removed)
        finally:
            server.kill()


if __name__ == "__main__":
    main()
