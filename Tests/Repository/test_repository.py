"""What every change must leave as it found it: sizes, arrows, words, links. Reads only files that git tracks."""

import re
import runpy
import subprocess
from pathlib import Path

import faults
import operations
import pytest

ROOT = Path(__file__).resolve().parents[2]
LONGEST_FILE = 600

# The levels of the architecture: an arrow goes down, never sideways and never up.
LEVELS = {
    "CCurl": 0, "CConsoleAssets": 0, "CLinux": 0, "COpenSSL": 0, "CPKCS11": 0, "CSQLite": 0, "CWipingHeap": 0,
    "JSON": 0, "Notation": 0, "Systemd": 0, "Threading": 0,
    "Cryptography": 1, "HTTPClient": 1, "ObjectStorage": 1,
    "AccessPolicy": 2, "Certificates": 2, "HTTPServer": 2, "KeyManagement": 2, "RequestSigning": 2,
    "Encryption": 3, "KESProtocol": 3, "MinIODrive": 3, "S3Protocol": 3,
    "KESClient": 4, "KeyStores": 4, "S3Client": 4, "SealedStorage": 4,
    "Accounts": 5, "Maintenance": 5, "Notifications": 5, "Requests": 5,
    "AdminService": 6, "Audit": 6, "Console": 6, "KESService": 6, "Metrics": 6, "OpenTelemetry": 6, "S3Service": 6, "STSService": 6,
    "coffer": 7, "coffer-bench": 7, "coffer-kes": 7,
}
# Who may import a library that others must not know of. The benchmark also measures some of them by themselves.
IMPORTERS = {
    "COpenSSL": {"Certificates", "Cryptography"}, "CCurl": {"HTTPClient"}, "CSQLite": {"ObjectStorage"}, "Yams": {"KESService"},
    "CPKCS11": {"KeyStores"}, "CWipingHeap": {"coffer-kes"},
    "NIOHTTP2": {"HTTPServer"},
    "GRDB": {"ObjectStorage", "coffer-bench"}, "GRDBSQLite": {"ObjectStorage", "coffer-bench"},
    "SQLite3": set(), "NIOHTTP1": {"HTTPServer", "coffer-bench"}, "NIOPosix": {"HTTPServer", "coffer-bench"},
    "NIOSSL": {"HTTPServer", "coffer-bench"}, "NIOCore": {"AdminService", "Console", "HTTPServer", "KESService", "Maintenance", "Metrics", "Requests", "S3Service", "STSService", "SealedStorage", "coffer", "coffer-bench",
                "coffer-kes"},
    "ArgumentParser": {"coffer", "coffer-bench", "coffer-kes"},
}


def tracked(pattern=""):
    listed = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
    paths = (ROOT / name.decode() for name in listed.stdout.split(b"\0") if name)
    return sorted(path for path in paths if path.is_file() and re.search(pattern, str(path.relative_to(ROOT))))


def shown(path, number=None):
    return str(path.relative_to(ROOT)) + (f":{number}" if number else "")


def lines_with(paths, pattern):
    expression = re.compile(pattern)
    return [shown(path, number) + ": " + line.strip() for path in paths
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1) if expression.search(line)]


def sources():
    return tracked(r"^Sources/.*\.(swift|c|h)$")


def imports(path):
    return set(re.findall(r"^(?:@\w+ )?(?:package |public |internal |private |fileprivate )?import (?:\w+ )?([A-Za-z0-9_]+)",
                          path.read_text(), re.MULTILINE))


def test_there_is_something_to_look_at():
    assert len(sources()) > 50 and len(tracked(r"^Tests/.*\.swift$")) > 5


def test_no_file_is_too_long():
    lengths = {shown(path): len(path.read_text().splitlines()) for path in sources()}
    assert {name: length for name, length in lengths.items() if length > LONGEST_FILE} == {}


def test_arrows_only_go_down():
    wrong = []
    for path in tracked(r"^Sources/.*\.swift$"):
        module = path.relative_to(ROOT).parts[1]
        assert module in LEVELS, f"{module} has no level; the architecture must say where it stands"
        wrong += [f"{shown(path)} imports {name}" for name in imports(path)
                  if name in LEVELS and LEVELS[name] >= LEVELS[module]]
    assert wrong == []


@pytest.mark.parametrize("library", IMPORTERS)
def test_a_library_has_one_importer(library):
    wrong = [shown(path) for path in tracked(r"^Sources/.*\.swift$")
             if library in imports(path) and path.relative_to(ROOT).parts[1] not in IMPORTERS[library]]
    assert wrong == []


def test_the_package_declares_no_other_arrows():
    """The manifest's dependencies of a module are below it, too."""
    manifest = (ROOT / "Package.swift").read_text()
    wrong = []
    for name, declared in re.findall(r'module\(\s*"(\w+)",\s*\[([^\]]*)\]', manifest):
        wrong += [f"{name} depends on {other}" for other in re.findall(r'"(\w+)"', declared)
                  if LEVELS[other] >= LEVELS[name]]
    assert wrong == []


@pytest.mark.parametrize("what, where, pattern", (
    ("unfinished work", r"\.(swift|c|h|py|md)$|^deploy/|^\.ci/", r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b"),
    ("a promise instead of code", r"\.swift$", r"not (yet )?implemented\"\)|fatalError\(\"not"),
    ("tests that look inside", r"\.swift$", r"@test" + r"able"),
    ("a cast or a try that traps", r"^Sources/.*\.swift$", r"\btry!|\bas! "),
    # What Threading and Notation have is public where others call it for each byte or with their own types: the compiler
    # specialises and inlines that alone.
    ("public interface", r"^Sources/(?!Threading/|Notation/).*\.swift$", r"^\s*(public|open) (?!import)"),
    ("a place on one machine", r"", r"(?<![\w.])/(wo" + r"rk|tm" + r"p)/\w|/ro" + r"ot/|/home/\w"),
    ("how the work was organised", r"", r"(?i)contracts\.m" + r"d|\bissue #?\d|issues sho" + r"w|this sessi" + r"on|working pap" + r"er"),
    ("a package registry's host", r"", r"(?i)pyp" + r"i\.org|pythonhos" + r"ted\.org|crates\.i" + r"o\b|npm" + r"js\.(org|com)"),
), ids=lambda value: value if " " in value and len(value) < 40 else "")
def test_nothing_tracked_holds(what, where, pattern):
    paths = [path for path in tracked(where) if path.suffix not in {".png", ".bin"} and path.name != "LICENSE"]
    assert lines_with(paths, pattern) == [], what


def test_the_hosts_of_this_machines_package_index_are_nowhere():
    found = subprocess.run(["python3", "-m", "pip", "config", "list"], capture_output=True, text=True)
    for host in set(re.findall(r"https?://(?:[^/@\s]*@)?([\w.-]+)", found.stdout)):
        assert lines_with(tracked(), re.escape(host)) == []


@pytest.mark.parametrize("name", ("coffer.service", "coffer-kes.service", "run"))
def test_what_is_shipped_prints_no_memory_after_a_crash(name):
    """A backtrace shows registers and memory, where keys and plaintext can be."""
    assert re.search(r"^(Environment=|export )SWIFT_BACKTRACE=enable=no$", (ROOT / "deploy" / name).read_text(), re.MULTILINE)


@pytest.mark.parametrize("module", sorted({path.relative_to(ROOT).parts[1] for path in tracked(r"^Sources/.*\.docc/")}))
def test_a_catalogue_has_a_front_page(module):
    page = ROOT / "Sources" / module / f"{module}.docc" / f"{module}.md"
    assert page.is_file()
    assert page.read_text().startswith(f"# ``{module}``\n")


def test_the_modules_with_formats_have_their_articles():
    for article in ("Encryption/Encryption.docc/PackageFormat", "Encryption/Encryption.docc/KeyHierarchy",
                    "Encryption/Encryption.docc/ThreatModel", "ObjectStorage/ObjectStorage.docc/OnDiskLayout",
                    "ObjectStorage/ObjectStorage.docc/Durability", "ObjectStorage/ObjectStorage.docc/Schema"):
        assert (ROOT / "Sources" / f"{article}.md").is_file(), article


def test_articles_refer_to_articles_that_exist():
    wrong = []
    for page in tracked(r"\.docc/.*\.md$"):
        catalogue = next(parent for parent in page.parents if parent.suffix == ".docc")
        names = {path.stem for path in catalogue.rglob("*.md")}
        wrong += [f"{shown(page)}: {name}" for name in re.findall(r"<doc:([\w-]+)>", page.read_text()) if name not in names]
    assert wrong == []


def test_links_of_the_readme_resolve():
    readme = ROOT / "README.md"
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", readme.read_text())
    assert links
    broken = [link for link in links if not re.match(r"[a-z]+:", link) and not (ROOT / link).exists()]
    assert broken == []


def operations_of_the_readme():
    """The names in README's table of what is supported; `Get/PutX` is two of them."""
    text = (ROOT / "README.md").read_text()
    rows = text.split("## What is supported", 1)[1].split("\n## ", 1)[0].split("| Encryption |", 1)[0]
    verbs = "Abort|Complete|Copy|Create|Delete|ForceDelete|Get|Head|List|Listen|Post|Put|Rename|Update|Upload"
    names = set()
    for first, others, rest in re.findall(rf"\b({verbs})((?:/(?:{verbs}))*)([A-Z]\w+)", rows):
        names |= {verb + rest for verb in [first, *others.split("/")[1:]]}
    return names


def test_the_readme_names_every_operation_and_no_other():
    assert len(operations.performed()) > 20
    assert operations_of_the_readme() == operations.performed()


def test_every_operation_has_a_file_of_its_own():
    files = {path.stem for path in (ROOT / "Sources/S3Service/Operations").glob("*.swift")}
    assert [name for name in operations.of_the_table() if name not in files] == []


def test_what_is_built_or_stored_is_not_tracked():
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert ".build/" in ignored and "data/drive/" in ignored
    assert tracked(r"^\.build|^data/drive/|__pycache__|\.pyc$") == []


def test_the_whole_page_of_the_console_is_in_the_program():
    """Where it is not, `Sources/CConsoleAssets/list.py` has to be run."""
    place = ROOT / "Sources/CConsoleAssets"
    listed = runpy.run_path(str(place / "list.py"))["source"]()
    assert (place / "assets.c").read_text() == listed


@pytest.mark.parametrize("name", ("deploy/run", "deploy/test", "deploy/fuzz", ".ci/run"))
def test_scripts_are_careful_and_executable(name):
    path = ROOT / name
    text = path.read_text()
    assert text.startswith("#!/usr/bin/env bash\n") and "\nset -euo pipefail\n" in text
    assert path.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", path]).returncode == 0


def test_requirements_are_pinned():
    requirements = (ROOT / "Tests/EndToEnd/requirements.txt").read_text().splitlines()
    loose = [line for line in requirements if line and not line.startswith("#") and not re.fullmatch(r"[\w.-]+==[\w.]+", line)]
    assert loose == []


def test_python_files_compile():
    for path in tracked(r"\.py$"):
        compile(path.read_text(), str(path), "exec")


def test_every_variable_that_is_read_is_a_known_one():
    """A variable that is not is called one without effect in the log, and cannot be set by `coffer admin config`."""
    folder = ROOT / "Sources" / "coffer"
    declared = "".join((folder / "Configuration" / name).read_text().split(mark, 1)[1] for name, mark in
                       (("Environment.swift", "static let ownNames"), ("IdentityVariables.swift", "static let names")))
    known = set(re.findall(r'"([A-Z0-9_]+)"', declared))
    asking = [path.read_text() for path in tracked(r"^Sources/coffer/.*\.swift$")]
    read = {name for text in asking for name in
            re.findall(r'\.(?:value|secret|key|isOn|duration|count|number)\(\s*"([A-Z][A-Z0-9_]+)"', text)}
    assert read - known == set()
    elsewhere = "".join(text for text in asking if "enum KnownVariables" not in text)
    unread = {name for name in known if not any(
        f'"{spelling}"' in elsewhere for spelling in (name, name.removesuffix("_FILE")))}
    # The first is read before the others; the second is for scripts that start servers.
    assert unread == {"CONFIG_ENV_FILE", "OPTS"}


# --- what can fail, and what the articles say of it


DURABILITY = ROOT / "Sources" / "ObjectStorage" / "ObjectStorage.docc" / "Durability.md"


def tables(page, *heading):
    """The rows below each heading of these columns, as lists of cells."""
    rows, found = [], False
    for line in page.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if cells[:len(heading)] == list(heading):
            found = True
        elif found and cells and not set(line) <= set("|- "):
            rows.append(cells)
        elif line and not cells:
            found = False
    return rows


def test_the_crash_points_of_the_article_are_those_of_the_code():
    code = (ROOT / "Sources" / "ObjectStorage" / "StoreOptions.swift").read_text()
    points = set(re.findall(r"^    case (\w+)$", code.split("enum FaultPoint")[1], re.MULTILINE))
    named = {name for row in tables(DURABILITY, "Operation, gap", "Fault point") for name in re.findall(r"`(\w+)`", row[1])}
    passed = set()
    for path in tracked(r"^Sources/ObjectStorage/.*\.swift$"):
        passed |= set(re.findall(r"(?:[hH]ook\?\(|then: )\.(\w+)\)", path.read_text()))
    assert len(points) > 10
    assert named == points == passed, "the article, the enumeration, the places where they are passed"
    tried = "".join(path.read_text() for path in tracked(r"^Tests/ObjectStorageTests/.*\.swift$"))
    assert {point for point in points if f".{point}" not in tried} == set(), "no test is at this point"


def test_the_articles_name_the_calls_that_can_fail():
    named = [re.fullmatch(r"`(\w+)`", row[0]).group(1) for row in tables(DURABILITY, "What", "What a failure means, other than want of room")]
    assert sorted(named) == sorted(faults.KINDS + faults.STEPS)
    text = DURABILITY.read_text().split("## Calls that fail")[1].split("| What |")[0]
    assert set(faults.CALLS) <= set(re.findall(r"`(\w+)`", text))
    backups = tables(ROOT / "Sources" / "Maintenance" / "Maintenance.docc" / "Backups.md", "Where", "Points")
    named = {name for row in backups for name in re.findall(r"`([\w.]+)`", row[1])}
    assert len(backups) == 5 and named <= set(faults.POINTS), named - set(faults.POINTS)


def test_every_call_by_which_the_store_changes_its_drive_is_a_point():
    """A call that the preloaded library does not know would never fail in a test."""
    known = set(re.findall(r"^(?:int|ssize_t) (\w+)\(", faults.SOURCE, re.MULTILINE))
    changing = {"open", "creat", "openat", "write", "pwrite", "writev", "pwritev", "pwritev2", "ftruncate", "truncate", "fallocate",
                "posix_fallocate", "fsync", "fdatasync", "syncfs", "sync_file_range", "rename", "renameat", "renameat2", "link",
                "linkat", "unlink", "unlinkat", "mkdir", "mkdirat", "rmdir", "copy_file_range", "sendfile", "splice"}
    called = set()
    for path in tracked(r"^Sources/(ObjectStorage|Maintenance(?!/Export/))/.*\.swift$|^Sources/CLinux/files?\.c$"):
        code = re.sub(r"//.*", "", path.read_text())
        called |= {name for name in re.findall(r"(?<![\w.])(?:Glibc\.)?(\w+)\(", code) if name in changing}
    assert called - known == set()
    assert {"pwrite", "fdatasync", "fsync", "unlink", "rename"} <= called
