extension ObjectStore {
    /// An opaque value of the drive's owner, nil when none has been set.
    package func settingAtHand(_ name: String) throws(StorageError) -> [UInt8]? {
        try catalogue.readers.read { session throws(StorageError) in try session.setting(name) }
    }

    /// Every setting as it is stored; there are some dozens.
    package func settingsAtHand() throws(StorageError) -> [(name: String, value: [UInt8])] {
        try catalogue.readers.read { session throws(StorageError) in try session.settings() }
    }

    /// Sets a value, if the one that is there is `replacing`, nil for none.
    package func setSetting(
        _ name: String, _ value: [UInt8], replacing: [UInt8]?
    ) async throws(StorageError) -> SwapOutcome {
        try await swap(.setSetting(name: name, value: value, replacing: replacing))
    }

    /// All buckets, by name.
    ///
    /// Blocks for as long as it takes to read them: for the start.
    package func buckets() throws(StorageError) -> [BucketRow] {
        try catalogue.readers.read { session throws(StorageError) in try session.buckets() }
    }

    /// Makes a bucket, under a number from ``nextBucketID()``.
    ///
    /// Throws `bucketExists` with the row of the bucket that has the name.
    package func createBucket(_ row: BucketRow) async throws(StorageError) {
        try space.admitRows(Int64(row.sealed.count))
        _ = try await committer.commit(.createBucket(row))
    }

    /// Puts another record and another versioning in the place of the record `replacing`; says which row is there if that
    /// has another record.
    ///
    /// Of `row`, name and time are not looked at. From this commit on, writes and deletions are decided by the versioning.
    /// Throws `noSuchBucket`.
    package func updateBucket(
        _ row: BucketRow, replacing: [UInt8]
    ) async throws(StorageError) -> BucketUpdateOutcome {
        guard case .bucket(let outcome) = try await committer.commit(.updateBucket(row, replacing: replacing)) else {
            preconditionFailure("a change of a bucket has the outcome of one")
        }
        return outcome
    }

    /// Removes a bucket; its uploads are gone with it, and what they have stored is removed in the background.
    ///
    /// Throws `noSuchBucket`, and `bucketNotEmpty` while it has versions; of one whose row is damaged, also while there
    /// are versions without a bucket, which may be its.
    package func deleteBucket(_ id: BucketID, isDamaged: Bool = false) async throws(StorageError) {
        _ = try await committer.commit(.deleteBucket(id, isDamaged: isDamaged))
    }

    /// Whether there are versions whose bucket has no row: one row of the two is damaged.
    package func hasVersionsWithoutBucket() async throws(StorageError) -> Bool {
        try await scan { session throws(StorageError) in try session.hasVersionsWithoutBucket() }
    }

    func swap(_ mutation: Mutation) async throws(StorageError) -> SwapOutcome {
        guard case .swap(let outcome) = try await committer.commit(mutation) else {
            preconditionFailure("a replacement has the outcome of one")
        }
        return outcome
    }
}
