"""Uploads: many files, folders by drop, names that are taken, a cut in the middle and going on after a reload."""

import hashlib
import os
import time

import pytest
import requests

from console import Cable

MIB = 1 << 20
PART = 16 * MIB
# Of files up to 200 MiB.
SMALL = 5 * MIB


@pytest.fixture(scope="module")
def uploads(server):
    server.s3().create_bucket(Bucket="uploads")
    return server


def keys(server, prefix=""):
    return [row["Key"] for row in server.s3().list_objects_v2(Bucket="uploads", Prefix=prefix).get("Contents", [])]


def ended(browser, count):
    browser.wait(lambda: f"{count} uploaded" in browser.run("return document.querySelector('.dock')?.innerText ?? ''"), f"{count} uploads")


def clear(browser):
    browser.press("Clear the list")
    browser.wait(lambda: browser.run("return document.querySelector('.dock') === null"), "no dock")


def test_several_files(browser, uploads, tmp_path, screenshots):
    for n in range(12):
        (tmp_path / f"file {n:02}.txt").write_bytes(b"x" * n)
    browser.login(uploads).open(uploads, "#/buckets/uploads/objects?prefix=several%2F")
    browser.upload(*sorted(tmp_path.iterdir()))
    browser.shot(screenshots, "dialog-upload-light")
    browser.check_accessibility()
    browser.press("Upload 12 files")
    ended(browser, 12)
    assert keys(uploads, "several/") == [f"several/file {n:02}.txt" for n in range(12)]
    browser.see("file 11.txt")
    browser.press("Show each upload")
    browser.shot(screenshots, "dock-light")
    browser.check_accessibility()
    clear(browser)


def test_a_folder(browser, uploads, tmp_path):
    folder = tmp_path / "site"
    (folder / "css").mkdir(parents=True)
    (folder / "index.html").write_text("<p>hello")
    (folder / "css" / "style.css").write_text("p{}")
    browser.login(uploads).open(uploads, "#/buckets/uploads/objects?prefix=folder%2F")
    browser.upload(folder, folder=True)
    browser.press("Upload 2 files")
    ended(browser, 2)
    assert keys(uploads, "folder/") == ["folder/site/css/style.css", "folder/site/index.html"]
    assert uploads.s3().head_object(Bucket="uploads", Key="folder/site/index.html")["ContentType"] == "text/html"
    clear(browser)


def test_names_that_are_taken(browser, uploads, tmp_path):
    uploads.s3().put_object(Bucket="uploads", Key="taken/a.txt", Body=b"old")
    (tmp_path / "a.txt").write_text("new")
    body = lambda key: uploads.s3().get_object(Bucket="uploads", Key=f"taken/{key}")["Body"].read()  # noqa: E731
    browser.login(uploads)
    browser.expect("412")
    for policy, expected in (("Skip (keep what is there)", b"old"), ("Keep both (add a number)", b"old"), ("Replace", b"new")):
        browser.open(uploads, "#/buckets/uploads/objects?prefix=taken%2F")
        browser.upload(tmp_path / "a.txt")
        browser.see("1 name is taken there")
        browser.fill("1 name is taken there", policy)
        browser.press("Upload 1 file")
        browser.wait(lambda: "uploaded" in browser.run("return document.querySelector('.dock')?.innerText ?? ''"))
        assert body("a.txt") == expected
        clear(browser)
    assert body("a (2).txt") == b"new"


def test_a_dropped_file(browser, uploads, tmp_path):
    (tmp_path / "dropped.txt").write_text("dropped")
    browser.login(uploads).open(uploads, "#/buckets/uploads/objects?prefix=drop%2F")
    browser.drop(tmp_path / "dropped.txt")
    browser.press("Upload 1 file")
    ended(browser, 1)
    assert keys(uploads, "drop/") == ["drop/dropped.txt"]
    clear(browser)


def resumed(browser, server, tmp_path, size):
    """Cuts an upload of `size` bytes at about its half, goes away, comes back and chooses the file again."""
    file = tmp_path / "large.bin"
    file.write_bytes(os.urandom(size))
    # Four parts at once, each on a connection of its own.
    cable = Cable(server, bytes_per_second=size / 16)
    s3 = server.s3()

    def parts():
        return [part for upload in s3.list_multipart_uploads(Bucket="uploads").get("Uploads", [])
                for part in s3.list_parts(Bucket="uploads", Key=upload["Key"], UploadId=upload["UploadId"]).get("Parts", [])]

    try:
        browser.login(cable, server.access_key, server.secret_key).open(cable, "#/buckets/uploads/objects?prefix=large%2F")
        browser.upload(file)
        browser.press("Upload 1 file")
        browser.wait(lambda: len(parts()) >= size // SMALL // 2 - 1, "half of the parts")
        browser.expect("ERR_", "Failed to load resource")
        cable.cut()
        browser.press("Show each upload")
        browser.see("tries again")
        assert len(parts()) < -(-size // SMALL), "the cut came too late"
        browser.driver.get("about:blank")
        cable.mend()
        browser.open(cable, "#/buckets/uploads/uploads")
        browser.see("large.bin", "1 upload was cut off and can go on.")
        browser.press("Choose file and continue")
        browser.wait(lambda: browser.driver.find_elements("id", "upload-input"))[0].send_keys(str(file))
        ended(browser, 1)
        digest = hashlib.sha256()
        for chunk in s3.get_object(Bucket="uploads", Key="large/large.bin")["Body"].iter_chunks(MIB):
            digest.update(chunk)
        assert digest.digest() == hashlib.sha256(file.read_bytes()).digest()
        # Parts that were under way when the cable was cut count twice: four at most.
        assert cable.sent <= max(1.1 * size, size + 4 * SMALL + MIB)
        clear(browser)
    finally:
        cable.close()


def test_a_cut_upload_goes_on(browser, uploads, tmp_path):
    resumed(browser, uploads, tmp_path, 96 * MIB)


@pytest.mark.long
def test_a_cut_upload_of_200_MiB_goes_on(browser, uploads, tmp_path):
    resumed(browser, uploads, tmp_path, 200 * MIB)


@pytest.mark.long
def test_an_upload_of_1_GiB_takes_no_memory_for_its_length(browser, uploads, tmp_path, figure):
    file = tmp_path / "large.bin"
    piece = os.urandom(MIB)
    with open(file, "wb") as out:
        for n in range(1024):
            out.write(n.to_bytes(8, "big") + piece[8:])
    browser.login(uploads).open(uploads, "#/buckets/uploads/objects?prefix=whole%2F")
    browser.upload(file)
    before, resident = browser.heap(), uploads.rss()
    most = 0
    began = time.monotonic()
    browser.press("Upload 1 file")
    while not keys(uploads, "whole/"):
        assert time.monotonic() - began < 600
        most = max(most, browser.heap() - before)
        time.sleep(0.2)
    figure("MiB/s", round(1024 / (time.monotonic() - began)))
    figure("page, MiB", most >> 20)
    figure("server, MiB", uploads.peak_rss() - resident >> 20)
    assert most <= 64 * MIB
    # The budget for bodies, and what else a server has.
    assert uploads.peak_rss() - resident <= 400 * MIB
    body = uploads.s3().get_object(Bucket="uploads", Key="whole/large.bin")["Body"]
    for n in range(1024):
        assert body.read(MIB) == n.to_bytes(8, "big") + piece[8:], n
    clear(browser)


def test_the_session_ends_while_parts_are_sent(browser, uploads, tmp_path):
    """The upload waits for the password, and goes on with the parts that are missing."""
    size = 4 * PART
    file = tmp_path / "ended.bin"
    file.write_bytes(os.urandom(size))
    cable = Cable(uploads, bytes_per_second=size / 8)
    try:
        browser.login(cable, uploads.access_key, uploads.secret_key).open(cable, "#/buckets/uploads/objects?prefix=ended%2F")
        browser.upload(file)
        browser.press("Upload 1 file")
        browser.wait(lambda: uploads.s3().list_multipart_uploads(Bucket="uploads").get("Uploads"), "the upload's begin")
        browser.expect("401")
        requests.post(uploads.console + "api/logout", json={"everywhere": True}, **others_session(uploads))
        browser.see("Your session has ended")
        cable.mend()
        browser.fill("Password", uploads.secret_key)
        browser.press("Login")
        ended(browser, 1)
        assert uploads.s3().head_object(Bucket="uploads", Key="ended/ended.bin")["ContentLength"] == size
        clear(browser)
    finally:
        cable.close()


def others_session(server):
    """Cookie and token of another session of the same account."""
    answer = requests.post(server.console + "api/login", json={"accessKey": server.access_key, "secretKey": server.secret_key})
    return {"cookies": answer.cookies, "headers": {"X-Coffer-Token": answer.json()["token"]}}


@pytest.mark.long
def test_a_logout_ends_what_was_under_way(browser, uploads, tmp_path):
    """The next account must not send the files of the one before."""
    file = tmp_path / "left.bin"
    file.write_bytes(os.urandom(3 * PART))
    cable = Cable(uploads, bytes_per_second=PART // 4)
    try:
        browser.login(cable, uploads.access_key, uploads.secret_key).open(cable, "#/buckets/uploads/objects?prefix=left%2F")
        browser.upload(file)
        browser.press("Upload 1 file")
        browser.wait(lambda: uploads.s3().list_multipart_uploads(Bucket="uploads").get("Uploads"), "the upload's begin")
        browser.press(f"Account {uploads.access_key}")
        browser.expect("ERR_ABORTED")
        browser.press("Logout", "menuitem")
        browser.see("Sign in")
        assert browser.run("return document.querySelector('.dock') === null")
        assert keys(uploads, "left/") == []
    finally:
        cable.close()
