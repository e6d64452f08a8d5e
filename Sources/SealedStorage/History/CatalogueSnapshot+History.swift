package import Cryptography
import Encryption
package import ObjectStorage

extension CatalogueSnapshot {
    /// What the rollback evidence of the drive says that it is a copy of; nil of a drive that had none.
    ///
    /// - Throws: `StorageError.rolledBack`.
    package func history(under catalogueKey: SecretKey, anchor: RollbackAnchor?) throws(StorageError) -> History? {
        let found = try history(HistoryKey(RecordSealer(catalogueKey: catalogueKey)), anchor: anchor)
        if found == nil, try CatalogueKey.hasHistory(self) { throw .rolledBack(.headMissing) }
        return found
    }
}

extension RollbackAnchor {
    /// Has the anchor say that the drive has come as far as that, whatever it said before; durable when this returns.
    package func write(_ point: HistoryPoint, under catalogueKey: SecretKey) throws(StorageError) {
        try write(point, HistoryKey(RecordSealer(catalogueKey: catalogueKey)))
    }
}
