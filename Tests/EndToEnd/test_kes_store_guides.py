"""KES's own guides for Vault and AWS, command by command: a real OpenBao or moto, the key server, `coffer server` in front."""

import json
import os
import subprocess

import pytest

import openbao
from kes import server_certificate
from openbao import OpenBao
from pair import KEY, Pair
from payloads import payload
from store_aws import SecretsManagerStore

BODY = payload(50_000)
POLICY = """
policy:
  my-app:
    allow:
    - /v1/key/create/my-key*
    - /v1/key/generate/my-key*
    - /v1/key/decrypt/my-key*
    identities:
    - {identity}
"""
#: What is the test's own: the addresses, the identity, and the paths of the certificates.
START = """
address: 127.0.0.1:{port}

admin:
  identity: disabled

tls:
  key: {certificate.key}
  cert: {certificate.certificate}
""" + POLICY
VAULT = START + """
keystore:
   vault:
     endpoint: {endpoint}
     version:  {version}
     engine:   kv
     approle:
       id:     "{id}"
       secret: "{secret}"
       retry:  15s
     status:
       ping: 10s
     tls:
       ca: {authority}
"""
TENANT = VAULT.replace("     approle:", "     prefix: tenant\n     approle:")
AWS = START + """
keystore:
     aws:
       secretsmanager:
         endpoint: {endpoint}
         region:   eu-west-1
         kmskey:   ""
         credentials:
           accesskey: "{access_key}"
           secretkey: "{secret_key}"
"""
OVERVIEW = START.replace("identity: disabled", "identity: ${{ROOT_IDENTITY}}") + """
keys:
  - name: "my-key-alpha"
  - name: "my-key-baker"

cache:
  expiry:
    any: 5m0s
    unused: 20s
    offline: 0s

log:
  error: on
  audit: off

keystore:
  aws:
    secretsmanager:
      endpoint: {endpoint}
      region: eu-west-1
      kmskey: ""
      credentials:
        accesskey: "${{AWS_ACCESS_KEY}}"
        secretkey: "${{AWS_SECRET_KEY}}"
        token: ""
"""
#: The guide's policies, by version, for all of the engine and for a tenant's folder in it.
POLICIES = {
    ("v1", VAULT): 'path "kv/*" { capabilities = [ "create", "read", "delete", "list" ] }',
    ("v2", VAULT): """
path "kv/data/*" {
   capabilities = [ "create", "read" ]
}
path "kv/metadata/*" {
   capabilities = [ "list", "delete" ]
}
""",
    ("v1", TENANT): 'path "kv/tenant/*" { capabilities = [ "create", "read", "delete" ] }',
    ("v2", TENANT): """
path "kv/data/tenant/*" {
  capabilities = [ "create", "read" ]
}
path "kv/metadata/tenant/*" {
  capabilities = [ "list", "delete" ]
}
"""}


@pytest.fixture
def pair(tmp_path):
    made = Pair(tmp_path / "pair")
    yield made
    made.remove()


def configure(pair, text, **values):
    pair.kes.arguments += ["--auth", "off"]
    pair.kes.write_configuration(
        text.format(port=pair.kes.port, certificate=pair.kes.certificate, identity=pair.app_text, **values))


def follow(pair):
    """The guide's last steps, and objects under its key."""
    pair.start()
    pair.as_app("key", "create", "my-key-1")
    assert "ciphertext" in pair.as_app("key", "dek", "my-key-1").stdout
    refused = pair.as_app("key", "create", "other", check=False)
    assert refused.returncode == 1 and "insufficient permissions" in refused.stderr
    s3 = pair.server.s3()
    s3.create_bucket(Bucket="guide")
    for name, options in (("default", {}), ("named", {"SSEKMSKeyId": "my-key-1", "ServerSideEncryption": "aws:kms"})):
        s3.put_object(Bucket="guide", Key=name, Body=BODY, **options)
    pair.stop()
    pair.start()
    for name in ("default", "named"):
        assert pair.server.s3().get_object(Bucket="guide", Key=name)["Body"].read() == BODY
    pair.stop()


@pytest.mark.parametrize("guide", [VAULT, TENANT], ids=["one", "tenant"])
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_guide_for_vault(pair, tmp_path, version, guide):
    vault = OpenBao(tmp_path / "openbao")

    def bao(*arguments, given=None):
        """A command of OpenBao's own command line; what it says is read as JSON where the guide copies from it."""
        done = subprocess.run(
            [openbao.binary(), *arguments], input=given, capture_output=True, text=True, timeout=60, env={
                "BAO_ADDR": vault.url, "BAO_TOKEN": vault.root, "BAO_CACERT": str(vault.certificate.certificate),
                "BAO_FORMAT": "json", "HOME": str(tmp_path), "PATH": os.environ.get("PATH", "")})
        assert done.returncode == 0, done
        return json.loads(done.stdout)["data"] if done.stdout.startswith("{") else None

    try:
        bao("secrets", "enable", f"-version={version.removeprefix('v')}", "kv")
        (tmp_path / "kes-policy.hcl").write_text(POLICIES[version, guide])
        bao("policy", "write", "kes-policy", str(tmp_path / "kes-policy.hcl"))
        bao("auth", "enable", "approle")
        bao("write", "auth/approle/role/kes-server", "token_num_uses=0", "secret_id_num_uses=0", "period=5m")
        bao("write", "auth/approle/role/kes-server", "policies=kes-policy")
        role_id = bao("read", "auth/approle/role/kes-server/role-id")["role_id"]
        secret_id = bao("write", "-f", "auth/approle/role/kes-server/secret-id")["secret_id"]
        configure(pair, guide, endpoint=vault.url, version=version, id=role_id, secret=secret_id,
                  authority=vault.certificate.certificate)
        follow(pair)
        folder = ("kv/metadata" if version == "v2" else "kv") + ("/tenant" if guide is TENANT else "")
        held = vault.do("GET", f"{folder}?list=true")["data"]["keys"]
        assert held == [KEY, "my-key-1"]
    finally:
        vault.close()


@pytest.mark.parametrize("guide", [AWS, OVERVIEW], ids=["guide", "overview"])
def test_the_guide_for_aws(pair, tmp_path, guide):
    certificate = server_certificate(tmp_path, "aws")
    store = SecretsManagerStore(tmp_path, certificate)
    static = store.stand_in.static
    pair.kes.environment |= store.environment | {
        "SSL_CERT_FILE": str(certificate.certificate), "ROOT_IDENTITY": pair.kes.admin_text,
        "AWS_ACCESS_KEY": static.access_key, "AWS_SECRET_KEY": static.secret_key}
    try:
        configure(pair, guide, endpoint=f"127.0.0.1:{store.stand_in.port}", access_key=static.access_key,
                  secret_key=static.secret_key)
        follow(pair)
        made = {"my-key-alpha", "my-key-baker"} if guide is OVERVIEW else set()
        assert set(store.values()) == {KEY, "my-key-1"} | made
    finally:
        store.close()
