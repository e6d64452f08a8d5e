"""Tags, CORS, ACLs and attributes as boto3 and a browser see them; what of it a crash leaves; uploads that grow stale."""

import time

import pytest
import requests
from botocore.exceptions import ClientError

from payloads import MIB

TAGS = [{"Key": "a", "Value": "1"}, {"Key": "ключ", "Value": ""}]
RULES = {"CORSRules": [{"AllowedOrigins": ["https://*.example"], "AllowedMethods": ["GET", "PUT"],
                        "AllowedHeaders": ["*"], "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 30}]}


@pytest.fixture(scope="module")
def bucket(http):
    return http.bucket()


def code(call, **arguments):
    with pytest.raises(ClientError) as raised:
        call(**arguments)
    return raised.value.response["Error"]["Code"]


def test_tags_and_rules_survive_a_crash_and_are_not_readable_on_the_drive(fresh_server):
    server = fresh_server()
    server.start()
    s3, bucket = server.s3(), server.bucket()
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="secret-tag-a=secret-tag-b")
    head = s3.head_object(Bucket=bucket, Key="k")
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "secret-tag-c", "Value": ""}]})
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration=RULES)
    tags = [*TAGS, {"Key": "secret-tag-d", "Value": "v"}]
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": tags})
    server.kill()
    for path in server.drive.rglob("*"):
        assert not path.is_file() or b"secret-tag" not in path.read_bytes(), path
    server.start()
    s3 = server.s3()
    found = s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"]
    assert sorted(found, key=str) == sorted(tags, key=str)
    again = s3.head_object(Bucket=bucket, Key="k")
    assert (again["ETag"], again["LastModified"]) == (head["ETag"], head["LastModified"])
    assert again["ResponseMetadata"]["HTTPHeaders"]["x-amz-tagging-count"] == "3"
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "secret-tag-c", "Value": ""}]
    assert s3.get_bucket_cors(Bucket=bucket)["CORSRules"] == RULES["CORSRules"]


def test_a_browser_may_do_what_the_rules_say(http):
    bucket = http.bucket()
    s3 = http.s3()
    s3.put_bucket_cors(Bucket=bucket, CORSConfiguration=RULES)
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    link = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    for origin, allowed in (("https://a.example", "https://a.example"), ("https://other", None)):
        asked = requests.options(link, headers={
            "Origin": origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x-y"}, timeout=30)
        assert asked.status_code == (200 if allowed else 403)
        assert asked.headers.get("Access-Control-Allow-Origin") == allowed
        got = requests.get(link, headers={"Origin": origin}, timeout=30)
        assert (got.status_code, got.content, got.headers.get("Access-Control-Allow-Origin")) == (200, b"x", allowed)
    missing = requests.get(f"{http.endpoint}/{bucket}/k", headers={"Origin": "https://a.example"}, timeout=30)
    assert missing.status_code == 403 and missing.headers["Access-Control-Expose-Headers"] == "ETag"


def test_the_servers_origins_are_those_of_its_environment(fresh_server):
    server = fresh_server(environment={"MINIO_API_CORS_ALLOW_ORIGIN": "https://one, https://*.two"})
    server.start()
    for origin, status in (("https://one", 200), ("https://x.two", 200), ("https://three", 403)):
        headers = {"Origin": origin, "Access-Control-Request-Method": "PUT"}
        assert requests.options(f"{server.endpoint}/bucket/k", headers=headers, timeout=30).status_code == status


def test_acls_are_the_owners(http, bucket):
    s3 = http.s3()
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", ACL="private")
    for get, put, name in ((s3.get_bucket_acl, s3.put_bucket_acl, {}), (s3.get_object_acl, s3.put_object_acl, {"Key": "k"})):
        acl = get(Bucket=bucket, **name)
        assert [grant["Permission"] for grant in acl["Grants"]] == ["FULL_CONTROL"]
        policy = {"Owner": acl["Owner"], "Grants": acl["Grants"]}
        put(Bucket=bucket, AccessControlPolicy=policy, **name)
        put(Bucket=bucket, ACL="private", **name)
        assert code(put, Bucket=bucket, ACL="public-read", **name) == "AccessControlListNotSupported"


def test_attributes_of_an_object_in_parts(http, bucket):
    s3 = http.s3()
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts", ChecksumAlgorithm="CRC32")["UploadId"]
    parts = []
    for number, size in ((1, 5 * MIB), (2, 7)):
        part = s3.upload_part(Bucket=bucket, Key="parts", UploadId=upload, PartNumber=number, Body=b"x" * size,
                              ChecksumAlgorithm="CRC32")
        parts.append({"PartNumber": number, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]})
    done = s3.complete_multipart_upload(Bucket=bucket, Key="parts", UploadId=upload, MultipartUpload={"Parts": parts})
    found = s3.get_object_attributes(
        Bucket=bucket, Key="parts", ObjectAttributes=["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"])
    assert (found["ETag"], found["ObjectSize"]) == (done["ETag"].strip('"'), 5 * MIB + 7)
    assert found["Checksum"]["ChecksumCRC32"] == done["ChecksumCRC32"]
    listed = found["ObjectParts"]
    assert (listed["TotalPartsCount"], listed["IsTruncated"]) == (2, False)
    assert [(part["PartNumber"], part["Size"]) for part in listed["Parts"]] == [(1, 5 * MIB), (2, 7)]
    assert [part["ChecksumCRC32"] for part in listed["Parts"]] == [part["ChecksumCRC32"] for part in parts]


def test_an_upload_that_nobody_goes_on_with_is_removed(fresh_server):
    server = fresh_server()
    server.start()
    s3, bucket = server.s3(), server.bucket()
    upload = {"Bucket": bucket, "Key": "k", "UploadId": s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]}
    s3.upload_part(PartNumber=1, Body=b"x" * MIB, **upload)
    server.stop()
    server.environment["MINIO_API_STALE_UPLOADS_EXPIRY"] = "1h"
    server.start()
    assert len(server.s3().list_parts(**upload)["Parts"]) == 1
    server.stop()
    server.environment |= {
        "MINIO_API_STALE_UPLOADS_EXPIRY": "100ms", "MINIO_API_STALE_UPLOADS_CLEANUP_INTERVAL": "100ms"}
    server.start()
    server.wait_for_log("stale uploads were removed")
    deadline = time.monotonic() + 60
    while any(path.is_file() for path in (server.drive / "blobs").rglob("*")) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert code(server.s3().list_parts, **upload) == "NoSuchUpload"
    assert [path for path in (server.drive / "blobs").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("name, value", (
    ("MINIO_API_CORS_ALLOW_ORIGIN", "https://*.*"), ("MINIO_API_STALE_UPLOADS_EXPIRY", "a day"),
    ("MINIO_API_STALE_UPLOADS_CLEANUP_INTERVAL", "-1h")))
def test_a_setting_that_cannot_be_keeps_the_server_from_starting(fresh_server, name, value):
    status, output = fresh_server(environment={name: value}).run_to_end()
    assert status != 0 and name.removeprefix("MINIO_") in output
