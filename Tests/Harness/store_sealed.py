"""A directory of keys that are sealed under a passphrase."""

PASSPHRASE = "correct horse battery staple"


class SealedStore:
    name = "fs-sealed"
    stand_in = None

    def __init__(self, directory):
        directory.mkdir(parents=True, exist_ok=True)
        self.directory, self.passphrase = directory / "keys", directory / "passphrase"
        self.passphrase.write_text(PASSPHRASE + "\n")
        self.passphrase.chmod(0o600)
        self.environment = {}
        self.configure()

    def configure(self, more=""):
        """`more`: further settings of the seal, each after a comma."""
        self.section = (
            f"  fs:\n    path: {self.directory}\n    seal: {{passphrase: {{file: {self.passphrase}}}{more}}}\n")

    def values(self):
        return {file.name: file.read_text() for file in self.directory.iterdir() if not file.name.startswith(".")}

    def close(self):
        pass
