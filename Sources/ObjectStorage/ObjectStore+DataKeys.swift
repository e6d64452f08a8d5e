extension ObjectStore {
    /// Stores a wrapped data key, under a number from ``nextDataKeyID()``; nothing changes when it is stored already.
    ///
    /// Throws `noSuchDataKey` when another key has the number.
    package func insertDataKey(_ row: DataKeyRow) async throws(StorageError) {
        try space.admitRows(Int64(row.wrapped.count + row.context.count))
        _ = try await committer.commit(.insertDataKey(row))
    }

    /// From memory as a rule; the rows of the last few thousand keys are kept there.
    package func dataKeyAtHand(_ id: DataKeyID) throws(StorageError) -> DataKeyRow? {
        try dataKeyRows.row(id, asOf: dataKeyRows.generation) { () throws(StorageError) in
            try catalogue.readers.read { session throws(StorageError) in try session.dataKey(id) }
        }
    }

    package func dataKey(_ id: DataKeyID) async throws(StorageError) -> DataKeyRow? {
        try dataKeyAtHand(id)
    }

    /// Up to `limit` data keys behind `id`, by identifier; from the first one when there is no `id`.
    package func dataKeys(after id: DataKeyID?, limit: Int) async throws(StorageError) -> [DataKeyRow] {
        try await scan { session throws(StorageError) in try session.dataKeys(after: id, limit: limit) }
    }

    /// The keys of the key service that wrap data keys, by name: one seek in an index each.
    ///
    /// A damaged name may be any text, with replacement characters for what is none.
    package func kmsKeyNames() async throws(StorageError) -> [String] {
        try await scan { session throws(StorageError) in
            try session.kmsKeyNames().map { String(decoding: $0, as: UTF8.self) }
        }
    }

    /// Puts another wrapping of the same data key in place, with its KMS key and context.
    ///
    /// False, with nothing changed, when the stored wrapped bytes are no longer `wrapped`.
    package func replaceDataKey(_ row: DataKeyRow, replacing wrapped: [UInt8]) async throws(StorageError) -> Bool {
        try await found(.replaceDataKey(row, replacing: wrapped))
    }

    /// Ends the sharing of some hundred keys at most, in one transaction: no object begins to use them any more.
    ///
    /// The row of each goes when nothing refers to it, but not before an hour has passed, because uploads under way may
    /// have it.
    package func retireDataKeys(_ ids: [DataKeyID]) async throws(StorageError) {
        _ = try await committer.commit(.retireDataKeys(ids, now: time.wallMilliseconds))
    }

    func found(_ mutation: Mutation) async throws(StorageError) -> Bool {
        guard case .found(let isFound) = try await committer.commit(mutation) else {
            preconditionFailure("a change of what may be missing says whether it was there")
        }
        return isFound
    }
}
