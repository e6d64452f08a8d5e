"""Webhooks and listeners: real receivers, real clients, and what a crash leaves."""

import http.server
import json
import ssl
import threading
import time
import urllib.parse

import pytest
import urllib3
from botocore.exceptions import ClientError
from minio import Minio
from minio.error import S3Error

from certificates import Certificates


class Receiver:
    """A webhook: keeps what it is sent, and answers as it is told to."""

    def __init__(self, context=None):
        self.documents, self.headers, self.status = [], [], 200
        self.arrived = threading.Condition()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.status
                with receiver.arrived:
                    receiver.headers.append({name.lower(): value for name, value in self.headers.items()})
                    if status == 200:
                        receiver.documents.append(json.loads(body))
                    receiver.arrived.notify_all()
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"{'https' if context else 'http'}://127.0.0.1:{self.server.server_port}/hook?x=y"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, condition, seconds=30):
        with self.arrived:
            assert self.arrived.wait_for(lambda: condition(self), seconds), (self.keys(), self.headers[-3:])

    def keys(self):
        return [document["Key"] for document in self.documents]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receivers():
    made = []

    def make(context=None):
        made.append(Receiver(context))
        return made[-1]

    yield make
    for one in made:
        one.close()


def webhook(receiver, name="hook", **more):
    values = {"ENABLE": "on", "ENDPOINT": receiver.url} | more
    return {f"MINIO_NOTIFY_WEBHOOK_{key}_{name}": value for key, value in values.items()}


def rules(*events, name="hook", **filters):
    rule = {"QueueArn": f"arn:minio:sqs::{name}:webhook", "Events": list(events)}
    if filters:
        rule["Filter"] = {"Key": {"FilterRules": [{"Name": key, "Value": value} for key, value in filters.items()]}}
    return rule


def configure(server, bucket, *queues):
    server.s3().put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"QueueConfigurations": list(queues)})


def test_a_webhook_is_told_over_http_and_https(fresh_server, receivers, tmp_path):
    certificates = Certificates(tmp_path / "certs")
    (certificates.directory / "CAs").mkdir()
    (certificates.directory / "CAs" / "authority.crt").write_bytes(certificates.authority.read_bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.directory / "public.crt", certificates.directory / "private.key")
    plain, secure = receivers(), receivers(context)
    server = fresh_server(
        certificates=certificates,
        environment=webhook(plain, AUTH_TOKEN="a-token-that-nobody-knows")
        | webhook(secure, "tls", AUTH_TOKEN="Basic c2VjcmV0LWJhc2lj"))
    server.secrets += ["a-token-that-nobody-knows", "c2VjcmV0LWJhc2lj"]
    with server:
        bucket, client = server.bucket(), server.s3()
        configure(server, bucket, rules("s3:ObjectCreated:*", "s3:ObjectRemoved:*"),
                  rules("s3:ObjectCreated:*", name="tls", prefix="only/", suffix=".jpg"))
        told = client.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"]
        assert [queue["QueueArn"] for queue in told] == ["arn:minio:sqs::hook:webhook", "arn:minio:sqs::tls:webhook"]
        client.put_object(Bucket=bucket, Key="a b/é", Body=b"xyz", Metadata={"note": "n"})
        client.put_object(Bucket=bucket, Key="only/1.jpg", Body=b"1")
        client.delete_object(Bucket=bucket, Key="a b/é")
        plain.wait(lambda r: len(r.documents) == 3)
        assert [(d["EventName"], d["Key"]) for d in plain.documents] == [
            ("s3:ObjectCreated:Put", f"{bucket}/a b/é"), ("s3:ObjectCreated:Put", f"{bucket}/only/1.jpg"),
            ("s3:ObjectRemoved:Delete", f"{bucket}/a b/é")]
        record = plain.documents[0]["Records"][0]
        assert urllib.parse.unquote_plus(record["s3"]["object"]["key"]) == "a b/é"
        assert record["s3"]["object"]["size"] == 3 and record["s3"]["bucket"]["name"] == bucket
        assert record["s3"]["object"]["userMetadata"]["X-Amz-Meta-Note"] == "n"
        assert plain.headers[0]["authorization"] == "Bearer a-token-that-nobody-knows"
        secure.wait(lambda r: len(r.documents) == 1)
        assert secure.keys() == [f"{bucket}/only/1.jpg"]
        assert secure.headers[0]["authorization"] == "Basic c2VjcmV0LWJhc2lj"
        with pytest.raises(ClientError, match="destination ARN does not exist"):
            configure(server, bucket, rules("s3:ObjectCreated:*", name="absent"))
        configure(server, bucket)
        assert "QueueConfigurations" not in client.get_bucket_notification_configuration(Bucket=bucket)


def test_a_webhook_that_fails_delays_nobody_and_is_told_later(fresh_server, receivers):
    failing, well = receivers(), receivers()
    failing.status = 503
    server = fresh_server(environment=webhook(failing, "failing") | webhook(well, "well"))
    with server:
        bucket, client = server.bucket(), server.s3()
        configure(server, bucket, rules("s3:ObjectCreated:*", name="failing"), rules("s3:ObjectCreated:*", name="well"))
        for number in range(20):
            client.put_object(Bucket=bucket, Key=f"{number}", Body=b"x")
        well.wait(lambda r: len(r.documents) == 20)
        failing.wait(lambda r: len(r.headers) >= 2)
        assert failing.documents == []
        failing.status = 200
        failing.wait(lambda r: len(r.documents) == 20)
        assert failing.keys() == [f"{bucket}/{number}" for number in range(20)]


def test_every_acknowledged_write_is_told_of_after_a_kill(fresh_server, receivers):
    receiver = receivers()
    receiver.status = 500
    server = fresh_server(environment=webhook(receiver))
    acknowledged, lock = [], threading.Lock()
    with server:
        bucket = server.bucket()
        configure(server, bucket, rules("s3:ObjectCreated:*", "s3:ObjectRemoved:*"))

        def write(worker):
            for number in range(10_000):
                try:
                    answer = server.call("PUT", f"/{bucket}/{worker}/{number}", body=b"x" * (number % 3 * 50_000))
                except Exception:
                    return
                if answer.status != 200:
                    return
                with lock:
                    acknowledged.append(f"{bucket}/{worker}/{number}")

        threads = [threading.Thread(target=write, args=(worker,)) for worker in range(4)]
        for thread in threads:
            thread.start()
        while len(acknowledged) < 100:
            time.sleep(0.01)
        server.process.kill()
        server.process.wait()
        for thread in threads:
            thread.join()
        assert receiver.documents == []
        receiver.status = 200
        server.start()
        receiver.wait(lambda r: set(acknowledged) <= set(r.keys()), 60)
        # Of each worker's keys in their order, and besides them only what was under way.
        for worker in range(4):
            numbers = [int(key.rsplit("/", 1)[1]) for key in dict.fromkeys(receiver.keys())
                       if key.startswith(f"{bucket}/{worker}/")]
            assert numbers == list(range(len(numbers)))
        assert len(set(receiver.keys())) <= len(acknowledged) + 4
        told = len(receiver.documents)
        server.process.kill()
        server.process.wait()
        server.start()
        assert server.call("PUT", f"/{bucket}/last", body=b"x").status == 200
        receiver.wait(lambda r: f"{bucket}/last" in r.keys())
        # What had been taken was forgotten, but for what the second kill came too early for.
        assert len(receiver.documents) <= told + 65


@pytest.mark.parametrize("variables", [
    {"ENABLE": "on"}, {"ENABLE": "on", "ENDPOINT": "ftp://x"}, {"ENABLE": "maybe"},
    {"ENABLE": "on", "ENDPOINT": "http://x", "QUEUE_LIMIT": "many"},
    {"ENABLE": "on", "ENDPOINT": "http://x", "CLIENT_CERT": "/absent"},
    {"ENABLE": "on", "ENDPOINT": "http://x", "CLIENT_CERT": "/absent", "CLIENT_KEY": "/absent"},
])
def test_a_webhook_that_cannot_be_told_ends_the_start(fresh_server, variables):
    server = fresh_server(environment={f"MINIO_NOTIFY_WEBHOOK_{key}": value for key, value in variables.items()})
    status, output = server.run_to_end()
    assert status != 0 and "WEBHOOK" in output.upper(), output


def test_minio_py_listens(fresh_server):
    server = fresh_server()
    with server:
        pool = urllib3.PoolManager(retries=urllib3.Retry(total=0), timeout=60)
        client = Minio(endpoint=server.host, access_key=server.access_key, secret_key=server.secret_key, secure=False,
                       http_client=pool)
        bucket = server.bucket()
        heard, listening = [], threading.Event()

        def listen():
            with client.listen_bucket_notification(
                    bucket_name=bucket, prefix="a/", suffix=".txt",
                    events=("s3:ObjectCreated:*", "s3:ObjectRemoved:*")) as events:
                listening.set()
                for event in events:
                    heard.append(event)
                    if len(heard) == 2:
                        return

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        listening.wait(10)
        deadline = time.monotonic() + 30
        while thread.is_alive() and time.monotonic() < deadline:
            server.call("PUT", f"/{bucket}/b/k.txt", body=b"x")
            server.call("PUT", f"/{bucket}/a/k.txt", body=b"xyz")
            server.call("DELETE", f"/{bucket}/a/k.txt")
            thread.join(0.2)
        assert not thread.is_alive()
        names = {record["eventName"] for event in heard for record in event["Records"]}
        assert names == {"s3:ObjectCreated:Put", "s3:ObjectRemoved:Delete"}
        assert {record["s3"]["object"]["key"] for event in heard for record in event["Records"]} == {"a%2Fk.txt"}
        with pytest.raises(S3Error, match="NoSuchBucket"):
            with client.listen_bucket_notification(bucket_name="absent-bucket") as events:
                next(events)
        # The server does not wait for who listens.
        began = time.monotonic()
    assert time.monotonic() - began < 25
