extension Transaction {
    func createBucket(_ row: BucketRow) throws(StorageError) -> MutationResult {
        if let existing = try session.bucket(named: row.name) { throw .bucketExists(existing) }
        try noteArrival(.bucket(row))
        try run(
            """
            INSERT INTO buckets (id, name, created, versioning, quota, excluded, sealed) VALUES (?, ?, ?, ?, ?, ?, ?)
            """,
            .integer(row.id.rawValue), .text(row.name), .integer(row.created), .integer(row.versioning.rawValue),
            .optional(row.quota), .optional(row.exclusions?.encoded), .blob(row.sealed))
        return .done
    }

    /// Puts another record, versioning and quota in the place of those that were read.
    func updateBucket(_ row: BucketRow, _ replacing: [UInt8]) throws(StorageError) -> BucketUpdateOutcome {
        guard let former = try session.bucket(row.id) else { throw .noSuchBucket }
        guard former.sealed == replacing else { return .changed(current: former) }
        try noteDeparture(.bucket(former))
        try run(
            "UPDATE buckets SET sealed = ?, versioning = ?, quota = ?, excluded = ? WHERE id = ?",
            .blob(row.sealed), .integer(row.versioning.rawValue), .optional(row.quota),
            .optional(row.exclusions?.encoded), .integer(row.id.rawValue))
        noteChange(of: row.id)
        try noteArrival(.bucket(row))
        return .updated
    }

    /// Removes an empty bucket.
    ///
    /// Uploads do not keep it: without their bucket nobody finds them any more, and they are removed in the background.
    ///
    /// - Parameter isDamaged: its number may be another one than its versions have; then it goes only when every version
    ///   has a bucket.
    func deleteBucket(_ id: BucketID, isDamaged: Bool) throws(StorageError) -> MutationResult {
        try requireBucket(id)
        if isDamaged, try session.hasVersionsWithoutBucket() { throw .bucketNotEmpty }
        guard try integer("SELECT 1 FROM versions WHERE bucket = ? LIMIT 1", .integer(id.rawValue)) == nil else {
            throw .bucketNotEmpty
        }
        if let former = try session.bucket(id) { try noteDeparture(.bucket(former)) }
        try run("DELETE FROM buckets WHERE id = ?", .integer(id.rawValue))
        try run("DELETE FROM bucket_usage WHERE bucket = ?", .integer(id.rawValue))
        noteChange(of: id)
        if try integer("SELECT 1 FROM uploads WHERE bucket = ? LIMIT 1", .integer(id.rawValue)) != nil {
            try run("INSERT INTO dead_buckets (id) VALUES (?)", .integer(id.rawValue))
            noteGarbage()
        }
        return .done
    }

    func setSetting(_ name: String, _ value: [UInt8], _ replacing: [UInt8]?) throws(StorageError) -> SwapOutcome {
        let current = try session.setting(name)
        guard current == replacing else { return .changed(current: current) }
        if let current { try noteDeparture(.setting(name: name, value: current)) }
        try noteArrival(.setting(name: name, value: value))
        try run(
            "INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            .text(name), .blob(value))
        return .swapped
    }

    @discardableResult
    func requireBucket(_ bucket: BucketID) throws(StorageError) -> VersioningRule {
        guard let rule = try versioningRule(of: bucket) else { throw .noSuchBucket }
        return rule
    }
}
