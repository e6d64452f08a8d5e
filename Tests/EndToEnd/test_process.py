"""What the operating system is told to keep of a running server to itself."""

import base64
import fcntl
import os
import secrets
import subprocess
import time

import pytest

import wire


def lines(server, name):
    with open(f"/proc/{server.process.pid}/{name}") as file:
        return file.read().splitlines()


def test_nothing_of_its_memory_goes_into_a_core_file_or_to_other_users(server):
    core = next(line for line in lines(server, "limits") if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"], core
    if os.geteuid() != 0:
        # Files of a process that may not be attached to are root's.
        assert os.stat(f"/proc/{server.process.pid}/environ").st_uid == 0


def test_no_secret_stays_in_the_environment_that_the_system_shows(fresh_server):
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    with fresh_server(keyring=False, environment={
            "MINIO_KMS_SECRET_KEY": f"my-key:{key}", "MINIO_CERT_PASSWD": "of-the-certificate",
            "MINIO_SITE_REGION": "shown"}) as server:
        with open(f"/proc/{server.process.pid}/environ") as file:
            environment = file.read()
    assert "MINIO_SITE_REGION=shown" in environment
    for secret in (key, "of-the-certificate", server.secret_key):
        assert secret not in environment


def test_requests_are_served_while_nobody_reads_what_the_server_logs(fresh_server):
    server = fresh_server()
    reader, writer = os.pipe()
    fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, 4096)
    try:
        with open(os.devnull, "wb") as nowhere:
            server.process = subprocess.Popen(
                server.command(), stdin=subprocess.DEVNULL, stdout=nowhere, stderr=writer,
                env=server.process_environment(), cwd=server.directory)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                wire.request(server, "GET", "/minio/health/live", timeout=2)
                break
            except OSError:
                time.sleep(0.05)
        # Each refusal is a line, with --debug: many times what the pipe takes.
        for _ in range(200):
            assert server.call("GET", "/", secret="wrong", timeout=10).status == 403
        assert server.terminate() == 0
    finally:
        server.kill()
        os.close(reader)
        os.close(writer)


def test_its_keys_are_locked_in_memory(server):
    locked = next(line for line in lines(server, "status") if line.startswith("VmLck"))
    limit = next(line for line in lines(server, "limits") if line.startswith("Max locked memory"))
    if limit.split()[3] == "0" and os.geteuid() != 0:
        pytest.skip("this user may lock no memory")
    assert int(locked.split()[1]) >= 64, (locked, limit)
