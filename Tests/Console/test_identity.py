"""Users, groups, policies, access keys, and what happens now."""

import pytest


@pytest.fixture
def page(browser, server):
    return browser.login(server)


def test_a_user_with_a_policy(page, server):
    page.open(server, "#/identity/policies")
    page.see("readwrite")
    page.open(server, "#/identity/users")
    page.press("Create User")
    page.fill("User Name", "anna")
    page.fill("Secret Key", "annas-secret-key")
    page.press("readonly", "field")
    page.press("Create User")
    page.see("anna", "readonly")
    page.check_accessibility()
    page.row("anna")
    page.press("Enabled: may log in and use S3", "field")
    page.press("Save")
    page.see("Disabled")
    page.expect("401")
    page.without_session(server)
    page.fill("Username", "anna")
    page.fill("Password", "annas-secret-key")
    page.press("Login")
    page.see("do not match")


def test_a_group(page, server):
    page.open(server, "#/identity/groups")
    page.press("Create Group")
    page.fill("Name", "staff")
    page.press("Create Group")
    page.row("staff")
    page.check_accessibility()
    page.press("Delete group")
    page.press("Delete group")
    page.see("No groups yet.")


def test_an_access_key_whose_secret_is_shown_once(page, server, screenshots):
    page.open(server, "#/identity/access-keys")
    page.press("Create Access Key")
    page.fill("Description", "for a program")
    page.press("Create Access Key")
    page.see("The secret key is shown this once.")
    page.shot(screenshots, "access-key-made")
    page.check_accessibility()
    access_key, secret = page.run("return [...document.querySelectorAll('dialog .copy-field input')].map((e) => e.value)")
    assert server.s3(access_key=access_key, secret_key=secret).list_buckets() is not None
    page.press("Close")
    page.see(access_key)
    assert secret not in page.storage()


def test_requests_are_seen_as_they_happen(page, server):
    page.open(server, "#/activity/trace")
    page.see("live")
    server.s3().list_buckets()
    page.see("ListBuckets")
    page.check_accessibility()
