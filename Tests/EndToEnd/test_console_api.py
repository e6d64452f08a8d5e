"""The console's interface over real sockets: sessions, what protects them, and each call against what S3 says of the same."""

import base64
import hashlib
import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from botocore.exceptions import ClientError

from accounts import admin
from console_api import Console, console_server

MIB = 1 << 20
HOSTILE = ["a/../b", "../../etc/passwd", "a//b", "%00", "%2F%2e%2e", "<b>x</b>", "\"quote'", "a?b#c&d=e+f", "x y\t", "é̂", "‮gnp.exe",
           ".", "..", "/", "a\\b", "k" * 1024, "\x01\x1f", "нож", "a;b,c", "con.txt"]


@pytest.fixture(scope="module")
def coffer(tmp_path_factory):
    made = console_server(tmp_path_factory.mktemp("console-api"))
    try:
        with made:
            yield made
    finally:
        made.remove()


@pytest.fixture
def console(coffer):
    made = Console(coffer)
    made.login()
    return made


@pytest.fixture(scope="module")
def account(coffer):
    """Makes a user with one policy; its console, logged in."""
    count = iter(range(1000))

    def make(policy=None, secret="a-users-secret-1234"):
        name = f"user{next(count)}"
        root = admin(coffer)
        root.user_add(name, secret)
        coffer.secrets.append(secret)
        if policy:
            root.policy_add(f"of-{name}", policy=policy)
            root.policy_set(f"of-{name}", user=name)
        console = Console(coffer)
        console.login(name, secret)
        console.name, console.secret = name, secret
        return console

    return make


@pytest.fixture
def bucket(coffer, console, request):
    name = f"b{abs(hash(request.node.name)) % 10**8}-{time.monotonic_ns() % 10**6}"
    console.do("POST", "buckets", json={"name": name}, status=201)
    return name


def policy(*statements):
    return {"Version": "2012-10-17", "Statement": [
        {"Effect": effect, "Action": actions, "Resource": resources} for effect, actions, resources in statements]}


# --- sessions


def test_a_login_gives_a_cookie_that_scripts_and_other_sites_do_not_see(coffer):
    console = Console(coffer)
    answer = console.call("POST", "login", json={"accessKey": coffer.access_key, "secretKey": coffer.secret_key})
    assert answer.status_code == 200 and coffer.secret_key not in answer.text
    cookie = answer.headers["Set-Cookie"]
    coffer.secrets.append(answer.json()["token"])
    name, value = cookie.split(";")[0].split("=")
    coffer.secrets.append(value)
    assert name.startswith("coffer-") and len(name) == 15 and len(value) == 43
    parts = {part.strip().split("=")[0]: part.strip().partition("=")[2] for part in cookie.split(";")[1:]}
    assert parts == {"Path": "/", "HttpOnly": "", "SameSite": "Strict", "Max-Age": "604800"}
    assert not any(header.lower().startswith("access-control-") for header in answer.headers)
    assert answer.json()["kind"] == "root" and "GET buckets" in answer.json()["calls"]
    proxied = console.call("POST", "login", json={"accessKey": coffer.access_key, "secretKey": coffer.secret_key},
                           headers={"X-Forwarded-Proto": "https"})
    assert "; Secure" in proxied.headers["Set-Cookie"]
    coffer.secrets += [proxied.json()["token"], proxied.headers["Set-Cookie"].split(";")[0].split("=")[1]]


def test_over_tls_the_cookie_is_for_tls(tmp_path, certificates):
    coffer = console_server(tmp_path / "tls", certificates=certificates)
    with coffer:
        console = Console(coffer)
        console.login()
        cookie = next(iter(console.cookies))
        assert cookie.secure and console.do("GET", "buckets")["buckets"] == []


def test_servers_on_one_host_do_not_log_each_other_out(coffer, tmp_path):
    with console_server(tmp_path / "other") as other:
        one, two = Console(coffer), Console(other)
        one.login()
        two.cookies.update(one.cookies)
        two.login()
        one.cookies.update(two.cookies)
        assert len({cookie.name for cookie in one.cookies}) == 2
        assert one.do("GET", "session")["signedIn"] and two.do("GET", "session")["signedIn"]


def test_who_is_not_logged_in_learns_nothing(coffer, bucket):
    nobody = Console(coffer)
    assert nobody.do("GET", "session") == {"signedIn": False, "server": {"name": "Coffer"}}
    for method, name, query in [("GET", "buckets", {}), ("GET", "no-such-call", {}), ("GET", "download", {"b": bucket, "k": "x"}),
                                ("GET", "preview", {"b": "no-such-bucket", "k": "x"}), ("DELETE", "buckets", {"b": bucket})]:
        assert nobody.error(method, name, query) == (401, "NoSession")
    nobody.cookies.set(f"coffer-{'0' * 8}", "A" * 43)
    assert nobody.error("GET", "buckets") == (401, "NoSession")


def test_a_session_outlives_a_restart_and_its_value_is_nowhere(tmp_path):
    coffer = console_server(tmp_path / "restarted")
    with coffer:
        console = Console(coffer)
        console.login()
        coffer.restart()
        assert console.do("GET", "session")["signedIn"] and console.do("GET", "buckets")["buckets"] == []
        value = next(iter(console.cookies)).value.encode()
        for file in coffer.drive.rglob("*"):
            if file.is_file():
                content = file.read_bytes()
                assert value not in content and console.token.encode() not in content, file
        console.do("POST", "logout", json={})
        coffer.restart()
        assert console.error("GET", "buckets") == (401, "NoSession")


def test_a_logout_ends_the_session_here_and_elsewhere(coffer):
    consoles = [Console(coffer) for _ in range(3)]
    for console in consoles:
        console.login()
    stolen = Console(coffer)
    stolen.cookies.update(consoles[0].cookies)
    consoles[0].do("POST", "logout", json={}, status=204)
    assert stolen.error("GET", "buckets") == (401, "NoSession")
    assert consoles[1].do("GET", "session")["signedIn"]
    consoles[1].do("POST", "logout", json={"everywhere": True})
    assert [console.error("GET", "buckets") for console in consoles] == [(401, "NoSession")] * 3


@pytest.mark.parametrize("how", ("disabled", "removed", "another secret"))
def test_what_ends_an_account_ends_its_sessions(coffer, account, how):
    user = account(policy(("Allow", ["s3:*"], ["arn:aws:s3:::*"])))
    root = admin(coffer)
    assert user.do("GET", "buckets") is not None
    if how == "disabled":
        root.user_disable(user.name)
    elif how == "removed":
        root.user_remove(user.name)
    else:
        root.user_add(user.name, "another-secret-5678")
    assert user.error("GET", "buckets") == (401, "NoSession")
    assert Console(coffer).error("POST", "login", json={"accessKey": user.name, "secretKey": user.secret}) == (401, "InvalidLogin")


def test_guessing_takes_time_and_locks_nobody_out(coffer):
    guesser = Console(coffer, source="127.0.0.2")
    answers = [guesser.call("POST", "login", json={"accessKey": coffer.access_key, "secretKey": f"wrong-{n}-secret"}) for n in range(8)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 3
    assert all(int(answer.headers["Retry-After"]) >= 1 for answer in answers[5:])
    # Not even with the right one, but from elsewhere at once.
    right = {"accessKey": coffer.access_key, "secretKey": coffer.secret_key}
    assert guesser.call("POST", "login", json=right).status_code == 429
    Console(coffer).login()
    unknown = Console(coffer, source="127.0.0.3").call("POST", "login", json={"accessKey": "nobody-knows-me", "secretKey": "wrong-secret"})
    wrong = Console(coffer, source="127.0.0.3").call("POST", "login", json={"accessKey": coffer.access_key, "secretKey": "wrong-secret"})
    hide = lambda answer: {**answer.json()["error"], "requestId": ""}  # noqa: E731
    assert unknown.status_code == wrong.status_code == 401 and hide(unknown) == hide(wrong)


# --- what other pages can do


@pytest.mark.parametrize("disguise", ("no token", "another's token", "form", "plain text", "foreign site", "other port"))
def test_no_other_page_changes_anything(coffer, console, disguise):
    other = Console(coffer)
    other.login()
    name = "made-by-another-page"
    options = {
        "no token": {"json": {"name": name}, "token": False},
        "another's token": {"json": {"name": name}, "headers": {"X-Coffer-Token": other.token}},
        "form": {"data": {"name": name}, "token": False},
        "plain text": {"data": json.dumps({"name": name}), "headers": {"Content-Type": "text/plain"}, "token": False},
        "foreign site": {"json": {"name": name}, "headers": {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}},
        "other port": {"json": {"name": name}, "headers": {"Sec-Fetch-Site": "same-site", "Origin": coffer.endpoint}},
    }[disguise]
    answer = console.call("POST", "buckets", **options)
    assert answer.status_code == 403 and answer.json()["error"]["code"] in ("TokenRequired", "CrossSite")
    assert not any(header.lower().startswith("access-control-") for header in answer.headers)
    assert name not in [entry["name"] for entry in console.do("GET", "buckets")["buckets"]]


def test_the_s3_listener_takes_no_cookie_and_sends_browsers_here(coffer, console):
    assert console.get(f"{coffer.endpoint}/").status_code == 403
    page = requests.get(f"{coffer.endpoint}/", headers={"Accept": "text/html,*/*"}, allow_redirects=False, timeout=10)
    assert page.status_code == 307 and page.headers["Location"] == f"http://127.0.0.1:{coffer.console_port}/"


def test_the_page_is_strict_and_its_parts_are_for_ever(coffer):
    page = requests.get(f"{Console(coffer).base}/", timeout=10)
    policy_ = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy_ and "trusted-types 'none'" in policy_ and "unsafe" not in policy_
    assert page.headers["Cache-Control"] == "no-cache" and page.headers["X-Content-Type-Options"] == "nosniff"
    part = page.text.split('src="./')[1].split('"')[0]
    answer = requests.get(f"{Console(coffer).base}/{part}", timeout=10)
    assert answer.status_code == 200 and "immutable" in answer.headers["Cache-Control"] and answer.headers["Content-Encoding"] == "gzip"
    for path in ("assets/index.html", "assets/../assets.c", "assets/%2e%2e/assets.c", "assets/none.js", "nothing"):
        assert requests.get(f"{Console(coffer).base}/{path}", timeout=10).status_code == 404
    for old, new in (("login", "./#/login"), ("browser/photos/2026", "../../#/buckets/photos/objects?prefix=2026"),
                     ("buckets/photos/admin/summary", "../../../#/buckets/photos"), ("kms/keys", "../#/keys"),
                     ("browser/a<b", "../#/buckets/a%3Cb/objects")):
        moved = requests.get(f"{Console(coffer).base}/{old}", allow_redirects=False, timeout=10)
        assert (moved.status_code, moved.headers["Location"]) == (302, new)


@pytest.mark.parametrize("stripped", (True, False))
def test_it_works_under_a_prefix(tmp_path, stripped):
    coffer = console_server(tmp_path / "prefixed", environment={"MINIO_BROWSER_REDIRECT_URL": "https://files.example/tools/console/"})
    with coffer:
        console = Console(coffer, prefix="" if stripped else "/tools/console")
        answer = console.call("POST", "login", json={"accessKey": coffer.access_key, "secretKey": coffer.secret_key})
        assert "; Path=/tools/console/;" in answer.headers["Set-Cookie"] and "; Secure" in answer.headers["Set-Cookie"]
        coffer.secrets += [answer.json()["token"], answer.headers["Set-Cookie"].split(";")[0].split("=")[1]]
        assert requests.get(f"{console.base}/", timeout=10).status_code == 200
        bare = requests.get(f"http://127.0.0.1:{coffer.console_port}/tools/console", allow_redirects=False, timeout=10)
        assert bare.headers["Location"] == "./console/"
        page = requests.get(f"{coffer.endpoint}/", headers={"Accept": "text/html"}, allow_redirects=False, timeout=10)
        assert page.headers["Location"] == "https://files.example/tools/console/"


def test_it_can_be_off_and_shares_no_port(tmp_path):
    coffer = console_server(tmp_path / "off", environment={"MINIO_BROWSER": "off"})
    with coffer, pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{coffer.console_port}/", timeout=5)
    same = console_server(tmp_path / "same")
    same.arguments[-1] = same.host
    status, text = same.run_to_end()
    assert status == 1 and "--console-address" in text


# --- what is asked


def test_bodies_and_parameters_are_bounded_and_known(console, bucket):
    assert console.error("POST", "buckets", json={"name": "xyz", "colour": "blue"}) == (400, "InvalidRequest")
    assert console.error("POST", "buckets", data=b"{" + b" " * MIB + b"}", headers={"Content-Type": "application/json"}) == (413, "TooLarge")
    assert console.error("POST", "buckets", data=b'{"name":' + b"[" * 40 + b"]" * 40 + b"}",
                         headers={"Content-Type": "application/json"}) == (400, "InvalidRequest")
    assert console.error("GET", "objects", {"b": bucket, "colour": "blue"}) == (400, "InvalidRequest")
    assert console.error("GET", "objects", [("b", bucket), ("b", "other")]) == (400, "InvalidRequest")
    assert console.error("GET", "download", {"b": bucket, "k": "x", "response-content-type": "text/html"}) == (400, "InvalidRequest")
    assert console.error("GET", "no-such-call") == (404, "NoSuchCall")
    assert console.error("DELETE", "keys") == (405, "MethodNotAllowed")


@pytest.mark.parametrize("key", HOSTILE)
def test_a_key_is_what_it_is_byte_for_byte(coffer, console, bucket, key):
    body = key.encode()
    written = console.call("PUT", "upload", {"b": bucket, "k": key}, data=body, headers={"Content-Type": "text/plain"})
    s3 = coffer.s3()
    if written.status_code != 200:
        with pytest.raises(ClientError) as refused:
            s3.put_object(Bucket=bucket, Key=key, Body=body)
        assert refused.value.response["Error"]["Code"] == written.json()["error"]["code"]
        return
    assert [row["key"] for row in console.do("GET", "objects", {"b": bucket, "flat": "true"})["objects"]] == [key]
    assert console.do("GET", "object", {"b": bucket, "k": key})["key"] == key
    download = console.call("GET", "download", {"b": bucket, "k": key})
    assert download.content == body
    disposition = download.headers["Content-Disposition"]
    assert disposition.startswith("attachment; filename=") and not any(c in disposition for c in "\r\n/\\")
    assert console.call("GET", "preview", {"b": bucket, "k": key}).content == body
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == body
    console.do("DELETE", "object", {"b": bucket, "k": key})
    assert console.do("GET", "objects", {"b": bucket, "flat": "true"})["objects"] == []


# --- what is shown


@pytest.mark.parametrize("name, type_, shown", (
    ("a.png", "image/png", "image/png"), ("a.svg", "image/svg+xml", "image/svg+xml"), ("a.html", "text/html", "text/plain; charset=utf-8"),
    ("a.js", "text/javascript", "text/plain; charset=utf-8"), ("a.xhtml", "application/xhtml+xml", "text/plain; charset=utf-8"),
    ("a.pdf", "application/pdf", "application/pdf"), ("a.mp4", "video/mp4", "video/mp4"), ("a.bin", "application/wasm", None),
    ("a.txt", "binary/octet-stream", "text/plain; charset=utf-8"), ("a.swf", "application/x-shockwave-flash", None)))
def test_nothing_that_is_shown_can_run(console, bucket, name, type_, shown):
    console.do("PUT", "upload", {"b": bucket, "k": name}, data=b"<script>alert(1)</script>", headers={"Content-Type": type_})
    answer = console.call("GET", "preview", {"b": bucket, "k": name})
    policy_ = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy_ and "script-src" not in policy_ and "frame-ancestors 'self'" in policy_
    assert policy_.startswith("sandbox;") == (type_ != "application/pdf")
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    if shown:
        assert answer.headers["Content-Type"] == shown and answer.headers["Content-Disposition"] == "inline"
    else:
        assert answer.headers["Content-Type"] == "application/octet-stream" and answer.headers["Content-Disposition"].startswith("attachment")
    assert ("preview" in console.do("GET", "object", {"b": bucket, "k": name})) == bool(shown)
    part = console.call("GET", "download", {"b": bucket, "k": name}, headers={"Range": "bytes=1-6"})
    assert (part.status_code, part.content) == (206, b"script") and part.headers["Content-Type"] == "application/octet-stream"


def test_the_guides_flow_and_the_proof(coffer, console):
    """Create a bucket, set SSE-KMS with a key that is made on the way, upload a file, see scheme and key, and what is stored."""
    console.do("POST", "buckets", json={"name": "guide"}, status=201)
    console.do("POST", "keys", json={"name": "my-key"}, status=201)
    setting = console.do("GET", "bucket", {"b": "guide"})["settings"]["encryption"]
    assert (setting["value"], setting["effective"]["kind"], setting["source"]) == (None, "SSE-S3", "server")
    changed = console.do("PUT", "bucket/encryption", {"b": "guide"}, json={"value": {"kind": "SSE-KMS", "key": "my-key"}},
                         headers={"If-Match": setting["etag"]})
    assert changed["value"] == {"kind": "SSE-KMS", "key": "my-key"}
    body = bytes(range(256)) * 1024
    # A browser says that of its own accord once the page was loaded anew.
    console.do("PUT", "upload", {"b": "guide", "k": "readme.txt"}, data=body, headers={"Cache-Control": "max-age=0"})
    assert "CacheControl" not in coffer.s3().head_object(Bucket="guide", Key="readme.txt")
    row = console.do("GET", "objects", {"b": "guide"})["objects"][0]
    assert (row["key"], row["size"], row["scheme"], row["keyId"]) == ("readme.txt", len(body), "SSE-KMS", "my-key")
    found = console.do("GET", "object", {"b": "guide", "k": "readme.txt"})
    assert found["encryption"]["scheme"] == "SSE-KMS" and found["encryption"]["key"] == "my-key" and found["encryption"]["keyVersion"] == 1
    assert ["X-Amz-Server-Side-Encryption", "aws:kms"] in found["headers"] and found["size"] == len(body)
    proof = console.do("GET", "object/proof", {"b": "guide", "k": "readme.txt"})
    stored, plain = base64.b64decode(proof["stored"]), base64.b64decode(proof["plain"])
    assert plain == body[:4096] and proof["where"] == "blob" and proof["fields"][0]["value"] == "COFFERPS"
    files = [file for file in coffer.drive.rglob("*") if file.is_file() and file.stat().st_size == proof["fileLength"]]
    assert [file for file in files if file.read_bytes()[:4096] == stored], "no file on the drive begins so"
    usage = {entry["name"]: entry for entry in console.do("GET", "keys")["keys"]}["my-key"]
    assert usage["buckets"] == ["guide"] and usage["dataKeys"] == 1 and usage["version"] == 1
    assert console.do("GET", "key", {"k": "my-key"})["decryption"] == "ok"


def test_who_was_slower_is_told(console, bucket):
    tag = console.do("GET", "bucket", {"b": bucket})["settings"]["tags"]["etag"]

    def put(value):
        return console.call("PUT", "bucket/tags", {"b": bucket}, json={"value": {"n": value}}, headers={"If-Match": tag}).status_code

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(put, map(str, range(8))))
    assert sorted(outcomes) == [200] + [412] * 7
    assert console.do("GET", "bucket", {"b": bucket})["settings"]["tags"]["value"] == {"n": str(outcomes.index(200))}


def test_settings_come_back_as_they_were_put(console, bucket):
    for name, value in (
            ("versioning", "enabled"), ("tags", {"a": "b", "x y": "+=/@"}), ("quota", 5_000_000_000),
            ("publicAccess", {"blockPublicAcls": False, "ignorePublicAcls": False, "blockPublicPolicy": True, "restrictPublicBuckets": True}),
            ("policy", policy_of(bucket)),
            ("lifecycle", {"Rules": [{"ID": "old", "Filter": {"And": {"Prefix": "a/", "Tags": [{"Key": "k", "Value": "v"}, {"Key": "l", "Value": "w"}]}},
                                      "Status": "Enabled", "Expiration": {"Days": 30}, "NoncurrentVersionExpiration": {"NoncurrentDays": 3}}]}),
            ("cors", {"CORSRules": [{"AllowedMethods": ["GET", "PUT"], "AllowedOrigins": ["https://a.example", "*"], "AllowedHeaders": ["*"],
                                     "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 60}]}),
            ("encryption", {"kind": "SSE-S3"})):
        put = console.do("PUT", f"bucket/{name}", {"b": bucket}, json={"value": value})
        assert put["value"] == value, name
        assert console.do("GET", "bucket", {"b": bucket})["settings"][name]["value"] == value
    for name in ("tags", "quota", "publicAccess", "policy", "lifecycle", "cors", "encryption"):
        assert console.do("PUT", f"bucket/{name}", {"b": bucket}, json={"value": None})["value"] is None
    assert console.error("PUT", "bucket/versioning", {"b": bucket}, json={"value": None}) == (400, "InvalidRequest")
    assert console.error("PUT", "bucket/encryption", {"b": bucket}, json={"value": {"kind": "SSE-KMS", "key": "no-such-key"}})[0] >= 400


def policy_of(bucket):
    return {"Version": "2012-10-17", "Statement": [{"Sid": "", "Effect": "Deny", "Principal": {"AWS": ["*"]}, "Action": ["s3:DeleteObject"],
                                                     "Resource": [f"arn:aws:s3:::{bucket}/keep/*"]}]}


def test_a_bucket_that_cannot_be_made_whole_is_not_made(console):
    for extra in ({"encryption": {"kind": "SSE-KMS", "key": "no-such-key"}}, {"quota": 1, "retention": {"mode": "NONE", "days": 1}}):
        answer = console.call("POST", "buckets", json={"name": "half-made", **extra})
        assert answer.status_code >= 400
        assert console.error("GET", "bucket", {"b": "half-made"}) == (404, "NoSuchBucket")


# --- uploads


def test_an_upload_in_parts_outlives_the_server(tmp_path):
    coffer = console_server(tmp_path / "killed")
    with coffer:
        console = Console(coffer)
        console.login()
        console.do("POST", "buckets", json={"name": "big"})
        parts = [bytes([n]) * (5 * MIB) for n in range(3)]
        upload = console.do("POST", "uploads", json={"bucket": "big", "key": "x", "contentType": "video/mp4", "metadata": {"colour": "blue"},
                                                     "tags": {"a": "b"}, "checksum": "CRC32C"}, status=201)["id"]
        address = {"b": "big", "k": "x", "id": upload}
        for n in (1, 2):
            console.do("PUT", "uploads/part", {**address, "n": n}, data=parts[n - 1])
        coffer.kill()
        coffer.start()
        listed = console.do("GET", "uploads", address)["parts"]
        assert [(part["n"], part["size"]) for part in listed] == [(1, 5 * MIB), (2, 5 * MIB)]
        assert [entry["id"] for entry in console.do("GET", "uploads", {"b": "big"})["uploads"]] == [upload]
        third = console.do("PUT", "uploads/part", {**address, "n": 3}, data=parts[2])
        listed.append({"n": 3, **third})
        body = {"bucket": "big", "key": "x", "id": upload, "parts": [{name: part[name] for name in ("n", "etag", "checksum")} for part in listed]}
        console.do("POST", "uploads/complete", json=body)
        found = console.do("GET", "object", {"b": "big", "k": "x"})
        assert found["parts"] == 3 and found["metadata"] == {"colour": "blue"} and found["tags"] == {"a": "b"} and "CRC32C" in found["checksums"]
        assert hashlib.sha256(console.call("GET", "download", {"b": "big", "k": "x"}).content).digest() == hashlib.sha256(b"".join(parts)).digest()
        # What is there is not replaced unless that is said.
        assert console.call("PUT", "upload", {"b": "big", "k": "x"}, data=b"new", headers={"If-None-Match": "*"}).status_code == 412
        again = console.do("POST", "uploads", json={"bucket": "big", "key": "x"})["id"]
        part = console.do("PUT", "uploads/part", {"b": "big", "k": "x", "id": again, "n": 1}, data=b"new")
        body = {"bucket": "big", "key": "x", "id": again, "parts": [{"n": 1, "etag": part["etag"]}]}
        assert console.error("POST", "uploads/complete", json=body) == (412, "PreconditionFailed")
        console.do("POST", "uploads/complete", json={**body, "overwrite": True})
        assert console.call("GET", "download", {"b": "big", "k": "x"}).content == b"new"
