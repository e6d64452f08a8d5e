"""What was once published of other object servers, tried here: the article Advisories says which is which."""

import datetime
import json
from email.utils import format_datetime

import pytest

import signing
import wire
from accounts import admin
from signing import UNSIGNED_TRAILER

SECRET = "secret-of-the-user"


@pytest.fixture(scope="module")
def bucket(http):
    name = http.bucket()
    assert http.call("PUT", f"/{name}/k", body=b"content").status == 200
    return name


def user(server, name, *statements):
    """A user of these rights; what signs requests for it."""
    root = admin(server)
    root.user_add(name, SECRET)
    root.policy_add(f"of-{name}", policy={"Version": "2012-10-17", "Statement": list(statements)})
    root.attach_policy([f"of-{name}"], user=name)
    return {"access_key": name, "secret": SECRET}


def allow(actions, *resources):
    return {"Effect": "Allow", "Action": actions, "Resource": [f"arn:aws:s3:::{resource}" for resource in resources]}


# --- uploads in unsigned chunks: the signature is of the head all the same

@pytest.mark.parametrize("snowball", (False, True), ids=("an object", "an archive"))
@pytest.mark.parametrize("place", ("header", "query"))
def test_an_upload_in_unsigned_chunks_needs_a_right_signature(http, bucket, place, snowball):
    target, body = f"/{bucket}/unsigned-chunks", signing.unsigned_chunked_body(b"data", [("x-amz-checksum-crc32", "rfPzYw==")])
    headers = {"x-amz-decoded-content-length": "4", "x-amz-trailer": "x-amz-checksum-crc32", "content-encoding": "aws-chunked"}
    if snowball:
        headers["x-amz-meta-snowball-auto-extract"] = "true"
    if place == "header":
        answer = http.call("PUT", target, headers, payload=UNSIGNED_TRAILER, send_body=body, secret="guessed-by-somebody")
    else:
        headers["x-amz-content-sha256"] = UNSIGNED_TRAILER
        presigned = signing.presign_v4("PUT", target, host=http.host, access_key=http.access_key, secret="guessed-by-somebody",
                                       headers=headers)
        answer = wire.request(http, "PUT", presigned, headers, body)
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch"), answer
    # Nor with a credential alone, in the query, and no signature at all.
    scope = f"{http.access_key}/20260101/us-east-1/s3/aws4_request".replace("/", "%2F")
    answer = wire.request(http, "PUT", f"{target}?X-Amz-Credential={scope}", {
        **headers, "x-amz-content-sha256": UNSIGNED_TRAILER}, body)
    assert answer.status in (400, 403), answer
    assert http.call("HEAD", target).status == 404


@pytest.mark.parametrize("service", ("s3tables", "sts", "iam", "s3express", ""))
def test_a_signature_for_another_service_is_none(http, bucket, service):
    signed = signing.SignedRequest("GET", f"/{bucket}/k", {}, host=http.host, access_key=http.access_key,
                                   secret=http.secret_key, service=service)
    answer = wire.request(http, "GET", f"/{bucket}/k", signed.headers)
    assert 400 <= answer.status < 404 and b"content" not in answer.body, answer


# --- what may be learnt without rights

@pytest.mark.parametrize("method", ("GET", "HEAD"))
@pytest.mark.parametrize("key", ("k", "absent"))
def test_conditions_tell_nobody_about_objects(http, bucket, method, key):
    for when in (datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC), datetime.datetime(2037, 1, 1, tzinfo=datetime.UTC)):
        for header in ("If-Modified-Since", "If-Unmodified-Since"):
            answer = wire.request(http, method, f"/{bucket}/{key}", {header: format_datetime(when, usegmt=True)})
            assert answer.status == 403, answer
        answer = wire.request(http, method, f"/{bucket}/{key}", {"If-None-Match": "*", "If-Match": '"x"'})
        assert answer.status == 403, answer


INNER = ("/minio/bootstrap/v1/verify", "/minio/bootstrap/v1/health", "/minio/peer/v1/serverinfo", "/minio/peer/v39/getlocks",
         "/minio/storage/data/v63/readmultiple", "/minio/storage/v1/diskinfo", "/minio/lock/v7/lock", "/minio/grid/v1",
         "/minio/admin/v3/profiling/start", "/minio/admin/v3/profile?profilerType=cpu", "/minio/admin/v3/download",
         "/minio/admin/v3/log", "/debug/pprof/heap", "/debug/pprof/profile?seconds=1", "/debug/vars", "/rustfs/rpc/read_file_stream",
         "/rustfs/admin/v3/license", "/profile/cpu", "/profile/memory", "/minio/webrpc", "/minio/metrics/v3", "/minio/v2/metrics/cluster",
         "/minio/health/../admin/v3/info", "/minio/admin/v3/inspect-data?volume=.minio.sys&file=config/**", "/minio/upload/b/k")


@pytest.mark.parametrize("path", INNER)
@pytest.mark.parametrize("method", ("GET", "POST"))
def test_nothing_that_servers_ask_each_other_is_answered(http, method, path):
    """There is one process, which has no addresses of its own for others: no configuration, memory or file is to be had."""
    answer = wire.request(http, method, path, body=b"" if method == "GET" else b"\x82\xa3vol\xa1a\xa4file\xab../../hosts")
    # 501 where it is a form, or an upload of what nobody has.
    assert 400 <= answer.status <= 501 and answer.status != 500, answer
    for secret in (http.secret_key, "MINIO_ROOT", "coffer-keyring", "localhost"):
        assert secret.encode() not in answer.body


@pytest.mark.parametrize("place", ("/etc/passwd", "file:///etc/passwd", "../../etc/passwd", "http://127.0.0.1:1/"))
def test_an_update_reads_no_file_and_asks_nobody(http, place):
    answer = http.call("POST", f"/minio/admin/v3/update?updateURL={signing.quote(place, safe='')}")
    assert 400 <= answer.status <= 501 and b"root:" not in answer.body, answer


# --- forms

@pytest.mark.parametrize("field", ("bucket", "Bucket", "x-amz-copy-source", "x-amz-meta-a"))
def test_no_field_of_a_form_leads_to_another_bucket(http, bucket, field):
    other = http.bucket()
    post = http.s3().generate_presigned_post(bucket, "form", Fields={}, Conditions=[])
    text = other if "ucket" in field else f"/{other}/k"
    fields = {field: text, **post["fields"]}
    body = b"".join(f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields.items())
    body += b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\ndata\r\n--b--\r\n'
    answer = wire.request(http, "POST", f"/{bucket}", {"Content-Type": "multipart/form-data; boundary=b"}, body)
    assert answer.status in (204, 400, 403), answer
    assert http.call("GET", f"/{other}?list-type=2").find_all("Contents/Key") == []


def test_a_form_for_one_bucket_is_none_for_another(http, bucket):
    post = http.s3().generate_presigned_post(bucket, "moved", Fields={}, Conditions=[])
    body = b"".join(f'--b\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'.encode() for n, v in post["fields"].items())
    body += b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\ndata\r\n--b--\r\n'
    other = http.bucket()
    for place in (f"/{other}", "/.minio.sys", "/minio"):
        answer = wire.request(http, "POST", place, {"Content-Type": "multipart/form-data; boundary=b"}, body)
        assert 400 <= answer.status < 500, answer
    assert http.call("GET", f"/{other}?list-type=2").find_all("Contents/Key") == []


# --- headers

def test_no_header_of_a_client_becomes_how_an_object_is_encrypted(http, bucket):
    injected = {
        "x-minio-replication-server-side-encryption-sealed-key": "AAAA", "x-minio-replication-server-side-encryption-iv": "AAAA",
        "x-minio-replication-server-side-encryption-seal-algorithm": "DAREv2-HMAC-SHA256", "x-minio-source-replication-request": "true",
        "x-minio-internal-server-side-encryption-sealed-key": "AAAA", "x-minio-internal-actual-size": "1",
        "x-amz-meta-x-minio-internal-actual-size": "1"}
    assert http.call("PUT", f"/{bucket}/injected", injected, b"its own bytes").status in (200, 400, 403)
    answer = http.call("PUT", f"/{bucket}/injected", dict(list(injected.items())[:4]), b"its own bytes")
    if answer.status == 200:
        assert http.call("GET", f"/{bucket}/injected").body == b"its own bytes"


@pytest.mark.parametrize("element", ("ExposeHeader", "AllowedHeader", "AllowedOrigin"))
def test_rules_for_browsers_put_no_line_into_an_answer(http, element):
    name = http.bucket()
    parts = {"AllowedOrigin": "http://a.test", "AllowedMethod": "GET", "AllowedHeader": "x-a", "ExposeHeader": "x-b"}
    parts[element] += "&#13;&#10;X-Evil: yes"
    document = "".join(f"<{part}>{text}</{part}>" for part, text in parts.items())
    http.call("PUT", f"/{name}?cors", body=f"<CORSConfiguration><CORSRule>{document}</CORSRule></CORSConfiguration>".encode())
    answer = http.call("GET", f"/{name}?location", {"Origin": "http://a.test"})
    assert "x-evil" not in answer.headers, answer


@pytest.mark.parametrize("path", ("/a%0d%0aX-Evil:%20yes", "/bucket%0d%0aX-Evil:%20yes/k", "/%E5%98%8A%E5%98%8DX-Evil:yes"))
def test_no_name_puts_a_line_into_an_answer(http, path):
    for method in ("PUT", "GET", "HEAD"):
        answer = http.call(method, path)
        assert answer.status >= 400 and "x-evil" not in answer.headers, answer


def test_a_key_with_line_ends_puts_none_into_an_answer(http, bucket):
    target = f"/{bucket}/a%0D%0AX-Evil:%20yes"
    made = http.call("PUT", target, body=b"content")
    assert made.status == 200 and "x-evil" not in made.headers
    assert "x-evil" not in http.call("GET", target).headers
    post = http.s3().generate_presigned_post(bucket, "b\r\nX-Evil: yes", Fields={"success_action_status": "201"},
                                             Conditions=[{"success_action_status": "201"}])
    body = b"".join(f'--b\r\nContent-Disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'.encode() for n, v in post["fields"].items())
    body += b'--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\ndata\r\n--b--\r\n'
    answer = wire.request(http, "POST", f"/{bucket}", {"Content-Type": "multipart/form-data; boundary=b"}, body)
    assert "x-evil" not in answer.headers, answer


@pytest.mark.parametrize("name", ("response-content-type", "response-content-disposition", "response-expires"))
def test_nobody_anonymous_says_how_an_answer_is_shown(http, name):
    """Who may read an object of everybody's may not have it shown as a page of the server's."""
    own = http.bucket()
    assert http.call("PUT", f"/{own}/k", body=b"<script>alert(1)</script>").status == 200
    policy = {"Version": "2012-10-17", "Statement": [{**allow(["s3:GetObject"], f"{own}/*"), "Principal": "*"}]}
    assert http.call("PUT", f"/{own}?policy", body=json.dumps(policy).encode()).status == 204
    assert wire.request(http, "GET", f"/{own}/k").status == 200
    answer = wire.request(http, "GET", f"/{own}/k?{name}=text/html")
    assert (answer.status, answer.code) == (400, "InvalidRequest"), answer


# --- names

TRAVERSAL = ("..", "../k", "a/../../k", "%2e%2e/k", "..%2fk", "....//k", "a/./../k", "..\\k", "%2e%2e%5ck", "/../k", "C:\\k",
             "'; DROP TABLE versions; --", "\" OR 1=1 --", "k' UNION SELECT * FROM accounts --")


@pytest.mark.parametrize("key", TRAVERSAL)
def test_a_key_is_a_name_and_no_path(http, key):
    mine, other = http.bucket(), http.bucket()
    assert http.call("PUT", f"/{other}/k", body=b"another's").status == 200
    target = signing.quote(key, safe="/%")
    made = http.call("PUT", f"/{mine}/{target}", body=b"mine")
    assert made.status in (200, 400), made
    assert http.call("GET", f"/{other}/k").body == b"another's"
    assert http.call("GET", f"/{other}?list-type=2").find_all("Contents/Key") == ["k"]
    if made.status == 200:
        assert http.call("GET", f"/{mine}/{target}").body == b"mine"
    # Neither as a source: `..` leads out of no bucket.
    copied = http.call("PUT", f"/{mine}/copy", {"x-amz-copy-source": f"/{mine}/../{other}/k"})
    assert copied.status == 404, copied


# --- copies

@pytest.mark.parametrize("operation", ("copy", "part", "archive"))
def test_a_copy_needs_the_right_to_its_source(http, bucket, operation):
    mine = http.bucket()
    signer = user(http, f"copier-{operation}", allow(["s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload"], f"{mine}/*"))
    source = {"x-amz-copy-source": f"/{bucket}/k"}
    assert http.call("GET", f"/{bucket}/k", **signer).status == 403
    if operation == "copy":
        answer = http.call("PUT", f"/{mine}/copy", source, **signer)
    elif operation == "part":
        upload = http.call("POST", f"/{mine}/copy?uploads", **signer).find("UploadId")
        answer = http.call("PUT", f"/{mine}/copy?partNumber=1&uploadId={upload}", source, **signer)
    else:
        answer = http.call("PUT", f"/{mine}/copy?renameObject", {"x-amz-rename-source": f"/{bucket}/k"}, **signer)
    assert answer.status in (400, 403, 404), answer
    assert http.call("HEAD", f"/{mine}/copy").status == 404


def test_a_copy_is_bound_to_what_a_policy_says_of_its_source(http, bucket):
    mine = http.bucket()
    write = {**allow(["s3:PutObject"], f"{mine}/*"), "Condition": {"StringEquals": {"s3:x-amz-copy-source": f"{bucket}/k"}}}
    signer = user(http, "bound", write, allow(["s3:GetObject"], f"{bucket}/*"))
    assert http.call("PUT", f"/{bucket}/other", body=b"").status == 200
    assert http.call("PUT", f"/{mine}/a", {"x-amz-copy-source": f"{bucket}/k"}, **signer).status == 200
    assert http.call("PUT", f"/{mine}/b", {"x-amz-copy-source": f"{bucket}/other"}, **signer).status == 403
    assert http.call("PUT", f"/{mine}/c", body=b"no copy", **signer).status == 403


# --- deny

def test_who_is_only_denied_things_may_do_nothing(http, bucket):
    signer = user(http, "denied", {"Effect": "Deny", "Action": ["s3:DeleteObject"], "Resource": ["arn:aws:s3:::*"]})
    for method, target in (("GET", f"/{bucket}/k"), ("PUT", f"/{bucket}/new"), ("GET", f"/{bucket}?list-type=2"),
                           ("GET", "/minio/admin/v3/list-users"), ("PUT", "/minio/admin/v3/add-service-account")):
        assert http.call(method, target, **signer).status in (400, 403), target
    assert http.call("HEAD", f"/{bucket}/new").status == 404
