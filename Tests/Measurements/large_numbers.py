"""What large numbers cost a client: a million versions of one key, 10 000 parts, 1000 deletions; each against small numbers, in one run.

    PYTHONPATH=Tests/Harness:Tests/Decoder python Tests/Measurements/large_numbers.py [VERSIONS] [PARTS]

Versions (1000000) and parts (10000) are written into the catalogue of a stopped server: of the versions none but the newest is opened;
the parts' records are sealed here as the server seals them, and their files are not there, which a completion does not look at.
"""

import os
import re
import sqlite3
import struct
import sys
import tempfile
import threading
import time
from contextlib import closing

import coffer_decoder as decoder
from drive import OpenDrive
from payloads import payload
from server import Server

TURNS = 5
SMALL = payload(4096, 1)
PART_BYTES = 5 << 20


def median(values):
    return sorted(values)[len(values) // 2]


def rate(action, seconds):
    """How often an action is done in a second."""
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        action()
        count += 1
    return count / (time.perf_counter() - began)


def compare(name, small, large, seconds=2):
    """Prints the rates of two actions, taken in turns, and their ratio."""
    small(), large()
    rates = [(rate(small, seconds), rate(large, seconds)) for _ in range(TURNS)]
    one, other = median([pair[0] for pair in rates]), median([pair[1] for pair in rates])
    ratios = sorted(pair[1] / pair[0] for pair in rates)
    print(f"{name}: {one:.0f}/s and {other:.0f}/s, ratio {median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")


def expect(status):
    def check(answer):
        assert answer.status == status, answer
        return answer
    return check


ok, gone = expect(200), expect(204)


def fill_versions(drive, bucket, key, count):
    """So many versions of a key, older than the one that is there."""
    with closing(sqlite3.connect(drive / "coffer.db")) as connection:
        connection.execute("PRAGMA cache_size = -500000")
        number, = connection.execute("SELECT id FROM buckets WHERE name = ?", (bucket,)).fetchone()
        sealed, now = os.urandom(320), int(time.time() * 1000)
        rows = ((number, key.encode(), index + 1, (index + 1).to_bytes(8, "big") + bytes(8), 4096, now, sealed) for index in range(count))
        connection.executemany("INSERT INTO versions (bucket, key, ord, version, size, modified, flags, body, sealed) "
                               "VALUES (?, ?, ?, ?, ?, ?, 0, 0, ?)", rows)
        connection.execute("UPDATE bucket_usage SET versions = versions + ?, bytes = bytes + ? WHERE bucket = ?", (count, 4096 * count, number))
        connection.commit()


def measure_versions(server, count):
    plain, deep = server.bucket(), server.bucket()
    enabled = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
    ok(server.call("PUT", f"/{deep}?versioning", body=enabled))
    for bucket in (plain, deep):
        for key in [f"a{number:03}" for number in range(50)] + ["deep"] + [f"z{number:03}" for number in range(50)]:
            ok(server.call("PUT", f"/{bucket}/{key}", body=SMALL, keep=True))
    server.stop()
    fill_versions(server.drive, deep, "deep", count)
    server.start()

    def asking(target):
        return lambda: ok(server.call("GET", target, keep=True))

    compare(f"GET of the newest of {count} versions, against that of an object without versions",
            asking(f"/{plain}/deep"), asking(f"/{deep}/deep"))
    compare(f"LIST of 101 keys, one of which has {count} versions", asking(f"/{plain}?list-type=2"), asking(f"/{deep}?list-type=2"))
    compare(f"PUT of another version over {count}, against that of an object without versions",
            lambda: ok(server.call("PUT", f"/{plain}/deep", body=SMALL, keep=True)),
            lambda: ok(server.call("PUT", f"/{deep}/deep", body=SMALL, keep=True)))
    def page(order):
        marker = f"{order.to_bytes(8, 'big').hex()}{'0' * 16}"
        return asking(f"/{deep}?versions&key-marker=deep&max-keys=1000&version-id-marker={marker}")

    # Both are of versions that do not open, which a listing takes longer over.
    compare(f"a page of 1000 of {count} versions, in their middle, against that of the newest", page(count), page(count // 2))


def fill_parts(server, bucket, upload, count):
    """More parts like the first one, for which there are no files; the sum of which is that of their numbers."""
    drive = OpenDrive(server.drive, server.keyring)
    first = drive.rows("SELECT * FROM parts")[0]

    def associated_data(number):
        return bytes.fromhex(upload) + struct.pack(">qqqq", number, first["length"], first["size"], first["modified"])

    record = decoder.open_record(drive.catalogue_key, first["sealed"], kind=decoder.RECORD_KINDS["part"], row_id=first["blob"],
                                 associated_data=associated_data(first["number"]))
    rows = []
    for number in range(2, count + 1):
        blob = struct.pack(">QQ", 1, 1 << 40 | number)
        sealed = decoder.seal_record(drive.catalogue_key, record, os.urandom(12), kind=decoder.RECORD_KINDS["part"], row_id=blob,
                                     associated_data=associated_data(number))
        rows.append((first["upload"], number, blob, first["length"], first["size"], first["modified"], sealed))
    with closing(drive.connect()) as connection:
        connection.executemany("INSERT INTO parts (upload, number, blob, length, size, modified, sealed) VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        connection.execute("UPDATE uploads SET changes = changes + ? WHERE id = ?", (len(rows), first["upload"]))
        connection.commit()


def measure_parts(server, count):
    bucket = server.bucket()
    upload = re.search("<UploadId>(.*)</UploadId>", ok(server.call("POST", f"/{bucket}/large?uploads")).body.decode())[1]
    etag = ok(server.call("PUT", f"/{bucket}/large?partNumber=1&uploadId={upload}", body=payload(PART_BYTES, 2))).headers["etag"]
    server.stop()
    fill_parts(server, bucket, upload, count)
    server.start()
    latencies, stop = [], threading.Event()

    def others():
        number = 0
        while not stop.is_set():
            number += 1
            began = time.perf_counter()
            ok(server.call("PUT", f"/{bucket}/other-{number % 50}", body=SMALL, keep=True))
            latencies.append((time.perf_counter() - began, began))

    clients = [threading.Thread(target=others) for _ in range(4)]
    for client in clients:
        client.start()
    time.sleep(2)
    document = "<CompleteMultipartUpload>" + "".join(
        f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>" for number in range(1, count + 1)) + "</CompleteMultipartUpload>"
    began = time.perf_counter()
    answer = ok(server.call("POST", f"/{bucket}/large?uploadId={upload}", body=document.encode()))
    took = time.perf_counter() - began
    time.sleep(2)
    stop.set()
    for client in clients:
        client.join()
    assert b"<ETag>" in answer.body, answer.body
    during = [length for length, start in latencies if start < began + took and start + length > began]
    besides = sorted(length for length, start in latencies if start + length <= began)
    print(f"a completion of {count} parts took {took * 1000:.0f} ms; meanwhile the slowest of {len(during)} PUTs of 4 KiB took "
          f"{max(during) * 1000:.1f} ms, before it their median was {median(besides) * 1000:.1f} ms and the slowest {besides[-1] * 1000:.1f} ms")


def measure_deletions(server):
    bucket = server.bucket()

    def fill():
        for number in range(1000):
            ok(server.call("PUT", f"/{bucket}/{number:04}", body=SMALL, keep=True))

    document = "<Delete><Quiet>true</Quiet>" + "".join(f"<Object><Key>{number:04}</Key></Object>" for number in range(1000)) + "</Delete>"
    ratios = []
    for _ in range(TURNS):
        fill()
        began = time.perf_counter()
        for number in range(1000):
            gone(server.call("DELETE", f"/{bucket}/{number:04}", keep=True))
        one_by_one = time.perf_counter() - began
        fill()
        began = time.perf_counter()
        ok(server.delete(bucket, document.encode()))
        together = time.perf_counter() - began
        ratios.append((one_by_one / together, one_by_one, together))
    ratio, one_by_one, together = median(ratios)
    print(f"1000 DELETEs took {one_by_one * 1000:.0f} ms, one DeleteObjects {together * 1000:.0f} ms, ratio {ratio:.0f} "
          f"({min(ratios)[0]:.0f} to {max(ratios)[0]:.0f})")


def main():
    versions, parts = ([int(number) for number in sys.argv[1:3]] + [1_000_000, 10_000][len(sys.argv) - 1:])[:2]
    print(f"load of the machine over the last minute: {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores", flush=True)
    with tempfile.TemporaryDirectory() as directory:
        server = Server(directory, debug=False)
        server.start()
        try:
            measure_deletions(server)
            measure_parts(server, parts)
            measure_versions(server, versions)
        finally:
            server.kill()


if __name__ == "__main__":
    main()
