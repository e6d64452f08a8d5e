"""Listing, compared with a model of it that is short enough to be seen to be right."""

import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from random import Random
from urllib.parse import quote, unquote_plus

import pytest

NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"
SEED = 20_261_121
ALPHABET = ("a", "b", "/", "/", "-", "é", "\U0001f600", "\uffee", "+", " ", "Z", "~", "%")


def model(keys, prefix, delimiter, after):
    """Everything that a listing holds, in order, as ("key", k) and ("prefix", p). Order is that of UTF-8 bytes."""
    entries = []
    for key in sorted(keys, key=str.encode):
        if not key.startswith(prefix):
            continue
        cut = key.find(delimiter, len(prefix)) if delimiter else -1
        entry = ("key", key) if cut < 0 else ("prefix", key[:cut + len(delimiter)])
        if entry[1].encode() <= after.encode():
            continue
        if entry not in entries[-1:]:
            entries.append(entry)
    return entries


@pytest.fixture(scope="module")
def tree(http):
    """A bucket with some hundred keys of all shapes, and the keys."""
    random = Random(SEED)
    keys = {"".join(random.choices(ALPHABET, k=random.randint(1, 9))) for _ in range(350)}
    keys |= {"dir", "dir/", "dir/a", "dir/a/b", "dir//c", "dir0", "/", "//", "a/../b", "./a", "é/é", "\ufffd/x", "\U00010000/x"}
    bucket = http.bucket()

    def put(key):
        assert http.call("PUT", f"/{bucket}/{quote(key, safe='')}", body=key.encode(), keep=True).status == 200

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, keys))
    return bucket, keys


def page(server, bucket, version, **parameters):
    """One page: its entries in order, whether there is more, and the document."""
    if version == 2:
        parameters["list-type"] = "2"
    query = "&".join(f"{name.replace('_', '-')}={quote(str(value), safe='')}" for name, value in parameters.items())
    answer = server.call("GET", f"/{bucket}?{query}", keep=True)
    assert answer.status == 200, answer
    document = ElementTree.fromstring(answer.body)
    entries = []
    for child in document:
        if child.tag == NAMESPACE + "Contents":
            entries.append(("key", child.findtext(NAMESPACE + "Key")))
        elif child.tag == NAMESPACE + "CommonPrefixes":
            entries.append(("prefix", child.findtext(NAMESPACE + "Prefix")))
    if parameters.get("encoding_type") == "url":
        entries = [(kind, unquote_plus(text)) for kind, text in entries]
    return sorted(entries, key=lambda entry: entry[1].encode()), document


def walk(server, bucket, version, limit, **parameters):
    """All pages of a listing."""
    found, pages = [], 0
    while True:
        entries, document = page(server, bucket, version, max_keys=limit, **parameters)
        assert len(entries) <= limit
        assert not found or not entries or entries[0][1].encode() > found[-1][1].encode(), \
            f"page {pages + 1} begins with {entries[0]}, after {found[-1]}"
        found += entries
        pages += 1
        if document.findtext(NAMESPACE + "IsTruncated") == "false":
            return found, pages
        assert len(entries) == limit, "a page that is not the last is full"
        if version == 2:
            assert document.findtext(NAMESPACE + "KeyCount") == str(len(entries))
            parameters["continuation_token"] = document.findtext(NAMESPACE + "NextContinuationToken")
        else:
            marker = document.findtext(NAMESPACE + "NextMarker")
            assert marker or "delimiter" not in parameters, "a page with common prefixes says where the next begins"
            if marker is None:
                marker = entries[-1][1]
            elif "encoding_type" in parameters:
                marker = unquote_plus(marker)
            assert marker.encode() >= entries[-1][1].encode(), "the next page begins before the end of this one"
            parameters["marker"] = marker


@pytest.mark.parametrize("version", (1, 2))
@pytest.mark.parametrize("encoding", (False, True), ids=("plain", "url"))
def test_listings_agree_with_the_model(http, tree, version, encoding):
    """A few of the listings that ListingTests compares by the hundred."""
    bucket, keys = tree
    random = Random(SEED + version)
    for _ in range(8):
        key = random.choice(sorted(keys))
        prefix = random.choice(("", "", key[:random.randint(0, len(key))], "dir", "dir/", "no such"))
        delimiter = random.choice(("", "/", "/", "a", "//", "b-"))
        limit = random.choice((1, 2, 7, 50, 1000))
        if limit < 3 and not prefix:
            limit = 50
        after = random.choice(("", "", key, "a", "dir", "zzz"))
        if delimiter and after.startswith(prefix) and delimiter in after[len(prefix):]:
            after = ""  # servers differ on whether the prefix that such a key is in has been passed
        parameters = {"prefix": prefix}
        if delimiter:
            parameters["delimiter"] = delimiter
        if after:
            parameters["start_after" if version == 2 else "marker"] = after
        if encoding:
            parameters["encoding_type"] = "url"
        expected = model(keys, prefix, delimiter, after)
        found, pages = walk(http, bucket, version, limit, **parameters)
        assert found == expected, f"seed {SEED}: {parameters}, {limit} a page"
        assert pages == max(1, -(-len(expected) // limit))


def test_keys_are_in_the_order_of_their_bytes_not_of_utf_16(http, tree):
    bucket, _ = tree
    found, _ = page(http, bucket, 2, prefix="\ufffd")
    other, _ = page(http, bucket, 2, prefix="\U00010000")
    assert found and other
    everything = [text for _, text in page(http, bucket, 2)[0]]
    assert everything.index("\ufffd/x") < everything.index("\U00010000/x")


def test_contents_say_what_is_stored(http, tree):
    bucket, _ = tree
    _, document = page(http, bucket, 2, prefix="dir/a", max_keys=1)
    item = document.find(NAMESPACE + "Contents")
    head = http.call("HEAD", f"/{bucket}/dir/a")
    assert item.findtext(NAMESPACE + "Size") == str(len("dir/a"))
    assert item.findtext(NAMESPACE + "ETag") == head.headers["etag"]
    assert item.findtext(NAMESPACE + "StorageClass") == "STANDARD"
    stamp = item.findtext(NAMESPACE + "LastModified")
    assert len(stamp) == len("2006-01-02T15:04:05.000Z") and stamp.endswith("Z") and stamp[19] == "."


def test_the_owner_is_shown_when_it_is_asked_for_and_always_in_version_1(http, tree):
    bucket, _ = tree
    path = f"{NAMESPACE}Contents/{NAMESPACE}Owner/{NAMESPACE}ID"
    assert page(http, bucket, 2, max_keys=1)[1].findtext(path) is None
    assert page(http, bucket, 2, max_keys=1, fetch_owner="true")[1].findtext(path)
    assert page(http, bucket, 1, max_keys=1)[1].findtext(path)


def test_what_was_asked_is_echoed(http, tree):
    bucket, _ = tree
    _, document = page(http, bucket, 2, prefix="dir", delimiter="/", start_after="a", max_keys=3, encoding_type="url")
    shown = {child.tag[len(NAMESPACE):]: child.text for child in document}
    assert (shown["Name"], shown["Prefix"], shown["Delimiter"], shown["StartAfter"], shown["MaxKeys"],
            shown["EncodingType"]) == (bucket, "dir", "/", "a", "3", "url")
    _, document = page(http, bucket, 1)
    shown = {child.tag[len(NAMESPACE):]: child.text or "" for child in document}
    assert (shown["Prefix"], shown["Marker"], shown["MaxKeys"]) == ("", "", "1000")
    assert not {"Delimiter", "EncodingType", "NextMarker"} & set(shown)


def test_the_encoding_keeps_slashes_and_escapes_the_rest(http):
    bucket = http.bucket()
    http.call("PUT", f"/{bucket}/{quote('a b/c+d%ü')}", body=b"")
    answer = http.call("GET", f"/{bucket}?list-type=2&encoding-type=url")
    key = answer.find("Contents/Key")
    assert unquote_plus(key) == "a b/c+d%ü"
    assert "/" in key and " " not in key and "%2B" in key and "%25" in key and "%C3%BC" in key


def test_a_control_character_survives_the_url_encoding(http):
    bucket = http.bucket()
    assert http.call("PUT", f"/{bucket}/a%01b", body=b"").status == 200
    assert http.call("GET", f"/{bucket}?list-type=2&encoding-type=url").find("Contents/Key") == "a%01b"


def test_an_empty_page_is_not_truncated(http, tree):
    bucket, _ = tree
    for version in (1, 2):
        entries, document = page(http, bucket, version, max_keys=0)
        assert (entries, document.findtext(NAMESPACE + "IsTruncated")) == ([], "false")


def test_more_than_a_thousand_keys_is_a_thousand(http, tree):
    bucket, _ = tree
    _, document = page(http, bucket, 2, max_keys=100_000)
    assert document.findtext(NAMESPACE + "MaxKeys") in ("1000", "100000")


@pytest.mark.parametrize("query", (
    "max-keys=-1", "max-keys=many", "encoding-type=base64", "list-type=2&continuation-token=",
    "list-type=2&continuation-token=nonsense%21", "list-type=2&max-keys=99999999999999999999"))
def test_arguments_that_make_no_sense_are_refused(http, tree, query):
    bucket, _ = tree
    answer = http.call("GET", f"/{bucket}?{query}")
    assert (answer.status, answer.code) == (400, "InvalidArgument"), answer


def test_a_token_wins_over_start_after(http, tree):
    bucket, keys = tree
    _, document = page(http, bucket, 2, max_keys=5, start_after="a")
    token = document.findtext(NAMESPACE + "NextContinuationToken")
    entries, document = page(http, bucket, 2, max_keys=5, start_after="zzz", continuation_token=token)
    assert entries == model(keys, "", "", "a")[5:10]
    assert document.findtext(NAMESPACE + "ContinuationToken") == token


def test_pages_go_on_while_keys_are_deleted_and_added(http):
    bucket = http.bucket()
    for number in range(30):
        http.call("PUT", f"/{bucket}/{number:02}", body=b"", keep=True)
    _, document = page(http, bucket, 2, max_keys=10)
    for number in range(5, 15):
        http.call("DELETE", f"/{bucket}/{number:02}", keep=True)
    http.call("PUT", f"/{bucket}/09x", body=b"", keep=True)
    token = document.findtext(NAMESPACE + "NextContinuationToken")
    entries, _ = page(http, bucket, 2, max_keys=100, continuation_token=token)
    assert [text for _, text in entries] == ["09x"] + [f"{number:02}" for number in range(15, 30)]


def test_a_thousand_keys_under_one_prefix_fold_into_one(http):
    bucket = http.bucket()

    def put(number):
        assert http.call("PUT", f"/{bucket}/many/{number:05}", body=b"", keep=True).status == 200

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, range(1050)))
    http.call("PUT", f"/{bucket}/z", body=b"")
    assert page(http, bucket, 2, delimiter="/")[0] == [("prefix", "many/"), ("key", "z")]
    found, pages = walk(http, bucket, 2, 1000)
    assert pages == 2 and [text for _, text in found] == [f"many/{number:05}" for number in range(1050)] + ["z"]


def test_a_missing_bucket_cannot_be_listed(http):
    for query in ("", "?list-type=2"):
        answer = http.call("GET", f"/no-such-bucket{query}")
        assert (answer.status, answer.code) == (404, "NoSuchBucket")


def test_buckets_are_listed_by_name_with_their_owner(http):
    names = [http.bucket() for _ in range(3)]
    answer = http.call("GET", "/?max-buckets=1000")
    listed = answer.find_all("Buckets/Bucket/Name")
    assert listed == sorted(listed) and set(names) <= set(listed)
    assert answer.find("Owner/ID") and answer.find("Buckets/Bucket/CreationDate").endswith("Z")


def test_buckets_are_listed_in_pages(http):
    names = [f"paged-{number:02}" for number in range(7)]
    for name in names:
        assert http.call("PUT", f"/{name}").status == 200
    found, token = [], ""
    while token is not None:
        answer = http.call("GET", f"/?prefix=paged-&max-buckets=3{token and f'&continuation-token={token}'}")
        found += answer.find_all("Buckets/Bucket/Name")
        assert answer.find("Prefix") == "paged-" and set(answer.find_all("Buckets/Bucket/BucketRegion")) == {"us-east-1"}
        token = answer.find("ContinuationToken")
    assert found == names
    assert http.call("GET", "/?prefix=paged-&bucket-region=eu-west-1").find_all("Buckets/Bucket/Name") == []
    for query in ("max-buckets=0", "max-buckets=10001", "max-buckets=x", "continuation-token=", "continuation-token=!"):
        answer = http.call("GET", f"/?{query}")
        assert (answer.status, answer.code) == (400, "InvalidArgument"), (query, answer)
    assert http.call("DELETE", f"/{names[3]}").status == 204
    assert http.call("GET", "/?prefix=paged-").find_all("Buckets/Bucket/Name") == names[:3] + names[4:]


@pytest.mark.parametrize("marker", ("dir/", "dir/x", "dir/zzz"))
def test_a_prefix_that_begins_the_marker_is_not_shown_again(http, marker):
    name = http.bucket()
    for key in ("dir/a", "dir/z", "e"):
        http.call("PUT", f"/{name}/{key}", body=b"x")
    answer = http.call("GET", f"/{name}?delimiter=/&marker={marker}")
    assert (answer.find_all("CommonPrefixes/Prefix"), answer.find_all("Contents/Key")) == ([], ["e"]), answer
