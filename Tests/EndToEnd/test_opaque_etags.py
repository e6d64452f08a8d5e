"""`--etag opaque`: uploads of the default encryption without an MD5, and clients that know such ETags."""

import base64
import hashlib
import re

import pytest
from botocore.exceptions import ClientError

OPAQUE = re.compile(r'^"[0-9a-f]{32}-1"$')
BODY = b"content" * 20_000


@pytest.fixture
def opaque(fresh_server):
    with fresh_server(arguments=["--etag", "opaque"]) as server:
        yield server


def md5(content):
    return base64.b64encode(hashlib.md5(content).digest()).decode()


def test_uploads_have_opaque_etags_unless_they_bring_an_md5(opaque):
    s3 = opaque.s3()
    s3.create_bucket(Bucket="bucket")
    first = s3.put_object(Bucket="bucket", Key="plain", Body=BODY)["ETag"]
    second = s3.put_object(Bucket="bucket", Key="plain", Body=BODY)["ETag"]
    assert OPAQUE.match(first) and OPAQUE.match(second) and first != second
    assert s3.head_object(Bucket="bucket", Key="plain", IfMatch=second)["ETag"] == second
    with_md5 = s3.put_object(Bucket="bucket", Key="summed", Body=BODY, ContentMD5=md5(BODY))
    assert with_md5["ETag"] == f'"{hashlib.md5(BODY).hexdigest()}"'
    with pytest.raises(ClientError) as refused:
        s3.put_object(Bucket="bucket", Key="summed", Body=BODY, ContentMD5=md5(b"other"))
    assert refused.value.response["Error"]["Code"] == "BadDigest"


def test_parts_have_them_too_and_uploads_are_completed(opaque):
    s3 = opaque.s3()
    s3.create_bucket(Bucket="bucket")
    upload = s3.create_multipart_upload(Bucket="bucket", Key="parts")["UploadId"]
    parts = []
    for number, size in ((1, 5 << 20), (2, 100)):
        tag = s3.upload_part(Bucket="bucket", Key="parts", UploadId=upload, PartNumber=number, Body=b"x" * size)["ETag"]
        assert OPAQUE.match(tag)
        parts.append({"ETag": tag, "PartNumber": number})
    done = s3.complete_multipart_upload(Bucket="bucket", Key="parts", UploadId=upload, MultipartUpload={"Parts": parts})
    assert re.match(r'^"[0-9a-f]{32}-2"$', done["ETag"])
    assert s3.get_object(Bucket="bucket", Key="parts")["Body"].read() == b"x" * ((5 << 20) + 100)


def test_a_word_that_is_no_kind_of_etag_ends_the_start(fresh_server):
    assert fresh_server(arguments=["--etag", "sha256"]).run_to_end()[0] != 0
