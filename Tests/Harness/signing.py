"""AWS signatures, versions 4 and 2, written down so that a test can get every single part of them wrong."""

import base64
import datetime
import hashlib
import hmac
from urllib.parse import quote, unquote_plus, unquote_to_bytes

import marked

UNSIGNED = "UNSIGNED-PAYLOAD"
STREAMING = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
STREAMING_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def amz_date(moment):
    return moment.strftime("%Y%m%dT%H%M%SZ")


def _hmac(key, text):
    return hmac.new(key, text.encode() if isinstance(text, str) else text, hashlib.sha256).digest()


def signing_key(secret, date, region, service):
    key = _hmac(("AWS4" + secret).encode(), date)
    for step in (region, service, "aws4_request"):
        key = _hmac(key, step)
    return key


def canonical_uri(path):
    return quote(unquote_to_bytes(path), safe="/-_.~") or "/"


def query_pairs(query):
    return [tuple(unquote_plus(text) for text in part.partition("=")[::2]) for part in query.split("&") if part]


def canonical_query(query, without=()):
    pairs = [(quote(name, safe="-_.~"), quote(value, safe="-_.~"))
             for name, value in query_pairs(query) if name not in without]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def canonical_headers(headers, names):
    lines = []
    for name in names:
        values = [" ".join(value.split()) for key, value in headers if key.lower() == name]
        lines.append(f"{name}:{','.join(values)}\n")
    return "".join(lines)


class SignedRequest:
    """The headers of one SigV4 request, with everything that a later chunk signature needs.

    Each keyword replaces one part of the signature: `moment` the time, `scope_date` and `service` parts of the scope,
    `signed` the list of signed header names, `leave_unsigned` header names to send without signing them.
    """

    def __init__(self, method, target, headers, body=b"", *, host, access_key, secret, region="us-east-1",
                 service="s3", payload=None, moment=None, scope_date=None, signed=None, leave_unsigned=(),
                 date_header="x-amz-date", send_hash=True, separator=", "):
        marked.mark(secret)
        pairs = list(headers.items()) if isinstance(headers, dict) else list(headers)
        moment = moment or now()
        self.date = amz_date(moment)
        self.payload = payload if payload is not None else sha256(body)
        path, _, query = target.partition("?")
        pairs = [("Host", host), *pairs]
        if date_header == "x-amz-date":
            pairs.append(("X-Amz-Date", self.date))
        elif date_header == "date":
            pairs.append(("Date", moment.strftime("%a, %d %b %Y %H:%M:%S GMT")))
        if send_hash:
            pairs.append(("X-Amz-Content-Sha256", self.payload))
        quiet = {name.lower() for name in leave_unsigned} | {"expect", "content-length", "transfer-encoding"}
        names = signed if signed is not None else sorted({name.lower() for name, _ in pairs} - quiet)
        self.canonical_request = "\n".join((
            method, canonical_uri(path), canonical_query(query), canonical_headers(pairs, names), ";".join(names),
            self.payload))
        day = scope_date or self.date[:8]
        self.scope = f"{day}/{region}/{service}/aws4_request"
        string = "\n".join(("AWS4-HMAC-SHA256", self.date, self.scope, sha256(self.canonical_request.encode())))
        self.key = signing_key(secret, day, region, service)
        self.signature = _hmac(self.key, string).hex()
        authorization = separator.join((
            f"AWS4-HMAC-SHA256 Credential={access_key}/{self.scope}", f"SignedHeaders={';'.join(names)}",
            f"Signature={self.signature}"))
        self.headers = [*pairs, ("Authorization", authorization)]

    def chunk_signature(self, previous, data):
        string = "\n".join(("AWS4-HMAC-SHA256-PAYLOAD", self.date, self.scope, previous, EMPTY_SHA256, sha256(data)))
        return _hmac(self.key, string).hex()

    def trailer_signature(self, previous, trailers):
        block = "".join(f"{name}:{value}\n" for name, value in sorted(trailers))
        string = "\n".join(("AWS4-HMAC-SHA256-TRAILER", self.date, self.scope, previous, sha256(block.encode())))
        return _hmac(self.key, string).hex()

    def chunked_body(self, data, chunk=65536, trailers=None, spoil=None):
        """The aws-chunked form of `data`. `spoil` is the number of the chunk to sign wrongly, or "trailer"."""
        pieces = [data[start:start + chunk] for start in range(0, len(data), chunk)] + [b""]
        previous, encoded = self.signature, b""
        for number, piece in enumerate(pieces):
            signature = self.chunk_signature(previous, piece if number != spoil else piece + b"!")
            encoded += f"{len(piece):x};chunk-signature={signature}\r\n".encode() + piece
            if piece or trailers is None:
                encoded += b"\r\n"
            previous = signature
        if trailers is not None:
            for name, value in trailers:
                encoded += f"{name}:{value}\r\n".encode()
            signature = self.trailer_signature(previous, trailers)
            if spoil == "trailer":
                signature = signature[::-1]
            encoded += f"x-amz-trailer-signature:{signature}\r\n\r\n".encode()
        return encoded


def unsigned_chunked_body(data, trailers, chunk=65536):
    pieces = [data[start:start + chunk] for start in range(0, len(data), chunk)]
    encoded = b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces)
    return encoded + b"0\r\n" + b"".join(f"{name}:{value}\r\n".encode() for name, value in trailers) + b"\r\n"


def http_chunked(data, chunk=10_000):
    pieces = [data[start:start + chunk] for start in range(0, len(data), chunk)]
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def presign_v4(method, target, *, host, access_key, secret, region="us-east-1", expires=600, moment=None, headers=None,
               replace=None, service="s3"):
    """A presigned target. `replace` maps a query parameter to another value, or to None to leave it out."""
    moment = moment or now()
    date = amz_date(moment)
    scope = f"{date[:8]}/{region}/{service}/aws4_request"
    path, _, query = target.partition("?")
    pairs = [("host", host), *((name.lower(), value) for name, value in (headers or {}).items())]
    names = sorted({name for name, _ in pairs})
    parameters = {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256", "X-Amz-Credential": f"{access_key}/{scope}", "X-Amz-Date": date,
        "X-Amz-Expires": str(expires), "X-Amz-SignedHeaders": ";".join(names), **(replace or {})}
    added = "&".join(f"{name}={quote(value, safe='-_.~')}" for name, value in parameters.items()
                     if value is not None and name != "X-Amz-Signature")
    query = "&".join(part for part in (query, added) if part)
    request = "\n".join((
        method, canonical_uri(path), canonical_query(query), canonical_headers(pairs, names), ";".join(names),
        UNSIGNED))
    string = "\n".join(("AWS4-HMAC-SHA256", date, scope, sha256(request.encode())))
    signature = _hmac(signing_key(secret, date[:8], region, service), string).hex()
    if "X-Amz-Signature" in parameters:
        signature = parameters["X-Amz-Signature"]
    return f"{path}?{query}" + (f"&X-Amz-Signature={signature}" if signature is not None else "")


V2_SUBRESOURCES = frozenset(
    "acl cors delete encryption legal-hold lifecycle location logging notification partNumber policy requestPayment "
    "response-cache-control response-content-disposition response-content-encoding response-content-language "
    "response-content-type response-expires retention select select-type tagging torrent uploadId uploads versionId "
    "versioning versions website replication".split())


def signature_v2(method, target, date, *, secret, headers=None, md5="", content_type=""):
    """base64(HMAC-SHA1) over a version 2 string to sign. `date` is the Date line: a date, "" or the Expires value."""
    path, _, query = target.partition("?")
    amz = sorted((name.lower(), value) for name, value in (headers or {}).items() if name.lower().startswith("x-amz-"))
    lines = "".join(f"{name}:{value}\n" for name, value in amz)
    kept = sorted(pair for pair in query_pairs(query) if pair[0] in V2_SUBRESOURCES)
    resource = path + ("?" if kept else "") + "&".join(name + (f"={value}" if value else "") for name, value in kept)
    string = f"{method}\n{md5}\n{content_type}\n{date}\n{lines}{resource}"
    return base64.b64encode(hmac.new(secret.encode(), string.encode(), hashlib.sha1).digest()).decode()
