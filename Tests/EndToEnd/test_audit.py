"""The audit log: webhooks that fail, stall and come back, a file, a kill; and no secret in any of it."""

import base64
import json
import time
import urllib.parse

import boto3
import pytest

import server as harness
import wire
from payloads import CUSTOMER_KEY
from receiver import Receiver


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
        presigned = next(record for record in receiver.records if "requestQuery" in record)
        assert "*REDACTED*" in presigned["requestQuery"].values()
        headers, _ = receiver.requests[0]
        assert headers["x-minio-deployment-id"] == put["deploymentid"]
        assert headers["authorization"] == "an-audit-token" and headers["x-minio-webhook-payload-count"] == "1"
        signature = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)["X-Amz-Signature"][0]
        everything = json.dumps(receiver.records)
        for secret in (signature, CUSTOMER_KEY.base64, CUSTOMER_KEY.md5, harness.SECRET_KEY):
            assert secret not in everything
        assert "live" not in receiver.names()


def test_records_name_the_objects_of_a_deletion_and_the_claims_of_a_session(fresh_server, receiver):
    server = fresh_server(environment=webhook(receiver))
    with server:
        bucket, client = server.bucket(), server.s3()
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
        made = boto3.client(
            "sts", endpoint_url=server.endpoint, aws_access_key_id=server.access_key,
            aws_secret_access_key=server.secret_key, region_name=server.region).assume_role(
                RoleArn="arn:aws:iam::000000000000:role/any", RoleSessionName="session",
                Policy=json.dumps(policy))["Credentials"]
        session = boto3.client(
            "s3", endpoint_url=server.endpoint, aws_access_key_id=made["AccessKeyId"],
            aws_secret_access_key=made["SecretAccessKey"], aws_session_token=made["SessionToken"],
            region_name=server.region)
        session.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a\"b"}, {"Key": "c", "VersionId": "null"}]})
        client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "only"}]})
        receiver.wait(lambda records: receiver.names().count("DeleteMultipleObjects") == 2)
        both = [record for record in receiver.records if record["api"].get("name") == "DeleteMultipleObjects"]
        assert both[0]["api"]["objects"] == [{"objectName": "a\"b"}, {"objectName": "c", "versionId": "null"}]
        claims = both[0]["requestClaims"]
        assert claims["accessKey"] == made["AccessKeyId"] and claims["parent"] == server.access_key
        assert json.loads(base64.b64decode(claims["sessionPolicy"])) == policy
        assert both[1]["api"]["object"] == "only" and "requestClaims" not in both[1]
        assert made["SecretAccessKey"] not in json.dumps(both) and made["SessionToken"] not in json.dumps(both)


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
        assert max(int(headers["x-minio-webhook-payload-count"]) for headers, _ in receiver.requests) > 1


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
