extension ObjectStore {
    /// Begins a multipart upload.
    ///
    /// Throws `noSuchBucket`, `noSuchDataKey`, `diskFull`.
    package func createUpload(_ upload: UploadRow, dataKey: DataKeyRow?) async throws(StorageError) {
        try space.admitRows(Int64(upload.sealed.count))
        _ = try await committer.commit(.createUpload(upload, dataKey: dataKey))
    }

    /// An upload and the data key that it names, in one snapshot; nil when it has ended, or its bucket is gone.
    ///
    /// A few microseconds, in place.
    package func findUploadAtHand(_ id: UploadID) throws(StorageError) -> FoundUpload? {
        try catalogue.readers.read { session throws(StorageError) in try session.findUpload(id, dataKeyRows) }
    }

    package func findUpload(_ id: UploadID) async throws(StorageError) -> FoundUpload? {
        try findUploadAtHand(id)
    }

    /// What an upload became that was completed within the last day.
    package func completedUpload(_ id: UploadID) async throws(StorageError) -> CompletedUpload? {
        try catalogue.readers.read { session throws(StorageError) in try session.completedUpload(id) }
    }

    /// Stores a part, whose blob must be finished, in the place of the one with its number.
    ///
    /// Throws `noSuchUpload`, `noSuchBlob`, `diskFull`; the blob is unlinked then.
    package func putPart(_ part: PartRow, of upload: UploadID) async throws(StorageError) {
        do throws(StorageError) {
            _ = try await commitClaiming([part.blob], bytes: part.sealed.count, .putPart(part, of: upload))
        } catch .noSuchBlob {
            // The upload's end is the reason to tell, whatever became of the blob because of it.
            guard try await findUpload(upload) != nil else { throw .noSuchUpload }
            throw .noSuchBlob
        }
    }

    /// Makes the selected parts the body of a version and ends the upload; parts that are not selected are discarded.
    ///
    /// What it costs the committer depends on the bytes of the manifest, not on the number of parts.
    ///
    /// The receipt is kept for a day, see ``completedUpload(_:)``. Throws `noSuchUpload`, `partsChanged` when a part was
    /// stored since the parts were listed, and what ``put(_:expecting:)`` throws. The upload stays as it was then, and
    /// when the outcome is not `stored`.
    package func completeUpload(
        _ id: UploadID, parts: PartSelection, version: NewVersion, manifest: [UInt8], receipt: [UInt8],
        expecting expectation: Expectation = .none
    ) async throws(StorageError) -> PutOutcome {
        precondition(version.columns.body == .parts && version.columns.blob == nil, "the body must be parts")
        try space.admitRows(Int64(manifest.count + version.sealed.count + receipt.count + parts.unused.count))
        let completion = UploadCompletion(
            upload: id, parts: parts, version: version, manifest: manifest, receipt: receipt,
            completed: time.wallMilliseconds)
        return try await putOutcome(.completeUpload(completion, expectation))
    }

    /// Ends an upload; its parts are removed in the background.
    ///
    /// False when there is no such upload.
    package func abortUpload(_ id: UploadID) async throws(StorageError) -> Bool {
        try await found(.abortUpload(id))
    }
}
