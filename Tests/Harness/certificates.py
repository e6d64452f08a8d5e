"""A certificate authority of the tests' own, and the certificates directory of a server that it has signed for."""

import subprocess
from pathlib import Path


class Certificates:
    """`directory` has the layout that the server reads (public.crt, private.key); `authority` is what clients trust."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True)
        self.home = self.directory.parent / (self.directory.name + "-authority")
        self.home.mkdir()
        self.authority = self.home / "authority.crt"
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                      "-keyout", "authority.key", "-out", "authority.crt", "-days", "30", "-subj", "/CN=Test authority",
                      "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        self.issue()

    def issue(self):
        """Writes a new key and certificate for 127.0.0.1 and localhost, and returns the certificate's PEM text."""
        (self.home / "names.cnf").write_text(
            "subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:*.localhost\nbasicConstraints=CA:FALSE\n"
            "extendedKeyUsage=serverAuth\n")
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                      "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", "/CN=localhost")
        self._openssl("x509", "-req", "-in", "leaf.csr", "-CA", "authority.crt", "-CAkey", "authority.key",
                      "-CAcreateserial", "-days", "30", "-extfile", "names.cnf", "-out", "leaf.crt")
        (self.directory / "private.key").write_bytes((self.home / "leaf.key").read_bytes())
        (self.directory / "private.key").chmod(0o600)
        (self.directory / "public.crt").write_bytes((self.home / "leaf.crt").read_bytes())
        return (self.home / "leaf.crt").read_text()

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.home, check=True, capture_output=True)
