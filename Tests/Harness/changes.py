"""Changes of a drive of every kind, each with what must be there before it: what faults and power cuts are tried on.

A change is acknowledged by True, refused by False; it raises when the server has gone."""

import base64
import hashlib
import http.client
import json
import time
from dataclasses import dataclass

from accounts import admin
from observation import NOTE
from payloads import CONTEXT, KIB, MIB, SSE, payload

BUCKET = "bucket"
GONE = (OSError, http.client.HTTPException)
VERSIONING = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
PAST = (b"<LifecycleConfiguration><Rule><ID>past</ID><Filter><Prefix>old/</Prefix></Filter><Status>Enabled</Status><Expiration>"
        b"<Date>2015-01-01T00:00:00Z</Date></Expiration></Rule></LifecycleConfiguration>")
NOTIFICATION = (b"<NotificationConfiguration><QueueConfiguration><Id>told</Id><Queue>arn:minio:sqs::nowhere:webhook</Queue>"
                b"<Event>s3:ObjectCreated:*</Event><Event>s3:ObjectRemoved:*</Event></QueueConfiguration></NotificationConfiguration>")
RETENTION = b"<Retention><Mode>GOVERNANCE</Mode><RetainUntilDate>2099-01-01T00:00:00Z</RetainUntilDate></Retention>"
HOLD = b"<LegalHold><Status>ON</Status></LegalHold>"
TAGS = b"<Tagging><TagSet><Tag><Key>a</Key><Value>b</Value></Tag></TagSet></Tagging>"
POLICY = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/public/*"}]}).encode()
ROTATION = f"keyrotate:\n  apiVersion: v1\n  bucket: {BUCKET}\n  prefix: file\n  encryption:\n    type: sse-kms\n    key: second\n"
SMALL, FILE, DIRECT = payload(4 * KIB, 1), payload(200 * KIB, 2), payload(3 * MIB, 3)
PARTS = {1: payload(5 * MIB, 4), 2: payload(70 * KIB, 5), 3: payload(60 * KIB, 6)}


def do(server, method, target, body=b"", headers=None, **options):
    """True when it was acknowledged."""
    answer = server.call(method, f"/{BUCKET}{target}", headers, body, keep=True, timeout=30, **options)
    return answer.status < 300 and b"<Error>" not in answer.body


def must(server, method, target, body=b"", headers=None, **options):
    answer = server.call(method, f"/{BUCKET}{target}", headers, body, keep=True, **options)
    assert answer.status < 300, answer
    return answer


def digests(document):
    return {"Content-MD5": base64.b64encode(hashlib.md5(document).digest()).decode()}


def put(server, key, body, value="old"):
    must(server, "PUT", f"/{key}", body, {"x-amz-meta-value": value})


@dataclass(frozen=True)
class Change:
    name: str
    prepare: object
    act: object
    #: It is made of several commits: after a fault some of them may be there, and the change is asked for again.
    is_gradual: bool = False
    environment: tuple = ()
    sees_users: bool = False
    has_keyring: bool = True
    #: How long it goes on by itself after it was answered, at least.
    seconds: float = 0.0


def plain(server):
    assert server.call("PUT", f"/{BUCKET}").status == 200
    put(server, "small", SMALL)
    put(server, "file", FILE)


def versioned(server):
    plain(server)
    must(server, "PUT", "?versioning", VERSIONING)
    put(server, "small", FILE[::-1], "second")


def locked(server):
    assert server.call("PUT", f"/{BUCKET}", {"x-amz-bucket-object-lock-enabled": "true"}).status == 200
    put(server, "file", FILE)


def uploading(server):
    """An upload with parts 1 to 3, over an object that is there."""
    plain(server)
    put(server, "parts", FILE)
    upload = must(server, "POST", "/parts?uploads", b"", {"x-amz-meta-value": "new"}).find("UploadId")
    for number, body in PARTS.items():
        must(server, "PUT", f"/parts?partNumber={number}&uploadId={upload}", body)


def upload_of(server):
    return server.call("GET", f"/{BUCKET}?uploads", keep=True).find("Upload/UploadId")


def complete(server):
    upload = upload_of(server)
    page = server.call("GET", f"/{BUCKET}/parts?uploadId={upload}", keep=True)
    items = "".join(f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>" for number, etag in
                    list(zip(page.find_all("Part/PartNumber"), page.find_all("Part/ETag")))[:2])
    return do(server, "POST", f"/parts?uploadId={upload}", f"<CompleteMultipartUpload>{items}</CompleteMultipartUpload>".encode())


def of_parts(server):
    uploading(server)
    assert complete(server)


def shared(server):
    plain(server)
    must(server, "PUT", "/copy", b"", {"x-amz-copy-source": f"/{BUCKET}/file"})


def many(server):
    plain(server)
    for number in range(6):
        put(server, f"old/{number}", SMALL if number % 2 else FILE)


def with_second_key(server):
    plain(server)
    put(server, "file2", FILE[::-1])
    assert server.call("POST", "/minio/kms/v1/key/create?key-id=second", region="").status == 200


def notified(server):
    plain(server)
    must(server, "PUT", "?notification", NOTIFICATION)


def with_user(server):
    plain(server)
    add_user(server)


def add_user(server):
    return by_admin(lambda root: (root.user_add("ann", "a-long-secret"), root.attach_policy(["readwrite"], user="ann")), server)


def by_admin(work, server):
    try:
        work(admin(server))
        return True
    except Exception as failure:  # noqa: BLE001 (the client wraps what it meets)
        if server.process.poll() is not None:
            raise ConnectionError(str(failure)) from failure
        return False


def latest_version(server, key):
    return server.call("HEAD", f"/{BUCKET}/{key}", keep=True).headers["x-amz-version-id"]


def older_version(server):
    page = server.call("GET", f"/{BUCKET}?versions&prefix=small", keep=True)
    return page.find_all("Version/VersionId")[-1]


def delete_many(server):
    names = "".join(f"<Object><Key>old/{number}</Key></Object>" for number in range(6))
    answer = server.delete(BUCKET, f"<Delete>{names}</Delete>".encode(), keep=True, timeout=30)
    return answer.status == 200 and b"<Error>" not in answer.body


def rewrap(server):
    answer = server.call("POST", "/minio/kms/v1/coffer/rewrap?to=second", region="", timeout=30)
    return answer.status == 200 and b'"failed":0' in answer.body.replace(b" ", b"")


def rotate(server):
    started = server.call("POST", "/minio/admin/v3/start-job", body=ROTATION.encode(), region="", timeout=30)
    if started.status != 200:
        return False
    job, deadline = json.loads(started.body)["id"], time.monotonic() + 20
    while time.monotonic() < deadline:
        answer = server.call("GET", f"/minio/admin/v3/status-job?jobId={job}", region="", timeout=30)
        if answer.status != 200:
            return False
        told = json.loads(answer.body)["LastMetric"]
        if told["complete"] or told["failed"]:
            return told["complete"] and not told["failed"]
        time.sleep(0.02)
    return False


def put_under_own_key(server):
    """With a data key of its own, for which the key service is asked."""
    return do(server, "PUT", "/file", FILE[::-1], PUT_NEW | {SSE: "aws:kms", CONTEXT: base64.b64encode(b'{"a":"b"}').decode()})


def new_bucket(server):
    return server.call("PUT", "/another", keep=True, timeout=30).status == 200


def with_empty_bucket(server):
    plain(server)
    assert new_bucket(server)


PUT_NEW = {"x-amz-meta-value": "new"}
COPY_FILE = {"x-amz-copy-source": f"/{BUCKET}/file"}
CHANGES = [
    Change("put-inline", plain, lambda server: do(server, "PUT", "/new", SMALL[::-1], PUT_NEW)),
    Change("put-file", plain, lambda server: do(server, "PUT", "/new", FILE[::-1], PUT_NEW)),
    Change("put-direct", plain, lambda server: do(server, "PUT", "/new", DIRECT, PUT_NEW)),
    Change("overwrite-inline", plain, lambda server: do(server, "PUT", "/small", FILE[::-1], PUT_NEW)),
    Change("overwrite-file", plain, lambda server: do(server, "PUT", "/file", SMALL[::-1], PUT_NEW)),
    Change("delete", plain, lambda server: do(server, "DELETE", "/file")),
    Change("part", uploading, lambda server: do(
        server, "PUT", f"/parts?partNumber=1&uploadId={upload_of(server)}", PARTS[2])),
    Change("complete", uploading, complete),
    Change("abort", uploading, lambda server: do(server, "DELETE", f"/parts?uploadId={upload_of(server)}")),
    Change("delete-parts", of_parts, lambda server: do(server, "DELETE", "/parts")),
    Change("copy", plain, lambda server: do(server, "PUT", "/copy", b"", COPY_FILE)),
    Change("delete-shared", shared, lambda server: do(server, "DELETE", "/file")),
    Change("overwrite-shared", shared, lambda server: do(server, "PUT", "/file", FILE[::-1], PUT_NEW)),
    Change("rename", shared, lambda server: do(server, "PUT", "/small?renameObject", b"", {"x-amz-rename-source": "/file"})),
    Change("put-version", versioned, lambda server: do(server, "PUT", "/small", SMALL[::-1], PUT_NEW)),
    Change("delete-marker", versioned, lambda server: do(server, "DELETE", "/small")),
    Change("delete-version", versioned, lambda server: do(
        server, "DELETE", f"/small?versionId={latest_version(server, 'small')}")),
    Change("delete-null-version", versioned, lambda server: do(server, "DELETE", f"/small?versionId={older_version(server)}")),
    Change("retention", locked, lambda server: do(
        server, "PUT", f"/file?retention&versionId={latest_version(server, 'file')}", RETENTION, digests(RETENTION))),
    Change("legal-hold", locked, lambda server: do(server, "PUT", "/file?legal-hold", HOLD, digests(HOLD))),
    Change("tags", plain, lambda server: do(server, "PUT", "/file?tagging", TAGS, digests(TAGS))),
    Change("annotation", plain, lambda server: do(server, "PUT", f"/file?{NOTE}", b"a note")),
    Change("delete-many", many, delete_many, is_gradual=True),
    Change("lifecycle", many, lambda server: do(server, "PUT", "?lifecycle", PAST, digests(PAST)), is_gradual=True,
           environment=(("COFFER_LIFECYCLE_DAY", "2s"),), seconds=1.0),
    Change("rewrap", with_second_key, rewrap, is_gradual=True),
    Change("rotate-key", with_second_key, rotate, is_gradual=True),
    Change("rotate-one", with_second_key, lambda server: do(
        server, "PUT", "/file", b"", COPY_FILE | {
            "x-amz-metadata-directive": "COPY", "x-amz-server-side-encryption": "aws:kms",
            "x-amz-server-side-encryption-aws-kms-key-id": "second"})),
    Change("make-key", plain, lambda server: server.call(
        "POST", "/minio/kms/v1/key/create?key-id=second", region="", timeout=30).status == 200, is_gradual=True),
    Change("add-user", plain, add_user, is_gradual=True, sees_users=True),
    Change("remove-user", with_user, lambda server: by_admin(lambda root: root.user_remove("ann"), server), sees_users=True),
    Change("notification", notified, lambda server: do(server, "PUT", "/new", FILE[::-1], PUT_NEW),
           environment=(("MINIO_NOTIFY_WEBHOOK_ENABLE_nowhere", "on"),
                        ("MINIO_NOTIFY_WEBHOOK_ENDPOINT_nowhere", "http://127.0.0.1:9/"))),
    Change("make-bucket", plain, new_bucket),
    Change("delete-bucket", with_empty_bucket, lambda server: server.call("DELETE", "/another", keep=True, timeout=30).status == 204),
    Change("versioning", plain, lambda server: do(server, "PUT", "?versioning", VERSIONING)),
    Change("policy", plain, lambda server: do(server, "PUT", "?policy", POLICY)),
]
# Of a server whose keys are in a key server, which has to be named in the environment.
KEY_SERVICE_CHANGES = [
    Change("put-kms", plain, put_under_own_key, has_keyring=False),
    Change("upload-kms", plain, lambda server: do(
        server, "POST", "/parts?uploads", b"", PUT_NEW | {SSE: "aws:kms", CONTEXT: base64.b64encode(b'{"a":"b"}').decode()}),
        has_keyring=False),
]
