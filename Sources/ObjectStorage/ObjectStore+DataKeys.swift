extension ObjectStore {
    /// Stores a wrapped data key; nothing changes when there is one of that identifier.
    package func insertDataKey(_ row: DataKeyRow) async throws {
        try space.admitRows(Int64(row.wrapped.count + row.context.count))
        try await committer.commit(.grows) { transaction in try transaction.insertDataKey(row) }
    }

    /// From memory as a rule; the rows of the last few thousand keys are kept there.
    package func dataKey(_ id: DataKeyID) throws(StorageError) -> DataKeyRow? {
        try dataKeyRows.row(id) { () throws(StorageError) in
            try catalogue.readers.read { session throws(StorageError) in try session.dataKey(id) }
        }
    }

    /// Up to `limit` data keys behind `id`, by identifier; from the first one when there is no `id`.
    package func dataKeys(after id: DataKeyID?, limit: Int) throws(StorageError) -> [DataKeyRow] {
        try catalogue.readers.read { session throws(StorageError) in try session.dataKeys(after: id, limit: limit) }
    }

    /// How many data keys each key of the key service wraps, by its name.
    package func kmsKeysInUse() throws(StorageError) -> [(kmsKey: String, count: Int)] {
        try catalogue.readers.read { session throws(StorageError) in try session.kmsKeysInUse() }
    }

    /// Puts another wrapping of the same data key in place, with its KMS key and context.
    ///
    /// False, with nothing changed, when the stored wrapped bytes are no longer `wrapped`.
    package func replaceDataKey(_ row: DataKeyRow, replacing wrapped: [UInt8]) async throws -> Bool {
        try await committer.commit(.grows) { transaction in
            try transaction.replaceDataKey(row, replacing: wrapped)
        }
    }

    /// Ends the sharing of a key: no object begins to use it any more.
    ///
    /// Its row goes when nothing refers to it, but not before an hour has passed, because uploads under way may have it.
    package func retireDataKey(_ id: DataKeyID) async throws {
        try await committer.commit(.shrinks) { transaction in
            try transaction.retireDataKey(id, now: wallMilliseconds())
        }
    }
}
