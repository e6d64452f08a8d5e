"""Users, groups, policies, access keys and sessions through their real clients: minio-py's MinioAdmin and boto3."""

import io
import json
import zipfile

import boto3
import pytest
import urllib3
from botocore.config import Config
from botocore.exceptions import ClientError
from minio.credentials import StaticProvider
from minio.error import MinioAdminException
from minio.minioadmin import MinioAdmin

import wire

GET_ONLY = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::*"]}]}


def admin(server, access_key=None, secret_key=None):
    pool = urllib3.PoolManager(ca_certs=server.authority, retries=urllib3.Retry(total=0), timeout=60)
    credentials = StaticProvider(access_key or server.access_key, secret_key or server.secret_key)
    return MinioAdmin(endpoint=server.host, credentials=credentials, secure=server.tls, http_client=pool)


def client(server, service, access_key, secret_key, token=None):
    return boto3.session.Session().client(
        service, endpoint_url=server.endpoint, aws_access_key_id=access_key, aws_secret_access_key=secret_key,
        aws_session_token=token, region_name=server.region, verify=server.authority,
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}))


def code(call, *arguments, **options):
    """The error code of a refusal; None when there is none."""
    try:
        call(*arguments, **options)
        return None
    except ClientError as error:
        return error.response["Error"]["Code"]
    except MinioAdminException as error:
        return json.loads(error._body)["Code"]


@pytest.fixture
def own(fresh_server):
    server = fresh_server()
    with server:
        yield server


def test_users_groups_and_policies(own):
    root, bucket = admin(own), own.bucket()
    own.call("PUT", f"/{bucket}/k", body=b"content")
    root.user_add("ann", "ann-secret")
    root.user_add("bob", "bob-secret")
    assert json.loads(root.user_list()) == {
        "ann": {"status": "enabled", "updatedAt": "0001-01-01T00:00:00Z"},
        "bob": {"status": "enabled", "updatedAt": "0001-01-01T00:00:00Z"}}
    ann, bob = client(own, "s3", "ann", "ann-secret"), client(own, "s3", "bob", "bob-secret")
    assert code(ann.get_object, Bucket=bucket, Key="k") == "AccessDenied"

    root.policy_add("get", policy=GET_ONLY)
    assert json.loads(root.policy_info("get")) == GET_ONLY
    assert set(json.loads(root.policy_list())) == {
        "get", "consoleAdmin", "diagnostics", "readonly", "readwrite", "writeonly"}
    assert json.loads(root.attach_policy(["get"], user="ann"))["policiesAttached"] == ["get"]
    assert code(root.attach_policy, ["get"], user="ann") == "XMinioAdminPolicyChangeAlreadyApplied"
    assert ann.get_object(Bucket=bucket, Key="k")["Body"].read() == b"content"
    assert code(ann.put_object, Bucket=bucket, Key="new", Body=b"") == "AccessDenied"
    assert code(root.policy_remove, "get") == "XMinioIAMPolicyInUse"

    root.group_add("team", ["ann", "bob"])
    assert json.loads(root.group_list()) == ["team"]
    root.attach_policy(["readwrite"], group="team")
    assert json.loads(root.group_info("team"))["members"] == ["ann", "bob"]
    bob.put_object(Bucket=bucket, Key="new", Body=b"")
    assert bucket in [listed["Name"] for listed in bob.list_buckets()["Buckets"]]
    entities = json.loads(root.get_policy_entities(["ann"], [], ["readwrite"]))
    assert entities["userMappings"] == [{
        "user": "ann", "policies": ["get"], "memberOfMappings": [{"group": "team", "policies": ["readwrite"]}]}]
    assert entities["policyMappings"] == [{"policy": "readwrite", "users": None, "groups": ["team"]}]
    root.group_disable("team")
    assert code(bob.put_object, Bucket=bucket, Key="new", Body=b"") == "AccessDenied"
    root.group_enable("team")
    root.group_remove("team", ["bob"])
    assert code(bob.put_object, Bucket=bucket, Key="new", Body=b"") == "AccessDenied"
    assert code(root.group_remove, "team") == "XMinioAdminGroupNotEmpty"

    root.user_disable("ann")
    assert code(ann.get_object, Bucket=bucket, Key="k") == "InvalidAccessKeyId"
    assert json.loads(root.user_info("ann"))["status"] == "disabled"
    root.user_enable("ann")
    ann.get_object(Bucket=bucket, Key="k")
    own.restart()
    ann = client(own, "s3", "ann", "ann-secret")
    assert ann.get_object(Bucket=bucket, Key="k")["Body"].read() == b"content"
    admin(own).user_remove("ann")
    assert code(ann.get_object, Bucket=bucket, Key="k") == "InvalidAccessKeyId"
    assert code(admin(own).user_info, "ann") == "XMinioAdminNoSuchUser"


def test_access_keys_act_for_their_owner(own):
    root, bucket = admin(own), own.bucket()
    own.call("PUT", f"/{bucket}/k", body=b"content")
    root.user_add("ann", "ann-secret")
    root.attach_policy(["readwrite"], user="ann")
    ann = admin(own, "ann", "ann-secret")
    made = json.loads(ann.add_service_account(name="app", policy=GET_ONLY))["credentials"]
    key = client(own, "s3", made["accessKey"], made["secretKey"])
    assert made["expiration"] == "1970-01-01T00:00:00Z"
    assert key.get_object(Bucket=bucket, Key="k")["Body"].read() == b"content"
    assert code(key.put_object, Bucket=bucket, Key="k", Body=b"") == "AccessDenied"
    info = json.loads(ann.get_service_account(made["accessKey"]))
    assert (info["parentUser"], info["accountStatus"], info["impliedPolicy"], info["name"]) == ("ann", "on", False, "app")
    assert json.loads(info["policy"]) == GET_ONLY
    assert made["secretKey"] not in json.dumps(info)
    assert [one["accessKey"] for one in json.loads(ann.list_service_account("ann"))["accounts"]] == [made["accessKey"]]

    known = json.loads(root.get_service_account(made["accessKey"]))
    assert known["lastUsed"].endswith(":00.000Z") or known["lastUsed"].endswith(":00Z"), known

    # An edit of one thing leaves the policy as it was.
    assert code(ann.update_service_account, access_key=made["accessKey"], description="no") == "AccessDenied"
    root.update_service_account(access_key=made["accessKey"], description="edited")
    assert code(key.put_object, Bucket=bucket, Key="k", Body=b"") == "AccessDenied"

    # With a policy of its own it makes no key without one.
    restricted = admin(own, made["accessKey"], made["secretKey"])
    assert code(restricted.add_service_account) == "AccessDenied"
    assert code(restricted.delete_service_account, made["accessKey"]) == "XMinioInvalidIAMCredentials"
    root.user_disable("ann")
    assert code(key.get_object, Bucket=bucket, Key="k") == "AccessDenied"
    root.user_enable("ann")
    ann.delete_service_account(made["accessKey"])
    assert code(key.get_object, Bucket=bucket, Key="k") == "InvalidAccessKeyId"


def test_sessions_by_boto3(own):
    root, bucket = admin(own), own.bucket()
    own.call("PUT", f"/{bucket}/k", body=b"content")
    root.user_add("ann", "ann-secret")
    root.attach_policy(["readwrite"], user="ann")
    sts = client(own, "sts", "ann", "ann-secret")
    role = {"RoleArn": "arn:aws:iam::000000000000:role/any", "RoleSessionName": "session"}
    whole = sts.assume_role(**role)["Credentials"]
    narrow = sts.assume_role(**role, Policy=json.dumps(GET_ONLY), DurationSeconds=900)["Credentials"]

    def s3(made, token=True):
        return client(own, "s3", made["AccessKeyId"], made["SecretAccessKey"], made["SessionToken"] if token else None)

    s3(whole).put_object(Bucket=bucket, Key="new", Body=b"")
    assert s3(narrow).get_object(Bucket=bucket, Key="k")["Body"].read() == b"content"
    assert code(s3(narrow).put_object, Bucket=bucket, Key="new", Body=b"") == "AccessDenied"
    assert code(s3(whole, token=False).get_object, Bucket=bucket, Key="k") == "InvalidTokenId"
    assert code(s3(whole | {"SessionToken": narrow["SessionToken"]}).get_object, Bucket=bucket, Key="k") == "InvalidTokenId"
    url = s3(whole).generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    assert urllib3.PoolManager(ca_certs=own.authority).request("GET", url).data == b"content"

    again = client(own, "sts", whole["AccessKeyId"], whole["SecretAccessKey"], whole["SessionToken"])
    assert code(again.assume_role, **role) == "AccessDenied"
    assert code(sts.assume_role, **role, DurationSeconds=43201) is None
    for wrong in ({"Policy": "{}"}, {"Policy": '{"Version":"2012-10-17","Statement":[{"Effect":"Allow"}]}'}):
        assert code(sts.assume_role, **role, **wrong) == "InvalidParameterValue"
    assert code(client(own, "sts", "ann", "wrong-secret").assume_role, **role) == "AccessDenied"

    root.policy_add("short", policy={"Version": "2012-10-17", "Statement": [{
        "Effect": "Deny", "Action": "sts:AssumeRole",
        "Condition": {"NumericGreaterThan": {"sts:DurationSeconds": "1800"}}}]})
    root.attach_policy(["short"], user="ann")
    assert code(sts.assume_role, **role) == "AccessDenied"
    assert code(sts.assume_role, **role, DurationSeconds=1800) is None

    own.restart()
    assert s3(whole).get_object(Bucket=bucket, Key="k")["Body"].read() == b"content"
    admin(own).user_remove("ann")
    assert code(s3(whole).get_object, Bucket=bucket, Key="k") == "InvalidAccessKeyId"


def test_root_is_shut_out_where_it_is_not_admitted(own):
    root = admin(own)
    root.user_add("chief", "chief-secret")
    root.attach_policy(["consoleAdmin"], user="chief")
    key = json.loads(root.add_service_account())["credentials"]
    own.environment["MINIO_API_ROOT_ACCESS"] = "off"
    own.restart()
    assert code(admin(own).user_list) == "InvalidAccessKeyId"
    assert code(client(own, "s3", own.access_key, own.secret_key).list_buckets) == "InvalidAccessKeyId"
    assert code(client(own, "s3", key["accessKey"], key["secretKey"]).list_buckets) == "InvalidAccessKeyId"
    assert "chief" in json.loads(admin(own, "chief", "chief-secret").user_list())


def test_all_of_it_moves_to_another_server(own, fresh_server):
    root = admin(own)
    root.user_add("ann", "ann-secret")
    root.user_add("bob", "bob-secret")
    root.policy_add("get", policy=GET_ONLY)
    root.attach_policy(["get"], user="ann")
    root.group_add("team", ["bob"])
    root.attach_policy(["readwrite"], group="team")
    root.user_disable("bob")
    key = json.loads(admin(own, "ann", "ann-secret").add_service_account(policy=GET_ONLY))["credentials"]
    archive = own.call("GET", "/minio/admin/v3/export-iam")
    assert archive.status == 200
    users = json.loads(zipfile.ZipFile(io.BytesIO(archive.body)).read("iam-assets/users.json"))
    assert users == {"ann": {"secretKey": "ann-secret", "status": "enabled"},
                     "bob": {"secretKey": "bob-secret", "status": "disabled"}}
    # As MinIO packs it.
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target, zipfile.ZipFile(io.BytesIO(archive.body)) as source:
        for name in source.namelist():
            target.writestr(name, source.read(name))

    other = fresh_server()
    with other:
        bucket = other.bucket()
        other.call("PUT", f"/{bucket}/k", body=b"content")
        report = other.call("PUT", "/minio/admin/v3/import-iam-v2", body=packed.getvalue())
        assert report.status == 200, report.body
        report = json.loads(report.body)
        assert report["failed"] == {} and sorted(report["added"]["users"]) == ["ann", "bob"]
        made = client(other, "s3", key["accessKey"], key["secretKey"])
        assert made.get_object(Bucket=bucket, Key="k")["Body"].read() == b"content"
        assert code(made.put_object, Bucket=bucket, Key="k", Body=b"") == "AccessDenied"
        admin(other).user_enable("bob")
        client(other, "s3", "bob", "bob-secret").put_object(Bucket=bucket, Key="new", Body=b"")
        assert other.call("PUT", "/minio/admin/v3/import-iam-v2", body=b"no archive").status == 400


@pytest.mark.parametrize("form, status, expected", (
    ("Action=AssumeRole&Version=2011-06-15", 403, "AccessDenied"), ("Version=2011-06-15", 400, "MissingParameter"),
    ("Action=AssumeRole", 400, "MissingParameter"), ("Action=AssumeRole&Version=1", 400, "MissingParameter"),
    ("Action=Nothing&Version=2011-06-15", 400, "InvalidParameterValue"),
    ("Action=AssumeRole&Action=AssumeRole&Version=2011-06-15", 400, "InvalidParameterValue"),
    ("Action=AssumeRoleWithLDAPIdentity&Version=2011-06-15", 400, "InvalidParameterValue"),
    ("Action=AssumeRoleWithCertificate&Version=2011-06-15", 503, "STSNotInitialized"), ("%zz=1", 400, "InvalidParameterValue"),
))
def test_forms_that_make_no_session(http, form, status, expected):
    answer = wire.request(http, "POST", "/", {"content-type": "application/x-www-form-urlencoded"}, form.encode())
    assert answer.status == status, answer
    assert f"<Code>{expected}</Code>" in answer.body.decode()
