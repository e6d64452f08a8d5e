"""What the console tells of the server: the doctor's table, and the audit as it happens."""

import json

import pytest

from accounts import admin
from console_api import Console, console, coffer  # noqa: F401 (fixtures)


@pytest.fixture(scope="module")
def nobody(coffer):
    coffer.secrets.append("nobodys-secret-1")
    admin(coffer).user_add("nobody", "nobodys-secret-1")
    made = Console(coffer)
    made.login("nobody", "nobodys-secret-1")
    return made


def test_the_doctors_table_of_the_server_that_runs(coffer, console, nobody):
    answer = console.do("GET", "doctor")
    found = {finding["subject"]: finding for finding in answer["findings"]}
    assert found["Server"]["text"] == "a server runs on this drive" and found["Server"]["verdict"] == "right"
    assert found["Drive"]["text"] == str(coffer.drive) and found["Sync speed"]["verdict"] in ("right", "doubtful")
    # What the server was started with, not what another process would be.
    assert coffer.access_key in found["Credentials"]["text"] and found["Keyring"]["verdict"] in ("right", "doubtful")
    assert found["Certificate"]["verdict"] == "doubtful" and found["Certificate"]["remedy"]
    # It writes to the drive: not for each who asks.
    assert console.do("GET", "doctor")["time"] == answer["time"]
    assert nobody.error("GET", "doctor") == (403, "AccessDenied")
    assert coffer.secret_key not in json.dumps(answer)


def test_the_audit_as_it_happens(coffer, console, nobody):
    answer = console.call("GET", "audit", stream=True)
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "text/event-stream"
    bucket = coffer.bucket()
    coffer.s3().put_object(Bucket=bucket, Key="told", Body=b"x")
    found = []
    for line in answer.iter_lines(decode_unicode=True):
        if line.startswith("data: "):
            found.append(json.loads(line[6:]))
            if found[-1].get("api", {}).get("object") == "told":
                break
    record = found[-1]
    assert record["api"]["name"] == "PutObject" and record["accessKey"] == coffer.access_key and record["api"]["statusCode"] == 200
    assert "Signature" not in json.dumps(record["requestHeader"]) or "REDACTED" in json.dumps(record["requestHeader"])
    answer.close()
    assert nobody.error("GET", "audit") == (403, "AccessDenied")
