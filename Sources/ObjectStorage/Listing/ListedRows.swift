/// Where a listing has the columns of its entries from.
enum ListedRows {
    /// From the statement that walks through the keys.
    case joined
    /// From a statement of their own, one for each entry: a row that is damaged is listed as such, and ends no page.
    case single(Session)

    /// The walk through the keys of a bucket, from a key on, the newest version of a key first.
    ///
    /// Columns as `readVersion` reads them, and behind them the key; of single ones from the index alone.
    func walk(_ session: Session) throws(StorageError) -> PreparedStatement {
        switch self {
        case .joined:
            try session.prepare(
                """
                SELECT v.ord, v.version, v.size, v.modified, v.flags, v.data_key, v.body, v.blob, v.sealed, v.key
                FROM versions v INDEXED BY versions_by_key WHERE v.bucket = ? AND v.key >= ?
                ORDER BY v.key, v.ord DESC
                """)
        case .single:
            try session.prepare(
                """
                SELECT v.ord, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, v.key
                FROM versions v INDEXED BY versions_by_key WHERE v.bucket = ? AND v.key >= ?
                ORDER BY v.key, v.ord DESC
                """)
        }
    }

    /// The walk through the versions of one key that are older than one, the newest first; columns as ``walk(_:)``.
    func walkThroughKey(_ session: Session) throws(StorageError) -> PreparedStatement {
        switch self {
        case .joined:
            try session.prepare(
                """
                SELECT v.ord, v.version, v.size, v.modified, v.flags, v.data_key, v.body, v.blob, v.sealed
                FROM versions v INDEXED BY versions_by_key WHERE v.bucket = ? AND v.key = ? AND v.ord < ?
                ORDER BY v.ord DESC
                """)
        case .single:
            try session.prepare(
                """
                SELECT v.ord FROM versions v INDEXED BY versions_by_key WHERE v.bucket = ? AND v.key = ? AND v.ord < ?
                ORDER BY v.ord DESC
                """)
        }
    }

    /// The column of ``walk(_:)`` that has the key.
    static let keyColumn: Int32 = 9

    /// The version that a row of ``walk(_:)`` is at.
    func version(_ row: PreparedStatement, _ bucket: BucketID, _ key: String) throws(StorageError) -> StoredVersion {
        switch self {
        case .joined: return try readVersion(row, bucket, key)
        case .single(let session):
            let order = row.integer(0)
            do throws(StorageError) {
                if let found = try session.versionRow(SelectVersion.ofOrder, bucket, key, order: order) {
                    return found.stored
                }
            } catch {
                guard error.isCorrupt else { throw error }
            }
            // No sealed record is bound to this: it does not open.
            let columns = VersionColumns(
                bucket: bucket, key: key, version: VersionID(high: 0, low: 0), order: order, size: 0, modified: 0,
                flags: .nullVersion, dataKey: nil, body: .unreadable, blob: nil)
            return StoredVersion(columns: columns, sealed: [])
        }
    }
}
