"""SoftHSM 2 as the hardware security module of the key server, behind a module that can be made to fail."""

import functools
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from preload import compile_library

PIN = "246813"
MODULES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so")


@functools.cache
def softhsm_module():
    found = next((path for path in MODULES if Path(path).exists()), None)
    assert found, "SoftHSM is missing; deploy/test installs it (Debian package softhsm2)"
    return found


@functools.cache
def faulty_module():
    """The module in front of SoftHSM's."""
    return compile_library("pkcs11_faults", tempfile.mkdtemp(prefix="pkcs11-"))


class SoftToken:
    """A token of its own, with a label and a user PIN."""

    def __init__(self, directory, label="coffer", *, faulty=True):
        directory.mkdir(parents=True, exist_ok=True)
        self.directory, self.label = directory, label
        self.calls_file, self.fault_file = directory / "calls", directory / "fault"
        (directory / "tokens").mkdir()
        configuration = directory / "softhsm2.conf"
        configuration.write_text(
            f"directories.tokendir = {directory / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n")
        self.module = faulty_module() if faulty else softhsm_module()
        self.environment = {
            "SOFTHSM2_CONF": str(configuration), "SOFTHSM_MODULE": softhsm_module(),
            "PKCS11_CALLS": str(self.calls_file), "PKCS11_FAULT": str(self.fault_file)}
        self.pin = directory / "pin"
        self.pin.write_text(PIN + "\n")
        self.pin.chmod(0o600)
        self.initialise(label)

    def run(self, *command):
        subprocess.run(command, env={**os.environ, **self.environment}, check=True, capture_output=True, timeout=60)

    def initialise(self, label):
        self.run("softhsm2-util", "--init-token", "--free", "--label", label, "--pin", PIN, "--so-pin", "97531864")

    def put_key(self, label, value, *, encrypts=True, wraps=False):
        """An AES key of these 32 bytes; in a process of its own, since a module is initialised once for each."""
        script = ("import ctypes, sys; library, pin, label, value, encrypts, wraps = sys.argv[1:]; "
                  "sys.exit(ctypes.CDLL(library).put_key(pin.encode(), label.encode(), bytes.fromhex(value), "
                  "int(encrypts), int(wraps)))")
        self.run(sys.executable, "-c", script, str(faulty_module()), PIN, label, value.hex(), str(int(encrypts)),
                 str(int(wraps)))

    # --- what the module was asked, and what it fails at

    def asked(self, function):
        return self.calls_file.read_text().split().count(function) if self.calls_file.exists() else 0

    def fail(self, function, what, count=1):
        temporary = self.fault_file.with_suffix(".new")
        temporary.write_text(f"{function} {what} {count}\n")
        temporary.rename(self.fault_file)

    def heal(self):
        self.fault_file.unlink(missing_ok=True)


class PKCS11Store:
    """Files whose keys a token has wrapped."""

    name = "pkcs11"
    stand_in = None

    def __init__(self, directory, *, key="wrapping", pin=None, **usage):
        self.directory = directory / "keys"
        self.token = SoftToken(directory / "token")
        self.wrapping_key = bytes(range(100, 132))
        self.token.put_key("wrapping", self.wrapping_key, **usage)
        self.environment = self.token.environment
        self.configure(key=key, pin=pin)

    def configure(self, *, token=None, key="wrapping", pin=None, module=None):
        self.section = (
            f"  pkcs11:\n    path: {self.directory}\n    module: {module or self.token.module}\n"
            f"    {token or f'token: {self.token.label}'}\n    pin: {pin or f'{{file: {self.token.pin}}}'}\n"
            f"    key: {key}\n")

    def values(self):
        return {file.name: file.read_text() for file in self.directory.iterdir() if not file.name.startswith(".")}

    def close(self):
        pass
