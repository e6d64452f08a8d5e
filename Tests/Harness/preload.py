"""Libraries that are preloaded into a server, to see or change what it is told by the system."""

import shutil
import subprocess
from pathlib import Path


def compile_library(name, directory):
    """Compiles NAME.c, which stands beside this file; the library's path."""
    compiler = shutil.which("clang") or shutil.which("cc") or shutil.which("gcc")
    assert compiler, "no C compiler; Swift's toolchain has one: put its directory into PATH"
    library, source = Path(directory) / f"{name}.so", Path(__file__).with_name(f"{name}.c")
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True, timeout=120)
    return library
