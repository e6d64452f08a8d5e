"""What each request asks of the key server: the table of the article KeyServiceCalls, row by row, counted by the key server.

Its audit log names every call. The background asks after the default key, which no row of the table does."""

import base64
import hashlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from pair import KEY, Pair
from payloads import BUCKET_KEY, CUSTOMER_KEY, KEY_ID, MIB, SSE, SSE_C, completion, payload

SSE_S3 = {SSE: "AES256"}
KMS = {SSE: "aws:kms"}
SHARED_KMS = {SSE: "aws:kms", BUCKET_KEY: "true"}
OTHER = "my-key-2"
BODY = payload(100_000)
BACKGROUND = ("describe", KEY)
IDLE_SECONDS = 31  # one more than an unused data key is kept

MADE, OPENED, NOTHING = {"generate": 1}, {"decrypt": 1}, {}


@pytest.fixture(scope="module")
def pair(tmp_path_factory, certificates):
    with Pair(tmp_path_factory.mktemp("calls"), certificates=certificates) as pair:
        pair.root("key", "create", OTHER)
        pair.server.secrets += [CUSTOMER_KEY.text, CUSTOMER_KEY.base64]
        yield pair


@pytest.fixture
def bucket(pair):
    return pair.server.bucket()


@pytest.fixture
def cost(pair):
    """What `action` costs in calls by their names; its answer, if that has the expected status, goes to `answers`."""
    def count(action, *, status=200, answers=None):
        before = pair.calls()
        answer = action()
        assert answer.status == status, answer
        made = pair.calls() - before
        made.pop(BACKGROUND, None)
        if answers is not None:
            answers.append(answer)
        return {call: number for (call, _), number in made.items()}
    return count


@pytest.fixture
def call(pair, cost):
    """The same for one request."""
    def one(method, target, headers=None, body=b"", *, status=200, answers=None):
        return cost(lambda: pair.server.call(method, target, headers, body), status=status, answers=answers)
    return one


def rule(key=None, algorithm="aws:kms"):
    name = f"<KMSMasterKeyID>{key}</KMSMasterKeyID>" if key else ""
    return ("<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>"
            f"<SSEAlgorithm>{algorithm}</SSEAlgorithm>{name}</ApplyServerSideEncryptionByDefault></Rule>"
            "</ServerSideEncryptionConfiguration>").encode()


# --- PUT

@pytest.mark.parametrize("headers", ({}, SSE_S3, SHARED_KMS), ids=("plain", "sse-s3", "bucket key"))
def test_the_first_put_of_a_bucket_makes_the_data_key_that_the_others_share(call, bucket, headers):
    assert call("PUT", f"/{bucket}/1", headers, BODY) == MADE
    for number in range(2, 6):
        assert call("PUT", f"/{bucket}/{number}", headers, BODY) == NOTHING


def test_each_kind_of_shared_data_key_is_made_once(call, bucket):
    for headers in (SSE_S3, SHARED_KMS, {**SHARED_KMS, KEY_ID: OTHER}):
        assert call("PUT", f"/{bucket}/k", headers, BODY) == MADE
    for headers in (SSE_S3, SHARED_KMS, {**SHARED_KMS, KEY_ID: OTHER}):
        assert call("PUT", f"/{bucket}/k", headers, BODY) == NOTHING


def test_each_put_with_sse_kms_makes_a_data_key(call, bucket):
    for number in range(3):
        assert call("PUT", f"/{bucket}/k", KMS, BODY) == MADE
        assert call("PUT", f"/{bucket}/{number}", {**KMS, KEY_ID: OTHER}, BODY) == MADE


def test_puts_at_one_time_share_calls_and_each_object_has_its_own_data_key(pair, cost, bucket):
    """They are opened one by one after a restart: by the end nothing tells them from keys that were asked for singly."""
    keys = [f"/{bucket}/{number}" for number in range(64)]

    def put_all():
        with ThreadPoolExecutor(32) as pool:
            answers = list(pool.map(lambda key: pair.server.call("PUT", key, KMS, key.encode()), keys))
        return next((answer for answer in answers if answer.status != 200), answers[0])

    assert 1 <= cost(put_all)["generate"] <= len(keys)
    pair.server.restart()
    for key in keys:
        answer = pair.server.call("GET", key)
        assert (answer.status, answer.body) == (200, key.encode())


def test_sse_c_asks_for_nothing(call, bucket):
    key = f"/{bucket}/k"
    assert call("PUT", key, SSE_C.request, BODY) == NOTHING
    assert call("GET", key, SSE_C.read) == NOTHING
    assert call("GET", key, {**SSE_C.read, "Range": "bytes=70000-70001"}, status=206) == NOTHING
    assert call("HEAD", key, SSE_C.read) == NOTHING


# --- GET

def test_a_get_after_the_put_opens_no_data_key_of_an_objects_own(call, bucket):
    assert call("PUT", f"/{bucket}/k", KMS, BODY) == MADE
    assert call("GET", f"/{bucket}/k") == NOTHING


@pytest.mark.parametrize("headers", (SSE_S3, SHARED_KMS), ids=("sse-s3", "bucket key"))
def test_a_get_after_the_put_opens_no_shared_data_key(call, bucket, headers):
    """The data key was used for the PUT a moment ago."""
    assert call("PUT", f"/{bucket}/k", headers, BODY) == MADE
    assert call("GET", f"/{bucket}/k") == NOTHING


def test_objects_of_one_shared_data_key_are_opened_by_one_call_at_most(call, cost, pair, bucket):
    for number in range(5):
        call("PUT", f"/{bucket}/{number}", SSE_S3, BODY)
    pair.server.restart()
    assert call("GET", f"/{bucket}/0") == OPENED
    for number in range(5):
        assert call("GET", f"/{bucket}/{number}") == NOTHING


@pytest.mark.parametrize("headers", (SSE_S3, KMS), ids=("sse-s3", "sse-kms"))
def test_reads_of_an_object_open_its_data_key_once(call, pair, bucket, headers):
    key = f"/{bucket}/k"
    parted = upload(pair.server, f"/{bucket}/parts", headers)
    pair.server.call("PUT", key, headers, BODY)
    pair.server.restart()
    assert call("GET", key, {"Range": "bytes=70000-70009"}, status=206) == OPENED
    assert call("GET", key) == NOTHING
    assert call("GET", key, {"Range": "bytes=-5"}, status=206) == NOTHING
    assert call("GET", parted + "?partNumber=2", status=206) == (NOTHING if headers is SSE_S3 else OPENED)
    assert call("GET", parted) == NOTHING
    assert call("GET", parted, {"Range": f"bytes={5 * MIB - 1}-{5 * MIB}"}, status=206) == NOTHING


def test_reads_that_begin_together_share_one_call(call, cost, pair, bucket):
    call("PUT", f"/{bucket}/k", KMS, BODY)
    pair.server.restart()
    together = threading.Barrier(16)

    def read(_):
        together.wait()
        return pair.server.call("GET", f"/{bucket}/k")

    def all_read():
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(read, range(16)))
        assert all(answer.body == BODY for answer in answers)
        return answers[0]

    assert cost(all_read) == OPENED


def test_writes_that_begin_together_share_one_call(cost, pair, bucket):
    together = threading.Barrier(16)

    def write(number):
        together.wait()
        return pair.server.call("PUT", f"/{bucket}/{number}", SSE_S3, BODY)

    def all_write():
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(write, range(16)))
        assert {answer.status for answer in answers} == {200}
        return answers[0]

    assert cost(all_write) == MADE


# --- what opens no body

@pytest.mark.parametrize("headers", (SSE_S3, KMS), ids=("sse-s3", "sse-kms"))
def test_what_opens_no_body_asks_for_nothing(call, cost, pair, bucket, headers):
    key = f"/{bucket}/k"
    etag = pair.server.call("PUT", key, headers, BODY).headers["etag"]
    for number in range(3):
        pair.server.call("PUT", f"/{bucket}/{number}", headers, BODY)
    parted = upload(pair.server, f"/{bucket}/parts", headers)
    pair.server.restart()
    assert call("HEAD", key) == NOTHING
    assert call("HEAD", key, {"Range": "bytes=1-2"}, status=206) == NOTHING
    assert call("HEAD", parted + "?partNumber=2", status=206) == NOTHING
    for method in ("GET", "HEAD"):
        assert call(method, key, {"If-None-Match": etag}, status=304) == NOTHING
    assert call("GET", key, {"If-Match": '"other"'}, status=412) == NOTHING
    assert call("GET", f"/{bucket}") == NOTHING
    assert call("GET", f"/{bucket}?list-type=2") == NOTHING
    assert call("DELETE", key, status=204) == NOTHING
    document = b"<Delete><Object><Key>0</Key></Object><Object><Key>1</Key></Object></Delete>"
    assert cost(lambda: pair.server.delete(bucket, document)) == NOTHING


# --- multipart

def upload(server, key, headers):
    """An object of two parts."""
    upload = server.call("POST", f"{key}?uploads", headers).find("UploadId")
    parts = [(number, server.call("PUT", f"{key}?partNumber={number}&uploadId={upload}", body=body).headers["etag"])
             for number, body in ((1, payload(5 * MIB)), (2, BODY))]
    assert server.call("POST", f"{key}?uploadId={upload}", body=completion(parts)).status == 200
    return key


@pytest.mark.parametrize("headers, second", ((SSE_S3, NOTHING), (KMS, MADE)), ids=("sse-s3", "sse-kms"))
def test_an_upload_costs_what_a_put_costs_and_no_more(call, bucket, headers, second):
    """From its beginning to its end, within the time that data keys are kept."""
    key, created, sent = f"/{bucket}/k", [], []
    assert call("POST", f"{key}?uploads", headers, answers=created) == MADE
    upload = f"{key}?uploadId={created[0].find('UploadId')}"
    for number in (1, 2):
        part = f"{upload}&partNumber={number}"
        assert call("PUT", part, body=payload(5 * MIB, number), answers=sent) == NOTHING, f"part {number}"
    assert call("GET", upload) == NOTHING
    assert call("POST", upload, body=completion(enumerate((one.headers["etag"] for one in sent), 1))) == NOTHING
    assert call("GET", key) == NOTHING
    assert call("POST", f"{key}?uploads", headers, answers=created) == second
    assert call("DELETE", f"{key}?uploadId={created[1].find('UploadId')}", status=204) == NOTHING


@pytest.mark.parametrize("headers", (SSE_S3, KMS), ids=("sse-s3", "sse-kms"))
def test_after_a_restart_the_first_part_opens_the_data_key(call, pair, bucket, headers):
    key, sent = f"/{bucket}/k", []
    begun = [pair.server.call("POST", f"{key}?uploads", headers).find("UploadId") for _ in range(2)]
    upload, aborted = (f"{key}?uploadId={one}" for one in begun)
    pair.server.restart()
    assert call("GET", upload) == NOTHING
    assert call("PUT", f"{upload}&partNumber=1", body=payload(5 * MIB), answers=sent) == OPENED
    assert call("PUT", f"{upload}&partNumber=2", body=payload(5 * MIB), answers=sent) == NOTHING
    pair.server.restart()
    assert call("POST", upload, body=completion(enumerate((one.headers["etag"] for one in sent), 1))) == NOTHING
    assert call("DELETE", aborted, status=204) == NOTHING


# --- copies and renamings

@pytest.mark.parametrize("headers, made", ((SSE_S3, NOTHING), (KMS, MADE)), ids=("sse-s3", "sse-kms"))
def test_a_copy_makes_what_a_put_does_and_opens_what_a_get_does(call, pair, bucket, headers, made):
    key, other, created = f"/{bucket}/k", f"/{bucket}/other", []
    source = {"x-amz-copy-source": f"{bucket}/k"}
    assert call("PUT", key, headers, BODY) == MADE
    assert call("PUT", other, {**source, **headers}) == made
    call("POST", f"{other}?uploads", headers, answers=created)
    part = f"{other}?uploadId={created[0].find('UploadId')}&partNumber=1"
    assert call("PUT", part, source) == NOTHING
    pair.server.restart()
    assert call("PUT", other, {**source, **headers}) == {**OPENED, **MADE}
    assert call("GET", other) == NOTHING
    assert call("PUT", f"{key}?renameObject", {"x-amz-rename-source": "/other"}) == NOTHING
    pair.server.restart()
    assert call("PUT", f"{other}?renameObject", {"x-amz-rename-source": "/k"}) == NOTHING
    document = f"<ObjectEncryption><SSE-KMS><KMSKeyArn>{OTHER}</KMSKeyArn></SSE-KMS></ObjectEncryption>".encode()
    digest = {"Content-MD5": base64.b64encode(hashlib.md5(document).digest()).decode()}
    assert call("PUT", f"{other}?encryption", digest, document) == {**OPENED, **MADE}
    assert call("PUT", f"{other}?encryption", digest, document) == MADE
    assert pair.server.call("HEAD", other).headers[KEY_ID] == OTHER


# --- buckets, probes, the start

def test_a_bucket_default_looks_its_key_up_once(call, bucket):
    assert call("PUT", f"/{bucket}?encryption", body=rule(OTHER)) == {"describe": 1}
    assert call("GET", f"/{bucket}?encryption") == NOTHING
    assert call("PUT", f"/{bucket}/k", body=BODY) == MADE
    assert call("PUT", f"/{bucket}?encryption", body=rule(algorithm="AES256")) == NOTHING
    assert call("DELETE", f"/{bucket}?encryption", status=204) == NOTHING


def test_buckets_cost_nothing(call, pair):
    assert call("PUT", "/a-bucket-of-its-own") == NOTHING
    assert call("HEAD", "/a-bucket-of-its-own") == NOTHING
    assert call("GET", "/") == NOTHING
    assert call("DELETE", "/a-bucket-of-its-own", status=204) == NOTHING


@pytest.mark.parametrize("probe", ("live", "cluster"))
def test_probes_of_the_server_itself_cost_nothing(call, probe):
    for _ in range(2):
        assert call("GET", f"/minio/health/{probe}") == NOTHING


def test_many_readiness_probes_share_a_data_key(cost, pair):
    def ask():
        return [pair.server.call("GET", "/minio/health/ready") for _ in range(50)][-1]

    # Another one every three seconds; a slow machine may need longer than that for fifty.
    assert cost(ask).get("generate", 0) < 10


def test_a_start_opens_the_catalogue_key_and_nothing_else(cost, pair):
    def restart():
        pair.server.restart()
        return pair.server.call("GET", "/")

    made = cost(restart)
    made.pop("describe", None)  # the keys of the drive, once each
    assert made == OPENED


def test_the_first_start_makes_the_default_key_and_the_catalogue_key(pair):
    # The log tells from its beginning.
    creations = [line for line in pair.kes.output_text().splitlines() if "/v1/key/create/" in line]
    assert f"secret key '{KEY}' created" in creations[0] and f"req.identity={pair.app_text}" in creations[0]
    assert all("res.code=200" in line for line in creations) and len(creations) == 2


@pytest.mark.slow
def test_a_data_key_that_nobody_used_is_opened_again_and_the_background_only_looks(call, pair):
    bucket = pair.server.bucket()
    call("PUT", f"/{bucket}/k", KMS, BODY)
    assert call("GET", f"/{bucket}/k") == NOTHING
    before = pair.calls()
    time.sleep(IDLE_SECONDS)
    while_idle = pair.calls() - before
    assert set(while_idle) == {BACKGROUND}, "and it is kept in the key server's cache by that"
    assert call("GET", f"/{bucket}/k") == OPENED
    assert call("GET", f"/{bucket}/k") == NOTHING
