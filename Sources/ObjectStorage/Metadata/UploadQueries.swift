extension Session {
    func upload(_ id: UploadID) throws(StorageError) -> UploadRow? {
        try first(
            "SELECT upload, bucket, key, initiated, data_key, sealed FROM uploads WHERE upload = ?", .identifier(id)
        ) { row throws(StorageError) in try uploadRow(row) }
    }

    /// Uploads by key and then by identifier, strictly after the given place.
    func uploads(
        _ bucket: BucketID, prefix: String, afterKey: String?, afterUpload: UploadID?, limit: Int
    ) throws(StorageError) -> [UploadRow] {
        var start = Array(prefix.utf8)
        var beyond: [UInt8] = []
        if let afterKey, !Array(afterKey.utf8).lexicographicallyPrecedes(start) {
            // With an upload named, its key is not passed over but begun behind that upload.
            start = Array(afterKey.utf8) + (afterUpload == nil ? [0] : [])
            beyond = afterUpload?.bytes ?? []
        }
        let statement = try prepare(
            """
            SELECT upload, bucket, key, initiated, data_key, sealed FROM uploads INDEXED BY uploads_by_key
            WHERE bucket = ?1 AND key >= ?2 AND (key > ?2 OR upload > ?3) ORDER BY key, upload
            """)
        statement.bind(.integer(bucket.rawValue), .blob(start), .blob(beyond))
        defer { statement.reset() }
        var rows: [UploadRow] = []
        while rows.count < limit, try statement.step() {
            guard statement.withBytes(2, { $0.starts(with: prefix.utf8) }) else { break }
            rows.append(try uploadRow(statement))
        }
        return rows
    }

    func parts(of upload: UploadID, after: Int, limit: Int) throws(StorageError) -> [PartRow] {
        try all(
            """
            SELECT p.number, p.blob, p.length, p.size, p.modified, p.sealed
            FROM uploads u JOIN parts p ON p.upload = u.id
            WHERE u.upload = ? AND p.number > ? ORDER BY p.number LIMIT ?
            """,
            .identifier(upload), .integer(Int64(after)), .integer(Int64(limit))
        ) { row throws(StorageError) in
            PartRow(
                number: Int(row.integer(0)), blob: try row.identifier(1, of: BlobID.self), length: row.integer(2),
                size: row.integer(3), modified: row.integer(4), sealed: row.bytes(5))
        }
    }
}

private func uploadRow(_ row: PreparedStatement) throws(StorageError) -> UploadRow {
    UploadRow(
        id: try row.identifier(0, of: UploadID.self), bucket: BucketID(rawValue: row.integer(1)), key: row.string(2),
        initiated: row.integer(3), dataKey: row.optionalInteger(4).map(DataKeyID.init(rawValue:)),
        sealed: row.bytes(5))
}
