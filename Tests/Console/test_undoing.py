"""What can be taken back: links that were shared, and what a bucket has become; and what the page tells of the server."""

import datetime
import time

import pytest
import requests


@pytest.fixture(scope="module")
def bucket(server):
    s3 = server.s3()
    s3.create_bucket(Bucket="past")
    s3.put_bucket_versioning(Bucket="past", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="past", Key="docs/kept.txt", Body=b"kept")
    s3.put_object(Bucket="past", Key="docs/changed.txt", Body=b"before")
    time.sleep(1.1)
    then = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    time.sleep(1.1)
    s3.put_object(Bucket="past", Key="docs/changed.txt", Body=b"after")
    s3.put_object(Bucket="past", Key="docs/later.txt", Body=b"later")
    s3.delete_object(Bucket="past", Key="docs/kept.txt")
    return then


def names(browser):
    return browser.run("return [...document.querySelectorAll('.grid-row:not([hidden]) .name')].map((e) => e.textContent)")


def test_a_link_is_taken_back(browser, server, bucket):
    browser.login(server).open(server, "#/buckets/past/objects?prefix=docs%2F&o=docs%2Fchanged.txt")
    browser.see("Object Info")
    browser.press("Share")
    browser.press("Make link")
    url = browser.wait(lambda: browser.run("return document.querySelector('dialog .copy-field input')?.value"))
    server.secrets.append(url.rpartition("=")[2])
    assert requests.get(url, timeout=10).content == b"after"
    browser.press("All shared links", "link")
    browser.wait(lambda: browser.run("return document.querySelector('dialog') === null"), "no dialog over the page")
    browser.row("past/docs/changed.txt")
    browser.see("works: whoever has it can read the object")
    assert browser.run("return document.querySelector('dialog .copy-field input').value") == url
    browser.check_accessibility()
    browser.press("Take back")
    browser.run("document.querySelector('dialog[open]:last-of-type .button.danger').click()")
    browser.see("The link was taken back")
    assert requests.get(url, timeout=10).status_code == 403
    browser.wait(lambda: browser.run("return document.querySelector('.grid-row:not([hidden]) .badge.danger')?.textContent") == "taken back")


def test_a_bucket_is_rewound_and_restored(browser, server, bucket):
    browser.login(server).open(server, "#/buckets/past/objects?prefix=docs%2F")
    browser.wait(lambda: names(browser) == ["changed.txt", "later.txt"], "what is there now")
    browser.press("View")
    browser.press("Rewind", "menuitem")
    browser.run("""const input = document.querySelector('dialog[open] input'); const at = new Date(arguments[0]);
        input.value = new Date(at - at.getTimezoneOffset() * 60000).toISOString().slice(0, 19);""", bucket)
    browser.press("Show it")
    browser.wait(lambda: names(browser) == ["changed.txt", "kept.txt"], "what was there then")
    browser.see("As it was at")
    browser.check_accessibility()
    # Nothing can be put into the past.
    assert browser.run("return document.querySelector('#upload-main')") is None
    # A reload stays in it; a version is what was then.
    browser.reload()
    browser.wait(lambda: names(browser) == ["changed.txt", "kept.txt"], "still then")
    browser.row("changed.txt")
    browser.see("6 B")
    browser.press("Restore this state")
    browser.run("document.querySelector('dialog[open] .button.danger').click()")
    browser.wait(lambda: server.s3().list_objects_v2(Bucket="past", Prefix="docs/")["KeyCount"] == 2
                 and server.s3().get_object(Bucket="past", Key="docs/changed.txt")["Body"].read() == b"before", "the state of then")
    # The list, with what stands above it, is drawn anew when the task has ended: found and pressed at once.
    browser.run("[...document.querySelectorAll('a')].find((a) => a.textContent === 'Back to now').click()")
    browser.gone("As it was at")
    browser.wait(lambda: names(browser) == ["changed.txt", "kept.txt"], "the same now")


def test_the_doctors_table(browser, server):
    browser.login(server).open(server, "#/")
    browser.press("Diagnostics", "link")
    browser.see("Sync speed", "a server runs on this drive", "Keyring")
    verdicts = browser.run("return [...document.querySelectorAll('.findings tbody .badge')].map((e) => e.textContent)")
    order = ["wrong", "look at it", "not known", "good"]
    assert verdicts == sorted(verdicts, key=order.index)
    browser.check_accessibility()


def test_the_audit_as_it_happens(browser, server, bucket):
    browser.login(server).open(server, "#/activity/trace")
    browser.press("Audit", "link")
    browser.see("live")
    server.s3().get_object(Bucket="past", Key="docs/changed.txt")
    browser.see("GetObject", "past/docs/changed.txt", server.access_key)
