import HTTPServerTesting
import ObjectStorage
import S3Protocol
import SealedStorage
import Testing

/// Quotas of buckets as clients meet them.
@Suite struct QuotaTests {
    private func isRefused(_ response: MemoryResponse) -> Bool {
        response.status == 400 && response.element("Code") == "XMinioAdminBucketQuotaExceeded"
    }

    @Test func `every way of writing keeps to the quota`() async throws {
        let fixture = try await S3Fixture()
        try await fixture.setQuota(1000)
        let body = [UInt8](repeating: 7, count: 600)
        #expect(try await fixture.call("PUT", "/bucket/a", body: body).status == 200)
        #expect(try await isRefused(fixture.call("PUT", "/bucket/b", body: body)))
        #expect(try await isRefused(fixture.call("PUT", "/bucket/b", [("x-amz-copy-source", "/bucket/a")])))
        // In its own place it has room.
        #expect(try await fixture.call("PUT", "/bucket/a", body: body).status == 200)
        let begun = try await fixture.call("POST", "/bucket/parts?uploads")
        let part = "/bucket/parts?partNumber=1&uploadId=\(begun.element("UploadId"))"
        #expect(try await isRefused(fixture.call("PUT", part, body: body)))
        #expect(try await isRefused(fixture.call("PUT", part, [("x-amz-copy-source", "/bucket/a")])))
        // Of two uploads whose parts fit one by one, one can be completed.
        #expect(try await fixture.call("PUT", part, body: Array(body.prefix(300))).status == 200)
        #expect(try await fixture.call("PUT", "/bucket/c", body: Array(body.prefix(200))).status == 200)
        let document =
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>x</ETag></Part>"
            + "</CompleteMultipartUpload>"
        let listed = try await fixture.call("GET", "/bucket/parts?uploadId=\(begun.element("UploadId"))")
        let complete = { () async throws -> MemoryResponse in
            try await fixture.call(
                "POST", "/bucket/parts?uploadId=\(begun.element("UploadId"))",
                body: Array(document.replacing("<ETag>x", with: "<ETag>\(listed.element("ETag"))").utf8))
        }
        #expect(try await isRefused(complete()))
        #expect(try await fixture.call("DELETE", "/bucket/c").status == 204)
        #expect(try await complete().status == 200)
        #expect(try fixture.usage().bytes == 900)
        // A key within the bucket may change.
        #expect(try await fixture.call("DELETE", "/bucket/parts").status == 204)
        #expect(
            try await fixture.call("PUT", "/bucket/a2?renameObject", [("x-amz-rename-source", "/bucket/a")]).status
                == 200)
        try await fixture.setQuota(0)
        #expect(try await fixture.call("PUT", "/bucket/b", body: body).status == 200)
    }

    @Test func `annotations count, and leave their room with their object`() async throws {
        let fixture = try await S3Fixture()
        _ = try await fixture.call("PUT", "/bucket/k", body: [UInt8](repeating: 1, count: 40))
        try await fixture.setQuota(100)
        let target = "/bucket/k?annotation&annotationName=a"
        #expect(try await fixture.call("PUT", target, body: [UInt8](repeating: 0x78, count: 50)).status == 200)
        let refused = try await fixture.call("PUT", target, body: [UInt8](repeating: 0x78, count: 61))
        #expect(isRefused(refused), "\(refused.text)")
        #expect(try await fixture.call("PUT", target, body: [UInt8](repeating: 0x78, count: 60)).status == 200)
        #expect(try fixture.usage().bytes == 100)
        let copied = try await fixture.call("PUT", "/bucket/copy", [("x-amz-copy-source", "/bucket/k")])
        #expect(isRefused(copied), "\(copied.text)")
        #expect(try await fixture.call("DELETE", target).status == 204)
        #expect(try fixture.usage().bytes == 40)
        #expect(try await fixture.call("PUT", target, body: [UInt8](repeating: 0x78, count: 60)).status == 200)
        #expect(try await fixture.call("DELETE", "/bucket/k").status == 204)
        #expect(try await fixture.blobCount() == 0)
        #expect(try fixture.usage().bytes == 0)
    }

    @Test func `versions count, delete markers do not`() async throws {
        let fixture = try await S3Fixture()
        let enabled = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        #expect(try await fixture.call("PUT", "/bucket?versioning", body: Array(enabled.utf8)).status == 200)
        try await fixture.setQuota(10)
        for _ in 0..<2 { #expect(try await fixture.call("PUT", "/bucket/k", body: [1, 2, 3, 4]).status == 200) }
        #expect(try await isRefused(fixture.call("PUT", "/bucket/k", body: [1, 2, 3, 4])))
        #expect(try await fixture.call("DELETE", "/bucket/k").status == 204)
        let usage = try fixture.usage()
        #expect(usage.bytes == 8 && usage.objects == 0 && usage.versions == 2 && usage.deleteMarkers == 1)
    }

    @Test(arguments: [
        #"{"quota":5,"size":0,"rate":0,"requests":0,"quotatype":"hard"}"#: 5,
        #"{"quota":5,"size":7,"quotatype":"hard"}"#: 7,
        #"{"quota":0,"size":0,"rate":0,"requests":0}"#: 0,
        #"{"quota":18446744073709551615,"quotatype":"hard"}"#: UInt64.max,
    ])
    func `MinIO's documents are read`(document: String, bytes: UInt64) throws {
        let quota = try BucketQuota.parse(Array(document.utf8))
        #expect(quota.bytes == bytes)
        #expect(try BucketQuota.parse(quota.json()) == quota)
    }

    @Test(arguments: [
        "", "[]", "{", #"{"quota":-1,"quotatype":"hard"}"#, #"{"quota":1.5,"quotatype":"hard"}"#,
        #"{"quota":"1","quotatype":"hard"}"#, #"{"quota":1}"#, #"{"quota":1,"quotatype":"fifo"}"#,
        #"{"quota":99999999999999999999,"quotatype":"hard"}"#,
    ])
    func `other documents are refused`(document: String) {
        #expect(throws: S3Error.self) { try BucketQuota.parse(Array(document.utf8)) }
    }

    @Test func `a key has no more versions than it may have`() async throws {
        var options = StoreOptions()
        options.versionLimit = { 3 }
        let fixture = try await S3Fixture(options: options)
        // Without versions there is one, however often it is written.
        for _ in 0..<5 { try await fixture.put("k") }
        #expect(try await fixture.setVersioning("Enabled") == 200)
        let versions = [try await fixture.put("k"), try await fixture.put("k")]
        let refused = try await fixture.call("PUT", "/bucket/k", body: [1])
        #expect(refused.status == 400 && refused.element("Code") == "MaxVersionsExceeded", "\(refused.text)")
        try await fixture.put("other")
        let copied = try await fixture.call("PUT", "/bucket/k", [("x-amz-copy-source", "/bucket/other")])
        #expect(copied.element("Code") == "MaxVersionsExceeded", "\(copied.text)")
        // It can be deleted all the same, and what goes leaves room.
        #expect(try await fixture.call("DELETE", "/bucket/k").status == 204)
        #expect(try await fixture.versions().count == 5)
        for version in versions {
            #expect(try await fixture.call("DELETE", "/bucket/k?versionId=\(version)").status == 204)
        }
        try await fixture.put("k")
        #expect(try await fixture.call("PUT", "/bucket/k", body: [1]).status == 400)
    }
}
