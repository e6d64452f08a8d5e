"""Routing and refusals: what is not implemented says so, and nothing ever falls through to another operation."""

import re
import zlib
from itertools import product

import pytest

import signing
import wire

# Every sub-resource of S3 that has no handler here yet. An operation that gets one is taken out of its line.
UNIMPLEMENTED = {
    "bucket": {
        "abac": "GET PUT", "acl": "DELETE", "analytics": "GET PUT DELETE", "intelligent-tiering": "GET PUT DELETE", "inventory": "GET PUT DELETE",
        "logging": "DELETE", "metadataConfiguration": "GET POST DELETE",
        "metadataInventoryTable": "PUT", "metadataJournalTable": "PUT", "metadataTable": "GET POST DELETE",
        "metrics": "GET PUT DELETE", "replication": "PUT", "session": "GET", "website": "PUT",
    },
    "object": {
        "restore": "POST", "select": "POST", "torrent": "GET",
    },
}
# What a bucket can have and lose again.
SETTINGS = ("encryption", "ownershipControls", "policy", "publicAccessBlock")
METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD")
CASES = [(level, name, method) for level, names in UNIMPLEMENTED.items() for name, methods in names.items()
         for method in methods.split()]
# Combinations that no operation of S3 has: whatever they answer, they are no other operation.
ABSURD = [(level, name, method) for level, names in UNIMPLEMENTED.items()
          for name, method in product((*names, "location", "delete", "uploads", "partNumber", "uploadId", "renameObject", *SETTINGS), METHODS)
          if (level, name, method) not in (*CASES, ("bucket", "uploads", "GET"), ("object", "uploads", "POST"),
                                           ("bucket", "replication", "DELETE"), ("bucket", "website", "DELETE"))
          and not (level == "bucket" and name in SETTINGS and method == "DELETE")]


@pytest.fixture(scope="module")
def bucket(http):
    name = http.bucket()
    http.call("PUT", f"/{name}/k", body=b"content")
    return name


def target(level, bucket, name):
    return f"/{bucket}/k?{name}" if level == "object" else f"/{bucket}?{name}"


def assert_unharmed(server, bucket):
    got = server.call("GET", f"/{bucket}/k")
    assert (got.status, got.body) == (200, b"content"), got
    assert server.call("GET", f"/{bucket}?list-type=2").find_all("Contents/Key") == ["k"]
    assert server.call("GET", f"/{bucket}?encryption").status == 404


@pytest.mark.parametrize("level, name, method", CASES)
@pytest.mark.parametrize("tail", ("", "="))
def test_what_is_not_implemented_says_so(http, bucket, level, name, method, tail):
    body = b"<Whatever/>" if method in ("PUT", "POST") else b""
    answer = http.call(method, target(level, bucket, name + tail), body=body)
    assert (answer.status, answer.code) == (501, "NotImplemented"), answer
    assert_unharmed(http, bucket)


@pytest.mark.parametrize("level, name, method", ABSURD)
def test_absurd_combinations_harm_nothing(http, bucket, level, name, method):
    body = b"<Whatever/>" if method in ("PUT", "POST") else b""
    answer = http.call(method, target(level, bucket, name), body=body)
    assert answer.status >= 400 or (method in ("GET", "HEAD")), answer
    assert_unharmed(http, bucket)


@pytest.mark.parametrize("name", sorted(UNIMPLEMENTED["bucket"]))
def test_an_empty_bucket_survives_deletes_of_its_sub_resources(http, name):
    bucket = http.bucket()
    # There is no replication and no website: what is deleted is gone already.
    status = http.call("DELETE", f"/{bucket}?{name}").status
    assert status == 204 if name in ("replication", "website") else status >= 400
    assert http.call("HEAD", f"/{bucket}").status == 200


@pytest.mark.parametrize("name", SETTINGS)
def test_an_empty_bucket_survives_deletes_of_its_settings(http, name):
    bucket = http.bucket()
    assert http.call("DELETE", f"/{bucket}?{name}").status == 204
    assert http.call("HEAD", f"/{bucket}").status == 200


@pytest.mark.parametrize("headers", ({"x-amz-copy-source": "/{}/k"}, {"x-amz-copy-source": "{}/absent"}, {"x-amz-copy-source": ""},
                                     {"x-amz-write-offset-bytes": "7"}))
def test_headers_that_make_another_operation_of_a_put_are_not_ignored(http, bucket, headers):
    headers = {name: value.format(bucket) for name, value in headers.items()}
    answer = http.call("PUT", f"/{bucket}/k", headers)
    assert answer.status in (400, 404, 501), answer
    assert_unharmed(http, bucket)


def test_a_copied_part_is_not_an_empty_part(http, bucket):
    upload = http.call("POST", f"/{bucket}/copied?uploads").find("UploadId")
    answer = http.call("PUT", f"/{bucket}/copied?partNumber=1&uploadId={upload}", {"x-amz-copy-source": f"/{bucket}/k"})
    assert answer.status == 200, answer
    assert http.call("GET", f"/{bucket}/copied?uploadId={upload}").find_all("Part/Size") == [str(len(b"content"))]


@pytest.mark.parametrize("query", ("versionId=1b0b7a3c-1111-4222-8333-444455556666", "versionId=nonsense", "versionId="))
def test_a_delete_of_a_version_that_is_not_there_spares_the_object(http, bucket, query):
    http.call("DELETE", f"/{bucket}/k?{query}")
    assert_unharmed(http, bucket)


def test_a_storage_class_is_one_of_s3s_and_shown_again(http):
    bucket = http.bucket()
    key = f"/{bucket}/class"
    for name, shown in (("STANDARD", None), ("REDUCED_REDUNDANCY", "REDUCED_REDUNDANCY"), ("STANDARD_IA", "STANDARD_IA")):
        assert http.call("PUT", key, {"x-amz-storage-class": name}).status == 200
        assert http.call("HEAD", key).headers.get("x-amz-storage-class") == shown
        assert http.call("GET", f"/{bucket}?list-type=2&prefix=class").find("Contents/StorageClass") == name
    for target in (("PUT", key), ("POST", f"{key}?uploads")):
        answer = http.call(*target, {"x-amz-storage-class": "COLDER"})
        assert (answer.status, answer.code) == (400, "InvalidStorageClass")


def test_what_is_no_archive_is_not_unpacked_nor_stored_as_it_is(http, bucket):
    key = f"/{bucket}/snowball.tar"
    answer = http.call("PUT", key, {"X-Amz-Meta-Snowball-Auto-Extract": "true"}, b"archive")
    assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert http.call("HEAD", key).status == 404


def test_an_unsigned_form_upload_makes_nothing(http, bucket):
    body = (b'--x\r\nContent-Disposition: form-data; name="key"\r\n\r\nformed\r\n--x\r\nContent-Disposition: form-data; '
            b'name="file"; filename="f"\r\n\r\ndata\r\n--x--\r\n')
    answer = wire.request(http, "POST", f"/{bucket}", {"Content-Type": "multipart/form-data; boundary=x"}, body)
    assert (answer.status, answer.code) == (403, "AccessDenied"), answer
    assert_unharmed(http, bucket)


@pytest.mark.parametrize("query", ("foo=1", "x-id=GetObject", "X-Amz-Unknown=1", "response-foo=1", "acls=1", "x-amz-meta-a"))
def test_unknown_queries_are_ignored(http, bucket, query):
    answer = http.call("GET", f"/{bucket}/k?{query}")
    assert (answer.status, answer.body) == (200, b"content"), answer


@pytest.mark.parametrize("method, path", (("PATCH", "/{}/k"), ("OPTIONS", "/{}/k"), ("TRACE", "/{}/k"), ("PROPFIND", "/{}"),
                                          ("POST", "/{}/k"), ("POST", "/{}"), ("POST", "/"), ("PUT", "/"), ("DELETE", "/"),
                                          ("CONNECT", "/{}/k")))
def test_methods_that_mean_nothing_do_nothing(http, bucket, method, path):
    answer = http.call(method, path.format(bucket))
    assert 400 <= answer.status <= 501, answer
    assert_unharmed(http, bucket)


def test_nothing_of_the_reserved_name_is_a_bucket(http):
    for path in ("/minio", "/minio/k", "/minio/health", "/minio/health/unknown", "/minio/admin/v3/info"):
        answer = http.call("PUT", path, body=b"x")
        assert answer.status >= 400, (path, answer)
    assert "minio" not in http.call("GET", "/").find_all("Buckets/Bucket/Name")


# --- how an error looks

def test_the_error_document_has_what_clients_read(http, bucket):
    answer = http.call("GET", f"/{bucket}/missing%20one")
    assert answer.status == 404 and answer.headers["content-type"] == "application/xml"
    assert answer.body.startswith(b'<?xml version="1.0" encoding="UTF-8"?>')
    assert answer.xml.tag == "Error", "the document has no namespace"
    assert (answer.find("Code"), answer.find("Message")) == ("NoSuchKey", "The specified key does not exist.")
    assert (answer.find("BucketName"), answer.find("Key")) == (bucket, "missing one")
    assert answer.find("RequestId") == answer.headers["x-amz-request-id"]
    assert answer.find("Resource") and answer.find("HostId") is not None


def test_a_head_tells_the_error_in_headers(http, bucket):
    answer = http.call("HEAD", f"/{bucket}/missing")
    assert (answer.status, answer.body) == (404, b"")
    assert answer.headers["x-minio-error-code"] == "NoSuchKey"
    assert answer.headers["x-minio-error-desc"] == '"The specified key does not exist."'
    assert answer.headers.get("content-length", "0") == "0"
    missing = http.call("HEAD", "/no-such-bucket")
    assert (missing.status, missing.headers["x-minio-error-code"]) == (404, "NoSuchBucket")


def test_every_answer_has_a_request_id_of_its_own(http, bucket):
    ids = {http.call(method, f"/{bucket}/k").headers["x-amz-request-id"] for method in ("GET", "HEAD", "GET", "GET")}
    assert len(ids) == 4 and all(re.fullmatch(r"[0-9A-F]{16}", one) for one in ids)
    answer = http.call("GET", f"/{bucket}/k")
    assert answer.headers["date"] and answer.headers["server"]


def test_an_error_in_the_log_has_its_request_id(http, bucket):
    answer = http.call("GET", f"/{bucket}/k", secret="wrong")
    http.wait_for_log(answer.headers["x-amz-request-id"])


@pytest.mark.parametrize("path, code", (("/no-such-bucket/k", "NoSuchBucket"), ("/{}/missing", "NoSuchKey")))
@pytest.mark.parametrize("method", ("GET", "HEAD"))
def test_what_is_missing_is_named(http, bucket, path, code, method):
    answer = http.call(method, path.format(bucket))
    assert (answer.status, answer.code) == (404, code), answer


def test_deleting_what_is_missing_is_no_error_but_a_missing_bucket_is(http, bucket):
    assert http.call("DELETE", f"/{bucket}/missing").status == 204
    assert http.call("DELETE", "/no-such-bucket/k").code == "NoSuchBucket"
    assert http.call("DELETE", "/no-such-bucket").code == "NoSuchBucket"


def test_a_head_that_is_refused_tells_the_region(http, bucket):
    """It has no document, and a client that signed for another region must learn of the right one."""
    for target in (f"/{bucket}/missing", "/no-such-bucket"):
        answer = http.call("HEAD", target)
        assert (answer.status, answer.headers["x-amz-bucket-region"]) == (404, "us-east-1"), answer


@pytest.mark.parametrize("name, value, code", (("cache-control", "v" * 9000, "RequestHeaderSectionTooLarge"),
                                               ("x-amz-meta-a", "v" * 2048, "MetadataTooLarge")))
def test_headers_that_are_stored_are_bounded_in_bytes(http, bucket, name, value, code):
    answer = http.call("PUT", f"/{bucket}/large", {name: value}, b"x")
    assert (answer.status, answer.code) == (400, code), answer


def test_a_bucket_with_something_in_it_is_not_deleted(http, bucket):
    answer = http.call("DELETE", f"/{bucket}")
    assert (answer.status, answer.code) == (409, "BucketNotEmpty"), answer
    assert_unharmed(http, bucket)


# --- deleting several

def delete(server, bucket, document):
    return server.delete(bucket, document.encode())


def test_a_list_without_a_digest_is_refused(http, bucket):
    answer = http.call("POST", f"/{bucket}?delete", body=b"<Delete><Object><Key>k</Key></Object></Delete>")
    assert answer.status == 400 and answer.code in ("MissingContentMD5", "InvalidRequest"), answer
    wrong = http.call("POST", f"/{bucket}?delete", {"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="},
                      b"<Delete><Object><Key>k</Key></Object></Delete>")
    assert (wrong.status, wrong.code) == (400, "BadDigest"), wrong
    assert_unharmed(http, bucket)


@pytest.mark.parametrize("headers", ({"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="}, {"x-amz-checksum-crc32": "AAAAAA=="}), ids=str)
def test_a_digest_counts_however_the_document_comes(http, bucket, headers):
    document = b"<Delete><Object><Key>k</Key></Object></Delete>"
    answer = http.call("POST", f"/{bucket}?delete", {**headers, "Transfer-Encoding": "chunked"}, document,
                       send_body=signing.http_chunked(document))
    assert (answer.status, answer.code) == (400, "BadDigest"), answer
    assert_unharmed(http, bucket)


@pytest.mark.parametrize("framing", ({}, {"Content-Length": "0"}, {"Transfer-Encoding": "chunked"}), ids=str)
def test_a_document_that_was_signed_cannot_be_left_out(http, framing):
    document = b"<CreateBucketConfiguration><LocationConstraint>us-east-1</LocationConstraint></CreateBucketConfiguration>"
    answer = http.call("PUT", "/left-out", framing, document,
                       send_body=signing.http_chunked(b"") if "Transfer-Encoding" in framing else b"")
    assert (answer.status, answer.code) == (400, "XAmzContentSHA256Mismatch"), answer
    assert http.call("HEAD", "/left-out").status == 404


def test_several_objects_are_deleted_and_missing_ones_too(http):
    name = http.bucket()
    for key in ("a", "b", "c"):
        http.call("PUT", f"/{name}/{key}", body=b"x")
    answer = delete(http, name, "<Delete><Object><Key>a</Key></Object><Object><Key>missing</Key></Object></Delete>")
    assert answer.find_all("Deleted/Key") == ["a", "missing"] and answer.find_all("Error/Key") == []
    quiet = delete(http, name, "<Delete><Quiet>true</Quiet><Object><Key>b</Key></Object></Delete>")
    assert (quiet.status, quiet.find_all("Deleted/Key")) == (200, [])
    assert http.call("GET", f"/{name}?list-type=2").find_all("Contents/Key") == ["c"]


@pytest.mark.parametrize("document", ("", "<Delete/>", "<Delete></Delete>", "<Wrong/>", "no xml", "<Delete><Object/></Delete>",
                                      "<Delete>" + "<Object><Key>k</Key></Object>" * 1001 + "</Delete>",
                                      '<!DOCTYPE Delete [<!ENTITY k "k">]><Delete><Object><Key>&k;</Key></Object></Delete>',
                                      "<Delete>" + "<a>" * 40 + "</a>" * 40 + "<Object><Key>k</Key></Object></Delete>"))
def test_documents_that_are_no_list_of_keys_delete_nothing(http, bucket, document):
    answer = delete(http, bucket, document)
    assert answer.status == 400, answer
    assert_unharmed(http, bucket)


def test_a_thousand_keys_are_deleted_at_once(http):
    name = http.bucket()
    for number in range(5):
        http.call("PUT", f"/{name}/{number}", body=b"x")
    answer = delete(http, name, "<Delete>" + "".join(f"<Object><Key>{n}</Key></Object>" for n in range(1000)) + "</Delete>")
    assert len(answer.find_all("Deleted/Key")) == 1000
    assert http.call("GET", f"/{name}?list-type=2").find("KeyCount") == "0"


def test_a_delete_that_names_a_version_spares_the_object(http, bucket):
    delete(http, bucket, "<Delete><Object><Key>k</Key><VersionId>1b0b7a3c-1111-4222-8333-444455556666</VersionId></Object></Delete>")
    assert_unharmed(http, bucket)


# --- creating buckets

@pytest.mark.parametrize("document, status", (
    ("", 200), ("<CreateBucketConfiguration/>", 200),
    ('<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>us-west-7</LocationConstraint>'
     "</CreateBucketConfiguration>", 200),
    ("<Wrong/>", 400), ("no xml", 400)))
def test_buckets_are_created_with_and_without_a_document(http, document, status):
    name = f"created-{zlib.crc32(document.encode())}"
    answer = http.call("PUT", f"/{name}", body=document.encode())
    assert answer.status == status, answer
    assert http.call("HEAD", f"/{name}").status == (200 if status == 200 else 404)
    if status == 200:
        assert answer.headers["location"] == f"/{name}"


# --- headers of objects

def test_metadata_is_returned_as_it_was_sent(http, bucket):
    headers = [("x-amz-meta-Mixed-Case", "Value"), ("x-amz-meta-twice", "one"), ("x-amz-meta-twice", "two"),
               ("x-amz-meta-empty", ""), ("Content-Type", "text/plain; charset=utf-8")]
    http.call("PUT", f"/{http.bucket('with-metadata')}/k", headers, b"x")
    got = http.call("HEAD", "/with-metadata/k").headers
    assert (got["x-amz-meta-mixed-case"], got["x-amz-meta-twice"]) == ("Value", "one,two")
    assert got["content-type"] == "text/plain; charset=utf-8"


def test_tags_of_an_upload_are_counted(http):
    key = f"/{http.bucket()}/k"
    assert http.call("PUT", key, {"x-amz-tagging": "one=1&two=a%20b"}, b"x").status == 200
    assert http.call("HEAD", key).headers["x-amz-tagging-count"] == "2"
    for wrong in ("one=1&one=2", "=", "&".join(f"k{n}=v" for n in range(11)), "k=" + "v" * 257, "k" * 129 + "=v"):
        answer = http.call("PUT", f"{key}-never", {"x-amz-tagging": wrong}, b"x")
        assert answer.status == 400 and answer.code in ("InvalidTag", "InvalidArgument", "BadRequest"), (wrong, answer)
    assert http.call("HEAD", f"{key}-never").status == 404


def test_too_much_metadata_is_refused(http, bucket):
    fits = {"x-amz-meta-a": "v" * 2000}
    name = http.bucket()
    assert http.call("PUT", f"/{name}/fits", fits, b"x").status == 200
    answer = http.call("PUT", f"/{name}/never", {"x-amz-meta-a": "v" * 1500, "x-amz-meta-b": "v" * 1500}, b"x")
    assert (answer.status, answer.code) == (400, "MetadataTooLarge"), answer
    assert http.call("HEAD", f"/{name}/never").status == 404


@pytest.mark.parametrize("name", ("x-minio-internal-a", "x-amz-meta-x-minio-internal-server-side-encryption-iv",
                                  "X-Minio-Internal-Server-Side-Encryption-Iv"))
def test_nobody_sets_internal_metadata(http, bucket, name):
    key = f"/{http.bucket()}/k"
    answer = http.call("PUT", key, {name: "value"}, b"x")
    if answer.status == 200:
        assert name.lower() not in http.call("HEAD", key).headers or name.startswith("x-amz-meta-")
    else:
        assert answer.status == 400, answer
