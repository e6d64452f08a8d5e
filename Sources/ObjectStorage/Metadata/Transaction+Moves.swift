/// Changes that leave a version's bytes where they are: it gets another key, or another data key.
extension Transaction {
    /// Stores a version that has the bytes of another key's newest version, and removes that one.
    func move(
        _ new: NewVersion, _ expectation: Expectation, from source: StoredVersion
    ) throws(StorageError) -> MoveOutcome {
        let columns = source.columns
        let versioning = try requireBucket(columns.bucket)
        // A version that moves away would be lost to a bucket that keeps them.
        guard versioning == .unversioned else { return .refused(.versioningChanged(versioning)) }
        // Before anything is written: what is answered instead of thrown is not taken back.
        guard let found = try newestVersion(columns.bucket, columns.key),
            found.stored.columns.version == columns.version, found.stored.sealed == source.sealed
        else { return .sourceChanged }
        // They belong to the version that goes.
        if try session.hasAnnotations(columns.bucket, columns.version) { return .annotated }
        switch try put(new, expectation, mayExceedQuota: true) {
        case .stored: break
        case .changed(let current): return .refused(.changed(current: current))
        case .staleOrder(let newest): return .refused(.staleOrder(newest: newest))
        case .versioningChanged(let versioning): return .refused(.versioningChanged(versioning))
        }
        try remove(found, isNewest: true)
        return .moved
    }

    /// Puts a version under another data key, with the sealed record that goes with it.
    ///
    /// `changed` without bytes when there is no such version.
    func rekey(
        _ version: StoredVersion, under dataKey: DataKeyRow, _ sealed: [UInt8]
    ) throws(StorageError) -> SwapOutcome {
        let columns = version.columns
        try requireBucket(columns.bucket)
        let newest = try newestVersion(columns.bucket, columns.key)
        guard let found = try select(.id(columns.version), columns.bucket, columns.key, newest: newest) else {
            return .changed(current: nil)
        }
        guard found.stored.sealed == version.sealed else { return .changed(current: found.stored.sealed) }
        try useDataKey(dataKey.id, row: dataKey)
        removeReference(found.stored.columns.dataKey)
        try run(
            "UPDATE versions SET sealed = ?, data_key = ? WHERE id = ?", .blob(sealed), .integer(dataKey.id.rawValue),
            .integer(found.row))
        return .swapped
    }
}
