"""Names: every key that S3 allows is a key of its own, and none of them is ever a path."""

from urllib.parse import quote, unquote_plus

import pytest

import signing
import wire

KEYS = (
    "/leading", "//two-leading", "doubled//slash", "a///b", "trailing/", "trailing//", ".", "..", "../..", "a/./b", "a/../b",
    "./a", "../../../../etc/passwd", "a b", " leading space", "trailing space ", "a+b", "a%2Fb", "a%b", "%", "%%", "a?b",
    "a#b", "a&b=c", "a;b", "a'b\"c", "<tag>&amp;", "a\\b", "a\tb", "a\nb", "a\r\nb", "\x01\x02", "a\x7fb", "é", "e\u0301",
    "\ufb01", "日本語/キー", "\U0001f600", "\u200b", "\ufeff", "a:b", "*", "COFFER.DB", "coffer.db", "coffer.db-wal", "blobs",
    "CON", "~", "$HOME", "`id`", "{}", "|", "a" * 1024, "é" * 512, "/" * 1024, ("d/" * 512), "x" * 255 + "/" + "y" * 255)


@pytest.fixture(scope="module")
def bucket(http):
    return http.bucket()


@pytest.fixture(scope="module")
def stored(http, bucket):
    for key in KEYS:
        answer = http.call("PUT", f"/{bucket}/{quote(key, safe='/')}", body=key.encode(), keep=True)
        assert answer.status == 200, (key, answer)
    return KEYS


@pytest.mark.parametrize("key", KEYS, ids=lambda key: ascii(key)[:24])
def test_every_key_names_its_own_object(http, bucket, stored, key):
    for safe in ("/", ""):
        got = http.call("GET", f"/{bucket}/{quote(key, safe=safe)}", keep=True)
        assert got.status == 200 and got.body.decode() == key


def test_all_keys_are_listed_once_in_the_order_of_their_bytes(http, bucket, stored):
    answer = http.call("GET", f"/{bucket}?list-type=2&encoding-type=url")
    listed = [unquote_plus(text) for text in answer.find_all("Contents/Key")]
    assert listed == sorted(set(KEYS), key=str.encode)


def test_a_plus_in_a_path_is_a_plus(http, bucket, stored):
    assert http.call("GET", f"/{bucket}/a+b").body == b"a+b"
    assert http.call("GET", f"/{bucket}/a%20b").body == b"a b"
    assert http.call("GET", f"/{bucket}/a%2Bb").body == b"a+b"


def test_escapes_are_decoded_exactly_once(http, bucket, stored):
    assert http.call("GET", f"/{bucket}/a%252Fb").body == b"a%2Fb"
    assert http.call("GET", f"/{bucket}/a%2fb").status == 404


def test_keys_that_look_alike_are_different(http, bucket, stored):
    assert http.call("GET", f"/{bucket}/%C3%A9").body != http.call("GET", f"/{bucket}/e%CC%81").body
    assert http.call("GET", f"/{bucket}/coffer.db").body != http.call("GET", f"/{bucket}/COFFER.DB").body


def test_an_object_and_a_folder_of_the_same_name_live_together(http, bucket):
    for key in ("o", "o/", "o/x", "o//"):
        http.call("PUT", f"/{bucket}/{key}", body=key.encode())
    for key in ("o", "o/", "o/x", "o//"):
        assert http.call("GET", f"/{bucket}/{key}").body == key.encode()
    http.call("DELETE", f"/{bucket}/o")
    assert http.call("GET", f"/{bucket}/o/x").status == 200


@pytest.mark.parametrize("key", ("a" * 1025, "é" * 512 + "a", "日" * 342))
def test_a_key_of_more_than_1024_bytes_is_too_long(http, bucket, key):
    for method in ("PUT", "GET", "HEAD", "DELETE"):
        answer = http.call(method, f"/{bucket}/{quote(key)}", body=b"x" if method == "PUT" else b"")
        assert (answer.status, answer.code) == (400, "KeyTooLongError"), (method, answer)


@pytest.mark.parametrize("path", ("%ff%fe", "a%80b", "%c0%af", "%ed%a0%80", "a%00b", "%2", "%zz", "%"))
def test_what_is_not_utf_8_is_refused(http, bucket, path):
    answer = http.call("GET", f"/{bucket}/{path}")
    assert answer.status == 400, answer


def test_keys_travel_through_delete_documents(http):
    name = http.bucket()
    keys = ["a&b", "<x>", "a b+c", "é", "a%2Fb", " spaced "]
    for key in keys:
        http.call("PUT", f"/{name}/{quote(key)}", body=b"x")
    objects = "".join(f"<Object><Key>{key.replace('&', '&amp;').replace('<', '&lt;')}</Key></Object>" for key in keys)
    answer = http.delete(name, f"<Delete>{objects}</Delete>".encode())
    assert answer.find_all("Deleted/Key") == keys, answer
    assert http.call("GET", f"/{name}?list-type=2").find("KeyCount") == "0"


def test_nothing_of_a_name_is_found_on_the_drive(http, bucket, stored):
    names = [path.name for path in http.drive.rglob("*")]
    assert not {"passwd", "trailing", "leading", bucket} & set(names)
    assert all(len(name) < 100 for name in names)


# --- buckets

@pytest.mark.parametrize("name", ("abc", "a-b", "a.b.c", "0bucket", "1.2.3", "x" * 63, "a--b", "xn-bucket"))
def test_these_names_are_buckets(http, name):
    assert http.call("PUT", f"/{name}").status == 200
    assert http.call("HEAD", f"/{name}/").status == 200
    assert http.call("DELETE", f"/{name}").status == 204


@pytest.mark.parametrize("name", ("ab", "a", "x" * 64, "Upper", "under_score", "-dash", "dash-", ".dot", "dot.", "two..dots",
                                  "192.168.0.1", "sp%20ace", "%C3%A9t%C3%A9", "a%2Fb", "..", "a%00b"))
def test_these_names_are_not(http, name):
    answer = http.call("PUT", f"/{name}")
    assert answer.status == 400, answer
    if name not in ("..", "a%00b", "a%2Fb"):
        assert answer.code == "InvalidBucketName", answer


def test_a_trailing_slash_still_means_the_bucket(http):
    name = http.bucket()
    assert http.call("HEAD", f"/{name}/").status == http.call("HEAD", f"/{name}").status == 200
    assert http.call("GET", f"/{name}/?list-type=2").find("Name") == name
    assert http.call("DELETE", f"/{name}/").status == 204


def test_virtual_host_names_are_buckets_of_the_configured_domains(fresh_server):
    # With a port, which a domain does not have, and a space.
    with fresh_server(environment={"MINIO_DOMAIN": "s3.example.test:9000, objects.example.test"}) as server:
        assert any("MINIO_DOMAIN" in line and "s3.example.test:9000" in line for line in server.log_text().splitlines())
        name = server.bucket()
        for domain in ("s3.example.test", "objects.example.test"):
            host = f"{name}.{domain}"
            put = virtual(server, "PUT", host, "/folder/k", b"content")
            assert put.status == 200, put
            assert server.call("GET", f"/{name}/folder/k").body == b"content"
            assert virtual(server, "GET", f"{host}:{server.port}", "/?list-type=2").find("Contents/Key") == "folder/k"
        path_style = virtual(server, "GET", "s3.example.test", f"/{name}/folder/k")
        assert path_style.body == b"content", path_style
        assert virtual(server, "GET", f"{name}.elsewhere.test", f"/{name}/folder/k").body == b"content"


def virtual(server, method, host, target, body=b""):
    signed = signing.SignedRequest(method, target, {}, body, host=host, access_key=server.access_key,
                                   secret=server.secret_key)
    return wire.request(server, method, target, signed.headers, body)


def test_a_host_without_a_configured_domain_is_no_bucket_name(http):
    name = http.bucket()
    answer = virtual(http, "GET", f"localhost:{http.port}", f"/{name}?list-type=2")
    assert answer.find("Name") == name
