"""What can be done with objects: sidebar, proof, tags, versions, copies, shares, search, selections."""

import io
import zipfile

import pytest
import requests


@pytest.fixture(scope="module")
def objects(server):
    s3 = server.s3()
    s3.create_bucket(Bucket="objects")
    s3.create_bucket(Bucket="versions")
    s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    for name in ("docs/one.txt", "docs/two.txt", "docs/deep/three.txt", "other/four.txt"):
        s3.put_object(Bucket="objects", Key=name, Body=name.encode(), ContentType="text/plain")
    for body in (b"first", b"second"):
        s3.put_object(Bucket="versions", Key="v.txt", Body=body)
    return server


def sidebar(browser, server, bucket, key):
    prefix = key[:key.rfind("/") + 1].replace("/", "%2F")
    browser.login(server).open(server, f"#/buckets/{bucket}/objects?prefix={prefix}&o={key.replace('/', '%2F')}")
    browser.see("Object Info")


def keys(server, bucket="objects", prefix=""):
    return [row["Key"] for row in server.s3().list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]


def menu(browser, name):
    browser.press("More")
    browser.press(name, "menuitem")


def test_proof_at_rest(browser, objects, screenshots):
    sidebar(browser, objects, "objects", "docs/one.txt")
    browser.press("Proof at rest")
    browser.see("On the drive", "What the header means", "What you see", "docs/one")
    browser.shot(screenshots, "proof-light")
    browser.check_accessibility()
    assert "docs/one" not in browser.run("return document.querySelector('.hex').textContent")


def test_preview(browser, objects):
    sidebar(browser, objects, "objects", "docs/one.txt")
    browser.press("Preview")
    browser.wait(lambda: browser.run("return document.querySelector('.preview-text')?.textContent === 'docs/one.txt'"))
    browser.check_accessibility()


def test_tags(browser, objects):
    sidebar(browser, objects, "objects", "docs/one.txt")
    browser.press("Edit Tags:")
    browser.fill("Name", "team")
    browser.fill("Value", "blue")
    browser.press("Save")
    browser.see("team = blue")
    assert objects.s3().get_object_tagging(Bucket="objects", Key="docs/one.txt")["TagSet"] == [{"Key": "team", "Value": "blue"}]


def test_metadata_is_edited_in_place(browser, objects):
    sidebar(browser, objects, "objects", "docs/two.txt")
    menu(browser, "Edit metadata")
    browser.fill("Content type", "text/markdown")
    browser.fill("Name", "colour")
    browser.fill("Value", "blue")
    browser.press("Save")
    browser.see("text/markdown", "blue")
    head = objects.s3().head_object(Bucket="objects", Key="docs/two.txt")
    assert head["ContentType"] == "text/markdown" and head["Metadata"] == {"colour": "blue"}


def test_a_rename(browser, objects):
    objects.s3().put_object(Bucket="objects", Key="names/old.txt", Body=b"old")
    sidebar(browser, objects, "objects", "names/old.txt")
    menu(browser, "Copy, move or rename")
    browser.fill("To name", "names/new.txt")
    browser.press("Delete the source afterwards (move)", "field")
    browser.press("Copy object")
    browser.see("Copied to new.txt")
    assert keys(objects, prefix="names/") == ["names/new.txt"]


def test_a_share(browser, objects):
    sidebar(browser, objects, "objects", "docs/one.txt")
    browser.press("Share")
    browser.press("Make link")
    url = browser.wait(lambda: browser.run("return document.querySelector('dialog .copy-field input')?.value"))
    assert requests.get(url, timeout=10).content == b"docs/one.txt"


def test_versions_and_undo(browser, objects):
    sidebar(browser, objects, "versions", "v.txt")
    menu(browser, "Delete")
    browser.see("its versions stay")
    browser.press("Delete object")
    browser.press("Undo")
    browser.see("v.txt is back")
    sidebar(browser, objects, "versions", "v.txt")
    menu(browser, "Display Object Versions")
    browser.see("latest")
    [_, older] = objects.s3().list_object_versions(Bucket="versions")["Versions"]
    browser.press(f"Actions for version {older['VersionId']}")
    browser.press("Restore this version", "menuitem")
    browser.see("Restored")
    assert objects.s3().get_object(Bucket="versions", Key="v.txt")["Body"].read() == b"first"


def test_search(browser, objects):
    browser.login(objects).open(objects, "#/buckets/objects/objects")
    browser.fill("Filter in objects", "three")
    browser.wait(lambda: browser.find("link", "Search everything under objects for “three”")).click()
    browser.see("docs/deep/three.txt", "1 found")
    browser.check_accessibility()


def select(browser, *names):
    for name in names:
        browser.run("test.row(arguments[0]).closest('.grid-row').querySelector('input').click()", name)


def test_a_selection_as_zip(browser, objects):
    browser.login(objects).open(objects, "#/buckets/objects/objects?prefix=docs%2F")
    select(browser, "deep/", "one.txt")
    browser.see("2 selected")
    browser.press("Download zip")
    archive = browser.wait(lambda: [path for path in browser.downloads.iterdir() if path.suffix == ".zip"])[0]
    with zipfile.ZipFile(io.BytesIO(archive.read_bytes())) as found:
        assert sorted(found.namelist()) == ["deep/three.txt", "one.txt"]
        assert found.read("one.txt") == b"docs/one.txt"


def test_a_folder_is_moved_and_deleted(browser, objects):
    for n in range(3):
        objects.s3().put_object(Bucket="objects", Key=f"from/folder/{n}", Body=b"x")
    browser.login(objects).open(objects, "#/buckets/objects/objects?prefix=from%2F")
    select(browser, "folder/")
    browser.press("Copy or move")
    browser.fill("To prefix", "to/")
    browser.press("Start")
    browser.wait(lambda: keys(objects, prefix="to/") == [f"to/folder/{n}" for n in range(3)] and keys(objects, prefix="from/") == [])
    browser.open(objects, "#/buckets/objects/objects?prefix=to%2F")
    select(browser, "folder/")
    browser.press("Delete")
    browser.fill("Type objects to confirm", "objects")
    browser.press("Delete all of it")
    browser.wait(lambda: keys(objects, prefix="to/") == [])
    browser.open(objects, "#/tasks")
    browser.see("Delete in objects", "Move from objects")
    browser.check_accessibility()


def test_settings_of_a_bucket(browser, objects):
    s3 = objects.s3()
    s3.create_bucket(Bucket="settings-of")
    browser.login(objects).open(objects, "#/buckets/settings-of/settings")
    browser.press("Edit Current Status")
    browser.fill("Current Status", "Enabled")
    browser.press("Save")
    browser.wait(lambda: s3.get_bucket_versioning(Bucket="settings-of").get("Status") == "Enabled")
    browser.press("Edit Quota")
    browser.driver.find_element("css selector", "dialog input[type=number]").send_keys("2")
    browser.press("Save")
    browser.see("2.0 GiB")
    browser.open(objects, "#/buckets/settings-of/settings/access")
    browser.press("Add policy")
    browser.fill("Template", "Everybody may read objects")
    browser.press("Save")
    browser.see("This policy lets everybody in")
    browser.open(objects, "#/buckets/settings-of/settings/lifecycle")
    browser.press("Add rules")
    browser.fill("Template", "Delete objects under a prefix after 30 days")
    browser.press("Save")
    browser.see("expire-logs", "Under logs/: objects are deleted after 30 days.")
    browser.open(objects, "#/buckets/settings-of/settings")
    browser.press("Delete Bucket")
    browser.press("Delete Bucket")
    browser.see("Bucket settings-of deleted")


def test_a_setting_that_another_changed(browser, objects):
    s3 = objects.s3()
    s3.create_bucket(Bucket="contested")
    browser.login(objects).open(objects, "#/buckets/contested/settings")
    browser.press("Edit Tags")
    browser.fill("Name", "mine")
    s3.put_bucket_tagging(Bucket="contested", Tagging={"TagSet": [{"Key": "theirs", "Value": "1"}]})
    browser.expect("412")
    browser.press("Save")
    browser.see("Somebody else has changed this meanwhile.")
    assert s3.get_bucket_tagging(Bucket="contested")["TagSet"] == [{"Key": "theirs", "Value": "1"}]
