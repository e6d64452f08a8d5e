"""The addresses that load balancers and container runtimes ask, without credentials."""

import pytest

import wire


@pytest.mark.parametrize("method", ("GET", "HEAD"))
@pytest.mark.parametrize("path", ("live", "ready", "cluster", "cluster?maintenance=true", "cluster/read"))
def test_a_healthy_server_says_so_to_everybody(server, method, path):
    answer = wire.request(server, method, f"/minio/health/{path}")
    assert (answer.status, answer.body) == (200, b""), answer
    assert "x-minio-server-status" not in answer.headers


def test_the_absolute_form_of_an_address_is_the_address(http):
    """As proxies ask for it."""
    for path, status in (("/minio/health/live", 200), ("/minio/kms/v1/version", 403)):
        answer = wire.request(http, "GET", f"http://{http.host}{path}")
        assert answer.status == status, answer
    assert wire.request(http, "GET", f"http://{http.host}/minio/kms/v1/version").body.startswith(b"{")


def test_the_quorum_of_one_drive_is_one(http):
    answer = wire.request(http, "GET", "/minio/health/cluster")
    assert answer.headers["x-minio-write-quorum"] == "1"


@pytest.mark.parametrize("method, path", (("GET", "unknown"), ("PUT", "live"), ("DELETE", "ready"), ("POST", "cluster")))
def test_other_questions_have_no_healthy_answer(http, method, path):
    assert wire.request(http, method, f"/minio/health/{path}").status >= 400


def test_health_is_answered_while_signed_requests_fail(http):
    assert http.call("GET", "/", secret="wrong").status == 403
    assert wire.request(http, "GET", "/minio/health/live").status == 200
