"""The search for secrets finds what is there, and passes over what is not."""

import marked
import pytest


def test_what_was_marked_is_found(monkeypatch):
    monkeypatch.setattr(marked, "_marks", set())
    marked.mark("a-secret-of-some-length", "short", None)
    marked.mark_headers([("x-amz-server-side-encryption-customer-key", b"a2V5LW9mLWEtY3VzdG9tZXI="),
                         ("x-amz-server-side-encryption-customer-key-md5", "not-marked-at-all"), ("Host", "localhost-not-marked")])
    marked.mark_members(b'[{"plaintext": "cGxhaW50ZXh0LW9uZQ==", "context": "not-marked-either"}]')
    marked.mark_members(b"no document")
    marked.assert_none_in(b"short not-marked-at-all localhost-not-marked not-marked-either", "a text")
    for text in ("x a-secret-of-some-length y", b"a2V5LW9mLWEtY3VzdG9tZXI=", "cGxhaW50ZXh0LW9uZQ=="):
        with pytest.raises(AssertionError) as refusal:
            marked.assert_none_in(text, "a log")
        assert "a log" in str(refusal.value) and "a-secret" not in str(refusal.value)
    marked.assert_none_in("a-secret-of-some-length", "what it is shown in", but=("a-secret-of-some-length",))
