import Glibc
import ObjectStorage
import Synchronization
import Testing

/// The greatest number of rows that one commit has touched.
final class RowCounts: Sendable {
    private let greatestCount = Mutex<Int64>(0)

    var greatest: Int64 { greatestCount.withLock { $0 } }

    func reset() { greatestCount.withLock { $0 = 0 } }

    var hook: @Sendable (Int64) -> Void {
        { [self] rows in greatestCount.withLock { $0 = max($0, rows) } }
    }
}

/// What one commit does must not depend on how many parts an object has: all other writes wait meanwhile.
@Suite struct BoundedCommitTests {
    private static let partCount = 1300

    private func upload(_ store: ObjectStore, _ bucket: BucketID) async throws -> (UploadID, [PartRow]) {
        let upload = try await store.createUpload(bucket, "k")
        let parts = try await withThrowingTaskGroup(of: PartRow.self) { group in
            for number in 1...Self.partCount {
                if number > 64 { _ = try await group.next() }
                group.addTask { try await store.putPart(upload, number, [UInt8(number & 0xff)]) }
            }
            try await group.waitForAll()
            return try await store.parts(of: upload)
        }
        return (upload, parts)
    }

    @Test(arguments: [1300, 1, 700])
    func `a completion touches few rows, and what it and a deletion leave goes in steps`(used: Int) async throws {
        let rows = RowCounts()
        let drive = try await Drive.make { $0.rowCountHook = rows.hook }
        let store = drive.store
        let (upload, parts) = try await upload(store, drive.bucket)
        #expect(parts.count == Self.partCount)
        rows.reset()
        let columns = try await store.complete(upload, drive.bucket, "k", Array(parts.prefix(used)))
        #expect(used < Self.partCount || rows.greatest <= 10)
        await store.collectGarbage()
        #expect(rows.greatest <= 1100)
        #expect(try await store.verifyNoOrphans().isClean)
        #expect(try store.findAtHand(drive.bucket, key: "k", .body)?.version.columns == columns)
        for part in [parts[0], parts[used - 1]] { #expect(try store.readBlob(part.blob).count == 1) }
        if used < Self.partCount {
            #expect(throws: StorageError.blobMissing(parts[used].blob)) { try store.openBlob(parts[used].blob) }
        }
        rows.reset()
        if used == 1 {
            try await store.putInline(drive.bucket, "k")
        } else {
            _ = try await store.delete(drive.bucket, key: "k")
        }
        await store.collectGarbage()
        #expect(rows.greatest <= 1100)
        #expect(throws: StorageError.blobMissing(parts[0].blob)) { try store.openBlob(parts[0].blob) }
        #expect(try await store.verifyNoOrphans().isClean)
    }

    @Test func `a version that is read keeps its parts when it is deleted, and wakes their removal`() async throws {
        let drive = try await Drive.make()
        let upload = try await drive.store.createUpload(drive.bucket, "k")
        let part = try await drive.store.putPart(upload, 1, pattern(5000))
        _ = try await drive.store.complete(upload, drive.bucket, "k", [part])
        let reading = try drive.store.findAtHand(drive.bucket, key: "k", .body)
        _ = try await drive.store.delete(drive.bucket, key: "k")
        await drive.store.collectGarbage()
        #expect(try drive.store.readBlob(part.blob) == pattern(5000))
        reading?.lease?.release()
        for _ in 0..<1000 where (try? drive.store.openBlob(part.blob)) != nil {
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(throws: StorageError.blobMissing(part.blob)) { try drive.store.openBlob(part.blob) }
    }

    @Test func `the uploads of a deleted bucket go in steps`() async throws {
        let rows = RowCounts()
        let drive = try await Drive.make { $0.rowCountHook = rows.hook }
        let store = drive.store
        let uploads = try await withThrowingTaskGroup(of: UploadID.self) { group in
            for index in 0..<1300 {
                group.addTask {
                    let upload = try await store.createUpload(drive.bucket, "k\(index)")
                    if index.isMultiple(of: 100) { try await store.putPart(upload, 1, [1]) }
                    return upload
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        rows.reset()
        try await store.deleteBucket(drive.bucket)
        await store.collectGarbage()
        #expect(rows.greatest <= 1100)
        #expect(try store.findUploadAtHand(uploads[0]) == nil)
        #expect(try await store.verifyNoOrphans().isClean)
    }

    @Test func `a part that comes after the list was read is not lost by the completion`() async throws {
        let drive = try await Drive.make()
        let upload = try await drive.store.createUpload(drive.bucket, "k")
        let first = try await drive.store.putPart(upload, 1, [1])
        let selection = try await drive.store.partList(of: upload).selecting([(number: 1, blob: first.blob)])
        try await drive.store.putPart(upload, 2, [2])
        let columns = drive.store.columns(drive.bucket, "k", body: .parts, size: 1)
        let version = NewVersion(columns: columns, sealed: [4], body: .none, dataKey: nil)
        await #expect(throws: StorageError.partsChanged) {
            _ = try await drive.store.completeUpload(
                upload, parts: selection, version: version, manifest: [], receipt: [])
        }
        _ = try await drive.store.complete(upload, drive.bucket, "k", [first])
        await drive.store.collectGarbage()
        #expect(try await drive.store.verifyNoOrphans().isClean)
    }
}
