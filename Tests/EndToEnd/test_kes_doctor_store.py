"""`coffer-kes doctor --config`: what keeps a server from its key store, over every root key store."""

import re
from pathlib import Path

import pytest

from command_line import CLI, findings
from kes import KESServer
from root_stores import STORES
from server import free_port
from stand_in import Reply, StandIn

RIGHTS = ("Create", "Read", "List", "Replace", "Delete")
LOCAL = ("fs", "fs-sealed", "pkcs11", "aws-kms", "azure-keys")
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
    result, store = doctor(name, lambda _, server: server.start().terminate())
    assert result.status == 0 and result.err == "" and "✗" not in result.out, result
    rights = [right for right in RIGHTS if right != "Replace" or getattr(store, "rotates", True)]
    assert ("? Replace" in result.out) == ("Replace" not in rights), result
    for step in ("Configuration", "Key store", *rights):
        assert re.search(rf"^  ✓ {step} ", result.out, re.MULTILINE), result
    assert "made the key coffer-doctor-" in result.out
    assert store.values() == {}


@pytest.mark.parametrize("name", LOCAL)
def test_a_directory_that_is_missing_is_said_and_not_made(doctor, name):
    result, store = doctor(name)
    directory = Path(re.search(r"path: (\S+)", store.section)[1].strip("'\""))
    assert result.status == 1 and f"{directory} does not exist; a server makes it at its first start" in result.out, result
    assert not directory.exists()


def test_a_seal_that_is_missing_is_said_and_not_made(doctor):
    result, store = doctor("fs-sealed", lambda store, _: store.directory.mkdir(mode=0o700))
    assert result.status == 1 and ".seal does not exist; a server makes it at its first start" in result.out, result
    assert list(store.directory.iterdir()) == []


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


def test_a_directory_that_takes_no_files_fails_what_writes_and_nothing_else(doctor):
    def replace_directory(store, server):
        server.file.write_text(server.file.read_text().replace(str(store.directory), "/proc/self/fdinfo"))

    result, _ = doctor("fs", replace_directory)
    found, _ = findings(result)
    assert result.status == 1 and "✗ Create" in result.out and "✓ Read" in result.out, result


def vault_configuration(server, endpoint, more=""):
    """The server's configuration with a Vault at an endpoint; the doctor gets no further than to its port here."""
    text = server.file.read_text()
    server.file.write_text(text[:text.index("keystore:")] + f"keystore:\n  vault:\n    endpoint: {endpoint}\n"
                           f"    approle:\n      id: role\n      secret: secret\n{more}")


def test_a_certificate_that_nobody_trusts_and_a_port_without_tls_are_told_apart(tmp_path):
    cli = CLI(None, tmp_path)
    server = KESServer(tmp_path / "server")
    # Any server with TLS will do; this one's certificate is its own.
    with KESServer(tmp_path / "other") as other:
        vault_configuration(server, f"https://127.0.0.1:{other.port}")
        _, remedies = findings(untrusted := cli("doctor", "--config", str(server.file)))
        assert untrusted.status == 1 and "✗ Server certificate" in untrusted.out and "tls.ca" in remedies[0], untrusted
        vault_configuration(server, f"https://127.0.0.1:{other.port}",
                            f"    tls:\n      ca: {other.certificate.certificate}\n")
        assert "✗ Server certificate" not in cli("doctor", "--config", str(server.file)).out
    plain = StandIn()
    vault_configuration(server, f"https://127.0.0.1:{plain.port}")
    result = cli("doctor", "--config", str(server.file))
    plain.stop()
    assert result.status == 1 and "✗ TLS handshake" in result.out, result


def test_ports_without_a_store_and_names_without_an_address_are_told_apart(tmp_path):
    cli = CLI(None, tmp_path)
    for endpoint, step, remedy in ((f"https://127.0.0.1:{free_port()}", "Connection", "start the key store"),
                                   ("https://vault.invalid:8200", "Address", "DNS")):
        server = KESServer(tmp_path / step)
        vault_configuration(server, endpoint)
        result = cli("doctor", "--config", str(server.file))
        found, remedies = findings(result)
        assert result.status == 1 and result.out.count("✗") == 1 and f"✗ {step}" in result.out, result
        assert remedy in remedies[0]


@pytest.mark.parametrize("name", REMOTE)
def test_a_store_that_refuses_is_named_and_so_is_what_is_missing(doctor, name):
    result, store = doctor(name, lambda store, server: (
        server.start().terminate(), store.stand_in.fail(Reply(403, {}), 1000, store.is_key_call)))
    assert result.status == 1 and result.out.count("✗") >= 1, result
    assert "the key store refuses it, not a policy of the server" in result.out
    assert store.values() == {}


def test_it_takes_a_file_or_a_server(tmp_path):
    assert "neither a server" in CLI(None, tmp_path).bad("doctor", "--config", "f.yml", "127.0.0.1:7373")
