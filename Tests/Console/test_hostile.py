"""Names, metadata, tags, policies and contents that are hostile appear as text, and nothing of them runs."""

import json
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from console_api import Console
from hostile import PAYLOADS, shown

# What boto3 puts into a header, or S3 into XML, must be of these.
PLAIN = [text for text in PAYLOADS if text.isascii() and text.isprintable() and text == text.strip()]


@pytest.fixture(scope="module")
def hostile(server):
    s3 = server.s3()
    s3.create_bucket(Bucket="hostile")
    # XML has no way to say some controls, so a listing by S3 would not have them; S3 stores the names all the same.
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda entry: server.call("PUT", "/hostile/" + quote(f"{entry[0]:02}{entry[1]}", safe="/"),
                                                {"Content-Type": "text/plain"}, b"x"), enumerate(PAYLOADS)))
    s3.put_object(Bucket="hostile", Key="meta", Body=b"x", Metadata={f"m{n}": text for n, text in enumerate(PLAIN[:12])},
                  ContentType="text/html<script>")
    return server


def unbroken(browser):
    assert browser.run("return window.broken === undefined && document.querySelectorAll('script:not([src])').length === 0")


def test_names_in_the_list(browser, hostile):
    browser.login(hostile).open(hostile, "#/buckets/hostile/objects")
    names = set()
    for step in range(12):
        names |= set(browser.run("return [...document.querySelectorAll('.grid-row:not([hidden]) .name')].map((e) => e.textContent)"))
        browser.run("document.querySelector('.grid-view').scrollBy(0, 400)")
        browser.run("return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    wanted = {shown(f"{n:02}{text}") for n, text in enumerate(PAYLOADS) if "/" not in text}
    assert wanted - names == set()
    unbroken(browser)


def test_each_in_the_sidebar(browser, hostile):
    browser.login(hostile)
    chosen = [(n, text) for n, text in enumerate(PAYLOADS) if n % 3 == 0]
    for n, text in chosen:
        key = f"{n:02}{text}"
        prefix = key[:key.rfind("/") + 1]
        browser.open(hostile, f"#/buckets/hostile/objects?prefix={quote(prefix, safe='')}&o={quote(key, safe='')}")
        browser.see("Object Info")
        assert browser.run("return document.querySelector('.drawer .fact bdi').textContent") == shown(key)
    unbroken(browser)


def test_names_of_shared_links(browser, hostile):
    console = Console(hostile)
    console.login()
    keys = [f"{n:02}{text}" for n, text in enumerate(PAYLOADS)][::3]
    for key in keys:
        made = console.do("POST", "shares", json={"bucket": "hostile", "key": key, "seconds": 600})
        hostile.secrets.append(made["url"].rpartition("=")[2])
    browser.login(hostile).open(hostile, "#/shares")
    names = set()
    for step in range(6):
        names |= set(browser.run("return [...document.querySelectorAll('.grid-row:not([hidden]) .name')].map((e) => e.textContent)"))
        browser.run("document.querySelector('.grid-view').scrollBy(0, 400)")
        browser.run("return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert {f"hostile/{shown(key)}" for key in keys} - names == set()
    unbroken(browser)
    browser.row(f"hostile/{shown(keys[1])}")
    browser.see("works: whoever has it can read the object")
    unbroken(browser)


def test_metadata(browser, hostile):
    browser.login(hostile).open(hostile, "#/buckets/hostile/objects?o=meta")
    browser.see(*PLAIN[:12])
    unbroken(browser)


def test_a_policy_with_markup(browser, hostile):
    hostile.s3().put_bucket_policy(Bucket="hostile", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Sid": "<img src=x onerror=window.broken=1>", "Effect": "Deny", "Principal": "*", "Action": ["s3:GetObjectVersion"], "Resource": ["arn:aws:s3:::hostile/<script>window.broken=1</script>"]}]}))
    browser.login(hostile).open(hostile, "#/buckets/hostile/settings/access")
    browser.see("<img src=x onerror=window.broken=1>", "<script>window.broken=1</script>")
    unbroken(browser)


@pytest.mark.parametrize("name, kind, body", (
    ("page.html", "text/html", b"<script>top.broken=1;parent.broken=1</script>"),
    ("picture.svg", "image/svg+xml", b"<svg xmlns='http://www.w3.org/2000/svg'><script>top.broken=1</script></svg>"),
    ("text.txt", "text/plain", b"<script>window.broken=1</script>")))
def test_previews_run_nothing(browser, hostile, name, kind, body):
    hostile.s3().put_object(Bucket="hostile", Key=f"preview/{name}", Body=body, ContentType=kind)
    browser.login(hostile).open(hostile, f"#/buckets/hostile/objects?prefix=preview%2F&o=preview%2F{name}")
    browser.see("Object Info")
    if browser.find("button", "Preview"):
        browser.press("Preview")
    unbroken(browser)
    # As a page of its own, where a link could lead.
    address = f"{hostile.console}api/preview?b=hostile&k=preview/{name}"
    browser.expect("sandboxed", "Blocked script execution", "Content Security Policy")
    browser.driver.get(address)
    assert browser.run("return window.broken === undefined")


def test_addresses_lead_nowhere_else(browser, hostile):
    for next_page in ("//evil.test", "\\\\evil.test", "javascript:window.broken=1", "https://evil.test", "#//evil.test"):
        browser.without_session(hostile, f"#/login?next={quote(next_page, safe='')}")
        browser.fill("Username", hostile.access_key)
        browser.fill("Password", hostile.secret_key)
        browser.press("Login")
        browser.wait(lambda: browser.run("return document.querySelector('.shell h1') !== null"))
        assert browser.driver.current_url.startswith(hostile.console)
        unbroken(browser)
