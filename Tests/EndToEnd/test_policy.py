"""Bucket policies as boto3 and plain HTTP meet them: without a signature, presigned, over TLS, after a crash."""

import json

import botocore
import pytest
import requests
from botocore.exceptions import ClientError

from server import Server


def statement(action, resource, **more):
    return {"Effect": "Allow", "Principal": {"AWS": ["*"]}, "Action": action,
            "Resource": [f"arn:aws:s3:::{name}" for name in resource], **more}


def put(server, bucket, *statements):
    policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
    server.s3().put_bucket_policy(Bucket=bucket, Policy=policy)
    return policy


def anonymous(server):
    return server.s3(signature_version=botocore.UNSIGNED)


def code(call, **arguments):
    with pytest.raises(ClientError) as refused:
        call(**arguments)
    return refused.value.response["Error"]["Code"]


def test_what_mc_puts_for_anonymous_downloads_and_uploads(server):
    """The documents of `mc anonymous set download|upload|public`; mc compares what it gets with what it has put."""
    bucket, owner, nobody = server.bucket(), server.s3(), anonymous(server)
    owner.put_object(Bucket=bucket, Key="open/a", Body=b"bytes")
    owner.put_object(Bucket=bucket, Key="closed", Body=b"bytes")
    download = [statement(["s3:GetBucketLocation"], [bucket], Sid=""),
                statement(["s3:ListBucket"], [bucket], Sid="", Condition={"StringEquals": {"s3:prefix": ["open/"]}}),
                statement(["s3:GetObject"], [f"{bucket}/open/*"], Sid="")]
    policy = put(server, bucket, *download)
    assert owner.get_bucket_policy(Bucket=bucket)["Policy"] == policy
    assert nobody.get_object(Bucket=bucket, Key="open/a")["Body"].read() == b"bytes"
    assert [item["Key"] for item in nobody.list_objects_v2(Bucket=bucket, Prefix="open/")["Contents"]] == ["open/a"]
    assert code(nobody.list_objects_v2, Bucket=bucket) == "AccessDenied"
    assert code(nobody.get_object, Bucket=bucket, Key="closed") == "AccessDenied"
    assert code(nobody.put_object, Bucket=bucket, Key="open/b", Body=b"x") == "AccessDenied"

    upload = statement(["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:ListMultipartUploadParts", "s3:PutObject"],
                       [f"{bucket}/*"], Sid="")
    put(server, bucket, *download, upload)
    nobody.put_object(Bucket=bucket, Key="open/b", Body=b"x")
    begun = nobody.create_multipart_upload(Bucket=bucket, Key="open/c")["UploadId"]
    part = nobody.upload_part(Bucket=bucket, Key="open/c", UploadId=begun, PartNumber=1, Body=b"part")
    assert len(nobody.list_parts(Bucket=bucket, Key="open/c", UploadId=begun)["Parts"]) == 1
    nobody.complete_multipart_upload(Bucket=bucket, Key="open/c", UploadId=begun, MultipartUpload={
        "Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
    assert nobody.get_object(Bucket=bucket, Key="open/c")["Body"].read() == b"part"
    deleted = nobody.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "open/b"}, {"Key": "open/c"}]})
    assert len(deleted["Deleted"]) == 2 and "Errors" not in deleted
    owner.delete_bucket_policy(Bucket=bucket)
    assert code(owner.get_bucket_policy, Bucket=bucket) == "NoSuchBucketPolicy"
    assert code(nobody.get_object, Bucket=bucket, Key="open/a") == "AccessDenied"


@pytest.mark.parametrize("condition, presigned, header", (
    ({"StringEquals": {"s3:authType": "REST-QUERY-STRING"}}, 403, 200),
    ({"StringEquals": {"s3:signatureversion": "AWS4-HMAC-SHA256"}}, 403, 403),
    ({"NumericGreaterThan": {"s3:signatureAge": "600000"}}, 200, 200),
    ({"StringEquals": {"s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD"}}, 403, 200),
    ({"IpAddress": {"aws:SourceIp": ["127.0.0.0/8", "::1"]}}, 403, 403),
    ({"NotIpAddress": {"aws:SourceIp": ["127.0.0.0/8", "::1"]}}, 200, 200),
    ({"StringLike": {"aws:UserAgent": "python-requests/*"}}, 403, 200),
))
def test_root_is_refused_by_how_it_signs_and_whence_it_comes(http, condition, presigned, header):
    bucket = http.bucket()
    s3 = http.s3()
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    put(http, bucket, {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject",
                       "Resource": f"arn:aws:s3:::{bucket}/*", "Condition": condition})
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    assert requests.get(url).status_code == presigned
    try:
        assert s3.get_object(Bucket=bucket, Key="k")["ResponseMetadata"]["HTTPStatusCode"] == header
    except ClientError as refused:
        assert refused.response["ResponseMetadata"]["HTTPStatusCode"] == header


def test_what_came_over_tls_is_told_apart(http, https):
    for server, secure in ((http, False), (https, True)):
        bucket, nobody = server.bucket(), anonymous(server)
        server.s3().put_object(Bucket=bucket, Key="k", Body=b"x")
        allow = statement("s3:GetObject", [f"{bucket}/*"])
        put(server, bucket, allow, {**allow, "Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}})
        if not secure:
            assert code(nobody.get_object, Bucket=bucket, Key="k") == "AccessDenied"
            continue
        assert nobody.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
        for least, expected in (("1.2", 200), ("1.4", 403)):
            put(server, bucket, allow, {
                **allow, "Effect": "Deny", "Condition": {"NumericLessThan": {"s3:TlsVersion": least}}})
            assert requests.get(f"{server.endpoint}/{bucket}/k", verify=server.authority).status_code == expected


def test_a_policy_survives_a_crash_and_is_sealed(tmp_path):
    with Server(tmp_path) as server:
        bucket = server.bucket()
        server.s3().put_object(Bucket=bucket, Key="k", Body=b"x")
        server.secrets.append("word-of-the-policy")
        put(server, bucket, statement("s3:GetObject", [f"{bucket}/*"], Sid="word-of-the-policy"))
        server.s3().put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
        server.kill()
        server.start()
        assert anonymous(server).get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
        block = server.s3().get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        assert block["BlockPublicAcls"] is True and block["RestrictPublicBuckets"] is False
        for file in tmp_path.rglob("*"):
            assert not file.is_file() or b"word-of-the-policy" not in file.read_bytes()
