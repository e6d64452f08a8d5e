"""The flow of the users' guides, word for word, with the key server: login, bucket, gear, pencil, SSE-KMS, upload, sidebar."""

import pytest
from selenium.webdriver.common.by import By

from console import with_console
from pair import Pair

RULES = [f"/v1/key/{call}/*" for call in ("create", "generate", "decrypt", "describe", "list")] + ["/v1/status", "/v1/api", "/version"]


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    made = Pair(tmp_path_factory.mktemp("pair"))
    made.allow(rules=RULES)
    with_console(made.server)
    made.kes.start()
    made.root("key", "create", "my-key")
    try:
        made.server.start()
        yield made
        made.server.stop()
    finally:
        made.remove()


def test_the_guide(browser, pair, tmp_path):
    server = pair.server
    browser.driver.get(server.console)
    browser.wait(lambda: browser.driver.find_elements(By.ID, "accessKey"))
    browser.fill("Username", server.access_key)
    browser.fill("Password", server.secret_key)
    browser.press("Login")
    browser.wait(lambda: browser.find("link", "Buckets")).click()
    browser.settle()
    browser.press("Create Bucket")
    browser.fill("Bucket Name", "my-bucket")
    browser.press("Create Bucket")
    browser.see("No objects under my-bucket.")

    browser.press("Configure Bucket", "link")
    browser.see("Encryption:")
    browser.press("Edit Encryption")
    browser.see("Enable Bucket Encryption")
    browser.fill("Encryption Type", "SSE-KMS")
    browser.fill("KMS Key ID", "my-key")
    browser.press("Save")
    browser.see("SSE-KMS · my-key")
    assert server.s3().get_bucket_encryption(Bucket="my-bucket")["ServerSideEncryptionConfiguration"]["Rules"][0][
        "ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "my-key"}

    file = tmp_path / "plans.txt"
    file.write_text("the plans\n")
    browser.press("Objects", "link")
    browser.upload(file)
    browser.press("Upload 1 file")
    browser.row("plans.txt")
    browser.see("SSE-KMS", "Object Info", "Last Modified:", "ETAG:", "Metadata")
    browser.see("X-Amz-Server-Side-Encryption", "aws:kms", "X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id",
                server.s3().head_object(Bucket="my-bucket", Key="plans.txt")["SSEKMSKeyId"])
    vault = browser.driver.find_element(By.CSS_SELECTOR, ".vault").text
    assert "SSE-KMS" in vault and "my-key" in vault
    browser.check_accessibility()
    assert server.s3().get_object(Bucket="my-bucket", Key="plans.txt")["Body"].read() == b"the plans\n"


def test_a_key_is_made_in_place(browser, pair):
    server = pair.server
    browser.login(server).open(server, "#/buckets")
    browser.press("Create Bucket")
    browser.fill("Bucket Name", "another")
    browser.fill("Encryption Type", "SSE-KMS")
    browser.press("Create Key")
    browser.fill("Key Name", "my-key-2")
    browser.press("Save")
    browser.press("Create Bucket")
    browser.open(server, "#/buckets/another/settings")
    browser.see("SSE-KMS · my-key-2")
    browser.open(server, "#/keys")
    browser.see("Key Management Service Keys", "my-key-2")


def test_when_the_key_service_is_away(browser, pair, screenshots):
    """The cause stands on every page; what needs no key goes on."""
    server = pair.server
    browser.login(server)
    pair.kes.kill()
    try:
        browser.expect("503", "500", "502", "504")
        browser.open(server, "#/buckets")
        browser.wait(lambda: browser.run("dispatchEvent(new Event('focus')); return document.body.innerText.includes('does not answer')"),
                     "the banner")
        browser.see("Objects under its keys cannot be read or written until it does")
        browser.shot(screenshots, "key-service-away")
        browser.check_accessibility()
        browser.open(server, "#/keys/status")
        browser.see("does not answer")
    finally:
        pair.kes.start()
    browser.wait(lambda: browser.run("return !document.querySelector('.banner-danger')"), "the end of the banner")
