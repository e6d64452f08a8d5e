"""AWS for the tests: Secrets Manager and KMS are moto's, behind a front that checks every signature as AWS does.

The front is also the Security Token Service, a container's agent (`/container`) and a machine's metadata service, and
hands out credentials that it knows and lets end.
"""

import datetime
import hmac
import json
import time

from stand_in import Reply, StandIn

REGION = "eu-west-1"
#: How far a signature's time may be from AWS's, in seconds.
ALLOWED_SKEW = 300


class Credential:
    """What signs requests; `end` in seconds since 1970, None: never."""

    def __init__(self, access_key, secret_key, token=None, end=None):
        self.access_key, self.secret_key, self.token, self.end = access_key, secret_key, token, end


class AWSStandIn(StandIn):
    def __init__(self, certificate=None):
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
        from werkzeug.test import Client

        self.moto = Client(DomainDispatcherApplication(create_backend_app))
        self.moto.post("/moto-api/reset")
        self.static = Credential("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
        self.credentials = {self.static.access_key: self.static}
        #: Seconds that handed-out credentials live.
        self.lifetime = 3600
        #: Operations that the signing identity has no right to.
        self.denied = set()
        #: Whether a create that is sent again is refused like anybody else's, which AWS does once it has forgotten it.
        self.forgets_creates = False
        #: How often after a deletion the name is still taken.
        self.slow_deletions = 0
        #: Tokens that Kubernetes, and the container's agent, take.
        self.web_identity_token, self.container_token = "web-identity-token", "container-token"
        self.sessions = set()
        self.issued = 0
        super().__init__(certificate)

    def issue(self, kind):
        """New credentials that end."""
        self.issued += 1
        made = Credential(f"ASIA{kind}{self.issued}", f"secret-of-{kind}-{self.issued}", f"token-of-{kind}-{self.issued}",
                          self.now() + self.lifetime)
        self.credentials[made.access_key] = made
        return made

    def end_all(self):
        """Everything that was handed out is refused from now on."""
        for credential in self.credentials.values():
            if credential.token:
                credential.end = 0

    def now(self):
        return time.time() + self.clock_offset

    def call_moto(self, service, target, body):
        """An operation for the tests themselves."""
        scope = f"AKID/20260101/{REGION}/{service}/aws4_request"
        answer = self.moto.post("/", data=json.dumps(body), headers={
            "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target,
            "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"})
        return answer.status_code, json.loads(answer.data or b"null")

    # --- answers

    def answer(self, request):
        if request.headers.get("X-Amz-Target"):
            return self._service(request)
        if request.method == "POST":
            return self._security_tokens(request)
        if request.path.startswith("/latest/"):
            return self._metadata(request)
        if request.path == "/container":
            if request.headers.get("Authorization") != self.container_token:
                return Reply(401, {"message": "unauthorized"})
            return Reply(200, self._document(self.issue("CONTAINER")))
        return Reply(404, b"<UnknownOperationException/>", {"Content-Type": "application/xml"})

    def _service(self, request):
        refusal = self._refusal(request)
        if refusal:
            return refusal
        operation = request.headers["X-Amz-Target"].split(".")[1]
        if operation in self.denied:
            return failure("AccessDeniedException",
                           f"User: arn:aws:iam::123456789012:user/kes is not authorized to perform: {operation}")
        if operation == "CreateSecret":
            state = self.call_moto("secretsmanager", "secretsmanager.DescribeSecret",
                                   {"SecretId": request.json()["Name"]})
            if state[0] == 200 and state[1].get("DeletedDate"):
                return failure("InvalidRequestException", "You can't create this secret because a secret with this "
                               "name is already scheduled for deletion.")
            if state[0] == 200 and self.forgets_creates:
                return failure("ResourceExistsException", "The operation failed because the secret already exists.")
        if operation == "GetSecretValue" and self.slow_deletions > 0:
            self.slow_deletions -= 1
            return failure("InvalidRequestException", "You can't perform this operation on the secret because it was "
                           "marked for deletion.")
        body = request.body
        if operation == "GetSecretValue" and not {"VersionId", "VersionStage"} & request.json().keys():
            # moto goes on to answer the version that was current before the label was moved; AWS goes by the label.
            body = json.dumps({**request.json(), "VersionStage": "AWSCURRENT"})
        answer = self.moto.post("/", data=body, headers={
            name: value for name, value in request.headers.items()
            if name.lower() in ("content-type", "authorization", "x-amz-target", "x-amz-date")})
        return Reply(answer.status_code, answer.data, {"Content-Type": answer.headers.get("Content-Type", "")})

    def _security_tokens(self, request):
        form = request.form()
        if form.get("Action") == "AssumeRoleWithWebIdentity":
            if form["WebIdentityToken"] != self.web_identity_token:
                return xml_failure("InvalidIdentityToken", "The token is not one of the provider's")
            made = self.issue("WEB")
        else:
            refusal = self._refusal(request)
            if refusal:
                return xml_failure("InvalidClientTokenId", "The security token included in the request is invalid.")
            made = self.issue("ROLE")
        action = form["Action"]
        return Reply(200, f"""<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result>
            <Credentials><AccessKeyId>{made.access_key}</AccessKeyId><SecretAccessKey>{made.secret_key}</SecretAccessKey>
            <SessionToken>{made.token}</SessionToken><Expiration>{iso(made.end)}</Expiration></Credentials>
            </{action}Result></{action}Response>""".encode(), {"Content-Type": "text/xml"})

    def _metadata(self, request):
        if request.method == "PUT":
            if not request.headers.get("X-aws-ec2-metadata-token-ttl-seconds"):
                return Reply(400)
            self.sessions.add(f"session-{len(self.sessions)}")
            return Reply(200, sorted(self.sessions)[-1].encode())
        if request.headers.get("X-aws-ec2-metadata-token") not in self.sessions:
            return Reply(401)
        roles = "/latest/meta-data/iam/security-credentials/"
        if request.path == roles:
            return Reply(200, b"kes-role")
        if request.path == roles + "kes-role":
            return Reply(200, {"Code": "Success", "Type": "AWS-HMAC", **self._document(self.issue("MACHINE"))})
        return Reply(404)

    @staticmethod
    def _document(made):
        return {"AccessKeyId": made.access_key, "SecretAccessKey": made.secret_key, "Token": made.token,
                "Expiration": iso(made.end)}

    # --- signatures

    def _refusal(self, request):
        """How AWS refuses a request whose signature is not right; None: it is."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        authorization = request.headers.get("Authorization", "")
        if not authorization.startswith("AWS4-HMAC-SHA256 "):
            return failure("MissingAuthenticationTokenException", "Missing Authentication Token", 403)
        parts = dict(part.strip().split("=", 1) for part in authorization.split(" ", 1)[1].split(","))
        access_key, date, region, service, _ = parts["Credential"].rsplit("/", 4)
        known = self.credentials.get(access_key)
        if known is None or request.headers.get("X-Amz-Security-Token") != known.token:
            return failure("UnrecognizedClientException", "The security token included in the request is invalid.")
        if known.end is not None and known.end <= self.now():
            return failure("ExpiredTokenException", "The security token included in the request is expired")
        signed = parts["SignedHeaders"].split(";")
        if not {"host", "x-amz-date", "content-type"} <= set(signed) or region != REGION:
            return failure("InvalidSignatureException", "Credential should be scoped to a valid region, headers signed")
        timestamp = request.headers["X-Amz-Date"]
        time_signed = datetime.datetime.strptime(timestamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
        if abs(time_signed.timestamp() - self.now()) > ALLOWED_SKEW:
            return failure("InvalidSignatureException", f"Signature expired: {timestamp} is now earlier than …", 403)
        copy = AWSRequest(method=request.method, url=f"http://{request.headers['Host']}{request.target}",
                          data=request.body, headers={name: request.headers[name] for name in signed})
        copy.context["timestamp"] = timestamp
        signer = SigV4Auth(Credentials(access_key, known.secret_key, known.token), service, region)
        canonical = signer.canonical_request(copy)
        wanted = signer.signature(signer.string_to_sign(copy, canonical), copy)
        if not hmac.compare_digest(wanted, parts["Signature"]):
            return failure(
                "InvalidSignatureException", "The request signature we calculated does not match the signature you "
                f"provided. The Canonical String for this request should have been\n'{canonical}'", 403)
        return None


def failure(code, message, status=400):
    return Reply(status, {"__type": f"com.amazonaws.secretsmanager#{code}", "Message": message},
                 {"x-amzn-ErrorType": f"{code}:http://internal.amazon.com/"})


def xml_failure(code, message):
    return Reply(403, f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
                 "</ErrorResponse>".encode(), {"Content-Type": "text/xml"})


def iso(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class AWSStore:
    """What both of AWS's stores have in common."""

    stand_in = AWSStandIn

    def __init__(self, directory, certificate=None):
        self.directory = directory
        self.stand_in = AWSStandIn(certificate)
        self.endpoint = self.stand_in.url
        self.environment = {"HOME": str(directory), "AWS_EC2_METADATA_DISABLED": "true"}
        self.has_credentials = True

    def is_key_call(self, request):
        return bool(request.headers.get("X-Amz-Target"))

    def credentials(self, indent):
        static = self.stand_in.static
        if not self.has_credentials:
            return ""
        return (f"{indent}credentials:\n{indent}  accesskey: {static.access_key}\n"
                f"{indent}  secretkey: {static.secret_key}\n")

    def operations(self):
        """The operations that were asked for, in order."""
        return [one.headers["X-Amz-Target"].split(".")[1] for one in self.stand_in.asked() if self.is_key_call(one)]

    def access_keys(self):
        """The access keys that have signed, each once, in the order of their first call."""
        return list(dict.fromkeys(
            one.headers["Authorization"].split("Credential=")[1].split("/")[0]
            for one in self.stand_in.asked() if self.is_key_call(one)))

    def close(self):
        self.stand_in.stop()


class SecretsManagerStore(AWSStore):
    name = "aws-secrets-manager"
    calls_per_read = 1
    #: More lines of the section, indented by six spaces.
    more = ""

    @property
    def section(self):
        return (f"  aws:\n    secretsmanager:\n      endpoint: {self.endpoint}\n      region: {REGION}\n"
                f"{self.more}{self.credentials('      ')}")

    def ask(self, operation, **fields):
        status, answer = self.stand_in.call_moto("secretsmanager", f"secretsmanager.{operation}", fields)
        assert status == 200, answer
        return answer

    def values(self):
        found, token = {}, None
        while True:
            page = self.ask("ListSecrets", MaxResults=100, **({"NextToken": token} if token else {}))
            for secret in page["SecretList"]:
                found[secret["Name"]] = self.ask("GetSecretValue", SecretId=secret["Name"]).get("SecretString")
            token = page.get("NextToken")
            if not token:
                return found


class KMSStore(AWSStore):
    name = "aws-kms"
    calls_per_read = 1
    #: Calls that ask only the files.
    local_calls = ("list", "delete")

    def __init__(self, directory):
        super().__init__(directory)
        self.files = directory / "keys"
        self.key = self.ask("CreateKey")["KeyMetadata"]["Arn"]
        self.configured_key = self.key

    @property
    def section(self):
        return (f"  kms:\n    path: {self.files}\n    aws:\n      endpoint: {self.endpoint}\n"
                f"      region: {REGION}\n      key: {self.configured_key}\n{self.credentials('      ')}")

    def ask(self, operation, **fields):
        status, answer = self.stand_in.call_moto("kms", f"TrentService.{operation}", fields)
        assert status == 200, answer
        return answer

    def values(self):
        return {file.name: file.read_text() for file in self.files.iterdir() if not file.name.startswith(".")}
