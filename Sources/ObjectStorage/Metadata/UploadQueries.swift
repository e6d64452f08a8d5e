extension Session {
    /// An upload whose bucket is still there, with its data key from the same snapshot.
    func findUpload(_ id: UploadID, _ dataKeys: DataKeyRows) throws(StorageError) -> FoundUpload? {
        let generation = dataKeys.generation
        return try first(
            """
            SELECT u.upload, u.bucket, u.key, u.initiated, u.data_key, u.sealed
            FROM uploads u JOIN buckets b ON b.id = u.bucket WHERE u.upload = ?
            """, .identifier(id)
        ) { row throws(StorageError) in
            let upload = try uploadRow(row)
            var dataKey: DataKeyRow?
            if let id = upload.dataKey {
                dataKey = try dataKeys.row(id, asOf: generation) { () throws(StorageError) in try self.dataKey(id) }
            }
            return FoundUpload(upload: upload, dataKey: dataKey)
        }
    }

    func completedUpload(_ id: UploadID) throws(StorageError) -> CompletedUpload? {
        try first(
            "SELECT upload, bucket, key, version, completed, receipt FROM completions WHERE upload = ?",
            .identifier(id)
        ) { row throws(StorageError) in try completedUploadRow(row) }
    }

    func partList(of upload: UploadID) throws(StorageError) -> PartList {
        try snapshot { () throws(StorageError) in
            // With its bucket an upload is gone, though its row waits to be removed.
            let changes = try first(
                "SELECT u.changes FROM uploads u JOIN buckets b ON b.id = u.bucket WHERE u.upload = ?",
                .identifier(upload)
            ) { row in row.integer(0) }
            guard let changes else { throw .noSuchUpload }
            return PartList(rows: try parts(of: upload, after: 0, limit: .max), changes: changes)
        }
    }

    func parts(of upload: UploadID, after: Int, limit: Int) throws(StorageError) -> [PartRow] {
        try all(
            """
            SELECT p.number, p.blob, p.length, p.size, p.modified, p.sealed
            FROM uploads u JOIN buckets b ON b.id = u.bucket JOIN parts p ON p.upload = u.id
            WHERE u.upload = ? AND p.number > ? ORDER BY p.number LIMIT ?
            """,
            .identifier(upload), .integer(Int64(after)), .integer(Int64(limit))
        ) { row throws(StorageError) in
            // A damaged name is read as one that no sealed record is bound to: that part does not open, the others do.
            PartRow(
                number: Int(row.integer(0)), blob: (try? row.identifier(1, of: BlobID.self)) ?? BlobID(high: 0, low: 0),
                length: row.integer(2),
                size: row.integer(3), modified: row.integer(4), sealed: row.bytes(5))
        }
    }
}

func uploadRow(_ row: PreparedStatement) throws(StorageError) -> UploadRow {
    UploadRow(
        id: try row.identifier(0, of: UploadID.self), bucket: BucketID(rawValue: row.integer(1)), key: row.string(2),
        initiated: row.integer(3), dataKey: row.optionalInteger(4).map(DataKeyID.init(rawValue:)),
        sealed: row.bytes(5))
}

func completedUploadRow(_ row: PreparedStatement) throws(StorageError) -> CompletedUpload {
    CompletedUpload(
        id: try row.identifier(0, of: UploadID.self), bucket: BucketID(rawValue: row.integer(1)),
        key: row.string(2), version: try row.identifier(3, of: VersionID.self), completed: row.integer(4),
        receipt: row.bytes(5))
}
