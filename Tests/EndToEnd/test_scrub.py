"""Scrubbing: the server goes through its own drive, tells what it finds, and goes on where it was."""

import json
import time

import pytest

import wire
from drive import Drive
from payloads import payload


def call(server, method, target, **options):
    return server.call(method, target, region="", **options)


def status(server):
    answer = call(server, "GET", "/minio/admin/v3/coffer/scrub")
    assert answer.status == 200, answer
    return json.loads(answer.body)


def wait_for(server, condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition(found := status(server)):
        assert server.process.poll() is None and time.monotonic() < deadline, (found, server.log_tail())
        time.sleep(0.1)
    return found


def metrics(server):
    text = wire.request(server, "GET", "/minio/v2/metrics/cluster").body.decode()
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
            if line.startswith("coffer_scrub")}


def test_a_drive_is_scrubbed_and_damage_is_told_everywhere(fresh_server):
    environment = {"COFFER_SCRUB_CYCLE": "2s", "MINIO_PROMETHEUS_AUTH_TYPE": "public"}
    server = fresh_server(environment=environment)
    with server:
        bucket = server.bucket()
        for number in range(20):
            assert server.call("PUT", f"/{bucket}/{number}", body=payload(50_000, number % 4), keep=True).status == 200
        found = wait_for(server, lambda found: found.get("last", {}).get("report", {}).get("objects") == 20)
        assert found["last"]["report"]["counts"] == {} and found["last"]["percent"] == 100, found
        server.wait_for_log("the drive was scrubbed")
    drive = Drive(server.drive)
    path = drive.blobs_of(drive.version("7"))[0]
    image = bytearray(path.read_bytes())
    image[1000] ^= 1
    path.write_bytes(image)
    drive.blobs_of(drive.version("8"))[0].unlink()
    with server:
        found = wait_for(server, lambda found: found.get("last", {}).get("report", {}).get("counts"))
        assert found["last"]["report"]["counts"] == {"damaged": 1, "missing": 1}, found
        assert {finding["key"] for finding in found["last"]["report"]["findings"]} == {"7", "8"}
        server.wait_for_log("scrubbing found something damaged")
        server.wait_for_log("scrubbing found something missing")
        numbers = metrics(server)
        assert next(value for name, value in numbers.items()
                    if name.startswith("coffer_scrub_last_findings{") and "damaged" in name) == 1, numbers
        assert sum(value for name, value in numbers.items() if name.startswith("coffer_scrub_objects_total")) >= 20, numbers
        info = json.loads(call(server, "GET", "/minio/admin/v3/info").body)["servers"][0]["scrub"]
        assert info["damaged"] == 2 and info["lastEnded"] > 0, info
        # Nothing is repaired or removed by it.
        assert server.call("GET", f"/{bucket}/7").status == 500
        assert server.call("GET", f"/{bucket}/6").body == payload(50_000, 2)


def test_what_was_found_is_known_after_a_restart_and_it_can_be_switched_off(fresh_server):
    server = fresh_server(environment={"COFFER_SCRUB_CYCLE": "2s"})
    with server:
        bucket = server.bucket()
        server.s3().put_object(Bucket=bucket, Key="k", Body=b"v")
        wait_for(server, lambda found: found.get("last", {}).get("report", {}).get("objects") == 1)
    server.environment["COFFER_SCRUB_CYCLE"] = "off"
    with server:
        ended = status(server)["last"]["ended"]
        time.sleep(3)
        found = status(server)
        assert found["last"]["ended"] == ended and found.get("current") is None, found


@pytest.mark.parametrize("value, good", (("720h", True), ("off", True), ("sometimes", False), ("-1h", False)))
def test_the_cycle_is_a_time_or_off(fresh_server, value, good):
    server = fresh_server(environment={"COFFER_SCRUB_CYCLE": value})
    if good:
        with server:
            return
    status, text = server.run_to_end()
    assert status != 0 and "SCRUB_CYCLE" in text, text
