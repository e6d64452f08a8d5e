"""The web console in real Chromium: a server with its console, and a browser that finds controls by their names."""

import contextlib
import json
import os
import shutil
import socket
import threading
import time
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import JavascriptException, StaleElementReferenceException, WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from server import REPOSITORY, free_port

# At most; a machine that does much else is slow.
SECONDS = 45
SCRIPTS = Path(__file__).resolve().parent / "console.js"
ASSETS = REPOSITORY / "Sources" / "Console" / "Assets"


def with_console(server, **environment):
    """Gives `server`, which does not run yet, a console on a port of its own."""
    server.console_port = free_port()
    server.arguments += ["--console-address", f"127.0.0.1:{server.console_port}"]
    # While one works on the page: its files from the disk, without building the server.
    server.environment |= {name: value for name, value in os.environ.items() if name == "COFFER_CONSOLE_ASSETS"} | environment
    server.console = f"{server.scheme}://127.0.0.1:{server.console_port}/"
    return server


class Cable:
    """Between browser and console: counts what the browser sends, sends it on at a pace, and can be cut."""

    def __init__(self, server, bytes_per_second=None):
        self.port = free_port()
        self.console = f"{server.scheme}://127.0.0.1:{self.port}/"
        self._target, self.pace = server.console_port, bytes_per_second
        self.sent, self.is_cut = 0, False
        self._open = []
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self.is_cut:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self._target))
            self._open += [near, far]
            threading.Thread(target=self._carry, args=(near, far, True), daemon=True).start()
            threading.Thread(target=self._carry, args=(far, near, False), daemon=True).start()

    def _carry(self, source, target, is_upwards):
        try:
            while data := source.recv(1 << 16):
                if is_upwards:
                    self.sent += len(data)
                    if self.pace:
                        time.sleep(len(data) / self.pace)
                target.sendall(data)
        except OSError:
            pass
        finally:
            for end in (source, target):
                end.close()

    def cut(self):
        self.is_cut = True
        for end in self._open:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self):
        self.is_cut, self.pace = False, None

    def close(self):
        self._listener.close()
        self.cut()


class Browser:
    """One window of Chromium."""

    def __init__(self, downloads):
        options = webdriver.ChromeOptions()
        options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1280,800",
                         "--no-first-run", "--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows",
                         "--disable-renderer-backgrounding", "--disable-background-networking", "--disable-component-update", "--lang=en-GB"):
            options.add_argument(argument)
        options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        options.accept_insecure_certs = True
        self.driver = webdriver.Chrome(options, service=webdriver.ChromeService(shutil.which("chromedriver")))
        self.driver.set_script_timeout(60)
        self.downloads = downloads
        self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": SCRIPTS.read_text()})
        # The system's own dialog for files would stand over the page.
        self.driver.execute_cdp_cmd("Page.setInterceptFileChooserDialog", {"enabled": True})
        self.driver.execute_cdp_cmd("Performance.enable", {})
        self.expected = []
        self.view()

    def close(self):
        self.driver.quit()

    def view(self, width=1280, height=800, theme="light"):
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": theme}, {"name": "prefers-reduced-motion", "value": "reduce"}]})

    # --- going about

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def wait(self, condition, what=""):
        """The first true value of `condition()`."""
        deadline = time.monotonic() + SECONDS
        last = None
        while True:
            try:
                found = condition()
                if found:
                    return found
            except (JavascriptException, StaleElementReferenceException) as error:
                last = error
            if time.monotonic() > deadline:
                raise AssertionError(f"the page did not come to: {what or condition}\n{last or ''}\n{self.text()[:2000]}")
            time.sleep(0.02)

    def open(self, server, hash=""):
        """Goes to an address of the console, and waits until the page is there."""
        address = server.console + hash
        if self.driver.current_url.split("#")[0] == server.console and hash:
            # The page learns of it in a task of its own.
            self.run("location.hash = arguments[0]; return new Promise((done) => setTimeout(done, 10))", hash)
        else:
            self.driver.get(address)
        self.settle()
        return self

    def settle(self):
        """Waits until no call is under way and no skeleton is shown."""
        try:
            self.wait(lambda: self.run("return document.readyState === 'complete' && window.test && test.quiet()"), "quiet")
        except AssertionError as error:
            raise AssertionError(f"the page does not become quiet: {self.run('return test.disquiet()')}") from error

    def reload(self):
        self.driver.refresh()
        self.settle()

    def without_session(self, server, hash=""):
        """Goes to the console without a cookie."""
        self.driver.get("about:blank")
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        self.driver.get(server.console + hash)
        self.settle()
        return self

    def login(self, server, access_key=None, secret_key=None):
        self.without_session(server)
        self.wait(lambda: self.driver.find_elements(By.ID, "accessKey"), "the login")
        self.driver.find_element(By.ID, "accessKey").send_keys(access_key or server.access_key)
        self.driver.find_element(By.ID, "secretKey").send_keys(secret_key or server.secret_key)
        self.driver.find_element(By.ID, "do-login").click()
        self.wait(lambda: self.driver.find_elements(By.CSS_SELECTOR, ".shell h1"), "the first page")
        self.settle()
        return self

    # --- finding and doing

    def find(self, role, name, exact=True):
        """The first shown element of a role ("button", "link", "field") whose accessible name is `name`, or None."""
        return self.run("return test.find(...arguments)", role, name, exact)

    def press(self, name, role="button"):
        while True:
            element = self.wait(lambda: self.find(role, name), f"{role} {name!r}")
            try:
                element.click()
            except StaleElementReferenceException:
                # Drawn anew between the look and the click.
                continue
            except WebDriverException:
                # A toast or another passing thing lies over it.
                self.run("arguments[0].click()", element)
            return self.settle()

    def fill(self, label, text):
        element = self.wait(lambda: self.find("field", label), f"field {label!r}")
        if element.tag_name == "select":
            self.run("arguments[0].value = [...arguments[0].options].find((o) => o.text === arguments[1]).value;"
                     "arguments[0].dispatchEvent(new Event('change', {bubbles: true}))", element, text)
        else:
            element.clear()
            element.send_keys(text)
        return element

    def keys(self, *keys):
        """Types where the focus is; a text that begins with Shift or Control is typed while that is held."""
        chain = webdriver.ActionChains(self.driver)
        for key in keys:
            held = key[0] if len(key) > 1 and key[0] in (Keys.SHIFT, Keys.CONTROL) else ""
            if held:
                chain.key_down(held).send_keys(key[1:]).key_up(held)
            else:
                chain.send_keys(key)
        chain.perform()
        time.sleep(0.05)
        self.settle()

    def text(self):
        return self.run("return document.body.innerText") or ""

    def see(self, *texts):
        for text in texts:
            self.wait(lambda text=text: text in self.text(), f"the text {text!r}")

    def gone(self, text):
        self.wait(lambda: text not in self.text(), f"no text {text!r}")

    def row(self, name):
        """Opens the row of a table whose first cell is `name`."""
        self.wait(lambda: self.run("const row = test.row(arguments[0]); row?.click(); return row !== null", name), f"row {name!r}")
        self.settle()

    def upload(self, *paths, folder=False):
        self.press("Upload")
        self.wait(lambda: self.find("menuitem", "Upload Folder" if folder else "Upload File")).click()
        chosen = self.wait(lambda: self.driver.find_elements(By.ID, "upload-input"), "the file field")[0]
        chosen.send_keys("\n".join(str(path) for path in paths))
        self.settle()

    def drop(self, path, x=640, y=500):
        """Drops a file on the page, as the system's file manager would."""
        data = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
        event = lambda kind: self.driver.execute_cdp_cmd(  # noqa: E731
            "Input.dispatchDragEvent", {"type": kind, "x": x, "y": y, "data": data})
        event("dragEnter")
        event("dragOver")
        # What the page says to one event decides of the next: dropped too early, the file would open in a tab of its own.
        self.wait(lambda: self.driver.find_elements(By.CSS_SELECTOR, ".drop-veil"), "the place to drop")
        for kind in ("dragOver", "dragOver", "drop"):
            time.sleep(0.1)
            event(kind)

    # --- looking

    def shot(self, directory, name):
        if directory:
            Path(directory).mkdir(parents=True, exist_ok=True)
            self.driver.save_screenshot(str(Path(directory) / f"{name}.png"))

    def expect(self, *parts):
        """Messages of the console that this test causes; each is part of the text, such as a status."""
        self.expected += parts

    def heap(self):
        """Bytes of the page's JavaScript heap, without what is garbage."""
        self.driver.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
        metrics = self.driver.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
        return int(next(metric["value"] for metric in metrics if metric["name"] == "JSHeapUsedSize"))

    def check_log(self):
        """Nothing is in the browser's log but what was expected: no violation of the policy, no error, no missing file."""
        entries = [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
        violations = self.run("return window.test ? test.violations : []")
        unexpected = [message for message in entries if not any(part in message for part in self.expected)]
        self.expected = []
        assert unexpected == [] and violations == [], f"{unexpected} {violations}"

    def check_accessibility(self):
        """Names of all controls, contrast of all texts, widths; the complaints as texts."""
        complaints = self.run("return test.complaints()")
        assert complaints == [], json.dumps(complaints, indent=1)

    def storage(self):
        """All that scripts could read: document, storages, cookies."""
        return self.run("return document.documentElement.outerHTML + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)"
                        " + document.cookie + location.href + JSON.stringify(performance.getEntriesByType('resource').map((e) => e.name))")

    def module(self, path, expression):
        """Imports a module of the page by `path` and gives `expression` of it; both by the page's own address."""
        return self.driver.execute_async_script(
            "const [path, expression, done] = arguments;"
            "const base = document.querySelector('script[type=module]').src.replace(/app\\.js$/, '');"
            f"import(base + path).then((m) => done({{value: ({expression})}}), (e) => done({{error: String(e)}}));", path, expression)["value"]
