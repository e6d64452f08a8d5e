"""The KES variables as MinIO reads them, and a server whose key server is not there (yet)."""

import json

import pytest
from botocore.exceptions import ClientError

import server as harness
import wire

# Published by KES's own documentation: anybody's.
API_KEY = "kes:v1:AD9E7FSYWrMD+VjhI6q545cYT9YOyFxZb7UnjEepYDRc"


def variables(**more):
    complete = {"ENDPOINT": f"https://127.0.0.1:{harness.free_port()}", "KEY_NAME": "minio-key", "API_KEY": API_KEY,
                **more}
    return {f"MINIO_KMS_KES_{name}": value for name, value in complete.items() if value is not None}


@pytest.mark.parametrize("change, text", (
    ({"KEY_NAME": None}, "incomplete configuration for MinIO KES: missing 'MINIO_KMS_KES_KEY_NAME'"),
    ({"ENDPOINT": None}, "missing 'MINIO_KMS_KES_ENDPOINT'"),
    ({"ENDPOINT": ""}, "missing 'MINIO_KMS_KES_ENDPOINT'"),
    ({"API_KEY": None}, "missing authentication method"),
    ({"API_KEY": None, "CERT_FILE": "/c"}, "missing 'MINIO_KMS_KES_KEY_FILE'"),
    ({"API_KEY": None, "KEY_FILE": "/k"}, "missing 'MINIO_KMS_KES_CERT_FILE'"),
    ({"CERT_FILE": "/c"}, "'MINIO_KMS_KES_API_KEY' and 'MINIO_KMS_KES_CERT_FILE' are present"),
    ({"API_KEY": "kes:v1:AAAA"}, "MINIO_KMS_KES_API_KEY"),
    ({"API_KEY": None, "CERT_FILE": "/no/such.crt", "KEY_FILE": "/no/such.key"}, "/no/such.crt"),
    ({"ENDPOINT": "https://kes{3...1}:7373"}, "MINIO_KMS_KES_ENDPOINT"),
    ({"KEY_NAME": "-bad-"}, "MINIO_KMS_KES_KEY_NAME"),
    ({"CAPATH": "/no/such/authority"}, "/no/such/authority"),
))
def test_parts_that_are_missing_or_in_conflict_are_named(tmp_path, change, text):
    status, output = harness.Server(tmp_path, environment=variables(**change), keyring=False).run_to_end()
    assert status == 1 and text in output, output
    assert len(output.strip().splitlines()) == 1, output


def test_a_static_key_beside_it_is_refused(tmp_path):
    static = {"MINIO_KMS_SECRET_KEY": "k:QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY="}
    status, output = harness.Server(tmp_path, environment={**variables(), **static}, keyring=False).run_to_end()
    assert status == 1 and "configuration for MinIO KES and static KMS key is present" in output
    commercial = {**static, "MINIO_KMS_SERVER": "https://127.0.0.1:7373", "MINIO_KMS_SSE_KEY": "k"}
    status, output = harness.Server(tmp_path, environment=commercial, keyring=False).run_to_end()
    assert status == 1 and "configuration for MinIO KMS and static KMS key is present" in output


def test_with_kms_required_it_ends_with_the_cause(tmp_path):
    server = harness.Server(tmp_path, environment=variables(), keyring=False, arguments=["--kms-required"])
    status, output = server.run_to_end()
    assert status == 1 and "connection refused" in output, output


def test_without_its_key_server_it_serves_what_needs_no_key(tmp_path):
    with harness.Server(tmp_path, environment=variables(), keyring=False) as server:
        assert wire.request(server, "GET", "/minio/health/live").status == 200
        assert wire.request(server, "GET", "/minio/health/cluster").status == 200
        ready = wire.request(server, "GET", "/minio/health/ready")
        assert (ready.status, ready.headers["x-minio-server-status"]) == (503, "offline")
        assert server.call("GET", "/").status == 200
        assert server.call("GET", "/", secret="wrong").status == 403
        with pytest.raises(ClientError) as refused:
            server.s3().create_bucket(Bucket="later")
        assert refused.value.response["Error"]["Code"] == "ServiceUnavailable"
        assert refused.value.response["ResponseMetadata"]["HTTPHeaders"]["retry-after"]
        # Never "not there": that would be taken for permission to make it anew.
        assert server.call("GET", "/later/key").status in (404, 503)
        status = server.call("GET", "/minio/kms/v1/status", region="")
        assert set(json.loads(status.body)["endpoints"].values()) == {"offline"}
        causes = [record["cause"] for record in server.log_records() if "cause" in record]
        assert any("connection refused" in cause for cause in causes), causes


def test_generated_credentials_are_unavailable_not_wrong(tmp_path):
    with harness.Server(tmp_path, environment=variables(), keyring=False, credentials=False) as server:
        assert server.call("GET", "/").status == 503


def test_a_drive_of_the_keyring_is_not_taken_to_a_key_server_silently(tmp_path):
    with harness.Server(tmp_path) as server:
        server.bucket("kept")
        server.s3().put_object(Bucket="kept", Key="k", Body=b"x")
        server.stop()
        server.environment, keyring, server.keyring = variables(), server.keyring, None
        server.start()
        # What exists is not said to be missing while its keys are away.
        assert server.call("HEAD", "/kept").status == 200
        assert server.call("GET", "/kept/k").status == 503
        assert server.call("HEAD", "/kept/k").status == 503
        assert server.call("GET", "/kept?list-type=2").status == 503
        server.stop()
        server.environment, server.keyring = {}, keyring
        server.start()
        assert server.s3().get_object(Bucket="kept", Key="k")["Body"].read() == b"x"
