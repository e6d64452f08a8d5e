"""The one call of a Kubernetes API server that a Vault makes: is this the token of a service account?"""

import http.server
import json
import ssl
import threading
import time

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from kes import server_certificate

NAMESPACE, ACCOUNT, UID = "storage", "kes", "7d1f3a52-8a5c-4f3e-9f25-0c7a1b6d2e11"
REVIEW = "/apis/authentication.k8s.io/v1/tokenreviews"


class TokenReview(http.server.ThreadingHTTPServer):
    """Over TLS; knows the tokens in `valid`, and whoever asks has to be `reviewer`."""

    def __init__(self, directory):
        super().__init__(("127.0.0.1", 0), Reviewer)
        self.certificate = server_certificate(directory, "kubernetes")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate.certificate, self.certificate.key)
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.valid, self.asked, self.issued = set(), [], 0
        self.reviewer = self.issue("vault")
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"https://127.0.0.1:{self.server_port}"

    def issue(self, account=ACCOUNT):
        """A token as a pod finds it in its file: of a service account, good for an hour."""
        self.issued += 1
        now = int(time.time())
        claims = {
            "iss": "https://kubernetes.default.svc.cluster.local", "sub": f"system:serviceaccount:{NAMESPACE}:{account}",
            "iat": now, "nbf": now, "exp": now + 3600, "aud": ["https://kubernetes.default.svc.cluster.local"],
            "jti": f"token-{self.issued}",
            "kubernetes.io": {"namespace": NAMESPACE, "serviceaccount": {"name": account, "uid": UID}}}
        token = jwt.encode(claims, self.key, algorithm="ES256")
        self.valid.add(token)
        return token


class Reviewer(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        token, cluster = request["spec"]["token"], self.server
        cluster.asked.append(token)
        status, answer = 201, request | {"status": {"authenticated": False, "error": "the token is not valid"}}
        if (self.path, self.headers["Authorization"]) != (REVIEW, f"Bearer {cluster.reviewer}"):
            status, answer = 403, {"kind": "Status", "status": "Failure", "reason": "Forbidden", "code": 403}
        elif token in cluster.valid:
            claims = jwt.decode(token, options={"verify_signature": False})
            # Without a wish it would be the cluster's own audience.
            audiences = [one for one in request["spec"].get("audiences", claims["aud"]) if one in claims["aud"]]
            if audiences:
                groups = ["system:serviceaccounts", f"system:serviceaccounts:{NAMESPACE}", "system:authenticated"]
                user = {"username": claims["sub"], "uid": UID, "groups": groups}
                answer["status"] = {"authenticated": True, "audiences": audiences, "user": user}
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments):
        pass
