/// What deletions and completions leave to be removed in the background, in steps of a bounded number of rows: each kind
/// has a table, with a row for each thing that is left.
enum Remains: CaseIterable, Sendable {
    /// The uploads of deleted buckets, by the bucket's number: `dead_buckets`.
    case uploadsOfBuckets
    /// Parts that a completion has not named, by the upload's row number: `unused_parts`.
    case unusedParts
    /// Lists of files that versions of former releases have left, by the version's row number: `dead_versions`.
    case fileLists
    /// The annotations of versions that are gone, by the number of the row that stands for such a version: in `versions`.
    case annotations
}

extension Transaction {
    /// One step of removing what one row stands for, and the row with the last of it; true when there is more to do.
    ///
    /// What a damaged row means nobody knows: it goes alone, and the log says so.
    func sweep(_ remains: Remains, row: Int64, _ limit: Int64) throws(StorageError) -> Bool {
        switch remains {
        case .uploadsOfBuckets: try sweepBucket(row, limit)
        case .unusedParts: try sweepUnusedParts(ofUpload: row, limit)
        case .fileLists: try sweepVersion(row, limit)
        case .annotations: try sweepAnnotations(row: row, limit)
        }
    }

    private func sweepBucket(_ bucket: Int64, _ limit: Int64) throws(StorageError) -> Bool {
        let living = try session.first("SELECT name FROM buckets WHERE id = ?", .integer(bucket)) { $0.string(0) }
        var hasMore = false
        if let living {
            // The number is damaged: these uploads are under way.
            noteDamage("bucket \(living) was noted as deleted, and is not")
        } else {
            let uploads = try session.all(
                "SELECT id FROM uploads WHERE bucket = ? LIMIT ?", .integer(bucket), .integer(limit)
            ) { row in row.integer(0) }
            for upload in uploads { try abandonUpload(row: upload) }
            hasMore = uploads.count == limit
        }
        if !hasMore { try run("DELETE FROM dead_buckets WHERE id = ?", .integer(bucket)) }
        return hasMore
    }

    /// Discards the last parts of the list, and notes which ones are left.
    private func sweepUnusedParts(ofUpload upload: Int64, _ limit: Int64) throws(StorageError) -> Bool {
        let list = try session.first("SELECT numbers FROM unused_parts WHERE upload = ?", .integer(upload)) { row in
            row.bytes(0)
        }
        guard let list else { return false }
        var left: [UInt32] = []
        if let numbers = UnusedParts.decode(list, ofUpload: upload) {
            left = numbers.dropLast(Int(limit))
            for number in numbers[left.count...] { try discardPart(Int(number), of: upload) }
        } else {
            noteDamage(
                "the list of parts that \(try owner(ofUpload: upload)) does not use: they stay until it is deleted")
        }
        guard left.isEmpty else {
            try run(
                "UPDATE unused_parts SET numbers = ? WHERE upload = ?",
                .blob(UnusedParts.encode(left, ofUpload: upload)), .integer(upload))
            return true
        }
        try run("DELETE FROM unused_parts WHERE upload = ?", .integer(upload))
        return false
    }

    /// For the log: the object that has the parts of an upload.
    private func owner(ofUpload upload: Int64) throws(StorageError) -> String {
        let key = try session.first(
            "SELECT v.key FROM version_uploads o JOIN versions v ON v.id = o.version WHERE o.upload = ? LIMIT 1",
            .integer(upload)
        ) { row in row.bytes(0) }
        return key.map { "object \"\(String(decoding: $0, as: UTF8.self))\"" } ?? "the object of upload \(upload)"
    }

    /// Hands over files of a version of a former release; with the last one the row goes that kept the version's number.
    private func sweepVersion(_ row: Int64, _ limit: Int64) throws(StorageError) -> Bool {
        guard try integer("SELECT 1 FROM versions WHERE id = ? AND bucket = 0", .integer(row)) != nil else {
            // The number is damaged: it is of a version that lives.
            noteDamage("version \(row) was noted as deleted, and is not: its files stay")
            try run("DELETE FROM dead_versions WHERE id = ?", .integer(row))
            return false
        }
        let owner = try session.first("SELECT owner FROM dead_versions WHERE id = ?", .integer(row)) { row in
            try? row.identifier(0, of: VersionID.self)
        }
        let blobs = try session.all(
            "SELECT number, blob FROM version_blobs WHERE version = ? LIMIT ?", .integer(row), .integer(limit)
        ) { row in (number: row.integer(0), blob: try? row.identifier(1, of: BlobID.self)) }
        for (number, blob) in blobs {
            if let blob { try discard(blob, owner: owner ?? nil) }
            try run("DELETE FROM version_blobs WHERE version = ? AND number = ?", .integer(row), .integer(number))
        }
        guard blobs.count < limit else { return true }
        try run("DELETE FROM dead_versions WHERE id = ?", .integer(row))
        try run("DELETE FROM versions WHERE id = ?", .integer(row))
        return false
    }

    /// One step of removing the parts of an upload that has ended and that no version owns or reads any more.
    ///
    /// True when there are more.
    func sweepParts(ofUpload upload: Int64, _ limit: Int64) throws(StorageError) -> Bool {
        let numbers = try session.all(
            "SELECT number FROM parts WHERE upload = ? LIMIT ?", .integer(upload), .integer(limit)
        ) { row in Int(row.integer(0)) }
        for number in numbers { try discardPart(number, of: upload) }
        guard numbers.count < limit else { return true }
        try run("DELETE FROM dead_uploads WHERE upload = ?", .integer(upload))
        return false
    }
}
