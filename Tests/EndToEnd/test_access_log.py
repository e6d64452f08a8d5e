"""The access log: one JSON object a line for every request, whichever service answered it and however it ended."""

import json
import select
import signal
import socket

import signing
import wire


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_request_leaves_by_one_exit(fresh_server, tmp_path):
    log = tmp_path / "access.log"
    server = fresh_server(arguments=["--access-log", str(log)])
    with server:
        bucket = server.bucket()
        assert server.call("PUT", f"/{bucket}/key", body=b"content").status == 200
        assert server.call("GET", f"/{bucket}/key").body == b"content"
        assert server.call("GET", f"/{bucket}/missing").status == 404
        assert server.call("PUT", f"/{bucket}/key?torrent", body=b"x").status == 501
        presigned = signing.presign_v4(
            "GET", f"/{bucket}/key", host=server.host, access_key=server.access_key, secret=server.secret_key)
        assert wire.request(server, "GET", presigned).status == 200
        assert wire.request(server, "GET", f"/{bucket}/key").status == 403
        assert wire.request(server, "GET", "/minio/health/live").status == 200
        assert server.keys("ls").returncode == 0
        assert log.stat().st_mode & 0o777 == 0o600
    found = lines(log)
    shown = [(line["service"], line.get("operation"), line["status"], line.get("errorCode")) for line in found]
    assert ("s3", "PutObject", 200, None) in shown
    assert ("s3", "GetObject", 404, "NoSuchKey") in shown
    assert ("s3", None, 501, "NotImplemented") in shown
    assert ("s3", "GetObject", 403, "AccessDenied") in shown
    assert ("health", "live", 200, None) in shown
    assert ("admin", "ListDataKeys", 200, None) in shown
    put = next(line for line in found if line.get("operation") == "PutObject")
    assert (put["bucket"], put["key"], put["accessKey"]) == (bucket, "key", server.access_key)
    assert (put["bytesReceived"], put["bytesSent"], put["complete"], put["tls"]) == (7, 0, True, False)
    get = [line for line in found if line.get("operation") == "GetObject" and line["status"] == 200]
    assert len(get) == 2 and all(line["bytesSent"] == 7 for line in get)
    assert len({line["requestID"] for line in found}) == len(found)
    # What a presigned URL's holder could use is not in the log.
    assert "X-Amz-Signature=…" in log.read_text() and server.secret_key not in log.read_text()


def test_what_the_http_engine_refuses_leaves_by_the_same_exit(fresh_server, tmp_path):
    """Of a head that was never read there is less to tell, and each gets one line."""
    log = tmp_path / "access.log"
    server = fresh_server(arguments=["--access-log", str(log)], environment={
        "COFFER_HTTP_HEAD_SECONDS": "1", "COFFER_HTTP_CONNECTIONS_PER_PEER": "20"})
    host = f"Host: {server.host}\r\n"
    cases = {
        "nonsense\r\n\r\n": (400, None, None, "InvalidRequest"),
        "GET /a HTTP/1.1\r\n\r\n": (400, "GET", "/a", "InvalidRequest"),
        f"GET /b?X-Amz-Signature=secret HTTP/1.1\r\n{host}X-Long: {'a' * 70_000}\r\n\r\n":
            (431, "GET", "/b?X-Amz-Signature=…", "RequestHeaderSectionTooLarge"),
        f"GET /{'c' * 70_000} HTTP/1.1\r\n{host}\r\n": (414, None, None, "InvalidURI"),
        f"PUT /d HTTP/1.1\r\n{host}Content-Length: x\r\n\r\n": (400, "PUT", "/d", "InvalidArgument"),
        f"PUT /e HTTP/1.1\r\n{host}": (408, "PUT", "/e", "RequestTimeout"),
    }
    with server:
        for head in cases:
            with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
                connection.sendall(head.encode())
                try:
                    while connection.recv(65536):
                        pass
                except ConnectionResetError:
                    pass  # by what it had not read of a head that is too large
        held, answered = [], []
        while not answered:
            held.append(socket.create_connection(("127.0.0.1", server.port), timeout=30))
            answered = select.select(held, [], [], 0.01)[0]
        assert answered[0].recv(65536).startswith(b"HTTP/1.1 503")
        for one in held:
            one.close()
    found = [line for line in lines(log) if line["service"] == "http"]
    shown = [(line["status"], line.get("method"), line.get("target"), line["errorCode"]) for line in found]
    assert shown[:len(cases)] == [*cases.values()]
    assert set(shown[len(cases):]) == {(503, None, None, "SlowDown")}
    for line in found:
        assert (line["remoteAddress"], line["tls"], line["complete"], line["bytesReceived"]) == ("127.0.0.1", False, True, 0)
        assert line["bytesSent"] > 0 and line["time"] and "durationMicroseconds" not in line


def test_the_log_is_reopened_when_it_was_moved_away(fresh_server, tmp_path):
    log, old = tmp_path / "access.log", tmp_path / "access.log.1"
    server = fresh_server(environment={"COFFER_ACCESS_LOG": str(log)})
    with server:
        assert wire.request(server, "GET", "/minio/health/live").status == 200
        log.rename(old)
        server.process.send_signal(signal.SIGHUP)
        server.wait_for_log("access log reopened")
        assert wire.request(server, "HEAD", "/minio/health/live").status == 200
    assert {line["method"] for line in lines(old)} == {"GET"}
    assert [line["method"] for line in lines(log)] == ["HEAD"]


def test_a_log_that_cannot_be_opened_ends_the_start(fresh_server, tmp_path):
    server = fresh_server(arguments=["--access-log", str(tmp_path / "missing" / "access.log")])
    code, output = server.run_to_end()
    assert code != 0 and "--access-log" in output
