"""A bucket with very many objects."""

import io
import tarfile
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

AT_ONCE = 32
# Notes how long each frame takes.
FRAMES = "window.frames_ = []; let last = performance.now(); const step = (now) => { frames_.push(now - last); last = now; requestAnimationFrame(step); }; requestAnimationFrame(step)"


def fill(server, bucket, count):
    """Many empty objects by a few archives, which the server unpacks."""
    server.s3().create_bucket(Bucket=bucket)
    step = min(10_000, -(-count // AT_ONCE))

    def one(first):
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for n in range(first, min(count, first + step)):
                tar.addfile(tarfile.TarInfo(f"row-{n:07}"), io.BytesIO())
        return server.call("PUT", f"/{bucket}/archive-{first}.tar", {"X-Amz-Meta-Snowball-Auto-Extract": "true"},
                           archive.getvalue())

    # Side by side, so that many go into one commit.
    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert {answer.status for answer in pool.map(one, range(0, count, step))} == {200}


def scroll(browser, server, bucket, count):
    browser.login(server).open(server, f"#/buckets/{bucket}/objects")
    browser.run(FRAMES)
    def end():
        browser.run("const v = document.querySelector('.grid-view'); v.scrollTop = v.scrollHeight")
        return browser.run(f"return [...document.querySelectorAll('.grid-row:not([hidden]) .name')].some((e) => e.textContent === 'row-{count - 1:07}')")
    browser.wait(end, "the last row")
    # Back to the middle, where pages may have been forgotten.
    browser.run("const v = document.querySelector('.grid-view'); v.scrollTop = v.scrollHeight / 2")
    browser.wait(lambda: browser.run("return document.querySelectorAll('.grid-row:not([hidden]) .name').length > 10 && !document.querySelector('.grid-row:not([hidden]) .placeholder')"))
    assert browser.run("return document.querySelectorAll('.grid *').length") <= 900
    assert browser.run("return document.querySelector('[role=grid]').getAttribute('aria-rowcount')") == str(count + 1)


def test_scrolling_through_ten_thousand(browser, server):
    fill(server, "ten-thousand", 10_000)
    scroll(browser, server, "ten-thousand", 10_000)


@pytest.mark.long
def test_scrolling_through_a_hundred_thousand(browser, server):
    fill(server, "hundred-thousand", 100_000)
    scroll(browser, server, "hundred-thousand", 100_000)


@pytest.mark.long
def test_scrolling_through_a_million(browser, server, figure):
    """The first rows come as fast as in a small bucket; the page holds as many rows, and as much memory, as it did before."""
    fill(server, "million", 1_000_000)
    browser.login(server).open(server, "#/buckets")
    began = time.monotonic()
    browser.open(server, "#/buckets/million/objects")
    browser.wait(lambda: browser.run("return document.querySelector('.grid-row:not([hidden]) .name')?.textContent === 'row-0000000'"))
    figure("first rows, ms", round(1000 * (time.monotonic() - began)))
    browser.run(FRAMES)
    view = "const v = document.querySelector('.grid-view');"
    deadline = time.monotonic() + 900
    while not browser.run(f"{view} v.scrollTop = v.scrollHeight; return [...document.querySelectorAll('.grid-row:not([hidden]) .name')].some((e) => e.textContent === 'row-0999999')"):
        assert time.monotonic() < deadline, "the last row does not come"
        time.sleep(0.02)
    # Over the whole list, where most pages have been forgotten.
    for n in range(101):
        browser.run(f"{view} v.scrollTop = {n} / 100 * (v.scrollHeight - v.clientHeight)")
        time.sleep(0.02)
    browser.run(f"{view} v.scrollTop = v.scrollHeight / 2")
    browser.wait(lambda: browser.run("return document.querySelectorAll('.grid-row:not([hidden]) .name').length > 10 && !document.querySelector('.grid-row:not([hidden]) .placeholder')"))
    frames = sorted(browser.run("return frames_"))
    figure("p95 frame, ms", round(frames[len(frames) * 95 // 100], 1))
    nodes = browser.run("return document.querySelectorAll('.grid *').length")
    heap = browser.heap()
    figure("nodes", nodes)
    figure("heap, MiB", heap >> 20)
    assert nodes <= 900
    assert heap <= 200 << 20
    assert browser.run("return document.querySelector('[role=grid]').getAttribute('aria-rowcount')") == "1000001"
