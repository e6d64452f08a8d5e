import ObjectStorage
import Testing

@Suite struct CatalogueTests {
    private func row(_ id: DataKeyID = DataKeyID(), shared: Bool = false) -> DataKeyRow {
        DataKeyRow(id: id, kmsKey: "master", wrapped: [1, 2], context: [3], created: 4, isShared: shared)
    }

    @Test func `buckets have a name once, a number for ever, and go when empty`() async throws {
        let drive = try await Drive.make()
        let row = try await drive.store.createBucket(name: "alpha", created: 7) { id in [UInt8(id.rawValue)] }
        #expect(row.sealed == [UInt8(row.id.rawValue)])
        await #expect(throws: StorageError.bucketExists(row)) {
            _ = try await drive.store.createBucket(name: "alpha", created: 8) { _ in [] }
        }
        #expect(try drive.store.buckets().map(\.name) == ["alpha", "bucket"])
        try await drive.store.updateBucket(row.id, sealed: [42])
        #expect(try drive.store.buckets().first?.sealed == [42])

        try await drive.store.putInline(row.id, "k")
        await #expect(throws: StorageError.bucketNotEmpty) { try await drive.store.deleteBucket(row.id) }
        _ = try await drive.store.delete(row.id, key: "k")
        let upload = try await drive.store.createUpload(row.id, "u")
        try await drive.store.putPart(upload, 1, [1])
        try await drive.store.deleteBucket(row.id)
        #expect(try drive.store.upload(upload) == nil)
        await #expect(throws: StorageError.noSuchBucket) { try await drive.store.deleteBucket(row.id) }
        let next = try await drive.store.createBucket(name: "alpha", created: 9) { _ in [] }
        #expect(next.id != row.id)
        await drive.store.collectGarbage()
        #expect(try drive.store.verifyNoOrphans().isClean)
    }

    @Test func `a data key goes with its last reference`() async throws {
        let drive = try await Drive.make()
        let own = row()
        try await drive.store.putInline(drive.bucket, "a", dataKey: own)
        try await drive.store.putInline(drive.bucket, "b", dataKey: own)
        #expect(try drive.store.dataKey(own.id) == own)
        _ = try await drive.store.delete(drive.bucket, key: "a")
        #expect(try drive.store.dataKey(own.id) == own)
        try await drive.store.putInline(drive.bucket, "b")
        #expect(try drive.store.dataKey(own.id) == nil)

        let upload = try await drive.store.createUpload(drive.bucket, "u", dataKey: own)
        let part = try await drive.store.putPart(upload, 1, [1])
        _ = try await drive.store.complete(upload, drive.bucket, "u", [part], dataKey: own.id)
        #expect(try drive.store.dataKey(own.id) == own)
        #expect(try drive.store.verifyNoOrphans().isClean)
        _ = try await drive.store.delete(drive.bucket, keys: ["u"])
        #expect(try drive.store.dataKeys(after: nil, limit: 10) == [])
    }

    @Test func `a data key is not taken for another one of its number`() async throws {
        let drive = try await Drive.make()
        for shared in [false, true] {
            let first = row(shared: shared)
            try await drive.store.putInline(drive.bucket, "a", dataKey: first)
            let other = DataKeyRow(
                id: first.id, kmsKey: "master", wrapped: [9], context: [9], created: 5, isShared: shared)
            await #expect(throws: StorageError.noSuchDataKey) {
                try await drive.store.putInline(drive.bucket, "b", dataKey: other)
            }
            #expect(try drive.store.dataKey(first.id) == first)
        }
        #expect(try drive.store.verifyNoOrphans().isClean)
    }

    @Test func `a data key that comes and goes in one batch leaves nothing`() async throws {
        let drive = try await Drive.make()
        try await withThrowingDiscardingTaskGroup { group in
            for number in 0..<200 {
                let own = row()
                group.addTask { try await drive.store.putInline(drive.bucket, "k\(number % 3)", dataKey: own) }
            }
        }
        #expect(try drive.store.dataKeys(after: nil, limit: 10).count == 3)
        #expect(try drive.store.verifyNoOrphans().isClean)
        _ = try await drive.store.delete(drive.bucket, keys: ["k0", "k1", "k2"])
        #expect(try drive.store.dataKeys(after: nil, limit: 10) == [])
    }

    @Test func `a shared data key outlives its last reference until the next start`() async throws {
        let drive = try await Drive.make()
        let shared = row(shared: true)
        try await drive.store.insertDataKey(shared)
        try await drive.store.putInline(drive.bucket, "a", dataKey: shared)
        _ = try await drive.store.delete(drive.bucket, key: "a")
        #expect(try drive.store.dataKey(shared.id) == shared)
        try await drive.store.retireDataKey(shared.id)
        try await drive.store.putInline(drive.bucket, "late", dataKey: shared)
        #expect(try drive.store.kmsKeysInUse().map { "\($0.kmsKey) \($0.count)" } == ["master 1"])
        _ = try await drive.store.delete(drive.bucket, key: "late")
        drive.store.close()
        #expect(try drive.reopen().dataKeys(after: nil, limit: 10) == [])
    }

    @Test func `a wrapping is replaced only in the place of the one it was made from`() async throws {
        let drive = try await Drive.make()
        let old = row(shared: true)
        try await drive.store.insertDataKey(old)
        _ = try drive.store.dataKey(old.id)
        let new = DataKeyRow(
            id: old.id, kmsKey: "other", wrapped: [9], context: [8], created: old.created, isShared: true)
        #expect(try await drive.store.replaceDataKey(new, replacing: [0]) == false)
        #expect(try await drive.store.replaceDataKey(new, replacing: old.wrapped))
        #expect(try drive.store.dataKey(old.id) == new)
    }

    @Test func `settings are kept over a reopening`() async throws {
        let drive = try await Drive.make()
        #expect(try drive.store.setting("s") == nil)
        try await drive.store.setSetting("s", [1])
        try await drive.store.setSetting("s", [2, 0])
        drive.store.close()
        #expect(throws: StorageError.closed) { try drive.store.setting("s") }
        await #expect(throws: StorageError.closed) { try await drive.store.setSetting("s", []) }
        #expect(try drive.reopen().setting("s") == [2, 0])
    }

    @Test func `identifiers read back what they write`() {
        let id = VersionID()
        #expect(VersionID(bytes: id.bytes) == id)
        #expect(VersionID(hex: id.hex.uppercased()) == id)
        #expect(id.hex.count == 32)
        #expect(VersionID(hex: "g" + id.hex.dropFirst()) == nil)
        #expect(VersionID(bytes: [1]) == nil)
        let numbers = (0..<10_000).map { _ in DataKeyID().rawValue }
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
        #expect(numbers[0] >> 12 > 1_700_000_000_000_000)
    }
}
