/// Declarations only, for callers to build against; the bodies follow.
package final class ObjectStore: Sendable {
    package static func open(
        _ directory: String, options: StoreOptions = StoreOptions()
    ) throws(StorageError) -> ObjectStore { throw .closed }
    package func close() {}
    package let inlineLimit = 32 * 1024
    package func nextOrder() -> Int64 { 0 }
    package func setting(_ name: String) throws(StorageError) -> [UInt8]? { throw .closed }
    package func setSetting(_ name: String, _ value: [UInt8]) async throws { throw StorageError.closed }
    package func buckets() throws(StorageError) -> [BucketRow] { throw .closed }
    package func createBucket(
        name: String, created: Int64, seal: @escaping @Sendable (BucketID) -> [UInt8]
    ) async throws -> BucketRow { throw StorageError.closed }
    package func updateBucket(_ id: BucketID, sealed: [UInt8]) async throws { throw StorageError.closed }
    package func deleteBucket(_ id: BucketID) async throws { throw StorageError.closed }
    package func insertDataKey(_ row: DataKeyRow) async throws { throw StorageError.closed }
    package func dataKey(_ id: DataKeyID) throws(StorageError) -> DataKeyRow? { throw .closed }
    package func dataKeys() throws(StorageError) -> [DataKeyRow] { throw .closed }
    package func kmsKeysInUse() throws(StorageError) -> [(kmsKey: String, count: Int)] { throw .closed }
    package func replaceDataKey(_ row: DataKeyRow, replacing wrapped: [UInt8]) async throws -> Bool {
        throw StorageError.closed
    }
    package func retireDataKey(_ id: DataKeyID) async throws { throw StorageError.closed }
    package func put(_ new: NewVersion, check: (@Sendable (StoredVersion?) throws -> Void)? = nil) async throws {
        throw StorageError.closed
    }
    package func delete(
        _ bucket: BucketID, key: String, check: (@Sendable (StoredVersion?) throws -> Void)? = nil
    ) async throws -> Bool { throw StorageError.closed }
    package func delete(_ bucket: BucketID, keys: [String]) async throws -> [Bool] { throw StorageError.closed }
    package func version(_ bucket: BucketID, key: String) throws(StorageError) -> StoredVersion? { throw .closed }
    package func versionWithBody(
        _ bucket: BucketID, key: String
    ) throws(StorageError) -> (version: StoredVersion, inline: [UInt8]?, lease: ReadLease?)? { throw .closed }
    package func manifest(_ version: VersionID) throws(StorageError) -> [UInt8]? { throw .closed }
    package func openBlob(_ id: BlobID) throws(StorageError) -> BlobReader { throw .closed }
    package func list(_ request: ListRequest) throws(StorageError) -> ListPage { throw .closed }
    package func createUpload(_ upload: UploadRow, dataKey: DataKeyRow?) async throws { throw StorageError.closed }
    package func upload(_ id: UploadID) throws(StorageError) -> UploadRow? { throw .closed }
    package func uploads(
        _ bucket: BucketID, prefix: String = "", afterKey: String? = nil, afterUpload: UploadID? = nil,
        limit: Int = 1000
    ) throws(StorageError) -> [UploadRow] { throw .closed }
    package func putPart(_ part: PartRow, of upload: UploadID) async throws { throw StorageError.closed }
    package func parts(
        of upload: UploadID, after: Int = 0, limit: Int = 10_000
    ) throws(StorageError) -> [PartRow] { throw .closed }
    package func completeUpload(
        _ id: UploadID, parts: [(number: Int, blob: BlobID)], version: NewVersion, manifest: [UInt8],
        check: (@Sendable (StoredVersion?) throws -> Void)? = nil
    ) async throws { throw StorageError.closed }
    package func abortUpload(_ id: UploadID) async throws -> Bool { throw StorageError.closed }
    package func makeBlob(expectedLength: Int64) throws(StorageError) -> BlobWriter { throw .closed }
    package func discard(_ blob: FinishedBlob) {}
    package func offload<R: Sendable>(_ work: @Sendable @escaping () throws -> R) async throws -> R {
        throw StorageError.closed
    }
    package func freeSpace() -> (total: Int64, available: Int64) { (0, 0) }
    package func checkWritable() throws(StorageError) { throw .closed }
    package func collectGarbage() async {}
}

/// Keeps the blob files of one version from being unlinked until it is released.
package final class ReadLease: Sendable {
    package func release() {}
}

package final class BlobWriter: @unchecked Sendable {
    package let id = BlobID()
    package var freeSpace: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: nil, count: 0) }
    package func advance(_ count: Int) {}
    package var isFull: Bool { false }
    package func flush() async throws(StorageError) { throw .closed }
    package func finish() async throws(StorageError) -> FinishedBlob { throw .closed }
    package func discard() {}
}

package final class BlobReader: Sendable {
    package let length: Int64 = 0
    package func read(at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws(StorageError) -> Int {
        throw .closed
    }
}
