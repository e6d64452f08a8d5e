"""The S3 operations that the sources name, for the tests that must forget none of them."""

import re
from pathlib import Path

SERVICE = Path(__file__).resolve().parents[2] / "Sources/S3Service"


def operations_of_the_table():
    """Every operation of the S3 table with whether it is performed, and not only recognised and refused."""
    table = (SERVICE / "Routing/OperationTable.swift").read_text().split("let operations", 1)[1].split("\n    ]", 1)[0]
    refused = {path.stem for path in (SERVICE / "Operations").glob("*.swift") if ": RefusedOperation" in path.read_text()}
    return {name: name not in refused for name in re.findall(r"\b([A-Z]\w+)\.self", table)}


def is_performed(name):
    return operations_of_the_table().get(name, False)
