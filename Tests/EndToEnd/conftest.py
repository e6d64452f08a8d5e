"""Servers for the client tests: one over HTTP and one over HTTPS for each file, stopped and searched at its end."""

import pytest

from certificates import Certificates
from contract import pytest_generate_tests  # noqa: F401 (pytest calls it)
from pair import Pair
from payloads import CUSTOMER_KEY, OTHER_CUSTOMER_KEY
from server import Server


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    return Certificates(tmp_path_factory.mktemp("tls") / "certs")


def _serve(directory, **options):
    server = Server(directory, **options)
    for key in (CUSTOMER_KEY, OTHER_CUSTOMER_KEY):
        server.secrets += [key.text, key.base64, key.md5, key.raw.hex()]
    try:
        with server:
            yield server
    finally:
        server.remove()


@pytest.fixture(scope="module")
def http(tmp_path_factory):
    yield from _serve(tmp_path_factory.mktemp("http"))


@pytest.fixture(scope="module")
def https(tmp_path_factory, certificates):
    yield from _serve(tmp_path_factory.mktemp("https"), certificates=certificates)


@pytest.fixture
def server(request):
    """The file's server over each transport in turn (`contract.pytest_generate_tests` supplies the turns)."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def payload_directory(tmp_path_factory):
    return tmp_path_factory.mktemp("payloads")


@pytest.fixture
def fresh_server(tmp_path_factory):
    """Makes servers of a test's own (a keyword `directory` shares a place); whatever still runs at the end is killed."""
    made = []

    def make(directory=None, **options):
        made.append(Server(directory or tmp_path_factory.mktemp("own"), **options))
        return made[-1]

    yield make
    for one in made:
        one.kill()
        one.remove()


@pytest.fixture
def make_pair(tmp_path_factory):
    """Makes pairs of key server and object server of a test's own; whatever still runs at the end is killed."""
    made = []

    def make(**options):
        made.append(Pair(tmp_path_factory.mktemp("pair"), **options))
        return made[-1]

    yield make
    for pair in made:
        pair.remove()
