"""The Debian packages: what is in them, that they come out alike, and that what is installed serves."""

import json
import os
import subprocess

import pytest

from server import REPOSITORY

pytestmark = pytest.mark.long


def run(*command, **options):
    return subprocess.run([str(part) for part in command], check=True, capture_output=True, text=True, timeout=900,
                          **options).stdout


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    directory = tmp_path_factory.mktemp("packages")
    run(REPOSITORY / "deploy/package", "--built", "--fast", "--output", directory)
    return directory


def deb(packages, program):
    (found,) = packages.glob(f"{program}_*.deb")
    return found


def test_the_same_programs_make_the_same_bytes(packages, tmp_path):
    run(REPOSITORY / "deploy/package", "--built", "--fast", "--output", tmp_path)
    names = sorted(path.name for path in packages.iterdir())
    assert names == sorted(path.name for path in tmp_path.iterdir()) and len(names) == 4
    for name in names:
        assert (packages / name).read_bytes() == (tmp_path / name).read_bytes(), name
    run("sha256sum", "--check", "SHA256SUMS", cwd=packages)


@pytest.mark.parametrize("program", ("coffer", "coffer-kes"))
def test_a_package_has_its_parts_and_lintian_finds_no_error(packages, tmp_path, program):
    run("dpkg-deb", "--extract", deb(packages, program), tmp_path)
    depends = run("dpkg-deb", "--field", deb(packages, program), "Depends")
    assert {"libssl3", "libcurl4"} <= {one.split()[0] for one in depends.split(",")}
    assert "libswift" not in run("ldd", tmp_path / "usr/bin" / program)
    unit = (tmp_path / f"lib/systemd/system/{program}.service").read_text()
    assert f"ExecStart=/usr/bin/{program} server" in unit and f"User={program}\n" in unit and "minio-user" not in unit
    page = run("man", "--local-file", tmp_path / f"usr/share/man/man1/{program}.1.gz", env={"PATH": os.environ["PATH"], "MANWIDTH": "80"})
    assert "server" in page and "--" in page
    run("bash", "-n", tmp_path / f"usr/share/bash-completion/completions/{program}")
    found = run("lintian", "--fail-on", "error", deb(packages, program))
    assert "E:" not in found


def test_the_tarball_says_what_the_programs_are_made_of(packages, tmp_path):
    (archive,) = packages.glob("coffer-*.tar.gz")
    run("tar", "--extract", "--file", archive, "--directory", tmp_path)
    (document,) = (json.loads(path.read_text()) for path in tmp_path.glob("*/sbom.spdx.json"))
    assert document["spdxVersion"] == "SPDX-2.3" and document["documentNamespace"].startswith("https://")
    known = {one["SPDXID"]: one for one in document["packages"]} | {"SPDXRef-DOCUMENT": None}
    assert len(known) == len(document["packages"]) + 1
    for relation in document["relationships"]:
        assert {relation["spdxElementId"], relation["relatedSpdxElement"]} <= set(known)
    names = {one["name"]: one for one in document["packages"]}
    for pin in json.loads((REPOSITORY / "Package.resolved").read_text())["pins"]:
        assert names[pin["identity"]]["versionInfo"] == pin["state"]["version"]
    assert {"coffer", "coffer-kes", "libssl3", "libcurl4", "libsqlite3-0"} <= set(names)


def test_what_is_installed_in_a_fresh_debian_serves(packages, tmp_path):
    """In a system of its own, made by debootstrap; the unit's command line, as the unit's user."""
    root = tmp_path / "debian"
    run("debootstrap", "--variant=minbase", "--include=ca-certificates,curl", "bookworm", root)
    for program in ("coffer", "coffer-kes"):
        run("install", "-D", "-t", root / "packages", deb(packages, program))
    run("chroot", root, "sh", "-ec", "apt-get install -y /packages/*.deb && apt-get clean",
        env={"PATH": os.environ["PATH"], "DEBIAN_FRONTEND": "noninteractive"})
    run("chroot", root, "install", "-d", "-o", "coffer", "-m", "700", "/var/lib/coffer")
    # Swift's programs find their arguments in /proc.
    script = """
        mount -t proc proc /proc
        setpriv --reuid coffer --regid coffer --clear-groups env COFFER_KEYRING=/var/lib/coffer/keyring.json \
            MINIO_ROOT_USER=root-user MINIO_ROOT_PASSWORD=root-password \
            coffer server --address 127.0.0.1:19731 /var/lib/coffer/data >/var/log/coffer 2>&1 &
        for _ in $(seq 100); do curl -sf http://127.0.0.1:19731/minio/health/live && break; sleep 0.1; done
        export MINIO_ROOT_USER=root-user MINIO_ROOT_PASSWORD=root-password AWS_ENDPOINT_URL=http://127.0.0.1:19731
        coffer s3 mb s3://bucket
        echo hello | coffer s3 cp - s3://bucket/x
        coffer s3 cp s3://bucket/x -
        coffer-kes --version
        kill $!
    """
    said = run("unshare", "--mount", "chroot", root, "sh", "-ec", script)
    assert "hello" in said and "Runtime" in said, said
    run("chroot", root, "dpkg", "--purge", "coffer", "coffer-kes")
    assert (root / "var/lib/coffer/keyring.json").exists() and not (root / "usr/bin/coffer").exists()
