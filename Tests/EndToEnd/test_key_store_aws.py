"""What AWS Secrets Manager and AWS KMS alone do: whose credentials sign, what is there besides keys, how they refuse."""

import base64
import concurrent.futures
import json
import time

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from kes import KESServer, server_certificate
from key_servers import generate, names, opens, uncached_server_on as server_on
from stand_in import Reply
from store_aws import REGION, Credential, KMSStore, SecretsManagerStore, failure, xml_failure

ROLE = "arn:aws:iam::123456789012:role/kes"


@pytest.fixture(params=[SecretsManagerStore, KMSStore], ids=lambda store: store.name)
def either(request, tmp_path):
    yield from opened(request.param, tmp_path)


@pytest.fixture
def secrets(tmp_path):
    yield from opened(SecretsManagerStore, tmp_path)


@pytest.fixture
def kms(tmp_path):
    yield from opened(KMSStore, tmp_path)


def opened(kind, directory):
    (directory / "store").mkdir()
    store = kind(directory / "store")
    yield store
    store.close()


def create(server, name, status=200):
    answer = server.call("PUT", f"/v1/key/create/{name}")
    assert answer.status == status, (answer, server.log_text())
    return answer


def describe(server, name, status=200):
    time.sleep(0.01)
    answer = server.call("GET", f"/v1/key/describe/{name}")
    assert answer.status == status, (answer, server.log_text())


def says(server, text):
    """The log may come a little after the answer."""
    server.wait_for_output(text, log=True)


def client(store, service="secretsmanager", secret=None):
    """AWS's own client, on the stand-in."""
    return boto3.client(
        service, endpoint_url=store.stand_in.url, region_name=REGION,
        aws_access_key_id=store.stand_in.static.access_key,
        aws_secret_access_key=secret or store.stand_in.static.secret_key, config=Config(retries={"total_max_attempts": 1}))


# --- the stand-in is AWS to its own client

def test_the_stand_in_takes_the_signatures_of_awss_client_and_no_others(kms):
    aws = client(kms)
    aws.create_secret(Name="theirs", SecretString="text")
    assert aws.get_secret_value(SecretId="theirs")["SecretString"] == "text"
    wrapped = client(kms, "kms").encrypt(KeyId=kms.key, Plaintext=b"plain")["CiphertextBlob"]
    assert client(kms, "kms").decrypt(CiphertextBlob=wrapped)["Plaintext"] == b"plain"
    with pytest.raises(ClientError, match="InvalidSignatureException"):
        client(kms, secret="wrong").get_secret_value(SecretId="theirs")


# --- Secrets Manager: what is stored

def test_a_key_is_the_text_of_a_secret_of_its_name(secrets, server_on):
    server = server_on(secrets)
    create(server, "mine")
    data_key = generate(server, "mine")
    text = client(secrets).get_secret_value(SecretId="mine")["SecretString"]
    assert base64.b64decode(text, validate=True)
    # What another program has stored, as text or as bytes, is read as well.
    client(secrets).create_secret(Name="as-text", SecretString=text)
    client(secrets).create_secret(Name="as-bytes", SecretBinary=text.encode())
    assert opens(server, "as-text", data_key)
    assert opens(server, "as-bytes", data_key)


def test_new_secrets_are_encrypted_under_the_configured_key(secrets, server_on):
    secrets.more = "      kmskey: alias/mine\n"
    create(server_on(secrets), "k")
    created = [one for one in secrets.stand_in.asked() if "CreateSecret" in one.headers.get("X-Amz-Target", "")]
    assert [one.json()["KmsKeyId"] for one in created] == ["alias/mine"]


def test_what_is_no_key_is_not_listed(secrets, server_on):
    for name in ("database/password", "with.dot", "-begins"):
        secrets.ask("CreateSecret", Name=name, SecretString="x")
    for number in range(230):
        secrets.ask("CreateSecret", Name=f"key-{number:03}", SecretString="x")
    secrets.ask("DeleteSecret", SecretId="key-007", RecoveryWindowInDays=7)
    server = server_on(secrets)
    kept = [f"key-{number:03}" for number in range(230) if number != 7]
    assert names(server) == kept
    secrets.stand_in.forget()
    assert names(server, "key-01*") == [f"key-{number:03}" for number in range(10, 20)]
    asked = [one.json() for one in secrets.stand_in.asked("POST")]
    assert asked == [{"MaxResults": 100, "Filters": [{"Key": "name", "Values": ["key-01"]}]}]


def test_a_key_in_its_recovery_window_is_gone_and_its_name_is_not_free(secrets, server_on):
    server = server_on(secrets)
    create(server, "k")
    secrets.ask("DeleteSecret", SecretId="k", RecoveryWindowInDays=7)
    describe(server, "k", 404)
    assert create(server, "k", 502).json()["message"] == "failed to create key"
    says(server, "restore-secret --secret-id k")
    says(server, "--force-delete-without-recovery")
    assert server.call("DELETE", "/v1/key/delete/k").status == 200
    create(server, "k")


def test_a_deleted_name_is_free_when_the_deletion_is_said(secrets, server_on):
    server = server_on(secrets)
    create(server, "k")
    secrets.stand_in.slow_deletions = 2
    assert server.call("DELETE", "/v1/key/delete/k").status == 200
    assert secrets.operations()[-4:] == ["DeleteSecret", "GetSecretValue", "GetSecretValue", "GetSecretValue"]
    create(server, "k")


def test_a_create_that_was_performed_and_is_refused_as_a_repetition_has_succeeded(secrets, server_on):
    server = server_on(secrets)
    secrets.stand_in.forgets_creates = True
    secrets.stand_in.fail("reset-after", 1, secrets.is_key_call)
    create(server, "k")
    assert opens(server, "k", generate(server, "k"))
    assert create(server, "k", 400).json()["message"] == "key already exists"


# --- Secrets Manager: rotation

def test_rotations_at_once_lose_nothing(secrets, server_on):
    servers = [server_on(secrets) for _ in range(2)]
    create(servers[0], "k")
    data_keys = [generate(servers[0], "k")]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        for _ in range(6):
            answers = list(pool.map(lambda one: one.call("PUT", "/v1/key/rotate/k").status, servers))
            assert 200 in answers, servers[0].log_text() + servers[1].log_text()
            time.sleep(0.01)
            data_keys += [generate(one, "k") for one in servers]
            time.sleep(0.01)
    assert all(opens(one, "k", data_key) for data_key in data_keys for one in servers)


@pytest.mark.parametrize("operation", ["PutSecretValue", "UpdateSecretVersionStage"])
def test_a_rotation_whose_answer_is_lost_has_happened_once(secrets, server_on, operation):
    server = server_on(secrets)
    create(server, "k")
    data_key = generate(server, "k")
    secrets.stand_in.fail("reset-after", 1, lambda one: operation in one.headers.get("X-Amz-Target", ""))
    assert server.call("PUT", "/v1/key/rotate/k").status == 200, server.log_text()
    assert opens(server, "k", data_key)
    versions = secrets.ask("DescribeSecret", SecretId="k")["VersionIdsToStages"]
    assert len(versions) == 2


# --- how AWS refuses

@pytest.mark.parametrize("code", ["ThrottlingException", "TooManyRequestsException", "InternalServiceError"])
def test_a_busy_service_is_asked_again(either, server_on, code):
    server = server_on(either)
    create(server, "k")
    status = 500 if code == "InternalServiceError" else 400
    either.stand_in.fail(failure(code, "Rate exceeded", status), 2, either.is_key_call)
    describe(server, "k")
    either.stand_in.fail(failure(code, "Rate exceeded", status), 100, either.is_key_call)
    describe(server, "k", 502)
    says(server, f"{code}: Rate exceeded")


def test_a_right_that_is_missing_is_named(either, server_on):
    server = server_on(either)
    create(server, "k")
    service, operation = {"aws-secrets-manager": ("secretsmanager", "GetSecretValue"), "aws-kms": ("kms", "Decrypt")}[
        either.name]
    either.stand_in.denied = {operation}
    describe(server, "k", 502)
    says(server, f"the identity that signs needs the right {service}:{operation} in AWS")
    says(server, "AccessDeniedException: User: arn:aws:iam")
    assert server.call("GET", "/v1/ready").status == 200


def test_a_kms_key_that_may_not_be_used_is_said(secrets, server_on):
    server = server_on(secrets)
    create(server, "k")
    secrets.stand_in.fail(failure("DecryptionFailure", "cannot decrypt"), 1, secrets.is_key_call)
    describe(server, "k", 502)
    says(server, "kms:Decrypt")


def test_what_aws_repeats_of_a_request_is_not_logged(secrets, server_on):
    server = server_on(secrets)
    create(server, "k")
    secrets.stand_in.static.secret_key = "changed"
    describe(server, "k", 502)
    says(server, "InvalidSignatureException")
    assert "Canonical String" not in server.log_text()


def test_a_wrong_clock_is_corrected(either, server_on):
    either.stand_in.clock_offset = 3600
    server = server_on(either)
    create(server, "k")
    says(server, "the clock of this machine is wrong")
    either.stand_in.forget()
    describe(server, "k")
    assert len(either.operations()) == 1


def test_a_status_that_signs_shows_refused_credentials(secrets, server_on):
    secrets.more = "      status:\n        probe: on\n"
    server = server_on(secrets)
    create(server, "k")
    for _ in range(5):
        assert server.call("GET", "/v1/ready").status == 200
    # What costs money is not asked for at every look.
    assert secrets.operations().count("ListSecrets") == 1
    secrets.stand_in.credentials.clear()
    describe(server, "k", 502)
    assert server.call("GET", "/v1/ready").status in (502, 504)
    says(server, "UnrecognizedClientException")


def test_an_endpoint_without_a_scheme_is_one_for_https(tmp_path, server_on):
    certificate = server_certificate(tmp_path / "tls")
    store = SecretsManagerStore(tmp_path, certificate)
    try:
        store.endpoint = f"127.0.0.1:{store.stand_in.port}"
        store.environment["AWS_CA_BUNDLE"] = str(certificate.certificate)
        create(server_on(store), "k")
        assert set(store.values()) == {"k"}
    finally:
        store.close()


def test_half_of_static_credentials_is_no_configuration(secrets, tmp_path):
    secrets.has_credentials = False
    secrets.more = "      credentials:\n        accesskey: AKIDEXAMPLE\n"
    status, _, said = KESServer(tmp_path / "server", root_store=secrets).run_to_end()
    assert status == 1 and "the credentials need both an accesskey and a secretkey" in said


# --- credentials

def from_environment(store, directory):
    made = store.stand_in.issue("ENVIRONMENT")
    store.environment |= {"AWS_ACCESS_KEY_ID": made.access_key, "AWS_SECRET_ACCESS_KEY": made.secret_key,
                          "AWS_SESSION_TOKEN": made.token}
    return made.access_key


def from_web_identity(store, directory):
    (directory / "token").write_text(f"{store.stand_in.web_identity_token}\n")
    store.environment |= {"AWS_ROLE_ARN": ROLE, "AWS_WEB_IDENTITY_TOKEN_FILE": str(directory / "token"),
                          "AWS_ENDPOINT_URL_STS": store.stand_in.url}
    return "ASIAWEB1"


def from_default_profile(store, directory):
    made = store.stand_in.issue("PROFILE")
    (directory / ".aws").mkdir()
    (directory / ".aws" / "credentials").write_text(
        f"# a comment\n[other]\naws_access_key_id = no\n\n[default]\naws_access_key_id={made.access_key}\n"
        f"aws_secret_access_key = {made.secret_key}\naws_session_token = {made.token}\n")
    return made.access_key


def from_role_of_profile(store, directory):
    static = store.stand_in.static
    (directory / "keys").write_text(
        f"[base]\naws_access_key_id = {static.access_key}\naws_secret_access_key = {static.secret_key}\n")
    (directory / "config").write_text(
        f"[profile kes]\nrole_arn = {ROLE}\nsource_profile = base\nexternal_id = x\ns3 =\n  region = no\n")
    store.environment |= {"AWS_PROFILE": "kes", "AWS_SHARED_CREDENTIALS_FILE": str(directory / "keys"),
                          "AWS_CONFIG_FILE": str(directory / "config"), "AWS_ENDPOINT_URL_STS": store.stand_in.url}
    return "ASIAROLE1"


def from_container(store, directory):
    (directory / "token").write_text(store.stand_in.container_token + "\n")
    store.environment |= {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{store.stand_in.url}/container",
                          "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(directory / "token")}
    return "ASIACONTAINER1"


def from_machine(store, directory):
    store.environment |= {"AWS_EC2_METADATA_DISABLED": "false",
                          "AWS_EC2_METADATA_SERVICE_ENDPOINT": store.stand_in.url}
    return "ASIAMACHINE1"


@pytest.mark.parametrize("source", [from_environment, from_web_identity, from_default_profile, from_role_of_profile,
                                    from_container, from_machine])
def test_credentials_are_found(secrets, server_on, source):
    secrets.has_credentials = False
    wanted = source(secrets, secrets.directory)
    server = server_on(secrets)
    create(server, "k")
    describe(server, "k")
    assert secrets.access_keys() == [wanted], server.log_text()
    assert "token-of-" not in server.log_text() and "secret-of-" not in server.log_text()


@pytest.mark.parametrize("source", [from_web_identity, from_role_of_profile, from_container, from_machine])
def test_credentials_that_are_refused_are_fetched_anew(secrets, server_on, source):
    secrets.has_credentials = False
    source(secrets, secrets.directory)
    server = server_on(secrets)
    create(server, "k")
    secrets.stand_in.end_all()
    describe(server, "k")
    assert len(secrets.access_keys()) == 2


def test_credentials_that_end_soon_are_renewed_in_time(either, server_on):
    either.has_credentials = False
    either.stand_in.lifetime = 4
    from_machine(either, either.directory)
    server = server_on(either)
    create(server, "k")
    end = time.monotonic() + 10
    while time.monotonic() < end:
        describe(server, "k")
    assert len(either.access_keys()) >= 3
    assert not [one for one in either.stand_in.asked() if either.is_key_call(one) and one.status != 200]


@pytest.mark.parametrize("source, code", [(from_web_identity, "IDPCommunicationError"), (from_role_of_profile, "Throttling")])
def test_a_token_service_that_is_busy_is_asked_again(secrets, server_on, source, code):
    secrets.has_credentials = False
    source(secrets, secrets.directory)
    refusal = xml_failure(code, "try again")
    refusal.status = 400
    secrets.stand_in.fail(refusal, 2, lambda request: b"Action=AssumeRole" in request.body)
    server = server_on(secrets)
    create(server, "k")


def test_the_clock_of_the_token_service_counts(secrets, server_on):
    secrets.has_credentials = False
    from_role_of_profile(secrets, secrets.directory)
    secrets.stand_in.clock_offset = 3600
    server = server_on(secrets)
    create(server, "k")
    says(server, "the clock of this machine is wrong")


def test_an_agent_on_the_own_link_is_not_asked_through_a_proxy(secrets, server_on):
    secrets.has_credentials = False
    secrets.environment |= {"http_proxy": secrets.stand_in.url, "no_proxy": "127.0.0.1",
                            "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/container"}
    server = server_on(secrets)
    create(server, "k", 502)
    assert not secrets.stand_in.asked(path="169.254.170.2")


def test_a_service_that_refuses_whatever_signs_is_asked_for_few_credentials(secrets, server_on):
    secrets.has_credentials = False
    from_role_of_profile(secrets, secrets.directory)
    server = server_on(secrets)
    create(server, "k")
    secrets.stand_in.fail(failure("UnrecognizedClientException", "unknown"), 10_000, secrets.is_key_call)
    secrets.stand_in.forget()
    begin = time.monotonic()
    for _ in range(20):
        describe(server, "k", 502)
    asked = [one for one in secrets.stand_in.asked("POST") if b"Action=AssumeRole" in one.body]
    assert len(asked) <= 2 + (time.monotonic() - begin)
    secrets.stand_in.heal()
    describe(server, "k")


def test_a_profile_whose_keys_are_rotated_is_read_again(secrets, server_on):
    secrets.has_credentials = False
    from_default_profile(secrets, secrets.directory)
    server = server_on(secrets)
    create(server, "k")
    secrets.stand_in.credentials.clear()
    secrets.stand_in.credentials["AKIDNEW"] = Credential("AKIDNEW", "new-secret")
    (secrets.directory / ".aws" / "credentials").write_text(
        "[default]\naws_access_key_id = AKIDNEW\naws_secret_access_key = new-secret\n")
    describe(server, "k")
    assert secrets.access_keys()[-1] == "AKIDNEW"


def test_a_web_identity_is_read_again(secrets, server_on):
    secrets.has_credentials = False
    from_web_identity(secrets, secrets.directory)
    server = server_on(secrets)
    create(server, "k")
    secrets.stand_in.web_identity_token = "the-next-token"
    (secrets.directory / "token").write_text("the-next-token")
    secrets.stand_in.end_all()
    describe(server, "k")


@pytest.mark.parametrize(("environment", "file", "said"), [
    ({}, "", "aws: no credentials"),
    ({"AWS_PROFILE": "absent"}, "", "the profile 'absent' has no credentials"),
    ({}, "[default]\ncredential_process = /bin/true\n", "by credential_process, which a key server does not use"),
    ({}, "[default]\nrole_arn = x\nsource_profile = a\n[profile a]\nrole_arn = y\nsource_profile = default\n",
     "is its own source"),
    ({"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://example.com/"}, "", "neither https nor an address of this machine"),
    ({"AWS_WEB_IDENTITY_TOKEN_FILE": "/absent", "AWS_ROLE_ARN": ROLE}, "", "/absent does not exist"),
])
def test_credentials_that_are_not_there_are_said_to_be_missing(secrets, server_on, environment, file, said):
    secrets.has_credentials = False
    secrets.environment |= environment
    (secrets.directory / ".aws").mkdir()
    (secrets.directory / ".aws" / "config").write_text(file)
    server = server_on(secrets)
    create(server, "k", 502)
    says(server, said)


# --- KMS

def test_kms_wraps_a_key_for_its_name_alone(kms, server_on):
    server = server_on(kms)
    create(server, "one")
    create(server, "other")
    data_key = generate(server, "one")
    assert set(kms.operations()) == {"Encrypt", "Decrypt"}
    asked = [one.json() for one in kms.stand_in.asked() if kms.is_key_call(one)]
    assert {json.dumps(one["EncryptionContext"]) for one in asked} == {'{"coffer:key": "one"}', '{"coffer:key": "other"}'}
    assert all(one["KeyId"] == kms.key for one in asked)
    (kms.files / "other").write_bytes((kms.files / "one").read_bytes())
    time.sleep(0.01)
    answer = server.call("PUT", "/v1/key/decrypt/other", {"ciphertext": data_key["ciphertext"]})
    assert answer.status >= 500
    assert opens(server, "one", data_key)


def test_kms_opens_what_it_wrapped_after_an_alias_has_moved(kms, server_on):
    kms.ask("CreateAlias", AliasName="alias/kes", TargetKeyId=kms.key)
    kms.configured_key = "alias/kes"
    server = server_on(kms)
    create(server, "k")
    data_key = generate(server, "k")
    kms.ask("UpdateAlias", AliasName="alias/kes", TargetKeyId=kms.ask("CreateKey")["KeyMetadata"]["KeyId"])
    time.sleep(0.01)
    assert opens(server, "k", data_key)
    create(server, "new")
    assert opens(server, "new", generate(server, "new"))


def test_a_kms_key_that_is_disabled_is_a_failure_that_passes(kms, server_on):
    server = server_on(kms)
    create(server, "k")
    disabled = Reply(400, {"__type": "DisabledException", "message": f"{kms.key} is disabled."})
    kms.stand_in.fail(disabled, 1, kms.is_key_call)
    describe(server, "k", 502)
    says(server, "DisabledException")
    describe(server, "k")
