"""`coffer certs`: an authority of one's own, and what openssl and both servers make of its certificates."""

import re
import stat
import subprocess
from types import SimpleNamespace

import pytest
from cryptography import x509

import kes
import server as object_server
from kes import KESServer


def certs(*arguments, check=True):
    finished = subprocess.run([object_server.binary(), "certs", *map(str, arguments)], capture_output=True, text=True,
                              timeout=30)
    assert finished.returncode == 0 or not check, finished
    return finished


def openssl(*arguments):
    finished = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, timeout=30)
    assert finished.returncode == 0, finished
    return finished.stdout


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """An authority, a server of two names and two addresses, and a client."""
    root = tmp_path_factory.mktemp("certs")
    certs("ca", root / "deep/ca")
    certs("server", "--ca", root / "deep/ca", "--host", "localhost", "--host", "kes.example.net", "--host", "127.0.0.1",
          "--host", "::1", root / "server")
    said = certs("client", "--ca", root / "deep/ca", "--name", "app", root / "client").stdout
    return SimpleNamespace(root=root, ca=root / "deep/ca", server=root / "server", client=root / "client",
                           identity=re.search(r"^Identity +([0-9a-f]{64})$", said, re.MULTILINE).group(1))


def test_openssl_finds_them_in_order(made):
    for purpose, path in (("sslserver", made.server / "public.crt"), ("sslclient", made.client / "client.crt")):
        openssl("verify", "-x509_strict", "-CAfile", made.ca / "ca.crt", "-purpose", purpose, path)
    for option, name in (("-verify_hostname", "kes.example.net"), ("-verify_ip", "::1"), ("-verify_ip", "127.0.0.1")):
        openssl("verify", "-CAfile", made.ca / "ca.crt", option, name, made.server / "public.crt")
    for directory in (made.root / "deep", made.ca, made.server, made.client):
        assert stat.S_IMODE(directory.stat().st_mode) == 0o755
    for path in (made.ca / "ca.key", made.server / "private.key", made.client / "client.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert "prime256v1" in openssl("pkey", "-in", path, "-noout", "-text")


def test_the_identity_is_what_the_key_server_says(made):
    said = subprocess.run([kes.binary(), "identity", "of", made.client / "client.crt"], capture_output=True, text=True,
                          check=True, timeout=30).stdout.strip()
    assert said == made.identity


def test_nothing_is_overwritten_and_half_a_pair_is_not_left(made, tmp_path):
    before = {path: path.read_bytes() for path in made.root.rglob("*") if path.is_file()}
    for arguments in (("ca", made.ca), ("server", "--ca", made.ca, "--host", "a", made.server),
                      ("client", "--ca", made.ca, made.client)):
        refused = certs(*arguments, check=False)
        assert refused.returncode == 1 and "is there already" in refused.stderr
    assert before == {path: path.read_bytes() for path in made.root.rglob("*") if path.is_file()}
    # A certificate that is there without its key is in the way, too.
    (tmp_path / "client.crt").write_text("mine")
    assert certs("client", "--ca", made.ca, tmp_path, check=False).returncode == 1
    assert [path.name for path in tmp_path.iterdir()] == ["client.crt"]


@pytest.mark.parametrize("arguments, complaint", (
    (("server", "--ca", "{ca}", "--host", "a b", "{new}"), "a b"),
    (("server", "--ca", "{ca}", "{new}"), "--host"),
    (("server", "--ca", "{ca}", "--host", "a", "--days", "0", "{new}"), "--days"),
    (("client", "--ca", "{ca}", "--name", "x" * 65, "{new}"), "x" * 65),
    (("client", "--ca", "{none}", "{new}"), "ca.crt: No such file"),
    (("ca", "--name", "x" * 65, "{new}"), "--name"),
    (("client", "--ca", "{forged}", "{new}"), "not an authority's certificate for the key"),
))
def test_what_cannot_be_made_is_refused(made, tmp_path, arguments, complaint):
    forged = tmp_path / "forged"
    forged.mkdir()
    (forged / "ca.crt").write_bytes((made.server / "public.crt").read_bytes())
    (forged / "ca.key").write_bytes((made.server / "private.key").read_bytes())
    places = {"ca": made.ca, "new": tmp_path / "new", "none": tmp_path / "none", "forged": forged}
    refused = certs(*(argument.format(**places) for argument in arguments), check=False)
    assert refused.returncode != 0 and complaint in refused.stderr, refused
    assert not (tmp_path / "new").exists() or not any((tmp_path / "new").iterdir())


def test_a_renewed_certificate_has_the_old_key_and_never_outlives_the_authority(made, tmp_path):
    certs("ca", "--days", 30, tmp_path / "ca")
    certs("client", "--ca", tmp_path / "ca", "--days", 3, tmp_path / "client")
    path = tmp_path / "client/client.crt"
    first = x509.load_pem_x509_certificate(path.read_bytes())
    certs("client", "--ca", tmp_path / "ca", "--renew", "--days", 300, tmp_path / "client")
    second = x509.load_pem_x509_certificate(path.read_bytes())
    authority = x509.load_pem_x509_certificate((tmp_path / "ca/ca.crt").read_bytes())
    assert first.public_key() == second.public_key() and first.serial_number != second.serial_number
    assert first.not_valid_after_utc < second.not_valid_after_utc == authority.not_valid_after_utc


def test_both_servers_and_their_clients_accept_them(made, fresh_server, tmp_path):
    """The object server over TLS, with its keys in a key server that knows clients by this authority alone."""
    key_server = KESServer(tmp_path / "kes")
    key_server.write_configuration(
        f"address: 127.0.0.1:{key_server.port}\nadmin:\n  identity: disabled\ntls:\n  key: {made.server / 'private.key'}\n"
        f"  cert: {made.server / 'public.crt'}\n  auth: \"on\"\n  ca: {made.ca / 'ca.crt'}\npolicy:\n  app:\n    allow:\n"
        f"    - /v1/key/*\n    identities:\n    - {made.identity}\nkeystore:\n{key_server.store_section()}")
    tls = SimpleNamespace(directory=made.server, authority=made.ca / "ca.crt")
    server = fresh_server(certificates=tls, keyring=False, environment={
        "MINIO_KMS_KES_ENDPOINT": f"https://127.0.0.1:{key_server.port}", "MINIO_KMS_KES_KEY_NAME": "my-key",
        "MINIO_KMS_KES_CAPATH": str(made.ca / "ca.crt"), "MINIO_KMS_KES_CERT_FILE": str(made.client / "client.crt"),
        "MINIO_KMS_KES_KEY_FILE": str(made.client / "client.key")})
    key_server.launch()
    try:
        key_server.wait_for_output("=> Server is up and running...")
        with server:
            bucket = server.bucket()
            assert server.call("PUT", f"/{bucket}/x", body=b"hello").status == 200
            assert server.call("GET", f"/{bucket}/x").body == b"hello"
    finally:
        key_server.kill()
