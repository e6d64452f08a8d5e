"""The requests of `mc admin kms`, and Coffer's own commands for moving data keys."""

import json

import pytest

import server as harness
import signing
import wire
from pair import CALLS, KEY

KMS = "/minio/kms/v1"


def call(server, method, target, **options):
    """As mc sends them: signed for an empty region, a body's absence as an empty chunked one."""
    options.setdefault("region", "")
    return server.call(method, target, **options)


def test_a_key_is_made_listed_and_found_well(http):
    assert call(http, "POST", f"{KMS}/key/create?key-id=admin-made").status == 200
    listed = call(http, "GET", f"{KMS}/key/list?pattern=admin-*")
    assert listed.headers["content-type"] == "application/json"
    assert [key["name"] for key in json.loads(listed.body)] == ["admin-made"]
    assert set(json.loads(listed.body)[0]) == {"name", "createdAt", "createdBy"}
    status = call(http, "GET", f"{KMS}/key/status?key-id=admin-made")
    assert (status.status, json.loads(status.body)) == (200, {"key-id": "admin-made"})


def test_an_empty_chunked_body_is_no_body(http):
    headers = {"Transfer-Encoding": "chunked"}
    answer = call(http, "POST", f"{KMS}/key/create?key-id=admin-chunked", headers=headers, send_body=b"0\r\n\r\n")
    assert answer.status == 200, answer


def test_a_new_key_encrypts_objects(http):
    assert call(http, "POST", f"{KMS}/key/create?key-id=admin-used").status == 200
    bucket = http.bucket()
    http.s3().put_object(Bucket=bucket, Key="k", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId="admin-used")
    assert http.s3().head_object(Bucket=bucket, Key="k")["SSEKMSKeyId"].endswith("admin-used")


@pytest.mark.parametrize("method, path", (
    ("POST", "/minio/admin/v3/kms/status"), ("GET", f"{KMS}/status")))
def test_the_status_names_the_default_key_and_the_endpoints(http, method, path):
    state = json.loads(call(http, method, path).body)
    assert state["default-key-id"] == harness.DEFAULT_KEY
    assert set(state["endpoints"].values()) == {"online"}
    assert {"Version", "KeyStoreLatency", "KeyStoreReachable", "OS", "UpTime", "CPUs"} <= set(state["state"])


def test_the_old_addresses_do_the_same(http):
    assert call(http, "POST", "/minio/admin/v3/kms/key/create?key-id=admin-old").status == 200
    status = call(http, "GET", "/minio/admin/v3/kms/key/status?key-id=")
    assert json.loads(status.body) == {"key-id": harness.DEFAULT_KEY}


def test_what_is_wrong_with_a_key_is_the_answer_not_its_status(http):
    answer = call(http, "GET", f"{KMS}/key/status?key-id=no-such-key")
    assert answer.status == 200
    assert "no-such-key" in json.loads(answer.body)["encryption-error"]
    answer = call(http, "GET", f"{KMS}/key/status?key-id=bad%20name")
    assert answer.status == 200 and json.loads(answer.body)["key-id"] == "bad name"
    assert json.loads(answer.body)["encryption-error"]


@pytest.mark.parametrize("method, target, status, code", (
    ("POST", f"{KMS}/key/create?key-id={harness.DEFAULT_KEY}", 409, "kms:KeyAlreadyExists"),
    ("POST", f"{KMS}/key/create?key-id=-bad-", 400, "InvalidArgument"),
    ("POST", f"{KMS}/key/create", 400, "InvalidRequest"),
    ("GET", f"{KMS}/key/list", 400, "InvalidRequest"),
    ("GET", f"{KMS}/nothing", 400, "BadRequest"),
    ("DELETE", f"{KMS}/status", 400, "BadRequest"),
    ("GET", "/minio/admin/v3/top/locks?count=10", 426, "XMinioAdminVersionMismatch"),
    ("POST", f"{KMS}/coffer/rewrap?to=no-such-key", 400, "KMS.NotFoundException"),
))
def test_refusals_are_json(http, method, target, status, code):
    answer = call(http, method, target)
    assert answer.status == status, answer
    document = json.loads(answer.body)
    assert document["Code"] == code and document["Message"] and document["RequestId"]
    assert set(document) == {"Code", "Message", "Resource", "RequestId", "HostId"}


@pytest.mark.parametrize("region", ("", "us-east-1"))
def test_the_region_may_be_empty_or_named(http, region):
    assert call(http, "GET", f"{KMS}/version", region=region).status == 200


def test_nobody_else_may(http):
    assert call(http, "GET", f"{KMS}/status", secret="wrong").status == 403
    assert wire.request(http, "GET", f"{KMS}/status").status == 403
    presigned = signing.presign_v4("GET", f"{KMS}/status", host=http.host, access_key=http.access_key,
                                   secret=http.secret_key)
    assert wire.request(http, "GET", presigned).status == 403
    assert json.loads(wire.request(http, "GET", f"{KMS}/status").body)["Code"] == "AccessDenied"


def put_everything(server, bucket):
    """One object of every kind that has a data key, and an upload under way."""
    s3 = server.s3()
    s3.put_object(Bucket=bucket, Key="s3", Body=b"one")
    for number in range(20):
        s3.put_object(Bucket=bucket, Key=f"kms-{number}", Body=b"%d" % number, ServerSideEncryption="aws:kms")
    upload = s3.create_multipart_upload(Bucket=bucket, Key="parts", ServerSideEncryption="aws:kms")["UploadId"]
    etag = s3.upload_part(Bucket=bucket, Key="parts", UploadId=upload, PartNumber=1, Body=b"p" * 5_300_000)["ETag"]
    return upload, etag


def check_everything(server, bucket, upload, etag):
    s3 = server.s3()
    assert s3.get_object(Bucket=bucket, Key="s3")["Body"].read() == b"one"
    for number in range(20):
        assert s3.get_object(Bucket=bucket, Key=f"kms-{number}")["Body"].read() == b"%d" % number
    s3.complete_multipart_upload(Bucket=bucket, Key="parts", UploadId=upload,
                                 MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    assert s3.get_object(Bucket=bucket, Key="parts")["Body"].read() == b"p" * 5_300_000


def test_data_keys_move_to_another_key_and_the_old_one_is_no_longer_needed(tmp_path):
    with harness.Server(tmp_path / "server") as server:
        bucket = server.bucket()
        upload, etag = put_everything(server, bucket)
        assert call(server, "POST", f"{KMS}/key/create?key-id=second").status == 200
        listed = server.keys("ls")
        assert f"catalogue key  under {harness.DEFAULT_KEY}" in listed.stdout, listed
        moved = server.keys("rewrap", "--to", "second")
        assert moved.returncode == 0, moved
        assert f"0 data keys left under {harness.DEFAULT_KEY}" in moved.stdout
        assert "catalogue key  under second" in server.keys("ls").stdout
        again = server.keys("rewrap", "--to", "second")
        assert again.stdout.startswith("0 data keys moved"), again
        server.restart()
        keyring = json.loads(server.keyring.read_text())
        assert {key["name"] for key in keyring["keys"]} >= {"second", harness.DEFAULT_KEY}
        # What HEAD says of the key follows.
        assert server.s3().head_object(Bucket=bucket, Key="kms-1")["SSEKMSKeyId"].endswith("second")
        check_everything(server, bucket, upload, etag)


WITH_ENCRYPT = (*CALLS, "encrypt")


def test_after_a_rotation_what_the_older_version_wraps_moves_to_the_newer(make_pair):
    with make_pair(calls=WITH_ENCRYPT) as pair:
        bucket = pair.server.bucket()
        upload, etag = put_everything(pair.server, bucket)
        pair.root("key", "rotate", KEY)
        listed = pair.server.keys("ls").stdout
        assert f"data keys under {KEY}, version 1\n" in listed and "version 2" not in listed
        moved = pair.server.keys("rewrap", "--to", KEY)
        assert moved.returncode == 0 and not moved.stdout.startswith("0 "), moved
        assert f"\n0 data keys left under {KEY}, version 1\n" in moved.stdout, moved
        listed = pair.server.keys("ls").stdout
        assert f"catalogue key  under {KEY}, version 2\n" in listed and "version 1" not in listed, listed
        assert pair.server.keys("rewrap", "--to", KEY).stdout.startswith("0 data keys moved")
        pair.server.restart()
        check_everything(pair.server, bucket, upload, etag)


def test_rewrap_goes_on_past_data_keys_whose_key_is_gone_and_tells_of_them(make_pair):
    doomed, second = f"{KEY}-doomed", f"{KEY}-second"
    with make_pair(calls=WITH_ENCRYPT) as pair:
        for key in (doomed, second):
            pair.root("key", "create", key)
        bucket, s3 = pair.server.bucket(), pair.server.s3()
        for number in range(9):
            under = {"SSEKMSKeyId": doomed} if number % 3 == 1 else {}
            s3.put_object(Bucket=bucket, Key=f"{number}", Body=b"x", ServerSideEncryption="aws:kms", **under)
        pair.root("key", "rm", doomed)
        pair.server.restart()  # with no data key in memory
        moved = pair.server.keys("rewrap", "--to", second)
        assert moved.returncode == 1 and "3 keys could not be moved" in moved.stderr, moved
        assert moved.stdout.startswith("6 data keys moved"), moved
        assert f"0 data keys left under {KEY}, version 1\n" in moved.stdout
        assert f"3 data keys left under {doomed}, version 1\n" in moved.stdout
        assert f"3 not moved: there is no key “{doomed}”" in moved.stdout
        assert moved.stdout.count("  data key ") == 3
        pair.server.restart()
        for number in range(9):
            assert pair.server.call("GET", f"/{bucket}/{number}").status == (400 if number % 3 == 1 else 200)


def test_data_keys_move_from_the_keyring_to_a_static_key(tmp_path):
    static = {"MINIO_KMS_SECRET_KEY": f"{harness.DEFAULT_KEY}:" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="}
    with harness.Server(tmp_path / "server") as server:
        bucket = server.bucket()
        upload, etag = put_everything(server, bucket)
        server.stop()

        server.environment = {**static, "COFFER_FORMER_KEYRING": str(server.keyring)}
        server.start()
        # Both services call their key the same; whose a data key is, only opening it tells.
        moved = server.keys("rewrap", "--to", harness.DEFAULT_KEY)
        assert moved.returncode == 0 and not moved.stdout.startswith("0 "), moved
        server.stop()

        server.keyring.rename(tmp_path / "keyring-put-away")
        server.environment = static
        server.start()
        check_everything(server, bucket, upload, etag)


def test_another_key_service_without_the_former_one_is_refused_by_name(tmp_path):
    with harness.Server(tmp_path / "server") as server:
        server.bucket()
        server.stop()
        server.environment = {"MINIO_KMS_SECRET_KEY": "other:QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="}
        status, output = server.run_to_end()
        assert status == 1 and harness.DEFAULT_KEY in output, output
        server.environment = {}
        server.start()


@pytest.mark.parametrize("arguments, text", (
    (("rewrap", "--to", "nobody"), "nobody"), (("rewrap",), "--to")))
def test_commands_say_what_is_wrong(http, arguments, text):
    answer = http.keys(*arguments)
    assert answer.returncode != 0 and text in answer.stderr, answer
