import HTTPServerTesting
import Testing

/// UploadPartCopy.
@Suite struct PartCopyTests {
    private typealias Encryption = CopyTests.Encryption

    private func begin(_ fixture: S3Fixture, _ headers: [(name: String, value: String)] = []) async throws -> String {
        try await fixture.call("POST", "/bucket/whole?uploads", headers).element("UploadId")
    }

    private func copyPart(
        _ fixture: S3Fixture, _ upload: String, _ number: Int, _ headers: [(name: String, value: String)],
        source: String = "bucket/source"
    ) async throws -> MemoryResponse {
        try await fixture.call(
            "PUT", "/bucket/whole?partNumber=\(number)&uploadId=\(upload)", [("x-amz-copy-source", source)] + headers)
    }

    private func complete(
        _ fixture: S3Fixture, _ upload: String, _ parts: [MemoryResponse]
    ) async throws -> MemoryResponse {
        var document = "<CompleteMultipartUpload>"
        for (index, part) in parts.enumerated() {
            document += "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(part.element("ETag"))</ETag>"
            for name in ["ChecksumSHA256"] where !part.element(name).isEmpty {
                document += "<\(name)>\(part.element(name))</\(name)>"
            }
            document += "</Part>"
        }
        document += "</CompleteMultipartUpload>"
        return try await fixture.call("POST", "/bucket/whole?uploadId=\(upload)", body: Array(document.utf8))
    }

    @Test(arguments: [CopyTests.Encryption.none, .sseKMS, .dsse, .sseC], [CopyTests.Encryption.none, .dsse, .sseC])
    func `parts are copied from slices of whatever object`(
        from: CopyTests.Encryption, to: CopyTests.Encryption
    ) async throws {
        let fixture = try await S3Fixture()
        let bytes = CopyTests.bytes(6 << 20)
        _ = try await fixture.call("PUT", "/bucket/source", from.write, body: bytes)
        let upload = try await begin(fixture, to.write)
        let keys = from.source + to.read
        let first = try await copyPart(
            fixture, upload, 1, keys + [("x-amz-copy-source-range", "bytes=70000-5400000")])
        let second = try await copyPart(fixture, upload, 2, keys)
        for part in [first, second] {
            #expect(part.status == 200, "\(part.text)")
            #expect(part.header("x-amz-server-side-encryption") == to.answer)
        }
        #expect(try await fixture.call("DELETE", "/bucket/source").status == 204)
        #expect(try await complete(fixture, upload, [first, second]).status == 200)
        #expect(
            try await fixture.call("GET", "/bucket/whole", to.read).body == Array(bytes[70_000...5_400_000]) + bytes)
        #expect(try await fixture.blobCount() == 2)
    }

    @Test(arguments: ["CRC32", "CRC64NVME", "SHA256"])
    func `a part has the checksum that its upload announced`(algorithm: String) async throws {
        let fixture = try await S3Fixture()
        _ = try await fixture.call("PUT", "/bucket/source", body: CopyTests.bytes(50_000))
        let upload = try await begin(fixture, [("x-amz-checksum-algorithm", algorithm)])
        let part = try await copyPart(fixture, upload, 1, [])
        #expect(!part.element("Checksum\(algorithm)").isEmpty)
        if algorithm != "CRC32" { #expect(try await complete(fixture, upload, [part]).status == 200) }
    }

    @Test func `what cannot be copied is refused, and the part is not there`() async throws {
        let fixture = try await S3Fixture()
        let tag = try #require(
            try await fixture.call("PUT", "/bucket/source", body: CopyTests.bytes(5)).header("etag"))
        let upload = try await begin(fixture)
        let range = "x-amz-copy-source-range"
        for value in [
            "0-2", "bytes=0", "bytes=hello-world", "bytes=0-bar", "bytes=hello-", "bytes=0-2,3-5", "bytes=0-21",
        ] {
            let refused = try await copyPart(fixture, upload, 1, [(range, value)])
            #expect(refused.status == 400 && refused.element("Code") == "InvalidArgument", "\(value)")
        }
        for (headers, status) in [
            ([("x-amz-copy-source-if-match", "\"x\"")], 412), ([("x-amz-copy-source-if-none-match", tag)], 412),
            (CustomerKeys.headers(1), 400), (CustomerKeys.headers(1, ofSource: true), 400),
        ] {
            #expect(try await copyPart(fixture, upload, 1, headers).status == status)
        }
        #expect(try await copyPart(fixture, upload, 1, [], source: "bucket/absent").status == 404)
        #expect(try await copyPart(fixture, "none", 1, []).element("Code") == "NoSuchUpload")
        #expect(try await copyPart(fixture, upload, 0, []).status == 400)
        #expect(try await copyPart(fixture, upload, 10_001, []).status == 400)
        let listed = try await fixture.call("GET", "/bucket/whole?uploadId=\(upload)")
        #expect(listed.elements("PartNumber").isEmpty)
    }

    @Test func `a part of a customer's upload needs its key`() async throws {
        let fixture = try await S3Fixture()
        _ = try await fixture.call("PUT", "/bucket/source", body: [1])
        let upload = try await begin(fixture, Encryption.sseC.write)
        #expect(try await copyPart(fixture, upload, 1, []).status == 400)
        #expect(try await copyPart(fixture, upload, 1, Encryption.otherCustomerKey.read).status == 403)
        #expect(try await copyPart(fixture, upload, 1, Encryption.sseC.read).status == 200)
    }
}
