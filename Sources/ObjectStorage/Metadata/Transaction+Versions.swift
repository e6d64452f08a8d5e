/// The version that a key has now, with its row number.
struct CurrentVersion {
    let row: Int64
    let stored: StoredVersion
}

extension Transaction {
    /// Stores a version in the place of the one that the key has.
    func put(_ new: NewVersion, check: ((StoredVersion?) throws -> Void)?) throws {
        let current = try prepareToStore(new, check: check)
        let row = try store(new, over: current)
        switch new.body {
        case .inline(let bytes):
            let insertion = try session.prepare("INSERT INTO inline_bodies (version, bytes) VALUES (?, ?)")
            insertion.bind(.integer(row))
            try insertion.step(borrowing: bytes, at: 2)
        case .file(let blob): refer(to: blob.id)
        case .none: break
        }
    }

    /// Everything that can refuse a new version, before anything is written.
    func prepareToStore(_ new: NewVersion, check: ((StoredVersion?) throws -> Void)?) throws -> CurrentVersion? {
        try requireBucket(new.columns.bucket)
        let current = try currentVersion(new.columns.bucket, key: new.columns.key)
        try check?(current?.stored)
        try useDataKey(new.columns.dataKey, row: new.dataKey)
        return current
    }

    /// Writes the row of a new version; the current one's body goes.
    ///
    /// Returns the row's number.
    func store(_ new: NewVersion, over current: CurrentVersion?) throws(StorageError) -> Int64 {
        let columns = new.columns
        noteOrder(columns.order)
        if let current {
            try dropBody(of: current)
            removeReference(current.stored.columns.dataKey)
            try run(
                """
                UPDATE versions SET ord = ?, version = ?, size = ?, modified = ?, flags = ?, data_key = ?, body = ?,
                    blob = ?, sealed = ? WHERE id = ?
                """,
                .integer(columns.order), .identifier(columns.version), .integer(columns.size),
                .integer(columns.modified), .integer(Int64(columns.flags.rawValue)),
                .optional(columns.dataKey?.rawValue), .integer(columns.body.rawValue), .identifier(columns.blob),
                .blob(new.sealed), .integer(current.row))
            return current.row
        }
        try run(
            """
            INSERT INTO versions (bucket, key, ord, version, size, modified, flags, data_key, body, blob, sealed)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            .integer(columns.bucket.rawValue), .key(columns.key), .integer(columns.order),
            .identifier(columns.version), .integer(columns.size), .integer(columns.modified),
            .integer(Int64(columns.flags.rawValue)), .optional(columns.dataKey?.rawValue),
            .integer(columns.body.rawValue), .identifier(columns.blob), .blob(new.sealed))
        return session.lastInsertedRow
    }

    /// Removes the version that the key has; false when it has none.
    func delete(_ bucket: BucketID, key: String, check: ((StoredVersion?) throws -> Void)?) throws -> Bool {
        try requireBucket(bucket)
        let current = try currentVersion(bucket, key: key)
        try check?(current?.stored)
        guard let current else { return false }
        try dropBody(of: current)
        removeReference(current.stored.columns.dataKey)
        try run("DELETE FROM versions WHERE id = ?", .integer(current.row))
        return true
    }

    func currentVersion(_ bucket: BucketID, key: String) throws(StorageError) -> CurrentVersion? {
        let statement = try session.prepare(
            """
            SELECT v.ord, v.version, v.size, v.modified, v.flags, v.data_key, v.body, v.blob, v.sealed, v.id
            FROM versions v INDEXED BY versions_by_key WHERE bucket = ? AND key = ? ORDER BY ord DESC LIMIT 1
            """)
        return try statement.first(bucket.rawValue, key) { () throws(StorageError) in
            CurrentVersion(row: statement.integer(9), stored: try readVersion(statement, bucket, key))
        }
    }

    /// Removes an inline body or a manifest, and hands files over to be unlinked.
    private func dropBody(of current: CurrentVersion) throws(StorageError) {
        let columns = current.stored.columns
        switch columns.body {
        case .none: break
        case .inline: try run("DELETE FROM inline_bodies WHERE version = ?", .integer(current.row))
        case .file:
            if let blob = columns.blob { try discard(blob, owner: columns.version) }
        case .parts:
            try run(
                "INSERT INTO garbage (blob, owner) SELECT blob, ? FROM version_blobs WHERE version = ?",
                .identifier(columns.version), .integer(current.row))
            noteGarbage()
            try run("DELETE FROM version_blobs WHERE version = ?", .integer(current.row))
            try run("DELETE FROM manifests WHERE version = ?", .identifier(columns.version))
        }
    }

    func requireBucket(_ bucket: BucketID) throws(StorageError) {
        guard try hasBucket(bucket) else { throw .noSuchBucket }
    }
}
