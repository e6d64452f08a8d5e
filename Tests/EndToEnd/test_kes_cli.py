"""The client commands of `coffer-kes` against its own server: what they print, on a terminal and off it, and how they end."""

import base64
import hashlib
import json
import re
import signal
import socket
import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from command_line import CLI, SECONDS, findings
from kes import KESServer
from server import free_port


class APIKey:
    def __init__(self, number):
        seed = bytes([number]) * 32
        self.text = "kes:v1:" + base64.b64encode(b"\0" + seed).decode()
        public = Ed25519PrivateKey.from_private_bytes(seed).public_key()
        self.identity = hashlib.sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


ADMIN, APP, STRANGER = APIKey(1), APIKey(2), APIKey(3)
POLICIES = f"""policy:
  app:
    allow:
    - /v1/key/*
    - /v1/identity/describe/*
    deny:
    - /v1/key/decrypt/sealed*
    identities:
    - {APP.identity}
  idle:
    allow:
    - /v1/status
"""


@pytest.fixture(scope="module")
def kes_server(tmp_path_factory):
    with KESServer(tmp_path_factory.mktemp("kes"), admin=ADMIN.identity, policies=POLICIES) as server:
        yield server


@pytest.fixture
def cli(kes_server, tmp_path):
    return CLI(kes_server, tmp_path, ADMIN.text)


@pytest.fixture
def app(cli):
    return cli.with_environment(MINIO_KES_API_KEY=APP.text)


# --- who asks whom

def test_credentials_are_checked_in_the_order_of_the_original(tmp_path):
    cli = CLI(None, tmp_path)
    assert cli.bad("key", "ls") == "no API key specified. Consider setting MINIO_KES_API_KEY"
    both = cli.with_environment(MINIO_KES_API_KEY=ADMIN.text, KES_CLIENT_KEY="k", KES_CLIENT_CERT="c")
    assert both.bad("key", "ls") == "API key and private key file cannot be used at the same time"
    mixed = cli.with_environment(KES_API_KEY=ADMIN.text, KES_CLIENT_CERT="c")
    assert mixed.bad("key", "ls") == "API key and certificate file cannot be used at the same time"
    assert cli.with_environment(KES_CLIENT_KEY="k").bad("ls") == (
        "no certificate file specified. Consider setting MINIO_KES_CERT_FILE")
    assert cli.with_environment(MINIO_KES_CERT_FILE="c").bad("ls") == (
        "no private key file specified. Consider setting MINIO_KES_KEY_FILE")
    assert cli.with_environment(MINIO_KES_API_KEY="kes:v1:?").bad("ls").startswith("parsing API key: ")


def test_the_first_variable_that_is_set_wins(cli, kes_server):
    older = cli.with_environment(MINIO_KES_SERVER=None, KES_SERVER=f"http://127.0.0.1:{kes_server.port}/",
                                 MINIO_KMS_KES_ENDPOINT="127.0.0.1:1")
    older.good("status", "--short")
    assert "refused" in older.with_environment(MINIO_KES_SERVER="127.0.0.1:1").bad("status")
    empty = cli.with_environment(MINIO_KES_API_KEY="", KES_API_KEY=ADMIN.text)
    assert empty.bad("status") == "no API key specified. Consider setting MINIO_KES_API_KEY"
    cli.with_environment(KES_CLIENT_KEY="", KES_CLIENT_CERT="").good("status", "--short")
    cli.with_environment(MINIO_KES_API_KEY=None, MINIO_KMS_KES_API_KEY=ADMIN.text).good("status", "--short")


def test_certificate_files_are_credentials_too(cli, tmp_path):
    cli.good("identity", "new", "--key", "me.key", "--cert", "me.crt")
    files = cli.with_environment(MINIO_KES_API_KEY=None, KES_CLIENT_TLS_CERT_FILE=str(tmp_path / "me.crt"),
                                 KES_CLIENT_TLS_KEY_FILE=str(tmp_path / "me.key"))
    # The server sees who it is, and nobody has given that one a policy.
    assert files.bad("status") == "not authorized: insufficient permissions"
    assert f"{files.good('identity', 'of', 'me.crt')} has no policy" in files("doctor").out
    missing = files.with_environment(KES_CLIENT_TLS_KEY_FILE=str(tmp_path / "absent"))
    assert str(tmp_path / "absent") in missing.bad("status")


def test_of_several_servers_one_that_answers_is_enough(cli, kes_server):
    several = cli.with_environment(MINIO_KES_SERVER=f"127.0.0.1:{free_port()},127.0.0.1:{kes_server.port}")
    several.good("key", "ls")
    assert "refused" in several.good("status", "--short")


def test_a_server_that_is_not_there_is_a_connection_error(cli):
    error = cli.with_environment(MINIO_KES_SERVER=f"127.0.0.1:{free_port()}").bad("key", "ls")
    assert error.startswith("failed to list keys: kes: connection error: ") and "refused" in error


def test_the_servers_certificate_is_verified_unless_told_otherwise(cli):
    distrusting = cli.with_environment(SSL_CERT_FILE=None)
    assert "certificate is not trusted" in distrusting.bad("status")
    distrusting.good("status", "-k")
    distrusting.good("status", "--insecure")


def test_proxies_of_the_environment_are_used(cli):
    with socket.socket() as proxy:
        proxy.bind(("127.0.0.1", 0))
        proxy.listen()
        proxy.settimeout(SECONDS)
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        through = cli.with_environment(HTTPS_PROXY=address, MINIO_KES_SERVER="kes.example:7373")
        process = through.process("status")
        connection, _ = proxy.accept()
        request = connection.recv(4096).decode()
        connection.close()
        process.kill()
        process.communicate()
        assert request.startswith("CONNECT kes.example:7373 HTTP/1.1\r\n")
        assert "no address for host" in through.with_environment(NO_PROXY="kes.example").bad("status")
        assert "no address for host" in through.with_environment(HTTPS_PROXY=None, ALL_PROXY=address).bad("status")
        # This machine itself is never asked for through another.
        cli.with_environment(HTTPS_PROXY="http://127.0.0.1:1", https_proxy="http://127.0.0.1:1").good("status", "--short")


def test_flags_may_have_values(cli):
    for arguments in (("key", "ls", "-k=true"), ("key", "ls", "--insecure=true", "--json=false")):
        assert cli.good(*arguments) == cli.good("key", "ls")
    assert cli.good("key", "ls", "--json=1") == cli.good("key", "ls", "--json")
    assert cli.bad("identity", "new", "--force=true").startswith("'--force' requires")
    assert cli.good("identity", "new", "--force=false").startswith("Your API key:")


# --- keys

def test_keys_are_made_shown_and_removed(cli):
    assert cli.good("key", "create", "made-1", "made-2") == ""
    assert cli.bad("key", "create", "made-1") == 'failed to create key "made-1": key already exists'
    assert re.fullmatch(r"Name        made-1\nAlgorithm   (AES256|ChaCha20)\nDate        \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n"
                        rf"Owner       {ADMIN.identity}", cli.good("key", "info", "made-1"))
    told = json.loads(cli.good("key", "info", "--json", "made-1"))
    assert told["name"] == "made-1" and told["created_by"] == ADMIN.identity and "algorithm" not in told
    assert cli.good("key", "ls", "made") == cli.good("key", "ls", "made*") == "Key\nmade-1\nmade-2\n"
    assert cli.good("key", "ls", "made-") == "Key\nmade-1\nmade-2\n"
    assert json.loads(cli.good("key", "ls", "--json", "made")) == ["made-1", "made-2"]
    assert cli.good("ls", "made") == cli.good("key", "ls", "made")
    assert cli.good("key", "rm", "made-1", "made-2") == ""
    assert cli.bad("key", "rm", "made-1") == 'failed to remove key "made-1": key does not exist'
    assert cli.bad("key", "info", "made-1") == "failed to describe keys: key does not exist"
    assert cli.good("key", "ls", "made") == "" and cli.good("key", "ls", "--json", "made") == "[]\n"


def test_names_that_are_none_do_not_reach_the_server(cli):
    for name in ("a b", "_", "a" * 81, "ä", "a/b"):
        said = f"key name '{name}' is empty, too long or contains invalid characters"
        assert cli.bad("key", "create", name) == f'failed to create key "{name}": {said}'
    assert cli.bad("key", "ls", "a*b") == "failed to list keys: listing pattern 'a*b' is empty, too long or is invalid"
    assert cli.bad("key", "create") == "no key name specified. See 'coffer-kes key create --help'"


def test_a_key_from_elsewhere_can_be_imported(cli):
    key = base64.b64encode(bytes(range(32))).decode()
    assert cli.good("key", "import", "foreign", key) == ""
    # A message sealed by the original under the same key.
    sealed = "wYSiIlFvgRXhP9AbMMwKH7kiJCBMB426CmijQEFCQ0RFRkdISUpLTE1OT1BRUlNUVVZXWFlaWw=="
    assert cli.good("key", "decrypt", "foreign", sealed) == '{"plaintext":"SGVsbG8gV29ybGQ="}'
    assert cli.bad("key", "import", "foreign", key) == 'failed to import "foreign": key already exists'
    assert cli.bad("key", "import", "x", "?").startswith("invalid key: ")
    assert cli.bad("key", "import", "x", "AAAA") == 'failed to import "x": invalid key size for \'AES256\''
    cli.good("key", "rm", "foreign")


def test_messages_and_data_keys_go_there_and_back(cli):
    cli.good("key", "create", "use")
    out = cli.good("key", "encrypt", "use", "hello")
    sealed = json.loads(out)["ciphertext"]
    assert out == f'{{"ciphertext":"{sealed}"}}'
    assert cli.good("key", "decrypt", "use", sealed) == '{"plaintext":"aGVsbG8="}'
    data_key = json.loads(cli.good("key", "dek", "use", "Y3R4"))
    assert len(base64.b64decode(data_key["plaintext"])) == 32
    opened = json.loads(cli.good("key", "decrypt", "use", data_key["ciphertext"], "Y3R4"))
    assert opened == {"plaintext": data_key["plaintext"]}
    refused = "failed to decrypt ciphertext: decryption failed: ciphertext is not authentic"
    assert cli.bad("key", "decrypt", "use", data_key["ciphertext"]) == refused
    assert cli.bad("key", "dek", "absent") == "failed to derive key: key does not exist"
    assert cli.bad("key", "dek", "use", "?").startswith("invalid context: ")
    one, two = cli.good("key", "hmac", "use", "message"), cli.good("key", "hmac", "use", "message")
    assert one == two and len(base64.b64decode(json.loads(one)["hmac"])) == 32
    cli.good("key", "rm", "use")


def test_a_rotated_key_opens_what_was_sealed_before(cli):
    cli.good("key", "create", "turned")
    before = json.loads(cli.good("key", "dek", "turned"))
    cli.good("key", "rotate", "turned")
    after = json.loads(cli.good("key", "dek", "turned"))
    for key in (before, after):
        opened = json.loads(cli.good("key", "decrypt", "turned", key["ciphertext"]))
        assert opened["plaintext"] == key["plaintext"]
    told = cli.good("key", "info", "turned").splitlines()
    assert [line.split("  ")[0] for line in told[-2:]] == ["Version 1", "Version 2"] and "1 sealed, 1 opened" in told[-1]
    assert cli.bad("key", "rotate", "absent") == 'failed to rotate key "absent": key does not exist'
    cli.good("key", "rm", "turned")


def test_a_person_sees_lines(cli):
    cli.good("key", "create", "seen")
    assert re.fullmatch(r"\nciphertext: \S+\n", cli.on_terminal("key", "encrypt", "seen", "hello"))
    assert re.fullmatch(r"\nplaintext:  \S+\nciphertext: \S+\n", cli.on_terminal("key", "dek", "seen"))
    shown = cli.on_terminal("policy", "show", "app", "--color", "never")
    assert shown.startswith("Allow:\n  · /v1/identity/describe/*\n  · /v1/key/*\n\nDeny:\n  · /v1/key/decrypt/sealed*\n")
    assert f"\nCreated by: {ADMIN.identity}\n" in shown
    assert "\x1b[1mKey\x1b[0m\n" in cli.on_terminal("key", "ls", "seen")
    assert "\x1b" not in cli.on_terminal("key", "ls", "seen", "--color", "never")
    assert "\x1b[1mKey" in cli.good("key", "ls", "seen", "--color", "always")
    cli.good("key", "rm", "seen")


# --- policies and identities

def test_policies_are_shown(cli):
    assert cli.good("policy", "ls") == cli.good("ls", "-p") == "Policy\napp\nidle\n"
    assert json.loads(cli.good("policy", "ls", "--json")) == ["app", "idle"]
    assert re.fullmatch(r"Name        app\nDate        \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\nCreated by  " + ADMIN.identity + "\n",
                        cli.good("policy", "info", "app"))
    assert json.loads(cli.good("policy", "info", "--json", "app"))["name"] == "app"
    rules = json.loads(cli.good("policy", "show", "app"))
    assert rules["allow"] == {"/v1/identity/describe/*": {}, "/v1/key/*": {}} and "name" not in rules
    assert rules["deny"] == {"/v1/key/decrypt/sealed*": {}} and rules["created_by"] == ADMIN.identity
    assert cli.bad("policy", "info", "absent") == "policy does not exist"


def test_identities_are_shown(cli, app):
    assert cli.good("identity", "ls") == cli.good("ls", "-i") == (
        "Identity\n" + "".join(sorted(f"{key.identity}\n" for key in (ADMIN, APP))))
    date = r"Created At  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n"
    assert re.fullmatch(rf"Identity    {ADMIN.identity}\n{date}Role        Admin\n", cli.good("identity", "info"))
    assert re.fullmatch(rf"Identity    {APP.identity}\nPolicy      app\n{date}Role        User\n"
                        rf"Created By  {ADMIN.identity}\n", cli.good("identity", "info", APP.identity))
    own = app.good("identity", "info")
    assert own.startswith(f"Identity    {APP.identity}\n") and "Policy      app\n" in own
    assert "Allow:\n  · /v1/identity/describe/*\n" in own and "Deny:\n  · /v1/key/decrypt/sealed*\n" in own
    assert json.loads(app.good("identity", "info", "--json"))["policy"] == "app"
    assert cli.bad("identity", "info", STRANGER.identity) == "identity does not exist"


def test_an_identity_is_removed_where_it_was_assigned(cli):
    assert cli.bad("identity", "rm", APP.identity) == (
        f'failed to remove identity "{APP.identity}": the server\'s configuration file assigns identities; '
        "take it out of 'policy' and 'admin' there and send the server a SIGHUP")
    assert "invalid characters" in cli.bad("identity", "rm", "app!")
    assert cli.bad("identity", "rm").startswith("no identity specified")


def test_the_policy_is_in_force(app):
    assert app.bad("status") == "not authorized: insufficient permissions"
    assert app.bad("policy", "ls") == "failed to list policies: not authorized: insufficient permissions"
    app.good("key", "ls")


def test_ls_takes_server_and_key_from_its_flags(tmp_path, kes_server):
    bare = CLI(None, tmp_path)
    out = bare.good("ls", "-k", "-a", ADMIN.text, "-s", f"127.0.0.1:{kes_server.port}", "--json", "-p")
    assert json.loads(out) == ["app", "idle"]


# --- the server itself

def test_status(cli, kes_server):
    place = f"127.0.0.1:{kes_server.port}"
    assert re.fullmatch(
        rf"● {place}\n  Version  \S+\n  Uptime   .+\n  Latency  \d+ms\n  OS       linux\n  CPUs     \d+ \S+\n  Memory   ?\n"
        r"  · Heap   [\d.]+[KMG]?B\n  · Stack  [\d.]+[KMG]?B\n", cli.good("status"))
    assert cli.good("status", "--short") == f"● {place}\n"
    assert json.loads(cli.good("status", "--json"))["os"] == "linux"
    status, table = cli.good("status", "--api").split("\n\n")
    assert status.startswith(f"● {place}\n  Version  ")
    table = table.splitlines()
    assert table[0].split() == ["Method", "API", "Timeout"]
    assert any(line.split() == ["GET", "/v1/log/audit", "Inf"] for line in table)
    assert any(line.split() == ["PUT", "/v1/key/create/", "15s"] for line in table)


def test_metrics_come_again_and_again(cli):
    process = cli.process("metric", "--rate", "100ms")
    lines = [json.loads(process.stdout.readline()) for _ in range(3)]
    process.kill()
    process.communicate()
    for metrics in lines:
        assert set(metrics) >= {"kes_http_request_success", "kes_http_request_active", "kes_system_num_cpu"}
        assert "10000000" in metrics["kes_http_response_time"]
    assert cli.bad("metric", "--rate", "5").startswith('invalid argument "5" for "--rate" flag: ')


def test_audit_events_are_followed(cli):
    process = cli.process("log")
    assert process.stdout.readline() == (
        "Time        Status    Identity                IP                 API                               Latency\n")
    raw = cli.process("log", "--audit", "--json")
    time.sleep(0.5)  # the second stream has to stand before the event
    cli.good("key", "create", "followed")
    row = next(row for row in map(str.split, process.stdout) if "followed" in row[4])
    assert row[1:5] == ["200", ADMIN.identity[:20], "127.0.0.1", "/v1/key/create/followed"]
    event = next(event for event in map(json.loads, raw.stdout) if "followed" in event["request"]["path"])
    assert event["request"]["identity"] == ADMIN.identity and event["response"]["code"] == 200
    for one in (process, raw):
        one.send_signal(signal.SIGINT)
        one.communicate(timeout=SECONDS)
        assert one.returncode == 1
    cli.good("key", "rm", "followed")
    assert cli.bad("log", "--audit", "--error") == "cannot display audit and error logs at the same time"


def test_updates_come_from_elsewhere(cli):
    assert "updates come" in cli.bad("update")


# --- doctor

def test_the_doctor_finds_nothing_wrong(app, cli):
    app.good("key", "create", "sound")
    result = app("doctor", "--key", "sound")
    assert result.status == 0 and "✗" not in result.out, result
    for line in ("Address", "Connection", "TLS handshake", "Server certificate", "Client certificate", "Identity", "Key"):
        assert re.search(rf"^  ✓ {line} ", result.out, re.MULTILINE), result
    assert "has the policy 'app'" in result.out and "is allowed by '/v1/key/*'" in result.out
    assert cli("doctor").status == 0
    cli.good("key", "rm", "sound")


@pytest.mark.parametrize("change, arguments, wrong, remedy", (
    ({"MINIO_KES_SERVER": "127.0.0.1:1"}, (), "Connection", "start the server"),
    ({"MINIO_KES_SERVER": "kes.invalid:7373"}, (), "Address", "DNS"),
    ({"SSL_CERT_FILE": None}, (), "Server certificate", "MINIO_KMS_KES_CAPATH"),
    ({"MINIO_KES_API_KEY": STRANGER.text}, (), "Identity", "identities"),
    ({}, ("--key", "sealed-1"), "Policy", "'/v1/key/decrypt/sealed*'"),
    ({}, ("--path", "/v1/metrics"), "Policy", "add '/v1/metrics' to 'allow' of the policy 'app'"),
    ({}, ("--key", "absent"), "Key", "key create absent"),
), ids=lambda value: value if isinstance(value, str) else "")
def test_the_doctor_names_the_first_thing_wrong(app, change, arguments, wrong, remedy):
    result = app.with_environment(**change)("doctor", *arguments)
    assert result.status == 1, result
    bad = re.findall(r"^  ✗ (.{18}) .*\n    → (.*)$", result.out, re.MULTILINE)
    assert len(bad) == 1 and bad[0][0].strip() == wrong and remedy in bad[0][1], result
    assert result.out.rstrip().endswith(bad[0][1])


def test_the_doctor_knows_a_port_without_tls(app):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        process = app.with_environment(MINIO_KES_SERVER=f"127.0.0.1:{other.getsockname()[1]}").process("doctor")
        other.settimeout(0.2)
        deadline = time.monotonic() + SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            try:
                connection, _ = other.accept()
                connection.recv(4096)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                connection.close()
            except TimeoutError:
                pass
        out, _ = process.communicate(timeout=SECONDS)
        assert process.returncode == 1 and re.search(r"^  ✗ TLS handshake ", out, re.MULTILINE), out
