"""Adds up the results of a test run: `summary.py DIRECTORY BROKEN-STEPS`. The last line is for people and machines alike."""

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def count(path):
    """(passed, failed, skipped) of one file in JUnit's form."""
    passed = failed = skipped = 0
    for case in ElementTree.parse(path).iter("testcase"):
        kinds = {child.tag for child in case}
        if kinds & {"failure", "error"}:
            failed += 1
            print(f"failed: {case.get('classname', '')} {case.get('name', '')}")
        elif "skipped" in kinds:
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def main(directory, broken):
    totals = [0, int(broken), 0]
    for runner in ("unit", "pytest"):
        counts = [count(path) for path in sorted(Path(directory).glob(f"{runner}*.xml"))]
        for one in counts:
            totals = [total + more for total, more in zip(totals, one)]
        # A runner that failed without naming a failed test crashed, ran out of time, or could not begin.
        if (Path(directory) / f"{runner}-failed").exists() and not any(failed for _, failed, _ in counts):
            print(f"failed: the {runner} tests did not run to their end")
            totals[1] += 1
    passed, failed, skipped = totals
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
