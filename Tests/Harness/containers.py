"""Builds and runs the images of deploy/Containerfile with Podman, on a Debian that debootstrap made: no registry is asked.

Podman's storage is in a directory of its own, and the way of running containers is one that also works inside a container or
a virtual machine whose limits cannot be raised.
"""

import os
import resource
import shutil
import subprocess
import tempfile
from pathlib import Path

import kes
import server as object_server
from server import REPOSITORY

DEBIAN = "localhost/debian:test"


def run(*command, timeout=600, check=True, **options):
    finished = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=timeout, **options)
    assert finished.returncode == 0 or not check, f"{finished.args}\n{finished.stdout[-2000:]}\n{finished.stderr[-4000:]}"
    return finished.stdout


def debian(directory, packages=()):
    """A Debian in `directory`, with these packages."""
    include = ["ca-certificates", *packages]
    run("debootstrap", "--variant=minbase", f"--include={','.join(include)}", "bookworm", directory)
    return directory


class Podman:
    def __init__(self, directory):
        self.directory = Path(directory)
        # Podman wants a short path here.
        self._running = Path(tempfile.mkdtemp(prefix="coffer-", dir="/run"))
        self._storage = ["--root", self.directory / "root", "--runroot", self._running, "--cgroup-manager", "cgroupfs",
                         "--runtime", "crun"]
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        settings = self.directory / "containers.conf"
        settings.write_text(f'[containers]\ndefault_ulimits = ["nofile={soft}:{hard}", "nproc=4096:4096"]\n')
        self._environment = os.environ | {"CONTAINERS_CONF": str(settings)}

    def __call__(self, *arguments, check=True, timeout=600):
        """One command of Podman's. crun refuses a machine with both versions of control groups, so the newer one is hidden."""
        hide = 'if [ -d /sys/fs/cgroup/unified ]; then umount /sys/fs/cgroup/unified; fi; exec "$@"'
        return run("unshare", "--mount", "sh", "-c", hide, "sh", "podman", *self._storage, *arguments, check=check,
                   timeout=timeout, env=self._environment)

    def import_debian(self, root):
        archive = self.directory / "debian.tar"
        run("tar", "--create", "--file", archive, "--directory", root, "--exclude=./var/cache/apt/archives/*", ".")
        self("import", "--quiet", archive, DEBIAN)
        archive.unlink()

    def build(self, target):
        """The image of one program, as `deploy/Containerfile` makes it from what is built already."""
        programs = self.directory / "programs"
        programs.mkdir(exist_ok=True)
        for program in (object_server.binary(), kes.binary()):
            shutil.copy(program, programs)
        self("build", "--quiet", "--format", "docker", "--network", "host", "--build-context",
             f"programs={programs}", "--build-arg", f"DEBIAN={DEBIAN}", "--target", target, "--tag",
             f"localhost/{target}", "--file", REPOSITORY / "deploy/Containerfile", REPOSITORY)

    def start(self, name, image, *arguments, options=()):
        """A container on this machine's network, with a root file system that is read-only and no capability."""
        self("run", "--detach", "--name", name, "--network", "host", "--no-healthcheck", "--cgroups", "disabled",
             "--read-only", "--cap-drop", "all", *options, f"localhost/{image}", *arguments)

    def boot(self, name, root):
        """systemd with a root file system of its own, as process 1 of a container without a network. runc: it takes a machine
        with both versions of control groups."""
        self._storage[-1] = "runc"
        command = ["podman", *self._storage, "run", "--detach", "--name", name, "--systemd", "always", "--privileged",
                   "--network", "none", "--rootfs", root, "/sbin/init"]
        run(*command, env=self._environment)
        # systemd shares mounts with its services only where it is not in a container: credentials are such mounts.
        self.inside(name, "mount --make-rshared /")
        return name

    def inside(self, name, script, check=True):
        """What a shell script in a container that runs prints."""
        return run("podman", *self._storage, "exec", name, "sh", "-euc", script, check=check)

    def script(self, text, directory):
        """A shell script of somebody's who has this Podman, on a network of its own on which containers are, too."""
        wrapper = "\n".join((
            "ip link set lo up",
            "if [ -d /sys/fs/cgroup/unified ]; then umount /sys/fs/cgroup/unified; fi",
            # What a machine's own limits, network and lack of systemd ask for.
            "podman() {",
            "    local storage=(" + " ".join(map(str, self._storage)) + ")",
            '    case "$1 $2" in',
            '    "pod create") shift 2; command podman "${storage[@]}" pod create --network host "${@:1:2}" ;;',
            '    "run "*) shift; command podman "${storage[@]}" run --cgroups disabled --no-healthcheck "$@" ;;',
            '    *) command podman "${storage[@]}" "$@" ;;',
            "    esac",
            "}"))
        return run("unshare", "--mount", "--net", "bash", "-euo", "pipefail", "-c", f"{wrapper}\n{text}", cwd=directory,
                   env=self._environment)

    def logs(self, name):
        finished = subprocess.run(["podman", *map(str, self._storage), "logs", name], capture_output=True, text=True,
                                  timeout=60)
        return finished.stdout + finished.stderr

    def remove(self):
        self("rm", "--all", "--force", "--time", "3", check=False)
        self("volume", "rm", "--all", "--force", check=False)
        run("umount", "--recursive", self.directory / "root/overlay", check=False)
        for path in (self.directory / "root", self._running):
            shutil.rmtree(path, ignore_errors=True)
