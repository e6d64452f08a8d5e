"""Cuts the power while settings are changed, jobs are started and audit records wait: what was acknowledged is there."""

import json
import shutil
import time
from random import Random

import pytest
import urllib3
from minio.credentials import StaticProvider
from minio.minioadmin import MinioAdmin

import wire
from receiver import Receiver
from recording import Everything, Nothing, Recording, Something, recorder
from server import Server, free_port

ADMIN = "/minio/admin/v3"
CHANGES = 12
JOB = "expire:\n  apiVersion: v1\n  bucket: jobs\n  prefix: {number}/\n  rules:\n    - type: object\n"


def admin(server):
    pool = urllib3.PoolManager(retries=urllib3.Retry(total=0), timeout=30)
    return MinioAdmin(endpoint=server.host, credentials=StaticProvider(server.access_key, server.secret_key), secure=False,
                      http_client=pool)


def webhook(url):
    return {"MINIO_AUDIT_WEBHOOK_ENABLE_a": "on", "MINIO_AUDIT_WEBHOOK_ENDPOINT_a": url,
            "MINIO_AUDIT_WEBHOOK_RETRY_INTERVAL_a": "100ms", "MINIO_PROMETHEUS_AUTH_TYPE": "public"}


def waiting(server):
    """How many audit records lie on the drive."""
    page = wire.request(server, "GET", "/minio/v2/metrics/cluster").body.decode()
    return next(int(line.rsplit(" ", 1)[1]) for line in page.splitlines()
                if line.startswith("minio_audit_target_queue_length{"))


class Ledger:
    """What was asked for, with when that began and when it was answered."""

    def __init__(self):
        self.settings, self.jobs = [], []
        # A key that was put, and since when its record is known to be on the drive.
        self.records = []

    def work(self, server):
        root = admin(server)
        server.bucket("jobs")
        for number in range(1, CHANGES + 1):
            begin = time.monotonic()
            root.config_set("api", {"requests_max": str(1000 + number)})
            self.settings.append((begin, time.monotonic(), str(1000 + number)))
            answer = server.call("POST", f"{ADMIN}/start-job", body=JOB.format(number=number).encode(), region="")
            assert answer.status == 200, answer
            self.jobs.append((time.monotonic(), json.loads(answer.body)["id"]))
            server.s3().put_object(Bucket="jobs", Key=f"kept-{number}", Body=b"x")
            # Three requests of each change, and that which made the bucket.
            deadline = time.monotonic() + 30
            while waiting(server) < 3 * number + 1:
                assert time.monotonic() < deadline, "the audit records do not come to the drive"
                time.sleep(0.02)
            self.records.append((time.monotonic(), f"kept-{number}"))

    def verify(self, server, at, receiver):
        done = [value for begin, end, value in self.settings if end <= at]
        possible = {value for begin, end, value in self.settings if end > at and begin <= at} | {done[-1] if done else "0"}
        text = admin(server).config_get("api")
        found = next(word.split("=")[1] for word in str(text).split() if "requests_max=" in word).strip('"')
        assert found in possible, (found, possible)
        jobs = {job["id"] for job in json.loads(server.call("GET", f"{ADMIN}/list-jobs?jobType=", region="").body)["jobs"] or []}
        assert {job for when, job in self.jobs if when <= at} <= jobs
        due = {key for when, key in self.records if when <= at}
        receiver.wait(lambda records: due <= {record["api"].get("object") for record in records})


@pytest.mark.slow
@pytest.mark.long
def test_settings_jobs_and_audit_records_outlive_a_power_cut(tmp_path, seed):
    random, root, ledger = Random(seed), tmp_path / "recorded", Ledger()
    # Nobody listens there: records wait.
    nowhere = f"http://127.0.0.1:{free_port()}/"
    recorded = Server(root, environment=recorder(tmp_path, root) | webhook(nowhere))
    recorded.home.rmdir()
    recorded.drive.mkdir()
    try:
        recorded.start()
        ledger.work(recorded)
    finally:
        recorded.kill()
    recording = Recording(tmp_path / "record", root, standing=[recorded.drive])
    last = len(recording.times) - 1
    first = next(index for index, at in enumerate(recording.times) if at > ledger.settings[0][0])
    for cut in [last] + [random.randint(first, last) for _ in range(6)]:
        for disk in (Nothing(), Something(Random(f"{seed}/{cut}")), *([Everything()] if cut == last else [])):
            look_after(recording, cut, disk, ledger, tmp_path / "cut")
    recording.forget_syncs(after=first)
    with pytest.raises((AssertionError, RuntimeError)):
        look_after(recording, last, Nothing(), ledger, tmp_path / "lie", seconds=5)


def look_after(recording, cut, disk, ledger, directory, seconds=60):
    recording.make(cut, disk, directory)
    receiver = Receiver()
    receiver.wait = lambda condition, wait=receiver.wait: wait(condition, seconds)
    server = Server(directory, environment=webhook(receiver.url))
    try:
        server.start()
        ledger.verify(server, recording.times[cut], receiver)
    except BaseException:
        print(f"after change {cut} on a disk that keeps {type(disk).__name__}:\n{server.log_tail(10)}")
        raise
    finally:
        server.kill()
        receiver.close()
    shutil.rmtree(directory)
