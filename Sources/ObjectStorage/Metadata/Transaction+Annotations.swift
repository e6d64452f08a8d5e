extension Transaction {
    func putAnnotation(
        _ new: NewVersion, of owner: StoredVersion, mayReplace: Bool
    ) throws(StorageError) -> AnnotationOutcome {
        // It is sealed under the data key that its owner had.
        guard let found = try living(owner.columns), found.stored.columns.dataKey == owner.columns.dataKey else {
            return .ownerChanged
        }
        let former = try newestVersion(new.columns.bucket, new.columns.key)
        if former != nil {
            // Whether the version is locked, its record says: it has to be the one that was read.
            guard found.stored.sealed == owner.sealed else { return .ownerChanged }
            guard mayReplace else { return .present }
        } else if try session.annotationCount(owner.columns.bucket, owner.columns.version) >= greatestAnnotationCount {
            return .limitExceeded
        }
        try requireRoom(for: new, replacing: former, in: owner.columns.bucket)
        try useDataKey(new.columns.dataKey, row: new.dataKey)
        if let former { try remove(former, isNewest: true) }
        try insertAnnotation(new)
        return .done
    }

    func deleteAnnotation(_ key: String, of owner: StoredVersion) throws(StorageError) -> AnnotationOutcome {
        guard let found = try living(owner.columns), found.stored.sealed == owner.sealed else { return .ownerChanged }
        if let annotation = try newestVersion(owner.columns.bucket.ofAnnotations, key) {
            try remove(annotation, isNewest: true)
        }
        return .done
    }

    /// Stores the annotations that a version brings along, which none is to be taken the place of by.
    func insertAnnotations(of new: NewVersion) throws(StorageError) {
        for annotation in new.annotations {
            try useDataKey(annotation.columns.dataKey, row: annotation.dataKey)
            try insertAnnotation(annotation)
        }
    }

    private func insertAnnotation(_ new: NewVersion) throws(StorageError) {
        noteOrder(new.columns.order)
        try writeBody(new, row: try insert(new, nullOrder: nil, above: nil))
        bucketWithoutAnnotations = nil
    }

    /// The row of a version that has not been deleted.
    private func living(_ owner: VersionColumns) throws(StorageError) -> VersionRow? {
        try requireBucket(owner.bucket)
        let newest = try newestVersion(owner.bucket, owner.key)
        guard let found = try select(.id(owner.version), owner.bucket, owner.key, newest: newest),
            !found.stored.columns.flags.contains(.deleteMarker)
        else { return nil }
        return found
    }

    // MARK: Removing

    /// Notes that the annotations of a version that goes are to be removed in the background, if it has any.
    ///
    /// There may be a thousand of each of a thousand objects: the committer has no time for them.
    func releaseAnnotations(of version: VersionColumns) throws(StorageError) {
        // A seek for the first version of its bucket in this batch, and nothing for the others where there are none.
        guard version.bucket.rawValue > 0, bucketWithoutAnnotations != version.bucket else { return }
        let any = try integer(
            "SELECT 1 FROM versions INDEXED BY versions_by_key WHERE bucket = ? LIMIT 1",
            .integer(version.bucket.ofAnnotations.rawValue))
        guard any != nil else {
            bucketWithoutAnnotations = version.bucket
            return
        }
        guard try session.hasAnnotations(version.bucket, version.version) else { return }
        try run(
            """
            INSERT OR IGNORE INTO versions (bucket, key, ord, version, size, modified, flags, body, sealed)
            VALUES (?, ?, ?, ?, 0, 0, 0, 0, x'')
            """,
            .integer(BucketID.ofReleasedAnnotations.rawValue),
            .key("\(version.bucket.ofAnnotations.rawValue)/\(version.version.hex)"), .integer(version.order),
            .identifier(version.version))
        noteGarbage()
    }

    /// Removes some annotations of a version that is gone, and with the last of them the row that stands for it.
    ///
    /// True when there are more.
    func sweepAnnotations(row: Int64, _ limit: Int64) throws(StorageError) -> Bool {
        let key = try session.first(
            "SELECT key FROM versions WHERE id = ? AND bucket = ?", .integer(row),
            .integer(BucketID.ofReleasedAnnotations.rawValue)
        ) { row in String(decoding: row.bytes(0), as: UTF8.self) }
        let names = key?.split(separator: "/") ?? []
        if names.count == 2, let bucket = Int64(names[0]), bucket < 0, let version = VersionID(hex: names[1]) {
            let found = try session.annotationRows(BucketID(rawValue: bucket), version, limit: limit)
            for annotation in found { try remove(annotation, isNewest: true) }
            if found.count == limit { return true }
        } else if key != nil {
            noteDamage("the note that annotations are to be removed (row \(row)): they stay")
        }
        try run(
            "DELETE FROM versions WHERE id = ? AND bucket = ?", .integer(row),
            .integer(BucketID.ofReleasedAnnotations.rawValue))
        return false
    }
}

extension Session {
    func hasAnnotations(_ bucket: BucketID, _ version: VersionID) throws(StorageError) -> Bool {
        try first(
            "SELECT 1 FROM versions INDEXED BY versions_by_key WHERE bucket = ? AND key > ? AND key < ? LIMIT 1",
            .integer(bucket.ofAnnotations.rawValue), .key(version.annotationPrefix), .key(version.annotationEnd)
        ) { _ in true } ?? false
    }

    /// At most ``greatestAnnotationCount``; a pass over the index alone.
    func annotationCount(_ bucket: BucketID, _ version: VersionID) throws(StorageError) -> Int64 {
        try first(
            """
            SELECT count(*) FROM (SELECT 1 FROM versions INDEXED BY versions_by_key
                WHERE bucket = ? AND key > ? AND key < ? LIMIT ?)
            """,
            .integer(bucket.ofAnnotations.rawValue), .key(version.annotationPrefix), .key(version.annotationEnd),
            .integer(Int64(greatestAnnotationCount))
        ) { row in row.integer(0) } ?? 0
    }

    /// All of a version, in the order of their keys.
    func annotations(_ bucket: BucketID, _ version: VersionID) throws(StorageError) -> [VersionID] {
        try all(
            """
            SELECT version FROM versions INDEXED BY versions_by_key WHERE bucket = ? AND key > ? AND key < ?
            ORDER BY key
            """,
            .integer(bucket.ofAnnotations.rawValue), .key(version.annotationPrefix), .key(version.annotationEnd)
        ) { (row) throws(StorageError) in try row.identifier(0, of: VersionID.self) }
    }

    /// In the order of their keys.
    ///
    /// - Parameter annotations: the number of the annotations' rows, not that of the object's bucket.
    func annotationRows(
        _ annotations: BucketID, _ version: VersionID, limit: Int64
    ) throws(StorageError) -> [VersionRow] {
        try all(
            """
            SELECT v.ord, v.version, v.size, v.modified, v.flags, v.data_key, v.body, v.blob, v.sealed, v.id, v.key
            FROM versions v INDEXED BY versions_by_key WHERE v.bucket = ? AND v.key > ? AND v.key < ?
            ORDER BY v.key LIMIT ?
            """,
            .integer(annotations.rawValue), .key(version.annotationPrefix), .key(version.annotationEnd), .integer(limit)
        ) { (row) throws(StorageError) in
            VersionRow(
                row: row.integer(9),
                stored: try readVersion(row, annotations, String(decoding: row.bytes(10), as: UTF8.self)),
                nullOrder: nil)
        }
    }
}
