#!/usr/bin/env python3
"""Writes assets.c: each file of the console's page, by its name. To be run when a file was added or removed."""

import re
from pathlib import Path

HERE = Path(__file__).resolve().parent
ASSETS = HERE.parent / "Console/Assets"


def source():
    names = sorted(str(path.relative_to(ASSETS)) for path in ASSETS.rglob("*") if path.is_file())
    lines = ['#include "CConsoleAssets.h"', "",
             "// Each file of Sources/Console/Assets, as list.py writes it: a test holds the two against each other.",
             '#pragma clang diagnostic ignored "-Wc23-extensions"', ""]
    for name in names:
        lines += [f"static const uint8_t {identifier(name)}[] = {{", f'#embed "../Console/Assets/{name}"', "};"]
    lines += ["", "#define ASSET(name, bytes) {name, bytes, sizeof bytes}", "", "static const coffer_asset assets[] = {"]
    lines += [f'    ASSET("{name}", {identifier(name)}),' for name in names]
    lines += ["};", "", "const size_t coffer_console_asset_count = sizeof assets / sizeof *assets;", "",
              "coffer_asset coffer_console_asset(size_t index) { return assets[index]; }", ""]
    return "\n".join(lines)


def identifier(name):
    return re.sub(r"\W", "_", name)


if __name__ == "__main__":
    (HERE / "assets.c").write_text(source())
