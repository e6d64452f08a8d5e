"""The line that everybody reads must not be wrong."""

import pytest

import summary

PASSED, FAILED = '<testcase name="a"/>', '<testcase name="b"><failure message="no"/></testcase>'
BROKEN, SKIPPED = '<testcase name="c"><error/></testcase>', '<testcase name="d"><skipped/></testcase>'


@pytest.mark.parametrize("unit, client, broken, marks, line, status", (
    (PASSED * 2, PASSED, 0, (), "3 passed, 0 failed", 0),
    (PASSED, PASSED + FAILED + BROKEN + SKIPPED, 0, ("pytest",), "2 passed, 2 failed, 1 skipped", 1),
    (PASSED, PASSED, 1, (), "2 passed, 1 failed", 1),
    (PASSED, PASSED, 0, ("unit",), "2 passed, 1 failed", 1),
    (None, None, 1, (), "0 passed, 1 failed", 1),
    (None, PASSED, 0, ("unit",), "1 passed, 1 failed", 1),
    ("", "", 0, (), "0 passed, 0 failed", 1)))
def test_results_are_added_up(tmp_path, capsys, unit, client, broken, marks, line, status):
    for name, cases in (("unit-swift-testing", unit), ("pytest", client)):
        if cases is not None:
            (tmp_path / f"{name}.xml").write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    for name in marks:
        (tmp_path / f"{name}-failed").touch()
    assert summary.main(str(tmp_path), str(broken)) == status
    assert capsys.readouterr().out.splitlines()[-1] == line
