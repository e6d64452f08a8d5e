"""Runs `coffer-kes` as a client, with nothing in its environment but what a test puts there."""

import os
import pty
import re
import select
import subprocess
import time

from kes import binary

SECONDS = 30


class Result:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def __repr__(self):
        return f"{self.status}\n{self.out}\n{self.err}"


class CLI:
    """The command with nothing in its environment but what a test puts there."""

    def __init__(self, server, directory, api_key=None):
        self.server, self.directory = server, directory
        self.environment = {"PATH": os.environ.get("PATH", "")}
        if server:
            self.environment |= {"MINIO_KES_SERVER": f"127.0.0.1:{server.port}", "MINIO_KES_API_KEY": api_key,
                                 "SSL_CERT_FILE": str(server.certificate.certificate)}

    def with_environment(self, **variables):
        changed = CLI(None, self.directory)
        merged = {**self.environment, **variables}
        changed.environment = {name: value for name, value in merged.items() if value is not None}
        return changed

    def __call__(self, *arguments):
        finished = subprocess.run([binary(), *arguments], cwd=self.directory, env=self.environment, text=True,
                                  stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS)
        return Result(finished.returncode, finished.stdout, finished.stderr)

    def good(self, *arguments):
        result = self(*arguments)
        assert result.status == 0 and result.err == "", result
        return result.out

    def bad(self, *arguments):
        result = self(*arguments)
        assert result.status == 1 and result.out == "" and result.err.startswith("Error: "), result
        assert result.err.endswith("\n") and result.err.count("\n") == 1, result
        return result.err[len("Error: "):-1]

    def process(self, *arguments):
        return subprocess.Popen([binary(), *arguments], cwd=self.directory, env=self.environment, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def on_terminal(self, *arguments):
        """What a person sees, with plain line feeds."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.directory)
            os.execve(binary(), [binary(), *arguments], self.environment)
        shown, deadline = b"", time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            if select.select([terminal], [], [], 0.1)[0]:
                try:
                    piece = os.read(terminal, 4096)
                except OSError:
                    break
                if not piece:
                    break
                shown += piece
        _, status = os.waitpid(pid, 0)
        os.close(terminal)
        assert os.waitstatus_to_exitcode(status) == 0, shown
        return shown.decode().replace("\r\n", "\n")


def findings(result):
    """What the doctor found, by its steps, and what it says to change."""
    steps = re.findall(r"^  [✓✗?] (\w.{17}) (.*)$", result.out, re.MULTILINE)
    return dict(steps), re.findall(r"^    → (.*)$", result.out, re.MULTILINE)
