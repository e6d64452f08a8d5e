"""Annotations with boto3: named payloads of an object's version, which come and go with it."""

import pytest
from botocore.exceptions import ClientError

from drive import OpenDrive
from server import DEFAULT_KEY
from storm import assert_clean


def refusal(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["ResponseMetadata"]["HTTPStatusCode"], caught.value.response["Error"]["Code"]


def test_annotations_are_put_listed_copied_and_removed(http):
    s3, bucket = http.s3(), http.bucket()
    s3.put_object(Bucket=bucket, Key="k", Body=b"content")
    of = {"Bucket": bucket, "Key": "k"}
    long = "é" * 400_000
    for name, payload in (("summary", "short"), ("transcript", long), ("ümläut/#+ &", "other")):
        put = s3.put_object_annotation(**of, AnnotationName=name, AnnotationPayload=payload.encode())
        assert (put["Key"], put["AnnotationName"], put["ServerSideEncryption"]) == ("k", name, "AES256")
        got = s3.get_object_annotation(**of, AnnotationName=name, ChecksumMode="ENABLED")
        assert got["AnnotationPayload"].read().decode() == payload
        assert got["ETag"] == put["ETag"]
    listed = s3.list_object_annotations(**of)
    assert [entry["AnnotationName"] for entry in listed["Annotations"]] == ["summary", "transcript", "ümläut/#+ &"]
    assert [entry["Size"] for entry in listed["Annotations"]] == [5, 800_000, 5]
    assert listed["AnnotationCount"] == 3
    page = s3.list_object_annotations(**of, MaxAnnotationResults=2)
    rest = s3.list_object_annotations(**of, ContinuationToken=page["NextContinuationToken"])
    assert [entry["AnnotationName"] for entry in rest["Annotations"]] == ["ümläut/#+ &"]
    assert [entry["Key"] for entry in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["k"]

    s3.copy_object(Bucket=bucket, Key="copy", CopySource=of)
    s3.copy_object(Bucket=bucket, Key="bare", CopySource=of, AnnotationDirective="EXCLUDE")
    got = s3.get_object_annotation(Bucket=bucket, Key="copy", AnnotationName="transcript")
    assert got["AnnotationPayload"].read().decode() == long
    assert not s3.list_object_annotations(Bucket=bucket, Key="bare").get("Annotations")

    etag = s3.head_object(**of)["ETag"]
    name = {"AnnotationName": "summary"}
    assert refusal(s3.delete_object_annotation, **of, **name, ObjectIfMatch='"0"') == (412, "PreconditionFailed")
    s3.delete_object_annotation(**of, **name, ObjectIfMatch=etag)
    assert refusal(s3.get_object_annotation, **of, **name) == (404, "NoSuchAnnotation")
    assert refusal(s3.put_object_annotation, **of, **name, AnnotationPayload=b"\xff") == (415, "UnsupportedMediaType")
    assert refusal(s3.put_object_annotation, **of, AnnotationName="aws-x", AnnotationPayload=b"x")[1] == (
        "InvalidAnnotationName")


def test_annotations_survive_a_kill_and_are_not_readable_on_the_drive(fresh_server):
    server = fresh_server()
    server.start()
    s3, bucket = server.s3(), server.bucket()
    of = {"Bucket": bucket, "Key": "k"}
    s3.put_object(**of, Body=b"content", ServerSideEncryption="aws:kms:dsse")
    payloads = {"secret-name-a": b"secret-text" * 10, "secret-name-b": b"secret-text" * 50_000}
    for name, payload in payloads.items():
        s3.put_object_annotation(**of, AnnotationName=name, AnnotationPayload=payload)
    server.kill()
    for path in server.drive.rglob("*"):
        assert not path.is_file() or b"secret-" not in path.read_bytes(), path
    server.start()
    s3 = server.s3()
    for name, payload in payloads.items():
        got = s3.get_object_annotation(**of, AnnotationName=name)
        assert got["AnnotationPayload"].read() == payload
        assert got["ServerSideEncryption"] == "aws:kms:dsse"
    s3.delete_object(**of)
    server.kill()
    server.start()
    s3 = server.s3()
    s3.put_object(**of, Body=b"another")
    assert not s3.list_object_annotations(**of).get("Annotations")
    s3.delete_object(**of)
    s3.delete_bucket(Bucket=bucket)


@pytest.mark.parametrize("versioned", (False, True), ids=("plain", "versioned"))
def test_annotations_go_with_an_object_that_is_renamed_or_gets_another_key(fresh_server, versioned):
    server = fresh_server()
    server.start()
    s3, bucket = server.s3(), server.bucket()
    if versioned:
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    payloads = {"short": b"s", "long": b"secret-text" * 50_000}
    for key, encryption in (("one", {}), ("two", {"ServerSideEncryption": "aws:kms"})):
        first = s3.put_object(Bucket=bucket, Key=key, Body=b"content" * 10_000, **encryption)
        for name, payload in payloads.items():
            s3.put_object_annotation(Bucket=bucket, Key=key, AnnotationName=name, AnnotationPayload=payload)
        s3.rename_object(Bucket=bucket, Key=f"{key}/renamed", RenameSource=f"/{key}")
        s3.update_object_encryption(Bucket=bucket, Key=f"{key}/renamed", ObjectEncryption={
            "SSEKMS": {"KMSKeyArn": f"arn:aws:kms:{DEFAULT_KEY}"}})
        server.kill()
        server.start()
        s3 = server.s3()
        renamed = {"Bucket": bucket, "Key": f"{key}/renamed"}
        got = s3.get_object(**renamed)
        assert (got["Body"].read(), got["ServerSideEncryption"]) == (b"content" * 10_000, "aws:kms")
        for name, payload in payloads.items():
            annotation = s3.get_object_annotation(**renamed, AnnotationName=name)
            assert (annotation["AnnotationPayload"].read(), annotation["ServerSideEncryption"]) == (payload, "aws:kms")
        assert refusal(s3.get_object, Bucket=bucket, Key=key) == (404, "NoSuchKey")
        if versioned:
            former = {"Bucket": bucket, "Key": key, "VersionId": first["VersionId"]}
            assert s3.get_object(**former)["Body"].read() == b"content" * 10_000
            assert s3.get_object_annotation(**former, AnnotationName="long")["AnnotationPayload"].read() == payloads["long"]
    assert_clean(server)
    # Who has the keyring reads them without the server, and nobody else does.
    opened = OpenDrive(server.drive, server.keyring)
    for key in ("one/renamed", "two/renamed"):
        assert opened.plaintext(key) == b"content" * 10_000
    for path in server.drive.rglob("*"):
        assert not path.is_file() or b"secret-" not in path.read_bytes(), path
