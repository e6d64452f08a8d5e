extension Transaction {
    func createUpload(_ upload: UploadRow, _ dataKey: DataKeyRow?) throws(StorageError) -> MutationResult {
        try requireBucket(upload.bucket)
        try useDataKey(upload.dataKey, row: dataKey)
        try run(
            "INSERT INTO uploads (upload, bucket, key, initiated, data_key, sealed) VALUES (?, ?, ?, ?, ?, ?)",
            .identifier(upload.id), .integer(upload.bucket.rawValue), .key(upload.key), .integer(upload.initiated),
            .optional(upload.dataKey?.rawValue), .blob(upload.sealed))
        return .done
    }

    /// Stores a part in the place of the one with the same number.
    func putPart(_ part: PartRow, of id: UploadID) throws(StorageError) -> MutationResult {
        guard let upload = try uploadRow(id) else { throw .noSuchUpload }
        let existing = try session.first(
            "SELECT blob FROM parts WHERE upload = ? AND number = ?", .integer(upload), .integer(Int64(part.number))
        ) { row throws(StorageError) in try row.identifier(0, of: BlobID.self) }
        if let existing {
            try discard(existing, owner: nil)
            try removePart(part.number, of: upload)
        }
        try run(
            """
            INSERT INTO parts (upload, number, blob, length, size, modified, sealed) VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            .integer(upload), .integer(Int64(part.number)), .identifier(part.blob), .integer(part.length),
            .integer(part.size), .integer(part.modified), .blob(part.sealed))
        refer(to: part.blob)
        return .done
    }

    /// Makes the named parts the body of a version; parts that are not named are discarded.
    func complete(_ completion: UploadCompletion, _ expectation: Expectation) throws(StorageError) -> PutOutcome {
        guard let upload = try uploadRow(completion.upload) else { throw .noSuchUpload }
        let found = try session.prepare("SELECT 1 FROM parts WHERE upload = ? AND number = ? AND blob = ?")
        for part in completion.parts {
            found.bind(.integer(upload), .integer(Int64(part.number)), .identifier(part.blob))
            guard try found.step() else { throw .partsChanged }
            found.reset()
        }
        let version = completion.version
        let row: Int64
        switch try store(version, expectation) {
        case .refused(let outcome): return outcome
        case .stored(let number): row = number
        }
        try run(
            "INSERT INTO manifests (version, sealed) VALUES (?, ?)", .identifier(version.columns.version),
            .blob(completion.manifest))
        for part in completion.parts {
            try run(
                "INSERT INTO version_blobs (version, number, blob) VALUES (?, ?, ?)", .integer(row),
                .integer(Int64(part.number)), .identifier(part.blob))
            try removePart(part.number, of: upload)
        }
        try removeUpload(row: upload)
        try run(
            """
            INSERT INTO completions (upload, bucket, key, version, completed, receipt) VALUES (?, ?, ?, ?, ?, ?)
            """,
            .identifier(completion.upload), .integer(version.columns.bucket.rawValue), .key(version.columns.key),
            .identifier(version.columns.version), .integer(completion.completed), .blob(completion.receipt))
        return .stored
    }

    func abortUpload(_ id: UploadID) throws(StorageError) -> Bool {
        guard let upload = try uploadRow(id) else { return false }
        try removeUpload(row: upload)
        return true
    }

    /// One step of removing the uploads of deleted buckets and the parts of uploads that have ended.
    ///
    /// Returns true when there is more to do.
    func sweepUploads(_ limit: Int64) throws(StorageError) -> Bool {
        if let bucket = try integer("SELECT id FROM dead_buckets LIMIT 1") {
            let uploads = try session.all(
                "SELECT id FROM uploads WHERE bucket = ? LIMIT ?", .integer(bucket), .integer(limit)
            ) { row in row.integer(0) }
            for upload in uploads { try removeUpload(row: upload) }
            if uploads.count < limit { try run("DELETE FROM dead_buckets WHERE id = ?", .integer(bucket)) }
            return true
        }
        guard let upload = try integer("SELECT id FROM dead_uploads LIMIT 1") else { return false }
        let parts = try session.all(
            "SELECT number, blob FROM parts WHERE upload = ? LIMIT ?", .integer(upload), .integer(limit)
        ) { row in (number: Int(row.integer(0)), blob: try? row.identifier(1, of: BlobID.self)) }
        for part in parts {
            // A damaged row names no file, and must not keep the others from going.
            if let blob = part.blob { try discard(blob, owner: nil) }
            try removePart(part.number, of: upload)
        }
        if parts.count < limit { try run("DELETE FROM dead_uploads WHERE id = ?", .integer(upload)) }
        return true
    }

    /// Forgets which uploads were completed before the given time; true when there may be more.
    func sweepCompletions(before time: Int64, _ limit: Int64) throws(StorageError) -> Bool {
        // Rows lie in the order in which they came; a clock that was set back only keeps some for longer.
        let rows = try session.all(
            "SELECT id, completed FROM completions ORDER BY id LIMIT ?", .integer(limit)
        ) { row in (id: row.integer(0), completed: row.integer(1)) }
        // One of a clock that stood in the future would keep all later ones.
        let old = rows.prefix { $0.completed < time || $0.completed > time + 2 * 86_400_000 }
        for row in old { try run("DELETE FROM completions WHERE id = ?", .integer(row.id)) }
        return old.count == limit
    }

    /// Removes an upload; the parts that it still has go in the background.
    private func removeUpload(row: Int64) throws(StorageError) {
        if let key = try integer("SELECT data_key FROM uploads WHERE id = ?", .integer(row)) {
            removeReference(DataKeyID(rawValue: key))
        }
        try run("DELETE FROM uploads WHERE id = ?", .integer(row))
        if try integer("SELECT 1 FROM parts WHERE upload = ? LIMIT 1", .integer(row)) != nil {
            try run("INSERT INTO dead_uploads (id) VALUES (?)", .integer(row))
            noteGarbage()
        }
    }

    private func removePart(_ number: Int, of upload: Int64) throws(StorageError) {
        try run("DELETE FROM parts WHERE upload = ? AND number = ?", .integer(upload), .integer(Int64(number)))
    }

    /// The row number of an upload whose bucket is still there.
    private func uploadRow(_ id: UploadID) throws(StorageError) -> Int64? {
        try integer(
            "SELECT u.id FROM uploads u JOIN buckets b ON b.id = u.bucket WHERE u.upload = ?", .identifier(id))
    }
}
