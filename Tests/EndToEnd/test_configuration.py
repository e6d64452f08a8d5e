"""What the server is told, by whom, and what it says when it cannot start."""

import base64
import hashlib
import json
import os
import signal
import socket
import ssl
import subprocess
import time

import pytest

import signing
import wire
from certificates import Certificates
from drive import Drive
from payloads import CUSTOMER_KEY, KEY_ID, MIB, SSE, SSE_C, SSE_KMS, assert_shows, payload
from server import DEFAULT_KEY, binary, free_port
from wire import RawConnection

STATIC_KEY = "my-minio-key:" + base64.b64encode(bytes(range(32))).decode()
STATIC_HEX = "my-minio-key:" + bytes(range(32)).hex()


def works(server, access_key, secret):
    return server.call("GET", "/", access_key=access_key, secret=secret).status == 200


def assert_refuses_to_start(server, *words):
    """Status 1 and one clear line that names what is wrong."""
    status, printed = server.run_to_end()
    said = [line for line in printed.splitlines() if line.strip() and not line.startswith("{")]
    assert status == 1 and len(said) == 1, (status, printed)
    for word in words:
        assert word.lower() in said[0].lower(), printed
    assert server.secret_key not in printed


# --- the command line

@pytest.mark.parametrize("arguments, words", (
    (["--help"], ("USAGE", "server", "version")),
    (["server", "--help"], ("--address", "--certs-dir", "--keyring", "MINIO_ROOT_USER")),
    (["version"], ("coffer version",))), ids=str)
def test_help_is_printed(arguments, words):
    finished = subprocess.run([binary(), *arguments], capture_output=True, text=True, timeout=30)
    assert finished.returncode == 0
    for word in words:
        assert word in finished.stdout


@pytest.mark.parametrize("arguments", (["server", "--no-such-option"], ["no-such-command"]))
def test_wrong_usage_is_told(arguments):
    finished = subprocess.run([binary(), *arguments], capture_output=True, text=True, timeout=30)
    assert finished.returncode != 0 and "Error" in finished.stderr and finished.stdout == ""


# --- credentials

def test_options_and_names_of_both_kinds_are_read(fresh_server, tmp_path):
    with fresh_server(credentials=False, environment={
            "MINIO_ROOT_USER": "minio-user", "MINIO_ROOT_PASSWORD": "minio-password",
            "COFFER_ROOT_USER": "coffer-user", "COFFER_ROOT_PASSWORD": "coffer-password"}) as server:
        assert works(server, "coffer-user", "coffer-password")
        assert not works(server, "minio-user", "minio-password")


def test_the_old_names_are_read_and_yield_to_the_new(fresh_server):
    old = {"MINIO_ACCESS_KEY": "old-user", "MINIO_SECRET_KEY": "old-password"}
    with fresh_server(credentials=False, environment=old) as server:
        assert works(server, "old-user", "old-password")
        assert "MINIO_ACCESS_KEY" in server.log_text()
    with fresh_server(environment=old) as server:
        assert works(server, server.access_key, server.secret_key)
        assert not works(server, "old-user", "old-password")


def test_files_override_plain_variables_and_missing_files_are_no_files(fresh_server, tmp_path):
    (tmp_path / "user").write_text("file-user\n")
    (tmp_path / "password").write_text("  file-password \n")
    with fresh_server(environment={"MINIO_ROOT_USER_FILE": str(tmp_path / "user"),
                                   "MINIO_ROOT_PASSWORD_FILE": str(tmp_path / "password")}) as server:
        assert works(server, "file-user", "file-password")
        assert not works(server, server.access_key, server.secret_key)
    with fresh_server(environment={"MINIO_ROOT_USER_FILE": str(tmp_path / "missing"),
                                   "MINIO_ROOT_PASSWORD_FILE": "nothing-of-this-name"}) as server:
        assert works(server, server.access_key, server.secret_key)


def test_a_configuration_file_overrides_the_environment(fresh_server, tmp_path):
    (tmp_path / "config.env").write_text(
        "# a comment\n\nexport MINIO_ROOT_USER=env-user\nMINIO_ROOT_PASSWORD=\"env password\"\nMINIO_SITE_REGION='eu-env-1'\n")
    with fresh_server(environment={"MINIO_CONFIG_ENV_FILE": str(tmp_path / "config.env")}) as server:
        assert server.call("GET", "/", access_key="env-user", secret="env password").status == 200
    (tmp_path / "password").write_text("file password")
    with fresh_server(environment={"MINIO_CONFIG_ENV_FILE": str(tmp_path / "config.env"),
                                   "MINIO_ROOT_PASSWORD_FILE": str(tmp_path / "password")}) as server:
        assert server.call("GET", "/", access_key="env-user", secret="env password").status == 200
        wrong = server.call("PUT", "/bucket", access_key="env-user", secret="env password", region="us-east-1")
        assert wrong.find("Region") == "eu-env-1"
    with fresh_server(environment={"MINIO_CONFIG_ENV_FILE": str(tmp_path / "missing.env")}) as server:
        assert works(server, server.access_key, server.secret_key)
    (tmp_path / "config.env").write_bytes(
        b"# lines as Windows ends them\r\n\r\nexport MINIO_ROOT_USER=env-user\r\nMINIO_ROOT_PASSWORD='env password'\r\n")
    with fresh_server(environment={"MINIO_CONFIG_ENV_FILE": str(tmp_path / "config.env")}) as server:
        assert works(server, "env-user", "env password")
    (tmp_path / "config.env").write_text("MINIO_ROOT_USER\n")
    assert_refuses_to_start(fresh_server(environment={"MINIO_CONFIG_ENV_FILE": str(tmp_path / "config.env")}), "line 1")


@pytest.mark.parametrize("environment, words", (
    ({"MINIO_ROOT_USER": "user"}, ("MINIO_ROOT_PASSWORD",)), ({"MINIO_ROOT_PASSWORD": "a-password"}, ("MINIO_ROOT_USER",)),
    ({"MINIO_ROOT_USER": "us", "MINIO_ROOT_PASSWORD": "a-password"}, ("3 characters",)),
    ({"MINIO_ROOT_USER": "a=b", "MINIO_ROOT_PASSWORD": "a-password"}, ("=",)),
    ({"MINIO_ROOT_USER": "user", "MINIO_ROOT_PASSWORD": "short"}, ("8 characters",))), ids=str)
def test_unusable_credentials_are_refused(fresh_server, environment, words):
    assert_refuses_to_start(fresh_server(credentials=False, environment=environment), *words)


def test_access_keys_are_the_same_only_byte_for_byte(fresh_server):
    composed, decomposed = "us\u00e9r", "use\u0301r"
    with fresh_server(credentials=False, environment={
            "MINIO_ROOT_USER": composed, "MINIO_ROOT_PASSWORD": "a-password"}) as server:
        assert works(server, composed, "a-password")
        assert not works(server, decomposed, "a-password")


def test_without_credentials_only_this_machine_is_served(fresh_server):
    server = fresh_server(credentials=False, json_log=False)
    command = server.command()
    server.command = lambda: [part.replace("127.0.0.1:", "0.0.0.0:") for part in command]
    server.start()
    with open("/proc/net/tcp") as table:
        listening = [line.split()[1] for line in table if line.split()[3] == "0A"]
    assert f"0100007F:{server.port:04X}" in listening
    assert f"00000000:{server.port:04X}" not in listening
    for well_known in ("minioadmin", "admin", "password"):
        assert not works(server, well_known, well_known)
    assert server.terminate() == 0


# --- other settings

def test_the_drive_and_the_address_come_from_the_environment(fresh_server):
    server = fresh_server()
    server.environment |= {"MINIO_VOLUMES": str(server.drive), "MINIO_ADDRESS": server.host,
                           "COFFER_KEYRING": str(server.directory / "from-environment.json")}
    server.command = lambda: [binary(), "server", "--json", "--console-address", f"127.0.0.1:{console}"]
    server.keyring = None
    console = free_port()
    server.start()
    assert (server.drive / "coffer.db").exists()
    assert (server.directory / "from-environment.json").exists()
    assert f"http://127.0.0.1:{console}" in server.log_text()
    server.stop()


def test_variables_that_mean_nothing_are_named_once(fresh_server):
    with fresh_server(environment={"MINIO_BROWSER_DEV": "on", "MINIO_COMPRESSION_ENABLE": "on"}) as server:
        notes = [line for line in server.log_text().splitlines() if "MINIO_BROWSER" in line]
        assert len(notes) == 1 and "MINIO_COMPRESSION_ENABLE" in notes[0]


# Every variable of MinIO's documentation that this server has no use for, with a value of the kind it takes. `T` stands for
# a target's name. Those that it reads have tests of their own.
OF_NO_USE = {
    "API": "READY_DEADLINE=10s "
           "REMOTE_TRANSPORT_DEADLINE=2h LIST_QUORUM=strict REPLICATION_PRIORITY=auto REPLICATION_MAX_WORKERS=500 "
           "REPLICATION_MAX_LRG_WORKERS=10 TRANSITION_WORKERS=100 "
           "DELETE_CLEANUP_INTERVAL=5m ODIRECT=on DISABLE_ODIRECT=off GZIP_OBJECTS=off SYNC_EVENTS=off "
           "SECURE_CIPHERS=on EXTEND_LIST_CACHE_LIFE=0s",
    "BROWSER": "REDIRECT=on LOGIN_ANIMATION=on SESSION_DURATION=365d "
               "CONTENT_SECURITY_POLICY=x HSTS_SECONDS=1 HSTS_INCLUDE_SUB_DOMAINS=on HSTS_PRELOAD=on REFERRER_POLICY=x",
    "CONSOLE": "DEBUG_LOGLEVEL=1 DEV=on",
    "SITE": "NAME=here COMMENT=x",
    "STORAGE_CLASS": "STANDARD=EC:2 RRS=EC:1 OPTIMIZE=availability COMMENT=x INLINE_BLOCK=128KiB",
    "CACHE": "ENABLE=on ENDPOINT=http://x BLOCK_SIZE=1MiB DRIVES=/mnt/cache EXCLUDE=*.pdf EXPIRY=90 QUOTA=80 MAXUSE=80 "
             "AFTER=3 WATERMARK_LOW=70 WATERMARK_HIGH=90 RANGE=on COMMIT=writeback ENCRYPTION_SECRET_KEY=x SET_NAME=x",
    "COMPRESSION": "ENABLE=on ALLOW_ENCRYPTION=off EXTENSIONS=.txt MIME_TYPES=text/*",
    "COMPRESS": "=on EXTENSIONS=.txt MIME_TYPES=text/*",
    "IDENTITY_LDAP": "SERVER_ADDR=x:636 SRV_RECORD_NAME=x LOOKUP_BIND_DN=cn=x LOOKUP_BIND_PASSWORD=of-ldap "
                     "USER_DN_SEARCH_BASE_DN=x USER_DN_SEARCH_FILTER=x USER_DN_ATTRIBUTES=x GROUP_SEARCH_FILTER=x "
                     "GROUP_SEARCH_BASE_DN=x TLS_SKIP_VERIFY=off SERVER_INSECURE=off SERVER_STARTTLS=off STS_EXPIRY=1h COMMENT=x",
    "IDENTITY_PLUGIN": "URL=http://x AUTH_TOKEN=x ROLE_POLICY=x ROLE_ID=x COMMENT=x",
    "POLICY_PLUGIN": "URL=http://x AUTH_TOKEN=x ENABLE_HTTP2=off COMMENT=x",
    "POLICY_OPA": "URL=http://x AUTH_TOKEN=x",
    "NOTIFY_AMQP": "ENABLE_T=on URL_T=amqp://x EXCHANGE_T=x",
    "NOTIFY_KAFKA": "ENABLE_T=on BROKERS_T=x:9092 TOPIC_T=x SASL_PASSWORD_T=of-kafka",
    "NOTIFY_MQTT": "ENABLE_T=on BROKER_T=tcp://x TOPIC_T=x QOS_T=1 PASSWORD_T=of-mqtt",
    "NOTIFY_NATS": "ENABLE_T=on ADDRESS_T=x:4222 SUBJECT_T=x JETSTREAM_T=on",
    "NOTIFY_NSQ": "ENABLE_T=on NSQD_ADDRESS_T=x TOPIC_T=x",
    "NOTIFY_ELASTICSEARCH": "ENABLE_T=on URL_T=http://x INDEX_T=x FORMAT_T=namespace",
    "NOTIFY_MYSQL": "ENABLE_T=on DSN_STRING_T=x TABLE_T=x FORMAT_T=namespace",
    "NOTIFY_POSTGRES": "ENABLE_T=on CONNECTION_STRING_T=x TABLE_T=x FORMAT_T=namespace",
    "NOTIFY_REDIS": "ENABLE_T=on ADDRESS_T=x KEY_T=x FORMAT_T=namespace PASSWORD_T=of-redis",
    "LAMBDA_WEBHOOK": "ENABLE_T=on ENDPOINT_T=http://x AUTH_TOKEN_T=x",
    "LOGGER": "ANONYMOUS=on",
    "AUDIT_KAFKA": "ENABLE=on BROKERS=x:9092 TOPIC=x SASL_USERNAME=x SASL_PASSWORD=of-kafka SASL_MECHANISM=plain VERSION=2.2.0",
    "PROMETHEUS": "URL=http://x:9090 JOB_ID=minio-job AUTH_TOKEN=x EXTRA_LABELS=x QUERY_AUTH_TOKEN=x",
    "SCANNER": "IDLE_SPEED=off ALERT_EXCESS_VERSIONS=100 ALERT_EXCESS_FOLDERS=65536 DELAY=10 CYCLE=1m MAX_WAIT=15s",
    "HEAL": "BITROTSCAN=off MAX_SLEEP=250ms MAX_IO=100 DRIVE_WORKERS=4",
    "ILM": "EXPIRATION_WORKERS=100 TRANSITION_WORKERS=100",
    "BATCH": "REPLICATION_WORKERS_WAIT=0",
    "DRIVE": "MAX_TIMEOUT=30s ACTIVE_MONITORING=on",
    "ETCD": "ENDPOINTS=http://x:2379 PATH_PREFIX=x COREDNS_PATH=/skydns CLIENT_CERT=x CLIENT_CERT_KEY=x",
    "CALLHOME": "ENABLE=off FREQUENCY=24h",
    "SUBNET": "LICENSE=x API_KEY=of-subnet PROXY=http://x",
    "SSE": "AUTO_ENCRYPTION=off",
    "": "UPDATE=off UPDATE_MINISIGN_PUBKEY=x CI_CD=off FS_OSYNC=on HTTP_TRACE=/x WORM=off PUBLIC_IPS=127.0.0.1 "
        "ERASURE_SET_DRIVE_COUNT=4 PROFILER=cpu STS_DURATION=1h LICENSE=x LOG_QUERY_URL=http://x LOG_QUERY_AUTH_TOKEN=x "
        "ACCESS_KEY_OLD=old SECRET_KEY_OLD=old-password ROOT_USER_OLD=old ROOT_PASSWORD_OLD=old-password LOG_DIR=/x "
        "REMOTE_TRANSPORT_DEADLINE=1h CRED_ROTATE=off DNS_WEBHOOK_ENDPOINT=http://x BROWSER_DEV=on KMS_REPLICATE_KEYID=on",
}


def of_no_use():
    for group, pairs in OF_NO_USE.items():
        for pair in pairs.split(" "):
            name, _, value = pair.partition("=")
            yield "_".join(part for part in ("MINIO", group, name) if part), value


def test_every_variable_of_minio_is_taken_or_named(fresh_server):
    """A unit file's environment never keeps the server from starting; what does nothing is named, without its value."""
    variables = dict(of_no_use())
    assert len(variables) > 150
    read = {"MINIO_OPTS": "--address :9000", "MINIO_CONSOLE_ADDRESS": ":9001", "MINIO_SITE_REGION": "us-east-1",
            "MINIO_DOMAIN": "s3.example.net", "MINIO_KMS_AUTO_ENCRYPTION": "off", "MINIO_CERT_PASSWD": "of-no-key",
            "MINIO_ROOT_USER_FILE": "access_key", "MINIO_ROOT_PASSWORD_FILE": "secret_key", "MINIO_ACCESS_KEY": "older",
            "MINIO_SECRET_KEY": "older-password", "MINIO_CONFIG_ENV_FILE": "/etc/no-such.env", "MINIO_VOLUMES": "/mnt/data",
            "MINIO_API_CORS_ALLOW_ORIGIN": "*", "MINIO_API_STALE_UPLOADS_EXPIRY": "24h",
            "MINIO_API_STALE_UPLOADS_CLEANUP_INTERVAL": "6h", "MINIO_API_REQUESTS_MAX": "1600",
            "MINIO_API_REQUESTS_DEADLINE": "10s", "MINIO_API_CLUSTER_DEADLINE": "10s", "MINIO_API_ROOT_ACCESS": "on",
            "MINIO_BROWSER_REDIRECT_URL": "https://console.example.net", "MINIO_SERVER_URL": "https://s3.example.net:9000",
            "MINIO_API_OBJECT_MAX_VERSIONS": "1000", "MINIO_PROMETHEUS_AUTH_TYPE": "public", "MINIO_SCANNER_SPEED": "slow",
            "MINIO_BATCH_KEYROTATION_WORKERS_WAIT": "0ms", "MINIO_BATCH_EXPIRATION_WORKERS_WAIT": "0ms",
            "MINIO_AUDIT_WEBHOOK_ENABLE_T": "on", "MINIO_AUDIT_WEBHOOK_ENDPOINT_T": "http://127.0.0.1:1",
            "MINIO_AUDIT_WEBHOOK_AUTH_TOKEN_T": "of-audit", "MINIO_AUDIT_WEBHOOK_BATCH_SIZE_T": "1",
            "MINIO_LOGGER_WEBHOOK_ENABLE": "on", "MINIO_LOGGER_WEBHOOK_ENDPOINT": "http://127.0.0.1:1"}
    with fresh_server(environment=variables | read) as server:
        assert works(server, server.access_key, server.secret_key)
        said = server.log_text()
        assert [name for name in variables if name not in said] == []
        notes = [line for line in said.splitlines() if "no effect" in line]
        assert len(notes) == 1 and not [name for name in read if f"{name}," in notes[0] or f'{name}"' in notes[0]]
        for secret in ("of-audit", "of-ldap", "of-kafka", "of-mqtt", "of-redis", "of-subnet", "of-no-key", "old-password"):
            assert secret not in said


def test_options_of_minio_that_mean_nothing_are_named(fresh_server):
    options = ["--ftp", "address=:8021", "--ftp", "passive-port-range=30000-40000", "--sftp=address=:8022", "--memlimit=4GiB",
               "--shutdown-timeout=30s", "--read-header-timeout", "30s", "--idle-timeout=30s", "--anonymous", "--log-dir=/x",
               "--conn-user-timeout=10m", "--interface=eth0", "--crossdomain-xml=x", "--dns-cache-ttl=10m", "--no-compat"]
    with fresh_server(arguments=options) as server:
        note, = (line for line in server.log_text().splitlines() if "options have no effect" in line)
        for option in options:
            if option.startswith("--"):
                assert option.split("=")[0] in note


def test_the_memory_for_bodies_and_the_connections_of_a_client_can_be_set(fresh_server):
    for arguments, environment in ((["--body-mib", "64", "--connections-per-peer", "3"], {}),
                                   ([], {"COFFER_HTTP_BODY_MIB": "64", "COFFER_HTTP_CONNECTIONS_PER_PEER": "3"})):
        with fresh_server(arguments=arguments, environment=environment) as server:
            opened = []
            try:
                for _ in range(3):
                    opened.append(wire.served_connection(server))
                with RawConnection(server) as extra:
                    assert extra.answer().status == 503
            finally:
                for raw in opened:
                    raw.close()
            wait_for_places(server)
    assert_refuses_to_start(fresh_server(arguments=["--body-mib", "1"]), "--body-mib")
    assert_refuses_to_start(fresh_server(environment={"COFFER_HTTP_CONNECTIONS_PER_PEER": "some"}), "PER_PEER")


def wait_for_places(server):
    deadline = time.monotonic() + 10
    while wire.request(server, "GET", "/minio/health/live").status != 200:
        assert time.monotonic() < deadline, "places do not become free again"


def test_the_log_is_json_where_that_is_asked(fresh_server):
    with fresh_server() as server:
        server.call("GET", "/no-such-bucket/k")
        # Lines are written by a thread of their own.
        server.wait_for_log('"message"')
        for line in server.log_text().splitlines():
            if line.startswith("{"):
                record = json.loads(line)
                assert {"time", "level", "message"} <= set(record)
        assert server.log_records()


def test_the_start_up_block_says_what_a_newcomer_needs(fresh_server):
    with fresh_server(json_log=False) as server:
        text = server.log_text()
        for word in (server.endpoint, server.access_key, str(server.drive), str(server.keyring), "SSE-S3"):
            assert word in text, word
        assert "Without it" in text, "the new keyring's recovery notice"
        assert server.secret_key not in text


def test_old_names_of_the_region(fresh_server):
    for name in ("MINIO_REGION", "MINIO_REGION_NAME"):
        with fresh_server(environment={name: "eu-old-1"}) as server:
            assert server.call("PUT", "/bucket", region="us-east-1").find("Region") == "eu-old-1"


def test_automatic_encryption_is_on_or_off_and_nothing_else(fresh_server):
    assert_refuses_to_start(fresh_server(environment={"MINIO_KMS_AUTO_ENCRYPTION": "maybe"}), "AUTO_ENCRYPTION")


def test_tls_that_ends_at_a_proxy_can_be_trusted(fresh_server):
    with fresh_server(arguments=["--tls-terminated-upstream"]) as server:
        key = f"/{server.bucket()}/k"
        assert server.call("PUT", key, SSE_C.request, b"x").status == 200
        assert server.call("GET", key, SSE_C.request).body == b"x"
        server.secrets += [CUSTOMER_KEY.base64, CUSTOMER_KEY.md5]


# --- keys

def test_the_keyring_is_made_in_the_users_configuration_by_default(fresh_server, tmp_path):
    for environment, place in (({}, "home/.config/coffer/keyring.json"),
                               ({"XDG_CONFIG_HOME": "{}/xdg"}, "xdg/coffer/keyring.json")):
        server = fresh_server(keyring=False)
        server.environment = {name: value.format(server.directory) for name, value in environment.items()}
        with server:
            path = server.directory / place
            assert path.stat().st_mode & 0o777 == 0o600
            assert DEFAULT_KEY in path.read_text()
            server.keyring = None
            assert_shows(server.call("PUT", f"/{server.bucket()}/k", SSE_KMS.request, b"x").headers, SSE_KMS)


def test_a_second_key_of_the_keyring_can_be_used(fresh_server):
    server = fresh_server()
    with server:
        pass
    document = json.loads(server.keyring.read_text())
    key = bytes(range(100, 132))
    document["keys"].append({**document["keys"][0], "name": "second-key", "key": base64.b64encode(key).decode(),
                             "fingerprint": hashlib.sha256(key).hexdigest()[:32]})
    server.keyring.write_text(json.dumps(document))
    with server:
        name = server.bucket()
        put = server.call("PUT", f"/{name}/k", {SSE: "aws:kms", KEY_ID: "second-key"}, b"x")
        assert (put.status, put.headers[KEY_ID]) == (200, "second-key"), put
    document["keys"].pop()
    server.keyring.write_text(json.dumps(document))
    # Deleted, perhaps on purpose: what was under it is gone, and the rest goes on.
    with server:
        assert any("second-key" in record["message"] for record in server.log_records())
        gone = server.call("GET", f"/{name}/k")
        assert gone.status == 400 and b"KMS.NotFoundException" in gone.body, gone
        assert server.call("PUT", f"/{name}/other", body=b"y").status == 200


def test_a_drive_is_not_opened_without_its_own_keyring(fresh_server):
    server = fresh_server()
    with server:
        server.call("PUT", f"/{server.bucket('kept')}/k", body=b"content")
    kept = server.keyring.read_bytes()
    server.keyring.unlink()
    assert_refuses_to_start(server, "keyring")
    assert not server.keyring.exists(), "no new keyring is made for a drive that has one"
    other = fresh_server()
    with other:
        pass
    server.keyring.write_bytes(other.keyring.read_bytes())
    server.keyring.chmod(0o600)
    assert_refuses_to_start(server, "key")
    server.keyring.write_bytes(kept)
    server.keyring.chmod(0o644)
    assert_refuses_to_start(server, str(server.keyring))
    server.keyring.chmod(0o600)
    server.keyring.write_bytes(kept[:len(kept) // 2])
    assert_refuses_to_start(server, str(server.keyring))
    server.keyring.write_bytes(kept)
    with server:
        assert server.call("GET", "/kept/k").body == b"content"


@pytest.mark.parametrize("environment", ({"MINIO_KMS_SECRET_KEY": STATIC_KEY}, {"COFFER_KMS_SECRET_KEY": STATIC_KEY},
                                         {"MINIO_KMS_SECRET_KEY_FILE": STATIC_KEY}, {"MINIO_KMS_MASTER_KEY": STATIC_HEX},
                                         {"MINIO_KMS_MASTER_KEY_FILE": STATIC_HEX}), ids=lambda value: next(iter(value)))
def test_a_static_key_takes_the_place_of_the_keyring(fresh_server, tmp_path, environment):
    (name, value), = environment.items()
    if name.endswith("_FILE"):
        (tmp_path / "key").write_text(value + "\n")
        value = str(tmp_path / "key")
    server = fresh_server(keyring=False, environment={name: value})
    server.secrets += [STATIC_KEY.partition(":")[2], STATIC_HEX.partition(":")[2]]
    with server:
        bucket = server.bucket()
        put = server.call("PUT", f"/{bucket}/k", {SSE: "aws:kms"}, b"content")
        assert (put.status, put.headers[KEY_ID]) == (200, "my-minio-key"), put
        unknown = server.call("PUT", f"/{bucket}/never", {SSE: "aws:kms", KEY_ID: "other"}, b"x")
        assert (unknown.status, unknown.code) == (400, "KMS.NotFoundException"), unknown
        assert not (server.home / ".config").exists()
    with server:
        assert server.call("GET", f"/{bucket}/k").body == b"content"
    server.environment = {"MINIO_KMS_SECRET_KEY": "my-minio-key:" + base64.b64encode(b"\x01" * 32).decode()}
    assert_refuses_to_start(server, "key")


@pytest.mark.parametrize("environment", (
    {"MINIO_KMS_SECRET_KEY": "no colon"}, {"MINIO_KMS_SECRET_KEY": "name:AAAA"}, {"MINIO_KMS_SECRET_KEY": "name:not base64!"},
    {"MINIO_KMS_SECRET_KEY": STATIC_KEY, "MINIO_KMS_KES_ENDPOINT": "https://kes:7373"},
    {"MINIO_KMS_KES_ENDPOINT": "https://kes:7373"}), ids=str)
def test_key_services_that_cannot_be_meant_are_refused(fresh_server, environment):
    assert_refuses_to_start(fresh_server(environment=environment), "k")


@pytest.mark.parametrize("name", ("MINIO_KMS_SECRET_KEY_FILE", "COFFER_KMS_SECRET_KEY_FILE", "MINIO_KMS_MASTER_KEY_FILE",
                                  "COFFER_FORMER_KMS_SECRET_KEY_FILE"))
def test_a_key_file_that_is_not_there_ends_the_start(fresh_server, name):
    """Another key, made in its place, would be the wrong one."""
    server = fresh_server(environment={name: "/not/mounted"})
    assert_refuses_to_start(server, name, "/not/mounted")
    assert not server.keyring.exists()


def test_empty_variables_of_key_services_and_a_missing_secret_of_a_container_are_not_there(fresh_server):
    empty = ("MINIO_KMS_SECRET_KEY", "MINIO_KMS_MASTER_KEY", "MINIO_KMS_SERVER", "MINIO_KMS_ENCLAVE", "MINIO_KMS_SSE_KEY",
             "MINIO_KMS_API_KEY", "MINIO_KMS_KES_ENDPOINT", "MINIO_KMS_KES_KEY_NAME", "MINIO_KMS_KES_CERT_FILE",
             "MINIO_KMS_KES_KEY_FILE", "MINIO_KMS_KES_API_KEY", "MINIO_KMS_KES_CAPATH", "MINIO_DOMAIN")
    # As MinIO's images define it, whether there is such a secret or not.
    environment = {"MINIO_KMS_SECRET_KEY_FILE": "kms_master_key"} | dict.fromkeys(empty, "")
    with fresh_server(environment=environment) as server:
        assert_shows(server.call("PUT", f"/{server.bucket()}/k", SSE_KMS.request, b"x").headers, SSE_KMS)


# --- what keeps it from starting

def test_a_second_server_on_the_same_drive_is_refused(fresh_server):
    with fresh_server() as first:
        second = fresh_server(drive=first.drive)
        second.keyring = first.keyring
        assert_refuses_to_start(second, str(first.drive))
        assert works(first, first.access_key, first.secret_key)


def test_a_port_in_use_is_refused_and_the_drive_let_go(fresh_server):
    with fresh_server() as first:
        second = fresh_server()
        own, second.port = second.port, first.port
        assert_refuses_to_start(second, str(first.port))
        second.port = own
        with second:
            pass


def test_a_newer_format_is_refused_and_not_touched(fresh_server):
    server = fresh_server()
    with server:
        pass
    (server.drive / "format").write_text("coffer drive 99\n")
    assert_refuses_to_start(server, "99")
    assert (server.drive / "format").read_text() == "coffer drive 99\n"


def test_directories_that_cannot_be_a_drive_are_refused(fresh_server, tmp_path):
    (tmp_path / "file").write_text("not a directory")
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "format").write_text("something else\n")
    for place in ("file", "missing/deep/drive", "foreign"):
        assert_refuses_to_start(fresh_server(drive=tmp_path / place), place)
    assert {path.name for path in (tmp_path / "foreign").iterdir()} <= {"format", "lock"}
    assert (tmp_path / "foreign" / "format").read_text() == "something else\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_drive_that_may_not_be_written_is_refused(fresh_server, tmp_path):
    (tmp_path / "drive").mkdir(mode=0o500)
    assert_refuses_to_start(fresh_server(drive=tmp_path / "drive"), "drive")


def test_a_read_only_file_system_is_refused(fresh_server, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    place = tmp_path / "mounted"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,ro", "tmpfs", place], capture_output=True).returncode != 0:
        pytest.skip("this machine does not allow a mount")
    try:
        assert_refuses_to_start(fresh_server(drive=place / "drive"), "drive")
    finally:
        subprocess.run(["umount", place], check=True)


@pytest.mark.parametrize("address", ("nonsense", "127.0.0.1:99999", "192.0.2.1:9000", ""))
def test_addresses_that_cannot_be_listened_on_are_refused(fresh_server, address):
    server = fresh_server()
    command = server.command()
    command[command.index("--address") + 1] = address
    server.command = lambda: command
    status, printed = server.run_to_end()
    assert status == 1 and "coffer:" in printed, printed


def test_a_certificate_that_does_not_fit_its_key_is_refused(fresh_server, tmp_path):
    one, other = Certificates(tmp_path / "one"), Certificates(tmp_path / "other")
    (one.directory / "private.key").write_bytes((other.directory / "private.key").read_bytes())
    assert_refuses_to_start(fresh_server(certificates=one), "TLS")
    (one.directory / "private.key").write_text("no key at all\n")
    assert_refuses_to_start(fresh_server(certificates=one), "TLS")


@pytest.mark.parametrize("encrypt", (("pkey",), ("ec", "-traditional"), ("ec",)), ids=" ".join)
def test_an_encrypted_key_is_opened_with_its_password(fresh_server, tmp_path, encrypt):
    certificates = Certificates(tmp_path / "certs")
    key = certificates.directory / "private.key"
    tool, *form = encrypt
    subprocess.run(["openssl", tool, *form, "-aes256", "-passout", "pass:of-the-key", "-in", key, "-out", tmp_path / "sealed"],
                   check=True, capture_output=True)
    key.write_bytes((tmp_path / "sealed").read_bytes())
    assert b"ENCRYPTED" in key.read_bytes()
    with fresh_server(certificates=certificates, environment={"MINIO_CERT_PASSWD": "of-the-key"}) as server:
        assert works(server, server.access_key, server.secret_key)
        assert "of-the-key" not in server.log_text()
    assert_refuses_to_start(fresh_server(certificates=certificates), "TLS", "encrypted")
    assert_refuses_to_start(fresh_server(certificates=certificates, environment={"MINIO_CERT_PASSWD": "another"}), "TLS")


# --- running and stopping

def test_what_was_stored_is_there_after_a_restart(fresh_server, certificates):
    server = fresh_server(certificates=certificates)
    with server:
        bucket = server.bucket()
        for size in (10, 100_000, 2 * MIB):
            server.call("PUT", f"/{bucket}/{size}", body=payload(size))
        server.call("PUT", f"/{bucket}/customer", SSE_C.request, b"secret")
        upload = server.call("POST", f"/{bucket}/open?uploads").find("UploadId")
        tag = server.call("PUT", f"/{bucket}/open?partNumber=1&uploadId={upload}", body=b"part").headers["etag"]
    with server:
        for size in (10, 100_000, 2 * MIB):
            assert server.call("GET", f"/{bucket}/{size}").body == payload(size)
        assert server.call("GET", f"/{bucket}/customer", SSE_C.request).body == b"secret"
        done = server.call("POST", f"/{bucket}/open?uploadId={upload}", body=(
            f"<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>{tag}</ETag></Part>"
            "</CompleteMultipartUpload>").encode())
        assert done.status == 200
    assert Drive(server.drive).complaints() == []


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGINT), ids=("TERM", "INT"))
def test_a_signal_lets_what_is_in_flight_finish(fresh_server, number):
    server = fresh_server().start()
    bucket, body = server.bucket(), payload(MIB)
    signed = signing.SignedRequest("PUT", f"/{bucket}/k", {}, body, host=server.host, access_key=server.access_key,
                                   secret=server.secret_key)
    head = "".join(f"{name}: {value}\r\n" for name, value in [*signed.headers, ("Content-Length", str(len(body)))])
    with RawConnection(server) as raw:
        raw.send(f"PUT /{bucket}/k HTTP/1.1\r\n{head}\r\n".encode() + body[:500_000])
        server.call("HEAD", f"/{bucket}/k")
        server.process.send_signal(number)
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", server.port), timeout=1).close()
                time.sleep(0.02)
            except OSError:
                break
        else:
            raise AssertionError("new connections are still accepted")
        raw.send(body[500_000:])
        assert raw.answer().status == 200
    assert server.process.wait(timeout=20) == 0
    server.assert_log_is_clean()
    with server:
        assert server.call("GET", f"/{bucket}/k").body == body


def test_an_idle_connection_does_not_delay_the_end(fresh_server):
    server = fresh_server().start()
    with RawConnection(server) as raw:
        raw.send(f"GET /minio/health/live HTTP/1.1\r\nHost: {server.host}\r\n\r\n".encode())
        assert raw.answer().status == 200
        began = time.monotonic()
        server.stop()
        assert time.monotonic() - began < 20, "an idle connection is no request in flight"


def test_the_drive_is_clean_after_a_stop(fresh_server):
    server = fresh_server()
    with server:
        bucket = server.bucket()
        for number in range(20):
            server.call("PUT", f"/{bucket}/{number % 5}", body=payload(100_000, number))
        server.call("DELETE", f"/{bucket}/0")
    names = {path.name for path in server.drive.iterdir()}
    assert not {"coffer.db-wal", "coffer.db-shm"} & {
        path.name for path in server.drive.iterdir() if path.stat().st_size}, names
    with server:
        pass
    assert Drive(server.drive).complaints() == []
    assert len(Drive(server.drive).blob_files()) == 4


def test_only_what_was_done_is_said_after_a_signal(fresh_server, tmp_path):
    """Without TLS and without a key server there is nothing to read again, and an access log that is no file stays open."""
    for log, is_said in ((str(tmp_path / "access.log"), True), ("-", False)):
        with fresh_server(arguments=["--access-log", log]) as server:
            server.process.send_signal(signal.SIGHUP)
            deadline = time.monotonic() + (20 if is_said else 0.5)
            while "reopened" not in server.log_text() and time.monotonic() < deadline:
                time.sleep(0.05)
            assert server.call("GET", "/").status == 200
        assert ("reopened" in server.log_text()) == is_said
        assert "read again" not in server.log_text()


def fingerprint(server):
    return ssl.get_server_certificate(("127.0.0.1", server.port))


def test_certificates_are_read_again_without_dropping_connections(fresh_server, tmp_path):
    certificates = Certificates(tmp_path / "certs")
    with fresh_server(certificates=certificates) as server:
        bucket = server.bucket()
        before = fingerprint(server)
        with RawConnection(server) as raw:
            ask = f"GET /minio/health/live HTTP/1.1\r\nHost: {server.host}\r\n\r\n".encode()
            assert raw.send(ask).answer().status == 200
            renewed = certificates.issue()
            server.process.send_signal(signal.SIGHUP)
            deadline = time.monotonic() + 20
            while fingerprint(server) == before and time.monotonic() < deadline:
                time.sleep(0.05)
            assert fingerprint(server).strip() == renewed.strip()
            assert raw.send(ask).answer().status == 200, "the old connection goes on"
        assert server.call("PUT", f"/{bucket}/k", body=b"x").status == 200
        again = certificates.issue()
        deadline = time.monotonic() + 30
        while fingerprint(server).strip() != again.strip() and time.monotonic() < deadline:
            time.sleep(0.2)
        assert fingerprint(server).strip() == again.strip(), "changed files are noticed without a signal"
        (certificates.directory / "private.key").write_text("broken\n")
        server.process.send_signal(signal.SIGHUP)
        assert server.call("GET", f"/{bucket}/k").body == b"x", "a broken renewal keeps what worked"


@pytest.mark.parametrize("version, accepted", (("-tls1_1", False), ("-tls1_2", True), ("-tls1_3", True)))
def test_old_versions_of_tls_are_refused(https, version, accepted):
    finished = subprocess.run(
        ["openssl", "s_client", "-connect", https.host, version, "-cipher", "ALL:@SECLEVEL=0", "-CAfile", https.authority,
         "-verify_return_error"], input=b"", capture_output=True, timeout=30)
    assert (finished.returncode == 0) == accepted, finished.stderr
    if not accepted:
        assert b"alert" in finished.stderr, "refused by the server, not by this client"


@pytest.mark.parametrize("suite, accepted", (
    ("ECDHE-ECDSA-AES128-GCM-SHA256", True), ("ECDHE-ECDSA-CHACHA20-POLY1305", True), ("ECDHE-ECDSA-AES128-SHA", False),
    ("ECDHE-ECDSA-AES256-SHA384", False)))
def test_weak_suites_of_tls_1_2_are_refused(https, suite, accepted):
    finished = subprocess.run(
        ["openssl", "s_client", "-connect", https.host, "-tls1_2", "-cipher", f"{suite}:@SECLEVEL=0"], input=b"",
        capture_output=True, timeout=30)
    assert (f"Cipher is {suite}".encode() in finished.stdout) == accepted, finished.stdout


def test_plain_http_to_the_tls_port_is_no_answer_to_a_request(https):
    with socket.create_connection(("127.0.0.1", https.port), timeout=10) as plain:
        plain.sendall(b"GET /minio/health/live HTTP/1.1\r\nHost: x\r\n\r\n")
        try:
            assert b"200" not in plain.recv(1000)[:15]
        except ConnectionResetError:
            pass


def test_a_drive_made_with_one_address_is_served_on_another(fresh_server):
    server = fresh_server()
    with server:
        server.bucket("moved")
    server.port = free_port()
    with server:
        assert wire.request(server, "GET", "/minio/health/ready").status == 200
        assert server.call("GET", "/").find_all("Buckets/Bucket/Name") == ["moved"]
