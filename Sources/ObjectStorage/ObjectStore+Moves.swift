extension ObjectStore {
    /// Stores a version that shares the bytes of another key's newest version, and removes that one, in one transaction.
    ///
    /// Both are of one bucket. Throws `noSuchBucket`, `noSuchDataKey`, `diskFull`.
    package func move(
        _ new: NewVersion, expecting expectation: Expectation = .none, from source: StoredVersion
    ) async throws(StorageError) -> MoveOutcome {
        precondition(
            new.columns.bucket == source.columns.bucket
                && !new.columns.key.utf8.elementsEqual(source.columns.key.utf8), "a version moves to another key")
        precondition(new.columns.body == new.body.kind && new.columns.blob == new.body.blob, "columns and body differ")
        switch new.body {
        case .inline(let bytes): try space.admitRows(Int64(bytes.count + new.sealed.count))
        case .none, .sharedFile: try space.admitRows(Int64(new.sealed.count))
        case .sharedParts(let source, let manifest):
            try space.admitRows(Int64(manifest.count + new.sealed.count))
            try await moveFileList(of: source)
        case .file: preconditionFailure("a version that moves brings no bytes")
        }
        guard case .move(let outcome) = try await committer.commit(.move(new, expectation, from: source)) else {
            preconditionFailure("a move has the outcome of one")
        }
        return outcome
    }

    /// Puts a version under another data key, with a record that was sealed for that: its body and other columns stay.
    ///
    /// Says which record is there if it is not the version's any more; none when there is no such version. The data key is
    /// inserted in the same transaction, unless it is there.
    package func rekey(
        _ version: StoredVersion, under dataKey: DataKeyRow, sealed: [UInt8]
    ) async throws(StorageError) -> SwapOutcome {
        try space.admitRows(Int64(sealed.count))
        return try await swap(.rekey(version, under: dataKey, sealed: sealed))
    }
}
