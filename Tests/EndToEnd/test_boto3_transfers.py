"""boto3 beyond single calls: streams, managed copies, a paginator for every listing, waiters that wait."""

import os
import threading
import time

import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError, WaiterError

from payloads import MIB, payload
from server import DEFAULT_KEY

SMALL_PARTS = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB, max_concurrency=4)
FAST = {"Delay": 1, "MaxAttempts": 20}
KEYS = sorted(["a", "a/1", "a/2 +%41", "b&<>", "dir/deep/ü", "dir/other", "z" * 300, "ä\u200b"], key=str.encode)


class Pipe:
    """A stream that can only be read, as from a compressor; one that gives less than is asked for ends an upload."""

    def __init__(self, data):
        self.data, self.offset = data, 0

    def read(self, count=-1):
        count = len(self.data) if count is None or count < 0 else count
        piece = self.data[self.offset:self.offset + count]
        self.offset += len(piece)
        return piece


def read(s3, bucket, key, **options):
    return s3.get_object(Bucket=bucket, Key=key, **options)["Body"].read()


@pytest.mark.parametrize("size", (0, 1, 5 * MIB, 13 * MIB + 5))
def test_a_stream_that_cannot_go_back_is_uploaded(server, size):
    s3, bucket, data = server.s3(), server.bucket(), payload(size)
    s3.upload_fileobj(Pipe(data), bucket, "k", ExtraArgs={"Metadata": {"a": "b"}, "ChecksumAlgorithm": "SHA256"},
                      Config=SMALL_PARTS)
    assert read(s3, bucket, "k") == data
    assert s3.head_object(Bucket=bucket, Key="k")["Metadata"] == {"a": "b"}
    seen = []
    with open(os.devnull, "wb") as target:
        s3.download_fileobj(bucket, "k", target, Config=SMALL_PARTS, Callback=seen.append)
    assert sum(seen) == size


def test_a_managed_copy_takes_the_version_it_was_told(server):
    """Above the threshold it copies in parts, each conditioned on the ETag of the version that it looked at."""
    s3, bucket, other = server.s3(), server.bucket(), server.bucket()
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    versions = {}
    for seed in (1, 2):
        data = payload(11 * MIB, seed)
        put = s3.put_object(Bucket=bucket, Key="ü +%41", Body=data, Tagging="a=b", Metadata={"seed": str(seed)})
        versions[put["VersionId"]] = data
    for number, (version, data) in enumerate(versions.items()):
        source = {"Bucket": bucket, "Key": "ü +%41", "VersionId": version}
        s3.copy(source, other, f"parts {number}", ExtraArgs={"ServerSideEncryption": "aws:kms"}, Config=SMALL_PARTS)
        s3.copy(source, other, f"whole {number}", Config=TransferConfig(multipart_threshold=64 * MIB))
        for key in (f"parts {number}", f"whole {number}"):
            assert read(s3, other, key) == data
        head = s3.head_object(Bucket=other, Key=f"parts {number}")
        assert (head["SSEKMSKeyId"], head["PartsCount"] if "PartsCount" in head else 3) == (DEFAULT_KEY, 3)
        assert s3.head_object(Bucket=other, Key=f"whole {number}")["Metadata"] == {"seed": str(number + 1)}
        assert s3.get_object_tagging(Bucket=other, Key=f"whole {number}")["TagSet"] == [{"Key": "a", "Value": "b"}]


def pages(s3, operation, page_size, **arguments):
    found = list(s3.get_paginator(operation).paginate(PaginationConfig={"PageSize": page_size}, **arguments))
    assert len(found) > 1
    return found


@pytest.mark.parametrize("operation", ("list_objects", "list_objects_v2"))
def test_pages_of_objects_are_the_whole(http, operation):
    s3, bucket = http.s3(), http.bucket()
    for key in KEYS:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    for size in (1, 2, 3):
        found = pages(s3, operation, size, Bucket=bucket)
        assert [item["Key"] for page in found for item in page.get("Contents", ())] == KEYS
        folded = pages(s3, operation, size, Bucket=bucket, Delimiter="/")
        seen = [item["Key"] for page in folded for item in page.get("Contents", ())]
        prefixes = [item["Prefix"] for page in folded for item in page.get("CommonPrefixes", ())]
        assert seen == [key for key in KEYS if "/" not in key] and prefixes == ["a/", "dir/"]


def test_pages_of_versions_are_the_whole(http):
    s3, bucket = http.s3(), http.bucket()
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    made = []
    for key in KEYS[:4]:
        made.append((key, s3.delete_object(Bucket=bucket, Key=key)["VersionId"]))
        made += [(key, s3.put_object(Bucket=bucket, Key=key, Body=b"x")["VersionId"]) for _ in range(2)]
    for size in (1, 2, 5):
        found = pages(s3, "list_object_versions", size, Bucket=bucket)
        listed = [(item["Key"], item["VersionId"]) for page in found
                  for kind in ("Versions", "DeleteMarkers") for item in page.get(kind, ())]
        assert len(listed) == len(made) and set(listed) == set(made)
        latest = [item for page in found for item in page.get("Versions", ()) if item["IsLatest"]]
        assert [item["Key"] for item in latest] == KEYS[:4]


def test_pages_of_uploads_and_parts_are_the_whole(http):
    s3, bucket = http.s3(), http.bucket()
    uploads = [(key, s3.create_multipart_upload(Bucket=bucket, Key=key)["UploadId"]) for key in (*KEYS, KEYS[0], KEYS[0])]
    for size in (1, 2, 4):
        found = pages(s3, "list_multipart_uploads", size, Bucket=bucket)
        listed = [(item["Key"], item["UploadId"]) for page in found for item in page.get("Uploads", ())]
        assert len(listed) == len(uploads) and set(listed) == set(uploads)
        assert [key for key, _ in listed] == sorted((key for key, _ in uploads), key=str.encode)
    key, upload = uploads[0]
    numbers = (1, 2, 9, 10, 9999, 10_000)
    for number in numbers:
        s3.upload_part(Bucket=bucket, Key=key, UploadId=upload, PartNumber=number, Body=bytes(number))
    for size in (1, 4):
        found = pages(s3, "list_parts", size, Bucket=bucket, Key=key, UploadId=upload)
        assert [(item["PartNumber"], item["Size"]) for page in found for item in page.get("Parts", ())] == [
            (number, number) for number in numbers]


def test_pages_of_buckets_are_the_whole(fresh_server):
    with fresh_server() as server:
        s3 = server.s3()
        names = [server.bucket(f"paged-{number}") for number in range(5)]
        for size in (1, 2):
            found = pages(s3, "list_buckets", size)
            assert [item["Name"] for page in found for item in page.get("Buckets", ())] == names
        found = pages(s3, "list_buckets", 1, Prefix="paged-")
        assert len([item for page in found for item in page["Buckets"]]) == 5


def test_waiters_see_what_another_client_does(server):
    s3, name = server.s3(), f"waited-{os.urandom(4).hex()}"
    failures = []

    def later():
        try:
            for call, arguments in ((s3.create_bucket, {}), (s3.put_object, {"Key": "k", "Body": b"x"}),
                                    (s3.delete_object, {"Key": "k"}), (s3.delete_bucket, {})):
                time.sleep(0.3)
                turn.acquire()
                call(Bucket=name, **arguments)
        except ClientError as error:
            failures.append(error)

    turn = threading.Semaphore(0)
    thread = threading.Thread(target=later)
    thread.start()
    for waiter, arguments in (("bucket_exists", {}), ("object_exists", {"Key": "k"}), ("object_not_exists", {"Key": "k"}),
                              ("bucket_not_exists", {})):
        turn.release()
        s3.get_waiter(waiter).wait(Bucket=name, WaiterConfig=FAST, **arguments)
    thread.join()
    assert failures == []
    with pytest.raises(WaiterError):
        s3.get_waiter("bucket_exists").wait(Bucket=name, WaiterConfig={"Delay": 0, "MaxAttempts": 2})
