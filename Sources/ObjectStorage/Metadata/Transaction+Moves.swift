/// Changes that leave a version's bytes where they are: it gets another key, or another data key.
extension Transaction {
    /// Stores a version that has the bytes of another key's newest version, and removes that one, or hides it.
    func move(
        _ new: NewVersion, _ expectation: Expectation, from source: MoveSource
    ) throws(StorageError) -> MoveOutcome {
        // Before anything is written: what is answered instead of thrown is not taken back.
        let columns = source.version.columns
        let rule = try requireBucket(columns.bucket)
        guard (source.marker == nil) == (rule.versioning == .unversioned),
            source.marker.map({ isFlagged($0.columns, by: rule) }) ?? true
        else { return .refused(.versioningChanged(rule)) }
        guard let found = try newestVersion(columns.bucket, columns.key),
            found.stored.columns.version == columns.version, found.stored.sealed == source.version.sealed,
            try session.annotations(columns.bucket, columns.version) == source.annotations
        else { return .sourceChanged }
        if let marker = source.marker, isStale(marker.columns, above: found) {
            return .refused(.staleOrder(newest: found.stored.columns.order))
        }
        // What the marker replaces goes, with as many bytes as come.
        let isReplaced = source.marker.map { $0.columns.flags.contains(.nullVersion) && found.isNull } ?? true
        let outcome = try put(new, expectation, mayExceedQuota: isReplaced)
        guard outcome == .stored else { return .refused(outcome) }
        guard let marker = source.marker else {
            try remove(found, isNewest: true)
            return .moved
        }
        guard try put(marker, .none) == .stored else {
            throw .database("a marker was refused that was looked at before")
        }
        return .moved
    }

    /// Puts a version under another data key, with the sealed record that goes with it, and all of its annotations with
    /// theirs: there are a thousand at most.
    ///
    /// `changed` without bytes when there is no such version; with those that are there when its record or an annotation is
    /// another one.
    func rekey(
        _ new: RekeyedVersion, _ annotations: [RekeyedVersion], under dataKey: DataKeyRow
    ) throws(StorageError) -> SwapOutcome {
        let columns = new.version.columns
        try requireBucket(columns.bucket)
        let newest = try newestVersion(columns.bucket, columns.key)
        guard let found = try select(.id(columns.version), columns.bucket, columns.key, newest: newest) else {
            return .changed(current: nil)
        }
        let present = try session.annotationRows(
            columns.bucket.ofAnnotations, columns.version, limit: Int64(greatestAnnotationCount))
        guard found.stored.sealed == new.version.sealed, present.map(\.stored) == annotations.map(\.version) else {
            return .changed(current: found.stored.sealed)
        }
        for (row, new) in zip([found] + present, [new] + annotations) {
            try useDataKey(dataKey.id, row: dataKey)
            removeReference(row.stored.columns.dataKey)
            try noteDeparture(row.record)
            var columns = row.stored.columns
            columns.dataKey = dataKey.id
            try noteArrival(
                .version(columns, row: row.row, sealed: new.sealed))
            try run(
                "UPDATE versions SET sealed = ?, data_key = ? WHERE id = ?", .blob(new.sealed),
                .integer(dataKey.id.rawValue), .integer(row.row))
        }
        return .swapped
    }
}
