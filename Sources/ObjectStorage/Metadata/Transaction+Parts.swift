/// How versions own the parts of uploads.
extension Transaction {
    /// Where the parts of a version are listed.
    enum PartsOfVersion {
        /// In `parts`, under this row number of an upload.
        case upload(Int64)
        /// In `version_blobs`, under this row number of a version that a former release has made.
        case fileList(Int64)
    }

    /// Where the parts are listed that a body is to share; nil when it shares none.
    ///
    /// Throws `noSuchBlob` when the version that has them is gone.
    func sharedParts(of body: NewBody) throws(StorageError) -> PartsOfVersion? {
        switch body {
        case .inline, .file, .none, .sharedFile: return nil
        case .sharedParts(let source, _):
            let found = try session.versionRow(
                SelectVersion.ofOrder, source.bucket, source.key, order: source.order)
            guard let found, found.stored.columns.version == source.version, source.body == .parts else {
                throw .noSuchBlob
            }
            if let upload = try upload(ofVersion: found.row) { return .upload(upload) }
            return .fileList(found.row)
        }
    }

    /// Gives a version the parts of another one: one row, but for versions that former releases have made.
    func share(_ parts: PartsOfVersion?, with row: Int64) throws(StorageError) {
        switch parts {
        case nil: break
        case .upload(let upload):
            try own(upload, by: row)
        case .fileList(let source):
            try run(
                "INSERT INTO version_blobs (version, number, blob) SELECT ?, number, blob FROM version_blobs WHERE version = ?",
                .integer(row), .integer(source))
        }
    }

    /// Makes a version the owner of an upload's parts, and nothing else under its row number: a former version of the row,
    /// whose damaged body kind told of no parts, may have left some.
    func own(_ upload: Int64, by row: Int64) throws(StorageError) {
        if let stale = try self.upload(ofVersion: row) {
            try run("INSERT INTO dead_uploads (upload) VALUES (?)", .integer(stale))
            noteGarbage()
        }
        try run(
            "INSERT OR REPLACE INTO version_uploads (version, upload) VALUES (?, ?)", .integer(row), .integer(upload))
    }

    private func upload(ofVersion row: Int64) throws(StorageError) -> Int64? {
        try integer("SELECT upload FROM version_uploads WHERE version = ?", .integer(row))
    }

    /// Removes the manifest of a version, whose parts go in the background unless another version owns them too.
    func dropParts(of version: VersionRow) throws(StorageError) {
        let id = version.stored.columns.version
        if let upload = try upload(ofVersion: version.row) {
            try run("DELETE FROM version_uploads WHERE version = ?", .integer(version.row))
            try run("INSERT INTO dead_uploads (upload, owner) VALUES (?, ?)", .integer(upload), .identifier(id))
            noteGarbage()
        }
        try run("DELETE FROM manifests WHERE version = ?", .identifier(id))
    }

    /// Whether files are listed under the version's row number, as former releases did it: there may be ten thousand.
    func hasFileList(_ version: VersionRow) throws(StorageError) -> Bool {
        switch version.stored.columns.body {
        case .none, .inline, .file: return false
        case .parts, .unreadable:
            return try integer("SELECT 1 FROM version_blobs WHERE version = ? LIMIT 1", .integer(version.row)) != nil
        }
    }

    /// Takes a version out of its bucket, but keeps its row: the number must not be given again while files are listed
    /// under it.
    func buryRow(of version: VersionRow) throws(StorageError) {
        try run(
            """
            UPDATE versions SET bucket = 0, key = x'', ord = id, version = x'', size = 0, modified = 0, flags = 0,
                data_key = NULL, body = 0, blob = NULL, sealed = x'', null_ord = NULL WHERE id = ?
            """, .integer(version.row))
        try run(
            "INSERT INTO dead_versions (id, owner) VALUES (?, ?)", .integer(version.row),
            .identifier(version.stored.columns.version))
        noteGarbage()
    }
}
