"""`coffer-kes`: the conventions of its command line, and identities made and shown, on a terminal and off it."""

import os
import pty
import re
import select
import stat
import subprocess
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from server import binary

KEY = "kes:v1:AAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
IDENTITY = "a050837d85070582ccf7394b0988847cc312cb88259b894899f6f239cf1791a5"
SECONDS = 30


def kes():
    return os.environ.get("COFFER_KES_BINARY") or str(Path(binary()).with_name("coffer-kes"))


class Answer:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err


@pytest.fixture
def run(tmp_path):
    """Runs the command with pipes for all three streams."""
    def run(*arguments, environment=None):
        finished = subprocess.run([kes(), *arguments], cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True,
                                  text=True, timeout=SECONDS, env=environment)
        return Answer(finished.returncode, finished.stdout, finished.stderr)
    return run


@pytest.fixture
def on_terminal(tmp_path):
    """Runs the command on a terminal of its own and answers its prompts; what it showed has plain line feeds."""
    def run(*arguments, answers=()):
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(tmp_path)
            os.execv(kes(), [kes(), *arguments])
        shown, waiting, deadline = b"", list(answers), time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            if not select.select([terminal], [], [], 0.1)[0]:
                continue
            try:
                piece = os.read(terminal, 4096)
            except OSError:
                break
            if not piece:
                break
            shown += piece
            if waiting and shown.endswith(b"key: "):
                os.write(terminal, waiting.pop(0).encode() + b"\r")
        os.close(terminal)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        assert not waiting, shown
        return Answer(status, shown.decode().replace("\r\n", "\n"), "")
    return run


def openssl(*arguments, cwd):
    return subprocess.run(["openssl", *arguments], cwd=cwd, capture_output=True, check=True, text=True).stdout


# --- conventions

@pytest.mark.parametrize("arguments", ((), ("--help",), ("-h",), ("identity", "--help"), ("identity", "new", "--help")))
def test_help_goes_to_standard_error_and_ends_with_2(run, arguments):
    answer = run(*arguments)
    assert answer.status == 2 and answer.out == ""
    assert "USAGE" in answer.err


@pytest.mark.parametrize("flag", ("-v", "--version"))
def test_the_version_has_four_lines(run, flag):
    answer = run(flag)
    assert answer.status == 0 and answer.err == ""
    lines = answer.out.splitlines()
    assert [line.split()[0] for line in lines] == ["Version", "Runtime", "License", "Copyright"]
    assert re.fullmatch(r"Version    \d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ +commit=\w+", lines[0])
    assert re.search(r" linux/(amd64|arm64) +compiler=", lines[1])


@pytest.mark.parametrize("arguments, text", (
    (("foo",), "\"foo\" is not a coffer-kes command. See 'coffer-kes --help'"),
    (("init", "x"), "\"init\" is not a coffer-kes command. See 'coffer-kes --help'"),
    (("--foo",), "unknown flag: --foo. See 'coffer-kes --help'"),
    (("identity", "--foo"), "unknown flag: --foo. See 'coffer-kes identity --help'"),
    (("identity", "new", "--foo"), "unknown flag: --foo. See 'coffer-kes identity new --help'"),
    (("identity", "new", "--foo=bar"), "unknown flag: --foo. See 'coffer-kes identity new --help'"),
    (("identity", "new", "-x"), "unknown shorthand flag: 'x' in -x. See 'coffer-kes identity new --help'"),
    (("identity", "a", "b"), "too many arguments. See 'coffer-kes identity --help'"),
    (("identity", "of", "a", "b"), "too many arguments. See 'coffer-kes identity of --help'"),
    (("identity", "new", "a", "b"), "too many arguments. See 'coffer-kes identity new --help'"),
    (("identity", "new", "--expiry"), "flag needs an argument: --expiry"),
))
def test_mistakes_are_one_line_and_end_with_1(run, arguments, text):
    answer = run(*arguments)
    assert (answer.status, answer.out, answer.err) == (1, "", f"Error: {text}\n")


def test_the_name_it_was_started_by_is_the_name_it_uses(tmp_path):
    (tmp_path / "kes").symlink_to(kes())
    finished = subprocess.run([tmp_path / "kes", "foo"], capture_output=True, text=True, timeout=SECONDS)
    assert finished.stderr == "Error: \"foo\" is not a kes command. See 'kes --help'\n"


# --- identity

def test_a_new_key_off_a_terminal_is_bare(run):
    keys = [run("identity") for _ in range(2)]
    for key in keys:
        assert key.status == 0 and key.err == ""
        assert re.fullmatch(r"kes:v1:[0-9A-Za-z+/]{44}", key.out)
    assert keys[0].out != keys[1].out


@pytest.mark.parametrize("command", (("identity",), ("identity", "of")))
def test_the_identity_of_a_key(run, on_terminal, command):
    answer = run(*command, KEY)
    assert (answer.status, answer.out, answer.err) == (0, IDENTITY, "")
    assert on_terminal(*command, KEY).out == f"Identity:\n\n   {IDENTITY}\n"


def test_a_new_key_on_a_terminal_is_explained(run, on_terminal):
    for command in (("identity",), ("identity", "new")):
        answer = on_terminal(*command)
        assert answer.status == 0
        key = re.search(r"^   (kes:v1:\S+)$", answer.out, re.MULTILINE).group(1)
        identity = re.search(r"^   ([0-9a-f]{64})$", answer.out, re.MULTILINE).group(1)
        assert run("identity", "of", key).out == identity
    answer = run("identity", "new")
    assert answer.status == 0 and len(re.findall(r"^   (?:kes:v1:\S+|[0-9a-f]{64})$", answer.out, re.MULTILINE)) == 2


@pytest.mark.parametrize("key, text", (
    ("kes:v1:AAAA", "invalid API key: wrong length"), ("kes:v1:!", "invalid API key: not base64"),
    ("kes:v1:AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f", "invalid API key: unsupported type"),
    (KEY.removeprefix("kes:v1:"), None), ("nowhere.pem", "open nowhere.pem: no such file or directory"),
))
def test_what_is_no_key(run, key, text):
    answer = run("identity", "of", key)
    assert answer.status == 1 and answer.out == ""
    text = text or f"open {key}: no such file or directory"
    assert answer.err == f"Error: {text}\n"


# --- completion

@pytest.mark.parametrize("shell, file, syntax", (
    ("bash", ".local/share/bash-completion/completions/coffer-kes", ("bash", "-n")),
    ("fish", ".config/fish/completions/coffer-kes.fish", None), ("zsh", ".local/share/zsh/site-functions/_coffer-kes", None),
))
def test_completion_is_installed(run, tmp_path, shell, file, syntax):
    answer = run("--auto-completion", environment={"SHELL": f"/usr/bin/{shell}", "HOME": str(tmp_path)})
    assert answer.status == 0 and answer.out.startswith(f"{tmp_path / file} is written")
    text = (tmp_path / file).read_text()
    assert "doctor" in text and "coffer-kes" in text
    if syntax:
        subprocess.run([*syntax, tmp_path / file], check=True)


def test_no_completion_for_other_shells(run, tmp_path):
    answer = run("--auto-completion", environment={"SHELL": "/bin/tcsh", "HOME": str(tmp_path)})
    assert (answer.status, answer.err) == (1, "Error: auto-completion for 'tcsh' is not available\n")


def test_the_prefix_may_be_missing_where_a_key_is_likely(run):
    assert run("identity", KEY.removeprefix("kes:v1:")).out == IDENTITY


# --- identity new, with files

def test_files_are_written(run, tmp_path):
    before = datetime.now(timezone.utc).replace(microsecond=0)
    answer = run("identity", "new", "--key", "a.key", "--cert=a.crt", "--ip", "127.0.0.1,::1", "--ip=192.0.2.1",
                 "--dns", "localhost", "--dns", "a.example,b.example", "--expiry", "48h", "somebody")
    assert answer.status == 0 and answer.err == ""
    assert stat.S_IMODE((tmp_path / "a.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "a.crt").stat().st_mode) == 0o644
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.crt", "a.key"]
    identity = run("identity", "of", "a.crt").out
    assert re.fullmatch("[0-9a-f]{64}", identity) and f"\nYour Identity:\n\n   {identity}\n" in answer.out
    key = re.match(r"Your API key:\n\n   (kes:v1:\S+)\n", answer.out).group(1)
    assert run("identity", "of", key).out == identity and run("identity", "a.key").out == key
    text = openssl("x509", "-in", "a.crt", "-noout", "-text", cwd=tmp_path)
    assert "Subject: CN = somebody\n" in text
    assert "DNS:localhost, DNS:a.example, DNS:b.example, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, " \
           "IP Address:192.0.2.1" in text
    assert "TLS Web Client Authentication, TLS Web Server Authentication" in text
    end = re.search(r"Expires: +(\S+ \S+) UTC", answer.out).group(1)
    end = datetime.strptime(end, "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc)
    assert timedelta(0) <= end - before - timedelta(hours=48) < timedelta(minutes=5)
    assert end.strftime("notAfter=%b %e %H:%M:%S %Y GMT") in openssl(
        "x509", "-in", "a.crt", "-noout", "-enddate", cwd=tmp_path)
    # Any certificate's identity is the digest of its public key.
    public = subprocess.run("openssl pkey -in a.key -pubout -outform DER | sha256sum", cwd=tmp_path, shell=True,
                            capture_output=True, text=True, check=True).stdout
    assert public.startswith(identity)


def test_without_more_it_is_its_own_name_for_30_days(run, tmp_path):
    assert run("identity", "new", "--key", "a.key", "--cert", "a.crt").status == 0
    identity = run("identity", "of", "a.crt").out
    text = openssl("x509", "-in", "a.crt", "-noout", "-text", cwd=tmp_path)
    assert f"Subject: CN = {identity}\n" in text and "Alternative Name" not in text
    key = run("identity", "a.key").out
    assert key.startswith("kes:v1:") and run("identity", "of", key).out == identity
    assert run("identity", "a.crt").out == identity
    openssl("x509", "-in", "a.crt", "-noout", "-checkend", str(30 * 86400 - 600), cwd=tmp_path)
    with pytest.raises(subprocess.CalledProcessError):
        openssl("x509", "-in", "a.crt", "-noout", "-checkend", str(30 * 86400 + 600), cwd=tmp_path)


def test_files_are_kept_unless_forced(run, tmp_path):
    files = ("--key", "a.key", "--cert", "a.crt")
    assert run("identity", "new", *files).status == 0
    key, certificate = (tmp_path / "a.key").read_bytes(), (tmp_path / "a.crt").read_bytes()
    answer = run("identity", "new", *files)
    assert (answer.status, answer.err) == (1, "Error: private key already exists. Use --force to overwrite it\n")
    answer = run("identity", "new", "--key", "b.key", "--cert", "a.crt")
    assert (answer.status, answer.err) == (1, "Error: certificate already exists. Use --force to overwrite it\n")
    assert (tmp_path / "a.key").read_bytes() == key and (tmp_path / "a.crt").read_bytes() == certificate
    (tmp_path / "a.key").chmod(0o644)
    for force in ("-f", "--force"):
        assert run("identity", "new", *files, force).status == 0
    assert (tmp_path / "a.key").read_bytes() != key
    assert stat.S_IMODE((tmp_path / "a.key").stat().st_mode) == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.crt", "a.key"]


def test_a_failure_leaves_nothing_behind(run, tmp_path):
    answer = run("identity", "new", "--key", "a.key", "--cert", "nowhere/a.crt")
    assert (answer.status, answer.err) == (1, "Error: open nowhere/a.crt: no such file or directory\n")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments, text", (
    (("--ip", "1.2.3.4"), "'--ip' requires a private key and certificate file. Set the '--cert' and '--key' flag"),
    (("--dns", "a"), "'--dns' requires a private key and certificate file. Set the '--cert' and '--key' flag"),
    (("--expiry", "1h"), "'--expiry' requires a private key and certificate file. Set the '--cert' and '--key' flag"),
    (("--encrypt",), "'--encrypt' requires a private key and certificate file. Set the '--cert' and '--key' flag"),
    (("-f",), "'--force' requires a private key and certificate file. Set the '--cert' and '--key' flag"),
    (("--key", "k"), "private key file specified but no certificate file. Set the '--cert' flag"),
    (("--cert", "c"), "certificate file specified but no private key file. Set the '--key' flag"),
    (("--key", "k", "--cert", "c", "--expiry", "3d"),
     'invalid argument "3d" for "--expiry" flag: time: unknown unit "d" in duration "3d"'),
    (("--key", "k", "--cert", "c", "--expiry", "0"), "'--expiry' must be at least one second"),
    (("--key", "k", "--cert", "c", "--ip", "localhost"),
     "failed to create certificate: 'localhost' cannot be a name in a certificate"),
))
def test_flags_that_do_not_fit(run, tmp_path, arguments, text):
    answer = run("identity", "new", *arguments)
    assert (answer.status, answer.out, answer.err) == (1, "", f"Error: {text}\n")
    assert list(tmp_path.iterdir()) == []


def test_only_certificates_are_in_a_file_of_certificates(run, tmp_path):
    assert run("identity", "new", "--key", "a.key", "--cert", "a.crt").status == 0
    answer = run("identity", "of", "a.key")
    text = "failed to parse certificate in 'a.key': https: unsupported PEM data block"
    assert (answer.status, answer.out, answer.err) == (1, "", f"Error: {text}\n")


def test_only_ed25519_keys_are_api_keys(run, tmp_path):
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "ec.key", cwd=tmp_path)
    answer = run("identity", "ec.key")
    assert answer.status == 1 and "not an Ed25519 key" in answer.err


# --- passwords

def test_a_key_is_encrypted_under_a_password(on_terminal, run, tmp_path):
    answer = on_terminal("identity", "new", "--key", "a.key", "--cert", "a.crt", "--encrypt",
                         answers=("correct horse", "correct horse"))
    assert answer.status == 0, answer.out
    assert "Enter password for private key:" in answer.out and "Confirm password for private key:" in answer.out
    assert "horse" not in answer.out and "kes:v1:" not in answer.out
    assert f"Your Identity:\n\n   {run('identity', 'of', 'a.crt').out}\n" in answer.out
    text = (tmp_path / "a.key").read_text()
    assert text.startswith("-----BEGIN PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,")
    openssl("pkey", "-in", "a.key", "-passin", "pass:correct horse", "-noout", cwd=tmp_path)
    with pytest.raises(subprocess.CalledProcessError):
        openssl("pkey", "-in", "a.key", "-passin", "pass:wrong", "-noout", cwd=tmp_path)
    answer = on_terminal("identity", "a.key", answers=("correct horsx\x7fe",))
    key = re.search(r"kes:v1:\S+", answer.out).group(0)
    assert run("identity", "of", key).out == run("identity", "of", "a.crt").out
    answer = on_terminal("identity", "a.key", answers=("wrong",))
    assert answer.status == 1 and answer.out.endswith("Error: incorrect password\n")


@pytest.mark.parametrize("answers", (("one", "two"), ("",), ("a\x03",)))
def test_no_file_without_a_confirmed_password(on_terminal, tmp_path, answers):
    answer = on_terminal("identity", "new", "--key", "a.key", "--cert", "a.crt", "--encrypt", answers=answers)
    assert answer.status == 1 and "Error: " in answer.out
    assert list(tmp_path.iterdir()) == []


def test_without_a_terminal_there_is_no_password(tmp_path):
    finished = subprocess.run([kes(), "identity", "new", "--key", "a", "--cert", "b", "--encrypt"], cwd=tmp_path,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, start_new_session=True,
                              timeout=SECONDS)
    assert finished.returncode == 1
    assert finished.stderr == "Error: cannot ask for the password: there is no terminal\n"
    assert list(tmp_path.iterdir()) == []


# --- former spellings

def test_former_commands_still_work(run, tmp_path):
    answer = run("tool", "identity", "new", "--server", "--time", "24h")
    assert answer.status == 0
    assert answer.err == "WARNING: 'tool identity new' is deprecated. Use 'identity new' instead.\n"
    assert {path.name for path in tmp_path.iterdir()} == {"private.key", "public.crt"}
    with pytest.raises(subprocess.CalledProcessError):
        openssl("x509", "-in", "public.crt", "-noout", "-checkend", str(86400 + 600), cwd=tmp_path)
    answer = run("tool", "identity", "of", "public.crt")
    assert answer.status == 0 and answer.out == run("identity", "of", "public.crt").out
    assert answer.err == "WARNING: 'tool identity of' is deprecated. Use 'identity of' instead.\n"


@pytest.mark.parametrize("old, new", ((("key", "derive"), "key dek"), (("key", "list"), "key ls"),
                                      (("key", "delete"), "key rm"), (("log", "trace"), "log")))
def test_former_client_commands_are_named_anew(run, old, new):
    assert run(*old).err.startswith(f"WARNING: '{' '.join(old)}' is deprecated. Use '{new}' instead.\n")
