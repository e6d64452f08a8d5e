"""What the console does for its users: with their rights and no others; tasks, archives, search, links, accounts, streams."""

import io
import json
import threading
import time
import zipfile

import pytest
import requests

from accounts import admin
from console_api import Console, console_server, console, coffer  # noqa: F401 (fixtures)


@pytest.fixture
def bucket(coffer, request):
    return coffer.bucket()


def ended(console, task):
    """The task, once it has ended."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = next(entry for entry in console.do("GET", "tasks")["tasks"] if entry["id"] == task)
        if found["state"] != "running":
            return found
        time.sleep(0.02)
    raise AssertionError("the task does not end")


def keys(coffer, bucket):
    return [entry["Key"] for entry in coffer.s3().list_objects_v2(Bucket=bucket).get("Contents", [])]


# --- rights

# What each may: the actions, and the resources of the bucket `rights` and its folder `mine/`.
POLICIES = {
    "nothing": [],
    "everything": [("Allow", ["s3:*"], ["arn:aws:s3:::*"]), ("Allow", ["admin:*"], None), ("Allow", ["kms:*"], None)],
    "read": [("Allow", ["s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation"], ["arn:aws:s3:::rights", "arn:aws:s3:::rights/*"])],
    "write": [("Allow", ["s3:PutObject"], ["arn:aws:s3:::rights/*"])],
    "own folder": [("Allow", ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], ["arn:aws:s3:::rights/mine/*"])],
    "list": [("Allow", ["s3:ListBucket"], ["arn:aws:s3:::rights"])],
    "list all": [("Allow", ["s3:ListAllMyBuckets"], ["arn:aws:s3:::*"])],
    "settings": [("Allow", ["s3:GetEncryptionConfiguration", "s3:PutEncryptionConfiguration", "s3:GetBucketTagging"], ["arn:aws:s3:::rights"])],
    "all but deleting": [("Allow", ["s3:*"], ["arn:aws:s3:::*"]), ("Deny", ["s3:DeleteObject"], ["arn:aws:s3:::rights/*"])],
    "keys": [("Allow", ["kms:ListKeys", "kms:KeyStatus"], None)],
    "users": [("Allow", ["admin:ListUsers", "admin:GetPolicy", "admin:ListUserPolicies"], None)],
    "information": [("Allow", ["admin:ServerInfo"], None)],
}
ADMIN = "/minio/admin/v3"
# A call, and the request of a client that does the same.
CALLS = [
    ("GET", "objects", {"b": "rights"}, None, "GET", "/rights?list-type=2&delimiter=%2F&max-keys=1000"),
    ("GET", "objects", {"b": "rights", "prefix": "mine/"}, None, "GET", "/rights?list-type=2&delimiter=%2F&max-keys=1000&prefix=mine%2F"),
    ("GET", "objects", {"b": "rights", "versions": "true"}, None, "GET", "/rights?versions&delimiter=%2F&max-keys=1000"),
    ("GET", "object", {"b": "rights", "k": "a"}, None, "HEAD", "/rights/a"),
    ("GET", "object", {"b": "rights", "k": "none"}, None, "HEAD", "/rights/none"),
    ("GET", "object/proof", {"b": "rights", "k": "a"}, None, "HEAD", "/rights/a"),
    ("GET", "download", {"b": "rights", "k": "a"}, None, "GET", "/rights/a"),
    ("GET", "preview", {"b": "rights", "k": "mine/b"}, None, "GET", "/rights/mine/b"),
    ("PUT", "upload", {"b": "rights", "k": "new"}, b"x", "PUT", "/rights/new"),
    ("PUT", "upload", {"b": "rights", "k": "mine/new"}, b"x", "PUT", "/rights/mine/new"),
    ("DELETE", "object", {"b": "rights", "k": "gone"}, None, "DELETE", "/rights/gone"),
    ("PUT", "object/tags", {"b": "rights", "k": "a"}, {"value": {}}, "DELETE", "/rights/a?tagging"),
    ("GET", "uploads", {"b": "rights"}, None, "GET", "/rights?uploads"),
    ("POST", "uploads", None, {"bucket": "rights", "key": "part"}, "POST", "/rights/part?uploads"),
    ("PUT", "bucket/encryption", {"b": "rights"}, {"value": None}, "DELETE", "/rights?encryption"),
    ("PUT", "bucket/policy", {"b": "rights"}, {"value": None}, "DELETE", "/rights?policy"),
    ("PUT", "bucket/quota", {"b": "rights"}, {"value": None}, "PUT", f"{ADMIN}/set-bucket-quota?bucket=rights"),
    ("POST", "buckets", None, {"name": "rights"}, "PUT", "/rights"),
    ("DELETE", "buckets", {"b": "rights"}, None, "DELETE", "/rights"),
    ("GET", "keys", None, None, "GET", "/minio/kms/v1/key/list?pattern=*"),
    ("GET", "key", {"k": "coffer-default-key"}, None, "GET", "/minio/kms/v1/key/status?key-id=coffer-default-key"),
    ("GET", "kms", None, None, "GET", "/minio/kms/v1/status"),
    ("POST", "keys", None, {"name": "coffer-default-key"}, "POST", "/minio/kms/v1/key/create?key-id=coffer-default-key"),
    ("GET", "overview", None, None, "GET", f"{ADMIN}/info"),
    ("GET", "users", None, None, "GET", f"{ADMIN}/list-users"),
    ("GET", "policies", None, None, "GET", f"{ADMIN}/list-canned-policies"),
    ("GET", "policy", {"name": "readwrite"}, None, "GET", f"{ADMIN}/info-canned-policy?name=readwrite"),
    ("GET", "groups", None, None, "GET", f"{ADMIN}/groups"),
    ("GET", "access-keys", None, None, "GET", f"{ADMIN}/list-service-accounts"),
]


def document_of(statements):
    return {"Version": "2012-10-17", "Statement": [
        {"Effect": effect, "Action": actions, **({"Resource": resources} if resources else {})} for effect, actions, resources in statements]}


@pytest.fixture(scope="module")
def accounts(coffer):
    s3 = coffer.s3()
    s3.create_bucket(Bucket="rights")
    for key in ("a", "mine/b"):
        s3.put_object(Bucket="rights", Key=key, Body=b"hello")
    root, made = admin(coffer), {}
    for number, (name, statements) in enumerate(POLICIES.items()):
        user, secret = f"matrix{number}", f"matrix-secret-{number}"
        coffer.secrets.append(secret)
        root.user_add(user, secret)
        if statements:
            root.policy_add(f"matrix{number}", policy=document_of(statements))
            root.policy_set(f"matrix{number}", user=user)
        one = Console(coffer)
        one.login(user, secret)
        made[name] = (one, user, secret)
    return made


@pytest.mark.parametrize("name", POLICIES)
def test_a_call_may_what_the_same_request_may(coffer, accounts, name):
    console, user, secret = accounts[name]
    different = []
    for method, call, query, body, s3_method, target in CALLS:
        options = {} if body is None else {"data": body} if isinstance(body, bytes) else {"json": body}
        answer = console.call(method, call, query, **options)
        content = b"x" if body == b"x" else b'{"quota":0,"quotatype":""}' if "quota" in target else b""
        direct = coffer.call(s3_method, target, {}, content, access_key=user, secret=secret)
        # What succeeds may have another code of success; what is refused is refused alike.
        same = answer.ok and direct.status < 300 or answer.status_code == direct.status
        if not same:
            different.append((method, call, query, answer.status_code, direct.status, answer.text[:200]))
    assert different == []


@pytest.mark.parametrize("name", POLICIES)
def test_what_is_said_to_be_allowed_is(coffer, accounts, name):
    console, user, secret = accounts[name]
    asked = {"s3:ListBucket": ("GET", "/rights?list-type=2&delimiter=%2F&prefix=mine%2F&max-keys=1000"),
             "s3:PutObject": ("PUT", "/rights/mine/_"), "s3:GetEncryptionConfiguration": ("GET", "/rights?encryption"),
             "kms:ListKeys": ("GET", "/minio/kms/v1/key/list?pattern=*"), "admin:ServerInfo": ("GET", f"{ADMIN}/info")}
    told = console.do("GET", "may", [("b", "rights"), ("prefix", "mine/"), *(("action", action) for action in asked)])
    for action, (method, target) in asked.items():
        status = coffer.call(method, target, {}, b"", access_key=user, secret=secret).status
        assert told[action] == (status != 403), action


def test_a_bucket_can_be_opened_by_name_and_shows_what_one_may_see(accounts):
    reader, writer, nobody = (accounts[name][0] for name in ("settings", "write", "nothing"))
    settings = reader.do("GET", "bucket", {"b": "rights"})["settings"]
    assert settings["encryption"]["canWrite"] and settings["tags"]["canRead"] and not settings["tags"]["canWrite"]
    assert settings["policy"] == {"canRead": False, "canWrite": False}
    assert "objects" not in writer.do("GET", "bucket", {"b": "rights"})
    assert [entry["name"] for entry in writer.do("GET", "buckets")["buckets"]] == ["rights"]
    assert nobody.do("GET", "buckets")["buckets"] == []
    for name in ("rights", "no-such-bucket"):
        assert nobody.error("GET", "bucket", {"b": name}) == (403, "AccessDenied")


# --- tasks


def test_tasks_copy_move_and_delete(coffer, console, bucket):
    other = coffer.bucket()
    s3 = coffer.s3()
    for n in range(30):
        s3.put_object(Bucket=bucket, Key=f"a/{n:02d}", Body=b"x" * n)
    s3.put_object(Bucket=other, Key="to/05", Body=b"present")
    body = {"kind": "copy", "bucket": bucket, "prefixes": ["a/"], "under": "a/", "to": {"bucket": other, "prefix": "to/"}}
    copied = ended(console, console.do("POST", "tasks", json=body, status=202)["task"])
    assert (copied["state"], copied["done"], copied["failed"]) == ("done", 29, 1)
    assert copied["failures"][0]["key"] == "a/05" and copied["failures"][0]["code"] == "PreconditionFailed"
    assert len(keys(coffer, other)) == 30 and s3.get_object(Bucket=other, Key="to/05")["Body"].read() == b"present"
    moved = ended(console, console.do("POST", "tasks", json={**body, "kind": "move", "keys": ["a/00"], "prefixes": [], "overwrite": True})["task"])
    assert (moved["state"], moved["done"], moved["total"]) == ("done", 1, 1) and "a/00" not in keys(coffer, bucket)
    deleted = ended(console, console.do("POST", "tasks", json={"kind": "delete", "bucket": bucket, "prefixes": ["a/1"], "keys": ["a/20"]})["task"])
    assert (deleted["state"], deleted["done"]) == ("done", 11) and len(keys(coffer, bucket)) == 18
    # Copies that would be copied again, without an end.
    endless = {"kind": "copy", "bucket": bucket, "prefixes": ["a/"], "to": {"bucket": bucket, "prefix": "a/b/"}}
    assert console.error("POST", "tasks", json=endless) == (400, "InvalidRequest")
    console.do("DELETE", "tasks", {"id": deleted["id"]}, status=204)
    assert deleted["id"] not in [entry["id"] for entry in console.do("GET", "tasks")["tasks"]]


def test_a_task_has_its_owners_rights_and_no_others(coffer, accounts, console):
    limited = accounts["own folder"][0]
    for n in range(3):
        coffer.s3().put_object(Bucket="rights", Key=f"mine/t{n}", Body=b"x")
    coffer.s3().put_object(Bucket="rights", Key="theirs", Body=b"x")
    task = limited.do("POST", "tasks", json={"kind": "delete", "bucket": "rights", "keys": ["mine/t0", "theirs"]})["task"]
    assert task not in [entry["id"] for entry in console.do("GET", "tasks")["tasks"]]
    found = ended(limited, task)
    assert (found["done"], found["failed"], found["failures"][0]["key"]) == (1, 1, "theirs") and "theirs" in keys(coffer, "rights")
    # Who may not list cannot have a folder deleted.
    refused = ended(limited, limited.do("POST", "tasks", json={"kind": "delete", "bucket": "rights", "prefixes": ["mine/"]})["task"])
    assert refused["state"] == "failed" and refused["error"]["code"] == "AccessDenied" and "mine/t1" in keys(coffer, "rights")


def test_versions_are_deleted_for_good(coffer, console, bucket):
    s3 = coffer.s3()
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        s3.put_object(Bucket=bucket, Key="a", Body=body)
        s3.put_object(Bucket=bucket, Key="ab", Body=body)
    first = [row for row in console.do("GET", "objects", {"b": bucket, "versions": "true"})["objects"] if row["key"] == "a"][-1]
    console.do("POST", "object/copy", json={"from": {"bucket": bucket, "key": "a", "version": first["version"]}, "to": {"bucket": bucket, "key": "a"},
                                            "overwrite": True})
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"1"
    ended(console, console.do("POST", "tasks", json={"kind": "delete", "bucket": bucket, "keys": ["a"], "versions": True})["task"])
    assert {row["key"] for row in console.do("GET", "objects", {"b": bucket, "versions": "true"})["objects"]} == {"ab"}


def test_data_keys_are_rewrapped(coffer, console, bucket):
    console.do("POST", "keys", json={"name": "newer"})
    console.do("PUT", "upload", {"b": bucket, "k": "x"}, data=b"x")
    done = ended(console, console.do("POST", "keys/rewrap", json={"to": "newer"}, status=202)["task"])
    assert done["state"] == "done" and done["done"] == done["total"]
    counts = {entry["name"]: entry["dataKeys"] for entry in console.do("GET", "keys")["keys"]}
    assert counts["newer"] >= 1 and counts["coffer-default-key"] == 0
    assert ended(console, console.do("POST", "keys/rewrap", json={"to": "no-such-key"})["task"])["state"] == "failed"


# --- archives, search, links


def test_an_archive_leads_out_of_no_folder_and_loses_nothing(coffer, console, bucket):
    bodies = {"a/x.txt": b"1", "a/../../x.txt": b"2", "a/X.TXT": b"3", "/etc/passwd": b"4", "a\\b": b"5", "C:/boot": b"6",
              "a/con.txt": b"7", "a/long": b"z" * 300_000, "a/empty": b"", "a/folder/": b"", "a/é‮x": b"8"}
    for key, body in bodies.items():
        console.do("PUT", "upload", {"b": bucket, "k": key}, data=body)
    selection = console.do("POST", "selection", json={"bucket": bucket, "prefixes": [""]}, status=201)["selection"]
    answer = console.call("GET", "zip", {"selection": selection, "name": "all.zip"})
    assert answer.headers["Content-Type"] == "application/zip" and 'filename="all.zip"' in answer.headers["Content-Disposition"]
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    names = archive.namelist()
    assert len(names) == len(bodies) - 1 == len({name.lower() for name in names})
    assert sorted(archive.read(name) for name in names) == sorted(body for key, body in bodies.items() if not key.endswith("/"))
    for name in names:
        parts = name.split("/")
        assert not name.startswith("/") and "\\" not in name and ":" not in name and not {"", ".", ".."} & set(parts), name
        assert not any(part.split(".")[0].lower() == "con" for part in parts)
    other = Console(coffer)
    other.login()
    assert other.error("GET", "zip", {"selection": selection}) == (404, "NoSuchSelection")


def test_an_archive_that_fails_does_not_look_whole(coffer, accounts, console):
    limited = accounts["own folder"][0]
    coffer.s3().put_object(Bucket="rights", Key="mine/z", Body=b"y" * 200_000)
    forbidden = limited.do("POST", "selection", json={"bucket": "rights", "keys": ["a"]})["selection"]
    assert limited.error("GET", "zip", {"selection": forbidden}) == (403, "AccessDenied")
    later = limited.do("POST", "selection", json={"bucket": "rights", "keys": ["mine/z", "a"]})["selection"]
    with pytest.raises(requests.RequestException):
        limited.call("GET", "zip", {"selection": later})


def test_search_finds_in_the_whole_prefix(coffer, console, bucket):
    for n in range(25):
        coffer.s3().put_object(Bucket=bucket, Key=f"logs/day{n}/{'Error' if n % 5 == 0 else 'fine'}.txt", Body=b"x")

    def search(q, **more):
        answer = console.call("GET", "search", {"b": bucket, "prefix": "logs/", "q": q, **more})
        assert answer.headers["Content-Type"] == "application/x-ndjson"
        lines = [json.loads(line) for line in answer.text.splitlines()]
        return [line["object"]["key"] for line in lines if "object" in line], lines[-1]

    found, end = search("error")
    assert len(found) == 5 and end == {"end": True, "examined": 25, "more": False}
    assert search("day1?/error.*")[0] == ["logs/day10/Error.txt", "logs/day15/Error.txt"]
    assert search("logs") == ([], {"end": True, "examined": 25, "more": False})
    assert len(search("txt", limit=3)[0]) == 3 and search("txt", limit=3)[1]["more"]
    assert console.error("GET", "search", {"b": "no-such-bucket", "q": "x"}) == (404, "NoSuchBucket")


def test_a_shared_link_works_for_everybody_and_is_the_accounts(coffer, accounts, console, bucket):
    console.do("PUT", "upload", {"b": bucket, "k": "a b/ü?#.txt"}, data=b"shared")
    made = console.do("POST", "shares", json={"bucket": bucket, "key": "a b/ü?#.txt", "seconds": 60}, status=201)
    assert made["url"].startswith(coffer.endpoint) and requests.get(made["url"], timeout=10).content == b"shared"
    coffer.secrets.append(made["url"].rpartition("=")[2])
    console_two = Console(coffer)
    console_two.login()
    again = console_two.do("POST", "shares", json={"bucket": bucket, "key": "a b/ü?#.txt", "seconds": 60})["url"]
    coffer.secrets.append(again.rpartition("=")[2])
    console_two.do("POST", "logout", json={})
    assert requests.get(again, timeout=10).content == b"shared"
    assert accounts["nothing"][0].error("POST", "shares", json={"bucket": bucket, "key": "x", "seconds": 60}) == (403, "AccessDenied")
    for seconds, address in ((0, None), (604_801, None), (60, "javascript:alert(1)"), (60, "http://a/b")):
        body = {"bucket": bucket, "key": "x", "seconds": seconds, **({"address": address} if address else {})}
        assert console.error("POST", "shares", json=body)[0] == 400


# --- accounts and streams


def test_accounts_are_kept(coffer, console):
    secret = "first-secret-1234"
    coffer.secrets += [secret, "second-secret-1234"]
    console.do("POST", "users", json={"name": "anna", "secretKey": secret}, status=201)
    assert console.error("POST", "users", json={"name": "anna", "secretKey": "second-secret-1234"}) == (409, "UserExists")
    console.do("PUT", "policy", {"name": "look"}, json={"value": document_of([("Allow", ["s3:ListAllMyBuckets"], ["arn:aws:s3:::*"])])}, status=204)
    assert console.do("POST", "policies/attach", json={"policies": ["look"], "user": "anna"}) == {"changed": ["look"]}
    console.do("PUT", "group", {"name": "staff"}, json={"add": ["anna"]}, status=204)
    user = {entry["name"]: entry for entry in console.do("GET", "users")["users"]}["anna"]
    assert user == {"name": "anna", "enabled": True, "policies": ["look"], "groups": ["staff"]}
    assert console.do("GET", "policy", {"name": "look"})["users"] == ["anna"]
    assert console.do("GET", "group", {"name": "staff"}) == {"name": "staff", "enabled": True, "members": ["anna"], "policies": []}
    anna = Console(coffer)
    anna.login("anna", secret)
    assert anna.do("GET", "buckets")["total"] >= 1
    made = anna.do("POST", "access-keys", json={"name": "laptop"}, status=201)
    coffer.secrets.append(made["secretKey"])
    key = Console(coffer)
    document = key.login(made["accessKey"], made["secretKey"])
    assert (document["kind"], document["user"]) == ("accessKey", "anna")
    assert [entry["accessKey"] for entry in anna.do("GET", "access-keys")["accessKeys"]] == [made["accessKey"]]
    anna.do("PUT", "access-keys", {"k": made["accessKey"]}, json={"enabled": False}) if anna.do(
        "GET", "may", {"action": "admin:UpdateServiceAccount"})["admin:UpdateServiceAccount"] else console.do(
        "PUT", "access-keys", {"k": made["accessKey"]}, json={"enabled": False})
    assert key.error("GET", "buckets") == (401, "NoSession")
    anna.do("DELETE", "access-keys", {"k": made["accessKey"]}, status=204)
    console.do("PUT", "users/secret", {"name": "anna"}, json={"secretKey": "second-secret-1234"}, status=204)
    assert anna.error("GET", "buckets") == (401, "NoSession")
    console.do("PUT", "group", {"name": "staff"}, json={"remove": ["anna"]})
    console.do("DELETE", "group", {"name": "staff"}, status=204)
    console.do("DELETE", "users", {"name": "anna"}, status=204)
    console.do("DELETE", "policy", {"name": "look"}, status=204)


def test_a_temporary_credential_can_log_in(coffer):
    import boto3
    sts = boto3.client("sts", endpoint_url=coffer.endpoint, aws_access_key_id=coffer.access_key, aws_secret_access_key=coffer.secret_key,
                       region_name="us-east-1")
    made = sts.assume_role(RoleArn="arn:aws:iam::1:role/x", RoleSessionName="console")["Credentials"]
    coffer.secrets += [made["SecretAccessKey"], made["SessionToken"]]
    console = Console(coffer)
    assert console.error("POST", "login", json={"accessKey": made["AccessKeyId"], "secretKey": made["SecretAccessKey"]}) == (401, "InvalidLogin")
    assert console.login(made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"])["kind"] == "temporary"
    assert console.do("GET", "buckets") is not None


def events(answer, until, found):
    name = None
    for line in answer.iter_lines(decode_unicode=True):
        if line.startswith("event: "):
            name = line[7:]
        elif line.startswith("data: "):
            found.append((name, json.loads(line[6:])))
            if until(found):
                return


def test_streams_tell_what_happens_and_end_with_the_session(coffer, console, bucket):
    watcher = Console(coffer)
    watcher.login()
    found = []
    answer = watcher.call("GET", "trace", stream=True)
    assert answer.headers["Content-Type"] == "text/event-stream"
    thread = threading.Thread(target=events, args=(answer, lambda seen: seen[-1][0] == "end", found))
    thread.start()
    console.do("PUT", "upload", {"b": bucket, "k": "traced"}, data=b"x")
    deadline = time.monotonic() + 30
    while not any("traced" in json.dumps(document) for _, document in found) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert any(name == "line" and "traced" in json.dumps(document) for name, document in found)
    watcher.do("POST", "logout", json={})
    thread.join(30)
    assert found[-1] == ("end", {"code": "NoSession"})


def test_figures_come_live_and_streams_are_few(coffer, console, accounts):
    figures = []
    answer = console.call("GET", "live", stream=True)
    events(answer, lambda seen: len(seen) == 1, figures)
    assert figures[0][0] == "figures" and figures[0][1]["keyService"]["state"] == "online" and figures[0][1]["available"] > 0
    more = [console.call("GET", "live", stream=True) for _ in range(4)]
    assert [one.status_code for one in more] == [200, 200, 200, 503] and more[-1].json()["error"]["code"] == "Busy"
    for one in [answer, *more]:
        one.close()
    assert accounts["nothing"][0].error("GET", "live") == (403, "AccessDenied")
    assert accounts["nothing"][0].error("GET", "log") == (403, "AccessDenied")


def test_what_is_done_is_told_to_the_audit(tmp_path):
    path = tmp_path / "audit.jsonl"
    coffer = console_server(tmp_path / "audited", environment={"COFFER_AUDIT_FILE": str(path)})
    with coffer:
        console = Console(coffer)
        console.login()
        console.do("POST", "buckets", json={"name": "told"})
        answer = console.call("PUT", "bucket/policy", {"b": "told"}, json={"value": {"Version": "2012-10-17"}})
        assert answer.status_code == 400
        request = answer.json()["error"]["requestId"]
    records = {record["requestID"]: record for record in map(json.loads, path.read_text().splitlines())}
    names = [record["api"].get("name") for record in records.values()]
    assert "Login" in names and "PutBucket" in str(names) or "MakeBucket" in str(names) or "CreateBucket" in str(names)
    refused = records[request]
    assert refused["accessKey"] == coffer.access_key and refused["remotehost"] == "127.0.0.1" and refused["api"]["bucket"] == "told"
    assert len(next(value for name, value in refused["requestHeader"].items() if name.lower() == "x-coffer-console-session")) == 8
