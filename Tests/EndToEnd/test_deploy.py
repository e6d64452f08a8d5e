"""What deploy/run makes for the key server that it starts."""

import subprocess

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import kes
from server import REPOSITORY


def make(directory, program):
    script = f'set -euo pipefail; cd "{REPOSITORY}"; source deploy/prerequisites; source deploy/kes-files; ' \
             f'coffer_kes="{program}"; make_kes_files "{directory}"'
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60)


def certificate(path):
    return x509.load_pem_x509_certificate(path.read_bytes())


def public_key(path):
    return certificate(path).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def identity(path):
    return subprocess.run([kes.binary(), "identity", "of", str(path)], capture_output=True, text=True, check=True,
                          timeout=30).stdout.strip()


def test_a_configuration_is_there_whole_or_not_at_all(tmp_path):
    directory = tmp_path / "kes"
    broken = tmp_path / "broken"
    broken.write_text(f'#!/bin/sh\nif [ "$2" = of ]; then exit 1; fi\nexec "{kes.binary()}" "$@"\n')
    broken.chmod(0o755)
    assert make(directory, broken).returncode != 0
    assert not (directory / "config.yml").exists()
    made = make(directory, kes.binary())
    assert made.returncode == 0, made
    assert f"    - {identity(directory / 'client.crt')}\n" in (directory / "config.yml").read_text()


def test_certificates_are_renewed_in_time_and_keep_their_keys(tmp_path):
    assert make(tmp_path, kes.binary()).returncode == 0
    names = ("public.crt", "client.crt")
    before = {name: (tmp_path / name).read_bytes() for name in names}
    keys = {name: public_key(tmp_path / name) for name in names}
    assert make(tmp_path, kes.binary()).returncode == 0
    assert before == {name: (tmp_path / name).read_bytes() for name in names}, "they are good for a year"
    for name, key in (("public.crt", "private.key"), ("client.crt", "client.key")):
        subprocess.run(["openssl", "req", "-new", "-x509", "-key", str(tmp_path / key), "-subj", "/CN=x", "-days", "20",
                        "-out", str(tmp_path / name)], check=True, timeout=30)
    made = make(tmp_path, kes.binary())
    assert made.returncode == 0, made
    for name in names:
        renewed = certificate(tmp_path / name)
        assert (renewed.not_valid_after_utc - renewed.not_valid_before_utc).days == 365
        assert public_key(tmp_path / name) == keys[name]
    names = certificate(tmp_path / "public.crt").extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
