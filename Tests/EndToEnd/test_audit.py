"""The audit log: webhooks that fail, stall and come back, a file, a kill; and no secret in any of it."""

import http.server
import json
import threading
import time
import urllib.parse

import pytest

import server as harness
import wire
from payloads import CUSTOMER_KEY


class Receiver:
    """A webhook for records: answers as it is told to, or not at all while it is told to stall."""

    def __init__(self):
        self.records, self.requests, self.status = [], [], 200
        self.arrived, self.may_answer = threading.Condition(), threading.Event()
        self.may_answer.set()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.may_answer.wait(60)
                status = receiver.status
                with receiver.arrived:
                    receiver.requests.append((dict(self.headers), body))
                    if status == 200:
                        receiver.records += [json.loads(line) for line in body.splitlines()]
                    receiver.arrived.notify_all()
                try:
                    self.send_response(status)
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                except OSError:
                    pass

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/audit"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, condition, seconds=60):
        with self.arrived:
            assert self.arrived.wait_for(lambda: condition(self.records), seconds), (self.names(), len(self.requests))

    def names(self):
        return [record["api"].get("name") for record in self.records]

    def close(self):
        self.may_answer.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


def webhook(receiver, name="a", kind="AUDIT", **more):
    values = {"ENABLE": "on", "ENDPOINT": receiver.url, "RETRY_INTERVAL": "100ms"} | more
    return {f"MINIO_{kind}_WEBHOOK_{key}_{name}": value for key, value in values.items()}


def objects(records):
    return [record["api"]["object"] for record in records if record["api"].get("name") == "PutObject"]


def test_records_have_minios_shape_and_no_secret(fresh_server, receiver, certificates):
    server = fresh_server(certificates=certificates, environment=webhook(receiver, AUTH_TOKEN="an-audit-token"))
    server.secrets.append("an-audit-token")
    with server:
        bucket, client = server.bucket(), server.s3()
        client.put_object(Bucket=bucket, Key="a/é", Body=b"0123456789", Metadata={"note": "n"})
        client.put_object(Bucket=bucket, Key="c", Body=b"x", SSECustomerAlgorithm="AES256",
                          SSECustomerKey=CUSTOMER_KEY.raw)
        url = client.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a/é"})
        assert wire.request(server, "GET", url[len(server.endpoint):]).body == b"0123456789"
        assert wire.request(server, "GET", f"/{bucket}/c").status == 403
        assert server.call("GET", "/minio/kms/v1/status", region="").status == 200
        assert wire.request(server, "GET", "/minio/health/live").status == 200
        receiver.wait(lambda records: "KeyServiceState" in receiver.names())
        by_name = {record["api"].get("name"): record for record in receiver.records}
        put = next(r for r in receiver.records if r["api"].get("object") == "a/é" and r["api"]["name"] == "PutObject")
        assert {"version", "deploymentid", "time", "event", "trigger", "api", "remotehost", "requestID", "userAgent",
                "requestPath", "requestHost", "requestHeader", "responseHeader", "accessKey"} <= set(put)
        assert put["version"] == "1" and put["trigger"] == "incoming" and len(put["deploymentid"]) == 36
        assert put["api"]["bucket"] == bucket and put["api"]["statusCode"] == 200 and put["api"]["status"] == "OK"
        assert put["api"]["rx"] >= 10 and put["accessKey"] == harness.ACCESS_KEY and put["remotehost"] == "127.0.0.1"
        assert put["requestPath"] == f"/{bucket}/a/%C3%A9" and put["api"]["timeToResponse"].endswith("ns")
        assert put["requestHeader"]["X-Amz-Meta-Note"] == "n" and "Etag" in put["responseHeader"]
        refused = [record for record in receiver.records if record["api"]["statusCode"] == 403]
        assert len(refused) == 1 and refused[0]["error"] == "AccessDenied" and "accessKey" not in refused[0]
        presigned = by_name["GetObject"]
        assert "*REDACTED*" in presigned["requestQuery"].values()
        headers, _ = receiver.requests[0]
        assert headers["Authorization"] == "an-audit-token" and headers["X-Minio-Webhook-Payload-Count"] == "1"
        signature = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)["X-Amz-Signature"][0]
        everything = json.dumps(receiver.records)
        for secret in (signature, CUSTOMER_KEY.base64, CUSTOMER_KEY.md5, harness.SECRET_KEY):
            assert secret not in everything
        assert "live" not in receiver.names()


def test_a_webhook_that_fails_and_stalls_delays_nobody_and_gets_all_in_order(fresh_server, receiver):
    receiver.status = 503
    server = fresh_server(environment=webhook(receiver, BATCH_SIZE="10", HTTP_TIMEOUT="1s"))
    with server:
        bucket, client = server.bucket(), server.s3()
        for number in range(25):
            client.put_object(Bucket=bucket, Key=f"{number:03}", Body=b"x")
        with receiver.arrived:
            assert receiver.arrived.wait_for(lambda: len(receiver.requests) >= 2, 60)
        receiver.may_answer.clear()
        for number in range(25, 50):
            client.put_object(Bucket=bucket, Key=f"{number:03}", Body=b"x")
        receiver.status = 200
        receiver.may_answer.set()
        receiver.wait(lambda records: len(objects(records)) >= 50)
        assert list(dict.fromkeys(objects(receiver.records))) == [f"{number:03}" for number in range(50)]
        assert max(int(headers["X-Minio-Webhook-Payload-Count"]) for headers, _ in receiver.requests) > 1


def test_what_lay_on_the_drive_is_told_after_a_kill(fresh_server, receiver):
    receiver.status = 500
    server = fresh_server(environment=webhook(receiver))
    with server:
        bucket, client = server.bucket(), server.s3()
        for number in range(20):
            client.put_object(Bucket=bucket, Key=f"{number:03}", Body=b"x")
        # Each lies on the drive a moment after its answer.
        time.sleep(1)
        server.kill()
        receiver.status = 200
        server.start()
        receiver.wait(lambda records: set(objects(records)) == {f"{number:03}" for number in range(20)})
        client = server.s3()
        client.put_object(Bucket=bucket, Key="before-stop", Body=b"x")
        server.stop()
        receiver.wait(lambda records: "before-stop" in objects(records) or server.process.poll() is not None)
        server.start()
        receiver.wait(lambda records: "before-stop" in objects(records))


def test_what_finds_no_room_is_counted_and_said(fresh_server, receiver):
    receiver.status = 500
    server = fresh_server(environment=webhook(receiver, QUEUE_SIZE="5") | {"MINIO_PROMETHEUS_AUTH_TYPE": "public"})
    with server:
        bucket, client = server.bucket(), server.s3()
        for number in range(20):
            client.put_object(Bucket=bucket, Key=f"{number:03}", Body=b"x")
        server.wait_for_log("events are lost")
        page = wire.request(server, "GET", "/minio/v2/metrics/cluster").body.decode()
        lines = [line for line in page.splitlines() if line.startswith("minio_audit_failed_messages{")]
        assert float(lines[0].rsplit(" ", 1)[1]) >= 15
        assert [line for line in page.splitlines() if line.startswith("minio_cluster_webhook_online{")][0].endswith(" 0")


def test_what_is_refused_too_often_is_given_up(fresh_server, receiver):
    receiver.status = 500
    server = fresh_server(environment=webhook(receiver, MAX_RETRY="2"))
    with server:
        server.bucket("first")
        server.wait_for_log("is left out")
        receiver.status = 200
        server.bucket("second")
        receiver.wait(lambda records: "PutBucket" in receiver.names())
        assert [record["api"]["bucket"] for record in receiver.records] == ["second"]


def test_the_file_gets_a_line_each_and_can_be_rotated(fresh_server, tmp_path):
    path = tmp_path / "audit.json"
    server = fresh_server(environment={"COFFER_AUDIT_FILE": str(path)})
    with server:
        server.bucket("one")
        deadline = time.monotonic() + 30
        while not path.read_text() and time.monotonic() < deadline:
            time.sleep(0.02)
        old = tmp_path / "audit.old"
        path.rename(old)
        server.process.send_signal(harness.signal.SIGHUP)
        server.wait_for_log("audit log reopened")
        server.bucket("two")
    named = [[json.loads(line)["api"].get("bucket") for line in file.read_text().splitlines()] for file in (old, path)]
    assert named == [["one"], ["two"]]


def test_the_log_goes_to_its_webhook(fresh_server, receiver):
    server = fresh_server(environment=webhook(receiver, kind="LOGGER"))
    with server:
        server.process.send_signal(harness.signal.SIGHUP)
        with receiver.arrived:
            assert receiver.arrived.wait_for(lambda: receiver.records, 60)
        record = receiver.records[0]
        assert record["level"] in {"INFO", "WARNING", "ERROR"} and record["message"] and len(record["deploymentid"]) == 36


@pytest.mark.parametrize("variables", [
    {"ENABLE": "on"}, {"ENABLE": "on", "ENDPOINT": "ftp://x"},
    {"ENABLE": "on", "ENDPOINT": "http://x", "BATCH_SIZE": "many"},
    {"ENABLE": "on", "ENDPOINT": "http://x", "RETRY_INTERVAL": "soon"},
])
def test_a_webhook_that_is_configured_wrongly_does_not_start(fresh_server, variables):
    named = {f"MINIO_AUDIT_WEBHOOK_{key}_x": value for key, value in variables.items()}
    status, text = fresh_server(environment=named).run_to_end()
    assert status == 1 and "AUDIT_WEBHOOK" in text
