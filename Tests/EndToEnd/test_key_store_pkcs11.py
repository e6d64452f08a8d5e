"""Keys under a key of a PKCS#11 token: logins, what the token may and may not do, and how it can fail."""

import base64
import json
import threading
import time

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap

from key_servers import NO_CACHE, SHORT_TIMEOUTS, server_on
from store_pkcs11 import PIN, PKCS11Store

DEVICE_REMOVED, PIN_LOCKED, GENERAL_ERROR = "0x32", "0xa4", "0x5"
FINAL_TRY, LOCKED = "0x20000", "0x40000"


@pytest.fixture
def made_store(tmp_path):
    return lambda **options: PKCS11Store(tmp_path / "store", **options)


@pytest.fixture
def store(made_store):
    return made_store()


def refused(server):
    status, _, error = server.run_to_end()
    assert status == 1, error
    assert PIN not in error
    return error


def wrapped(store, name):
    envelope = json.loads(store.values()[name])
    assert envelope["kind"] == "pkcs11"
    return envelope["wrapping_key"], base64.b64decode(envelope["wrapped"])


# --- the form

def test_the_token_wraps_with_gcm_bound_to_the_name(store, server_on):
    server = server_on(store)
    assert server.call("PUT", "/v1/key/create/a-key").status == 200
    label, form = wrapped(store, "a-key")
    assert (label, form[0], len(form)) == ("wrapping", 1, 1 + 12 + 32 + 16)
    assert len(AESGCM(store.wrapping_key).decrypt(form[1:13], form[13:], b"a-key")) == 32
    assert PIN not in server.log_text() + server.output_text()


def test_a_key_that_may_only_wrap_does_so_by_aes_key_wrap(made_store, server_on):
    store = made_store(encrypts=False, wraps=True)
    server = server_on(store, sections=NO_CACHE)
    assert server.call("PUT", "/v1/key/create/k").status == 200
    _, form = wrapped(store, "k")
    assert form[0] in (2, 3)
    if form[0] == 3:
        assert len(aes_key_unwrap(store.wrapping_key, form[1:])) == 32
    assert server_on(store).call("GET", "/v1/key/describe/k").status == 200


def test_a_token_without_gcm_wraps_by_aes_key_wrap_and_still_opens_the_old(made_store, server_on):
    store = made_store(wraps=True)
    server = server_on(store)
    assert server.call("PUT", "/v1/key/create/old").status == 200
    store.token.fail("C_GetMechanismInfo", "0x70", 1000)
    second = server_on(store)
    assert second.call("PUT", "/v1/key/create/new").status == 200
    assert wrapped(store, "old")[1][0] == 1 and wrapped(store, "new")[1][0] in (2, 3)
    for one in (server, second):
        for name in ("old", "new"):
            assert one.call("GET", f"/v1/key/describe/{name}").status == 200


def test_another_wrapping_key_takes_over_and_the_old_keys_open(store, server_on):
    server = server_on(store)
    assert server.call("PUT", "/v1/key/create/old").status == 200
    store.token.put_key("next", bytes(32))
    store.configure(key="next")
    second = server_on(store)
    assert second.call("PUT", "/v1/key/create/new").status == 200
    assert wrapped(store, "new")[0] == "next"
    assert second.call("GET", "/v1/key/describe/old").status == 200


def test_a_wrapped_key_that_was_changed_is_that_keys_fault_alone(store, server_on):
    server = server_on(store, sections=NO_CACHE)
    for name in ("good", "bad"):
        assert server.call("PUT", f"/v1/key/create/{name}").status == 200
    file = store.directory / "bad"
    envelope = json.loads(file.read_text())
    form = bytearray(base64.b64decode(envelope["wrapped"]))
    form[20] ^= 1
    envelope["wrapped"] = base64.b64encode(form).decode()
    file.write_text(json.dumps(envelope, separators=(",", ":")))
    assert server.call("GET", "/v1/key/describe/bad").status == 502
    server.wait_for_output("cannot unwrap it with the key 'wrapping'", log=True)
    assert server.call("GET", "/v1/key/describe/good").status == 200
    assert server.call("GET", "/v1/ready").status == 200


# --- logins

def test_one_login_serves_all_sessions(store, server_on):
    server = server_on(store, sections=NO_CACHE)
    names = [f"k-{number}" for number in range(24)]
    answers = []
    threads = [threading.Thread(target=lambda name=name: answers.append(server.call("PUT", f"/v1/key/create/{name}").status))
               for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * len(names)
    assert store.token.asked("C_Login") == 1
    assert 1 <= store.token.asked("C_OpenSession") <= 8


def test_a_wrong_pin_is_tried_once(store, server_on):
    store.token.pin.write_text("135792\n")
    error = refused(server_on(store, starts=False))
    assert "the token 'coffer' refuses the PIN" in error and "CKR_PIN_INCORRECT" in error and "135792" not in error
    assert store.token.asked("C_Login") == 1


def test_a_pin_that_is_wrong_by_now_is_tried_once_and_a_new_one_is_taken(store, server_on):
    server = server_on(store, sections=NO_CACHE)
    assert server.call("PUT", "/v1/key/create/k").status == 200
    store.token.pin.write_text("135792\n")
    store.token.fail("C_Decrypt", "reset")
    time.sleep(0.01)
    for _ in range(5):
        assert server.call("GET", "/v1/key/describe/k").status == 502
    assert store.token.asked("C_Login") == 2
    server.wait_for_output("it is not tried again until the PIN changes", log=True)
    store.token.pin.write_text(PIN)
    assert server.call("GET", "/v1/key/describe/k").status == 200
    assert store.token.asked("C_Login") == 3


@pytest.mark.parametrize("flags, text", [
    (FINAL_TRY, "one more wrong PIN would lock it, so none is tried"), (LOCKED, "its user PIN is locked")])
def test_the_last_try_is_not_used(store, server_on, flags, text):
    store.token.fail("C_GetTokenInfo", flags, 1000)
    assert text in refused(server_on(store, starts=False))
    assert store.token.asked("C_Login") == 0


def test_a_locked_pin_is_said(store, server_on):
    store.token.fail("C_Login", PIN_LOCKED)
    assert "its user PIN is locked; its security officer has to set a new one" in refused(server_on(store, starts=False))


# --- what the configuration can have wrong

@pytest.mark.parametrize("settings, text", [
    ({"token": "token: other"}, "does not show the token 'other', but 'coffer' in slot"),
    ({"token": "slot: 4711"}, "does not show the token in slot 4711"),
    ({"key": "missing"}, "the token has no key with the label 'missing'"),
    ({"key": "useless"}, "the key 'useless' can wrap nothing: it has to allow encrypt and decrypt"),
    ({"key": "twice"}, "the token has more than one AES key with the label 'twice'"),
    ({"module": "/nowhere/libhsm.so"}, "the PKCS#11 module /nowhere/libhsm.so cannot be loaded"),
    ({"module": "libm.so.6"}, "it is no PKCS#11 module"),
    ({"pin": "{file: /nowhere/pin}"}, "cannot open /nowhere/pin"),
], ids=lambda value: next(iter(value)) if isinstance(value, dict) else "")
def test_what_is_wrong_is_said_at_the_start(store, server_on, settings, text):
    store.token.put_key("useless", bytes(32), encrypts=False)
    store.token.put_key("twice", bytes(32))
    store.token.put_key("twice", bytes(range(32)))
    store.configure(**settings)
    assert text in refused(server_on(store, starts=False))


def test_the_slot_names_a_token_too(store, server_on):
    store.configure(token="token: other")
    slot = refused(server_on(store, starts=False)).split("'coffer' in slot ")[1].split()[0]
    store.configure(token=f"slot: {slot}")
    assert server_on(store).call("PUT", "/v1/key/create/k").status == 200


# --- faults

@pytest.mark.parametrize("fault", ["reset", DEVICE_REMOVED, "0xb3", "0x101"])
@pytest.mark.parametrize("function, call", [("C_Encrypt", "create"), ("C_Decrypt", "describe")])
def test_a_token_that_was_reset_is_logged_in_to_again(store, server_on, fault, function, call):
    server = server_on(store, sections=NO_CACHE)
    assert server.call("PUT", "/v1/key/create/k").status == 200
    time.sleep(0.01)
    store.token.fail(function, fault)
    method, path = {"create": ("PUT", "/v1/key/create/l"), "describe": ("GET", "/v1/key/describe/k")}[call]
    assert server.call(method, path).status == 200, server.log_text()
    # Every session was given up: the old ones do not come back.
    assert store.token.asked("C_Login") == 2
    assert server.call("GET", "/v1/key/describe/k").status == 200


def test_a_token_that_is_gone_is_out_and_comes_back(store, server_on):
    server = server_on(store, sections=NO_CACHE)
    assert server.call("PUT", "/v1/key/create/k").status == 200
    time.sleep(0.01)
    store.token.fail("C_Decrypt", DEVICE_REMOVED, 10_000)
    answer = server.call("GET", "/v1/key/describe/k")
    assert (answer.status, answer.json()["message"]) == (502, "failed to read key")
    server.wait_for_output("the token 'coffer': C_Decrypt: CKR_DEVICE_REMOVED", log=True)
    store.token.heal()
    assert server.call("GET", "/v1/key/describe/k").status == 200


def test_a_server_without_its_token_waits_for_it(store, server_on):
    store.token.fail("C_GetSlotList", "0xe0", 10_000)
    server = server_on(store, starts=False)
    server.launch().wait_for_output("=> Server is up and running...")
    assert server.call("GET", "/v1/ready").status == 504
    store.token.heal()
    deadline = time.monotonic() + 30
    while server.call("GET", "/v1/ready").status != 200:
        assert time.monotonic() < deadline, server.log_text()
        time.sleep(0.1)
    assert server.call("PUT", "/v1/key/create/k").status == 200


def test_a_module_that_hangs_keeps_nobody_waiting(store, server_on):
    server = server_on(store, sections=NO_CACHE + SHORT_TIMEOUTS)
    for name in ("hanging", "other"):
        assert server.call("PUT", f"/v1/key/create/{name}").status == 200
    time.sleep(0.01)
    store.token.fail("C_Decrypt", "hang")
    begin = time.monotonic()
    assert server.call("GET", "/v1/key/describe/hanging").status in (502, 504)
    assert time.monotonic() - begin < 9
    # One call of the module hangs on, and holds up no other.
    assert server.call("GET", "/v1/key/describe/other").status == 200
    assert server.call("PUT", "/v1/key/create/third").status == 200


def test_a_reload_works_on_the_module_that_is_loaded(store, server_on):
    server = server_on(store)
    assert server.call("PUT", "/v1/key/create/k").status == 200
    store.configure(key="missing")
    server.write_configuration()
    server.reload(succeeds=False)
    server.wait_for_output("the token has no key with the label 'missing'", log=True)
    assert server.call("GET", "/v1/key/describe/k").status == 200
    store.configure()
    server.write_configuration()
    server.reload()
    assert server.call("GET", "/v1/key/describe/k").status == 200
    assert store.token.asked("C_Initialize") == 1


def test_a_module_that_hangs_for_good_takes_few_threads_and_is_said(store, server_on):
    server = server_on(store, sections=NO_CACHE + SHORT_TIMEOUTS)
    assert server.call("PUT", "/v1/key/create/k").status == 200
    time.sleep(0.01)
    before = len(store.token.calls_file.read_text().split())
    store.token.fail("any", "hang", 10_000)
    seconds = []
    for _ in range(12):
        begin = time.monotonic()
        assert server.call("GET", "/v1/key/describe/k").status in (502, 504)
        seconds.append(time.monotonic() - begin)
    # The patience with the first few; what comes after that is told at once.
    assert seconds[-1] < 1, seconds
    assert len(store.token.calls_file.read_text().split()) - before <= 4
    server.wait_for_output("the PKCS#11 module hangs: ", log=True)
    # A store that is opened anew finds it so as well.
    server.reload(succeeds=False)
    assert len(store.token.calls_file.read_text().split()) - before <= 4
    store.token.heal()
    deadline = time.monotonic() + 30
    while server.call("GET", "/v1/key/describe/k").status != 200:
        assert time.monotonic() < deadline, server.log_text()
        time.sleep(0.1)


@pytest.mark.parametrize("sessions", [1, 2])
def test_a_token_with_few_sessions_has_its_calls_wait_for_each_other(store, server_on, sessions):
    store.environment["PKCS11_SESSIONS"] = str(sessions)
    server = server_on(store, sections=NO_CACHE)
    answers = []
    threads = [threading.Thread(
        target=lambda number=number: answers.append(server.call("PUT", f"/v1/key/create/k-{number}").status))
        for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 24, server.log_text()
    # A store that is opened anew goes on with the sessions of the one before.
    server.reload()
    assert server.call("GET", "/v1/key/describe/k-3").status == 200


def test_a_session_is_closed_when_nobody_knows_what_a_failure_left_in_it(store, server_on):
    server = server_on(store, sections=NO_CACHE)
    assert server.call("PUT", "/v1/key/create/k").status == 200
    time.sleep(0.01)
    closed = store.token.asked("C_CloseSession")
    store.token.fail("C_Encrypt", GENERAL_ERROR)
    assert server.call("PUT", "/v1/key/create/l").status == 502
    server.wait_for_output("C_Encrypt: CKR_GENERAL_ERROR", log=True)
    assert store.token.asked("C_CloseSession") == closed + 1
    assert server.call("PUT", "/v1/key/create/l").status == 200


def test_a_refused_pin_is_remembered_by_a_store_that_is_opened_anew(store, server_on):
    server = server_on(store, sections=NO_CACHE)
    assert server.call("PUT", "/v1/key/create/k").status == 200
    store.token.pin.write_text("135792\n")
    store.token.fail("C_Decrypt", "reset")
    time.sleep(0.01)
    assert server.call("GET", "/v1/key/describe/k").status == 502
    assert store.token.asked("C_Login") == 2
    for _ in range(3):
        server.reload(succeeds=False)
    server.wait_for_output("it is not tried again until the PIN changes", log=True)
    assert store.token.asked("C_Login") == 2
    store.token.pin.write_text(PIN)
    server.reload()
    assert server.call("GET", "/v1/key/describe/k").status == 200
    assert store.token.asked("C_Login") == 3
