"""The images: built, small, and run as any user on a file system that is read-only, with secrets from files."""

import json
import os
import re
import shutil
import stat
import time

import pytest

import kes
import server as object_server
import wire
from containers import Podman, debian, run
from server import REPOSITORY, Server

pytestmark = pytest.mark.long

TARGETS = ("coffer", "coffer-kes")
# Another user than the image's own, as some platforms choose them, in group 0.
USER = "54321:0"


@pytest.fixture(scope="module")
def podman(tmp_path_factory):
    directory = tmp_path_factory.mktemp("podman")
    made = Podman(directory)
    root = debian(directory / "debian", ["binutils", "libcurl4", "libsqlite3-0", "libssl3"])
    made.import_debian(root)
    shutil.rmtree(root)
    for target in TARGETS:
        made.build(target)
    yield made
    made.remove()


@pytest.mark.parametrize("target", TARGETS)
def test_an_image_is_small_and_says_what_it_is(podman, target):
    (image,) = json.loads(podman("image", "inspect", f"localhost/{target}"))
    assert image["Size"] < 120_000_000
    settings = image["Config"]
    assert settings["User"] == "1000:0" and settings["Entrypoint"] == [f"/usr/bin/{target}"]
    assert image["Healthcheck"]["Test"] == ["CMD", f"/usr/bin/{target}", "health"]
    assert "SWIFT_BACKTRACE=enable=no" in settings["Env"]


def test_nothing_is_there_that_is_not_needed(podman, tmp_path):
    """No shell, no program besides the server, nothing that gives rights; and what is there is known by its packages."""
    podman("create", "--name", "shown", "localhost/coffer")
    podman("export", "--output", tmp_path / "image.tar", "shown")
    (tmp_path / "image").mkdir()
    run("tar", "--extract", "--file", tmp_path / "image.tar", "--directory", tmp_path / "image")
    files = [path for path in (tmp_path / "image").rglob("*") if path.is_file() and not path.is_symlink()]
    programs = [path.name for path in files if os.access(path, os.X_OK) and path.parent.name == "bin"]
    assert programs == ["coffer"]
    assert not [path for path in files if path.stat().st_mode & (stat.S_ISUID | stat.S_ISGID)]
    known = {path.name for path in (tmp_path / "image/var/lib/dpkg/status.d").iterdir()}
    assert {"libc6", "libssl3", "libcurl4", "libsqlite3-0", "ca-certificates"} <= known


class Contained(Server):
    """An object server in a container."""

    def wait(self, podman, name):
        deadline = time.monotonic() + 30
        while True:
            try:
                if wire.request(self, "GET", "/minio/health/live", timeout=2).status == 200:
                    return self
            except OSError:
                assert time.monotonic() < deadline, podman.logs(name)
                time.sleep(0.05)


def test_an_object_server_serves_as_any_user_and_its_drive_outlives_it(podman, tmp_path):
    secret = tmp_path / "secret"
    server = Contained(tmp_path / "server")
    secret.write_text(server.secret_key + "\n")
    podman("secret", "create", "root-password", secret)
    options = ("--user", USER, "--volume", "drive:/data", "--volume", "keys:/keys:U", "--secret", "root-password",
               "--env", f"MINIO_ROOT_USER={server.access_key}", "--env", "MINIO_ROOT_PASSWORD_FILE=root-password")
    podman.start("first", "coffer", "server", "--address", server.host, options=options)
    server.wait(podman, "first")
    bucket = server.bucket()
    assert server.call("PUT", f"/{bucket}/x", body=b"hello").status == 200
    assert "answers" in podman("exec", "first", "/usr/bin/coffer", "health", server.host)
    podman("stop", "--time", "30", "first")
    assert "stopped" in podman.logs("first")
    assert server.secret_key not in podman.logs("first")
    podman.start("second", "coffer", "server", "/data", "--address", server.host, options=options)
    server.wait(podman, "second")
    assert server.call("GET", f"/{bucket}/x").body == b"hello"


def test_there_is_no_start_that_would_lose_the_keyring(podman):
    """Without a volume for it, the keyring would be in the container's layer, and gone with it."""
    finished = podman("run", "--rm", "--network", "host", "--no-healthcheck", "--cgroups", "disabled",
                      "--volume", "other:/data", "--env", "MINIO_ROOT_USER=someone", "--env",
                      "MINIO_ROOT_PASSWORD=something", "localhost/coffer", check=False)
    assert "Endpoint" not in finished


def test_a_key_server_serves_as_any_user(podman, tmp_path):
    files = tmp_path / "etc"
    files.mkdir()
    server = kes.KESServer(tmp_path / "kes")
    server.store = "/keys/store"
    for name, path in (("private.key", server.certificate.key), ("public.crt", server.certificate.certificate)):
        shutil.copy(path, files / name)
        (files / name).chmod(0o644)
    text = server.configuration().replace(str(server.certificate.key), "/etc/coffer/private.key")
    (files / "kes-config.yml").write_text(text.replace(str(server.certificate.certificate), "/etc/coffer/public.crt"))
    for directory in (tmp_path, *list(tmp_path.parents)[:-1]):
        os.chmod(directory, directory.stat().st_mode | 0o011) if directory.stat().st_uid == os.geteuid() else None
    podman.start("kes", "coffer-kes", options=(
        "--user", USER, "--volume", "kes-keys:/keys:U", "--volume", f"{files}:/etc/coffer:ro,Z"))
    deadline = time.monotonic() + 30
    while "up and running" not in podman.logs("kes"):
        assert time.monotonic() < deadline, podman.logs("kes")
        time.sleep(0.05)
    assert server.call("POST", "/v1/key/create/a").status == 200
    assert server.call("POST", "/v1/key/generate/a").json()["ciphertext"]
    assert "answers" in podman("exec", "kes", "/usr/bin/coffer-kes", "health", f"127.0.0.1:{server.port}")


def test_a_pod_of_both_as_the_guide_makes_it(podman, tmp_path):
    """The lines of deploy/podman/README.md, but for limits that cannot be raised here and the bridge of a pod's network."""
    folder = REPOSITORY / "deploy/podman"
    prepare = {"PATH": os.environ["PATH"], "COFFER": object_server.binary()}
    run(folder / "prepare", tmp_path / "state", env=prepare)
    blocks = re.findall(r"```sh\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)
    (pod,) = (block for block in blocks if "podman pod create" in block)
    assert "-p 9000:9000" in pod and pod.count("--cap-add IPC_LOCK") == 1
    pod = pod.replace("--ulimit memlock=-1:-1 ", "").replace("--cap-add IPC_LOCK ", "")
    said = podman.script(f"""
        podman secret create coffer-root-password state/root-password
        {pod}
        export MINIO_ROOT_USER=admin MINIO_ROOT_PASSWORD=$(cat state/root-password) AWS_ENDPOINT_URL=https://127.0.0.1:9000
        for _ in $(seq 100); do {object_server.binary()} health && break; sleep 0.1; done
        s3() {{ {object_server.binary()} s3 "$@" --ca state/ca/ca.crt; }}
        s3 mb s3://first
        echo hello | s3 cp --sse kms - s3://first/x
        s3 cp s3://first/x -
        s3 stat s3://first/x
        podman logs coffer
        podman rm --force --time 5 coffer coffer-kes
        podman pod rm --force coffer-pod
    """, tmp_path)
    assert "hello" in said and "coffer-key" in said, said
