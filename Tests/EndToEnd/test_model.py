"""Every operation of botocore's model, with the least that it can be called with: what is not performed here harms nothing.

A request that S3 will know tomorrow looks like one that is known today with another query key. It must not be taken for that.
"""

import botocore.session
import pytest
import requests
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError

import operations
import signing
import wire
from server import ACCESS_KEY, SECRET_KEY

# An operation of the table that another name of the model asks for as well.
SYNONYMS = {"GetBucketNotification", "PutBucketNotification"}
# Browsers' forms, and what MinIO has beyond S3.
BEYOND_THE_MODEL = {"ForceDeleteBucket", "ForceDeleteObject", "GetBucketReplicationMetrics", "ListenBucketNotification",
                    "ListenNotification", "PostObject"}
MODEL = botocore.session.get_session().get_service_model("s3")
OTHERS = sorted(set(MODEL.operation_names) - operations.performed() - SYNONYMS)
KEY = "model/object"


def example(shape, name, bucket):
    """A value for a member: the bucket and key of the test, and for everything else the least that is something."""
    if name in ("Bucket", "Key"):
        return bucket if name == "Bucket" else KEY
    match shape.type_name:
        case "structure":
            return {member: example(shape.members[member], member, bucket) for member in shape.required_members}
        case "list":
            return [example(shape.member, "", bucket)]
        case "map":
            return {"name": "value"}
        case "string":
            return shape.enum[0] if shape.enum else "value"
        case "integer" | "long" | "float" | "double":
            return 1
        case "boolean":
            return True
        case "timestamp":
            return 0
        case "blob":
            return b"bytes"
    raise AssertionError(shape)


@pytest.fixture(scope="module")
def client(http):
    return botocore.session.get_session().create_client(
        "s3", region_name="us-east-1", endpoint_url=http.endpoint, aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=Config(
            parameter_validation=False, inject_host_prefix=False, retries={"total_max_attempts": 1},
            s3={"addressing_style": "path"}, read_timeout=10))


@pytest.fixture(scope="module")
def bucket(http):
    name = http.bucket()
    http.s3().put_object(Bucket=name, Key=KEY, Body=b"content", Metadata={"a": "b"}, ContentType="text/x-model")
    http.s3().put_object(Bucket=name, Key="other", Body=b"other")
    http.s3().put_bucket_encryption(
        Bucket=name, ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]})
    return name


def state(http, bucket):
    """All that there is of the bucket, as clients see it."""
    s3 = http.s3()
    found = s3.get_object(Bucket=bucket, Key=KEY)
    listing = s3.list_objects_v2(Bucket=bucket)["Contents"]
    return (
        found["Body"].read(), found["ETag"], found["LastModified"], found["Metadata"], found["ContentType"],
        [(entry["Key"], entry["ETag"], entry["Size"]) for entry in listing],
        s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"])


def test_the_model_has_what_is_performed():
    assert operations.performed() - BEYOND_THE_MODEL <= set(MODEL.operation_names)


@pytest.mark.parametrize("operation", OTHERS)
def test_an_operation_that_is_not_performed_touches_nothing(http, client, bucket, operation):
    before = state(http, bucket)
    shape = MODEL.operation_model(operation).input_shape
    parameters = {} if shape is None else {
        name: example(member, name, bucket) for name, member in shape.members.items() if name in shape.required_members}
    try:
        client._make_api_call(operation, parameters)
        refusal = None
    except ClientError as error:
        refusal = error.response["ResponseMetadata"]["HTTPStatusCode"]
    except HTTPClientError as error:
        refusal = str(error)
    assert state(http, bucket) == before
    assert refusal in (400, 403, 404, 405, 501), refusal


# A presigned URL carries headers in its query. They decide what the request is before anything else does.

@pytest.mark.parametrize("headers", (
    {"CopySource": "{bucket}/other"}, {"CopySource": "{bucket}/other", "MetadataDirective": "REPLACE"}),
    ids=("copy", "copy-with-new-metadata"))
def test_a_copy_presigned_with_version_2_is_not_taken_for_an_upload(http, bucket, headers):
    before = state(http, bucket)
    parameters = {name: value.format(bucket=bucket) for name, value in headers.items()}
    url = http.s3(signature_version="s3").generate_presigned_url(
        "copy_object", {"Bucket": bucket, "Key": "copied", **parameters})
    assert "x-amz-copy-source" in url
    assert requests.put(url, timeout=10).status_code == 200
    assert http.call("GET", f"/{bucket}/copied").body == b"other"
    assert http.call("DELETE", f"/{bucket}/copied").status == 204
    assert state(http, bucket) == before


@pytest.mark.parametrize("query, status", (("x-amz-copy-source=%2F{bucket}%2Fother", 200), ("x-amz-write-offset-bytes=7", 501)),
                         ids=("copy", "append"))
def test_headers_in_a_query_signed_with_version_4_decide_too(http, bucket, query, status):
    before = state(http, bucket)
    target = f"/{bucket}/copied?" + query.format(bucket=bucket)
    presigned = signing.presign_v4("PUT", target, host=http.host, access_key=ACCESS_KEY, secret=SECRET_KEY)
    for ask in (lambda: wire.request(http, "PUT", presigned), lambda: http.call("PUT", target)):
        answer = ask()
        assert answer.status == status, answer
        assert http.call("GET", f"/{bucket}/copied").body == b"other" or status != 200
        http.call("DELETE", f"/{bucket}/copied")
    assert state(http, bucket) == before


def test_encryption_in_the_query_of_a_presigned_upload_is_done(http, bucket):
    target = signing.presign_v4(
        "PUT", f"/{bucket}/queried?x-amz-server-side-encryption=AES256&x-amz-meta-a=1", host=http.host,
        access_key=ACCESS_KEY, secret=SECRET_KEY)
    assert wire.request(http, "PUT", target, body=b"content").headers["x-amz-server-side-encryption"] == "AES256"
    assert http.call("HEAD", f"/{bucket}/queried").headers["x-amz-meta-a"] == "1"
    assert http.call("DELETE", f"/{bucket}/queried").status == 204
