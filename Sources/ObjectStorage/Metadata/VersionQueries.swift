/// The statements that find one version of a key; all have the same first eleven columns.
enum SelectVersion {
    static let current: StaticString = """
        SELECT v.ord, v.version, v.size, v.modified, v.flags, v.data_key, v.body, v.blob, v.sealed, v.id, v.null_ord
        FROM versions v INDEXED BY versions_by_key WHERE v.bucket = ? AND v.key = ? ORDER BY v.ord DESC LIMIT 1
        """

    static let ofOrder: StaticString = """
        SELECT v.ord, v.version, v.size, v.modified, v.flags, v.data_key, v.body, v.blob, v.sealed, v.id, v.null_ord
        FROM versions v INDEXED BY versions_by_key WHERE v.bucket = ? AND v.key = ? AND v.ord = ?
        """

    /// The next newer one than that of an order.
    static let above: StaticString = """
        SELECT v.ord, v.version, v.size, v.modified, v.flags, v.data_key, v.body, v.blob, v.sealed, v.id, v.null_ord
        FROM versions v INDEXED BY versions_by_key WHERE v.bucket = ? AND v.key = ? AND v.ord > ? ORDER BY v.ord LIMIT 1
        """

    static let currentWithBody: StaticString = """
        SELECT v.ord, v.version, v.size, v.modified, v.flags, v.data_key, v.body, v.blob, v.sealed, v.id, v.null_ord,
            b.bytes
        FROM versions v INDEXED BY versions_by_key LEFT JOIN inline_bodies b ON b.version = v.id
        WHERE v.bucket = ? AND v.key = ? ORDER BY v.ord DESC LIMIT 1
        """

    static let ofOrderWithBody: StaticString = """
        SELECT v.ord, v.version, v.size, v.modified, v.flags, v.data_key, v.body, v.blob, v.sealed, v.id, v.null_ord,
            b.bytes
        FROM versions v INDEXED BY versions_by_key LEFT JOIN inline_bodies b ON b.version = v.id
        WHERE v.bucket = ? AND v.key = ? AND v.ord = ?
        """
}

extension Session {
    /// Finds a version with what belongs to it, in one snapshot: a statement that has not been reset keeps its own, and
    /// what is asked meanwhile on the same connection sees the same.
    func find(
        _ bucket: BucketID, _ key: String, _ selector: VersionSelector, _ detail: FindDetail, _ dataKeys: DataKeyRows
    ) throws(StorageError) -> FoundVersion? {
        switch selector {
        case .current: return try found(bucket, key, order: nil, detail, dataKeys)
        case .null: return try nullVersion(bucket, key, detail, dataKeys)
        case .id(let version):
            return try snapshot { () throws(StorageError) -> FoundVersion? in
                let found = try found(bucket, key, order: version.order, detail, dataKeys)
                if let found, found.version.columns.version == version { return found }
                // Identifiers of former releases were random: such a version can be the null version alone.
                let null = try nullVersion(bucket, key, detail, dataKeys)
                return null?.version.columns.version == version ? null : nil
            }
        }
    }

    private func nullVersion(
        _ bucket: BucketID, _ key: String, _ detail: FindDetail, _ dataKeys: DataKeyRows
    ) throws(StorageError) -> FoundVersion? {
        let statement = try prepare(SelectVersion.current)
        return try statement.first(bucket.rawValue, key, nil) { () throws(StorageError) -> FoundVersion? in
            let isNull = statement.integer(4) & Int64(VersionFlags.nullVersion.rawValue) != 0
            guard let order = isNull ? statement.integer(0) : statement.optionalInteger(10) else { return nil }
            // The order may be that of a null version which is gone.
            guard let found = try found(bucket, key, order: order, detail, dataKeys),
                found.version.columns.flags.contains(.nullVersion)
            else { return nil }
            return found
        } ?? nil
    }

    private func found(
        _ bucket: BucketID, _ key: String, order: Int64?, _ detail: FindDetail, _ dataKeys: DataKeyRows
    ) throws(StorageError) -> FoundVersion? {
        let wantsBody = detail == .body
        let statement =
            if order == nil {
                try prepare(wantsBody ? SelectVersion.currentWithBody : SelectVersion.current)
            } else {
                try prepare(wantsBody ? SelectVersion.ofOrderWithBody : SelectVersion.ofOrder)
            }
        let generation = dataKeys.generation
        return try statement.first(bucket.rawValue, key, order) { () throws(StorageError) in
            let version = try readVersion(statement, bucket, key)
            let columns = version.columns
            var dataKey: DataKeyRow?
            if detail != .row, let id = columns.dataKey {
                dataKey = try dataKeys.row(id, asOf: generation) { () throws(StorageError) in try self.dataKey(id) }
            }
            return FoundVersion(
                version: version, dataKey: dataKey,
                inline: wantsBody && columns.body == .inline ? statement.bytes(11) : nil,
                manifest: wantsBody && columns.body == .parts ? try manifest(columns.version) : nil, lease: nil,
                nullOrder: statement.optionalInteger(10))
        }
    }

    func versionRow(
        _ sql: StaticString, _ bucket: BucketID, _ key: String, order: Int64?
    ) throws(StorageError) -> VersionRow? {
        let statement = try prepare(sql)
        return try statement.first(bucket.rawValue, key, order) { () throws(StorageError) in
            VersionRow(
                row: statement.integer(9), stored: try readVersion(statement, bucket, key),
                nullOrder: statement.optionalInteger(10))
        }
    }

    func manifest(_ version: VersionID) throws(StorageError) -> [UInt8]? {
        try first("SELECT sealed FROM manifests WHERE version = ?", .identifier(version)) { row in row.bytes(0) }
    }

    /// Whether a version or a part has this file.
    func isReferredTo(_ blob: BlobID) throws(StorageError) -> Bool {
        try first(
            """
            SELECT 1 WHERE EXISTS (SELECT 1 FROM versions WHERE blob = ?1)
                OR EXISTS (SELECT 1 FROM version_blobs WHERE blob = ?1)
                OR EXISTS (SELECT 1 FROM parts WHERE blob = ?1)
            """, .identifier(blob)
        ) { _ in true } ?? false
    }
}

/// Reads the row under a statement whose first nine columns are those of ``SelectVersion``.
///
/// A damaged column is read as something that no sealed record is bound to: what is damaged then fails to open, by
///   itself, and a listing or deletion of it and its neighbours does not.
func readVersion(
    _ row: PreparedStatement, _ bucket: BucketID, _ key: String
) throws(StorageError) -> StoredVersion {
    let columns = VersionColumns(
        bucket: bucket,
        key: key,
        version: (try? row.identifier(1, of: VersionID.self)) ?? VersionID(high: 0, low: 0),
        order: row.integer(0),
        size: row.integer(2),
        modified: row.integer(3),
        flags: VersionFlags(rawValue: UInt32(truncatingIfNeeded: row.integer(4))),
        dataKey: row.optionalInteger(5).map(DataKeyID.init(rawValue:)),
        body: BodyKind(rawValue: row.integer(6)) ?? .unreadable,
        blob: try? row.optionalIdentifier(7, of: BlobID.self))
    return StoredVersion(columns: columns, sealed: row.bytes(8))
}
