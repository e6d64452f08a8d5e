"""The life of `coffer-kes server`: how it starts and what stops it from starting, reloads, and ends."""

import base64
import http.client
import re
import signal
import socket
import ssl
import subprocess
import threading
import time

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

import kes
from kes import Identity, KESServer, exchange, server_certificate
from server import free_port

HEX = re.compile(r"[0-9a-f]{64}")


@pytest.fixture
def make(tmp_path_factory):
    """Makes servers of a test's own; whatever still runs at the end is killed."""
    made = []

    def one(**options):
        made.append(KESServer(tmp_path_factory.mktemp("kes"), **options))
        return made[-1]

    yield one
    for server in made:
        server.kill()
        server.remove()


def run(*arguments, cwd):
    finished = subprocess.run([kes.binary(), "server", *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=30, cwd=cwd, env={"PATH": "/usr/bin:/bin"})
    return finished.returncode, finished.stderr


# --- starting

def test_it_serves_its_version_to_a_client_with_a_certificate(make):
    with make() as server:
        answer = server.call("GET", "/version")
        assert answer.status == 200
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ", answer.json()["version"])
        assert answer.headers["Content-Type"] == "application/json"


def test_the_banner_says_what_runs(make):
    with make() as server:
        said = dict(re.findall(r"^(\w+(?: \w+)?) {2,}(\S.*)$", server.output_text(), re.MULTILINE))
        assert said["KMS"] == f"Filesystem: {server.store}"
        assert said["API"] == f"https://127.0.0.1:{server.port}"
        assert said["Admin"] == server.admin.text
        assert said["Logs"] == "error=stderr level=INFO"


def test_an_admin_that_is_no_digest_is_disabled(make):
    with make(admin="disabled") as server:
        assert re.search(r"^Admin +<disabled>$", server.output_text(), re.MULTILINE)


def test_without_a_certificate_there_is_no_connection(make):
    with make() as server:
        with pytest.raises((ssl.SSLError, ConnectionError, http.client.RemoteDisconnected)):
            server.call("GET", "/version", identity=None)


def test_one_open_call_makes_the_certificate_optional(make):
    with make(sections="api:\n  /v1/ready:\n    skip_auth: true\n") as server:
        assert server.call("GET", "/v1/ready", identity=None).status == 200


@pytest.mark.parametrize("group", ("X25519", "P-256", "P-384", "P-521"))
def test_every_group_that_clients_may_insist_on(make, group):
    with make() as server:
        shown = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-groups", group,
             "-cert", str(server.admin.certificate), "-key", str(server.admin.key)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30).stdout
        assert "New, TLSv1.3, Cipher is TLS_" in shown, shown


def test_certificates_that_have_expired_are_those_of_their_keys_all_the_same(make):
    with make() as server:
        identity = Identity(server.directory / "clients", "old", days=-1)
        assert server.call("GET", "/version", identity=identity).status == 200


def test_verified_clients_need_a_known_authority(make):
    server = make()
    directory = server.directory / "ca"
    authority = Identity(directory, "authority", is_authority=True)
    known = Identity(directory, "known", authority=authority, usage=ExtendedKeyUsageOID.CLIENT_AUTH)
    expired = Identity(directory, "expired", authority=authority, usage=ExtendedKeyUsageOID.CLIENT_AUTH, days=-1)
    server_only = Identity(directory, "server", authority=authority, usage=ExtendedKeyUsageOID.SERVER_AUTH)
    text = server.configuration().replace("tls:\n", f"tls:\n  auth: on\n  ca: {authority.certificate}\n")
    server.write_configuration(text)
    for_any = Identity(directory, "any", authority=authority, usage=ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE)
    two = Identity(directory, "two", authority=authority, usage=ExtendedKeyUsageOID.CLIENT_AUTH)
    two.certificate.write_bytes(two.certificate.read_bytes() + known.certificate.read_bytes())
    with server:
        assert server.call("GET", "/version", identity=known).status == 200
        assert server.call("GET", "/version", identity=for_any).status == 200
        answer = server.call("GET", "/v1/key/list/", identity=two)
        assert (answer.status, answer.json()["message"]) == (400, "tls: received more than one client certificate")
        for refused, reason in ((server.admin, "self-signed certificate"), (expired, "certificate has expired"),
                                (server_only, "unsuitable certificate purpose")):
            with pytest.raises((ssl.SSLError, ConnectionError, http.client.RemoteDisconnected)):
                server.call("GET", "/version", identity=refused)
            server.wait_for_output(f": tls: failed to verify certificate: {reason}", log=True)


def test_what_is_trusted_need_not_be_a_root(make):
    server = make()
    directory = server.directory / "ca"
    root = Identity(directory, "root", is_authority=True)
    issuer = Identity(directory, "issuer", authority=root, is_authority=True)
    issued = Identity(directory, "issued", authority=issuer, usage=ExtendedKeyUsageOID.CLIENT_AUTH)
    trusted = directory / "trusted"
    trusted.mkdir()
    (trusted / "issuer.crt").write_bytes(issuer.certificate.read_bytes())
    (trusted / "admin.crt").write_bytes(server.admin.certificate.read_bytes())
    server.write_configuration(server.configuration().replace("tls:\n", f"tls:\n  auth: on\n  ca: {trusted}\n"))
    with server:
        # A certificate of its own, as `identity new` makes them, and one of an authority that another has certified.
        assert server.call("GET", "/v1/key/list/").status == 200
        assert server.call("GET", "/v1/key/list/", identity=issued).status == 403
    # The environment's directory may have other things in it.
    (trusted / "README").write_text("no certificate\n")
    server.environment["SSL_CERT_DIR"] = str(trusted)
    server.write_configuration(server.configuration().replace("tls:\n", "tls:\n  auth: on\n"))
    with server:
        assert server.call("GET", "/v1/key/list/").status == 200


@pytest.mark.parametrize("lines, message", (
    ("version: v2\n", "Error: edge: invalid server config version 'v2'\n"),
    ("cache:\n  expiry:\n    any: -1s\n", "Error: kesconf: invalid cache expiry '-1s'\n"),
    ("api:\n  /v1/key/create/:\n    skip_auth: true\n", "Error: kesconf: invalid api config: '/v1/key/create/'"),
    ("keys:\n- name: a.b\n", "Error: kesconf: invalid key config: key name 'a.b'"),
))
def test_a_wrong_configuration_is_the_end(make, lines, message):
    server = make(sections=lines)
    status, output, error = server.run_to_end()
    assert (status, output) == (1, "") and error.startswith(message), error


def test_wrong_certificates_are_the_end(make):
    server = make()
    server.certificate = server_certificate(server.directory / "tls", "nameless", names=())
    server.write_configuration()
    assert server.run_to_end()[2] == (
        "Error: invalid TLS certificate: certificate does not contain any DNS or IP address as SAN\n")

    other = server_certificate(server.directory / "tls", "other")
    server.write_configuration(server.configuration().replace(str(server.certificate.key), str(other.key)).replace(
        str(server.certificate.certificate), str(server_certificate(server.directory / "tls", "third").certificate)))
    status, _, error = server.run_to_end()
    assert status == 1 and "failed to read TLS certificate: " in error and "does not match" in error

    other.write_key(server.directory / "tls" / "locked.key", password="hunter2")
    locked = server.configuration().replace(
        str(server.certificate.certificate), str(other.certificate)).replace(
        str(server.certificate.key), str(server.directory / "tls" / "locked.key"))
    server.write_configuration(locked)
    assert server.run_to_end()[2] == "Error: https: private key is encrypted: password required\n"
    server.write_configuration(locked.replace("tls:\n", "tls:\n  password: wrong\n"))
    status, _, error = server.run_to_end()
    assert status == 1 and "incorrect password" in error and "wrong" not in error.replace("incorrect", "")
    server.certificate = other
    server.write_configuration(locked.replace("tls:\n", "tls:\n  password: ${KEY_PASSWORD}\n"))
    for password in ("hunter2", "Schlüssel 鍵"):
        other.write_key(server.directory / "tls" / "locked.key", password=password)
        server.environment["KEY_PASSWORD"] = password
        with server:
            assert server.call("GET", "/version").status == 200
        assert password not in server.log_text() + server.output_text()


def test_a_key_store_that_is_no_directory_is_the_end(make):
    server = make()
    server.store.write_text("a file")
    status, _, error = server.run_to_end()
    assert status == 1 and error.startswith("Error: ") and str(server.store) in error, error


def test_an_address_in_use_is_the_end(make):
    with make() as first:
        second = make()
        second.arguments = ["--addr", f"127.0.0.1:{first.port}"]
        status, _, error = second.run_to_end()
        assert status == 1 and f"127.0.0.1:{first.port}" in error and "in use" in error, error


def test_the_flag_for_the_address_wins(make):
    server = make()
    port = free_port()
    server.arguments = ["--addr", f"127.0.0.1:{port}"]
    with server:
        assert server.call("GET", "/version", port=port).status == 200


def test_unknown_keys_are_worth_a_warning_and_no_more(make):
    with make(sections="adress: x\n") as server:
        assert re.search(r"WARNING: .*config\.yml: line \d+: unknown key 'adress' is ignored", server.log_text())


def test_keys_of_the_configuration_are_made(make):
    with make(sections="keys:\n- name: first\n- name: second\n") as server:
        assert sorted(path.name for path in server.store.iterdir()) == ["first", "second"]
        before = (server.store / "first").read_bytes()
        server.sections = "keys:\n- name: first\n- name: third\n"
        server.write_configuration()
        server.reload()
        assert (server.store / "third").exists() and (server.store / "first").read_bytes() == before


# --- flags

def test_a_configuration_is_needed(tmp_path):
    status, error = run(cwd=tmp_path)
    assert status == 1 and "'--config'" in error
    status, error = run("--config", "none.yml", cwd=tmp_path)
    assert (status, error) == (1, "Error: open none.yml: No such file or directory\n")
    status, error = run("--config", "x.yml", "--dev", cwd=tmp_path)
    assert status == 1 and "--config" in error


def test_old_flags_are_accepted_and_do_nothing(make):
    server = make()
    server.arguments = ["--key", "k", "--cert=c", "--auth", "off", "--mlock", "-q", "--mtls-auth=ignore",
                        "--root=disabled"]
    with server:
        for flag in ("--key", "--cert", "--auth", "--mlock", "--quiet", "--mtls-auth"):
            assert f"WARNING: '{flag}' flag is deprecated and no longer honored." in server.log_text()
        assert server.call("GET", "/version").status == 200


def test_the_flag_for_the_root_stands_in_for_an_admin(make):
    server = make()
    server.arguments = ["--root", server.admin.text]
    server.write_configuration(server.configuration().replace(f"admin:\n  identity: {server.admin_text}\n", ""))
    with server:
        assert f"Admin       {server.admin.text}" in server.output_text()


def test_old_files_are_understood_or_refused_with_what_to_write(make):
    server = make()
    text = server.configuration().replace(f"admin:\n  identity: {server.admin_text}\n", f"root: {server.admin.text}\n")
    server.write_configuration(text.replace("keystore:\n", "keys:\n"))
    with server:
        assert "'root' is an older name" in server.log_text() and "'keys' is an older name" in server.log_text()
    server.write_configuration('address = "127.0.0.1:1"\nroot = "x"\n[tls]\nkey = "k"\n')
    status, _, error = server.run_to_end()
    assert status == 1 and "TOML" in error and "keystore: {fs: {path: …}}" in error


def test_development_mode_needs_nothing(tmp_path):
    port = free_port()
    output = tmp_path / "out.log"
    with open(output, "wb") as sink:
        process = subprocess.Popen([kes.binary(), "server", "--dev", "--addr", f"127.0.0.1:{port}"], stdout=sink,
                                   stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, cwd=tmp_path)
    try:
        deadline = time.monotonic() + 30
        while "=> Server is up" not in output.read_text():
            assert process.poll() is None and time.monotonic() < deadline, output.read_text()
            time.sleep(0.02)
        text = output.read_text()
        assert re.search(r"^API Key +kes:v1:[A-Za-z0-9+/]{44}$", text, re.MULTILINE)
        assert re.search(r"^Admin +[0-9a-f]{64}$", text, re.MULTILINE)
        assert re.search(r"^KMS +In Memory$", text, re.MULTILINE)
        client = Identity(tmp_path, "client")
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.load_cert_chain(str(client.certificate), str(client.key))
        connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=10)
        assert exchange(connection, "GET", "/version").status == 200
        served = ssl.DER_cert_to_PEM_cert(connection.sock.getpeercert(binary_form=True))
        shown = subprocess.run(["openssl", "x509", "-noout", "-text"], input=served, capture_output=True, text=True).stdout
        assert "CN = localhost" in shown or "CN=localhost" in shown
        assert "IP Address:127.0.0.1" in shown and "prime256v1" in shown and "TLS Web Server Authentication" in shown
        connection.close()
    finally:
        process.terminate()
        assert process.wait(timeout=15) == 0


# --- reloading

def test_a_reload_takes_new_certificates(make):
    with make() as server:
        before = server.served_certificate()
        server.certificate = server_certificate(server.directory / "tls", "second")
        server.write_configuration()
        server.reload()
        after = server.served_certificate()
        assert before != after and after.strip() == server.certificate.certificate.read_text().strip()


def test_a_reload_that_fails_keeps_everything(make):
    with make() as server:
        before = server.served_certificate()
        for text in ("admin: [", server.configuration().replace("keystore:", "keystores:"),
                     server.configuration().replace(str(server.certificate.key), "nowhere.key"),
                     server.configuration().replace(str(server.store), str(server.file))):
            server.write_configuration(text)
            server.reload(succeeds=False)
            assert server.process.poll() is None
            assert server.served_certificate() == before
            assert server.call("GET", "/version").status == 200
        server.write_configuration()
        server.reload()


def test_a_reload_reads_the_environments_values_again_and_names_what_is_missing(make):
    with make() as server:
        server.write_configuration(server.configuration().replace(server.admin.text, "${NOT_THERE}"))
        server.reload(succeeds=False)
        assert "referenced env. variable 'NOT_THERE' in line '3' not found" in server.log_text()


def policy(identity, rule):
    return f"policy:\n  app:\n    allow: ['{rule}']\n    identities: [{identity.text}]\n"


def test_a_reload_takes_policies_and_the_admin(make):
    with make() as server:
        client = Identity(server.directory / "clients", "app")
        assert server.call("GET", "/v1/status", identity=client).status == 403
        server.policies = policy(client, "/v1/status")
        server.write_configuration()
        server.reload()
        assert server.call("GET", "/v1/status", identity=client).status == 200
        assert server.call("GET", "/v1/key/list/*", identity=client).status == 403
        server.write_configuration(server.configuration().replace("allow:", "allow: ["))
        server.reload(succeeds=False)
        assert server.call("GET", "/v1/status", identity=client).status == 200
        server.policies, old = "", server.admin
        server.admin_text = client.text
        server.write_configuration()
        server.reload()
        assert server.call("GET", "/v1/key/list/*", identity=client).status == 200
        assert server.call("GET", "/v1/key/list/*", identity=old).status == 403


def test_keys_outlive_a_reload_and_a_restart(make):
    server = make().start()
    assert server.call("PUT", "/v1/key/create/k").status == 200
    sealed = server.call("PUT", "/v1/key/generate/k", {}).json()
    server.reload()
    opened = server.call("PUT", "/v1/key/decrypt/k", {"ciphertext": sealed["ciphertext"]})
    assert opened.json() == {"plaintext": sealed["plaintext"]}
    assert server.terminate() == 0
    with server:
        opened = server.call("PUT", "/v1/key/decrypt/k", {"ciphertext": sealed["ciphertext"]})
        assert opened.json() == {"plaintext": sealed["plaintext"]}


def test_bulk_decryption_is_there_for_older_clients(make):
    """As KES had it until its release of 2023-10-03."""
    with make() as server:
        client = Identity(server.directory / "clients", "app")
        server.policies = policy(client, "/v1/key/bulk/decrypt/app-*")
        server.write_configuration()
        server.reload()
        for name in ("app-1", "other"):
            assert server.call("PUT", f"/v1/key/create/{name}").status == 200
        context = base64.b64encode(b"my-context").decode()
        keys = [server.call("PUT", "/v1/key/generate/app-1", {"context": context}).json(),
                server.call("PUT", "/v1/key/generate/app-1", {}).json()]
        ask = [{"ciphertext": keys[0]["ciphertext"], "context": context}, {"ciphertext": keys[1]["ciphertext"]}]
        bulk = lambda body, name="app-1", method="POST": server.call(
            method, f"/v1/key/bulk/decrypt/{name}", body, identity=client)
        answer = bulk(ask)
        assert answer.status == 200 and answer.headers["Content-Type"] == "application/json"
        assert answer.body == ("[" + ",".join(
            f'{{"plaintext":"{key["plaintext"]}"}}' for key in keys) + "]\n").encode()
        assert (bulk([]).status, bulk([]).body) == (200, b"[]\n")
        assert bulk(ask * 500).json() == answer.json() * 500
        assert "too many ciphertexts" in (refused := bulk(ask * 501)).body.decode() and refused.status == 400
        refused = bulk([ask[0], {"ciphertext": keys[0]["ciphertext"]}])
        assert refused.status == 400 and "ciphertext is not authentic" in refused.body.decode()
        for body in (ask, []):
            assert bulk(body, "app-none").status == 404
        for body in ({"ciphertext": "AAAA"}, ["AAAA"], b"[{", b""):
            refused = bulk(body)
            assert refused.status == 400 and "invalid request body" in refused.body.decode()
        refused = bulk(ask, method="PUT")
        assert refused.status == 405 and refused.headers["Accept"] == "POST"
        assert bulk(ask, "other").status == 403
        assert bulk(ask, "app%2D1").json() == answer.json()
        assert bulk(ask, "app-1/x").status == 400


def test_a_list_of_contexts_gets_a_list_of_data_keys(make):
    """What KES refuses; the same route, so that the policies of single data keys are in force."""
    with make() as server:
        client = Identity(server.directory / "clients", "app")
        server.policies = policy(client, "/v1/key/generate/app-*")
        server.write_configuration()
        server.reload()
        for name in ("app-1", "other"):
            assert server.call("PUT", f"/v1/key/create/{name}").status == 200
        contexts = [base64.b64encode(f"context {number}".encode()).decode() for number in range(128)]
        ask = [{"context": context} for context in contexts]
        for size in (128, 1):
            answer = server.call("POST", "/v1/key/generate/app-1", ask[:size], identity=client)
            assert answer.status == 200 and answer.headers["Content-Type"] == "application/json"
            keys = answer.json()
            assert len(keys) == len({key["plaintext"] for key in keys}) == size
            for key, context in zip(keys[:3], contexts):
                opened = server.call("PUT", "/v1/key/decrypt/app-1",
                                     {"ciphertext": key["ciphertext"], "context": context})
                assert opened.json() == {"plaintext": key["plaintext"]}
        refused = server.call("POST", "/v1/key/generate/app-1", ask + ask[:1], identity=client)
        assert refused.status == 400 and "too many data keys" in refused.body.decode()
        assert server.call("POST", "/v1/key/generate/other", ask, identity=client).status == 403
        assert server.call("POST", "/v1/key/generate/app-none", ask, identity=client).status == 404
        for body in (b"[", b"[]", b"[1]", b'[{"context":1}]', b'[{"context":"%"}]'):
            refused = server.call("POST", "/v1/key/generate/app-1", body, identity=client)
            assert refused.status == 400 and "invalid request body" in refused.body.decode()


def test_encoded_paths_are_those_they_stand_for(make):
    with make() as server:
        assert server.call("PUT", "/v1/key/create/k").status == 200
        assert server.call("GET", "/v1/%6bey/describe/%6b").json()["name"] == "k"
        assert server.call("GET", "/v1/key/%6cist").json() == {"names": ["k"]}
        moved = server.call("GET", "/v1/key/%64escribe")
        assert (moved.status, moved.headers["Location"]) == (307, "/v1/key/describe/")
        moved = server.call("GET", "/v1/key/describe/.")
        assert (moved.status, moved.headers["Location"]) == (307, "/v1/key/describe/")
        assert server.call("GET", "/v1/key%2fdescribe/k").status == 404


def test_a_reload_takes_another_key_store(make):
    with make() as server:
        assert server.call("PUT", "/v1/key/create/k").status == 200
        server.store = server.directory / "other-keys"
        server.write_configuration()
        server.reload()
        assert server.call("GET", "/v1/key/describe/k").status == 404


@pytest.mark.parametrize("days, left", [(20.5, "20 days"), (5.5, "5 days"), (0.52, "12 hours")])
def test_a_certificate_that_ends_soon_is_worth_a_warning_and_a_metric(make, days, left):
    server = make()
    server.certificate = server_certificate(server.directory / "tls", "short", days=days)
    server.write_configuration()
    with server:
        server.wait_for_output(f"the TLS certificate expires in {left}\"", log=True)
        metrics = server.call("GET", "/v1/metrics").body.decode()
        end = x509.load_pem_x509_certificate(server.certificate.certificate.read_bytes()).not_valid_after_utc
        value = re.search(r"^kes_tls_cert_not_after_seconds (\S+)$", metrics, re.MULTILINE).group(1)
        assert float(value) == end.timestamp()
        server.certificate = server_certificate(server.directory / "tls", "long", days=300)
        server.write_configuration()
        server.reload()
        assert server.log_text().count("the TLS certificate expires") == 1


def test_the_address_stays_with_a_word(make):
    with make() as server:
        server.write_configuration(server.configuration().replace(str(server.port), str(free_port())))
        server.reload()
        assert server.call("GET", "/version").status == 200
        assert "the address to listen on changes with the next start only" in server.log_text()


def test_no_request_fails_while_certificates_change(make):
    with make() as server:
        certificates = [server.certificate, server_certificate(server.directory / "tls", "second")]
        trusted = server.directory / "both.crt"
        trusted.write_text("".join(one.certificate.read_text() for one in certificates))
        context = ssl.create_default_context(cafile=str(trusted))
        context.load_cert_chain(str(server.admin.certificate), str(server.admin.key))
        failures, counts, stopping = [], [0, 0], threading.Event()

        def load(keeps):
            connection = None
            while not stopping.is_set():
                try:
                    if connection is None:
                        connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=context, timeout=20)
                    answer = exchange(connection, "GET", "/version")
                    assert answer.status == 200
                    counts[keeps] += 1
                    if not keeps:
                        connection.close()
                        connection = None
                except Exception as error:  # whatever it is, it must not happen
                    failures.append(repr(error))
                    return

        threads = [threading.Thread(target=load, args=(keeps,)) for keeps in (0, 0, 1, 1)]
        for thread in threads:
            thread.start()
        for turn in range(6):
            server.certificate = certificates[(turn + 1) % 2]
            server.write_configuration()
            server.reload()
        stopping.set()
        for thread in threads:
            thread.join()
        assert failures == [] and min(counts) > 6, (failures, counts)


# --- ending

@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGINT))
def test_it_ends_when_told(make, number):
    server = make().start()
    connection = server.connect(server.admin)
    assert exchange(connection, "GET", "/version").status == 200
    assert server.terminate(number) == 0
    assert server.output_text().endswith("=> Stopping server... Goodbye.\n")
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", server.port), timeout=2).close()
    connection.close()


def test_streams_of_logs_do_not_hold_it_back(make):
    server = make().start()
    connection = server.connect(server.admin)
    connection.request("GET", "/v1/log/audit")
    answer = connection.getresponse()
    assert answer.status == 200
    begin = time.monotonic()
    assert server.terminate() == 0
    assert time.monotonic() - begin < 10
    connection.close()


# --- probes

def test_the_second_listener_tells_probes_without_certificates(make):
    port = free_port()
    with make(sections=f"health:\n  address: 127.0.0.1:{port}\n") as server:
        assert server.call("GET", "/v1/ready", identity=None, port=port).status == 200
        assert server.call("GET", "/version", identity=None, port=port).status == 404
        assert server.call("PUT", "/v1/ready", identity=None, port=port).status == 405
        server.store.rename(server.directory / "elsewhere")
        answer = server.call("GET", "/v1/ready", identity=None, port=port)
        assert answer.status in (502, 504) and "key store is" in answer.json()["message"]
