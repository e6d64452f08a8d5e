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
        #expect(try await drive.store.parts(of: upload).map(\.number) == [1, 2, 3])
        #expect(try await drive.store.parts(of: upload, after: 1, limit: 1) == [second])

        let columns = try await drive.store.complete(upload, drive.bucket, "k", [first, second])
        await drive.store.collectGarbage()
        let found = try #require(try drive.store.findAtHand(drive.bucket, key: "k", .body))
        #expect(found.version.columns == columns)
        #expect(found.lease != nil)
        #expect(found.manifest == [5, 5])
        #expect(try drive.store.readBlob(second.blob) == pattern(30_000))
        #expect(try drive.store.findUploadAtHand(upload) == nil)
        #expect(try await drive.store.verifyNoOrphans().isClean)

        found.lease?.release()
        _ = try await drive.store.delete(drive.bucket, key: "k")
        await drive.store.collectGarbage()
        #expect(throws: StorageError.self) { try drive.store.openBlob(first.blob) }
        #expect(try await drive.store.verifyNoOrphans().isClean)
    }

    @Test func `a completion with a changed part or a refused check leaves the upload`() async throws {
        let drive = try await Drive.make()
        let upload = try await drive.store.createUpload(drive.bucket, "k")
        let old = try await drive.store.putPart(upload, 1, [1])
        let new = try await drive.store.putPart(upload, 1, [2])
        await #expect(throws: StorageError.partsChanged) {
            _ = try await drive.store.complete(upload, drive.bucket, "k", [old])
        }
        let refused = await #expect(throws: Refused.self) {
            _ = try await drive.store.complete(upload, drive.bucket, "k", [new], expecting: .current(VersionID()))
        }
        #expect(refused?.outcome == .changed(current: nil))
        #expect(try await drive.store.parts(of: upload) == [new])
        _ = try await drive.store.complete(upload, drive.bucket, "k", [new])
        await #expect(throws: StorageError.noSuchUpload) {
            _ = try await drive.store.complete(upload, drive.bucket, "k", [])
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
        #expect(try await drive.reopen().verifyNoOrphans().isClean)
    }

    @Test func `what an upload became is known, whatever happens to the version`() async throws {
        let drive = try await Drive.make()
        let upload = try await drive.store.createUpload(drive.bucket, "k")
        let part = try await drive.store.putPart(upload, 1, [1])
        #expect(try await drive.store.completedUpload(upload) == nil)
        let columns = try await drive.store.complete(upload, drive.bucket, "k", [part])
        try await drive.store.putInline(drive.bucket, "k", [2])
        let completed = try #require(try await drive.store.completedUpload(upload))
        #expect(completed.version == columns.version && completed.receipt == [8, 8])
        #expect(completed.bucket == drive.bucket && completed.key == "k")
    }

    @Test func `a part whose blob was given up says first that its upload is gone`() async throws {
        let drive = try await Drive.make()
        let upload = try await drive.store.createUpload(drive.bucket, "k")
        let blob = try await drive.store.writeBlob([1])
        drive.store.discard(blob)
        let part = PartRow(number: 1, blob: blob.id, length: 1, size: 1, modified: 1, sealed: [])
        await #expect(throws: StorageError.noSuchBlob) { try await drive.store.putPart(part, of: upload) }
        _ = try await drive.store.abortUpload(upload)
        await #expect(throws: StorageError.noSuchUpload) { try await drive.store.putPart(part, of: upload) }
    }

    @Test func `uploads are listed by key and identifier`() async throws {
        let drive = try await Drive.make()
        var expected: [UploadRow] = []
        for key in ["a", "a", "a/b", "b", "é"] {
            let id = try await drive.store.createUpload(drive.bucket, key)
            expected.append(try #require(try drive.store.findUploadAtHand(id)).upload)
        }
        expected.sort { ($0.key, $0.id.hex) < ($1.key, $1.id.hex) }
        func list(_ change: (inout UploadListRequest) -> Void = { _ in }) async throws -> UploadListPage {
            var request = UploadListRequest(bucket: drive.bucket)
            change(&request)
            return try await drive.store.listUploads(request)
        }
        #expect(try await list().entries == expected.map { .upload($0) })
        #expect(try await list { $0.prefix = "a" }.entries == expected[..<3].map { .upload($0) })
        #expect(try await list { $0.after = UploadMarker(key: "a") }.entries == expected[2...].map { .upload($0) })
        let next = try await list { request in
            request.after = UploadMarker(key: "a", upload: expected[0].id)
            request.limit = 2
        }
        #expect(next.entries == expected[1...2].map { .upload($0) })
        #expect(next.isTruncated)
        let folded = try await list { $0.delimiter = "/" }
        #expect(
            folded.entries == expected[..<2].map { .upload($0) } + [.commonPrefix("a/")]
                + expected[3...].map { .upload($0) })
        // A place before the prefix is no place in the listing.
        let before = try await list { request in
            request.prefix = "b"
            request.after = UploadMarker(key: "a", upload: expected[0].id)
        }
        #expect(before.entries == [.upload(expected[3])])
    }

    @Test func `many uploads of one key are listed in pages`() async throws {
        let drive = try await Drive.make()
        var ids: [UploadID] = []
        for _ in 0..<500 { ids.append(try await drive.store.createUpload(drive.bucket, "k")) }
        ids.sort { $0.hex < $1.hex }
        var listed: [UploadID] = []
        var after: UploadMarker?
        repeat {
            var request = UploadListRequest(bucket: drive.bucket, limit: 7)
            request.after = after
            let page = try await drive.store.listUploads(request)
            for case .upload(let upload) in page.entries { listed.append(upload.id) }
            after = page.isTruncated ? listed.last.map { UploadMarker(key: "k", upload: $0) } : nil
        } while after != nil
        #expect(listed == ids)
    }
}
