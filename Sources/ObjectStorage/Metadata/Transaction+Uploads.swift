extension Transaction {
    func createUpload(_ upload: UploadRow, dataKey: DataKeyRow?) throws(StorageError) {
        try requireBucket(upload.bucket)
        try useDataKey(upload.dataKey, row: dataKey)
        try run(
            "INSERT INTO uploads (upload, bucket, key, initiated, data_key, sealed) VALUES (?, ?, ?, ?, ?, ?)",
            .identifier(upload.id), .integer(upload.bucket.rawValue), .key(upload.key), .integer(upload.initiated),
            .optional(upload.dataKey?.rawValue), .blob(upload.sealed))
    }

    /// Stores a part in the place of the one with the same number.
    func putPart(_ part: PartRow, of id: UploadID) throws(StorageError) {
        guard let upload = try uploadRow(id) else { throw .noSuchUpload }
        let existing = try session.prepare("SELECT blob FROM parts WHERE upload = ? AND number = ?")
        existing.bind(.integer(upload), .integer(Int64(part.number)))
        if try existing.step() {
            let blob = try existing.identifier(0, of: BlobID.self)
            existing.reset()
            try discard(blob, owner: nil)
            try run("DELETE FROM parts WHERE upload = ? AND number = ?", .integer(upload), .integer(Int64(part.number)))
        }
        try run(
            """
            INSERT INTO parts (upload, number, blob, length, size, modified, sealed) VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            .integer(upload), .integer(Int64(part.number)), .identifier(part.blob), .integer(part.length),
            .integer(part.size), .integer(part.modified), .blob(part.sealed))
        refer(to: part.blob)
    }

    /// Makes the named parts the body of a version; parts that are not named are discarded.
    func completeUpload(
        _ id: UploadID, parts: [(number: Int, blob: BlobID)], version: NewVersion, manifest: [UInt8],
        check: ((StoredVersion?) throws -> Void)?
    ) throws {
        guard let upload = try uploadRow(id) else { throw StorageError.noSuchUpload }
        let found = try session.prepare("SELECT 1 FROM parts WHERE upload = ? AND number = ? AND blob = ?")
        for part in parts {
            found.bind(.integer(upload), .integer(Int64(part.number)), .identifier(part.blob))
            guard try found.step() else { throw StorageError.partsChanged }
            found.reset()
        }
        let current = try prepareToStore(version, check: check)
        let row = try store(version, over: current)
        try run(
            "INSERT INTO manifests (version, sealed) VALUES (?, ?)", .identifier(version.columns.version),
            .blob(manifest))
        for part in parts {
            try run(
                "INSERT INTO version_blobs (version, number, blob) VALUES (?, ?, ?)", .integer(row),
                .integer(Int64(part.number)), .identifier(part.blob))
            try run("DELETE FROM parts WHERE upload = ? AND number = ?", .integer(upload), .integer(Int64(part.number)))
        }
        try removeUpload(row: upload)
    }

    func abortUpload(_ id: UploadID) throws(StorageError) -> Bool {
        guard let upload = try uploadRow(id) else { return false }
        try removeUpload(row: upload)
        return true
    }

    /// Removes an upload with the parts that it still has.
    func removeUpload(row: Int64) throws(StorageError) {
        if let key = try integer("SELECT data_key FROM uploads WHERE id = ?", .integer(row)) {
            removeReference(DataKeyID(rawValue: key))
        }
        try run("INSERT INTO garbage (blob) SELECT blob FROM parts WHERE upload = ?", .integer(row))
        noteGarbage()
        try run("DELETE FROM parts WHERE upload = ?", .integer(row))
        try run("DELETE FROM uploads WHERE id = ?", .integer(row))
    }

    private func uploadRow(_ id: UploadID) throws(StorageError) -> Int64? {
        try integer("SELECT id FROM uploads WHERE upload = ?", .identifier(id))
    }
}
