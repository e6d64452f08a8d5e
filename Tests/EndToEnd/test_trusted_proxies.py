"""Who is believed who a request's client is: nobody, unless the operator has named the proxies."""

import http.client
import json

import pytest

from server import Server

ANYBODYS = "203.0.113.7"


def serve(directory, *arguments, **environment):
    log = directory / "access.jsonl"
    server = Server(directory / "server", arguments=[*arguments, "--access-log", str(log)], environment=environment)
    server.access_log = log
    return server


def public(server):
    """A bucket that everybody may read who comes from one address."""
    s3, name = server.s3(), server.bucket()
    s3.put_object(Bucket=name, Key="x", Body=b"read")
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*",
         "Condition": {"IpAddress": {"aws:SourceIp": f"{ANYBODYS}/32"}}}]}))
    return f"/{name}/x"


def get(server, target, source="127.0.0.1", **headers):
    host, port = server.host.split(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=30, source_address=(source, 0))
    connection.request("GET", target, headers={name.replace("_", "-"): value for name, value in headers.items()})
    status = connection.getresponse().status
    connection.close()
    return status


def test_by_default_nobody_is_believed(tmp_path):
    with serve(tmp_path) as server:
        target = public(server)
        for headers in ({"X_Forwarded_For": ANYBODYS}, {"Forwarded": f"for={ANYBODYS}"}, {"X_Real_IP": ANYBODYS}):
            assert get(server, target, **headers) == 403, headers


@pytest.mark.parametrize("by_option", (True, False))
def test_the_proxies_that_are_named_are_believed_and_no_others(tmp_path, by_option):
    proxies = "127.0.0.2, 127.0.1.0/24"
    server = serve(tmp_path, *(["--trusted-proxies", proxies] if by_option else []), **({} if by_option else {"COFFER_TRUSTED_PROXIES": proxies}))
    with server:
        target = public(server)
        assert get(server, target, "127.0.0.2", X_Forwarded_For=ANYBODYS) == 200
        assert get(server, target, "127.0.1.9", X_Forwarded_For=f"{ANYBODYS}:4711") == 200
        # Two proxies, one behind the other.
        assert get(server, target, "127.0.0.2", X_Forwarded_For=f"{ANYBODYS}, 127.0.1.3") == 200
        # Who writes the header itself: by a proxy, which appends where it comes from, and without one.
        assert get(server, target, "127.0.0.2", X_Forwarded_For=f"{ANYBODYS}, 198.51.100.9") == 403
        assert get(server, target, "127.0.0.3", X_Forwarded_For=ANYBODYS) == 403
        # The proxies' header is another one: what a client writes into this one comes through unchanged.
        assert get(server, target, "127.0.0.2", Forwarded=f"for={ANYBODYS}") == 403
        for broken in ("unknown", f"{ANYBODYS}, ", f"{ANYBODYS}/24", "x" * 5000, ",".join([ANYBODYS + "1"] * 100)):
            assert get(server, target, "127.0.0.2", X_Forwarded_For=broken) == 403
    told = server.access_log.read_text()
    assert f'"{ANYBODYS}"' in told and '"127.0.1.3"' not in told and '"198.51.100.9"' in told and '"127.0.0.3"' in told


def test_the_other_header(tmp_path):
    with serve(tmp_path, COFFER_TRUSTED_PROXIES="127.0.0.0/8", COFFER_TRUSTED_PROXY_HEADER="Forwarded") as server:
        target = public(server)
        assert get(server, target, Forwarded=f'for="{ANYBODYS}:80";proto=https') == 200
        assert get(server, target, X_Forwarded_For=ANYBODYS) == 403


def test_a_limit_by_address_is_not_the_proxys(tmp_path):
    with serve(tmp_path, "--connections-per-peer", "2", COFFER_TRUSTED_PROXIES="127.0.0.2") as server:
        host, port = server.host.split(":")

        def open_ones(source):
            made = [http.client.HTTPConnection(host, int(port), timeout=30, source_address=(source, 0)) for _ in range(4)]
            statuses = []
            for connection in made:
                connection.request("GET", "/minio/health/live")
                statuses.append(connection.getresponse().status)
            for connection in made:
                connection.close()
            return statuses

        assert open_ones("127.0.0.2") == [200] * 4
        assert open_ones("127.0.0.3").count(503) == 2


@pytest.mark.parametrize(("environment", "told"), (
    ({"COFFER_TRUSTED_PROXIES": "10.0.0.0/8,proxy"}, "proxy"), ({"COFFER_TRUSTED_PROXIES": "10.0.0.0/33"}, "10.0.0.0/33"),
    ({"COFFER_TRUSTED_PROXIES": "::1", "COFFER_TRUSTED_PROXY_HEADER": "x-real-ip"}, "x-real-ip")))
def test_what_is_no_network_or_header_is_refused(tmp_path, environment, told):
    server = Server(tmp_path, environment=environment)
    status, printed = server.run_to_end()
    assert status == 1 and told in printed
