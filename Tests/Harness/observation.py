"""Everything that a client can see of a server, as a value that can be compared: bytes, metadata, settings, uploads, keys.

Identifiers and times, which differ from run to run, are not in it."""

import hashlib
import json
import xml.etree.ElementTree as ElementTree

from accounts import admin

SETTINGS = ("versioning", "lifecycle", "notification", "tagging", "encryption", "object-lock", "policy")
SEEN_HEADERS = ("content-type", "x-amz-meta-value", "x-amz-server-side-encryption",
                "x-amz-server-side-encryption-aws-kms-key-id", "x-amz-tagging-count", "x-amz-object-lock-mode",
                "x-amz-object-lock-retain-until-date", "x-amz-object-lock-legal-hold")
NOTE = "annotation&annotationName=note"


def observe(server, *, users=False):
    """Each part of it whole: a body that cannot be read, or a listing that is refused, fails here."""
    buckets = call(server, "GET", "/").find_all("Buckets/Bucket/Name")
    seen = {bucket: observe_bucket(server, bucket) for bucket in sorted(buckets)}
    listed = server.call("GET", "/minio/kms/v1/key/list?pattern=*", region="")
    # A key server's policy may not permit it.
    seen["keys"] = sorted(key["name"] for key in json.loads(listed.body)) if listed.status == 200 else listed.status
    if users:
        seen["users"] = sorted((name, user.get("policyName", "")) for name, user in json.loads(admin(server).user_list()).items())
    return seen


def observe_bucket(server, bucket):
    settings = {}
    for name in SETTINGS:
        answer = server.call("GET", f"/{bucket}?{name}", keep=True)
        assert answer.status in (200, 404), answer
        settings[name] = ElementTree.canonicalize(answer.body) if answer.body.startswith(b"<?xml") and answer.status == 200 else answer.status
    return {"settings": settings, "versions": versions(server, bucket), "uploads": uploads(server, bucket)}


def versions(server, bucket):
    found = []
    for element in call(server, "GET", f"/{bucket}?versions").xml:
        kind = element.tag.rpartition("}")[2]
        if kind not in ("Version", "DeleteMarker"):
            continue
        values = {child.tag.rpartition("}")[2]: child.text for child in element}
        key, version = values["Key"], values["VersionId"]
        entry = [key, kind, values["IsLatest"], version == "null"]
        if kind == "Version":
            answer = server.call("GET", f"/{bucket}/{key}?versionId={version}", keep=True)
            if answer.status == 404:
                continue  # It went after it was listed, or is not there though it is listed: what is seen then is neither old nor new.
            assert answer.status == 200, (key, answer)
            assert len(answer.body) == int(values["Size"]), (key, answer)
            note = server.call("GET", f"/{bucket}/{key}?{NOTE}&versionId={version}", keep=True)
            entry += [hashlib.sha256(answer.body).hexdigest(), [answer.headers.get(name) for name in SEEN_HEADERS],
                      note.body if note.status == 200 else None]
        found.append(entry)
    return found


def uploads(server, bucket):
    found, page = [], call(server, "GET", f"/{bucket}?uploads")
    for key, upload in zip(page.find_all("Upload/Key"), page.find_all("Upload/UploadId")):
        parts = call(server, "GET", f"/{bucket}/{key}?uploadId={upload}")
        found.append([key, *(parts.find_all(f"Part/{name}") for name in ("PartNumber", "ETag", "Size"))])
    return found


def call(server, method, target):
    answer = server.call(method, target, keep=True)
    assert answer.status == 200, (target, answer)
    return answer
