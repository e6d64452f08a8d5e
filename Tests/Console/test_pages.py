"""Each page at three widths in both themes: names, contrast, widths, nothing in the log; a picture of each for people."""

import json

import pytest
from selenium.webdriver.common.keys import Keys

from accounts import admin
from console_api import Console

WIDTHS = (360, 1280, 3840)
HEIGHTS = {360: 740, 1280: 800, 3840: 2000}


@pytest.fixture(scope="module")
def filled(server):
    """A server with something on every page."""
    s3 = server.s3()
    for name in ("backups", "empty", "photos"):
        s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket="backups", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket="backups", Tagging={"TagSet": [{"Key": "team", "Value": "blue"}]})
    s3.put_bucket_policy(Bucket="photos", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::photos/*"]}]}))
    for n in range(40):
        s3.put_object(Bucket="photos", Key=f"2026/image-{n:03}.txt", Body=b"x" * n, ContentType="text/plain")
    s3.put_object(Bucket="backups", Key="2026/readme.txt", Body=b"hello\n" * 40, ContentType="text/plain",
                  Metadata={"colour": "blue"}, Tagging="a=b")
    s3.put_object(Bucket="backups", Key="2026/a rather long name of an object that does not fit into the column at all.tar.gz", Body=b"")
    one = admin(server)
    one.user_add("anna", "annas-secret-key")
    one.user_add("bert", "berts-secret-key")
    one.policy_set("readwrite", user="anna")
    one.group_add("staff", members=["anna"])
    console = Console(server)
    console.login()
    made = [console.do("POST", "shares", json={"bucket": "backups", "key": "2026/readme.txt", "seconds": 86_400 * days}) for days in (1, 7)]
    console.do("DELETE", "shares", {"id": made[0]["id"]})
    s3.create_multipart_upload(Bucket="backups", Key="2026/unfinished.bin")
    return server


PAGES = {
    "overview": "#/", "buckets": "#/buckets", "settings": "#/buckets/backups/settings", "access": "#/buckets/photos/settings/access",
    "lifecycle": "#/buckets/backups/settings/lifecycle", "objects": "#/buckets/photos/objects?prefix=2026%2F", "empty": "#/buckets/empty/objects",
    "sidebar": "#/buckets/backups/objects?prefix=2026%2F&o=2026%2Freadme.txt", "uploads": "#/buckets/backups/uploads", "keys": "#/keys",
    "key": "#/keys/name/coffer-default-key", "key-service": "#/keys/status", "tasks": "#/tasks", "users": "#/identity/users", "groups": "#/identity/groups", "policies": "#/identity/policies", "access-keys": "#/identity/access-keys", "trace": "#/activity/trace", "audit": "#/activity/audit", "shares": "#/shares", "diagnostics": "#/diagnostics", "rewind": "#/buckets/backups/objects?prefix=2026%2F&at=2026-01-01T00%3A00%3A00.000Z", "log": "#/activity/log",
    "missing": "#/no/such/page",
}


def test_each_page(browser, filled, screenshots):
    """Once: the middle width in light, the narrow one in dark."""
    look(browser, filled, screenshots, "light", (1280,))
    look(browser, filled, screenshots, "dark", (360,))


@pytest.mark.long
@pytest.mark.parametrize("theme", ("light", "dark"))
def test_each_page_at_each_width(browser, filled, screenshots, theme):
    look(browser, filled, screenshots, theme, WIDTHS)


def look(browser, filled, screenshots, theme, widths):
    browser.login(filled)
    complaints = {}
    for width in widths:
        browser.view(width, HEIGHTS[width], theme)
        for name, address in PAGES.items():
            browser.open(filled, address)
            browser.shot(screenshots, f"{name}-{width}-{theme}")
            found = browser.run("return test.complaints()")
            if found:
                complaints[f"{name} {width}"] = found
    assert complaints == {}, json.dumps(complaints, indent=1)


def test_the_login_page(browser, filled, screenshots):
    for theme in ("light", "dark"):
        for width in WIDTHS:
            browser.view(width, HEIGHTS[width], theme)
            browser.without_session(filled)
            browser.see("Sign in")
            browser.check_accessibility()
            browser.shot(screenshots, f"login-{width}-{theme}")


DIALOGS = (
    ("create", "#/buckets", "Create Bucket"), ("encryption", "#/buckets/backups/settings", "Edit Encryption"),
    ("versioning", "#/buckets/backups/settings", "Edit Current Status"), ("quota", "#/buckets/backups/settings", "Edit Quota"),
    ("tags", "#/buckets/backups/settings", "Edit Tags"), ("delete-bucket", "#/buckets/photos/settings", "Delete Bucket"),
    ("policy", "#/buckets/photos/settings/access", "Edit policy"), ("path", "#/buckets/photos/objects", "Create new path"),
    ("user", "#/identity/users", "Create User"), ("jump", "#/buckets", "Go to Ctrl K"))


def test_dialogs(browser, filled, screenshots):
    """Each takes the focus, has names and contrast, and closes with Escape; every other one in dark."""
    browser.login(filled)
    for n, (name, address, opener) in enumerate(DIALOGS):
        browser.view(1280, 800, ("light", "dark")[n % 2])
        browser.open(filled, address)
        browser.press(opener)
        browser.wait(lambda: browser.run("return document.querySelector('dialog[open]') !== null"), name)
        browser.settle()
        assert browser.run("return document.querySelector('dialog[open]').contains(document.activeElement)"), name
        browser.shot(screenshots, f"dialog-{name}")
        browser.check_accessibility()
        browser.keys(Keys.ESCAPE)
        browser.wait(lambda: browser.run("return document.querySelector('dialog[open]') === null"), f"{name} closed")


def test_the_first_load_is_small(browser, filled):
    browser.login(filled)
    browser.open(filled, "#/buckets")
    # From the server, not from the cache of the pages before.
    browser.driver.execute_cdp_cmd("Network.clearBrowserCache", {})
    browser.reload()
    sizes = browser.run("return performance.getEntriesByType('resource').concat(performance.getEntriesByType('navigation')).map((e) => [e.name, e.transferSize])")
    assert len(sizes) <= 12, sizes
    assert sum(size for _, size in sizes) <= 150 * 1024, sizes
    foreign = [name for name, _ in sizes if not name.startswith((filled.console, "data:"))]
    assert foreign == []


def test_nothing_moves(browser, filled):
    """The sum of layout shifts while pages change stays within the limit for a good page."""
    browser.login(filled)
    browser.run("window.shift = 0; new PerformanceObserver((list) => { for (const e of list.getEntries()) if (!e.hadRecentInput) window.shift += e.value; }).observe({type: 'layout-shift', buffered: true})")
    for address in ("#/buckets", "#/keys", "#/buckets/photos/objects", "#/buckets/backups/settings"):
        browser.open(filled, address)
    assert browser.run("return window.shift") <= 0.05
