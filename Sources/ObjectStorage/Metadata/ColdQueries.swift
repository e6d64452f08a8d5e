/// A file that waits to be unlinked.
struct Garbage {
    let row: Int64
    let blob: BlobID
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
            "SELECT id, kms_key, wrapped, context, created, shared FROM data_keys WHERE id = ?",
            .integer(id.rawValue)
        ) { row in dataKeyRow(row) }
    }

    func dataKeys(after id: DataKeyID?, limit: Int) throws(StorageError) -> [DataKeyRow] {
        try all(
            """
            SELECT id, kms_key, wrapped, context, created, shared FROM data_keys WHERE id > ? ORDER BY id LIMIT ?
            """,
            .integer(id?.rawValue ?? .min), .integer(Int64(limit))
        ) { row in dataKeyRow(row) }
    }

    func kmsKeysInUse() throws(StorageError) -> [(kmsKey: String, count: Int)] {
        try all("SELECT kms_key, count(*) FROM data_keys GROUP BY kms_key ORDER BY kms_key") { row in
            (kmsKey: row.string(0), count: Int(row.integer(1)))
        }
    }

    func garbage(after row: Int64, limit: Int) throws(StorageError) -> [Garbage] {
        try all(
            "SELECT id, blob, owner FROM garbage WHERE id > ? ORDER BY id LIMIT ?", .integer(row),
            .integer(Int64(limit))
        ) { row throws(StorageError) in
            Garbage(
                row: row.integer(0), blob: try row.identifier(1, of: BlobID.self),
                owner: try row.optionalIdentifier(2, of: VersionID.self))
        }
    }

    /// Every blob that a row refers to, in directories from the given one on.
    func referredBlobs(from directory: UInt64) throws(StorageError) -> Set<BlobID> {
        var blobs: Set<BlobID> = []
        let least = SQLValue.identifier(BlobID(high: directory, low: 0))
        blobs.formUnion(try all("SELECT blob FROM versions WHERE blob >= ?", least, read: blobID))
        blobs.formUnion(try all("SELECT blob FROM version_blobs WHERE blob >= ?", least, read: blobID))
        blobs.formUnion(try all("SELECT blob FROM parts WHERE blob >= ?", least, read: blobID))
        blobs.formUnion(try all("SELECT blob FROM garbage WHERE blob >= ?", least, read: blobID))
        return blobs
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
    DataKeyRow(
        id: DataKeyID(rawValue: row.integer(0)), kmsKey: row.string(1), wrapped: row.bytes(2), context: row.bytes(3),
        created: row.integer(4), isShared: row.integer(5) != 0)
}
