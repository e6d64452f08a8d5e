"""Keys in files that are sealed under a passphrase: the way there from plain files, wrong passphrases, lost seals."""

import json
import os
import re
import shutil
import signal
import subprocess

import pytest

from kes import KESServer, binary
from key_servers import opens, server_on
from preload import compile_library
from store_sealed import PASSPHRASE, SealedStore


@pytest.fixture
def store(tmp_path):
    return SealedStore(tmp_path / "store")


@pytest.fixture
def plain(store, tmp_path):
    """Keys that a server without a seal has made, with a data key of each."""
    server = KESServer(tmp_path / "plain")
    server.store = store.directory
    server.write_configuration()
    server.start()
    data_keys = {}
    for name in ("a", "b", "c"):
        assert server.call("PUT", f"/v1/key/create/{name}").status == 200
        data_keys[name] = server.call("PUT", f"/v1/key/generate/{name}", {}).json()
    assert server.terminate() == 0
    return data_keys


def run(*arguments, environment=None):
    done = subprocess.run([binary(), *arguments], capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
                          env={"PATH": os.environ["PATH"], **(environment or {})})
    return done.returncode, done.stdout, done.stderr


def refused(server):
    status, _, error = server.run_to_end()
    assert status == 1, error
    assert PASSPHRASE not in error
    return error


def is_sealed(text):
    return text.startswith('{"envelope":1,"kind":"passphrase",')


# --- the seal

def test_the_seal_is_one_line_with_what_opens_it_but_the_passphrase(store, server_on):
    server = server_on(store)
    assert server.call("PUT", "/v1/key/create/k").status == 200
    seal = json.loads((store.directory / ".seal").read_text())
    assert seal["seal"] == 1 and seal["keys"] == "sealed" and seal["kdf"] in ("scrypt", "argon2id")
    assert (store.directory / ".seal").stat().st_mode & 0o777 == 0o600
    envelope = json.loads(store.values()["k"])
    assert envelope["kind"] == "passphrase" and envelope["wrapping_key"] == seal["directory"]
    assert server.call("GET", "/v1/key/list/").json()["names"] == ["k"]
    for text in (server.log_text(), server.output_text(), *store.values().values()):
        assert PASSPHRASE not in text


def test_a_wrong_passphrase_ends_the_start_and_spoils_nothing(store, server_on):
    server = server_on(store)
    assert server.call("PUT", "/v1/key/create/k").status == 200
    assert server.terminate() == 0
    before = (store.directory / ".seal").read_bytes()
    store.passphrase.write_text("wrong\n")
    assert f"{store.directory}/.seal does not open with this passphrase" in refused(server)
    store.passphrase.write_text("")
    assert "is empty" in refused(server)
    store.passphrase.unlink()
    assert f"cannot open {store.passphrase}" in refused(server)
    assert (store.directory / ".seal").read_bytes() == before
    store.passphrase.write_text(PASSPHRASE + "\r\n")
    assert server.start().call("GET", "/v1/key/describe/k").status == 200


def test_a_lost_seal_is_not_made_anew(store, server_on):
    server = server_on(store)
    assert server.call("PUT", "/v1/key/create/k").status == 200
    assert server.terminate() == 0
    (store.directory / ".seal").rename(store.directory.parent / "backup")
    assert ".seal is missing; restore it from a backup" in refused(server)
    assert not (store.directory / ".seal").exists()
    (store.directory.parent / "backup").rename(store.directory / ".seal")
    assert server.start().call("GET", "/v1/key/describe/k").status == 200


def test_a_reload_with_a_wrong_passphrase_leaves_the_old_state(store, server_on):
    server = server_on(store)
    assert server.call("PUT", "/v1/key/create/k").status == 200
    store.passphrase.write_text("wrong\n")
    server.reload(succeeds=False)
    assert server.call("GET", "/v1/key/describe/k").status == 200
    store.passphrase.write_text(PASSPHRASE)
    server.reload()
    assert server.call("GET", "/v1/key/describe/k").status == 200


def test_the_passphrase_may_be_a_credential_of_systemd_or_a_variable(store, server_on, tmp_path):
    (tmp_path / "credentials").mkdir()
    shutil.copy(store.passphrase, tmp_path / "credentials" / "kes-passphrase")
    server = server_on(store)
    assert server.call("PUT", "/v1/key/create/k").status == 200
    for setting, environment in (
            ("{credential: kes-passphrase}", {"CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")}),
            ("{passphrase: '${KES_PASSPHRASE}'}", {"KES_PASSPHRASE": PASSPHRASE})):
        store.section = f"  fs:\n    path: {store.directory}\n    seal: {setting}\n"
        assert server_on(store, environment=environment).call("GET", "/v1/key/describe/k").status == 200


def test_the_passphrase_is_changed_in_one_file(store, server_on, tmp_path):
    server = server_on(store)
    assert server.call("PUT", "/v1/key/create/k").status == 200
    files = store.values()
    (tmp_path / "new").write_text("another passphrase\n")
    assert run("seal", "passphrase", "--config", str(server.file), "--new", str(tmp_path / "new"))[0] == 0
    assert store.values() == files
    # The server that runs does not notice; the next one needs the new one.
    assert server.call("PUT", "/v1/key/create/l").status == 200
    assert server.terminate() == 0
    assert "does not open with this passphrase" in refused(server)
    status, _, error = run("seal", "passphrase", "--config", str(server.file), "--new", str(tmp_path / "new"))
    assert status == 1 and "does not open with this passphrase" in error
    store.passphrase.write_text("another passphrase\n")
    server.start()
    assert all(server.call("GET", f"/v1/key/describe/{name}").status == 200 for name in "kl")


# --- from plain to sealed

def test_plain_keys_are_not_taken_for_sealed_ones(store, plain, server_on):
    error = refused(server_on(store, starts=False))
    assert "3 keys in it are not sealed" in error and "coffer-kes seal keys" in error
    assert not (store.directory / ".seal").exists()
    assert not any(is_sealed(text) for text in store.values().values())


def test_plain_keys_are_sealed_in_place_and_no_plain_key_is_taken_afterwards(store, plain, server_on):
    server = server_on(store, starts=False)
    originals = store.values()
    # One that a backup by hard links shares must not be overwritten there.
    os.link(store.directory / "b", store.directory.parent / "backup-of-b")
    # What an open descriptor still sees of one that has no other name is zeros.
    with open(store.directory / "a", "rb") as original:
        status, said, error = run("seal", "keys", "--config", str(server.file))
        assert (status, error) == (0, "")
        assert original.read() == bytes(len(originals["a"]))
    assert said == ("Sealed 3 keys; 0 were sealed already.\n"
                    "The plain files of 1 keys have further names, and are still there under those.\n")
    assert (store.directory.parent / "backup-of-b").read_text() == originals["b"]
    assert all(is_sealed(text) for text in store.values().values())
    assert run("seal", "keys", "--config", str(server.file))[1] == "Sealed 0 keys; 3 were sealed already.\n"
    server.start()
    assert all(opens(server, name, plain[name]) for name in plain)
    # A plain key that somebody puts there is refused, even where plain ones were asked for.
    (store.directory / "forged").write_text(originals["a"])
    assert server.call("GET", "/v1/key/describe/forged").status == 502
    store.configure(more=", accept_plain: true")
    second = server_on(store)
    assert second.call("GET", "/v1/key/describe/forged").status == 502
    second.wait_for_output("'accept_plain' has no effect", log=True)


def test_a_sealed_key_that_does_not_open_is_named(store, plain, server_on):
    server = server_on(store, starts=False)
    assert run("seal", "keys", "--config", str(server.file))[0] == 0
    (store.directory / "broken").write_text('{"envelope":1,"kind":"passphrase"}')
    status, said, error = run("seal", "keys", "--config", str(server.file))
    assert said == "Sealed 0 keys; 3 were sealed already.\n"
    assert status == 1 and "1 sealed keys do not open" in error and "broken" in error


def test_a_sealed_directory_is_not_served_without_its_seal(store, server_on):
    assert server_on(store).call("PUT", "/v1/key/create/k").status == 200
    without = server_on(store, starts=False)
    without.file.write_text(re.sub(r"    seal:.*", "", without.file.read_text(), flags=re.DOTALL))
    assert "it is sealed, and keystore.fs has no 'seal'" in refused(without)


def test_a_server_goes_on_while_its_keys_are_sealed(store, plain, server_on):
    store.configure(more=", accept_plain: true")
    server = server_on(store, sections="cache:\n  expiry:\n    any: 1ms\n    unused: 1ms\n")
    assert all(opens(server, name, plain[name]) for name in plain)
    assert server.call("PUT", "/v1/key/create/new").status == 200
    assert server.call("PUT", "/v1/key/rotate/a").status == 200
    assert {name: is_sealed(text) for name, text in store.values().items()} == {
        "a": True, "b": False, "c": False, "new": True}
    assert run("seal", "keys", "--config", str(server.file))[1] == "Sealed 2 keys; 2 were sealed already.\n"
    assert all(opens(server, name, plain[name]) for name in plain)
    store.configure()
    assert all(opens(server_on(store), name, plain[name]) for name in plain)


def test_a_rotation_that_comes_between_stands(store, plain, server_on, tmp_path):
    store.configure(more=", accept_plain: true")
    server = server_on(store)
    original = store.values()["a"]
    assert server.call("PUT", "/v1/key/rotate/a").status == 200
    data_key = server.call("PUT", "/v1/key/generate/a", {}).json()
    assert server.terminate() == 0
    rotated = (store.directory / "a").rename(tmp_path / "rotated").read_text()
    (store.directory / "a").write_text(original)
    environment = {"LD_PRELOAD": str(compile_library("rotating", tmp_path)), "ROTATING_FILE": str(store.directory / "a"),
                   "ROTATING_BY": str(tmp_path / "rotated")}
    status, said, error = run("seal", "keys", "--config", str(server.file), environment=environment)
    assert (status, error) == (0, ""), said
    assert store.values()["a"] == rotated
    server.start()
    assert all(opens(server, name, plain[name]) for name in plain) and opens(server, "a", data_key)


def test_plain_originals_that_a_killed_run_left_are_told_of_and_overwritten(store, plain, server_on):
    server = server_on(store, starts=False)
    original = store.values()["a"]
    assert run("seal", "keys", "--config", str(server.file))[0] == 0
    (store.directory / ".plain-a").write_text(original)
    with open(store.directory / ".plain-a", "rb") as held:
        server.start().wait_for_output("'coffer-kes seal keys' overwrites them", log=True)
        assert run("seal", "keys", "--config", str(server.file))[1].endswith(
            "Overwrote the plain files of 1 keys that an interrupted run had left.\n")
        assert held.read() == bytes(len(original))
    assert not (store.directory / ".plain-a").exists()
    assert opens(server, "a", plain["a"])


def test_sealing_that_was_killed_goes_on(store, server_on, tmp_path):
    store.directory.mkdir(mode=0o700)
    value = '{"bytes":"' + "A" * 43 + '="}'
    for number in range(400):
        (store.directory / f"key-{number}").write_text(value)
    server = server_on(store, starts=False)
    for _ in range(3):
        process = subprocess.Popen([binary(), "seal", "keys", "--config", str(server.file)], stdout=subprocess.DEVNULL)
        before = sum(map(is_sealed, store.values().values()))
        while sum(map(is_sealed, store.values().values())) < before + 40 and process.poll() is None:
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()
        values = store.values()
        assert len(values) == 400 and all(is_sealed(text) or text == value for text in values.values())
        # Half-way is no state to serve in, unless it is asked for.
        if not all(map(is_sealed, values.values())):
            assert "coffer-kes seal keys" in refused(server)
    status, said, error = run("seal", "keys", "--config", str(server.file))
    assert status == 0, error
    sealed, already = map(int, re.findall(r"\d+", next(line for line in said.splitlines() if line.startswith("Sealed"))))
    assert sealed + already == 400 and already >= 120
    assert not list(store.directory.glob(".plain-*"))
    assert json.loads((store.directory / ".seal").read_text())["keys"] == "sealed"
    server.start()
    assert server.call("GET", "/v1/key/describe/key-77").status == 200


def test_keys_migrate_into_a_sealed_directory_and_back(store, plain, server_on, tmp_path):
    plain_directory = store.directory.rename(tmp_path / "plain-keys")
    originals = {file.name: file.read_text() for file in plain_directory.iterdir()}
    head = "admin: {identity: disabled}\ntls: {key: x, cert: x}\nkeystore:\n"
    for name, section in (("plain", f"  fs: {{path: {plain_directory}}}\n"), ("sealed", store.section),
                          ("back", f"  fs: {{path: {tmp_path / 'back'}}}\n")):
        (tmp_path / f"{name}.yml").write_text(head + section)
    for source, target in (("plain", "sealed"), ("sealed", "back")):
        status, said, error = run(
            "migrate", "--from", str(tmp_path / f"{source}.yml"), "--to", str(tmp_path / f"{target}.yml"))
        assert status == 0 and "Migrated      3 keys" in said, error
    assert all(map(is_sealed, store.values().values()))
    assert {file.name: file.read_text() for file in (tmp_path / "back").iterdir()} == originals
    assert all(opens(server_on(store), name, plain[name]) for name in plain)
