"""What a page of another origin may do, by the rules that browsers follow: preflight, request, what the page then sees."""

import pytest
import requests

from payloads import MIB, payload
from signing import SignedRequest

ORIGIN = "https://app.test"
SAFE_METHODS = {"GET", "HEAD", "POST"}
SAFE_REQUEST_HEADERS = {"accept", "accept-language", "content-language"}
SAFE_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}
SAFE_RESPONSE_HEADERS = {"cache-control", "content-language", "content-length", "content-type", "expires", "last-modified",
                         "pragma"}


class Blocked(Exception):
    """What the page gets instead of an answer."""


class Browser:
    """The part of a browser's `fetch` that decides: https://fetch.spec.whatwg.org/#http-cors-protocol."""

    def __init__(self, server, origin=ORIGIN):
        self.server, self.origin = server, origin
        self.asked = []

    def send(self, method, address, **options):
        return requests.request(method, address, verify=self.server.authority or True, timeout=30, allow_redirects=False,
                                **options)

    def check(self, answer, credentials):
        allowed = answer.headers.get("Access-Control-Allow-Origin")
        if not (allowed == self.origin or allowed == "*" and not credentials):
            raise Blocked(f"the origin is not allowed: {allowed}")
        if credentials and answer.headers.get("Access-Control-Allow-Credentials") != "true":
            raise Blocked("credentials are not allowed")

    def preflight(self, method, address, unsafe, credentials):
        headers = {"Origin": self.origin, "Access-Control-Request-Method": method, "Sec-Fetch-Mode": "cors"}
        if unsafe:
            headers["Access-Control-Request-Headers"] = ",".join(sorted(unsafe))
        answer = self.send("OPTIONS", address, headers=headers)
        self.asked.append(answer)
        self.check(answer, credentials)
        if not 200 <= answer.status_code < 300:
            raise Blocked(f"the preflight was answered with {answer.status_code}")

        def listed(name):
            return {item.strip() for item in answer.headers.get(name, "").split(",") if item.strip()}

        methods = listed("Access-Control-Allow-Methods")
        if method not in SAFE_METHODS and method not in methods and ("*" not in methods or credentials):
            raise Blocked(f"{method} is not among {methods}")
        names = {name.lower() for name in listed("Access-Control-Allow-Headers")}
        missing = set(unsafe) - names
        if missing and ("*" not in names or credentials or "authorization" in missing):
            raise Blocked(f"{missing} are not among {names}")

    def fetch(self, method, address, headers=None, credentials=False, **body):
        headers = {name.lower(): value for name, value in (headers or {}).items()}
        unsafe = [name for name, value in headers.items() if name not in SAFE_REQUEST_HEADERS and not (
            name == "content-type" and value.split(";")[0] in SAFE_TYPES)]
        if method not in SAFE_METHODS or unsafe:
            self.preflight(method, address, unsafe, credentials)
        answer = self.send(method, address, headers={**headers, "Origin": self.origin}, **body)
        self.check(answer, credentials)
        exposed = {name.strip().lower() for name in answer.headers.get("Access-Control-Expose-Headers", "").split(",")}
        seen = {name.lower(): value for name, value in answer.headers.items()
                if name.lower() in SAFE_RESPONSE_HEADERS | exposed or "*" in exposed and not credentials}
        return answer, seen


def allow(server, bucket, **rule):
    server.s3().put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [{"AllowedOrigins": [ORIGIN], **rule}]})


def test_a_page_uploads_in_parts_with_presigned_addresses(server):
    s3, bucket = server.s3(), server.bucket()
    allow(server, bucket, AllowedMethods=["PUT", "GET", "POST"], AllowedHeaders=["content-type", "x-amz-*"],
          ExposeHeaders=["ETag"], MaxAgeSeconds=60)
    browser, data = Browser(server), payload(5 * MIB + 17)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="é +")["UploadId"]
    parts = []
    for number, part in enumerate((data[:5 * MIB], data[5 * MIB:]), 1):
        address = s3.generate_presigned_url("upload_part", {
            "Bucket": bucket, "Key": "é +", "UploadId": upload, "PartNumber": number})
        answer, seen = browser.fetch("PUT", address, {"Content-Type": "application/octet-stream"}, data=part)
        assert answer.status_code == 200, answer.text
        parts.append({"PartNumber": number, "ETag": seen["etag"]})
    assert [asked.headers["Access-Control-Max-Age"] for asked in browser.asked] == ["60", "60"]
    assert all("Origin" in asked.headers["Vary"] for asked in browser.asked)
    s3.complete_multipart_upload(Bucket=bucket, Key="é +", UploadId=upload, MultipartUpload={"Parts": parts})
    address = s3.generate_presigned_url("get_object", {"Bucket": bucket, "Key": "é +"})
    answer, seen = browser.fetch("GET", address)
    assert answer.content == data and "x-amz-request-id" not in seen


def signed(server, method, target, headers):
    """What a page's own SDK would send, without what only the browser may set."""
    request = SignedRequest(method, target, headers, host=server.host, access_key=server.access_key,
                            secret=server.secret_key)
    return {name: value for name, value in request.headers if name.lower() != "host"}


def test_a_page_signs_by_itself_and_reads_a_range(server):
    s3, bucket, data = server.s3(), server.bucket(), payload(100_000)
    s3.put_object(Bucket=bucket, Key="k", Body=data, Metadata={"a": "b"})
    allow(server, bucket, AllowedMethods=["GET", "HEAD", "DELETE"], AllowedHeaders=["*"],
          ExposeHeaders=["x-amz-meta-a", "Content-Range"])
    browser, address = Browser(server), f"{server.endpoint}/{bucket}/k"
    answer, seen = browser.fetch("GET", address, signed(server, "GET", f"/{bucket}/k", {"range": "bytes=3-9"}))
    assert (answer.status_code, answer.content) == (206, data[3:10])
    assert (seen["x-amz-meta-a"], seen["content-range"]) == ("b", "bytes 3-9/100000") and "etag" not in seen
    # The page also sees why it was refused, which it could not without the rule's headers on an error.
    wrong = signed(server, "GET", f"/{bucket}/k", {})
    wrong["Authorization"] = wrong["Authorization"][:-4] + "0000"
    answer, _ = browser.fetch("GET", address, wrong)
    assert answer.status_code == 403 and "<Code>SignatureDoesNotMatch</Code>" in answer.text
    with pytest.raises(Blocked):
        browser.fetch("PUT", address, signed(server, "PUT", f"/{bucket}/k", {}), data=b"x")
    answer, _ = browser.fetch("DELETE", address, signed(server, "DELETE", f"/{bucket}/k", {}))
    assert answer.status_code == 204
    with pytest.raises(Blocked):
        Browser(server, "https://other.test").fetch("GET", address, signed(server, "GET", f"/{bucket}/k", {}))


def test_a_page_posts_a_form_and_reads_the_answer(server):
    """A form needs no preflight: the rules decide only whether the page sees what became of it."""
    s3, bucket, data = server.s3(signature_version="s3v4"), server.bucket(), payload(70_000)
    allow(server, bucket, AllowedMethods=["POST"], ExposeHeaders=["ETag", "Location"])
    post = s3.generate_presigned_post(bucket, "up/${filename}", Fields={"success_action_status": "201"}, Conditions=[
        {"success_action_status": "201"}, ["starts-with", "$key", "up/"]])
    browser = Browser(server)
    answer, seen = browser.fetch("POST", post["url"], data=post["fields"], files={"file": ("photo.png", data)})
    assert (answer.status_code, browser.asked) == (201, [])
    assert seen["etag"] == s3.head_object(Bucket=bucket, Key="up/photo.png")["ETag"]
    assert s3.get_object(Bucket=bucket, Key="up/photo.png")["Body"].read() == data
    with pytest.raises(Blocked):
        Browser(server, "https://other.test").fetch("POST", post["url"], data=post["fields"], files={"file": ("b", b"x")})


def test_without_rules_of_its_own_a_bucket_has_the_servers(server):
    s3, bucket = server.s3(), server.bucket()
    browser = Browser(server)
    address = s3.generate_presigned_url("put_object", {"Bucket": bucket, "Key": "k"})
    answer, seen = browser.fetch("PUT", address, {"Content-Type": "text/x"}, data=b"x")
    assert answer.status_code == 200 and seen["etag"], answer.text
    answer, _ = browser.fetch("PUT", f"{server.endpoint}/{bucket}/k", {"x-amz-meta-a": "b"}, data=b"y")
    assert answer.status_code == 403, answer.text
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"x"
