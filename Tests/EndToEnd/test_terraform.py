"""Terraform keeps its state in a bucket, by AWS's Go SDK, version 2, and locks it by a conditional write."""

import json
import os
import shutil

import pytest

from contract import run
from payloads import CUSTOMER_KEY, KEY_ID, SSE_C, SSE_KMS

pytestmark = [pytest.mark.long, pytest.mark.skipif(not shutil.which("terraform"), reason="terraform is not installed")]


def quoted(settings, indent):
    lines = []
    for name, value in settings.items():
        if isinstance(value, dict):
            lines += [f"{indent}{name} = {{", *quoted(value, indent + "  "), f"{indent}}}"]
        else:
            lines.append(f"{indent}{name} = {json.dumps(value)}")
    return lines


@pytest.fixture
def terraform(server, tmp_path):
    def make(bucket, **more):
        settings = {"bucket": bucket, "key": "deep/state é+", "region": "us-east-1", "endpoints": {"s3": server.endpoint},
                    "use_path_style": True, "use_lockfile": True, "skip_credentials_validation": True,
                    "skip_region_validation": True, "skip_requesting_account_id": True, "skip_metadata_api_check": True,
                    "max_retries": 1, **more}
        if server.tls:
            settings["custom_ca_bundle"] = server.authority
        (tmp_path / "main.tf").write_text("\n".join([
            "terraform {", '  backend "s3" {', *quoted(settings, "    "), "  }", "}", 'variable "value" { type = string }',
            'resource "terraform_data" "one" { input = var.value }', 'output "value" { value = terraform_data.one.output }']))
        environment = {"AWS_ACCESS_KEY_ID": server.access_key, "AWS_SECRET_ACCESS_KEY": server.secret_key,
                       "HOME": str(tmp_path), "CHECKPOINT_DISABLE": "1", "TF_IN_AUTOMATION": "1"}

        def call(*arguments, check=True):
            return run(["terraform", *arguments], environment=environment, directory=tmp_path, check=check)

        call("init", "-input=false", "-no-color")
        return call

    return make


def apply(call, value, **options):
    return call("apply", "-auto-approve", "-input=false", "-no-color", f"-var=value={value}", **options)


@pytest.mark.parametrize("encryption", (None, SSE_KMS, SSE_C), ids=str)
def test_a_state_is_kept_changed_and_locked(server, terraform, encryption):
    s3, bucket, more = server.s3(), server.bucket(), {}
    if encryption is SSE_KMS:
        more = {"encrypt": True, "kms_key_id": f"arn:aws:kms:us-east-1:123456789012:key/{SSE_KMS.request[KEY_ID]}"}
    if encryption is SSE_C:
        if not server.tls:
            pytest.skip("customers' keys are for TLS alone")
        more = {"encrypt": True, "sse_customer_key": CUSTOMER_KEY.base64}
    call = terraform(bucket, **more)
    for value in ("first", "second"):
        apply(call, value)
        assert call("output", "-raw", "value").stdout == value.encode()
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["deep/state é+"]
    # Somebody else's lock: nothing is written while it is there.
    lock = {"ID": os.urandom(16).hex(), "Operation": "OperationTypeApply", "Who": "somebody"}
    s3.put_object(Bucket=bucket, Key="deep/state é+.tflock", Body=json.dumps(lock).encode())
    refused = apply(call, "third", check=False)
    assert refused.returncode != 0 and b"Error acquiring the state lock" in refused.stderr, refused
    assert call("output", "-raw", "value").stdout == b"second"
    s3.delete_object(Bucket=bucket, Key="deep/state é+.tflock")
    call("workspace", "new", "-no-color", "other")
    apply(call, "fourth")
    listed = call("workspace", "list", "-no-color").stdout.decode().split()
    assert listed == ["default", "*", "other"]
    state = json.loads(call("state", "pull").stdout)
    assert state["outputs"]["value"]["value"] == "fourth"
