"""State, settings, service, quotas, archives and batch jobs through real clients: minio-py's MinioAdmin, our own program."""

import io
import json
import os
import re
import select
import subprocess
import threading
import time
import zipfile

import pytest
import urllib3
from minio.credentials import StaticProvider
from minio.error import MinioAdminException
from minio.minioadmin import MinioAdmin

import server as harness
import wire
from receiver import Receiver

ADMIN = "/minio/admin/v3"


def admin(server):
    pool = urllib3.PoolManager(ca_certs=server.authority, retries=urllib3.Retry(total=0), timeout=60)
    return MinioAdmin(endpoint=server.host, credentials=StaticProvider(server.access_key, server.secret_key),
                      secure=server.tls, http_client=pool)


def coffer(server, *arguments, fails=False, text=None):
    """A command of `coffer admin`; what it prints."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(server.home), "MINIO_ROOT_USER": server.access_key,
                   "MINIO_ROOT_PASSWORD": server.secret_key}
    command = [harness.binary(), "admin", *arguments, "--endpoint", server.endpoint]
    done = subprocess.run(command, env=environment, input=text, capture_output=True, text=True, timeout=60)
    assert (done.returncode != 0) == fails, done
    return done.stderr if fails else done.stdout


def call(server, method, target, body=b"", **options):
    options.setdefault("region", "")
    return server.call(method, ADMIN + target, body=body, **options)


def refusal(call_, *arguments):
    with pytest.raises(MinioAdminException) as caught:
        call_(*arguments)
    return json.loads(caught.value._body)["Code"]


@pytest.fixture
def own(fresh_server):
    server = fresh_server()
    with server:
        yield server


def until(condition, what):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


# --- state

def test_the_server_tells_of_itself(http):
    bucket = http.bucket()
    http.call("PUT", f"/{bucket}/k", body=b"x" * 1000)
    client = admin(http)
    info = json.loads(client.info())
    assert info["mode"] == "online" and info["servers"][0]["state"] == "online"
    assert info["servers"][0]["drives"][0]["totalspace"] > info["servers"][0]["drives"][0]["usedspace"] > 0
    assert info["servers"][0]["minio_env_vars"]["MINIO_ROOT_PASSWORD"].startswith("***")
    assert http.secret_key not in json.dumps(info)
    usage = client.get_data_usage_info()
    usage = json.loads(usage) if isinstance(usage, str) else usage
    assert usage["bucketsUsageInfo"][bucket]["size"] == 1000
    assert usage["bucketsUsageInfo"][bucket]["objectsCount"] == 1
    account = json.loads(client.account_info())
    assert account["AccountName"] == http.access_key
    assert bucket in [one["name"] for one in account["Buckets"]]
    assert "Contents" in coffer(http, "info")
    assert json.loads(coffer(http, "info", "--json"))["deploymentID"] == info["deploymentID"]


def test_a_quota_is_set_kept_to_and_taken_away(http):
    client, bucket = admin(http), http.bucket()
    client.bucket_quota_set(bucket, 2000)
    assert json.loads(client.bucket_quota_get(bucket))["quota"] == 2000
    assert http.call("PUT", f"/{bucket}/small", body=b"x" * 1000).status == 200
    large = http.call("PUT", f"/{bucket}/large", body=b"x" * 3000)
    assert (large.status, b"XMinioAdminBucketQuotaExceeded" in large.body) == (400, True)
    client.bucket_quota_clear(bucket)
    assert http.call("PUT", f"/{bucket}/large", body=b"x" * 3000).status == 200
    assert refusal(client.bucket_quota_get, "absent-bucket") == "NoSuchBucket"
    assert coffer(http, "quota", bucket, "1048576") == "1 MiB\n"
    assert coffer(http, "quota", bucket, "0") == "no quota\n"


# --- settings

def test_settings_are_changed_while_the_server_runs(own):
    client = admin(own)
    preflight = {"Origin": "https://elsewhere.example", "Access-Control-Request-Method": "GET"}
    bucket = own.bucket()
    assert wire.request(own, "OPTIONS", f"/{bucket}/k", preflight).status == 200
    client.config_set("api", {"cors_allow_origin": "https://here.example"})
    assert wire.request(own, "OPTIONS", f"/{bucket}/k", preflight).status == 403
    assert "cors_allow_origin=https://here.example" in client.config_get("api")
    assert refusal(client.config_set, "scanner", {"speed": "bogus"}) == "XMinioAdminConfigBadJSON"
    assert refusal(client.config_set, "compression", {"enable": "on"}) == "XMinioConfigError"
    history = json.loads(client.config_history())
    assert [entry["data"] for entry in history] == ["api cors_allow_origin=https://here.example"]
    client.config_reset("api")
    assert wire.request(own, "OPTIONS", f"/{bucket}/k", preflight).status == 200
    client.config_restore(history[0]["restoreId"])
    assert wire.request(own, "OPTIONS", f"/{bucket}/k", preflight).status == 403


def test_what_was_set_survives_kill_and_the_environment_wins(fresh_server):
    server = fresh_server()
    server.start()
    admin(server).config_set("site", {"region": "here-1"})
    admin(server).config_set("api", {"cors_allow_origin": "https://here.example"})
    server.kill()
    server.start()
    bucket = server.bucket(region="here-1")
    assert server.call("GET", f"/{bucket}?location", region="here-1").body.count(b"here-1") == 1
    assert server.call("GET", f"/{bucket}?versioning", region="there-1").status == 400
    # Sealed on the drive, as everything else.
    for path in server.drive.rglob("*"):
        if path.is_file():
            assert b"here.example" not in path.read_bytes(), path
    server.kill()
    server.environment["MINIO_SITE_REGION"] = "there-1"
    with server:
        assert server.call("GET", f"/{bucket}?versioning", region="there-1").status == 200
        assert "# MINIO_SITE_REGION=there-1" in admin(server).config_get("site")


def test_our_own_program_sets_them_too(own):
    assert "set" in coffer(own, "config", "set", "api", "cors_allow_origin=https://a.example, https://b.example")
    assert 'cors_allow_origin="https://a.example, https://b.example"' in coffer(own, "config", "get", "api")
    exported = coffer(own, "config", "export")
    coffer(own, "config", "reset", "api", "cors_allow_origin")
    assert "cors_allow_origin=* " in coffer(own, "config", "get", "api")
    path = own.directory / "exported.txt"
    path.write_text(exported)
    coffer(own, "config", "import", str(path))
    assert "a.example" in coffer(own, "config", "get", "api")
    assert "unknown sub-system" in coffer(own, "config", "set", "nothing", "a=b", fails=True)


def test_root_is_kept_out_and_let_in_again(own):
    own.secrets.append("ann-secret-1")
    client = admin(own)
    client.user_add("ann", "ann-secret-1")
    client.attach_policy(["consoleAdmin"], "ann")
    client.config_set("api", {"root_access": "off"})
    assert json.loads(call(own, "GET", "/info").body)["Code"] == "InvalidAccessKeyId"
    assert own.call("GET", "/").status == 403
    ann = MinioAdmin(endpoint=own.host, credentials=StaticProvider("ann", "ann-secret-1"), secure=False)
    ann.config_set("api", {"root_access": "on"})
    assert own.call("GET", "/").status == 200


# --- service

def is_anew(server):
    """Whether a server that was to restart answers again."""
    try:
        return server.log_text().count('"listening"') == 2 and wire.request(server, "GET", "/minio/health/live").status == 200
    except OSError:
        return False


def test_a_restart_begins_anew_with_the_same_arguments(own):
    bucket = own.bucket()
    own.call("PUT", f"/{bucket}/k", body=b"content")
    before = json.loads(admin(own).info())
    process, command = own.process.pid, open(f"/proc/{own.process.pid}/cmdline").read()
    admin(own).service_restart()
    until(lambda: is_anew(own), "the server did not come back")
    assert own.process.poll() is None and open(f"/proc/{process}/cmdline").read() == command
    assert own.call("GET", f"/{bucket}/k").body == b"content"
    assert json.loads(admin(own).info())["deploymentID"] == before["deploymentID"]
    # The secrets are not left where the system shows the environment.
    assert own.secret_key not in open(f"/proc/{process}/environ").read()
    # It still ends as it should.
    own.process.terminate()
    assert own.process.wait(timeout=30) == 0


def test_a_stop_ends_the_process(fresh_server):
    server = fresh_server()
    server.start()
    assert json.loads(call(server, "POST", "/service?action=stop&type=2").body)["results"]
    assert server.process.wait(timeout=30) == 0


def test_a_trial_changes_nothing(http):
    for action in ("restart", "stop", "freeze"):
        answer = call(http, "POST", f"/service?action={action}&type=2&dry-run=true")
        assert json.loads(answer.body)["dryRun"] is True
    assert http.process.poll() is None and http.bucket()
    assert json.loads(call(http, "POST", "/service?action=explode&type=2").body)["Code"] == "MalformedPOSTRequest"


def test_while_it_is_frozen_requests_wait(own):
    bucket = own.bucket()
    call(own, "POST", "/service?action=freeze&type=2")
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(own.call("GET", f"/{bucket}?list-type=2").status))
    waiting.start()
    # What tells of the server is answered all the same.
    assert wire.request(own, "GET", "/minio/health/live").status == 200
    assert json.loads(admin(own).info())["mode"] == "online"
    assert waiting.is_alive() and answers == []
    call(own, "POST", "/service?action=unfreeze&type=2")
    waiting.join(timeout=30)
    assert answers == [200]


def test_requests_beyond_the_number_wait_for_their_turn(own):
    bucket = own.bucket()
    admin(own).config_set("api", {"requests_max": "2"})
    statuses = []

    def write(number):
        statuses.append(own.call("PUT", f"/{bucket}/{number}", body=b"x" * 100_000).status)
    threads = [threading.Thread(target=write, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert statuses == [200] * 24
    admin(own).config_reset("api")
    assert own.call("GET", f"/{bucket}/1").status == 200


# --- archives

def test_settings_of_buckets_move_to_another_server(own, fresh_server):
    s3, bucket = own.s3(), own.bucket()
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "team", "Value": "blue"}]})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [
        {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 7}}]})
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ["*"]},
              "Action": ["s3:GetObject"], "Resource": [f"arn:aws:s3:::{bucket}/public/*"]}]}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    archive = call(own, "GET", "/export-bucket-metadata?bucket=")
    names = zipfile.ZipFile(io.BytesIO(archive.body)).namelist()
    assert set(names) == {f"{bucket}/{file}" for file in (
        "versioning.xml", "policy.json", "tagging.xml", "lifecycle.xml", "notification.xml", "quota.json")}
    with fresh_server() as other:
        # Compressed, as other servers write it.
        compressed = io.BytesIO()
        with zipfile.ZipFile(compressed, "w", zipfile.ZIP_DEFLATED) as target:
            for name in names:
                target.writestr(name, zipfile.ZipFile(io.BytesIO(archive.body)).read(name))
        answer = json.loads(call(other, "PUT", "/import-bucket-metadata?bucket=", compressed.getvalue()).body)
        assert all(answer["buckets"][bucket][name]["isSet"] for name in ("versioning", "policy", "tagging", "lifecycle"))
        there = other.s3()
        assert there.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "team", "Value": "blue"}]
        assert there.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
        assert there.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]["ID"] == "r"
        assert json.loads(there.get_bucket_policy(Bucket=bucket)["Policy"]) == policy


# --- batch jobs

def ended(server, job):
    metric = json.loads(call(server, "GET", f"/status-job?jobId={job}").body)["LastMetric"]
    return metric if metric["complete"] or metric["failed"] else None


def start(server, text):
    answer = call(server, "POST", "/start-job", text.encode())
    assert answer.status == 200, answer
    return json.loads(answer.body)["id"]


def test_objects_move_under_another_key(own):
    s3, bucket = own.s3(), own.bucket()
    bodies = {f"k{number}": b"%d" % number * 1000 for number in range(30)}
    for key, body in bodies.items():
        s3.put_object(Bucket=bucket, Key=key, Body=body)
    before = {key: s3.head_object(Bucket=bucket, Key=key) for key in bodies}
    assert call(own, "POST", "/kms/key/create?key-id=newer").status == 200
    job = start(own, f"""
keyrotate:
  apiVersion: v1
  bucket: {bucket}
  prefix: k1
  encryption:
    type: sse-kms
    key: newer
    context: {"eyJhIjoiYiJ9"}
""")
    until(lambda: ended(own, job), "the job did not end")
    moved = [key for key in bodies if key.startswith("k1")]
    assert ended(own, job)["rotation"]["objects"] == len(moved)
    for key, body in bodies.items():
        head = s3.head_object(Bucket=bucket, Key=key)
        assert head["ServerSideEncryption"] == ("aws:kms" if key in moved else "AES256")
        assert head["LastModified"] == before[key]["LastModified"]
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == body
    assert head.get("SSEKMSKeyId") is None or head["SSEKMSKeyId"].endswith("newer")


def test_a_job_goes_on_after_the_server_was_killed(fresh_server):
    server = fresh_server(environment={"MINIO_BATCH_EXPIRATION_WORKERS_WAIT": "100ms"})
    server.start()
    s3, bucket = server.s3(), server.bucket()
    for number in range(60):
        s3.put_object(Bucket=bucket, Key=f"{number:03}", Body=b"x")
    s3.put_object(Bucket=bucket, Key="keep", Body=b"x")
    job = start(server, f"""
expire:
  apiVersion: v1
  bucket: {bucket}
  rules:
    - type: object
      name: "0*"
""")
    until(lambda: s3.list_objects_v2(Bucket=bucket)["KeyCount"] < 55, "the job did not begin")
    server.kill()
    server.environment.clear()
    with server:
        until(lambda: ended(server, job), "the job did not go on")
        assert [one["Key"] for one in server.s3().list_objects_v2(Bucket=bucket)["Contents"]] == ["keep"]
        assert job in coffer(server, "job", "ls")
        coffer(server, "job", "cancel", job)
        assert json.loads(call(server, "GET", f"/describe-job?jobId={job}").body)["Code"] == "XMinioAdminNoSuchJob"


def test_somebody_is_told_of_the_end_of_a_job(fresh_server):
    receiver, server = Receiver(), fresh_server()
    receiver.status = 500
    try:
        server.start()
        s3, bucket = server.s3(), server.bucket()
        s3.put_object(Bucket=bucket, Key="k", Body=b"x")
        job = start(server, f"""
expire:
  apiVersion: v1
  bucket: {bucket}
  rules:
    - type: object
  notify:
    endpoint: {receiver.url}
    token: Bearer of-the-job
""")
        with receiver.arrived:
            assert receiver.arrived.wait_for(lambda: receiver.requests, 60)
        # It was not taken: a server that is killed tells of it again.
        server.kill()
        receiver.status = 200
        server.start()
        receiver.wait(lambda records: records)
        told = receiver.records[0]
        assert told["jobID"] == job and told["complete"] and not told["failed"] and told["objects"] == 1
        headers, _ = receiver.requests[-1]
        assert headers["authorization"] == "Bearer of-the-job" and headers["content-type"] == "application/json"
        assert "of-the-job" not in server.log_text()
    finally:
        server.kill()
        receiver.close()


def test_a_setting_says_whether_it_is_in_effect(own):
    assert "in effect now" in coffer(own, "config", "set", "api", "requests_max=100")
    assert "in effect now" in coffer(own, "config", "set", "log", "level=notice,requests=debug")
    assert "requests=debug" in coffer(own, "config", "get", "log")
    assert "a part is one of" in coffer(own, "config", "set", "log", "level=nothing=debug", fails=True)
    assert "after `coffer admin service restart`" in coffer(own, "config", "set", "site", "region=eu-west-1")


def test_versions_are_retained_and_locks_are_kept_to(own):
    s3 = own.s3()
    s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    for number in range(4):
        s3.put_object(Bucket="locked", Key="plain", Body=b"%d" % number)
    held = s3.put_object(Bucket="locked", Key="held", Body=b"x", ObjectLockLegalHoldStatus="ON")
    job = start(own, """
expire:
  apiVersion: v1
  bucket: locked
  rules:
    - type: object
      name: plain
      purge:
        retainVersions: 2
    - type: object
      name: held
""")
    until(lambda: ended(own, job), "the job did not end")
    versions = s3.list_object_versions(Bucket="locked")["Versions"]
    assert sorted(one["Key"] for one in versions) == ["held", "plain", "plain"]
    assert held["VersionId"] in [one["VersionId"] for one in versions]
    assert s3.get_object(Bucket="locked", Key="plain")["Body"].read() == b"3"
    assert ended(own, job)["failed"] is True and ended(own, job)["expired"]["objectsFailed"] == 1


def test_the_commands_of_the_readme_about_users(fresh_server):
    """The block of "Users and policies", as it stands, with the program in the search path."""
    readme = (harness.REPOSITORY / "README.md").read_text()
    commands = readme.split("## Users and policies")[1].split("```sh\n")[1].split("```")[0]
    assert commands.count("coffer admin") > 4
    with fresh_server() as server:
        environment = {"PATH": f"{os.path.dirname(harness.binary())}:{os.environ['PATH']}",
                       "MINIO_ROOT_USER": server.access_key, "MINIO_ROOT_PASSWORD": server.secret_key}
        commands = re.sub(r"coffer admin (.*)", rf"coffer admin \1 --endpoint {server.endpoint}", commands)
        done = subprocess.run(["sh", "-ec", commands], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done
        assert "diagnostics" in done.stdout and "ann" in done.stdout
        # What stands in the README is a user now.
        assert server.s3(access_key="ann", secret_key="a-long-secret").list_buckets()["Buckets"] == []


ROTATE = """keyrotate:
  apiVersion: v1
  bucket: photos
  encryption:
    type: sse-kms
    key: {key}
"""


def test_the_commands_of_the_readme_about_administration(fresh_server, tmp_path):
    """Each line of the block of "Administering it", as it stands; those that go on are ended when they have said something."""
    readme = (harness.REPOSITORY / "README.md").read_text()
    block = readme.split("## Administering it")[1].split("```\n")[1].split("```")[0]
    commands = [line.split("#")[0].split() for line in block.splitlines()]
    assert len(commands) > 9 and all(words[:2] == ["coffer", "admin"] for words in commands)
    with fresh_server() as server:
        server.bucket("photos")
        (tmp_path / "rotate.yaml").write_text(ROTATE.format(key=harness.DEFAULT_KEY))
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(server.home), "MINIO_ROOT_USER": server.access_key,
                       "MINIO_ROOT_PASSWORD": server.secret_key}
        for words in commands:
            command = [harness.binary(), *words[1:], "--endpoint", server.endpoint]
            if words[2] in ("trace", "logs"):
                with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as follower:
                    ended = threading.Timer(30, follower.kill)
                    ended.start()
                    while not ended.finished.is_set() and follower.poll() is None:
                        server.call("GET", "/absent")
                        if words[2] == "logs" or select.select([follower.stdout], [], [], 0.2)[0]:
                            break
                    line = follower.stdout.readline()
                    ended.cancel()
                    follower.kill()
                assert ("NoSuchBucket" in line or "404" in line) if words[2] == "trace" else "  INFO  " in line, line
                continue
            done = subprocess.run(command, env=environment, input="a-long-secret\n", capture_output=True, text=True, timeout=60,
                                  cwd=tmp_path)
            assert done.returncode == 0, done
            if words[2] == "service":
                until(lambda: is_anew(server), "the server did not come back")
