"""Where a console can be: over TLS, and under any path of a proxy, with nothing set."""

import http.client
import http.server
import threading

import pytest

from certificates import Certificates
from console import with_console
from server import Server, free_port


class Prefix(http.server.BaseHTTPRequestHandler):
    """A proxy that serves the console under /tools/coffer/."""

    protocol_version = "HTTP/1.1"
    target = None

    def carry(self):
        if not self.path.startswith("/tools/coffer/"):
            self.send_error(404)
            return
        far = http.client.HTTPConnection("127.0.0.1", self.target, timeout=30)
        length = int(self.headers.get("Content-Length") or 0)
        far.request(self.command, self.path.removeprefix("/tools/coffer"), self.rfile.read(length), dict(self.headers))
        answer = far.getresponse()
        body = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        far.close()

    do_GET = do_POST = do_PUT = do_DELETE = carry

    def log_message(self, *_):
        pass


@pytest.fixture
def prefixed(server):
    handler = type("Carrier", (Prefix,), {"target": server.console_port})
    proxy = http.server.ThreadingHTTPServer(("127.0.0.1", free_port()), handler)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    proxy.console = f"http://127.0.0.1:{proxy.server_address[1]}/tools/coffer/"
    yield proxy
    proxy.shutdown()


def test_under_a_path(browser, server, prefixed, tmp_path):
    server.s3().create_bucket(Bucket="under-a-path")
    (tmp_path / "file.txt").write_text("x")
    browser.login(prefixed, server.access_key, server.secret_key).open(prefixed, "#/buckets/under-a-path/objects")
    browser.upload(tmp_path / "file.txt")
    browser.press("Upload 1 file")
    browser.row("file.txt")
    browser.see("Object Info")
    # A reload stays where it was.
    browser.reload()
    browser.see("Object Info")


@pytest.fixture(scope="module")
def https(tmp_path_factory):
    made = with_console(Server(tmp_path_factory.mktemp("https"), certificates=Certificates(tmp_path_factory.mktemp("tls") / "certs")))
    try:
        with made:
            yield made
    finally:
        made.remove()


def test_over_tls(browser, https, tmp_path):
    https.s3().create_bucket(Bucket="over-tls")
    (tmp_path / "file.txt").write_text("x")
    browser.login(https).open(https, "#/buckets/over-tls/objects")
    assert browser.driver.get_cookies()[0]["secure"]
    browser.upload(tmp_path / "file.txt")
    browser.press("Upload 1 file")
    browser.row("file.txt")
    browser.see("Object Info")
    browser.open(https, "#/")
    browser.see("days left")


def test_two_servers_on_one_host(browser, server, https):
    """Cookies know no ports: each server has a cookie of its own name."""
    browser.login(https)
    browser.driver.get(server.console)
    browser.settle()
    browser.fill("Username", server.access_key)
    browser.fill("Password", server.secret_key)
    browser.press("Login")
    browser.wait(lambda: browser.run("return document.querySelector('.shell h1') !== null"))
    browser.driver.get(https.console)
    browser.wait(lambda: browser.run("return document.querySelector('.shell h1') !== null"), "still logged in")


def test_a_customers_key(browser, https, tmp_path):
    """SSE-C: uploaded, opened and downloaded with the key, which stays nowhere."""
    https.s3().create_bucket(Bucket="customers")
    (tmp_path / "mine.txt").write_text("only mine")
    key = "0123456789abcdef" * 4
    browser.login(https).open(https, "#/buckets/customers/objects")
    browser.upload(tmp_path / "mine.txt")
    browser.fill("Encryption Type", "SSE-C (a key of your own)")
    browser.fill("Customer key", key)
    browser.check_accessibility()
    browser.press("Upload 1 file")
    browser.wait(lambda: https.s3().list_objects_v2(Bucket="customers").get("Contents"), "the object")
    assert https.s3().get_object(Bucket="customers", Key="mine.txt", SSECustomerAlgorithm="AES256",
                                 SSECustomerKey=bytes.fromhex(key))["Body"].read() == b"only mine"
    browser.expect("400")
    browser.row("mine.txt")
    browser.fill("Customer key", key)
    browser.press("Open with this key")
    browser.see("SSE-C", "Object Info")
    browser.press("Download")
    saved = browser.wait(lambda: [path for path in browser.downloads.iterdir() if path.name == "mine.txt"])
    assert saved[0].read_text() == "only mine"
    browser.press("Close")
    storage = browser.storage()
    assert key not in storage and "ASNFZ4mrze8BI0VniavN7wEjRWeJq83vASNFZ4mrze8" not in storage
