extension ObjectStore {
    /// Reads many rows on one of the threads for that.
    func scan<R: Sendable>(
        _ body: @escaping @Sendable (Session) throws(StorageError) -> R
    ) async throws(StorageError) -> R {
        let readers = catalogue.readers
        do {
            return try await scans.run { try readers.read(body) }
        } catch { throw .wrapping(error) }
    }

    /// One page of keys in the binary order of their UTF-8 bytes.
    ///
    /// The cost depends on the entries returned alone: not on where the page lies, nor on what a delimiter folds away, nor
    /// on how many versions a key has.
    package func list(_ request: ListRequest) async throws(StorageError) -> ListPage {
        try await scan { session throws(StorageError) in try session.list(request) }
    }

    /// One page of versions: by key, and the newest of a key first.
    package func listVersions(_ request: VersionListRequest) async throws(StorageError) -> VersionListPage {
        try await scan { session throws(StorageError) in try session.listVersions(request) }
    }

    /// One page of the uploads of a bucket, in the order of key and identifier.
    ///
    /// The cost depends on the entries returned alone.
    package func listUploads(_ request: UploadListRequest) async throws(StorageError) -> UploadListPage {
        try await scan { session throws(StorageError) in try session.listUploads(request) }
    }

    /// Parts in the order of their numbers, of numbers greater than `after`.
    package func parts(
        of upload: UploadID, after: Int = 0, limit: Int = 10_000
    ) async throws(StorageError) -> [PartRow] {
        try await scan { session throws(StorageError) in try session.parts(of: upload, after: after, limit: limit) }
    }

    /// All parts of an upload, of one moment: what ``completeUpload(_:parts:version:manifest:receipt:expecting:)`` selects
    /// from.
    ///
    /// Throws `noSuchUpload`.
    package func partList(of upload: UploadID) async throws(StorageError) -> PartList {
        try await scan { session throws(StorageError) in try session.partList(of: upload) }
    }

    /// Runs `body` while holding one of the readers that scans may have, as a scan does.
    package func whileScanning<R: Sendable>(_ body: @escaping @Sendable () -> R) async throws -> R {
        try await scan { _ throws(StorageError) in body() }
    }
}
