"""The article on advisories names tests: they are there."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
ARTICLE = TESTS.parent / "Sources/Encryption/Encryption.docc/Advisories.md"


def named():
    return sorted(set(re.findall(r"\| `([^`]+)` \|$", ARTICLE.read_text(), re.MULTILINE)))


def test_the_article_has_its_rows():
    rows = [line for line in ARTICLE.read_text().splitlines() if re.match(r"\| (CVE|GHSA|\(class)", line)]
    assert len(rows) > 70 and all(line.count("|") == 6 for line in rows)


@pytest.mark.parametrize("test", named())
def test_a_test_that_is_named_is_there(test):
    if "::" in test:
        file, function = test.split("::")
        assert re.search(rf"^def {function}\(", (TESTS / file).read_text(), re.MULTILINE)
    else:
        target, name = test.split(": ", 1)
        assert any(f"func `{name}`" in path.read_text() for path in (TESTS / target).rglob("*.swift"))
