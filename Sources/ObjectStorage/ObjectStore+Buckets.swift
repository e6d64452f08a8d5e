extension ObjectStore {
    /// An opaque value of the drive's owner, nil when none has been set.
    package func setting(_ name: String) throws(StorageError) -> [UInt8]? {
        try catalogue.readers.read { session throws(StorageError) in try session.setting(name) }
    }

    package func setSetting(_ name: String, _ value: [UInt8]) async throws {
        try await committer.commit(.grows) { transaction in try transaction.setSetting(name, value) }
    }

    /// All buckets, by name.
    package func buckets() throws(StorageError) -> [BucketRow] {
        try catalogue.readers.read { session throws(StorageError) in try session.buckets() }
    }

    /// Makes a bucket; `seal` gives its record for the number that it gets, and may run more than once.
    ///
    /// Throws `bucketExists` with the row of the bucket that has the name.
    package func createBucket(
        name: String, created: Int64, seal: @escaping @Sendable (BucketID) -> [UInt8]
    ) async throws -> BucketRow {
        try space.admitRows(0)
        return try await committer.commit(.grows) { transaction in
            try transaction.createBucket(name: name, created: created, seal: seal)
        }
    }

    /// Throws `noSuchBucket`.
    package func updateBucket(_ id: BucketID, sealed: [UInt8]) async throws {
        try await committer.commit(.grows) { transaction in try transaction.updateBucket(id, sealed: sealed) }
    }

    /// Removes a bucket and aborts its uploads.
    ///
    /// Throws `noSuchBucket`, and `bucketNotEmpty` while it has versions.
    package func deleteBucket(_ id: BucketID) async throws {
        try await committer.commit(.shrinks) { transaction in try transaction.deleteBucket(id) }
    }
}
