"""Sessions for who is no user here: by a token of OpenBao's identity provider, and by a client certificate."""

import base64
import hmac
import json
import signal
import ssl
import subprocess
import urllib.parse

import boto3
import pytest
import urllib3
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError
from minio.credentials import CertificateIdentityProvider, StaticProvider
from minio.minioadmin import MinioAdmin

from openbao import OpenBao

STATEMENT = {"Effect": "Allow", "Action": ["s3:*"], "Resource": ["arn:aws:s3:::*/${jwt:sub}/*"]}


def admin(server):
    pool = urllib3.PoolManager(ca_certs=server.authority, retries=urllib3.Retry(total=0), timeout=60)
    return MinioAdmin(endpoint=server.host, credentials=StaticProvider(server.access_key, server.secret_key),
                      secure=server.tls, http_client=pool)


def s3(server, made):
    return boto3.session.Session().client(
        "s3", endpoint_url=server.endpoint, aws_access_key_id=made["AccessKeyId"],
        aws_secret_access_key=made["SecretAccessKey"], aws_session_token=made["SessionToken"],
        region_name=server.region, verify=server.authority, config=Config(s3={"addressing_style": "path"}))


def code(call, **options):
    try:
        call(**options)
        return None
    except ClientError as error:
        return error.response["Error"]["Code"]


@pytest.fixture
def provider(tmp_path):
    bao = OpenBao(tmp_path / "openbao")
    try:
        bao.do("POST", "identity/oidc/config", {"issuer": bao.url})
        for name, algorithm in (("rsa", "RS256"), ("ec", "ES256")):
            bao.do("POST", f"identity/oidc/key/{name}", {"algorithm": algorithm, "allowed_client_ids": "*"})
            bao.do("POST", f"identity/oidc/role/{name}", {
                "key": name, "client_id": "coffer", "ttl": "1h", "template": '{"policy": "own,readonly"}'})
        bao.do("POST", "identity/oidc/role/other", {"key": "rsa", "client_id": "another", "template": '{"policy": "own"}'})
        bao.do("POST", "identity/oidc/role/none", {"key": "rsa", "client_id": "coffer"})
        bao.do("POST", "identity/oidc/role/wide", {
            "key": "rsa", "client_id": "coffer", "template": '{"policy": "no-such-policy"}'})
        bao.do("POST", "sys/auth/userpass", {"type": "userpass"})
        bao.do("POST", "auth/userpass/users/ann", {"password": "ann-password", "token_policies": "tokens"})
        bao.allow("tokens", 'path "identity/oidc/token/*" { capabilities = ["read"] }')
        yield bao
    finally:
        bao.close()


def token(bao, role):
    login = bao.do("POST", "auth/userpass/login/ann", {"password": "ann-password"})["auth"]["client_token"]
    return bao.do("GET", f"identity/oidc/token/{role}", token=login)["data"]["token"]


def test_sessions_for_tokens_of_a_provider(fresh_server, provider):
    server = fresh_server(environment={
        "MINIO_IDENTITY_OPENID_CONFIG_URL": f"{provider.url}/v1/identity/oidc/.well-known/openid-configuration",
        "MINIO_IDENTITY_OPENID_CLIENT_ID": "coffer"})
    authorities = server.home / ".minio" / "certs" / "CAs"
    authorities.mkdir(parents=True)
    (authorities / "openbao.crt").write_bytes(provider.certificate.certificate.read_bytes())
    with server:
        bucket = server.bucket()
        admin(server).policy_add("own", policy={"Version": "2012-10-17", "Statement": [STATEMENT]})
        sts = boto3.session.Session().client(
            "sts", endpoint_url=server.endpoint, region_name=server.region, config=Config(signature_version=UNSIGNED))
        role = {"RoleArn": "arn:aws:iam::000000000000:role/any", "RoleSessionName": "session"}

        def session(text, **more):
            return sts.assume_role_with_web_identity(**role, WebIdentityToken=text, **more)

        for name in ("rsa", "ec"):
            answer = session(token(provider, name))
            client, subject = s3(server, answer["Credentials"]), answer["SubjectFromWebIdentityToken"]
            client.put_object(Bucket=bucket, Key=f"{subject}/k", Body=b"content")
            assert client.get_object(Bucket=bucket, Key=f"{subject}/k")["Body"].read() == b"content"
            assert code(client.put_object, Bucket=bucket, Key="other/k", Body=b"") == "AccessDenied"
        # A new key of the provider's.
        provider.do("POST", "identity/oidc/key/ec/rotate")
        for refused, expected in ((token(provider, "other"), "InvalidIdentityToken"),
                                  (token(provider, "none"), "InvalidParameterValue"),
                                  (token(provider, "wide"), "InvalidParameterValue"), ("x" * 30, "InvalidIdentityToken")):
            assert code(sts.assume_role_with_web_identity, **role, WebIdentityToken=refused) == expected
        head, claims, signature = token(provider, "rsa").split(".")
        # Signed with what everybody knows, as if that were a secret that the provider and the server share.
        shared = {name: base64.urlsafe_b64encode(hmac.digest(key, f"eyJhbGciOiJIUzI1NiJ9.{claims}".encode(), "sha256")).rstrip(b"=").decode()
                  for name, key in (("client", b"coffer"), ("certificate", provider.certificate.certificate.read_bytes()))}
        for forged in (f"{head}.{claims}.{signature[:-8]}AAAAAAAA", f"eyJhbGciOiJub25lIn0.{claims}.", f"{head}.{claims}.",
                       *(f"eyJhbGciOiJIUzI1NiJ9.{claims}.{code}" for code in shared.values())):
            assert code(sts.assume_role_with_web_identity, **role, WebIdentityToken=forged) in (
                "InvalidIdentityToken", "ParamValidationError")
        narrow = session(token(provider, "rsa"), Policy=json.dumps({"Version": "2012-10-17", "Statement": []}))
        assert code(s3(server, narrow["Credentials"]).get_object, Bucket=bucket, Key="k") == "AccessDenied"


def client_certificate(directory, name):
    """A certificate with that common name, issued by an authority of its own: certificate, key and authority."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)

    directory.mkdir(parents=True, exist_ok=True)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key",
            "-out", "ca.crt", "-days", "30", "-subj", "/CN=authority", "-addext", "basicConstraints=critical,CA:TRUE")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "client.key",
            "-out", "client.csr", "-subj", f"/CN={name}")
    (directory / "extensions").write_text("extendedKeyUsage=clientAuth\nbasicConstraints=CA:FALSE\n")
    openssl("x509", "-req", "-in", "client.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "10",
            "-extfile", "extensions", "-out", "client.crt")
    return directory / "client.crt", directory / "client.key", directory / "ca.crt"


def test_sessions_for_client_certificates(fresh_server, certificates, tmp_path):
    trusted, stranger = client_certificate(tmp_path / "a", "readwrite"), client_certificate(tmp_path / "b", "consoleAdmin")
    nobody, later = client_certificate(tmp_path / "c", "no-such-policy"), client_certificate(tmp_path / "d", "readonly")
    server = fresh_server(certificates=certificates, environment={"MINIO_IDENTITY_TLS_ENABLE": "on"})
    authorities = certificates.directory / "CAs"
    authorities.mkdir(exist_ok=True)
    added = []
    try:
        for number, (_, _, authority) in enumerate((trusted, nobody)):
            added.append(authorities / f"clients-{number}.crt")
            added[-1].write_bytes(authority.read_bytes())
        with server:
            bucket = server.bucket()

            def retrieve(certificate, key):
                pool = urllib3.PoolManager(cert_file=str(certificate), key_file=str(key), ca_certs=server.authority,
                                           retries=urllib3.Retry(total=0))
                return CertificateIdentityProvider(sts_endpoint=server.endpoint, http_client=pool).retrieve()

            made = retrieve(*trusted[:2])
            client = s3(server, {"AccessKeyId": made.access_key, "SecretAccessKey": made.secret_key,
                                 "SessionToken": made.session_token})
            client.put_object(Bucket=bucket, Key="k", Body=b"content")
            assert client.get_object(Bucket=bucket, Key="k")["Body"].read() == b"content"
            # An authority that comes later, without a restart.
            with pytest.raises(ValueError):
                retrieve(*later[:2])
            added.append(authorities / "clients-later.crt")
            added[-1].write_bytes(later[2].read_bytes())
            server.process.send_signal(signal.SIGHUP)
            server.wait_for_log("the authorities of clients' certificates read again")
            assert retrieve(*later[:2]).access_key
            for refused in (stranger, nobody):
                with pytest.raises(ValueError, match="failed with HTTP status code 40"):
                    retrieve(*refused[:2])
            # Without a certificate, and for all else as ever.
            context = ssl.create_default_context(cafile=server.authority)
            query = urllib.parse.urlencode({"Action": "AssumeRoleWithCertificate", "Version": "2011-06-15"})
            answer = urllib3.PoolManager(ssl_context=context).request("POST", f"{server.endpoint}/?{query}")
            assert answer.status == 400 and b"InvalidClientCertificate" in answer.data
            assert server.call("GET", f"/{bucket}/k").body == b"content"
    finally:
        for path in added:
            path.unlink()
