"""The S3 operations that the server performs, as its table says."""

import re
from pathlib import Path

SERVICE = Path(__file__).resolve().parents[2] / "Sources/S3Service"


def of_the_table():
    """Every operation of the S3 table with whether it is performed, and not only recognised and refused."""
    table = (SERVICE / "Routing/OperationTable.swift").read_text().split("let operations", 1)[1].split("\n    ]", 1)[0]
    refused = {path.stem for path in (SERVICE / "Operations").glob("*.swift") if ": RefusedOperation" in path.read_text()}
    return {name: name not in refused for name in re.findall(r"\b([A-Z]\w+)\.self", table)}


def performed():
    return {name for name, is_performed in of_the_table().items() if is_performed}
