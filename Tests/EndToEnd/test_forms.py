"""Uploads from browsers' forms: boto3's presigned posts, and the fields that a browser sends around its file."""

import hashlib
import os
from http.client import HTTPConnection

import pytest
import requests

from payloads import MIB


def client(server, version):
    return server.s3(signature_version=version)


@pytest.mark.parametrize("version", ("s3", "s3v4"))
@pytest.mark.parametrize("size", (0, 5, 200_000, 9 * MIB))
def test_a_presigned_post_of_boto3_is_an_upload(server, version, size):
    s3, bucket = client(server, version), server.bucket()
    data = os.urandom(size)
    post = s3.generate_presigned_post(
        bucket, "up/${filename}", Fields={"Content-Type": "image/png", "success_action_status": "201"},
        Conditions=[{"Content-Type": "image/png"}, {"success_action_status": "201"}, ["content-length-range", 0, 9 * MIB],
                    ["starts-with", "$key", "up/"]])
    answer = requests.post(
        post["url"], data=post["fields"], files={"file": ("dir\\photo 1.png", data)}, verify=server.authority or True)
    assert answer.status_code == 201, answer.text
    assert "<Key>up/photo 1.png</Key>" in answer.text
    read = s3.get_object(Bucket=bucket, Key="up/photo 1.png")
    assert read["Body"].read() == data
    assert read["ContentType"] == "image/png"
    assert read["ETag"] == f'"{hashlib.md5(data).hexdigest()}"' == answer.headers["ETag"]


def test_a_file_that_is_too_long_is_refused_before_it_is_read_whole(server):
    s3, bucket = client(server, "s3v4"), server.bucket()
    post = s3.generate_presigned_post(bucket, "k", Conditions=[["content-length-range", 0, 10]])
    answer = requests.post(
        post["url"], data=post["fields"], files={"file": b"x" * 11}, verify=server.authority or True)
    assert answer.status_code == 400 and "<Code>EntityTooLarge</Code>" in answer.text
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def browser_form(fields, filename, data, behind):
    """As browsers write it: names and values as they are, the button's field behind the file."""
    boundary = "----WebKitFormBoundary" + os.urandom(8).hex()
    body = b""
    for name, value in fields.items():
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    body += f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{filename}"\r\n'.encode()
    body += b"Content-Type: application/octet-stream\r\n\r\n" + data + b"\r\n"
    for name, value in behind.items():
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
    return boundary, body + f"--{boundary}--\r\n".encode()


@pytest.mark.parametrize("size", (3, 131_072, 5 * MIB + 1))
def test_a_browser_is_sent_on_and_its_button_is_no_part_of_the_file(server, size):
    s3, bucket = client(server, "s3v4"), server.bucket()
    data = (b"\r\n------WebKit\r" * (size // 16 + 1))[:size]
    place = "http://elsewhere.test/done?from=form"
    post = s3.generate_presigned_post(
        bucket, "k", Fields={"success_action_redirect": place}, Conditions=[{"success_action_redirect": place}])
    boundary, body = browser_form(post["fields"], "ä.bin", data, {"submit": "Upload"})
    answer = requests.post(
        post["url"], data=body, headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
        allow_redirects=False, verify=server.authority or True)
    assert answer.status_code == 303, answer.text
    etag = hashlib.md5(data).hexdigest()
    assert answer.headers["Location"] == f"{place}&bucket={bucket}&key=k&etag=%22{etag}%22"
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == data


def test_nobody_may_post_without_a_signature(server):
    bucket = server.bucket()
    answer = requests.post(
        f"{server.endpoint}/{bucket}", data={"key": "k"}, files={"file": b"x"}, verify=server.authority or True)
    assert answer.status_code == 403 and "<Code>AccessDenied</Code>" in answer.text
    assert server.s3().list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_client_that_goes_away_in_its_file_leaves_nothing(http):
    s3, bucket = client(http, "s3v4"), http.bucket()
    post = s3.generate_presigned_post(bucket, "k")
    boundary, body = browser_form(post["fields"], "f", os.urandom(2 * MIB), {})
    connection = HTTPConnection(http.host)
    connection.putrequest("POST", f"/{bucket}")
    connection.putheader("Content-Type", f"multipart/form-data; boundary={boundary}")
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders()
    connection.send(body[: MIB])
    connection.close()
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
