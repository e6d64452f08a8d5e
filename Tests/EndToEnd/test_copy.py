"""Copies and renamings as real clients ask for them, and what the drive has of them after a restart."""

import hashlib

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from drive import Drive
from payloads import CUSTOMER_KEY, MIB, payload
from server import DEFAULT_KEY
from storm import assert_clean

KMS = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": DEFAULT_KEY}
CUSTOMER = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": CUSTOMER_KEY.raw}
CUSTOMERS_SOURCE = {f"CopySource{name}": value for name, value in CUSTOMER.items()}


def read(s3, bucket, key, **options):
    return s3.get_object(Bucket=bucket, Key=key, **options)["Body"].read()


def test_boto3_copies_small_objects_at_once_and_long_ones_in_parts(server):
    s3, bucket, other = server.s3(), server.bucket(), server.bucket()
    data = payload(19 * MIB + 7)
    s3.put_object(Bucket=bucket, Key="ä source+", Body=data, Metadata={"a": "b"}, ContentType="text/x")
    source = {"Bucket": bucket, "Key": "ä source+"}
    s3.copy(source, other, "whole", Config=TransferConfig(multipart_threshold=64 * MIB))
    s3.copy(source, other, "parts", Config=TransferConfig(multipart_threshold=8 * MIB, multipart_chunksize=8 * MIB))
    s3.delete_object(**source)
    for key in ("whole", "parts"):
        assert read(s3, other, key) == data
    head = s3.head_object(Bucket=other, Key="whole")
    assert (head["ContentLength"], head["ContentType"], head["Metadata"]) == (len(data), "text/x", {"a": "b"})
    assert s3.head_object(Bucket=other, Key="parts")["ETag"].endswith('-3"')


def test_boto3_copies_between_encryptions(https):
    s3, bucket = https.s3(), https.bucket()
    data = payload(3 * MIB)
    s3.put_object(Bucket=bucket, Key="plain", Body=data)
    source = {"Bucket": bucket, "Key": "plain"}
    s3.copy_object(Bucket=bucket, Key="kms", CopySource=source, **KMS)
    answer = s3.copy_object(Bucket=bucket, Key="customer", CopySource={"Bucket": bucket, "Key": "kms"}, **CUSTOMER)
    assert answer["SSECustomerAlgorithm"] == "AES256"
    back = s3.copy_object(Bucket=bucket, Key="back", CopySource={"Bucket": bucket, "Key": "customer"}, **CUSTOMERS_SOURCE)
    assert back["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'
    assert read(s3, bucket, "kms") == read(s3, bucket, "back") == read(s3, bucket, "customer", **CUSTOMER) == data
    with pytest.raises(ClientError, match="InvalidRequest"):
        s3.copy_object(Bucket=bucket, Key="back", CopySource={"Bucket": bucket, "Key": "customer"})
    assert read(s3, bucket, "back") == data


def test_boto3_renames_and_gives_objects_another_key(server):
    s3, bucket = server.s3(), server.bucket()
    s3.put_object(Bucket=bucket, Key="old name", Body=payload(70_000), Metadata={"a": "b"})
    before = s3.head_object(Bucket=bucket, Key="old name")
    s3.rename_object(Bucket=bucket, Key="new/name", RenameSource="/old%20name", DestinationIfNoneMatch="*")
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.rename_object(Bucket=bucket, Key="other", RenameSource="/old%20name")
    key = {"KMSKeyArn": f"arn:aws:kms:{DEFAULT_KEY}"}
    s3.update_object_encryption(Bucket=bucket, Key="new/name", ObjectEncryption={"SSEKMS": key})
    after = s3.head_object(Bucket=bucket, Key="new/name")
    assert after["ServerSideEncryption"] == "aws:kms"
    for name in ("ETag", "LastModified", "Metadata", "ContentLength"):
        assert after[name] == before[name], name
    assert read(s3, bucket, "new/name") == payload(70_000)


def test_a_copy_under_the_same_key_costs_no_bytes_and_outlives_its_source(fresh_server):
    server = fresh_server()
    with server:
        s3, bucket, other = server.s3(), server.bucket(), server.bucket()
        data = payload(5 * MIB)
        s3.put_object(Bucket=bucket, Key="source", Body=data)
        upload = s3.create_multipart_upload(Bucket=bucket, Key="parts", **KMS)["UploadId"]
        parts = [{"PartNumber": number, "ETag": s3.upload_part_copy(
            Bucket=bucket, Key="parts", UploadId=upload, PartNumber=number,
            CopySource={"Bucket": bucket, "Key": "source"})["CopyPartResult"]["ETag"]} for number in (1, 2)]
        s3.complete_multipart_upload(Bucket=bucket, Key="parts", UploadId=upload, MultipartUpload={"Parts": parts})
        files = set(Drive(server.drive).blob_files())
        for number in range(20):
            s3.copy_object(Bucket=other, Key=f"copy-{number}", CopySource={"Bucket": bucket, "Key": "source"})
            s3.copy_object(Bucket=other, Key=f"parts-{number}", CopySource={"Bucket": bucket, "Key": "parts"}, **KMS)
        assert set(Drive(server.drive).blob_files()) == files
        for key in ("source", "parts"):
            s3.delete_object(Bucket=bucket, Key=key)
        server.process.kill()
        server.process.wait()
        server.start()
        s3 = server.s3()
        assert read(s3, other, "copy-7") == data
        assert read(s3, other, "parts-7") == data + data
        for number in range(19):
            s3.delete_object(Bucket=other, Key=f"copy-{number}")
            s3.delete_object(Bucket=other, Key=f"parts-{number}")
        assert_clean(server)
        server.start()
        assert read(server.s3(), other, "copy-19") == data
        assert read(server.s3(), other, "parts-19") == data + data


def test_a_long_object_is_encrypted_anew_in_little_memory(fresh_server):
    with fresh_server() as server:
        s3, bucket = server.s3(), server.bucket()
        s3.put_object(Bucket=bucket, Key="k-0", Body=payload(64 * MIB))
        server.restart()
        s3 = server.s3()
        before = server.peak_rss()
        for number in range(4):
            s3.copy_object(Bucket=bucket, Key=f"k-{number + 1}", CopySource={"Bucket": bucket, "Key": f"k-{number}"},
                           ServerSideEncryption="AES256" if number % 2 else "aws:kms")
        # Less than the object: about 20 MiB of buffers, whatever its size.
        assert server.peak_rss() - before < 48 * MIB
        assert read(s3, bucket, "k-4") == payload(64 * MIB)
