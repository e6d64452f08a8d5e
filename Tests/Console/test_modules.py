"""The page's own modules, imported in Chromium, and rules for its sources."""

import json
import re

import pytest

from console import ASSETS


@pytest.fixture
def page(browser, server):
    return browser.without_session(server)


def test_sizes_and_times(page):
    assert page.module("lib/format.js", "[0, 1023, 1024, 1048575, 1048576, 1.2e12].map(m.bytes)") == ["0 B", "1023 B", "1.0 KiB", "1.0 MiB", "1.0 MiB", "1.1 TiB"]
    assert page.module("lib/format.js", "[m.number(12408), m.number(null), m.duration(45), m.duration(3600 * 5), m.percent(1, 3)]") == ["12\u202f408", "–", "45 s", "5 h 0 min", "33 %"]
    now = "new Date(2026, 10, 30, 18, 0)"
    assert page.module("lib/format.js", f"[m.when(new Date(2026, 10, 30, 16, 37), {now}), m.when(new Date(2026, 10, 29, 9, 5), {now}), m.when(new Date(2026, 10, 27), {now}), m.when(new Date(2026, 4, 2), {now}), m.when(new Date(2024, 4, 2), {now})]") == [
        "Today 16:37", "Yesterday 09:05", "3 d ago", "May 2", "May 2, 2024"]
    assert page.module("lib/format.js", r"m.visible('a\u202Eb\u0000\u{E0041}é')") == "a‹U+202E›b‹U+0000›‹U+E0041›é"
    assert page.module("lib/format.js", "['a/b/c', 'a/b/', 'c', '/'].map(m.lastPart)") == ["c", "b/", "c", "/"]


def test_addresses(page):
    odd = "a//b/../%2F?#&+ é\u202e"
    back = page.module("lib/router.js", f"(() => {{ const r = m.parse(m.href(['buckets', 'x', 'objects'], {{prefix: {json.dumps(odd)}}})); return [r.path, r.query.get('prefix')]; }})()")
    assert back == [["buckets", "x", "objects"], odd]


def test_transfers(page):
    assert page.module("lib/transfer.js", "[m.partSizeFor(1), m.partSizeFor(200 * m.MIB), m.partSizeFor(201 * m.MIB), m.partSizeFor(2 ** 30), m.partSizeFor(5 * 2 ** 40), m.partSizeFor(5 * 2 ** 40) * 10000 >= 5 * 2 ** 40]") == [5 << 20, 5 << 20, 6 << 20, 16 << 20, 583 << 20, True]
    assert page.module("lib/queue.js", "[m.numbered('a/b.tar', 2), m.numbered('a.b/c', 3), m.numbered('.profile', 2)]") == ["a/b (2).tar", "a.b/c (3)", ".profile (2)"]
    assert page.module("lib/unfinished.js", "m.crc32c(new TextEncoder().encode('123456789')).toString(16)") == "e3069283"


SOURCES = sorted(ASSETS.rglob("*.js"))


@pytest.mark.parametrize("pattern", (r"\.(inner|outer)HTML\b", r"insertAdjacentHTML", r"document\.write", r"\beval\(", r"new Function", r"\son\w+=\"", r"\sstyle=\"", r"https?://(?!www\.w3\.org/|app\.example\.net)"))
def test_the_sources_have_no(pattern):
    assert [f"{path.name}: {line.strip()[:80]}" for path in [*SOURCES, *ASSETS.glob("*.html")] for line in path.read_text().splitlines() if re.search(pattern, line)] == []


def test_files_are_short():
    assert {path.name: n for path in [*SOURCES, *ASSETS.rglob("*.css")] if (n := len(path.read_text().splitlines())) > 300} == {}


def test_every_text_is_there_and_used():
    texts = set(re.findall(r'"([\w.-]+)":', (ASSETS / "texts" / "en.js").read_text()))
    code = "\n".join(path.read_text() for path in SOURCES if path.parent.name != "texts")
    used = set(re.findall(r'"([a-z][\w-]*\.[\w.-]+)"', code))
    families = set(re.findall(r"`((?:[\w-]+\.)+)\$\{", code))
    called = set(re.findall(r'\bt\(\s*"([\w.-]+)"', code))
    assert called - texts == set()
    assert {text for text in texts - used if not any(text.startswith(family) for family in families)} == set()


def test_no_word_stands_in_the_code():
    """Texts are in texts/en.js: a string of two words or more in the other files is a sentence that nobody can translate."""
    found = []
    for path in SOURCES:
        if path.parent.name == "texts":
            continue
        for n, line in enumerate(path.read_text().splitlines(), 1):
            code = re.sub(r"^\s*(//|\*|/\*).*|\s//\s.*$", "", line)
            found += [f"{path.name}:{n}: {text}" for text in re.findall(r'"([A-Z][a-z]+ [a-z]+[^"]*)"', code)]
    assert found == []


def test_icons_that_are_used_exist():
    have = set(re.findall(r'<symbol id="([\w-]+)"', (ASSETS / "icons.svg").read_text()))
    used = {name for path in SOURCES for name in re.findall(r'\bicon\("([\w-]+)"|\bicon: "([\w-]+)"', path.read_text()) for name in name if name}
    assert used - have == set()
