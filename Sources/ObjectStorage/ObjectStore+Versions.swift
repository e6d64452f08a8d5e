extension ObjectStore {
    /// Stores a version: in the place of the key's null version if it is flagged as one, else beside the others.
    ///
    /// Which of the two the bucket wants is decided by the commit: see ``VersioningRule/writesNullVersion(of:)``.
    ///
    /// The expectation is about the key's newest version. With an outcome other than `stored` the blob of the body waits
    /// for its row again: put it once more, or ``discard(_:)`` it. Throws `noSuchBucket`, `noSuchDataKey`, `noSuchBlob`,
    /// `diskFull`; the blob is unlinked then.
    package func put(
        _ new: NewVersion, expecting expectation: Expectation = .none
    ) async throws(StorageError) -> PutOutcome {
        precondition(new.columns.body == new.body.kind && new.columns.blob == new.body.blob, "columns and body differ")
        let mutation = Mutation.put(new, expectation)
        guard new.annotations.isEmpty else { return try await putAnnotated(new, mutation) }
        switch new.body {
        case .inline(let bytes):
            try space.admitRows(Int64(bytes.count + new.sealed.count))
            return try await putOutcome(mutation)
        case .none, .sharedFile:
            try space.admitRows(Int64(new.sealed.count))
            return try await putOutcome(mutation)
        case .sharedParts(let source, let manifest):
            try space.admitRows(Int64(manifest.count + new.sealed.count))
            try await moveFileList(of: source)
            return try await putOutcome(mutation)
        case .file(let blob):
            return Self.putOutcome(try await commitClaiming([blob.id], bytes: new.sealed.count, mutation))
        }
    }

    /// A version that brings annotations along, with the files of them all.
    private func putAnnotated(_ new: NewVersion, _ mutation: Mutation) async throws(StorageError) -> PutOutcome {
        let bytes = try await prepareRows(of: new)
        return Self.putOutcome(try await commitClaiming(new.files, bytes: bytes, mutation))
    }

    /// Sees to the lists of files that a version and its annotations share.
    ///
    /// - Returns: bytes that their rows are going to have.
    func prepareRows(of new: NewVersion) async throws(StorageError) -> Int {
        var bytes = 0
        for one in [new] + new.annotations {
            bytes += one.sealed.count
            switch one.body {
            case .inline(let body): bytes += body.count
            case .sharedParts(let source, let manifest):
                bytes += manifest.count
                try await moveFileList(of: source)
            case .none, .sharedFile, .file: break
            }
        }
        return bytes
    }

    /// Some hundred files a commit, before the one that shares them: there may be ten thousand.
    func moveFileList(of version: VersionColumns) async throws(StorageError) {
        let isListed = { () throws(StorageError) in
            try self.catalogue.readers.read { session throws(StorageError) in try session.hasFileList(version) }
        }
        while try isListed() {
            guard try await found(.maintain(.moveFileList(of: version, limit: 512))) else { return }
        }
    }

    /// Puts another sealed record of the same version in the place of `replacing`: its body and columns stay.
    ///
    /// Says which record is there if that is another; none when there is no such version.
    package func replaceRecord(
        of version: VersionID, _ bucket: BucketID, key: String, sealed: [UInt8], replacing: [UInt8],
        events: [NewEvent] = []
    ) async throws(StorageError) -> SwapOutcome {
        try space.admitRows(Int64(sealed.count))
        return try await swap(
            .replaceRecord(bucket, key: key, version, sealed: sealed, replacing: replacing, events: events))
    }

    /// Removes one version of a key.
    package func delete(
        _ bucket: BucketID, key: String, version: VersionSelector = .null, expecting expectation: Expectation = .none
    ) async throws(StorageError) -> DeletionOutcome {
        let deletion = Deletion(key: key, .version(version), expecting: expectation)
        return try await delete(bucket, [deletion]).first ?? .absent
    }

    /// Makes several deletions in one transaction, in their order; says of each how it went.
    ///
    /// When one meets damage, each is made in a transaction of its own, so that it fails alone.
    package func delete(_ bucket: BucketID, _ deletions: [Deletion]) async throws(StorageError) -> [DeletionOutcome] {
        for deletion in deletions {
            if case .marker(let marker) = deletion.change {
                precondition(
                    marker.columns.key == deletion.key && marker.columns.bucket == bucket, "another key's marker")
            }
        }
        do throws(StorageError) {
            return try await deleteAtOnce(bucket, deletions)
        } catch {
            guard error.isCorrupt, deletions.count > 1 else { throw error }
        }
        var outcomes: [DeletionOutcome] = []
        for deletion in deletions {
            do throws(StorageError) {
                outcomes += try await deleteAtOnce(bucket, [deletion])
            } catch {
                guard error.isCorrupt else { throw error }
                outcomes.append(.failed(error))
            }
        }
        return outcomes
    }

    private func deleteAtOnce(
        _ bucket: BucketID, _ deletions: [Deletion]
    ) async throws(StorageError) -> [DeletionOutcome] {
        guard case .deletions(let outcomes) = try await committer.commit(.delete(bucket, deletions)) else {
            preconditionFailure("a deletion has the outcome of one")
        }
        return outcomes
    }

    /// A version of a key with what `detail` asks for, in one snapshot.
    ///
    /// A few microseconds, in place; what was asked for lately is at hand (``RecentVersions``). For a body in files there is a lease: until it is released the files can be opened,
    /// whatever happens to the key.
    package func findAtHand(
        _ bucket: BucketID, key: String, version: VersionSelector = .current, _ detail: FindDetail
    ) throws(StorageError) -> FoundVersion? {
        guard version == .current else { return try findInCatalogue(bucket, key, version, detail) }
        switch recentVersions.lookUp(bucket, key, detail) {
        case .found(let found): return found
        case .absent(let miss):
            let found = try findInCatalogue(bucket, key, version, detail)
            if let found { recentVersions.keep(found, detail, miss) }
            return found
        }
    }

    private func findInCatalogue(
        _ bucket: BucketID, _ key: String, _ version: VersionSelector, _ detail: FindDetail
    ) throws(StorageError) -> FoundVersion? {
        let find = { () throws(StorageError) in
            try self.catalogue.readers.read { session throws(StorageError) in
                try session.find(bucket, key, version, detail, self.dataKeyRows)
            }
        }
        switch detail {
        case .row, .rowAndDataKey: return try find()
        case .body: return try leases.lookup(find)
        }
    }

    /// As ``findAtHand(_:key:version:_:)``, where the caller can wait.
    package func find(
        _ bucket: BucketID, key: String, version: VersionSelector = .current, _ detail: FindDetail
    ) async throws(StorageError) -> FoundVersion? {
        try findAtHand(bucket, key: key, version: version, detail)
    }

    /// The version that has taken the place of another one of its key, or of one between them; nil when it is the newest.
    ///
    /// A few microseconds, in place.
    package func findNextNewerAtHand(than version: StoredVersion) throws(StorageError) -> StoredVersion? {
        let columns = version.columns
        return try catalogue.readers.read { session throws(StorageError) in
            try session.versionRow(SelectVersion.above, columns.bucket, columns.key, order: columns.order)?.stored
        }
    }

    func putOutcome(_ mutation: Mutation) async throws(StorageError) -> PutOutcome {
        Self.putOutcome(try await committer.commit(mutation))
    }

    private static func putOutcome(_ result: MutationResult) -> PutOutcome {
        guard case .put(let outcome) = result else { preconditionFailure("a put has the outcome of one") }
        return outcome
    }

    /// Commits a change that gives finished blobs their rows, or unlinks the blobs.
    ///
    /// After a refusal that is an outcome the blobs wait for their rows again.
    func commitClaiming(
        _ blobs: [BlobID], bytes: Int, _ mutation: Mutation
    ) async throws(StorageError) -> MutationResult {
        for (index, blob) in blobs.enumerated() where !directories.claim(blob) {
            for claimed in blobs[..<index] { abandon(claimed) }
            throw .noSuchBlob
        }
        do throws(StorageError) {
            try space.admitRows(Int64(bytes))
            let result = try await committer.commit(mutation)
            switch result {
            case .put(.changed), .put(.staleOrder), .put(.versioningChanged), .annotation(.ownerChanged),
                .annotation(.limitExceeded), .annotation(.present), .move(.sourceChanged), .move(.refused):
                for blob in blobs { directories.finish(blob) }
            case .put(.stored), .annotation(.done), .done, .deletions, .swap, .bucket, .move(.moved), .found, .history,
                .mark:
                for blob in blobs { directories.settle(blob) }
            }
            return result
        } catch {
            // When nobody knows whether the row is on disk, the file stays until a restart has read the log.
            if !engine.outcomeIsUnknown { for blob in blobs { abandon(blob) } }
            throw error
        }
    }
}
