"""A browser for all tests, a server with a console for each file, and the check that nothing went wrong unseen."""

import pytest

from console import Browser, with_console
from server import Server


def pytest_addoption(parser):
    parser.addoption("--screenshots", default=None, help="a folder for a picture of each page")


@pytest.fixture(scope="session")
def screenshots(request):
    return request.config.getoption("--screenshots")


@pytest.fixture
def figure(request):
    """Notes a figure that was measured, for the report."""
    return lambda name, value: request.node.user_properties.append((name, value))


@pytest.fixture(scope="session")
def chromium(tmp_path_factory):
    browser = Browser(tmp_path_factory.mktemp("downloads"))
    yield browser
    browser.close()


@pytest.fixture
def browser(chromium):
    """The browser, at its usual size. A test passes only if the browser's log has nothing unexpected."""
    chromium.view()
    chromium.driver.get("about:blank")
    chromium.driver.get_log("browser")
    chromium.expected = []
    yield chromium
    chromium.check_log()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = with_console(Server(tmp_path_factory.mktemp("console")))
    try:
        with made:
            yield made
    finally:
        made.remove()
