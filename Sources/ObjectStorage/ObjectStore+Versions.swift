extension ObjectStore {
    /// Stores a version in the place of the one that the key has.
    ///
    /// `check` runs inside the committing transaction on the current version, nil if there is none; it may run more than
    /// once, and what it throws is thrown here with nothing changed. A blob that does not get its row is unlinked.
    /// Throws `noSuchBucket`, `noSuchDataKey`, `noSuchBlob`, `diskFull`.
    package func put(
        _ new: NewVersion, check: (@Sendable (StoredVersion?) throws -> Void)? = nil
    ) async throws {
        switch new.body {
        case .inline(let bytes):
            precondition(new.columns.body == .inline && new.columns.blob == nil, "columns and body differ")
            try space.admitRows(Int64(bytes.count + new.sealed.count))
            try await committer.commit(.grows) { transaction in try transaction.put(new, check: check) }
        case .none:
            precondition(new.columns.body == .none && new.columns.blob == nil, "columns and body differ")
            try space.admitRows(Int64(new.sealed.count))
            try await committer.commit(.grows) { transaction in try transaction.put(new, check: check) }
        case .file(let blob):
            precondition(new.columns.body == .file && new.columns.blob == blob.id, "columns and body differ")
            try await commitClaiming(blob.id, bytes: new.sealed.count) { transaction in
                try transaction.put(new, check: check)
            }
        }
    }

    /// Removes the version that the key has; false when there is none.
    ///
    /// `check` as in ``put(_:check:)``.
    package func delete(
        _ bucket: BucketID, key: String, check: (@Sendable (StoredVersion?) throws -> Void)? = nil
    ) async throws -> Bool {
        try await committer.commit(.shrinks) { transaction in
            try transaction.delete(bucket, key: key, check: check)
        }
    }

    /// Removes several keys in one transaction; says of each whether there was a version.
    package func delete(_ bucket: BucketID, keys: [String]) async throws -> [Bool] {
        try await committer.commit(.shrinks) { transaction in
            try keys.map { try transaction.delete(bucket, key: $0, check: nil) }
        }
    }

    /// The newest version of a key.
    ///
    /// A few microseconds, in place.
    package func version(_ bucket: BucketID, key: String) throws(StorageError) -> StoredVersion? {
        try catalogue.readers.read { session throws(StorageError) in try session.version(bucket, key: key) }
    }

    /// The newest version of a key with its inline body, in one snapshot.
    ///
    /// For a body in files there is a lease: until it is released the files can be opened, whatever happens to the key.
    package func versionWithBody(
        _ bucket: BucketID, key: String
    ) throws(StorageError) -> (version: StoredVersion, inline: [UInt8]?, lease: ReadLease?)? {
        let read = { () throws(StorageError) in
            try self.catalogue.readers.read { session throws(StorageError) in
                try session.versionWithBody(bucket, key: key)
            }
        }
        guard let found = try read() else { return nil }
        if !found.version.columns.body.isInFiles { return (found.version, found.inline, nil) }
        // What is in files is looked up again as a lease wants it, so that no file goes between lookup and lease.
        let (leased, lease) = try leases.lookup { () throws(StorageError) in
            let found = try read()
            guard let columns = found?.version.columns else { return (found, nil) }
            return (found, columns.body.isInFiles ? columns.version : nil)
        }
        return leased.map { ($0.version, $0.inline, lease) }
    }

    /// The sealed manifest of a version whose body is `.parts`.
    package func manifest(_ version: VersionID) throws(StorageError) -> [UInt8]? {
        try catalogue.readers.read { session throws(StorageError) in try session.manifest(version) }
    }

    /// One page of keys in the binary order of their UTF-8 bytes.
    ///
    /// Milliseconds for a full page: use ``offload(_:)``.
    ///
    /// The cost depends on the entries returned alone: not on where the page lies, nor on what a delimiter folds away.
    package func list(_ request: ListRequest) throws(StorageError) -> ListPage {
        try catalogue.readers.read { session throws(StorageError) in try session.list(request) }
    }

    /// Commits a change that gives a finished blob its row, or unlinks the blob.
    func commitClaiming(
        _ blob: BlobID, bytes: Int, _ change: @escaping @Sendable (Transaction) throws -> Void
    ) async throws {
        guard directories.claim(blob) else { throw StorageError.noSuchBlob }
        do {
            try space.admitRows(Int64(bytes))
            try await committer.commit(.grows, change)
            directories.settle(blob)
        } catch {
            // When nobody knows whether the row is on disk, the file stays until a restart has read the log.
            if !engine.outcomeIsUnknown {
                let directories = directories
                if !pool.submit({ directories.abandon(blob) }) { directories.abandon(blob) }
            }
            throw error
        }
    }
}
