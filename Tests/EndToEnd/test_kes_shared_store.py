"""Two key servers on one key store: what one of them changes the other must not seal against."""

import base64

import pytest

from kes import KESServer


@pytest.fixture
def pair(tmp_path):
    first = KESServer(tmp_path / "first")
    second = KESServer(tmp_path / "second", admin=first.admin.text)
    second.store, second.admin = first.store, first.admin
    second.write_configuration()
    with first, second:
        yield first, second


def generate(server, key):
    answer = server.call("PUT", f"/v1/key/generate/{key}")
    assert answer.status == 200, answer
    return answer.json()


def opens(server, key, data_key):
    answer = server.call("PUT", f"/v1/key/decrypt/{key}", {"ciphertext": data_key["ciphertext"]})
    return answer.status == 200 and answer.json()["plaintext"] == data_key["plaintext"]


@pytest.mark.parametrize("imported", [False, True])
def test_a_key_made_again_after_another_server_deleted_it_is_the_new_one(pair, imported):
    first, second = pair
    assert first.call("PUT", "/v1/key/create/k").status == 200
    old = generate(first, "k")
    assert second.call("DELETE", "/v1/key/delete/k").status == 200
    if imported:
        secret = base64.b64encode(bytes(range(32))).decode()
        assert first.call("PUT", "/v1/key/import/k", {"key": secret, "cipher": "AES256"}).status == 200
    else:
        assert first.call("PUT", "/v1/key/create/k").status == 200
    new = generate(first, "k")
    # The other server has nothing in memory: it opens with what the store holds.
    assert opens(second, "k", new)
    assert not opens(second, "k", old)
