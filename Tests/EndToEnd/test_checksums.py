"""Checksums that boto3 computes with Amazon's own library: each algorithm as header (HTTP) and as trailer (HTTPS)."""

import os

import pytest

from payloads import MIB

# MD5, the tenth, boto3 does not compute.
ALGORITHMS = ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256", "SHA512", "XXHASH64", "XXHASH3", "XXHASH128")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("size", (0, 3, 300, 100_000, 2 * MIB))
def test_a_checksum_of_boto3_is_kept_and_proves_the_download(server, algorithm, size):
    s3, bucket, data = server.s3(), server.bucket(), os.urandom(size)
    put = s3.put_object(Bucket=bucket, Key="k", Body=data, ChecksumAlgorithm=algorithm)
    value = put[f"Checksum{algorithm}"]
    assert put["ChecksumType"] == "FULL_OBJECT"
    # The SDK computes it again of what it has read, and fails where the two differ.
    read = s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")
    assert read["Body"].read() == data and read[f"Checksum{algorithm}"] == value
    listed = s3.list_objects_v2(Bucket=bucket)["Contents"][0]
    assert (listed["ChecksumAlgorithm"], listed["ChecksumType"]) == ([algorithm], "FULL_OBJECT")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_parts_of_boto3_prove_the_object(https, algorithm):
    s3, bucket = https.s3(), https.bucket()
    parts = [os.urandom(5 * MIB), os.urandom(17)]
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k", ChecksumAlgorithm=algorithm)["UploadId"]
    name = f"Checksum{algorithm}"
    sent = []
    for number, part in enumerate(parts, 1):
        answer = s3.upload_part(
            Bucket=bucket, Key="k", UploadId=upload, PartNumber=number, Body=part, ChecksumAlgorithm=algorithm)
        sent.append({"PartNumber": number, "ETag": answer["ETag"], name: answer[name]})
    done = s3.complete_multipart_upload(Bucket=bucket, Key="k", UploadId=upload, MultipartUpload={"Parts": sent})
    full = algorithm == "CRC64NVME"
    assert done["ChecksumType"] == ("FULL_OBJECT" if full else "COMPOSITE")
    assert done[name].endswith("-2") != full
    for number, part in enumerate(parts, 1):
        read = s3.get_object(Bucket=bucket, Key="k", PartNumber=number, ChecksumMode="ENABLED")
        assert read["Body"].read() == part and read[name] == sent[number - 1][name]
