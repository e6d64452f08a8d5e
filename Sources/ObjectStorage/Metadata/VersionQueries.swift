extension Session {
    /// The newest version of a key, a delete marker included.
    func version(_ bucket: BucketID, key: String) throws(StorageError) -> StoredVersion? {
        let statement = try prepare(
            """
            SELECT v.bucket, v.key, v.ord, v.version, v.size, v.modified, v.flags, v.data_key, v.body, v.blob, v.sealed
            FROM versions v INDEXED BY versions_by_key WHERE bucket = ? AND key = ? ORDER BY ord DESC LIMIT 1
            """)
        statement.bind(.integer(bucket.rawValue), .key(key))
        guard try statement.step() else { return nil }
        defer { statement.reset() }
        return try readVersion(statement, key: key)
    }

    /// The newest version of a key with its inline body, in one statement and hence one snapshot.
    func versionWithBody(
        _ bucket: BucketID, key: String
    ) throws(StorageError) -> (version: StoredVersion, inline: [UInt8]?)? {
        let statement = try prepare(
            """
            SELECT v.bucket, v.key, v.ord, v.version, v.size, v.modified, v.flags, v.data_key, v.body, v.blob, v.sealed,
                b.bytes
            FROM versions v INDEXED BY versions_by_key LEFT JOIN inline_bodies b ON b.version = v.id
            WHERE v.bucket = ? AND v.key = ? ORDER BY v.ord DESC LIMIT 1
            """)
        statement.bind(.integer(bucket.rawValue), .key(key))
        guard try statement.step() else { return nil }
        defer { statement.reset() }
        let version = try readVersion(statement, key: key)
        return (version, version.columns.body == .inline ? statement.bytes(11) : nil)
    }

    func manifest(_ version: VersionID) throws(StorageError) -> [UInt8]? {
        let statement = try prepare("SELECT sealed FROM manifests WHERE version = ?")
        statement.bind(.identifier(version))
        guard try statement.step() else { return nil }
        defer { statement.reset() }
        return statement.bytes(0)
    }
}

/// Reads the row under a statement whose first eleven columns are those of `version(_:key:)`.
///
/// The key is read only when it is not known.
func readVersion(_ row: PreparedStatement, key: String? = nil) throws(StorageError) -> StoredVersion {
    guard let body = BodyKind(rawValue: row.integer(8)) else { throw .database("a version has no known body") }
    let columns = VersionColumns(
        bucket: BucketID(rawValue: row.integer(0)),
        key: key ?? row.string(1),
        version: try row.identifier(3, of: VersionID.self),
        order: row.integer(2),
        size: row.integer(4),
        modified: row.integer(5),
        flags: VersionFlags(rawValue: UInt32(truncatingIfNeeded: row.integer(6))),
        dataKey: row.optionalInteger(7).map(DataKeyID.init(rawValue:)),
        body: body,
        blob: try row.optionalIdentifier(9, of: BlobID.self))
    return StoredVersion(columns: columns, sealed: row.bytes(10))
}
