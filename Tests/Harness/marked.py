"""Every secret that a test uses is marked on its way to a server, and nothing that a server says afterwards may have it.

Marked are what signs requests, customers' keys, session tokens, and what goes into and comes out of the key server; looked at
are logs (of each server when it ends), refusals, pages of metrics, and what comes to webhooks and collectors.
"""

import json
import re

# Shorter ones stand in texts by chance.
SHORTEST = 12

_marks = set()
_secret_headers = re.compile(r"(customer-key|security-token|x-minio-.*secret)$", re.IGNORECASE)
_secret_members = {"plaintext", "key", "message", "secretKey", "password"}


def mark(*texts):
    # Nor is one that says nothing: some tests' secrets are one letter again and again.
    _marks.update(text for text in texts if isinstance(text, str) and len(text) >= SHORTEST and len(set(text)) > 2)


def mark_headers(headers):
    """Those of headers' values that are secrets."""
    mark(*(value.decode("latin-1") if isinstance(value, bytes) else value for name, value in headers if _secret_headers.search(name)))


def mark_members(document):
    """Those of a JSON document's values that are secrets, as far as it is one."""
    try:
        value = json.loads(document)
    except (ValueError, TypeError, RecursionError):
        return
    for one in value if isinstance(value, list) else [value]:
        if isinstance(one, dict):
            mark(*(text for name, text in one.items() if name in _secret_members))


def assert_none_in(text, where, *, but=()):
    """`but` are secrets that it may show, as the one that a server has drawn for its operator."""
    text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    found = [mark for mark in _marks if mark in text and mark not in but]
    # The secret itself stays out of the test's own report.
    assert not found, f"{len(found)} secrets that tests use stand in {where}: lengths {sorted(map(len, found))}"
