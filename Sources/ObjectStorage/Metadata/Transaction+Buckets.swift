extension Transaction {
    func createBucket(name: String, created: Int64, seal: (BucketID) -> [UInt8]) throws(StorageError) -> BucketRow {
        if let existing = try session.bucket(named: name) { throw .bucketExists(existing) }
        try run(
            "INSERT INTO buckets (name, created, sealed) VALUES (?, ?, x'')", .text(name), .integer(created))
        let id = BucketID(rawValue: session.lastInsertedRow)
        let row = BucketRow(id: id, name: name, created: created, sealed: seal(id))
        try updateBucket(id, sealed: row.sealed)
        return row
    }

    func updateBucket(_ id: BucketID, sealed: [UInt8]) throws(StorageError) {
        try run("UPDATE buckets SET sealed = ? WHERE id = ?", .blob(sealed), .integer(id.rawValue))
        guard session.hasChangedRow else { throw .noSuchBucket }
    }

    /// Removes an empty bucket.
    ///
    /// Uploads do not keep it: they are aborted with it.
    func deleteBucket(_ id: BucketID) throws(StorageError) {
        try requireBucket(id)
        guard try integer("SELECT 1 FROM versions WHERE bucket = ? LIMIT 1", .integer(id.rawValue)) == nil else {
            throw .bucketNotEmpty
        }
        while let upload = try integer("SELECT id FROM uploads WHERE bucket = ? LIMIT 1", .integer(id.rawValue)) {
            try removeUpload(row: upload)
        }
        try run("DELETE FROM buckets WHERE id = ?", .integer(id.rawValue))
        noteRemoval(of: id)
    }

    func setSetting(_ name: String, _ value: [UInt8]) throws(StorageError) {
        try run(
            "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            .text(name), .blob(value))
    }
}
