"""boto3: the SDK's own transfer code for big files, its resources, paginators, waiters and presigned addresses."""

import io

import pytest
import requests
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from contract import Client, ClientContract
from payloads import CUSTOMER_KEY, KEY_ID, MIB, SSE, SSE_C, SSE_KMS, SSE_S3, context, payload
from server import DEFAULT_KEY


def arguments(encryption):
    """An encryption as the keyword arguments that boto3 has for it."""
    if encryption is SSE_C:
        return {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": CUSTOMER_KEY.raw}
    names = {SSE: "ServerSideEncryption", KEY_ID: "SSEKMSKeyId"}
    return {names[name]: value for name, value in encryption.request.items()}


def read_arguments(encryption):
    return arguments(encryption) if encryption is SSE_C else {}


class Boto3(Client):
    @property
    def s3(self):
        return self.server.s3()

    def make_bucket(self, bucket):
        self.s3.create_bucket(Bucket=bucket)
        self.s3.get_waiter("bucket_exists").wait(Bucket=bucket)

    def upload(self, bucket, files, encryption):
        for key, path in files.items():
            self.s3.upload_file(str(path), bucket, key, ExtraArgs=arguments(encryption))

    def list(self, bucket):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return {item["Key"]: item["Size"] for page in pages for item in page.get("Contents", [])}

    def read_range(self, bucket, key, first, last, encryption):
        answer = self.s3.get_object(
            Bucket=bucket, Key=key, Range=f"bytes={first}-{last}", **read_arguments(encryption))
        return answer["Body"].read()

    def download(self, bucket, keys, directory, encryption):
        for key in keys:
            self.s3.download_file(
                bucket, key, str(directory / key.rpartition("/")[2]), ExtraArgs=read_arguments(encryption))

    def delete(self, bucket, keys):
        answer = self.s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys]})
        assert sorted(item["Key"] for item in answer["Deleted"]) == sorted(keys)
        assert "Errors" not in answer

    def set_default(self, bucket, encryption):
        rule = {"SSEAlgorithm": encryption.request[SSE]}
        if KEY_ID in encryption.request:
            rule["KMSMasterKeyID"] = encryption.request[KEY_ID]
        self.s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": rule}]})


class TestBoto3(ClientContract):
    client = Boto3


def test_buckets_are_made_listed_and_removed(server):
    s3 = server.s3()
    names = [server.bucket() for _ in range(3)]
    listed = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert [name for name in listed if name in names] == sorted(names)
    s3.put_object(Bucket=names[0], Key="k", Body=b"x")
    with pytest.raises(ClientError, match="BucketNotEmpty"):
        s3.delete_bucket(Bucket=names[0])
    s3.delete_object(Bucket=names[0], Key="k")
    for name in names:
        s3.delete_bucket(Bucket=name)
        s3.get_waiter("bucket_not_exists").wait(Bucket=name)
    with pytest.raises(ClientError) as raised:
        s3.head_bucket(Bucket=names[0])
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_making_a_bucket_twice_is_a_conflict(server):
    name = server.bucket()
    with pytest.raises(ClientError) as raised:
        server.s3().create_bucket(Bucket=name)
    assert raised.value.response["Error"]["Code"] == "BucketAlreadyOwnedByYou"
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409


def test_metadata_and_content_headers_come_back(server):
    s3, bucket = server.s3(), server.bucket()
    stored = {"ContentType": "text/x-example", "CacheControl": "max-age=5", "ContentDisposition": 'attachment; filename="a"',
              "ContentEncoding": "identity", "ContentLanguage": "de"}
    s3.put_object(Bucket=bucket, Key="k", Body=b"x", Metadata={"one": "1", "two-words": "a b"}, **stored)
    for answer in (s3.head_object(Bucket=bucket, Key="k"), s3.get_object(Bucket=bucket, Key="k")):
        assert answer["Metadata"] == {"one": "1", "two-words": "a b"}
        for name, value in stored.items():
            assert answer[name] == value, name


def test_an_object_without_a_content_type_is_a_binary_one(server):
    bucket = server.bucket()
    server.call("PUT", f"/{bucket}/k", body=b"x")
    assert server.s3().head_object(Bucket=bucket, Key="k")["ContentType"] == "binary/octet-stream"


@pytest.mark.parametrize("algorithm", ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"))
def test_checksums_are_verified_stored_and_returned(server, algorithm):
    s3, bucket = server.s3(), server.bucket()
    put = s3.put_object(Bucket=bucket, Key="k", Body=payload(100_000), ChecksumAlgorithm=algorithm)
    name = f"Checksum{algorithm}"
    assert put[name]
    got = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert got["Body"].read() == payload(100_000)
    assert got[name] == put[name]
    assert s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")[name] == put[name]


def test_a_stream_of_unknown_length_becomes_a_multipart_upload(server):
    s3, bucket = server.s3(), server.bucket()
    data = payload(11 * MIB + 17)
    s3.upload_fileobj(io.BytesIO(data), bucket, "k", Config=TransferConfig(multipart_threshold=5 * MIB, max_concurrency=4,
                                                                          multipart_chunksize=5 * MIB))
    assert s3.head_object(Bucket=bucket, Key="k")["ETag"].endswith('-3"')
    target = io.BytesIO()
    s3.download_fileobj(bucket, "k", target, Config=TransferConfig(multipart_threshold=MIB, multipart_chunksize=MIB))
    assert target.getvalue() == data


@pytest.mark.parametrize("version", ("s3v4", "s3"))
def test_presigned_addresses_work_in_both_signature_versions(server, version):
    s3, bucket = server.s3(signature_version=version), server.bucket()
    put = s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "a key"}, ExpiresIn=60)
    assert ("X-Amz-Signature" in put) == (version == "s3v4")
    assert requests.put(put, data=b"presigned", verify=server.authority, timeout=30).status_code == 200
    get = s3.generate_presigned_url(
        "get_object", {"Bucket": bucket, "Key": "a key", "ResponseContentType": "text/x-replaced"}, ExpiresIn=60)
    answer = requests.get(get, verify=server.authority, timeout=30)
    assert (answer.status_code, answer.content) == (200, b"presigned")
    assert answer.headers["content-type"] == "text/x-replaced"
    assert requests.get(get[:-1] + ("0" if get[-1] != "0" else "1"), verify=server.authority,
                        timeout=30).status_code == 403


def test_a_presigned_put_with_encryption_needs_the_header_that_was_signed(server):
    s3, bucket = server.s3(), server.bucket()
    put = s3.generate_presigned_url(
        "put_object", {"Bucket": bucket, "Key": "k", "ServerSideEncryption": "aws:kms"}, ExpiresIn=60)
    assert requests.put(put, data=b"x", verify=server.authority, timeout=30).status_code in (400, 403)
    assert requests.put(put, data=b"x", headers={SSE: "aws:kms"}, verify=server.authority, timeout=30).status_code == 200
    assert s3.head_object(Bucket=bucket, Key="k")["SSEKMSKeyId"] == DEFAULT_KEY


def test_an_encryption_context_is_echoed(server):
    s3, bucket = server.s3(), server.bucket()
    given = context({"purpose": "test", "other": "<&>"})
    put = s3.put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSEncryptionContext=given)
    assert put["SSEKMSEncryptionContext"]
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"


def test_the_answers_of_a_multipart_upload_show_its_encryption(server):
    s3, bucket = server.s3(), server.bucket()
    for encryption in (SSE_S3, SSE_KMS):
        upload = s3.create_multipart_upload(Bucket=bucket, Key="k", **arguments(encryption))
        part = s3.upload_part(Bucket=bucket, Key="k", UploadId=upload["UploadId"], PartNumber=1, Body=b"part")
        done = s3.complete_multipart_upload(
            Bucket=bucket, Key="k", UploadId=upload["UploadId"],
            MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]})
        for answer in (upload, part, done):
            assert answer["ServerSideEncryption"] == encryption.request[SSE]
            assert answer.get("SSEKMSKeyId") == encryption.request.get(KEY_ID)


def test_the_bucket_location_is_empty_without_a_region(server):
    bucket = server.bucket()
    assert server.s3().get_bucket_location(Bucket=bucket)["LocationConstraint"] is None
