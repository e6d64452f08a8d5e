extension Session {
    /// The newest version of a key, a delete marker included.
    func version(_ bucket: BucketID, key: String) throws(StorageError) -> StoredVersion? {
        let statement = try prepare(
            """
            SELECT v.ord, v.version, v.size, v.modified, v.flags, v.data_key, v.body, v.blob, v.sealed
            FROM versions v INDEXED BY versions_by_key WHERE bucket = ? AND key = ? ORDER BY ord DESC LIMIT 1
            """)
        return try statement.first(bucket.rawValue, key) { () throws(StorageError) in
            try readVersion(statement, bucket, key)
        }
    }

    /// The newest version of a key with its inline body, in one statement and hence one snapshot.
    func versionWithBody(
        _ bucket: BucketID, key: String
    ) throws(StorageError) -> (version: StoredVersion, inline: [UInt8]?)? {
        let statement = try prepare(
            """
            SELECT v.ord, v.version, v.size, v.modified, v.flags, v.data_key, v.body, v.blob, v.sealed, b.bytes
            FROM versions v INDEXED BY versions_by_key LEFT JOIN inline_bodies b ON b.version = v.id
            WHERE v.bucket = ? AND v.key = ? ORDER BY v.ord DESC LIMIT 1
            """)
        return try statement.first(bucket.rawValue, key) { () throws(StorageError) in
            let version = try readVersion(statement, bucket, key)
            return (version, version.columns.body == .inline ? statement.bytes(9) : nil)
        }
    }

    func manifest(_ version: VersionID) throws(StorageError) -> [UInt8]? {
        let statement = try prepare("SELECT sealed FROM manifests WHERE version = ?")
        statement.bind(.identifier(version))
        guard try statement.step() else { return nil }
        defer { statement.reset() }
        return statement.bytes(0)
    }
}

/// Reads the row under a statement whose first nine columns are those of `version(_:key:)`.
func readVersion(
    _ row: PreparedStatement, _ bucket: BucketID, _ key: String
) throws(StorageError) -> StoredVersion {
    guard let body = BodyKind(rawValue: row.integer(6)) else { throw .database("a version has no known body") }
    let columns = VersionColumns(
        bucket: bucket,
        key: key,
        version: try row.identifier(1, of: VersionID.self),
        order: row.integer(0),
        size: row.integer(2),
        modified: row.integer(3),
        flags: VersionFlags(rawValue: UInt32(truncatingIfNeeded: row.integer(4))),
        dataKey: row.optionalInteger(5).map(DataKeyID.init(rawValue:)),
        body: body,
        blob: try row.optionalIdentifier(7, of: BlobID.self))
    return StoredVersion(columns: columns, sealed: row.bytes(8))
}
