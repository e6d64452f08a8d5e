/// A run of the process and the numbers of its blobs of which it is not known that they have a row or are gone.
struct UnsettledEpoch {
    let epoch: UInt64
    /// No number from here on was given.
    let reserved: UInt64
    /// Of every number below this one it is known that a row has it or that its file is gone.
    let settled: UInt64
}

/// The tables whose rows name data keys, in the order in which they are read: an upload becomes a version, never the
/// other way round, and so is found in one of them.
enum DataKeyUsers: CaseIterable {
    case uploads
    case versions
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

    /// Nil when the row is missing, as in no drive that is whole.
    func driveValue(_ name: String) throws(StorageError) -> Int64? {
        try first("SELECT value FROM drive WHERE name = ?", .text(name)) { row in row.integer(0) }
    }

    func buckets() throws(StorageError) -> [BucketRow] {
        try all("SELECT id, name, created, versioning, quota, excluded, sealed FROM buckets ORDER BY name") { row in
            bucketRow(row)
        }
    }

    func bucket(named name: String) throws(StorageError) -> BucketRow? {
        try first(
            "SELECT id, name, created, versioning, quota, excluded, sealed FROM buckets WHERE name = ?", .text(name)
        ) { row in bucketRow(row) }
    }

    func bucket(_ id: BucketID) throws(StorageError) -> BucketRow? {
        try first(
            "SELECT id, name, created, versioning, quota, excluded, sealed FROM buckets WHERE id = ?",
            .integer(id.rawValue)
        ) { row in bucketRow(row) }
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

    /// As bytes, for a damaged one is no text: sought by another spelling, the same one would be found for ever.
    func kmsKeyNames() throws(StorageError) -> [[UInt8]] {
        var names: [[UInt8]] = []
        while let name = try first(
            """
            SELECT kms_key FROM data_keys INDEXED BY data_keys_by_kms_key WHERE kms_key > ? ORDER BY kms_key LIMIT 1
            """, .textBytes(names.last ?? []), read: { $0.bytes(0) })
        {
            // In an index out of order, the next one may be one that was there already.
            if let last = names.last, !last.lexicographicallyPrecedes(name) { break }
            names.append(name)
        }
        return names
    }

    /// Data keys to which nothing refers, as their counts say, and that nobody can begin to use: retired before the given
    /// time, or by another run than this one.
    func unusedDataKeys(
        retiredBefore time: Int64, exceptOf epoch: Int64, limit: Int64
    ) throws(StorageError) -> [DataKeyID] {
        try all(
            """
            SELECT id FROM data_keys INDEXED BY data_keys_unused
            WHERE refs = 0 AND shared = 0 AND (retired < ? OR epoch <> ?) LIMIT ?
            """, .integer(time), .integer(epoch), .integer(limit)
        ) { row in DataKeyID(rawValue: row.integer(0)) }
    }

    /// The data keys that the rows of a table behind a row number name, and the last row number read; nil
    /// when there are no more rows.
    func usedDataKeys(
        _ table: DataKeyUsers, after row: Int64, limit: Int64
    ) throws(StorageError) -> (keys: [DataKeyID], last: Int64)? {
        let sql: StaticString =
            switch table {
            case .versions: "SELECT id, data_key FROM versions WHERE id > ? ORDER BY id LIMIT ?"
            case .uploads: "SELECT id, data_key FROM uploads WHERE id > ? ORDER BY id LIMIT ?"
            }
        let rows = try all(sql, .integer(row), .integer(limit)) { row in
            (id: row.integer(0), key: row.optionalInteger(1))
        }
        guard let last = rows.last?.id else { return nil }
        return (rows.compactMap { $0.key.map(DataKeyID.init(rawValue:)) }, last)
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

    /// The greatest number that a bucket has had, of those that can be known.
    func greatestBucket() throws(StorageError) -> Int64 {
        let given = try first("SELECT seq FROM sqlite_sequence WHERE name = 'buckets'") { row in row.integer(0) }
        let present = try first("SELECT max(id) FROM buckets") { row in row.integer(0) }
        return max(given ?? 0, present ?? 0)
    }

    /// Whether a version is of a bucket that has no row: one row of the two is damaged.
    ///
    /// A seek for each bucket.
    func hasVersionsWithoutBucket() throws(StorageError) -> Bool {
        // Versions that wait for their lists of files to go are of bucket 0.
        var last: Int64 = 0
        while let bucket = try first(
            """
            SELECT bucket FROM versions INDEXED BY versions_by_key WHERE bucket > ? ORDER BY bucket LIMIT 1
            """, .integer(last), read: { $0.integer(0) })
        {
            let hasRow = try first("SELECT 1 FROM buckets WHERE id = ?", .integer(bucket)) { _ in true } ?? false
            if !hasRow { return true }
            last = bucket
        }
        return false
    }

    /// Whether files of this version are listed as former releases did it.
    func hasFileList(_ version: VersionColumns) throws(StorageError) -> Bool {
        guard let row = try versionRow(SelectVersion.ofOrder, version.bucket, version.key, order: version.order)?.row
        else { return false }
        return try first("SELECT 1 FROM version_blobs WHERE version = ? LIMIT 1", .integer(row)) { _ in true } ?? false
    }

    /// Row numbers of what is left to be removed, from behind `row` on.
    func remains(_ kind: Remains, after row: Int64, limit: Int) throws(StorageError) -> [Int64] {
        let sql: StaticString =
            switch kind {
            case .uploadsOfBuckets: "SELECT id FROM dead_buckets WHERE id > ? ORDER BY id LIMIT ?"
            case .unusedParts: "SELECT upload FROM unused_parts WHERE upload > ? ORDER BY upload LIMIT ?"
            case .fileLists: "SELECT id FROM dead_versions WHERE id > ? ORDER BY id LIMIT ?"
            case .annotations:
                """
                SELECT id FROM versions INDEXED BY versions_by_key
                WHERE bucket = -9223372036854775807 AND id > ? ORDER BY id LIMIT ?
                """
            }
        return try all(sql, .integer(row), .integer(Int64(limit))) { row in row.integer(0) }
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
        id: BucketID(rawValue: row.integer(0)), name: row.string(1), created: row.integer(2),
        versioning: BucketVersioning(column: row.integer(3)),
        exclusions: VersioningExclusions(encoded: row.bytes(5)), quota: row.optionalInteger(4), sealed: row.bytes(6))
}

private func dataKeyRow(_ row: PreparedStatement) -> DataKeyRow {
    let wrapped = row.bytes(2)
    return DataKeyRow(
        id: DataKeyID(rawValue: row.integer(0)), kmsKey: row.string(1), wrapped: wrapped, context: row.bytes(3),
        created: row.integer(4), isShared: row.integer(5) != 0, epoch: row.integer(6),
        origin: row.optionalInteger(7) ?? fingerprint(of: wrapped))
}
