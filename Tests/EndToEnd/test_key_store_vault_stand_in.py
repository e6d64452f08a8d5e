"""The stand-in for Vault (Tests/Harness/store_vault.py) against a real OpenBao."""

import pytest

from openbao import OpenBao, ask
from store_vault import READ_ONLY, VaultStandIn


@pytest.fixture
def openbao(tmp_path):
    made = OpenBao(tmp_path)
    yield made
    made.close()


def test_the_stand_in_answers_as_the_real_one_does(openbao):
    """Status and words of both to one sequence of calls."""
    real, stand_in = openbao, VaultStandIn()
    real.mount("kv1", "kv", {"version": "1"})
    real.mount("kv2", "kv", {"version": "2"})
    everything = '{ capabilities = ["create", "read", "update", "list", "delete"] }'
    real.allow("kes", "".join(f'path "{path}" {everything}\n' for path in ("kv1/*", "kv2/*", "transit/*", "missing/*")))
    real.mount("transit", "transit")
    real.app_role()
    real.allow("transit", 'path "transit/*" { capabilities = ["update"] }')
    token = {real: real.do("POST", "auth/token/create", {"policies": ["kes"], "ttl": "1h"})["auth"]["client_token"],
             stand_in: stand_in.make_token(3600)}

    def both(method, path, body=None, token=token, namespace=None):
        answers = []
        for one in (real, stand_in):
            answer = ask(one.url, method, path, body, token=token and token[one], namespace=namespace,
                         authority=one.certificate)
            document = answer.json() if answer.body else {}
            words = (document.get("errors"), document.get("warnings") and len(document["warnings"]))
            data = document.get("data") or {}
            version = data.get("metadata", {}).get("version", data.get("version"))
            answers.append((answer.status, words, sorted(data), data.get("keys"), version))
        assert answers[0] == answers[1], (method, path, answers)

    try:
        _calls_of_a_store(both, real, stand_in)
    finally:
        stand_in.stop()


def _calls_of_a_store(both, real, stand_in):
    write = {"data": {"k": "1"}, "options": {"cas": 0}}
    unknown = {real: "s.unknown", stand_in: "s.unknown"}
    both("GET", "kv1/a/k")
    both("GET", "kv2/data/a/k")
    both("GET", "kv1/a?list=true")
    both("GET", "kv2/metadata/a?list=true")
    both("DELETE", "kv1/a/k")
    both("DELETE", "kv2/metadata/a/k")
    for _ in range(2):
        both("PUT", "kv1/a/k", {"k": "1"})
        both("PUT", "kv2/data/a/k", write)
    both("GET", "kv1/a/k")
    for query in ("", "?version=1", "?version=7"):
        both("GET", f"kv2/data/a/k{query}")
    both("GET", "kv1/a?list=true")
    both("GET", "kv2/metadata/a?list=true")
    both("PUT", "kv2/data/a/k", {"data": {"k": "2"}, "options": {"cas": 1}})
    both("DELETE", "kv2/data/a/k")
    for query in ("", "?version=1", "?version=2"):
        both("GET", f"kv2/data/a/k{query}")
    both("PUT", "kv2/data/a/k", write)
    both("DELETE", "kv2/metadata/a/k")
    both("GET", "kv2/data/a/k")
    # Engines that are not there, or of another version.
    both("GET", "missing/a/k")
    both("PUT", "missing/a/k", {"k": "1"})
    both("GET", "kv2/a/k")
    both("PUT", "kv2/a/k", {"k": "1"})
    both("GET", "sys/internal/ui/mounts/missing")
    # Tokens.
    both("GET", "kv1/a/k", token=None)
    both("GET", "kv1/a/k", token=unknown)
    both("GET", "auth/token/lookup-self", token=unknown)
    both("PUT", "auth/token/renew-self", {"increment": 0}, token=unknown)
    both("PUT", "sys/wrapping/unwrap", token=unknown)
    both("PUT", "auth/approle/login", {"role_id": "x", "secret_id": "y"}, token=None)
    both("PUT", "auth/unknown/login", {"secret_id": "y"}, token=None)
    # Transit; of a key that is not there too.
    real.do("POST", "transit/keys/kes")
    may_use = real.do("POST", "auth/token/create", {"policies": ["transit"], "ttl": "1h"})["auth"]["client_token"]
    both("POST", "transit/encrypt/other", {"plaintext": "aGk="}, token={real: may_use, stand_in: stand_in.make_token(3600)})
    both("POST", "transit/decrypt/kes", {"ciphertext": "vault:v1:" + "A" * 60})
    both("POST", "transit/decrypt/kes", {"ciphertext": "vault:v9:" + "A" * 60})
    both("POST", "transit/decrypt/kes", {"ciphertext": "plain"})
    both("POST", "transit/decrypt/other", {"ciphertext": "vault:v1:" + "A" * 60})
    # Rights.
    reading = '{ capabilities = ["read", "list"] }'
    real.allow("kes", "".join(f'path "{path}" {reading}\n' for path in ("kv1/*", "kv2/*")))
    stand_in.capabilities, stand_in.transit_capabilities = READ_ONLY, frozenset()
    both("PUT", "kv1/a/k", {"k": "1"})
    both("PUT", "kv2/data/a/k", write)
    both("DELETE", "kv1/a/k")
    both("DELETE", "kv2/metadata/a/k")
    both("POST", "transit/encrypt/kes", {"plaintext": "aGk="})
    # Namespaces.
    stand_in.namespaces = {"team"}
    real.do("POST", "sys/namespaces/team")
    both("GET", "kv1/a/k", namespace="nowhere")
    both("PUT", "auth/approle/login", {"role_id": "x", "secret_id": "y"}, token=None, namespace="nowhere")
    both("GET", "sys/health", token=None, namespace="team")
    # Sealed.
    real.seal()
    stand_in.sealed = True
    both("GET", "kv1/a/k")
    both("GET", "sys/health", token=None)
    both("GET", "sys/health?sealedcode=299", token=None)
    both("PUT", "auth/approle/login", {"role_id": "x", "secret_id": "y"}, token=None)
