"""The root key stores that tests run over: what `keystore:` says of each, and what stands in for its service.

A store is a class with `name`, `section` (the lines below `keystore:`, indented by two spaces), `environment` (variables
of the key server), `stand_in` (a StandIn, or None), `values()` (what it holds: the stored text of each key by its name) and,
with a stand-in, `is_key_call(request)` (whether a request is about keys rather than about tokens or health) and
`calls_per_read` (how many of those it takes to read a key); `local_calls` names those of list and delete that it does by
itself, if it has such. One with `rotates = False` refuses to rotate keys; a real service, which has no stand-in, can
`leave()` and `come_back()`. It is made with a directory of its own and ended with `close()`.
"""

from openbao import OpenBaoStore, OpenBaoStoreV1, OpenBaoStoreWithTransit
from store_aws import KMSStore, SecretsManagerStore
from store_azure import AzureKeysStore, AzureKeyVaultStore
from store_entrust import EntrustStore
from store_fortanix import FortanixStore
from store_gcp import GCPStore
from store_gemalto import GemaltoStore
from store_pkcs11 import PKCS11Store
from store_sealed import SealedStore
from store_vault import VaultStore, VaultStoreV1, VaultStoreWithTransit


class FileStore:
    """A directory of files, as the key server's own tests use it."""

    name = "fs"
    stand_in = None

    def __init__(self, directory):
        self.directory = directory / "keys"
        self.section = f"  fs:\n    path: {self.directory}\n"
        self.environment = {}

    def values(self):
        return {file.name: file.read_text() for file in self.directory.iterdir() if not file.name.startswith(".")}

    def close(self):
        pass


STORES = {store.name: store for store in (
    FileStore, SealedStore, PKCS11Store, VaultStore, VaultStoreV1, VaultStoreWithTransit, SecretsManagerStore, KMSStore,
    AzureKeyVaultStore, AzureKeysStore, GCPStore, FortanixStore, GemaltoStore, EntrustStore, OpenBaoStore, OpenBaoStoreV1,
    OpenBaoStoreWithTransit)}
