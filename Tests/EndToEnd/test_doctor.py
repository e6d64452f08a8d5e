"""`coffer doctor` about a drive and about a running server, with something wrong each time."""

import http.server
import os
import subprocess
import threading

import pytest

import server as harness


def doctor(target, environment=None, home=None):
    variables = {"PATH": os.environ.get("PATH", ""), "HOME": str(home or "/nonexistent")} | (environment or {})
    done = subprocess.run([harness.binary(), "doctor", str(target)], env=variables, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


CREDENTIALS = {"MINIO_ROOT_USER": harness.ACCESS_KEY, "MINIO_ROOT_PASSWORD": harness.SECRET_KEY}


def test_a_drive_and_its_surroundings_are_looked_at(fresh_server, tmp_path):
    with fresh_server() as server:
        environment = CREDENTIALS | {"COFFER_KEYRING": str(server.keyring)}
        status, text = doctor(server.drive, environment, server.home)
        assert status == 0, text
        for word in ("a server runs on this drive", "Sync speed", "MiB free of", "Keyring", "plain HTTP", "Open files"):
            assert word in text, (word, text)
        before = sorted(os.listdir(server.drive))
        doctor(server.drive, environment, server.home)
        assert sorted(os.listdir(server.drive)) == before


def test_what_is_wrong_stands_first_and_is_the_exit_status(fresh_server, tmp_path):
    with fresh_server() as server:
        drive, home = server.drive, server.home
        status, text = doctor(drive, CREDENTIALS | {"COFFER_KEYRING": str(tmp_path / "absent.json")}, home)
        assert status == 1 and text.startswith("✗ Keyring"), text
        status, text = doctor(drive, CREDENTIALS | {"MINIO_AUDIT_WEBHOOK_ENABLE_x": "on"}, home)
        assert status == 1 and text.startswith("✗ Configuration"), text
        status, text = doctor(drive, CREDENTIALS | {"MINIO_KMS_KES_ENDPOINT": "https://127.0.0.1:1",
                                                    "MINIO_KMS_KES_KEY_NAME": "key", "MINIO_KMS_KES_API_KEY": API_KEY}, home)
        assert status == 1 and "✗ Key service" in text, text
        assert harness.SECRET_KEY not in text


API_KEY = "kes:v1:AD9E7FSYWrMD+VjhI6q545cYT9YOyFxZb7UnjEepYDRc"


def test_a_running_server_is_asked_from_a_clients_place(http):
    status, text = doctor(http.endpoint, CREDENTIALS)
    assert status == 0, text
    for word in ("requests arrive as they were signed", "bodies of 8 MiB", "answers come as they are made", "takes writes"):
        assert word in text, (word, text)
    status, text = doctor(http.endpoint, CREDENTIALS | {"MINIO_ROOT_PASSWORD": "not-the-password"})
    assert status == 1 and text.startswith("✗ Signature"), text


def test_nobody_there_and_another_server_are_told(tmp_path):
    status, text = doctor(f"http://127.0.0.1:{harness.free_port()}")
    assert status == 1 and "start the server" in text
    listener = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    status, text = doctor(f"http://127.0.0.1:{listener.server_port}")
    listener.shutdown()
    assert status == 1 and "correct the URL" in text
