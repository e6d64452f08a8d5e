"""Runs `coffer verify`, `backup` and `restore` as an operator does, and reads what they tell."""

import json
import os
import subprocess

import server as harness

WHOLE, BROKEN_OFF, DAMAGED, UNOPENED, LEFTOVERS = 0, 1, 2, 3, 4


class Told:
    """What a verification told at its end."""

    def __init__(self, finished):
        self.status, self.out, self.err = finished.returncode, finished.stdout, finished.stderr
        self.document = json.loads(self.out) if self.out.startswith("{") else {}

    def __repr__(self):
        return f"{self.status}\n{self.out}\n{self.err}"

    @property
    def report(self):
        return self.document["report"]

    @property
    def findings(self):
        return self.report["findings"]

    def about(self, key):
        return [finding for finding in self.findings if finding.get("key") == key]

    def kinds(self):
        return sorted({finding["kind"] for finding in self.findings})


def environment(server, **more):
    """What the server was started with, as its unit has it."""
    keyring = {"COFFER_KEYRING": str(server.keyring)} if server.keyring else {}
    return server.process_environment() | keyring | {name: value for name, value in more.items() if value is not None}


def command(server, *arguments, timeout=120, **more):
    return subprocess.run([harness.binary(), *map(str, arguments)], env=environment(server, **more), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=timeout)


def process(server, *arguments, **more):
    return subprocess.Popen([harness.binary(), *map(str, arguments)], env=environment(server, **more), stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def verify(server, *arguments, target=None, **more):
    """Of the server's drive, unless another target is named."""
    return Told(command(server, "verify", target or server.drive, "--json", *arguments, **more))


def verify_running(server, *arguments, **more):
    trust = ("--ca", server.authority) if server.tls else ()
    return verify(server, *trust, *arguments, target=server.endpoint, **more)
