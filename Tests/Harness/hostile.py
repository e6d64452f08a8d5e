"""Strings that break pages: markup, templates, controls, marks of direction, odd paths."""

PAYLOADS = [
    "<script>window.broken=1</script>", "<img src=x onerror=window.broken=1>", "\"><svg onload=window.broken=1>", "'><b>bold</b>",
    "javascript:window.broken=1", "{{constructor.constructor('window.broken=1')()}}", "${window.broken=1}", "`window.broken=1`", "<!--", "-->", "]]>",
    "&lt;b&gt;", "&#60;", "<iframe srcdoc='<script>parent.broken=1</script>'>", "<a href=javascript:window.broken=1>x</a>", "<style>*{display:none}</style>", "</textarea><script>window.broken=1</script>",
    "</title><script>window.broken=1</script>", "<math><mi//xlink:href='data:x,<script>window.broken=1</script>'>", "<base href=//evil.test/>", "<meta http-equiv=refresh content=0;url=//evil.test>", "<form action=//evil.test><input name=x>",
    "a\u202egnp.exe", "a\u2066b\u2069c", "a\u2067b", "zero\u200bwidth", "zero\u200djoiner", "\ufeffmark", "soft\u00adhyphen", "line\u2028separator", "tag\U000e0041",
    "a\tb", "a\nb", "a\rb", "bell\u0007", "\u007fdelete", "\u0085next", "quote\"quote", "quote'quote", "back\\slash", "per%00cent", "per%2e%2e%2fcent", "plus+plus", "question?mark=1&b=2", "hash#hash", "semi;colon", "a//b", "a/./b", "dot.", "...", " leading", "trailing ",
    "constructor", "__proto__", "hasOwnProperty", "toString", "null", "undefined", "NaN", "true", "-1", "0", "CON", "NUL.txt", "é́́", "日本語", "العربية", "👩‍👩‍👧‍👦", "ﷺ", "x" * 200,
]


def shown(text):
    """As the page must draw it: what is unseen in words."""
    unseen = [(0x00, 0x1f), (0x7f, 0x9f), (0xad, 0xad), (0x200b, 0x200f), (0x2028, 0x202e), (0x2060, 0x206f), (0xfe00, 0xfe0f), (0xfeff, 0xfeff), (0xe0000, 0xe0fff)]
    return "".join(f"‹U+{ord(c):04X}›" if any(low <= ord(c) <= high for low, high in unseen) else c for c in text)
