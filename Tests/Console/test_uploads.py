"""Uploads: many files, folders by drop, names that are taken, a cut in the middle and going on after a reload."""

import hashlib
import os

import pytest

MIB = 1 << 20


@pytest.fixture(scope="module")
def uploads(server):
    server.s3().create_bucket(Bucket="uploads")
    return server


def keys(server, prefix=""):
    return [row["Key"] for row in server.s3().list_objects_v2(Bucket="uploads", Prefix=prefix).get("Contents", [])]


def ended(browser, count):
    browser.wait(lambda: f"{count} uploaded" in browser.run("return document.querySelector('.dock')?.innerText ?? ''"), f"{count} uploads")


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
    browser.press("Clear the list")


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
    browser.press("Clear the list")


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
        browser.press("Clear the list")
    assert body("a (2).txt") == b"new"


def test_a_dropped_file(browser, uploads, tmp_path):
    (tmp_path / "dropped.txt").write_text("dropped")
    browser.login(uploads).open(uploads, "#/buckets/uploads/objects?prefix=drop%2F")
    browser.drop(tmp_path / "dropped.txt")
    browser.press("Upload 1 file")
    ended(browser, 1)
    assert keys(uploads, "drop/") == ["drop/dropped.txt"]
    browser.press("Clear the list")


def resumed(browser, server, tmp_path, size):
    """Cuts an upload of `size` bytes at about its half, reloads, chooses the file again; the bytes that were sent in all."""
    file = tmp_path / "large.bin"
    file.write_bytes(os.urandom(size))
    sent = "return performance.getEntriesByType('resource').filter((e) => e.name.includes('uploads/part')).length"
    browser.login(server).open(server, "#/buckets/uploads/objects?prefix=large%2F")
    network = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": max(size // 4, 8 * MIB)}
    browser.driver.execute_cdp_cmd("Network.emulateNetworkConditions", network)
    browser.upload(file)
    browser.press("Upload 1 file")
    parts = lambda: [part for upload in server.s3().list_multipart_uploads(Bucket="uploads").get("Uploads", [])  # noqa: E731
                     for part in server.s3().list_parts(Bucket="uploads", Key=upload["Key"], UploadId=upload["UploadId"]).get("Parts", [])]
    half = size // MIB // 16 // 2
    browser.wait(lambda: len(parts()) >= half, "half of the parts")
    browser.expect("ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "beforeunload")
    browser.driver.execute_cdp_cmd("Network.emulateNetworkConditions", network | {"offline": True})
    browser.run("return new Promise((done) => setTimeout(done, 300))")
    there = len(parts())
    browser.driver.get("about:blank")
    browser.driver.execute_cdp_cmd("Network.emulateNetworkConditions", network | {"offline": False, "uploadThroughput": -1})
    browser.open(server, "#/buckets/uploads/uploads")
    browser.see("large.bin")
    browser.press("Choose file and continue")
    browser.wait(lambda: browser.driver.find_elements("id", "upload-input"))[0].send_keys(str(file))
    ended(browser, 1)
    again = browser.run(sent)
    got = server.s3().get_object(Bucket="uploads", Key="large/large.bin")["Body"]
    digest = hashlib.sha256()
    for chunk in got.iter_chunks(MIB):
        digest.update(chunk)
    assert digest.digest() == hashlib.sha256(file.read_bytes()).digest()
    assert again == -(-size // (16 * MIB)) - there, "parts that had arrived were sent again"
    browser.press("Clear the list")


def test_a_cut_upload_goes_on(browser, uploads, tmp_path):
    resumed(browser, uploads, tmp_path, 96 * MIB)


@pytest.mark.long
def test_a_cut_upload_of_200_MiB_goes_on(browser, uploads, tmp_path):
    resumed(browser, uploads, tmp_path, 200 * MIB)
