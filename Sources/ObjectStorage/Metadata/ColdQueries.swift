/// A run of the process and the numbers of its blobs of which it is not known that they have a row or are gone.
struct UnsettledEpoch {
    let epoch: UInt64
    /// No number from here on was given.
    let reserved: UInt64
    /// Of every number below this one it is known that a row has it or that its file is gone.
    let settled: UInt64
}

/// A file that waits to be unlinked.
struct Garbage {
    let row: Int64
    let blob: BlobID
    let owner: VersionID?
}

/// An upload that has ended, or lost a version that owned its parts.
struct DeadUpload {
    let row: Int64
    /// Its row number.
    let upload: Int64
    /// The version whose readers may still need the parts.
    let owner: VersionID?
}

extension Session {
    func setting(_ name: String) throws(StorageError) -> [UInt8]? {
        try first("SELECT value FROM settings WHERE name = ?", .text(name)) { row in row.bytes(0) }
    }

    func driveValue(_ name: String) throws(StorageError) -> Int64 {
        try first("SELECT value FROM drive WHERE name = ?", .text(name)) { row in row.integer(0) } ?? 0
    }

    func buckets() throws(StorageError) -> [BucketRow] {
        try all("SELECT id, name, created, sealed FROM buckets ORDER BY name") { row in bucketRow(row) }
    }

    func bucket(named name: String) throws(StorageError) -> BucketRow? {
        try first("SELECT id, name, created, sealed FROM buckets WHERE name = ?", .text(name)) { row in bucketRow(row) }
    }

    func dataKey(_ id: DataKeyID) throws(StorageError) -> DataKeyRow? {
        try first(
            "SELECT id, kms_key, wrapped, context, created, shared, epoch, origin FROM data_keys WHERE id = ?",
            .integer(id.rawValue)
        ) { row in dataKeyRow(row) }
    }

    func dataKeys(after id: DataKeyID?, limit: Int) throws(StorageError) -> [DataKeyRow] {
        try all(
            """
            SELECT id, kms_key, wrapped, context, created, shared, epoch, origin FROM data_keys
            WHERE id > ? ORDER BY id LIMIT ?
            """,
            .integer(id?.rawValue ?? .min), .integer(Int64(limit))
        ) { row in dataKeyRow(row) }
    }

    func kmsKeyNames() throws(StorageError) -> [String] {
        var names: [String] = []
        while let name = try first(
            """
            SELECT kms_key FROM data_keys INDEXED BY data_keys_by_kms_key WHERE kms_key > ? ORDER BY kms_key LIMIT 1
            """, .text(names.last ?? ""), read: { $0.string(0) })
        {
            names.append(name)
        }
        return names
    }

    func garbage(after row: Int64, limit: Int) throws(StorageError) -> [Garbage] {
        try all(
            """
            SELECT id, blob, owner FROM garbage WHERE id > ? AND length(blob) = 16
                AND (owner IS NULL OR length(owner) = 16) ORDER BY id LIMIT ?
            """, .integer(row),
            .integer(Int64(limit))
        ) { row throws(StorageError) in
            Garbage(
                row: row.integer(0), blob: try row.identifier(1, of: BlobID.self),
                owner: try row.optionalIdentifier(2, of: VersionID.self))
        }
    }

    /// True unless every garbage row of this file is one of a version that nobody reads.
    func isGarbageAwaited(_ blob: BlobID, isLeased: (VersionID) -> Bool) throws(StorageError) -> Bool {
        try all("SELECT owner FROM garbage WHERE blob = ?", .identifier(blob)) { row throws(StorageError) in
            // An owner that cannot be read may have readers.
            row.isNull(0) ? false : (try? row.identifier(0, of: VersionID.self)).map(isLeased) ?? true
        }.contains(true)
    }

    /// Every blob that a row refers to, with an identifier from `first` on and before `last`.
    func referredBlobs(from first: BlobID, before last: BlobID) throws(StorageError) -> Set<BlobID> {
        var blobs: Set<BlobID> = []
        let (least, limit) = (SQLValue.identifier(first), SQLValue.identifier(last))
        blobs.formUnion(
            try all(
                // A damaged row names no file: it must not keep the drive from being opened.
                "SELECT blob FROM versions WHERE blob >= ? AND blob < ? AND length(blob) = 16", least, limit,
                read: blobID))
        blobs.formUnion(
            try all(
                "SELECT blob FROM version_blobs WHERE blob >= ? AND blob < ? AND length(blob) = 16", least, limit,
                read: blobID))
        blobs.formUnion(
            try all(
                "SELECT blob FROM parts WHERE blob >= ? AND blob < ? AND length(blob) = 16", least, limit, read: blobID)
        )
        blobs.formUnion(
            try all(
                "SELECT blob FROM garbage WHERE blob >= ? AND blob < ? AND length(blob) = 16", least, limit,
                read: blobID))
        return blobs
    }

    /// The greatest identifier of a blob that a row refers to.
    func greatestBlob() throws(StorageError) -> BlobID? {
        try first(
            """
            SELECT max(blob) FROM (
                SELECT max(blob) AS blob FROM versions WHERE blob IS NOT NULL
                UNION ALL SELECT max(blob) FROM version_blobs UNION ALL SELECT max(blob) FROM parts
                UNION ALL SELECT max(blob) FROM garbage)
            """
        ) { row in try? row.identifier(0, of: BlobID.self) } ?? nil
    }

    /// The runs that have left something to settle.
    func epochs() throws(StorageError) -> [UnsettledEpoch] {
        try all("SELECT epoch, reserved, settled FROM epochs ORDER BY epoch") { row in
            UnsettledEpoch(
                epoch: UInt64(clamping: row.integer(0)), reserved: UInt64(clamping: row.integer(1)),
                settled: UInt64(clamping: row.integer(2)))
        }
    }

    /// The greatest number that a bucket has had.
    func greatestBucket() throws(StorageError) -> Int64 {
        try first("SELECT seq FROM sqlite_sequence WHERE name = 'buckets'") { row in row.integer(0) } ?? 0
    }

    /// Whether there is something for ``Maintenance/sweepRemains(limit:)``.
    func hasRemains() throws(StorageError) -> Bool {
        try first(
            """
            SELECT 1 WHERE EXISTS (SELECT 1 FROM dead_buckets) OR EXISTS (SELECT 1 FROM unused_parts)
                OR EXISTS (SELECT 1 FROM dead_versions)
            """
        ) { _ in true } ?? false
    }

    /// Uploads that have ended, or lost a version that owned them.
    func deadUploads(after row: Int64, limit: Int) throws(StorageError) -> [DeadUpload] {
        try all(
            "SELECT id, upload, owner FROM dead_uploads WHERE id > ? ORDER BY id LIMIT ?", .integer(row),
            .integer(Int64(limit))
        ) { row in
            // An owner that cannot be read is no version that anybody could have found.
            DeadUpload(
                row: row.integer(0), upload: row.integer(1),
                owner: (try? row.optionalIdentifier(2, of: VersionID.self)) ?? nil)
        }
    }

    /// Whether a version has the parts of this upload, or may still get them.
    func isOwned(upload: Int64) throws(StorageError) -> Bool {
        try first(
            """
            SELECT 1 WHERE EXISTS (SELECT 1 FROM version_uploads WHERE upload = ?1)
                OR EXISTS (SELECT 1 FROM uploads WHERE id = ?1)
            """, .integer(upload)
        ) { _ in true } ?? false
    }

    /// Whether one of the versions that owned this upload is still being read.
    func isAwaited(upload: Int64, isLeased: (VersionID) -> Bool) throws(StorageError) -> Bool {
        try all("SELECT owner FROM dead_uploads WHERE upload = ?", .integer(upload)) { row in
            ((try? row.optionalIdentifier(0, of: VersionID.self)) ?? nil).map(isLeased) ?? false
        }.contains(true)
    }

    /// Data keys whose count of references is not that of the rows; empty unless there is a fault.
    func miscountedDataKeys() throws(StorageError) -> [DataKeyID] {
        try all(
            """
            SELECT id FROM data_keys k WHERE refs <>
                (SELECT count(*) FROM versions v WHERE v.data_key = k.id)
                + (SELECT count(*) FROM uploads u WHERE u.data_key = k.id)
            """
        ) { row in DataKeyID(rawValue: row.integer(0)) }
    }

    func first<R>(
        _ sql: StaticString, _ values: SQLValue..., read: (PreparedStatement) throws(StorageError) -> R
    ) throws(StorageError) -> R? {
        let statement = try prepare(sql)
        statement.bind(values)
        guard try statement.step() else { return nil }
        defer { statement.reset() }
        return try read(statement)
    }

    func all<R>(
        _ sql: StaticString, _ values: SQLValue..., read: (PreparedStatement) throws(StorageError) -> R
    ) throws(StorageError) -> [R] {
        let statement = try prepare(sql)
        statement.bind(values)
        defer { statement.reset() }
        var rows: [R] = []
        while try statement.step() { rows.append(try read(statement)) }
        return rows
    }
}

private func blobID(_ row: PreparedStatement) throws(StorageError) -> BlobID {
    try row.identifier(0, of: BlobID.self)
}

private func bucketRow(_ row: PreparedStatement) -> BucketRow {
    BucketRow(
        id: BucketID(rawValue: row.integer(0)), name: row.string(1), created: row.integer(2), sealed: row.bytes(3))
}

private func dataKeyRow(_ row: PreparedStatement) -> DataKeyRow {
    let wrapped = row.bytes(2)
    return DataKeyRow(
        id: DataKeyID(rawValue: row.integer(0)), kmsKey: row.string(1), wrapped: wrapped, context: row.bytes(3),
        created: row.integer(4), isShared: row.integer(5) != 0, epoch: row.integer(6),
        origin: row.optionalInteger(7) ?? fingerprint(of: wrapped))
}
