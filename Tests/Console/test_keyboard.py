"""The console without a pointer."""

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys


def focused(browser):
    return browser.run("return test.name(document.activeElement)")


def tab_to(browser, name, steps=40):
    for _ in range(steps):
        if focused(browser) == name:
            return
        browser.keys(Keys.TAB)
    raise AssertionError(f"Tab does not lead to {name!r}, but to {focused(browser)!r}")


def test_a_bucket_and_an_object_by_keyboard(browser, server):
    browser.without_session(server)
    browser.wait(lambda: focused(browser) == "Username", "the focus in the first field")
    browser.keys(server.access_key, Keys.TAB, server.secret_key, Keys.ENTER)
    browser.wait(lambda: browser.driver.find_elements(By.CSS_SELECTOR, ".shell h1"))
    browser.keys("g", "b")
    browser.wait(lambda: browser.run("return document.querySelector('h1').textContent === 'Buckets'"))
    browser.keys("n")
    browser.see("Create Bucket")
    browser.keys("by-keyboard")
    tab_to(browser, "Encryption Type")
    tab_to(browser, "Create Bucket")
    browser.keys(Keys.ENTER)
    browser.see("No objects under by-keyboard.")
    for name in ("a", "b", "c"):
        server.s3().put_object(Bucket="by-keyboard", Key=f"{name}.txt", Body=b"x")
    tab_to(browser, "Refresh")
    browser.keys(Keys.ENTER)
    browser.see("c.txt")
    tab_to(browser, "Objects of by-keyboard")
    browser.keys(Keys.ARROW_DOWN, Keys.ENTER)
    browser.see("Object Info")
    assert browser.run("return document.querySelector('.drawer-title').textContent") == "b.txt"
    browser.run("document.querySelector('.drawer').focus()")
    tab_to(browser, "Download")
    browser.keys(Keys.ESCAPE)
    browser.wait(lambda: browser.run("return document.querySelector('.drawer').hidden"))
    assert focused(browser) == "Objects of by-keyboard"
    browser.keys(Keys.HOME, " ", Keys.SHIFT + Keys.ARROW_DOWN)
    browser.see("2 selected")
    browser.keys(Keys.DELETE)
    browser.see("Delete objects")
    tab_to(browser, "Delete 2 objects")
    browser.keys(Keys.ENTER)
    browser.wait(lambda: [row["Key"] for row in server.s3().list_objects_v2(Bucket="by-keyboard").get("Contents", [])] == ["c.txt"])
    browser.keys("?")
    browser.see("Keyboard shortcuts")
    browser.keys(Keys.ESCAPE)


def test_ctrl_k(browser, server):
    server.s3().create_bucket(Bucket="jump-here")
    browser.login(server).open(server, "#/buckets")
    browser.keys(Keys.CONTROL + "k")
    browser.keys("kms")
    browser.see("Encryption")
    browser.keys(Keys.CONTROL + "a", "jump-h")
    browser.see("jump-here")
    browser.keys(Keys.ENTER)
    browser.see("No objects under jump-here.")


def test_focus_returns_after_a_dialog(browser, server):
    browser.login(server).open(server, "#/buckets")
    button = browser.wait(lambda: browser.find("button", "Create Bucket"))
    browser.run("arguments[0].focus()", button)
    browser.keys(Keys.ENTER)
    browser.see("Bucket Name")
    browser.keys(Keys.ESCAPE)
    assert focused(browser) == "Create Bucket"
