/// What deletions and completions leave to be removed in the background, in steps of a bounded number of rows.
extension Transaction {
    /// One step of removing the uploads of deleted buckets, parts that no completion has named, and lists of files that
    /// versions of former releases have left.
    ///
    /// True when there is more to do.
    func sweepRemains(_ limit: Int64) throws(StorageError) -> Bool {
        if let bucket = try integer("SELECT id FROM dead_buckets LIMIT 1") {
            let uploads = try session.all(
                "SELECT id FROM uploads WHERE bucket = ? LIMIT ?", .integer(bucket), .integer(limit)
            ) { row in row.integer(0) }
            for upload in uploads { try abandonUpload(row: upload) }
            if uploads.count < limit { try run("DELETE FROM dead_buckets WHERE id = ?", .integer(bucket)) }
            return true
        }
        let unused = try session.first("SELECT upload, numbers FROM unused_parts LIMIT 1") { row in
            (upload: row.integer(0), numbers: row.bytes(1))
        }
        if let unused {
            try sweepUnused(unused.numbers, of: unused.upload, limit)
            return true
        }
        guard let version = try integer("SELECT id FROM dead_versions LIMIT 1") else { return false }
        try sweepVersion(row: version, limit)
        return true
    }

    /// Discards the last of these parts, and notes which ones are left.
    private func sweepUnused(_ numbers: [UInt8], of upload: Int64, _ limit: Int64) throws(StorageError) {
        guard numbers.count.isMultiple(of: PartSelection.numberLength) else {
            // Which parts a damaged list means nobody knows: they stay until their version goes.
            return try run("DELETE FROM unused_parts WHERE upload = ?", .integer(upload))
        }
        let left = max(0, numbers.count - Int(limit) * PartSelection.numberLength)
        for number in PartSelection.decode(numbers[left...]) { try discardPart(number, of: upload) }
        if left == 0 {
            try run("DELETE FROM unused_parts WHERE upload = ?", .integer(upload))
        } else {
            try run(
                "UPDATE unused_parts SET numbers = ? WHERE upload = ?", .blob(Array(numbers[..<left])),
                .integer(upload))
        }
    }

    /// Hands over files of a version of a former release; with the last one the row goes that kept the version's number.
    private func sweepVersion(row: Int64, _ limit: Int64) throws(StorageError) {
        guard try integer("SELECT 1 FROM versions WHERE id = ? AND bucket = 0", .integer(row)) != nil else {
            // The number is damaged: it is of a version that lives.
            return try run("DELETE FROM dead_versions WHERE id = ?", .integer(row))
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
        guard blobs.count < limit else { return }
        try run("DELETE FROM dead_versions WHERE id = ?", .integer(row))
        try run("DELETE FROM versions WHERE id = ?", .integer(row))
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
