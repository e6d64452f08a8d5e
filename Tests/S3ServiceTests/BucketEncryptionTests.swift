import HTTPServerTesting
import S3Protocol
import Testing

/// The encryption that a bucket gives to writes that say nothing of theirs, and what it blocks.
@Suite struct BucketEncryptionTests {
    private static let scheme = "x-amz-server-side-encryption"

    private func setRule(_ rule: String, _ fixture: S3Fixture) async throws -> MemoryResponse {
        let document = "<ServerSideEncryptionConfiguration><Rule>\(rule)</Rule></ServerSideEncryptionConfiguration>"
        return try await fixture.call("PUT", "/bucket?encryption", body: Array(document.utf8))
    }

    private func byDefault(_ algorithm: String) -> String {
        """
        <ApplyServerSideEncryptionByDefault><SSEAlgorithm>\(algorithm)</SSEAlgorithm>\
        </ApplyServerSideEncryptionByDefault>
        """
    }

    @Test func `two layers are a bucket's default for objects and uploads`() async throws {
        let fixture = try await S3Fixture()
        #expect(try await setRule(byDefault("aws:kms:dsse"), fixture).status == 200)
        #expect(try await fixture.call("GET", "/bucket?encryption").element("SSEAlgorithm") == "aws:kms:dsse")
        let bytes = CopyTests.bytes(200_000)
        let put = try await fixture.call("PUT", "/bucket/k", body: bytes)
        #expect(put.header(Self.scheme) == "aws:kms:dsse" && put.header("\(Self.scheme)-aws-kms-key-id") == "key")
        // No digest of the bytes is their tag.
        #expect(put.header("etag")?.contains("-") == true)
        let got = try await fixture.call("GET", "/bucket/k")
        #expect(got.body == bytes && got.header(Self.scheme) == "aws:kms:dsse")
        #expect(try await fixture.call("HEAD", "/bucket/k").header(Self.scheme) == "aws:kms:dsse")
        let begun = try await fixture.call("POST", "/bucket/parts?uploads")
        #expect(begun.header(Self.scheme) == "aws:kms:dsse")
        #expect(
            try await fixture.call("PUT", "/bucket/other", [(Self.scheme, "AES256")]).header(Self.scheme) == "AES256")
    }

    @Test func `the key of two layers is named, with a context of the client's`() async throws {
        let fixture = try await S3Fixture()
        let headers = [
            (name: Self.scheme, value: "aws:kms:dsse"), ("\(Self.scheme)-aws-kms-key-id", "key"),
            ("\(Self.scheme)-context", "eyJhIjoiYiJ9"), ("\(Self.scheme)-bucket-key-enabled", "true"),
        ]
        for answer in [
            try await fixture.call("PUT", "/bucket/k", headers, body: [1, 2]),
            try await fixture.call("GET", "/bucket/k"),
        ] {
            #expect(answer.status == 200, "\(answer.text)")
            for (name, value) in headers.prefix(3) { #expect(answer.header(name) == value) }
            #expect(answer.header("\(Self.scheme)-bucket-key-enabled") == nil)
        }
        let unknown = [(name: Self.scheme, value: "aws:kms:dsse"), ("\(Self.scheme)-aws-kms-key-id", "absent")]
        #expect(try await fixture.call("PUT", "/bucket/k", unknown, body: [3]).status == 400)
        #expect(try await fixture.call("GET", "/bucket/k").body == [1, 2])
    }

    @Test func `an object in two layers keeps its encryption until it is copied`() async throws {
        let fixture = try await S3Fixture()
        let bytes = CopyTests.bytes(70_000)
        _ = try await fixture.call("PUT", "/bucket/k", [(Self.scheme, "aws:kms:dsse")], body: bytes)
        for document in [
            "<ObjectEncryption><SSE-S3/></ObjectEncryption>",
            "<ObjectEncryption><SSE-KMS><KMSKeyArn>arn:aws:kms:key</KMSKeyArn></SSE-KMS></ObjectEncryption>",
        ] {
            let refused = try await fixture.call(
                "PUT", "/bucket/k?encryption", [("x-amz-checksum-crc32", Self.crc32(of: document))],
                body: Array(document.utf8))
            #expect(refused.element("Code") == "InvalidRequest", "\(refused.text)")
        }
        #expect(try await fixture.call("GET", "/bucket/k").body == bytes)
        let copy = [(name: "x-amz-copy-source", value: "/bucket/k"), (Self.scheme, "AES256")]
        #expect(try await fixture.call("PUT", "/bucket/k", copy).status == 200)
        let got = try await fixture.call("GET", "/bucket/k")
        #expect(got.body == bytes && got.header(Self.scheme) == "AES256")
    }

    private static func crc32(of text: String) -> String {
        let calculator = S3ChecksumCalculator(.crc32)
        Array(text.utf8).withUnsafeBytes { calculator.update($0) }
        return calculator.finalize().base64
    }

    @Test func `the bucket's rule says whether a write with a KMS key has a bucket key`() async throws {
        let fixture = try await S3Fixture()
        let name = "\(Self.scheme)-bucket-key-enabled"
        #expect(
            try await setRule(byDefault("aws:kms") + "<BucketKeyEnabled>true</BucketKeyEnabled>", fixture).status == 200
        )
        let kms = [(name: Self.scheme, value: "aws:kms")]
        for (headers, expected) in [([], "true"), (kms, "true"), (kms + [(name, "false")], nil)]
            as [(CustomerKeys.Headers, String?)]
        {
            let put = try await fixture.call("PUT", "/bucket/k", headers, body: [1])
            #expect(put.header(name) == expected)
            #expect(try await fixture.call("GET", "/bucket/k").header(name) == expected)
            let copied = try await fixture.call(
                "PUT", "/bucket/copy", headers + [("x-amz-copy-source", "/bucket/k")])
            #expect(copied.header(name) == expected, "\(copied.text)")
        }
        let begun = try await fixture.call("POST", "/bucket/parts?uploads", kms)
        #expect(begun.header(name) == "true")
        let part = try await fixture.call(
            "PUT", "/bucket/parts?partNumber=1&uploadId=\(begun.element("UploadId"))", body: [1])
        #expect(part.header(name) == "true")
        let document =
            "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\(part.header("etag") ?? "")</ETag></Part>"
            + "</CompleteMultipartUpload>"
        let completed = try await fixture.call(
            "POST", "/bucket/parts?uploadId=\(begun.element("UploadId"))", body: Array(document.utf8))
        #expect(completed.status == 200 && completed.header(name) == "true")
    }

    @Test func `blocked customers' keys keep new objects out, and let old ones be read`() async throws {
        let fixture = try await S3Fixture()
        let key = CustomerKeys.headers(1)
        #expect(try await fixture.call("PUT", "/bucket/old", key, body: [1, 2, 3]).status == 200)
        let blocked = "<BlockedEncryptionTypes><EncryptionType>SSE-C</EncryptionType></BlockedEncryptionTypes>"
        #expect(try await setRule(blocked, fixture).status == 200)
        let rule = try await fixture.call("GET", "/bucket?encryption")
        #expect(rule.elements("EncryptionType") == ["SSE-C"])
        for (method, target, headers) in [
            ("PUT", "/bucket/new", key), ("POST", "/bucket/new?uploads", key),
            (
                "PUT", "/bucket/new",
                key + [("x-amz-copy-source", "/bucket/old")] + CustomerKeys.headers(1, ofSource: true)
            ),
        ] {
            let refused = try await fixture.call(method, target, headers)
            #expect(refused.status == 403 && refused.element("Code") == "AccessDenied", "\(refused.text)")
        }
        #expect(try await fixture.call("HEAD", "/bucket/new").status == 404)
        #expect(try await fixture.call("GET", "/bucket/old", key).body == [1, 2, 3])
        #expect(try await fixture.call("PUT", "/bucket/plain", body: [4]).header(Self.scheme) == "AES256")
        #expect(
            try await fixture.call(
                "PUT", "/bucket/free", [("x-amz-copy-source", "/bucket/old")] + CustomerKeys.headers(1, ofSource: true)
            ).status == 200)
        #expect(try await setRule(blocked.replacing("SSE-C", with: "NONE"), fixture).status == 200)
        #expect(try await fixture.call("PUT", "/bucket/new", key, body: [1]).status == 200)
    }
}
