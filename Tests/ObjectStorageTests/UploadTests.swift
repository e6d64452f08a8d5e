import ObjectStorage
import Testing

@Suite struct UploadTests {
    @Test func `parts become the body and the unused ones go`() async throws {
        let drive = try await Drive.make()
        let upload = try await drive.store.createUpload(drive.bucket, "k")
        let first = try await drive.store.putPart(upload, 1, pattern(10_000))
        try await drive.store.putPart(upload, 2, pattern(20_000))
        let second = try await drive.store.putPart(upload, 2, pattern(30_000))
        try await drive.store.putPart(upload, 3, pattern(500))
        #expect(try drive.store.parts(of: upload).map(\.number) == [1, 2, 3])
        #expect(try drive.store.parts(of: upload, after: 1, limit: 1) == [second])

        let columns = try await drive.store.complete(upload, drive.bucket, "k", [first, second])
        await drive.store.collectGarbage()
        let found = try #require(try drive.store.versionWithBody(drive.bucket, key: "k"))
        #expect(found.version.columns == columns)
        #expect(found.lease != nil)
        #expect(try drive.store.manifest(columns.version) == [5, 5])
        #expect(try drive.store.readBlob(second.blob) == pattern(30_000))
        #expect(try drive.store.upload(upload) == nil)
        #expect(try drive.store.verifyNoOrphans().isClean)

        found.lease?.release()
        _ = try await drive.store.delete(drive.bucket, key: "k")
        await drive.store.collectGarbage()
        #expect(try drive.store.manifest(columns.version) == nil)
        #expect(throws: StorageError.self) { try drive.store.openBlob(first.blob) }
        #expect(try drive.store.verifyNoOrphans().isClean)
    }

    @Test func `a completion with a changed part or a refused check leaves the upload`() async throws {
        let drive = try await Drive.make()
        let upload = try await drive.store.createUpload(drive.bucket, "k")
        let old = try await drive.store.putPart(upload, 1, [1])
        let new = try await drive.store.putPart(upload, 1, [2])
        await #expect(throws: StorageError.partsChanged) {
            _ = try await drive.store.complete(upload, drive.bucket, "k", [old])
        }
        await #expect(throws: TestFailure()) {
            _ = try await drive.store.complete(upload, drive.bucket, "k", [new]) { _ in throw TestFailure() }
        }
        #expect(try drive.store.parts(of: upload) == [new])
        _ = try await drive.store.complete(upload, drive.bucket, "k", [new])
        await #expect(throws: StorageError.noSuchUpload) {
            _ = try await drive.store.complete(upload, drive.bucket, "k", [new])
        }
    }

    @Test func `an abort discards the parts, and a part without upload is refused`() async throws {
        let drive = try await Drive.make()
        let upload = try await drive.store.createUpload(drive.bucket, "k")
        try await drive.store.putPart(upload, 1, pattern(5000))
        #expect(try await drive.store.abortUpload(upload))
        #expect(try await drive.store.abortUpload(upload) == false)
        await #expect(throws: StorageError.noSuchUpload) { try await drive.store.putPart(upload, 1, [1]) }
        await drive.store.collectGarbage()
        drive.store.close()
        #expect(try drive.reopen().verifyNoOrphans().isClean)
    }

    @Test func `uploads are listed by key and identifier`() async throws {
        let drive = try await Drive.make()
        var expected: [UploadRow] = []
        for key in ["a", "a", "a/b", "b", "é"] {
            let id = try await drive.store.createUpload(drive.bucket, key)
            expected.append(try #require(try drive.store.upload(id)))
        }
        expected.sort { ($0.key, $0.id.hex) < ($1.key, $1.id.hex) }
        #expect(try drive.store.uploads(drive.bucket) == expected)
        #expect(try drive.store.uploads(drive.bucket, prefix: "a").map(\.key) == ["a", "a", "a/b"])
        #expect(try drive.store.uploads(drive.bucket, afterKey: "a").map(\.key) == ["a/b", "b", "é"])
        let next = try drive.store.uploads(
            drive.bucket, afterKey: "a", afterUpload: expected[0].id, limit: 2)
        #expect(next == Array(expected[1...2]))
    }
}
