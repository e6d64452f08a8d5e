"""The packages and the units on a Debian that runs systemd, in a container: the README's quick start and what comes after it."""

import shutil
import time

import pytest

from containers import Podman, debian, run
from server import REPOSITORY

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def machine(tmp_path_factory):
    """Runs a script on it as root."""
    directory = tmp_path_factory.mktemp("boot")
    root = debian(directory / "debian", [
        "adduser", "curl", "dbus", "libcurl4", "libsqlite3-0", "libssl3", "procps", "systemd", "systemd-sysv"])
    run(REPOSITORY / "deploy/package", "--built", "--fast", "--output", root / "packages")
    podman = Podman(directory)
    try:
        name = podman.boot("machine", root)
        wait(lambda: podman.inside(name, "systemctl is-system-running", check=False).strip() in ("running", "degraded"))
        yield lambda script, check=True: podman.inside(name, script, check)
    finally:
        podman.remove()
        shutil.rmtree(root, ignore_errors=True)


def wait(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)


S3 = """
    export MINIO_ROOT_USER=coffer AWS_ENDPOINT_URL=http://127.0.0.1:9000
    export MINIO_ROOT_PASSWORD=$(journalctl --unit coffer --output cat | sed -n 's/^ *Secret key *\\([^ ]*\\).*/\\1/p' | tail -n 1)
"""


def test_the_quick_start(machine):
    """apt install ./coffer_*.deb, systemctl start coffer: the first credentials are in the journal."""
    machine("DEBIAN_FRONTEND=noninteractive apt-get install -y /packages/*.deb && systemctl start coffer")
    assert machine("systemctl show coffer --property ActiveState --value").strip() == "active"
    assert "Serving /var/lib/coffer/data" in machine("systemctl show coffer --property StatusText --value")
    assert machine(f"{S3} coffer s3 mb s3://first; echo hello | coffer s3 cp - s3://first/x; coffer s3 cp s3://first/x -"
                   ).endswith("hello\n")
    assert "secret" not in machine("journalctl --unit coffer --priority warning --output cat").lower()


def test_it_reloads_and_what_it_says_has_a_priority(machine):
    machine("systemctl reload coffer && systemctl is-active coffer")
    assert "stopping" not in machine("journalctl --unit coffer --priority warning --output cat")
    machine("systemctl restart coffer")
    assert "stopping: no new connections" in machine("journalctl --unit coffer --priority notice --output cat")


@pytest.mark.parametrize("unit", ("coffer", "coffer-kes"))
def test_a_server_that_is_stuck_begins_anew(machine, unit):
    if unit == "coffer-kes":
        machine("""
            coffer certs ca /etc/coffer/ca
            coffer certs server --ca /etc/coffer/ca --host localhost /etc/coffer
            identity=$(coffer certs client --ca /etc/coffer/ca /etc/coffer/client | sed -n 's/^Identity *//p')
            chown coffer-kes /etc/coffer/private.key
            sed "s/\\${KES_ADMIN_IDENTITY}/disabled/; s/\\${KES_CLIENT_IDENTITY}/$identity/" \\
                /usr/share/doc/coffer-kes/examples/kes-config.yml >/etc/coffer/kes-config.yml
        """)
    machine(f"""
        mkdir -p /etc/systemd/system/{unit}.service.d
        printf '[Service]\\nWatchdogSec=2s\\nTimeoutAbortSec=2s\\n' >/etc/systemd/system/{unit}.service.d/test.conf
        systemctl daemon-reload
        systemctl restart {unit}
        sleep 3
        test "$(systemctl show {unit} --property NRestarts --value)" = 0
        kill -STOP $(systemctl show {unit} --property MainPID --value)
    """)
    wait(lambda: machine(f"systemctl show {unit} --property NRestarts,ActiveState --value").split() in (
        ["1", "active"], ["active", "1"]))
    assert "Watchdog timeout" in machine(f"journalctl --unit {unit} --output cat")
    machine(f"rm /etc/systemd/system/{unit}.service.d/test.conf; systemctl daemon-reload; systemctl restart {unit}")


def test_root_may_have_its_password_from_a_credential(machine):
    """The unit of those who install by hand, with MinIO's environment file and user."""
    machine(f"""
        useradd --system minio-user
        install -d -o minio-user /mnt/data
        printf 'MINIO_VOLUMES="/mnt/data"\\nMINIO_OPTS="--address 127.0.0.1:9100"\\nMINIO_ROOT_USER=someone\\n' >/etc/default/minio
        install -m 600 /dev/null /etc/coffer/root-password
        echo from-a-credential >/etc/coffer/root-password
    """)
    unit = (REPOSITORY / "deploy/coffer.service").read_text().replace("/usr/local/bin/", "/usr/bin/")
    machine(f"""
        cat >/etc/systemd/system/by-hand.service <<'UNIT'
{unit.replace("StateDirectory=coffer", "StateDirectory=by-hand").replace("/var/lib/coffer/", "/var/lib/by-hand/")}
UNIT
        mkdir -p /etc/systemd/system/by-hand.service.d
        printf '[Service]\\nLoadCredential=coffer.root-password:/etc/coffer/root-password\\n' \\
            >/etc/systemd/system/by-hand.service.d/password.conf
        systemctl daemon-reload
        systemctl start by-hand
    """)
    said = machine("""
        export MINIO_ROOT_USER=someone MINIO_ROOT_PASSWORD=from-a-credential AWS_ENDPOINT_URL=http://127.0.0.1:9100
        coffer s3 mb s3://second && coffer s3 ls
    """)
    assert "second" in said
    assert "from-a-credential" not in machine("journalctl --unit by-hand --output cat; systemctl show by-hand")
    # The packaged unit reads the same file.
    machine("systemctl stop by-hand; rm /etc/default/minio")


def test_an_upgrade_goes_on_and_a_purge_leaves_what_is_stored(machine):
    machine("apt-get install -y --reinstall /packages/coffer_*.deb")
    assert machine(f"systemctl is-active coffer; {S3} coffer s3 cp s3://first/x -").endswith("hello\n")
    machine("dpkg --purge coffer coffer-kes")
    assert machine("test -e /var/lib/coffer/keyring.json && test -d /var/lib/coffer-kes/keys && echo kept").strip() == "kept"
