import Cryptography
import HTTPServerTesting
import Testing

/// RenameObject and UpdateObjectEncryption: an object changes, and its bytes stay where they are.
@Suite struct RenameTests {
    private typealias Encryption = CopyTests.Encryption

    private func rename(
        _ fixture: S3Fixture, _ source: String, _ target: String, _ headers: [(name: String, value: String)] = []
    ) async throws -> MemoryResponse {
        try await fixture.call("PUT", "/bucket/\(target)?renameObject", [("x-amz-rename-source", source)] + headers)
    }

    @Test(arguments: CopyTests.Encryption.allCases)
    func `a renamed object is what it was under its new key`(encryption: CopyTests.Encryption) async throws {
        let fixture = try await S3Fixture()
        for (size, isThere) in [(0, false), (10, true), (70_000, false), (70_000, true), (-1, true)] {
            let bytes = size < 0 ? CopyTests.bytes(5 << 20) + [1] : CopyTests.bytes(size)
            let headers = encryption.write + [("x-amz-meta-a", "b"), ("x-amz-tagging", "t=u")]
            if size < 0 {
                try await fixture.upload("old", headers, parts: [Array(bytes.dropLast()), [1]])
            } else {
                _ = try await fixture.call("PUT", "/bucket/old", headers, body: bytes)
            }
            if isThere { _ = try await fixture.call("PUT", "/bucket/new", body: CopyTests.bytes(60_000)) }
            let before = try await fixture.call("HEAD", "/bucket/old", encryption.read)
            let files = try await fixture.blobCount()
            let answer = try await rename(fixture, "/old", "new")
            #expect(answer.status == 200, "\(answer.text)")
            #expect(try await fixture.blobCount() == files - (isThere ? 1 : 0))
            #expect(try await fixture.call("HEAD", "/bucket/old", encryption.read).status == 404)
            let got = try await fixture.call("GET", "/bucket/new", encryption.read)
            #expect(got.body == bytes)
            for name in [
                "etag", "last-modified", "x-amz-meta-a", "x-amz-tagging-count", "x-amz-server-side-encryption",
            ] {
                #expect(got.header(name) == before.header(name), "\(name)")
            }
            #expect(try await fixture.call("DELETE", "/bucket/new").status == 204)
            #expect(try await fixture.blobCount() == 0)
        }
    }

    @Test func `a renaming is done when its conditions hold and else changes nothing`() async throws {
        let fixture = try await S3Fixture()
        let (past, future) = ("Thu, 01 Jan 2015 00:00:00 GMT", "Thu, 01 Jan 2099 00:00:00 GMT")
        let source = "x-amz-rename-source-if-"
        for isThere in [false, true] {
            for (name, value, status) in [
                ("if-none-match", "*", isThere ? 412 : 200), ("if-match", "target", isThere ? 200 : 412),
                ("if-match", "source", 412), ("if-unmodified-since", past, isThere ? 412 : 200),
                ("if-modified-since", future, isThere ? 412 : 200), ("\(source)match", "source", 200),
                ("\(source)match", "target", 412), ("\(source)none-match", "*", 412),
                ("\(source)modified-since", past, 200), ("\(source)unmodified-since", past, 412),
            ] {
                _ = try await fixture.call("DELETE", "/bucket/target")
                let own = try #require(try await fixture.call("PUT", "/bucket/source", body: [1]).header("etag"))
                var other = "\"x\""
                if isThere {
                    other = try #require(try await fixture.call("PUT", "/bucket/target", body: [2]).header("etag"))
                }
                let sent = value == "source" ? own : value == "target" ? other : value
                let answer = try await rename(fixture, "source", "target", [(name, sent)])
                #expect(answer.status == status, "\(isThere) \(name) \(value)")
                let found = try await fixture.call("GET", "/bucket/target")
                #expect(found.body == [1] || status != 200)
                #expect(found.body == [2] || status == 200 || !isThere)
                #expect(try await fixture.call("HEAD", "/bucket/source").status == (status == 200 ? 404 : 200))
            }
        }
        #expect(try await rename(fixture, "source", "target", [("if-none-match", "")]).status == 400)
        #expect(try await rename(fixture, "absent", "target").element("Code") == "NoSuchKey")
        #expect(try await rename(fixture, "target", "target").element("Code") == "InvalidRequest")
        #expect(try await fixture.call("PUT", "/bucket/target?renameObject").element("Code") == "InvalidArgument")
    }

    @Test func `of many who rename an object one does`() async throws {
        let fixture = try await S3Fixture()
        _ = try await fixture.call("PUT", "/bucket/k", body: CopyTests.bytes(50_000))
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<12 {
                group.addTask { try await rename(fixture, "k", "k-\(number)").status }
            }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(statuses.count { $0 == 200 } == 1 && statuses.count { $0 == 404 } == 11)
        #expect(try await fixture.call("GET", "/bucket?list-type=2").elements("Key").count == 1)
        #expect(try await fixture.blobCount() == 1)
    }

    // MARK: UpdateObjectEncryption

    private func update(_ fixture: S3Fixture, _ element: String, version: String = "") async throws -> MemoryResponse {
        let document = Array("<ObjectEncryption>\(element)</ObjectEncryption>".utf8)
        return try await fixture.call(
            "PUT", "/bucket/k?encryption\(version)", [("content-md5", Base64.encode(Digest.hash(.md5, document)))],
            body: document)
    }

    @Test(arguments: [CopyTests.Encryption.none, .sseKMS, .bucketKey])
    func `an object gets another key without another body`(encryption: CopyTests.Encryption) async throws {
        let fixture = try await S3Fixture()
        let toKMS = "<SSE-KMS><KMSKeyArn>key</KMSKeyArn></SSE-KMS>"
        let toBucketKey =
            "<SSE-KMS><KMSKeyArn>arn:aws:kms:key</KMSKeyArn><BucketKeyEnabled>true</BucketKeyEnabled></SSE-KMS>"
        for bytes in [CopyTests.bytes(10), CopyTests.bytes(70_000)] {
            _ = try await fixture.call("PUT", "/bucket/k", encryption.write + [("x-amz-meta-a", "b")], body: bytes)
            _ = try await fixture.call("PUT", "/bucket/copy", [("x-amz-copy-source", "bucket/k")] + encryption.write)
            let before = try await fixture.call("HEAD", "/bucket/k")
            for (element, scheme, bucketKey) in [
                (toKMS, "aws:kms", nil), (toBucketKey, "aws:kms", "true"), ("<SSE-S3/>", "AES256", nil),
                (toKMS, "aws:kms", nil),
            ] {
                let answer = try await update(fixture, element)
                #expect(answer.status == 200, "\(answer.text)")
                let got = try await fixture.call("GET", "/bucket/k")
                #expect(got.body == bytes)
                #expect(got.header("x-amz-server-side-encryption") == scheme)
                #expect(got.header("x-amz-server-side-encryption-bucket-key-enabled") == bucketKey)
                for name in ["etag", "last-modified", "x-amz-meta-a"] {
                    #expect(got.header(name) == before.header(name))
                }
            }
            #expect(try await fixture.blobCount() == (bytes.count > 32_768 ? 1 : 0))
            #expect(try await fixture.call("DELETE", "/bucket/k").status == 204)
            #expect(try await fixture.call("GET", "/bucket/copy").body == bytes)
            _ = try await fixture.call("DELETE", "/bucket/copy")
            #expect(try await fixture.blobCount() == 0)
        }
    }

    @Test func `what has no key of the key service gets none`() async throws {
        let fixture = try await S3Fixture()
        let toKMS = "<SSE-KMS><KMSKeyArn>key</KMSKeyArn></SSE-KMS>"
        #expect(try await update(fixture, toKMS).element("Code") == "NoSuchKey")
        _ = try await fixture.call("PUT", "/bucket/k", Encryption.sseC.write, body: [1])
        #expect(try await update(fixture, toKMS).element("Code") == "InvalidRequest")
        #expect(try await fixture.call("GET", "/bucket/k", Encryption.sseC.read).body == [1])
        _ = try await fixture.call("PUT", "/bucket/k", body: [2])
        #expect(try await update(fixture, toKMS, version: "&versionId=null").status == 200)
        #expect(try await update(fixture, toKMS, version: "&versionId=nonsense").element("Code") == "InvalidArgument")
        let absent = "<SSE-KMS><KMSKeyArn>absent</KMSKeyArn></SSE-KMS>"
        #expect(try await update(fixture, absent).element("Code") == "KMS.NotFoundException")
        #expect(try await update(fixture, "<SSE-C/>").element("Code") == "MalformedXML")
        let unsummed = try await fixture.call(
            "PUT", "/bucket/k?encryption", body: Array("<ObjectEncryption><SSE-S3/></ObjectEncryption>".utf8))
        #expect(unsummed.status == 400)
        #expect(try await fixture.call("GET", "/bucket/k").header("x-amz-server-side-encryption") == "aws:kms")
    }
}
