"""Sessions as their users see them: cookies, the end of a session in place, accounts with few rights."""

import json

import pytest

from accounts import admin


def test_the_secret_is_nowhere(browser, server):
    browser.login(server)
    browser.open(server, "#/buckets")
    assert server.secret_key not in browser.storage()
    cookies = browser.driver.get_cookies()
    assert len(cookies) == 1
    [cookie] = cookies
    assert cookie["name"].startswith("coffer-") and cookie["httpOnly"] and cookie["sameSite"] == "Strict" and cookie["path"] == "/"
    assert browser.run("return document.cookie") == ""


def test_a_wrong_password(browser, server):
    browser.expect("401")
    browser.without_session(server)
    browser.fill("Username", server.access_key)
    browser.fill("Password", "wrong")
    browser.press("Login")
    browser.see("do not match")
    browser.check_accessibility()
    browser.login(server)


def test_the_session_ends_and_goes_on_in_place(browser, server):
    server.s3().create_bucket(Bucket="goes-on")
    browser.login(server).open(server, "#/buckets")
    browser.expect("401")
    browser.run("return fetch('api/logout', {method: 'POST', headers: {'X-Coffer-Token': arguments[0], 'Content-Type': 'application/json'}, body: '{}'})",
                browser.run("return fetch('api/session').then((r) => r.json()).then((s) => s.token)"))
    browser.run("location.hash = '#/buckets/goes-on/objects'")
    browser.see("Your session has ended")
    browser.check_accessibility()
    browser.fill("Password", server.secret_key)
    browser.press("Login")
    browser.see("No objects under goes-on.")


def test_logout(browser, server):
    browser.login(server)
    old = browser.driver.get_cookies()
    browser.press("Account tester")
    browser.press("Logout", "menuitem")
    browser.see("Sign in")
    for cookie in old:
        browser.driver.add_cookie({name: cookie[name] for name in ("name", "value", "path")})
    browser.driver.get("about:blank")
    browser.open(server)
    browser.see("Sign in")


@pytest.fixture(scope="module")
def few(server):
    """An account that may list and read one folder of one bucket, and nothing else."""
    server.s3().create_bucket(Bucket="shared")
    server.s3().put_object(Bucket="shared", Key="mine/file.txt", Body=b"x")
    server.s3().put_object(Bucket="shared", Key="other/file.txt", Body=b"x")
    one = admin(server)
    one.user_add("few", "few-secret-key")
    one.policy_add("few", policy={"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": ["arn:aws:s3:::shared"], "Condition": {"StringLike": {"s3:prefix": ["mine/*"]}}},
        {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::shared/mine/*"]}]})
    one.policy_set("few", user="few")
    return server


def test_few_rights(browser, few, screenshots):
    """What one may not do is not offered, and what one may do works."""
    browser.login(few, "few", "few-secret-key")
    assert browser.find("link", "Overview") is None and browser.find("link", "Identity") is None and browser.find("link", "Encryption") is None
    assert browser.find("button", "Create Bucket") is None
    browser.shot(screenshots, "few-rights")
    browser.open(few, "#/buckets/shared/objects?prefix=mine%2F")
    browser.see("file.txt")
    assert browser.find("button", "Upload") is None
    browser.row("file.txt")
    browser.see("Object Info")
    assert browser.find("button", "Download") is not None
    browser.expect("403")
    browser.open(few, "#/buckets/shared/objects?prefix=other%2F")
    browser.see("Your account may not do this.")
    browser.check_accessibility()


ATTACK = """<!doctype html><title>waits</title><form id="form" method="post" enctype="text/plain" target="frame" action="{console}api/buckets">
<input name='{{"name": "attacked-form", "x": "' value='"}}'></form><iframe name="frame"></iframe><script>
document.getElementById("form").submit();
Promise.allSettled([["POST", "buckets", '{{"name": "attacked"}}'], ["POST", "logout", "{{}}"], ["DELETE", "buckets?b=kept", null]].map(([method, call, body]) =>
  fetch("{console}api/" + call, {{ method, body, mode: method === "POST" ? "no-cors" : "cors", credentials: "include" }})))
  .then(() => setTimeout(() => {{ document.title = "attacked"; }}, 500));
</script>"""


def test_a_page_on_the_s3_port_changes_nothing(browser, server):
    """Ports do not separate cookies: to the browser, a page in a public bucket is of the same site as the console."""
    s3 = server.s3()
    for name in ("kept", "evil"):
        s3.create_bucket(Bucket=name)
    s3.put_bucket_policy(Bucket="evil", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::evil/*"]}]}))
    s3.put_object(Bucket="evil", Key="attack.html", Body=ATTACK.format(console=server.console).encode(), ContentType="text/html")
    browser.login(server)
    browser.expect("403", "CORS", "ERR_FAILED", "Refused", "frame", "favicon", "NotSameOrigin")
    browser.driver.get(f"{server.endpoint}/evil/attack.html")
    browser.wait(lambda: browser.driver.title == "attacked", "the attack's end")
    names = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]}
    assert "kept" in names and not any(name.startswith("attacked") for name in names)
    # Nor has it ended the session; a link from another site's page opens logged in.
    browser.driver.get(server.endpoint.replace("127.0.0.1", "localhost") + "/evil/attack.html")
    browser.wait(lambda: browser.driver.title == "attacked", "the other site's page")
    browser.run("const a = document.createElement('a'); a.href = arguments[0]; document.body.append(a); a.click();", server.console + "#/buckets")
    browser.row("kept")
