"""The compose file, the quadlets, and what deploy/podman/prepare makes for both."""

import json
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import kes
import server as object_server
from containers import run
from server import REPOSITORY

FOLDER = REPOSITORY / "deploy/podman"


def prepare(directory, **environment):
    return run(FOLDER / "prepare", directory, env={
        "PATH": os.environ["PATH"], "COFFER": object_server.binary(), "COFFER_UID": str(os.geteuid()), **environment})


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    directory = tmp_path_factory.mktemp("podman") / "state"
    prepare(directory, COFFER_HOSTS="objects.example.net 192.0.2.7")
    return directory


def test_what_is_prepared_stays_and_is_nobody_elses(state):
    before = {path: path.read_bytes() for path in state.rglob("*") if path.is_file()}
    prepare(state)
    assert before == {path: path.read_bytes() for path in state.rglob("*") if path.is_file()}
    for name in ("server/private.key", "server/client.key", "kes/private.key", "ca/ca.key", "root-password", "keys", "data"):
        assert stat.S_IMODE((state / name).stat().st_mode) & 0o077 == 0, name
    assert len((state / "root-password").read_text().strip()) == 32
    names = run("openssl", "x509", "-in", state / "server/public.crt", "-noout", "-ext", "subjectAltName")
    assert "DNS:objects.example.net" in names and "IP Address:192.0.2.7" in names


def test_the_key_server_knows_the_client(state):
    configuration = yaml.safe_load((state / "kes/kes-config.yml").read_text())
    identity = run(kes.binary(), "identity", "of", state / "server/client.crt").strip()
    assert configuration["policy"]["coffer"]["identities"] == [identity]


@pytest.fixture(scope="module")
def compose():
    """The file as Docker's own compose reads it: unknown keys and wrong types are errors."""
    program = Path(sys.executable).parent / "docker-compose"
    said = run(program, "-f", FOLDER / "compose.yaml", "config", "--format", "json",
               env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"})
    return json.loads(said)


def test_compose_reads_its_file(compose):
    services = compose["services"]
    assert set(services) == {"coffer", "kes"}
    for name, service in services.items():
        assert service["read_only"] and service["cap_drop"] == ["ALL"] and service["user"] == "1000:0"
        assert service["build"]["dockerfile"] == "deploy/Containerfile"
        assert service["healthcheck"]["test"][1:] == [f"/usr/bin/{service['build']['target']}", "health"]
    assert services["kes"]["cap_add"] == ["IPC_LOCK"] and "cap_add" not in services["coffer"]


def test_composes_files_and_names_are_those_that_are_prepared(compose, state):
    """Each path below the folder is made, and each name that one container calls the other by is in its certificate."""
    sources = {volume["source"] for service in compose["services"].values() for volume in service["volumes"]}
    sources |= {secret["file"] for secret in compose["secrets"].values()}
    for source in sources:
        assert (state / Path(source).relative_to(FOLDER / "state")).exists(), source
    endpoint = compose["services"]["coffer"]["environment"]["MINIO_KMS_KES_ENDPOINT"]
    host = re.fullmatch(r"https://(\w+):7373", endpoint).group(1)
    run("openssl", "verify", "-CAfile", state / "ca/ca.crt", "-verify_hostname", host, state / "kes/public.crt")


def test_the_quadlets_files_are_as_compose_has_them(compose):
    """The same program, the same arguments, the same variables, in both forms."""
    for name, service in compose["services"].items():
        program = service["build"]["target"]
        text = (FOLDER / f"{program}.container").read_text()
        assert f"Exec={' '.join(service['command'])}\n" in text
        given = dict(line.removeprefix("Environment=").split("=", 1) for line in text.splitlines()
                     if line.startswith("Environment="))
        shared = {key: value for key, value in service.get("environment", {}).items()
                  if key.startswith("MINIO_KMS") and not key.endswith("ENDPOINT")}
        assert shared.items() <= given.items(), name
        assert "ReadOnly=true" in text and "DropCapability=all" in text and "Notify=true" in text


@pytest.mark.long
def test_podmans_generator_makes_services_of_the_quadlets(tmp_path):
    """In a Debian that has Podman 5, since older ones have no generator."""
    root = tmp_path / "debian"
    run("debootstrap", "--variant=minbase", "--include=ca-certificates", "trixie", root)
    run("chroot", root, "apt-get", "install", "-y", "--no-install-recommends", "podman",
        env={"PATH": os.environ["PATH"], "DEBIAN_FRONTEND": "noninteractive"})
    quadlets = root / "quadlets"
    quadlets.mkdir()
    for path in FOLDER.iterdir():
        if path.suffix in (".pod", ".container", ".volume"):
            (quadlets / path.name).write_bytes(path.read_bytes())
    generated = subprocess.run(
        ["chroot", root, "env", "QUADLET_UNIT_DIRS=/quadlets", "/usr/libexec/podman/quadlet", "--dryrun"],
        capture_output=True, text=True, timeout=60)
    assert generated.returncode == 0, generated.stderr
    for unit in ("coffer-pod.service", "coffer.service", "coffer-kes.service", "coffer-data-volume.service",
                 "coffer-kes-keys-volume.service"):
        assert f"---{unit}---" in generated.stdout
    assert "--sdnotify=container" in generated.stdout and "--cap-add ipc_lock" in generated.stdout
    assert "unsupported" not in generated.stderr.lower() and "error" not in generated.stderr.lower()
