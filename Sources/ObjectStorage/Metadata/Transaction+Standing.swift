extension Transaction {
    /// Whether a version stands to the others of its key as its deletion expects.
    ///
    /// Looks at some hundred rows at most.
    func stands(
        _ version: VersionRow, as standing: VersionStanding, newest: VersionRow?
    ) throws(StorageError) -> Bool {
        let columns = version.stored.columns
        let (bucket, key) = (SQLValue.integer(columns.bucket.rawValue), SQLValue.key(columns.key))
        let order = SQLValue.integer(columns.order)
        switch standing {
        case .any: return true
        case .alone:
            let other = try integer(
                """
                SELECT 1 FROM versions INDEXED BY versions_by_key WHERE bucket = ? AND key = ? AND ord <> ? LIMIT 1
                """, bucket, key, order)
            return other == nil
        case .noncurrent(let next, let count):
            guard let newest, newest.row != version.row else { return false }
            let statement = try session.prepare(
                """
                SELECT version FROM versions INDEXED BY versions_by_key WHERE bucket = ? AND key = ? AND ord > ?
                ORDER BY ord LIMIT 1
                """)
            statement.bind(bucket, key, order)
            defer { statement.reset() }
            guard try statement.step(), try statement.identifier(0, of: VersionID.self) == next else { return false }
            guard count > 0 else { return true }
            let newer = try integer(
                """
                SELECT count(*) FROM (
                    SELECT 1 FROM versions INDEXED BY versions_by_key
                    WHERE bucket = ? AND key = ? AND ord > ? AND ord < ? AND flags & 1 = 0 LIMIT ?)
                """, bucket, key, order, .integer(newest.stored.columns.order), .integer(count))
            return (newer ?? 0) >= count
        }
    }
}
