"""A bucket as it was at a time, and made so again."""

import datetime
import time

import pytest

from console_api import console, coffer  # noqa: F401 (fixtures)


def moment():
    """A time between what was before and what comes: listings tell whole seconds or better."""
    time.sleep(1.1)
    text = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    time.sleep(1.1)
    return text


@pytest.fixture(scope="module")
def story(coffer):
    """A bucket with a past: what it was at three times."""
    s3, name = coffer.s3(), coffer.bucket()
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    times = [moment()]
    for key, body in (("a", b"a1"), ("b", b"b1"), ("d/e", b"e1"), ("gone", b"g1")):
        s3.put_object(Bucket=name, Key=key, Body=body, Metadata={"n": "1"})
    times.append(moment())
    s3.put_object(Bucket=name, Key="a", Body=b"a2")
    s3.put_object(Bucket=name, Key="a", Body=b"a3")
    s3.put_object(Bucket=name, Key="c", Body=b"c1")
    s3.delete_object(Bucket=name, Key="gone")
    times.append(moment())
    s3.put_object(Bucket=name, Key="gone", Body=b"g2")
    s3.delete_object(Bucket=name, Key="b")
    s3.put_object(Bucket=name, Key="d/e", Body=b"e2")
    s3.put_object(Bucket=name, Key="d/f", Body=b"f1")
    return name, times


THEN = [{}, {"a": b"a1", "b": b"b1", "d/e": b"e1", "gone": b"g1"}, {"a": b"a3", "b": b"b1", "c": b"c1", "d/e": b"e1"}]


def at(console, bucket, when, **query):
    rows, after = [], None
    while True:
        page = console.do("GET", "objects", {"b": bucket, "at": when, **query, **({"after": after} if after else {})})
        rows += page["objects"]
        after = page.get("next")
        if not after:
            return rows, page["prefixes"]


def now(coffer, bucket):
    s3 = coffer.s3()
    return {entry["Key"]: s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
            for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", [])}


@pytest.mark.parametrize("limit", (1, 2, 1000))
def test_a_bucket_as_it_was(coffer, console, story, limit):
    bucket, times = story
    s3 = coffer.s3()
    for when, then in zip(times, THEN):
        rows, _ = at(console, bucket, when, flat="true", limit=limit)
        assert {row["key"]: s3.get_object(Bucket=bucket, Key=row["key"], VersionId=row["version"])["Body"].read() for row in rows} == then
        assert [row["key"] for row in rows] == sorted(then)
    rows, prefixes = at(console, bucket, times[1])
    assert [row["key"] for row in rows] == ["a", "b", "gone"] and prefixes == ["d/"]
    rows, _ = at(console, bucket, times[2], prefix="d/")
    assert [row["key"] for row in rows] == ["d/e"]


def test_it_is_made_so_again(coffer, console, story):
    bucket, times = story
    before = now(coffer, bucket)

    def restore(**what):
        task = console.do("POST", "tasks", json={"kind": "restore", "bucket": bucket, "at": times[2], **what}, status=202)["task"]
        while (found := next(one for one in console.do("GET", "tasks")["tasks"] if one["id"] == task))["state"] == "running":
            time.sleep(0.02)
        assert found["state"] == "done" and found["failed"] == 0, found

    restore(keys=["b", "none"])
    assert now(coffer, bucket) == {**before, "b": b"b1"}
    restore(prefixes=["d/"])
    assert now(coffer, bucket) == {**{key: body for key, body in before.items() if key != "d/f"}, "b": b"b1", "d/e": b"e1"}
    restore(prefixes=[""])
    assert now(coffer, bucket) == THEN[2]
    # What came after is there still, and what was copied is as it was.
    s3 = coffer.s3()
    assert b"g2" in [s3.get_object(Bucket=bucket, Key="gone", VersionId=version["VersionId"])["Body"].read()
                     for version in s3.list_object_versions(Bucket=bucket, Prefix="gone")["Versions"]]
    assert s3.head_object(Bucket=bucket, Key="b")["Metadata"] == {"n": "1"}
    # What has not changed since was left alone.
    assert len(s3.list_object_versions(Bucket=bucket, Prefix="a")["Versions"]) == 3


def test_what_would_lose_something_is_refused(coffer, console):
    bucket, s3 = coffer.bucket(), coffer.s3()
    s3.put_object(Bucket=bucket, Key="kept", Body=b"x")
    body = {"kind": "restore", "bucket": bucket, "prefixes": [""], "at": "2020-01-01T00:00:00.000Z"}
    assert console.error("POST", "tasks", json=body) == (400, "InvalidRequest")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    assert console.error("POST", "tasks", json=body) == (400, "InvalidRequest")
    assert now(coffer, bucket) == {"kept": b"x"}
    for time_of in ("", "yesterday", "2020-01-01", "2020-01-01T00:00:00Z", "2020-13-01T00:00:00.000Z"):
        assert console.error("POST", "tasks", json={**body, "at": time_of}) == (400, "InvalidRequest")
        if time_of:
            assert console.error("GET", "objects", {"b": bucket, "at": time_of}) == (400, "InvalidRequest")
    assert console.error("POST", "tasks", json={**body, "kind": "delete"}) == (400, "InvalidRequest")
