import ObjectStorage
import Testing

@Suite struct CatalogueTests {
    @Test func `buckets have a name once, a number for ever, and go when empty`() async throws {
        let drive = try await Drive.make()
        let row = try await drive.store.makeBucket("alpha")
        await #expect(throws: StorageError.bucketExists(row)) { try await drive.store.makeBucket("alpha") }
        #expect(try drive.store.buckets().map(\.name) == ["alpha", "bucket"])

        try await drive.store.putInline(row.id, "k")
        await #expect(throws: StorageError.bucketNotEmpty) { try await drive.store.deleteBucket(row.id) }
        _ = try await drive.store.delete(row.id, key: "k")
        try await drive.store.deleteBucket(row.id)
        await #expect(throws: StorageError.noSuchBucket) { try await drive.store.deleteBucket(row.id) }
        drive.store.close()
        let again = try drive.reopen()
        #expect(try await again.makeBucket("alpha").id.rawValue > row.id.rawValue)
    }

    @Test func `with a bucket its uploads are gone at once, and their files soon`() async throws {
        let drive = try await Drive.make()
        let store = drive.store
        let own = try store.dataKeyRow()
        let row = try await store.makeBucket("alpha")
        var uploads: [UploadID] = []
        for index in 0..<3 { uploads.append(try await store.createUpload(row.id, "u\(index)", dataKey: own)) }
        let part = try await store.putPart(uploads[0], 1, pattern(5000))
        let blob = try await store.writeBlob([1])
        try await store.deleteBucket(row.id)
        for upload in uploads {
            #expect(try store.findUploadAtHand(upload) == nil)
            #expect(try await store.parts(of: upload) == [])
            let late = PartRow(number: 2, blob: blob.id, length: 1, size: 1, modified: 1, sealed: [])
            await #expect(throws: StorageError.noSuchUpload) { try await store.putPart(late, of: upload) }
            await #expect(throws: StorageError.noSuchUpload) {
                _ = try await store.complete(upload, row.id, "u", [part])
            }
            #expect(try await store.abortUpload(upload) == false)
        }
        #expect(try await store.listUploads(UploadListRequest(bucket: row.id)).entries == [])
        await store.collectGarbage()
        #expect(throws: StorageError.blobMissing(part.blob)) { try store.openBlob(part.blob) }
        #expect(try await store.dataKeys(after: nil, limit: 9) == [])
        #expect(try await store.verifyNoOrphans().isClean)
    }

    @Test func `records of buckets and settings are replaced only in the place of what was read`() async throws {
        let drive = try await Drive.make()
        let store = drive.store
        let present = try #require(try store.buckets().first)
        func row(_ id: BucketID) -> BucketRow {
            BucketRow(id: id, name: "bucket", created: 1, versioning: .suspended, sealed: [7])
        }
        #expect(try await store.updateBucket(row(drive.bucket), replacing: [9]) == .changed(current: present))
        #expect(try await store.updateBucket(row(drive.bucket), replacing: [1, 2, 3]) == .updated)
        #expect(try store.buckets() == [row(drive.bucket)])
        await #expect(throws: StorageError.noSuchBucket) {
            _ = try await store.updateBucket(row(BucketID(rawValue: 99)), replacing: [])
        }
        #expect(try store.settingAtHand("s") == nil)
        #expect(try await store.setSetting("s", [1], replacing: nil) == .swapped)
        #expect(try await store.setSetting("s", [2], replacing: nil) == .changed(current: [1]))
        #expect(try await store.setSetting("s", [2, 0], replacing: [1]) == .swapped)
        store.close()
        #expect(throws: StorageError.closed) { try store.settingAtHand("s") }
        await #expect(throws: StorageError.closed) { _ = try await store.setSetting("s", [], replacing: nil) }
        #expect(try drive.reopen().settingAtHand("s") == [2, 0])
    }

    @Test func `identifiers read back what they write`() {
        let id = VersionID()
        #expect(VersionID(bytes: id.bytes) == id)
        #expect(VersionID(hex: id.hex.uppercased()) == id)
        #expect(id.hex.count == 32)
        #expect(VersionID(hex: "g" + id.hex.dropFirst()) == nil)
        #expect(VersionID(bytes: [1]) == nil)
        let ordered = VersionID(order: 77)
        #expect(ordered.order == 77 && ordered != VersionID(order: 77))
    }
}
