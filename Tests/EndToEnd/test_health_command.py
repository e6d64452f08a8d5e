"""`coffer health` and `coffer-kes health`, which probes of containers run: an answer is an answer, whoever asks."""

import subprocess

import kes
import server as object_server
from kes import KESServer
from server import free_port


def health(program, *arguments):
    return subprocess.run([program, "health", *arguments], capture_output=True, text=True, timeout=30, env={})


def test_an_object_server_answers_with_and_without_tls(server):
    found = health(object_server.binary(), server.host)
    assert found.returncode == 0 and server.host in found.stdout, found


def test_where_nobody_listens_nobody_answers():
    address = f"127.0.0.1:{free_port()}"
    for program in (object_server.binary(), kes.binary()):
        found = health(program, address)
        assert found.returncode == 1 and found.stderr.strip() and not found.stdout, found


def test_another_server_is_not_ours(tmp_path):
    """A key server answers 404 where an object server says that it lives."""
    with KESServer(tmp_path / "kes") as server:
        assert health(object_server.binary(), f"127.0.0.1:{server.port}").returncode == 1


def test_a_key_server_answers_those_it_refuses(tmp_path):
    with KESServer(tmp_path / "off") as server:
        assert health(kes.binary(), f"127.0.0.1:{server.port}").returncode == 0
    strict = KESServer(tmp_path / "on")
    strict.write_configuration(strict.configuration().replace("tls:\n", 'tls:\n  auth: "on"\n'))
    with strict:
        assert health(kes.binary(), f"127.0.0.1:{strict.port}").returncode == 0
