extension ObjectStore {
    /// Begins a multipart upload.
    ///
    /// Throws `noSuchBucket`, `noSuchDataKey`, `diskFull`.
    package func createUpload(_ upload: UploadRow, dataKey: DataKeyRow?) async throws {
        try space.admitRows(Int64(upload.sealed.count))
        try await committer.commit(.grows) { transaction in
            try transaction.createUpload(upload, dataKey: dataKey)
        }
    }

    package func upload(_ id: UploadID) throws(StorageError) -> UploadRow? {
        try catalogue.readers.read { session throws(StorageError) in try session.upload(id) }
    }

    /// Uploads of a bucket in the order of key and identifier.
    ///
    /// With `afterKey` alone, those of greater keys; with both, also those of that key with a greater identifier.
    package func uploads(
        _ bucket: BucketID, prefix: String = "", afterKey: String? = nil, afterUpload: UploadID? = nil,
        limit: Int = 1000
    ) throws(StorageError) -> [UploadRow] {
        try catalogue.readers.read { session throws(StorageError) in
            try session.uploads(bucket, prefix: prefix, afterKey: afterKey, afterUpload: afterUpload, limit: limit)
        }
    }

    /// Stores a part, whose blob must be finished, in the place of the one with its number.
    ///
    /// Throws `noSuchUpload`, `noSuchBlob`, `diskFull`; the blob is unlinked then.
    package func putPart(_ part: PartRow, of upload: UploadID) async throws {
        try await commitClaiming(part.blob, bytes: part.sealed.count) { transaction in
            try transaction.putPart(part, of: upload)
        }
    }

    /// Parts in the order of their numbers, of numbers greater than `after`.
    package func parts(
        of upload: UploadID, after: Int = 0, limit: Int = 10_000
    ) throws(StorageError) -> [PartRow] {
        try catalogue.readers.read { session throws(StorageError) in
            try session.parts(of: upload, after: after, limit: limit)
        }
    }

    /// Makes the named parts the body of a version and ends the upload; parts that are not named are discarded.
    ///
    /// `check` as in ``put(_:check:)``. Throws `noSuchUpload`, `partsChanged` when a part is not the upload's current one of
    /// that number, and what ``put(_:check:)`` throws; the upload then stays as it was.
    package func completeUpload(
        _ id: UploadID, parts: [(number: Int, blob: BlobID)], version: NewVersion, manifest: [UInt8],
        check: (@Sendable (StoredVersion?) throws -> Void)? = nil
    ) async throws {
        precondition(version.columns.body == .parts && version.columns.blob == nil, "the body must be parts")
        try space.admitRows(Int64(manifest.count + version.sealed.count + 64 * parts.count))
        try await committer.commit(.grows) { transaction in
            try transaction.completeUpload(id, parts: parts, version: version, manifest: manifest, check: check)
        }
    }

    /// Ends an upload and discards its parts; false when there is no such upload.
    package func abortUpload(_ id: UploadID) async throws -> Bool {
        try await committer.commit(.shrinks) { transaction in try transaction.abortUpload(id) }
    }
}
