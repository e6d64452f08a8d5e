import ObjectStorage
import S3Protocol
import SealedStorage
import TestSupport
import Testing

extension DriveFixture {
    /// Changes the catalogue behind the drive's back.
    func alter(_ sql: String) throws {
        try FormerCatalogue.make(
            at: "\(directory.path)/drive/coffer.db", upTo: FormerCatalogue.latest, running: sql)
    }

    /// The same drive as a start finds it.
    func restarted() throws -> SealedDrive { try SealedDrive(records: drive.records, keys: drive.keys) }

    fileprivate func upload(_ key: String, parts: ClosedRange<Int>) async throws -> Upload {
        let draft = ObjectDraft(
            bucket: try bucket, key: try ObjectName(key), encryption: .sseS3, attributes: ObjectAttributes(),
            modified: 1)
        let upload = try await drive.uploads.begin(draft, checksum: nil).upload
        for number in parts {
            _ = try await drive.uploads.writePart(
                Bytes([UInt8(number)]), number: number, of: upload, nil, modified: 2)
        }
        return upload
    }
}

@Suite struct DamagedDriveTests {
    @Test func `a bucket with a damaged number is not empty, and does not become so`() async throws {
        let fixture = try await DriveFixture.make()
        try await fixture.write("k", [1])
        try fixture.alter("UPDATE buckets SET id = id | 64")
        let drive = try fixture.restarted()
        let bucket = try drive.buckets.bucket(try BucketName("bucket"))
        #expect(drive.buckets.damaged.map(\.name) == ["bucket"])
        #expect(throws: Corruption.self) { try drive.objects.find(bucket, key: try ObjectName("k")) }
        #expect(throws: Corruption.self) { try drive.objects.findWithBody(bucket, key: try ObjectName("k")) }
        await #expect(throws: Corruption.self) { try await drive.deleteBucket(bucket) }
        // Configured anew under its wrong number, it would pass for whole and empty.
        await #expect(throws: Corruption.self) { try await drive.buckets.update(bucket) { _ in } }
        try fixture.alter("DELETE FROM versions")
        try await drive.deleteBucket(bucket)
    }

    @Test func `a bucket with a damaged record alone is configured anew, emptied and deleted`() async throws {
        let fixture = try await DriveFixture.make()
        try await fixture.write("k", [1])
        try fixture.alter("UPDATE buckets SET sealed = zeroblob(length(sealed))")
        let drive = try fixture.restarted()
        let bucket = try drive.buckets.bucket(try BucketName("bucket"))
        #expect(try drive.objects.find(bucket, key: try ObjectName("k")) != nil)
        try await drive.objects.delete(bucket, key: try ObjectName("k"), conditions: DeletePreconditions(), at: 1)
        try await drive.buckets.update(bucket) { _ in }
        let whole = try drive.buckets.bucket(try BucketName("bucket"))
        #expect(try drive.objects.find(whole, key: try ObjectName("k")) == nil)
        try await drive.deleteBucket(whole)
    }

    @Test func `a bucket whose name is none is left out of listings and reported`() async throws {
        let fixture = try await DriveFixture.make()
        try await fixture.drive.buckets.create(try BucketName("whole"), at: 1)
        try fixture.alter("UPDATE buckets SET name = 'bkt' || char(17) WHERE name = 'bucket'")
        let drive = try fixture.restarted()
        #expect(drive.buckets.sorted.page(limit: 10).buckets.map(\.name) == ["whole"])
        #expect(drive.buckets.damaged.count == 1)
    }

    @Test func `an object with a damaged delete-marker flag is listed, and deleted`() async throws {
        let fixture = try await DriveFixture.make()
        let objects = fixture.drive.objects
        for key in ["a", "b"] { try await fixture.write(key, [1]) }
        try fixture.alter("UPDATE versions SET flags = flags | 1 WHERE key = CAST('a' AS BLOB)")
        let request = ListRequest(bucket: try fixture.bucket.id)
        let page = try await objects.list(request) { $0 }
        #expect(page.objects.count == 2 && page.damaged.count == 1)
        await #expect(throws: Corruption.self) { try await fixture.write("a", [2], [("if-none-match", "*")]) }
        try await objects.delete(try fixture.bucket, key: try ObjectName("a"), conditions: DeletePreconditions(), at: 1)
        #expect(try await objects.list(request) { $0.objects.count } == 1)
    }

    @Test func `an upload with a damaged record is aborted`() async throws {
        let fixture = try await DriveFixture.make()
        let uploads = fixture.drive.uploads
        for damage in ["sealed = zeroblob(length(sealed))", "data_key = data_key | (1 << 50)"] {
            let upload = try await fixture.upload("u", parts: 1...2)
            let (id, bucket, key) = (upload.id.hex, try fixture.bucket, try ObjectName("u"))
            try fixture.alter("UPDATE uploads SET \(damage)")
            #expect(throws: Corruption.self) { try uploads.require(id, in: bucket, key: key) }
            await #expect(throws: SealedStorageError.noSuchUpload(id)) {
                try await uploads.abort(id, in: bucket, key: try ObjectName("other"))
            }
            try await uploads.abort(id, in: bucket, key: key)
            await #expect(throws: SealedStorageError.noSuchUpload(id)) {
                try await uploads.abort(id, in: bucket, key: key)
            }
        }
    }

    @Test func `damaged parts are reported, and the others listed, page by page`() async throws {
        let fixture = try await DriveFixture.make()
        let upload = try await fixture.upload("u", parts: 1...6)
        try fixture.alter(
            """
            UPDATE parts SET blob = substr(blob, 1, 15) WHERE number IN (2, 3);
            UPDATE parts SET sealed = x'' WHERE number = 5;
            """)
        let all = try await fixture.drive.uploads.parts(of: upload, after: 0, limit: 10)
        #expect(all.whole.map(\.row.number) == [1, 4, 6] && all.damaged.count == 3)
        let page = try await fixture.drive.uploads.parts(of: upload, after: 1, limit: 2)
        #expect(page.whole.map(\.row.number) == [4, 6] && page.damaged.count == 3)
        // Written anew, it is whole.
        _ = try await fixture.drive.uploads.writePart(Bytes([7]), number: 2, of: upload, nil, modified: 2)
        let again = try await fixture.drive.uploads.parts(of: upload, after: 0, limit: 10)
        #expect(again.whole.map(\.row.number) == [1, 2, 4, 6])
    }

    @Test func `a tag is expected of an object that is there`() async throws {
        let fixture = try await DriveFixture.make()
        let (objects, bucket, key) = (fixture.drive.objects, try fixture.bucket, try ObjectName("absent"))
        let conditions = DeletePreconditions(ifMatch: .oneOf([ETag(unquoted: "x")]))
        await #expect(throws: SealedStorageError.noSuchKey) {
            try await objects.delete(bucket, key: key, conditions: conditions, at: 1)
        }
        try await objects.delete(bucket, key: key, conditions: DeletePreconditions(size: 5), at: 1)
    }
}
