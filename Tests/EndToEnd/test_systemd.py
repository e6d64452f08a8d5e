"""Both servers as services of systemd: what the units allow, and what the service manager and the journal are told.

No systemd runs here; test_systemd_boot.py has one.
"""

import json
import os
import re
import signal
import socket
import subprocess

import pytest
import requests

import kes
import server as object_server
from kes import Identity, KESServer
from server import REPOSITORY

UNITS = {"coffer": object_server.binary, "coffer-kes": kes.binary}


@pytest.mark.parametrize("name", UNITS)
def test_a_unit_is_well_formed_and_little_exposed(tmp_path, name):
    unit = tmp_path / f"{name}.service"
    text = (REPOSITORY / f"deploy/{name}.service").read_text()
    unit.write_text(text.replace(f"/usr/local/bin/{name}", UNITS[name]()))
    verified = subprocess.run(["systemd-analyze", "verify", unit], capture_output=True, text=True, timeout=60)
    assert verified.returncode == 0 and name not in verified.stderr, verified
    # In tenths: 2.0 at most.
    judged = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", unit],
        capture_output=True, text=True, timeout=60)
    assert judged.returncode == 0, judged.stdout[-2000:]
    assert re.search(r"Overall exposure level for \S+: [01]\.\d|Overall exposure level for \S+: 2\.0", judged.stdout)


class Manager:
    """The end of the service manager's: a socket that services send datagrams to."""

    def __init__(self, directory):
        self.path = directory / "notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.socket.settimeout(30)

    def next(self, *, beside=("WATCHDOG=1",)):
        """The next datagram's assignments that say something else than `beside`."""
        while True:
            lines = [line for line in self.socket.recv(65536).decode().split("\n") if line not in beside]
            if lines:
                return dict(line.split("=", 1) for line in lines)


@pytest.fixture
def manager(tmp_path):
    made = Manager(tmp_path)
    yield made
    made.socket.close()


def variables(manager, *, watchdog=None):
    return {"NOTIFY_SOCKET": str(manager.path)} | ({"WATCHDOG_USEC": watchdog} if watchdog else {})


def test_the_object_server_tells_how_it_is(fresh_server, manager):
    server = fresh_server(environment=variables(manager, watchdog="200000"))
    server.launch()
    told = manager.next()
    assert told["READY"] == "1" and server.host in told["STATUS"] and str(server.drive) in told["STATUS"]
    assert server.call("GET", "/").status == 200, "ready means that connections are served"
    assert manager.next(beside=()) == {"WATCHDOG": "1"}
    server.process.send_signal(signal.SIGHUP)
    assert "RELOADING" in manager.next()
    assert manager.next() == {"READY": "1"}
    assert server.terminate() == 0
    assert manager.next()["STOPPING"] == "1"


def test_a_restart_by_an_administrator_is_a_reload_of_the_same_process(fresh_server, manager):
    server = fresh_server(environment=variables(manager))
    server.launch()
    assert manager.next()["READY"] == "1"
    process = server.process.pid
    assert server.call("POST", "/minio/admin/v3/service?action=restart&type=2").status == 200
    assert "RELOADING" in manager.next()
    assert manager.next()["READY"] == "1"
    assert server.process.pid == process and server.process.poll() is None
    server.stop()


def test_a_server_that_is_stuck_says_nothing(fresh_server, manager):
    server = fresh_server(environment=variables(manager, watchdog="100000"))
    server.launch()
    assert manager.next()["READY"] == "1"
    server.process.send_signal(signal.SIGSTOP)
    manager.socket.settimeout(1)
    try:
        with pytest.raises(TimeoutError):
            for _ in range(1000):
                manager.next(beside=())
    finally:
        server.process.send_signal(signal.SIGCONT)
    manager.socket.settimeout(30)
    assert manager.next(beside=()) == {"WATCHDOG": "1"}
    server.stop()


def test_the_object_server_without_its_key_server_is_ready_and_says_what_it_lacks(fresh_server, manager):
    server = fresh_server(keyring=False, environment=variables(manager) | {
        "MINIO_KMS_KES_ENDPOINT": "https://127.0.0.1:1", "MINIO_KMS_KES_KEY_NAME": "k",
        "MINIO_KMS_KES_API_KEY": "kes:v1:" + "A" * 44})
    server.launch()
    try:
        told = manager.next()
        assert told["READY"] == "1" and "needs no key" in told["STATUS"]
    finally:
        server.kill()


def test_the_key_server_tells_how_it_is(tmp_path, manager):
    with KESServer(tmp_path / "kes", environment=variables(manager, watchdog="200000")) as server:
        told = manager.next()
        assert told["READY"] == "1" and "Filesystem" in told["STATUS"]
        assert manager.next(beside=()) == {"WATCHDOG": "1"}
        server.reload()
        assert "RELOADING" in manager.next()
        assert manager.next()["READY"] == "1"
        server.write_configuration("nonsense: [")
        server.reload(succeeds=False)
        assert "RELOADING" in manager.next()
        assert manager.next() == {"READY": "1"}, "the old configuration is in force"
        assert server.terminate() == 0
        assert manager.next()["STOPPING"] == "1"


def in_the_journal(path):
    """What makes a process believe that a file is the journal's stream."""
    path.touch()
    status = path.stat()
    return {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}


@pytest.mark.parametrize("json_log", (True, False))
def test_lines_for_the_journal_begin_with_their_priority(fresh_server, tmp_path, json_log):
    server = fresh_server(tmp_path / "own", json_log=json_log)
    # Without a socket of the journal's all goes the way of the standard error.
    server.environment = in_the_journal(server.log) | {"COFFER_JOURNAL_SOCKET": str(tmp_path / "none")}
    server.start()
    assert server.call("GET", "/", secret="wrong").status == 403
    server.stop()
    lines = server.log_text().splitlines()
    stopped = next(line for line in lines if "stopped" in line)
    assert stopped.startswith("<5>"), stopped
    if json_log:
        assert json.loads(stopped.removeprefix("<5>"))["message"] == "stopped"
    assert any(line.startswith("<7>") for line in lines), "a refusal is a line of debugging"


def fields(datagram):
    """An entry of the journal, as the native protocol spells it."""
    found, rest = {}, datagram
    while rest:
        line, _, rest = rest.partition(b"\n")
        name, sign, value = line.partition(b"=")
        if not sign:
            length = int.from_bytes(rest[:8], "little")
            value, rest = rest[8:8 + length], rest[9 + length:]
        found[name.decode()] = value.decode()
    return found


def test_the_journal_gets_entries_with_fields(fresh_server, tmp_path):
    journal = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    journal.bind(str(tmp_path / "journal"))
    journal.settimeout(30)
    server = fresh_server(tmp_path / "own", json_log=False, arguments=["--quiet"])
    server.environment = in_the_journal(server.log) | {"COFFER_JOURNAL_SOCKET": str(tmp_path / "journal")}
    server.start()
    answer = server.call("GET", "/", secret="wrong")
    assert answer.status == 403
    entries = []
    while not entries or entries[-1]["MESSAGE"].partition(" ")[0] != "SignatureDoesNotMatch":
        entries.append(fields(journal.recv(1 << 20)))
    refused = entries[-1]
    assert refused["PRIORITY"] == "7" and refused["SYSLOG_IDENTIFIER"] == "coffer" and refused["COFFER_PART"] == "requests"
    assert refused["COFFER_REQUEST"] == answer.headers["x-amz-request-id"] and refused["COFFER_STATUS"] == "403"
    assert f"request={refused['COFFER_REQUEST']}" in refused["MESSAGE"], "people see it in the line"
    assert all(re.fullmatch(r"[A-Z][A-Z0-9_]{0,63}", name) for entry in entries for name in entry)
    # A journal that is gone costs no line: they go the old way.
    journal.close()
    assert server.call("GET", "/", secret="wrong").status == 403
    server.stop()
    assert "<7>" in server.log_text() and "stopped" in server.log_text()
    assert all(server.secret_key not in value for entry in entries for value in entry.values())


def test_a_failed_start_is_an_error_in_the_journal(tmp_path):
    log = tmp_path / "log"
    environment = {"PATH": os.environ["PATH"]} | in_the_journal(log)
    for command, said in ((["server", str(tmp_path / "none" / "drive"), "--address", "127.0.0.1:0"], "<3>coffer: "),
                          (["server", "--config", str(tmp_path / "none.yml")], "<3>Error: ")):
        program = kes.binary() if "--config" in command else object_server.binary()
        with open(log, "wb") as stream:
            assert subprocess.run([program, *command], env=environment, stderr=stream, timeout=30).returncode == 1
        assert said in log.read_text()


def test_elsewhere_lines_have_no_priority(fresh_server, tmp_path):
    server = fresh_server(environment=in_the_journal(tmp_path / "another"))
    with server:
        pass
    assert not re.search(r"^<\d>", server.log_text(), re.MULTILINE)


def test_the_key_servers_lines_have_their_priority_in_the_journal(tmp_path):
    server = KESServer(tmp_path / "kes")
    server.environment |= in_the_journal(server.log)
    with server:
        assert server.call("GET", "/v1/key/describe/none", identity=Identity(tmp_path / "who", "nobody")).status == 403
        server.write_configuration("nonsense: [")
        server.reload(succeeds=False)
    lines = server.log_text().splitlines()
    assert any(line.startswith("<3>Failed to reload") for line in lines), lines
    assert all(re.match(r"<\d>", line) for line in lines), lines


def activated(server, *names, host="127.0.0.1"):
    """Starts a server with sockets that were bound for it; their ports."""
    listeners = [socket.create_server((host, 0)) for _ in names]
    # The variables need the process's own id: a shell that becomes the server has it.
    places = " ".join(f"{3 + n}<&{listener.fileno()}" for n, listener in enumerate(listeners))
    script = f'export LISTEN_PID=$$ LISTEN_FDS={len(names)} LISTEN_FDNAMES={":".join(names)}; exec "$@" {places}'
    with open(server.log, "ab") as log:
        server.process = subprocess.Popen(
            ["bash", "-c", script, "sh", *server.command()], stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
            env=server.process_environment(), cwd=server.directory, pass_fds=[listener.fileno() for listener in listeners])
    ports = [listener.getsockname()[1] for listener in listeners]
    for listener in listeners:
        listener.close()
    return ports


def test_sockets_of_the_service_manager_are_served(fresh_server, manager):
    server = fresh_server(environment=variables(manager))
    # The console's first: it is its name that counts.
    console, s3 = activated(server, "console", "s3")
    # Who connects before it listens waits.
    server.port = s3
    assert server.call("GET", "/").status == 200
    told = manager.next()
    assert told["READY"] == "1" and f"127.0.0.1:{s3}" in told["STATUS"]
    page = requests.get(f"http://127.0.0.1:{console}/", timeout=30)
    assert page.status_code == 200 and "<html" in page.text
    assert requests.get(f"http://127.0.0.1:{s3}/minio/health/live", timeout=30).status_code == 200

    # Begun anew in the same process, it has them still, and nobody is refused meanwhile.
    assert server.call("POST", "/minio/admin/v3/service?action=restart&type=2").status == 200
    statuses = []
    while "RELOADING" not in manager.next():
        pass
    while True:
        statuses.append(requests.get(f"http://127.0.0.1:{s3}/minio/health/live", timeout=30).status_code)
        if len(statuses) >= 20:
            break
    assert set(statuses) == {200}
    assert manager.next()["READY"] == "1"
    server.stop()


def test_a_socket_without_a_name_is_s3s_and_other_processes_are_none_of_ours(fresh_server, tmp_path):
    server = fresh_server(tmp_path / "one")
    server.port, = activated(server, "coffer.socket")
    assert server.call("GET", "/").status == 200
    server.stop()
    other = fresh_server(tmp_path / "other", environment={"LISTEN_PID": "1", "LISTEN_FDS": "3"})
    with other:
        assert other.call("GET", "/").status == 200


def test_sockets_that_cannot_be_served_are_refused(fresh_server, tmp_path):
    for n, (names, host, credentials, told) in enumerate((
            (("console", "console"), "127.0.0.1", True, "one is served"), (("s3",), "0.0.0.0", False, "loopback"))):
        server = fresh_server(tmp_path / f"refused-{n}", credentials=credentials)
        activated(server, *names, host=host)
        assert server.process.wait(timeout=30) == 1
        assert told in server.log_text()


def test_the_socket_units_are_well_formed(tmp_path):
    for name in ("coffer.socket", "coffer-console.socket"):
        text = (REPOSITORY / f"deploy/{name}").read_text()
        assert "Service=coffer.service" in text
        (tmp_path / name).write_text(text)
    service = (REPOSITORY / "deploy/coffer.service").read_text().replace("/usr/local/bin/coffer", object_server.binary())
    (tmp_path / "coffer.service").write_text(service)
    verified = subprocess.run(["systemd-analyze", "verify", *sorted(tmp_path.glob("*.socket"))], capture_output=True, text=True,
                              timeout=60, env=os.environ | {"SYSTEMD_UNIT_PATH": f"{tmp_path}:"})
    assert verified.returncode == 0 and "coffer" not in verified.stderr, verified
