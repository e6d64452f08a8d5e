"""The pair as users' guides set it up, and what becomes of objects when somebody changes policies or removes keys."""

import time

import pytest
from botocore.exceptions import ClientError

import wire
from pair import KEY
from payloads import BUCKET_KEY, KEY_ID, SSE, payload

KMS = {SSE: "aws:kms"}
SECOND = "my-key-2"
UNDER_SECOND = {**KMS, KEY_ID: SECOND}
BODY = payload(100_000)
REFUSED = "not authorized: insufficient permissions"


def refused(call, **arguments):
    """What boto3 says of an answer that is an error: status and code."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def default(key):
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}]}


# --- the guide

@pytest.mark.parametrize("with_api_key", (False, True), ids=("certificate", "api key"))
def test_the_guide_from_its_first_line_to_its_last(make_pair, with_api_key):
    with make_pair(with_api_key=with_api_key) as pair:
        # The server has made its default key, for its policy lets it.
        assert pair.root("key", "ls").stdout == f"Key\n{KEY}\n"
        assert f"Owner       {pair.app_text}" in pair.root("key", "info", KEY).stdout
        assert wire.request(pair.server, "GET", "/minio/health/ready").status == 200

        pair.root("key", "create", SECOND)
        s3 = pair.server.s3()
        s3.create_bucket(Bucket="guide")
        s3.put_object(Bucket="guide", Key="before", Body=BODY)
        s3.put_bucket_encryption(Bucket="guide", ServerSideEncryptionConfiguration=default(SECOND))
        rules = s3.get_bucket_encryption(Bucket="guide")["ServerSideEncryptionConfiguration"]["Rules"]
        assert rules[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": SECOND}
        s3.put_object(Bucket="guide", Key="after", Body=BODY)

        for restart in (False, True):
            if restart:
                pair.stop()
                pair.start()
                s3 = pair.server.s3()
            head = s3.head_object(Bucket="guide", Key="after")
            # The key's name, with which the console and mc compare what the bucket's default says.
            assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", SECOND)
            head = s3.head_object(Bucket="guide", Key="before")
            assert head["ServerSideEncryption"] == "AES256" and "SSEKMSKeyId" not in head
            for key in ("before", "after"):
                assert s3.get_object(Bucket="guide", Key=key)["Body"].read() == BODY


def test_a_key_outside_the_prefix_is_denied_to_everybody_but_the_administrator(make_pair):
    with make_pair() as pair:
        assert pair.as_app("key", "create", "my-key-3").stdout == ""
        denied = pair.as_app("key", "create", "other", check=False)
        assert (denied.returncode, denied.stderr) == (1, f'Error: failed to create key "other": {REFUSED}\n')
        pair.root("key", "create", "other")
        assert REFUSED in pair.as_app("key", "dek", "other", check=False).stderr

        s3, bucket = pair.server.s3(), pair.server.bucket()
        asked = {"ServerSideEncryption": "aws:kms", "Bucket": bucket, "Key": "k"}
        not_authorized, not_found = (403, "kms:NotAuthorized"), (400, "KMS.NotFoundException")
        for key, expected in (("other", not_authorized), ("no-such-key", not_authorized), ("my-key-4", not_found)):
            assert refused(s3.put_object, **asked, SSEKMSKeyId=key, Body=BODY) == expected
            assert refused(s3.put_object, **asked, SSEKMSKeyId=key, Body=BODY, BucketKeyEnabled=True) == expected
            assert refused(s3.create_multipart_upload, **asked, SSEKMSKeyId=key) == expected
            encryption = {"Bucket": bucket, "ServerSideEncryptionConfiguration": default(key)}
            assert refused(s3.put_bucket_encryption, **encryption) == expected
        assert refused(s3.head_object, Bucket=bucket, Key="k")[0] == 404
        assert pair.server.call("GET", f"/{bucket}?encryption").status == 404
        assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0


# --- who may not make keys

def test_generating_and_decrypting_are_enough_when_the_key_is_there(make_pair):
    pair = make_pair(calls=("generate", "decrypt"))
    pair.kes.start()
    pair.server.arguments.append("--kms-required")
    status, said = pair.server.run_to_end()
    assert status == 1 and f"there is no key “{KEY}”" in said and "does not let this server create it" in said, said
    pair.server.arguments.remove("--kms-required")
    pair.server.start()
    assert pair.server.call("PUT", "/too-early").status == 503
    pair.root("key", "create", KEY)
    deadline = time.monotonic() + 40
    while pair.server.call("PUT", "/in-time").status != 200:
        assert time.monotonic() < deadline, pair.server.log_text()
        time.sleep(0.2)
    bucket = pair.server.bucket()
    assert pair.server.call("PUT", f"/{bucket}/k", KMS, BODY).status == 200
    pair.server.restart()
    assert pair.server.call("GET", f"/{bucket}/k").body == BODY
    pair.stop()
    made = [line for line in pair.kes.output_text().splitlines() if "/v1/key/create/" in line and "res.code=200" in line]
    assert len(made) == 1 and f"req.identity={pair.kes.admin.text}" in made[0]


def test_the_policy_of_older_guides_is_enough(make_pair):
    """To create, generate and decrypt is what KES's own guide for object servers permits."""
    with make_pair(calls=("create", "generate", "decrypt")) as pair:
        pair.root("key", "create", SECOND)
        s3 = pair.server.s3()
        s3.create_bucket(Bucket="older")
        s3.put_object(Bucket="older", Key="plain", Body=BODY)
        s3.put_bucket_encryption(Bucket="older", ServerSideEncryptionConfiguration=default(SECOND))
        s3.put_object(Bucket="older", Key="kms", Body=BODY)
        pair.server.restart()
        for key in ("plain", "kms"):
            assert pair.server.call("GET", f"/older/{key}").body == BODY


@pytest.mark.parametrize("stranger", (False, True), ids=("no generate", "unknown"))
def test_who_may_not_make_data_keys_is_told_in_the_log_and_serves_what_needs_none(make_pair, stranger):
    pair = make_pair(calls=("describe", "decrypt"))
    if stranger:
        pair.allow(identities=["0" * 64])
    pair.kes.start()
    pair.root("key", "create", KEY)
    pair.server.start()
    assert wire.request(pair.server, "GET", "/minio/health/live").status == 200
    assert wire.request(pair.server, "GET", "/minio/health/ready").status == 503
    assert pair.server.call("GET", "/").status == 200
    answer = pair.server.call("PUT", "/new-bucket")
    assert (answer.status, answer.code) == (403, "kms:NotAuthorized"), answer
    records = [record for record in pair.server.log_records() if "cause" in record]
    assert any(record["level"] == "error" and record["cause"] == "the key service does not permit this" for record in records)
    assert "access denied: " in pair.kes.log_text() and f"req.identity={pair.app_text}" in pair.kes.log_text()
    pair.stop()


# --- keys that are removed

@pytest.fixture
def two_keys(make_pair):
    """A pair with an object under each of two keys, and one under a data key that a bucket's objects share."""
    with make_pair() as pair:
        pair.root("key", "create", SECOND)
        pair.server.bucket("kept")
        assert pair.server.call("PUT", "/kept/first", KMS, BODY).status == 200
        assert pair.server.call("PUT", "/kept/second", UNDER_SECOND, BODY).status == 200
        assert pair.server.call("PUT", "/kept/shared", {**UNDER_SECOND, BUCKET_KEY: "true"}, BODY).status == 200
        assert pair.server.call("PUT", "/kept/plain", body=BODY).status == 200
        assert pair.server.call("PUT", "/kept/deleted", UNDER_SECOND, BODY).status == 200
        yield pair


def assert_second_key_fails(server, status, code):
    """Its objects are there, cannot be opened, and say why; all others live on."""
    for key in ("second", "shared"):
        answer = server.call("GET", f"/kept/{key}")
        assert (answer.status, answer.code) == (status, code), answer
        part = server.call("GET", f"/kept/{key}", {"Range": "bytes=0-0"})
        assert (part.status, part.code) == (status, code), part
        head = server.call("HEAD", f"/kept/{key}")
        assert (head.status, head.headers[KEY_ID], head.headers["content-length"]) == (200, SECOND, str(len(BODY)))
    assert {"second", "shared"} <= set(server.call("GET", "/kept?list-type=2").find_all("Contents/Key"))
    for key in ("first", "plain"):
        assert server.call("GET", f"/kept/{key}").body == BODY


def test_without_its_key_an_object_cannot_be_read_and_the_others_can(two_keys):
    server, backup = two_keys.server, (two_keys.kes.store / SECOND).read_text()
    server.s3().put_bucket_encryption(Bucket="kept", ServerSideEncryptionConfiguration=default(SECOND))
    two_keys.root("key", "rm", SECOND)
    for method, target in (("PUT", "/kept/new"), ("POST", "/kept/new?uploads")):
        answer = server.call(method, target)
        assert (answer.status, answer.code) == (400, "KMS.NotFoundException"), answer
    assert server.call("HEAD", "/kept/new").status == 404

    server.restart()
    assert_second_key_fails(server, 400, "KMS.NotFoundException")
    assert server.call("DELETE", "/kept/deleted").status == 204
    errors = [record["message"] for record in server.log_records() if record["level"] == "error"]
    assert any(SECOND in text and "objects under them cannot be read" in text for text in errors), errors
    assert wire.request(server, "GET", "/minio/health/ready").status == 200

    # Brought back from a backup, it opens what it opened before; another key of its name would not.
    two_keys.root("key", "create", SECOND)
    answer = server.call("GET", "/kept/second")
    assert (answer.status, answer.code) == (400, "kms:InvalidCiphertextException"), answer
    two_keys.root("key", "rm", SECOND)
    (two_keys.kes.store / SECOND).write_text(backup)
    for key in ("second", "shared"):
        assert server.call("GET", f"/kept/{key}").body == BODY
    assert server.call("PUT", "/kept/new", body=BODY).status == 200


@pytest.fixture
def without_catalogue_key(two_keys):
    """The pair with the key gone that the drive's catalogue is under, and what a backup of it has; the server is stopped."""
    backup = (two_keys.kes.store / KEY).read_text()
    two_keys.root("key", "rm", KEY)
    assert two_keys.server.call("HEAD", "/kept/first").status == 200
    two_keys.server.stop()
    yield two_keys, backup


def test_without_the_catalogues_key_it_does_not_start_until_a_backup_is_there(without_catalogue_key):
    pair, backup = without_catalogue_key
    status, said = pair.server.run_to_end()
    assert status == 1 and len(said.strip().splitlines()) == 1, said
    pair.root("key", "rm", KEY, check=False)
    (pair.kes.store / KEY).write_text(backup)
    pair.server.start()
    for key in ("first", "second", "plain"):
        assert pair.server.call("GET", f"/kept/{key}").body == BODY


def test_a_missing_catalogue_key_is_named_and_not_made_anew(without_catalogue_key):
    """A key of its name would open nothing, and stand in the way of the backup."""
    pair, _ = without_catalogue_key
    status, said = pair.server.run_to_end()
    assert KEY not in pair.root("key", "ls").stdout.split(), said
    needs = f"this drive needs keys that the KES https://127.0.0.1:{pair.kes.port} does not have: {KEY}"
    assert status == 1 and needs in said, said


# --- policies that change

def test_a_policy_that_forbids_opening_counts_at_once_and_so_does_its_end(two_keys):
    server = two_keys.server
    two_keys.allow(deny=[f"/v1/key/decrypt/{SECOND}"])
    two_keys.kes.reload()
    server.restart()
    assert_second_key_fails(server, 403, "kms:NotAuthorized")
    assert server.call("PUT", "/kept/new", UNDER_SECOND, BODY).status == 200, "sealing is permitted"
    server.restart()
    assert server.call("GET", "/kept/new").status == 403
    two_keys.allow()
    two_keys.kes.reload()
    for key in ("second", "shared", "new"):
        assert server.call("GET", f"/kept/{key}").body == BODY


@pytest.mark.slow
def test_a_drive_that_may_not_be_opened_is_served_by_itself_once_it_may(two_keys):
    server = two_keys.server
    two_keys.allow(("create", "generate", "describe"))
    two_keys.kes.reload()
    server.restart()
    for method, target in (("GET", "/kept/plain"), ("HEAD", "/kept/plain"), ("GET", "/kept?list-type=2"), ("PUT", "/kept/n")):
        answer = server.call(method, target)
        assert answer.status == 403 and (method == "HEAD" or answer.code == "kms:NotAuthorized"), answer
    assert server.call("HEAD", "/kept").status == 200
    said = "the key service has opened the drive's keys: serving everything"
    assert said not in server.log_text()
    two_keys.allow()
    two_keys.kes.reload()
    server.wait_for_log(said)
    for key in ("first", "second", "plain"):
        assert server.call("GET", f"/kept/{key}").body == BODY
