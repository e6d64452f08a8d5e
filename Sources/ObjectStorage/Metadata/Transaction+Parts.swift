/// How versions own the parts of uploads.
extension Transaction {
    /// The row number of the upload whose parts a body is to share; nil when it shares none.
    ///
    /// Throws `noSuchBlob` when the version that has them is gone, or has files that are still to be moved: see
    /// ``moveFileList(of:_:)``.
    func sharedUpload(of body: NewBody) throws(StorageError) -> Int64? {
        switch body {
        case .inline, .file, .none, .sharedFile: return nil
        case .sharedParts(let source, _):
            guard source.body == .parts, let found = try version(source), try !hasFileList(found),
                let upload = try upload(ofVersion: found.row)
            else { throw .noSuchBlob }
            return upload
        }
    }

    private func version(_ columns: VersionColumns) throws(StorageError) -> VersionRow? {
        let found = try session.versionRow(
            SelectVersion.ofOrder, columns.bucket, columns.key, order: columns.order)
        return found?.stored.columns.version == columns.version ? found : nil
    }

    /// One step of making the files of a version that a former release has made parts of an upload, as others have them:
    /// then a copy, which shares them, is one row more.
    ///
    /// True when there may be more. In between, the version has some of its files there and some here.
    func moveFileList(of columns: VersionColumns, _ limit: Int64) throws(StorageError) -> Bool {
        guard let found = try version(columns), try hasFileList(found) else { return false }
        let upload: Int64
        if let begun = try self.upload(ofVersion: found.row) {
            upload = begun
        } else {
            upload = try newUploadNumber()
            try own(upload, by: found.row)
        }
        let row = SQLValue.integer(found.row)
        try run(
            """
            INSERT INTO parts (upload, number, blob, length, size, modified, sealed)
                SELECT ?, number, blob, 0, 0, 0, x'' FROM version_blobs WHERE version = ? ORDER BY number LIMIT ?
            """, .integer(upload), row, .integer(limit))
        try run(
            """
            DELETE FROM version_blobs WHERE version = ?1 AND number IN
                (SELECT number FROM version_blobs WHERE version = ?1 ORDER BY number LIMIT ?2)
            """, row, .integer(limit))
        return true
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
