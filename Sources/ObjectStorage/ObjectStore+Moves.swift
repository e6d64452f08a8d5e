extension ObjectStore {
    /// Stores a version that shares the bytes of another key's newest version, and removes that one or hides it behind a delete
    /// marker, as the bucket's versioning has it; in one transaction.
    ///
    /// Both are of one bucket. With an outcome other than `moved` the files of its annotations wait for their rows again.
    /// Throws `noSuchBucket`, `noSuchDataKey`, `diskFull`, and `quotaExceeded` where the source keeps its bytes.
    package func move(
        _ new: NewVersion, expecting expectation: Expectation = .none, from source: MoveSource
    ) async throws(StorageError) -> MoveOutcome {
        let columns = source.version.columns
        precondition(
            new.columns.bucket == columns.bucket && !new.columns.key.utf8.elementsEqual(columns.key.utf8),
            "a version moves to another key")
        precondition(source.marker.map { $0.columns.key == columns.key } ?? true, "another key's marker")
        precondition(new.columns.body == new.body.kind && new.columns.blob == new.body.blob, "columns and body differ")
        if case .file = new.body { preconditionFailure("a version that moves brings no bytes") }
        let result = try await commitClaiming(
            new.files, bytes: try await prepareRows(of: new), .move(new, expectation, from: source))
        guard case .move(let outcome) = result else { preconditionFailure("a move has the outcome of one") }
        return outcome
    }

    /// Puts a version and its annotations under another data key, with records that were sealed for that: their bodies and
    /// other columns stay.
    ///
    /// Says which record is there when it is not the version's any more, or when the version has other annotations; none when
    /// there is no such version. The data key is inserted in the same transaction, unless it is there.
    /// - Parameter annotations: all that the version has, in the order of their rows' keys.
    package func rekey(
        _ version: RekeyedVersion, annotations: [RekeyedVersion] = [], under dataKey: DataKeyRow
    ) async throws(StorageError) -> SwapOutcome {
        try space.admitRows(Int64(annotations.reduce(version.sealed.count) { $0 + $1.sealed.count }))
        return try await swap(.rekey(version, annotations: annotations, under: dataKey))
    }
}
