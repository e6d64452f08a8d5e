"""`coffer-kes doctor --config`: what keeps a server from its key store, over every root key store."""

import re

import pytest

from command_line import CLI, findings
from kes import KESServer
from root_stores import STORES
from server import free_port
from stand_in import Reply

RIGHTS = ("Create", "Read", "List", "Replace", "Delete")
REMOTE = sorted(name for name, store in STORES.items() if store.stand_in is not None)


@pytest.fixture
def doctor(tmp_path):
    """Examines the store of a kind; `before` is done to it first, and to its configuration."""
    made = []

    def examine(name, before=lambda store, server: None):
        (tmp_path / "store").mkdir()
        store = STORES[name](tmp_path / "store")
        made.append(store)
        server = KESServer(tmp_path / "server", root_store=store)
        before(store, server)
        cli = CLI(None, tmp_path)
        cli.environment |= store.environment
        return cli("doctor", "--config", str(server.file)), store

    yield examine
    for store in made:
        store.close()


@pytest.mark.parametrize("name", sorted(STORES))
def test_a_store_that_works_has_every_right_and_no_probe_left(doctor, name):
    result, store = doctor(name)
    assert result.status == 0 and result.err == "" and "✗" not in result.out, result
    for step in ("Configuration", "Key store", *RIGHTS):
        assert re.search(rf"^  ✓ {step} ", result.out, re.MULTILINE), result
    assert "made the key coffer-doctor-" in result.out
    assert store.values() == {}


def test_a_file_that_is_wrong_is_said_with_its_line(doctor):
    result, _ = doctor("fs", lambda _, server: server.file.write_text("admin: [\n"))
    found, remedies = findings(result)
    assert result.status == 1 and found["Configuration     "].startswith("yaml: line "), result
    assert remedies[0].startswith("correct the file ")


def test_a_directory_that_is_none_is_the_store_s_fault(doctor):
    result, _ = doctor("fs", lambda store, _: store.directory.write_text("a file"))
    found, remedies = findings(result)
    assert result.status == 1 and "failed to open the key store" in found["Key store         "], result
    assert "section 'keystore'" in remedies[0]


def test_a_full_disk_fails_each_right_that_writes_and_no_other(doctor):
    """As far as a directory goes that takes no new file."""
    def fill(store, server):
        store.directory.mkdir()
        (store.directory / "x").write_text("")
        server.file.write_text(server.file.read_text().replace(f"path: {store.directory}", "path: /proc/self/fdinfo"))

    result, _ = doctor("fs", fill)
    found, _ = findings(result)
    assert result.status == 1 and not set(found) - {f"{step:18}" for step in ("Configuration", "Key store", *RIGHTS)}
    assert result.out.count("✗") >= 1, result


def test_ports_without_a_store_and_names_without_an_address_are_told_apart(tmp_path):
    cli = CLI(None, tmp_path)
    for endpoint, step, remedy in ((f"https://127.0.0.1:{free_port()}", "Connection", "start the key store"),
                                   ("https://vault.invalid:8200", "Address", "DNS")):
        server = KESServer(tmp_path / step)
        text = server.file.read_text()
        server.file.write_text(text[:text.index("keystore:")] + "keystore:\n  vault:\n" + f"    endpoint: {endpoint}\n"
                               "    approle:\n      id: role\n      secret: secret\n")
        result = cli("doctor", "--config", str(server.file))
        found, remedies = findings(result)
        assert result.status == 1 and result.out.count("✗") == 1 and f"✗ {step}" in result.out, result
        assert remedy in remedies[0]


@pytest.mark.parametrize("name", REMOTE)
def test_a_store_that_refuses_is_named_and_so_is_what_is_missing(doctor, name):
    result, store = doctor(name, lambda store, _: store.stand_in.fail(Reply(403, {}), 1000, store.is_key_call))
    assert result.status == 1 and result.out.count("✗") >= 1, result
    assert "the key store refuses it, not a policy of the server" in result.out
    assert store.values() == {}


def test_it_takes_a_file_or_a_server(tmp_path):
    assert "neither a server" in CLI(None, tmp_path).bad("doctor", "--config", "f.yml", "127.0.0.1:7373")
