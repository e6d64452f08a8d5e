"""The examples of deploy/proxies with the proxies themselves: nginx, HAProxy and Caddy in front of both servers."""

import hashlib
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from types import SimpleNamespace

import boto3
import pytest
import urllib3
from botocore.config import Config


import server as object_server
import wire
from kes import Identity, KESServer
from server import REPOSITORY, Server, free_port

FOLDER = REPOSITORY / "deploy/proxies"
DOMAIN = "s3.example.net"
SEARCH_PATH = f"{os.environ['PATH']}:/usr/sbin"


def programs(directory, file):
    """How each proxy is started with a configuration file, in the foreground."""
    return {
        "nginx": ["nginx", "-p", str(directory), "-c", str(file), "-g", "daemon off;"],
        "haproxy": ["haproxy", "-db", "-f", str(file)],
        "caddy": ["caddy", "run", "--adapter", "caddyfile", "--config", str(file)],
    }


FILES = {"nginx": "nginx.conf", "haproxy": "haproxy.cfg", "caddy": "Caddyfile"}


class Proxy:
    """One proxy with its example, whose paths and ports are this test's."""

    def __init__(self, name, directory, files, *, server, console, key_server_port):
        self.port, self.key_port = free_port(), free_port()
        text = (FOLDER / FILES[name]).read_text()
        logs = directory / "logs"
        logs.mkdir(parents=True)
        for old, new in ((r"/etc/coffer/proxy", str(files)), (r"/var/log/nginx", str(logs)),
                         (r"/run/nginx\.pid", f"{logs}/pid"), (r"127\.0\.0\.1:9000", server.host),
                         (r"127\.0\.0\.1:9001", console), (r"127\.0\.0\.1:7374", f"127.0.0.1:{key_server_port}"),
                         (r"listen 443 ", f"listen 127.0.0.1:{self.port} "),
                         (r"listen 7373 ", f"listen 127.0.0.1:{self.key_port} "),
                         (r"bind :443 ", f"bind 127.0.0.1:{self.port} "),
                         (r"bind :7373 ", f"bind 127.0.0.1:{self.key_port} "),
                         (r"example\.net:443", f"example.net:{self.port}")):
            text = re.sub(old, new, text)
        if name == "nginx":
            # Its workers are root's here, whose files they have to read.
            text = f"user root;\n{text}"
        file = directory / FILES[name]
        file.write_text(text)
        self.log = logs / "output"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                programs(directory, file)[name], stdout=log, stderr=subprocess.STDOUT,
                env={"PATH": SEARCH_PATH, "HOME": str(directory)})
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                assert self.process.poll() is None and time.monotonic() < deadline, self.log.read_text()
                time.sleep(0.02)

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()


def certs(*arguments):
    return subprocess.run([object_server.binary(), "certs", *map(str, arguments)], check=True, capture_output=True,
                          text=True, timeout=30).stdout


@pytest.fixture(scope="module")
def behind(tmp_path_factory):
    """Both servers as the examples want them, and the files that the proxies read."""
    root = tmp_path_factory.mktemp("proxies")
    files = root / "proxy"
    certs("ca", root / "ca")
    certs("server", "--ca", root / "ca", "--host", DOMAIN, "--host", f"*.{DOMAIN}", "--host", "kes.example.net",
          "--host", "console.example.net", files)
    said = certs("client", "--ca", root / "ca", "--name", "proxy", files)
    proxy_identity = re.search(r"^Identity +(\S+)", said, re.MULTILINE).group(1)
    shutil.copy(root / "ca/ca.crt", files / "ca.crt")
    (files / "server.pem").write_bytes((files / "public.crt").read_bytes() + (files / "private.key").read_bytes())
    (files / "client.pem").write_bytes((files / "client.crt").read_bytes() + (files / "client.key").read_bytes())
    certs("server", "--ca", root / "ca", "--host", "localhost", "--host", "127.0.0.1", root / "kes-tls")
    app = Identity(root / "app", "app")
    key_server = KESServer(root / "kes", policies=(
        f"policy:\n  app:\n    allow:\n    - /v1/key/*\n    identities:\n    - {app.text}\n"))
    key_server.write_configuration(re.sub(
        r"tls:\n.*\n.*\n", f"tls:\n  key: {root}/kes-tls/private.key\n  cert: {root}/kes-tls/public.crt\n"
                           f"  proxy:\n    identities:\n    - {proxy_identity}\n", key_server.configuration()))
    console = f"127.0.0.1:{free_port()}"
    server = Server(root / "server", arguments=[
        "--tls-terminated-upstream", "--console-address", console, "--trusted-proxies", "127.0.0.1",
        "--access-log", str(root / "access.jsonl")], environment={
        "MINIO_DOMAIN": DOMAIN, "MINIO_PROMETHEUS_AUTH_TYPE": "public",
        "MINIO_BROWSER_REDIRECT_URL": "https://console.example.net", "MINIO_SERVER_URL": f"https://{DOMAIN}"})
    key_server.launch()
    try:
        key_server.wait_for_output("=> Server is up and running...")
        with server:
            yield SimpleNamespace(root=root, files=files, server=server, log=root / "access.jsonl", console=console, kes=key_server, app=app)
    finally:
        key_server.kill()


@pytest.fixture(scope="module", params=FILES)
def proxy(request, behind, tmp_path_factory):
    if not shutil.which(request.param, path=SEARCH_PATH):
        pytest.skip(f"{request.param} is not installed; deploy/test --all does that")
    made = Proxy(request.param, tmp_path_factory.mktemp(request.param), behind.files, server=behind.server,
                 console=behind.console, key_server_port=behind.kes.port)
    made.name = request.param
    yield made
    made.stop()


@pytest.fixture
def named(monkeypatch):
    """Names below example.net are this machine."""
    create = urllib3.util.connection.create_connection

    def create_here(address, *arguments, **options):
        host, port = address
        return create(("127.0.0.1" if host.endswith("example.net") else host, port), *arguments, **options)

    monkeypatch.setattr(urllib3.util.connection, "create_connection", create_here)


def client(behind, proxy, style):
    return boto3.client(
        "s3", endpoint_url=f"https://{DOMAIN}:{proxy.port}", region_name="us-east-1", verify=str(behind.files / "ca.crt"),
        aws_access_key_id=behind.server.access_key, aws_secret_access_key=behind.server.secret_key,
        config=Config(s3={"addressing_style": style}, retries={"total_max_attempts": 1}))


KEYS = ("plain", "with blank+plus%percent", "ü/ö?&=#:@!$,;'()*", "a//b", "dots.../x", "trailing/")


@pytest.mark.parametrize("style", ("path", "virtual"))
def test_objects_pass_as_they_are(behind, proxy, named, style):
    s3 = client(behind, proxy, style)
    bucket = f"{proxy.name}-{style}"
    s3.create_bucket(Bucket=bucket)
    for number, key in enumerate(KEYS):
        s3.put_object(Bucket=bucket, Key=key, Body=f"{number}".encode(), Metadata={"with.dot": "1", "with_underscore": "2"})
        answer = s3.get_object(Bucket=bucket, Key=key)
        assert answer["Body"].read() == f"{number}".encode()
        # Caddy writes the names of headers in its own way, which their meaning does not depend on.
        metadata = {name.lower(): value for name, value in answer["Metadata"].items()}
        assert metadata == {"with.dot": "1", "with_underscore": "2"}
        assert s3.get_object(Bucket=bucket, Key=key, Range="bytes=0-0")["ResponseMetadata"]["HTTPStatusCode"] == 206
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=bucket)["Contents"]] == sorted(KEYS)
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": KEYS[2]})
    pool = urllib3.PoolManager(ca_certs=str(behind.files / "ca.crt"))
    assert pool.request("GET", url).data == b"2"


def test_keys_of_customers_come_over_tls_that_ends_before(behind, proxy, named):
    s3 = client(behind, proxy, "path")
    bucket = f"{proxy.name}-ssec"
    s3.create_bucket(Bucket=bucket)
    customer = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": os.urandom(32)}
    s3.put_object(Bucket=bucket, Key="x", Body=b"sealed", **customer)
    assert s3.get_object(Bucket=bucket, Key="x", **customer)["Body"].read() == b"sealed"


def test_large_bodies_pass_and_are_not_gathered(behind, proxy, named):
    """The server has begun with a body of which the client has sent but the beginning."""
    server = behind.server
    bucket = f"{proxy.name}-large"
    client(behind, proxy, "path").create_bucket(Bucket=bucket)
    body = os.urandom(24 << 20)
    context = ssl.create_default_context(cafile=str(behind.files / "ca.crt"))
    host = f"{DOMAIN}:{proxy.port}"
    signed = wire.signing.SignedRequest(
        "PUT", f"/{bucket}/large", {}, body, host=host, access_key=server.access_key, secret=server.secret_key,
        region="us-east-1")
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=60) as plain:
        with context.wrap_socket(plain, server_hostname=DOMAIN) as secured:
            head = "".join(f"{name}: {value}\r\n" for name, value in (
                signed.headers.items() if isinstance(signed.headers, dict) else signed.headers))
            if "content-length" not in head.lower():
                head += f"Content-Length: {len(body)}\r\n"
            if "host:" not in head.lower():
                head += f"Host: {host}\r\n"
            secured.sendall(f"PUT /{bucket}/large HTTP/1.1\r\n{head}\r\n".encode())
            secured.sendall(body[:4 << 20])
            deadline = time.monotonic() + 20
            while not in_flight(server):
                assert time.monotonic() < deadline, "the proxy gathers the body before it passes it on"
                time.sleep(0.02)
            secured.sendall(body[4 << 20:])
            assert secured.recv(4096).startswith(b"HTTP/1.1 200 ")
    got = client(behind, proxy, "path").get_object(Bucket=bucket, Key="large")["Body"]
    assert hashlib.sha256(got.read()).digest() == hashlib.sha256(body).digest()


def in_flight(server):
    text = wire.request(server, "GET", "/minio/v2/metrics/cluster").body.decode()
    return any(float(value) > 0 for value in re.findall(
        r'^minio_s3_requests_inflight_total\{[^}]*api="(?i:putobject)"[^}]*\} (\S+)$', text, re.MULTILINE))


def test_doctor_finds_nothing_wrong_with_the_way(behind, proxy):
    found = subprocess.run(
        [object_server.binary(), "doctor", f"https://127.0.0.1:{proxy.port}", "--insecure"], capture_output=True,
        text=True, timeout=120, env={"PATH": os.environ["PATH"], "MINIO_ROOT_USER": behind.server.access_key,
                                     "MINIO_ROOT_PASSWORD": behind.server.secret_key})
    if proxy.name == "caddy":
        # It answers for no other name than those in its file.
        assert found.returncode == 1
    else:
        assert found.returncode == 0 and "nothing is wrong" in found.stdout, found.stdout


def test_the_client_is_who_the_proxy_says_and_not_who_the_client_says(behind, proxy):
    """A client at 127.0.0.9 that claims to be somebody else."""
    context = ssl.create_default_context(cafile=str(behind.files / "ca.crt"))
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=30, source_address=("127.0.0.9", 0)) as plain:
        with context.wrap_socket(plain, server_hostname=DOMAIN) as secured:
            secured.sendall(f"GET /claims-{proxy.name}/x HTTP/1.1\r\nHost: {DOMAIN}\r\nX-Forwarded-For: 203.0.113.7\r\n"
                            "Forwarded: for=203.0.113.8\r\nConnection: close\r\n\r\n".encode())
            while secured.recv(65536):
                pass
    deadline = time.monotonic() + 30
    while not (lines := [line for line in behind.log.read_text().splitlines() if f"claims-{proxy.name}" in line]):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert json.loads(lines[0])["remoteAddress"] == "127.0.0.9"


def test_the_console_is_behind_it_with_a_session_for_tls_alone(behind, proxy, named):
    pool = urllib3.PoolManager(ca_certs=str(behind.files / "ca.crt"))
    place = f"https://console.example.net:{proxy.port}"
    page = pool.request("GET", f"{place}/", redirect=False)
    assert page.status == 200 and b"<html" in page.data and "default-src" in page.headers["Content-Security-Policy"]
    login = pool.request("POST", f"{place}/api/login", body=json.dumps(
        {"accessKey": behind.server.access_key, "secretKey": behind.server.secret_key}),
        headers={"Content-Type": "application/json"})
    assert login.status == 200, login.data
    cookie = login.headers["Set-Cookie"]
    assert {"Secure", "HttpOnly", "SameSite=Strict"} <= {part.strip() for part in cookie.split(";")}
    session = pool.request("GET", f"{place}/api/session", headers={"Cookie": cookie.split(";")[0]})
    assert session.status == 200 and json.loads(session.data)["token"]


def key_call(behind, proxy, identity, method="POST", path="/v1/key/create/a", headers=None):
    context = ssl.create_default_context(cafile=str(behind.files / "ca.crt"))
    if identity:
        context.load_cert_chain(str(identity.certificate), str(identity.key))
    with socket.create_connection(("127.0.0.1", proxy.key_port), timeout=30) as plain:
        with context.wrap_socket(plain, server_hostname="kes.example.net") as secured:
            head = "".join(f"{name}: {value}\r\n" for name, value in (headers or {}).items())
            secured.sendall(f"{method} {path} HTTP/1.1\r\nHost: kes.example.net\r\nContent-Length: 0\r\n{head}"
                            "Connection: close\r\n\r\n".encode())
            answer = b""
            while part := secured.recv(65536):
                answer += part
    return int(answer.split()[1]), answer


@pytest.fixture
def tls_proxy(proxy):
    if proxy.name == "caddy":
        pytest.skip("no TLS proxy of the key server: it passes no certificates on")
    return proxy


def test_the_key_server_knows_clients_through_its_proxy(behind, tls_proxy, tmp_path):
    name = f"key-{tls_proxy.name}"
    status, answer = key_call(behind, tls_proxy, behind.app, path=f"/v1/key/create/{name}")
    assert status == 200, answer
    stranger = Identity(tmp_path, "stranger")
    assert key_call(behind, tls_proxy, stranger, path=f"/v1/key/generate/{name}")[0] == 403
    assert key_call(behind, tls_proxy, None, path=f"/v1/key/generate/{name}")[0] in (400, 403)
    behind.kes.wait_for_output(f"secret key '{name}' created")
    assert f"req.ip=127.0.0.1" in behind.kes.output_text()


def test_a_client_cannot_write_the_proxys_header_itself(behind, tls_proxy, tmp_path):
    """Somebody who sends another client's certificate, which is no secret, in the header that the proxy uses."""
    stranger = Identity(tmp_path, "stranger")
    borrowed = behind.app.certificate.read_text().replace("\n", "%0A").replace(" ", "%20").replace("+", "%2B")
    for identity in (stranger, None):
        status, answer = key_call(behind, tls_proxy, identity, path=f"/v1/key/create/stolen-{tls_proxy.name}",
                                  headers={"X-Tls-Client-Cert": borrowed})
        assert status in (400, 403), answer
