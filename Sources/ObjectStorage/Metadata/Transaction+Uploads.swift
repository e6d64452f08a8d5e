extension Transaction {
    func createUpload(_ upload: UploadRow, _ dataKey: DataKeyRow?) throws(StorageError) -> MutationResult {
        try requireBucket(upload.bucket)
        try useDataKey(upload.dataKey, row: dataKey)
        try run(
            "INSERT INTO uploads (upload, bucket, key, initiated, data_key, sealed) VALUES (?, ?, ?, ?, ?, ?)",
            .identifier(upload.id), .integer(upload.bucket.rawValue), .key(upload.key), .integer(upload.initiated),
            .optional(upload.dataKey?.rawValue), .blob(upload.sealed))
        try requireNoParts(ofUpload: session.lastInsertedRow)
        return .done
    }

    /// A number that no upload has or had.
    func newUploadNumber() throws(StorageError) -> Int64 {
        try run("INSERT INTO uploads (upload, bucket, key, initiated, sealed) VALUES (x'', 0, x'', 0, x'')")
        let number = session.lastInsertedRow
        try run("DELETE FROM uploads WHERE id = ?", .integer(number))
        try requireNoParts(ofUpload: number)
        return number
    }

    /// Parts stay under the number of their upload for as long as a version has them: with a damaged sequence they would be
    /// replaced.
    private func requireNoParts(ofUpload number: Int64) throws(StorageError) {
        let isTaken = try integer(
            """
            SELECT 1 WHERE EXISTS (SELECT 1 FROM parts WHERE upload = ?1)
                OR EXISTS (SELECT 1 FROM version_uploads WHERE upload = ?1)
            """, .integer(number))
        guard isTaken == nil else { throw .database("the number of a new upload, \(number), is another one's") }
    }

    /// Stores a part in the place of the one with the same number.
    func putPart(_ part: PartRow, of id: UploadID) throws(StorageError) -> MutationResult {
        guard let upload = try uploadRow(id)?.row else { throw .noSuchUpload }
        try discardPart(part.number, of: upload)
        try run(
            """
            INSERT INTO parts (upload, number, blob, length, size, modified, sealed) VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            .integer(upload), .integer(Int64(part.number)), .identifier(part.blob), .integer(part.length),
            .integer(part.size), .integer(part.modified), .blob(part.sealed))
        try run("UPDATE uploads SET changes = changes + 1 WHERE id = ?", .integer(upload))
        refer(to: part.blob)
        return .done
    }

    /// Makes an upload the body of a version, which owns its parts from now on: no row of a part is touched, however many
    /// there are.
    func complete(_ completion: UploadCompletion, _ expectation: Expectation) throws(StorageError) -> PutOutcome {
        guard let upload = try uploadRow(completion.upload) else { throw .noSuchUpload }
        guard upload.changes == completion.parts.changes else { throw .partsChanged }
        let version = completion.version
        let row: Int64
        switch try store(version, expectation) {
        case .refused(let outcome): return outcome
        case .stored(let number): row = number
        }
        try insertManifest(completion.manifest, of: version.columns.version)
        try own(upload.row, by: row)
        if !completion.parts.unused.isEmpty {
            try run(
                "INSERT INTO unused_parts (upload, numbers) VALUES (?, ?)", .integer(upload.row),
                .blob(UnusedParts.encode(completion.parts.unused, ofUpload: upload.row)))
            noteGarbage()
        }
        try deleteUpload(row: upload.row)
        try run(
            """
            INSERT INTO completions (upload, bucket, key, version, completed, receipt) VALUES (?, ?, ?, ?, ?, ?)
            """,
            .identifier(completion.upload), .integer(version.columns.bucket.rawValue), .key(version.columns.key),
            .identifier(version.columns.version), .integer(completion.completed), .blob(completion.receipt))
        try queue(version.events)
        return .stored
    }

    func insertManifest(_ manifest: [UInt8], of version: VersionID) throws(StorageError) {
        try run("INSERT INTO manifests (version, sealed) VALUES (?, ?)", .identifier(version), .blob(manifest))
    }

    func abortUpload(_ id: UploadID) throws(StorageError) -> Bool {
        guard let upload = try uploadRow(id)?.row else { return false }
        try abandonUpload(row: upload)
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
    func abandonUpload(row: Int64) throws(StorageError) {
        try deleteUpload(row: row)
        if try integer("SELECT 1 FROM parts WHERE upload = ? LIMIT 1", .integer(row)) != nil {
            try run("INSERT INTO dead_uploads (upload) VALUES (?)", .integer(row))
            noteGarbage()
        }
    }

    private func deleteUpload(row: Int64) throws(StorageError) {
        if let key = try integer("SELECT data_key FROM uploads WHERE id = ?", .integer(row)) {
            removeReference(DataKeyID(rawValue: key))
        }
        try run("DELETE FROM uploads WHERE id = ?", .integer(row))
    }

    /// Removes a part if there is one of this number, and hands its file over to be unlinked.
    func discardPart(_ number: Int, of upload: Int64) throws(StorageError) {
        let blob = try session.first(
            "SELECT blob FROM parts WHERE upload = ? AND number = ?", .integer(upload), .integer(Int64(number))
        ) { row in try? row.identifier(0, of: BlobID.self) }
        guard let blob else { return }
        // A damaged row names no file, and must not keep the others from going.
        if let blob { try discard(blob, owner: nil) }
        try run("DELETE FROM parts WHERE upload = ? AND number = ?", .integer(upload), .integer(Int64(number)))
    }

    /// The row number of an upload whose bucket is still there, and how often its parts have changed.
    private func uploadRow(_ id: UploadID) throws(StorageError) -> (row: Int64, changes: Int64)? {
        try session.first(
            "SELECT u.id, u.changes FROM uploads u JOIN buckets b ON b.id = u.bucket WHERE u.upload = ?",
            .identifier(id)
        ) { row in (row: row.integer(0), changes: row.integer(1)) }
    }
}
