import Cryptography
import HTTPServerTesting
import ObjectStorage
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

    // MARK: With versions and annotations

    private func annotate(_ fixture: S3Fixture, _ key: String, _ name: String, _ text: String) async throws {
        let answer = try await fixture.call(
            "PUT", "/bucket/\(key)?annotation&annotationName=\(name)", body: Array(text.utf8))
        #expect(answer.status == 200, "\(answer.text)")
    }

    private func annotation(_ fixture: S3Fixture, _ key: String, _ name: String) async throws -> String {
        try await fixture.call("GET", "/bucket/\(key)?annotation&annotationName=\(name)").text
    }

    @Test(arguments: [CopyTests.Encryption.none, .bucketKey, .dsse, .sseC])
    func `where a bucket has versions, the other key gets one, and a marker hides the former`(
        encryption: CopyTests.Encryption
    ) async throws {
        let fixture = try await S3Fixture()
        try await fixture.setVersioning("Enabled")
        for bytes in [CopyTests.bytes(10), CopyTests.bytes(70_000)] {
            let version = try #require(
                try await fixture.call("PUT", "/bucket/old", encryption.write + [("x-amz-meta-a", "b")], body: bytes)
                    .header("x-amz-version-id"))
            let taken = try #require(try await fixture.put("new", 7))
            let files = try await fixture.blobCount()
            let answer = try await rename(fixture, "old", "new")
            #expect(answer.status == 200, "\(answer.text)")
            let renamed = try #require(answer.header("x-amz-version-id"))
            #expect(try await fixture.blobCount() == files)
            let got = try await fixture.call("GET", "/bucket/new", encryption.read)
            #expect(got.body == bytes && got.header("x-amz-version-id") == renamed)
            #expect(got.header("x-amz-meta-a") == "b")
            #expect(got.header("x-amz-server-side-encryption") == encryption.answer)
            #expect(try await fixture.call("GET", "/bucket/new?versionId=\(taken)").body == [7])
            let gone = try await fixture.call("HEAD", "/bucket/old", encryption.read)
            #expect(gone.status == 404 && gone.header("x-amz-delete-marker") == "true")
            #expect(try await fixture.call("GET", "/bucket/old?versionId=\(version)", encryption.read).body == bytes)
            let again = try await rename(fixture, "old", "elsewhere")
            #expect(again.status == 404 && again.element("Code") == "NoSuchKey")
            #expect(try await fixture.call("DELETE", "/bucket/old?versionId=\(version)").status == 204)
            #expect(try await fixture.call("GET", "/bucket/new", encryption.read).body == bytes)
        }
    }

    @Test func `in a bucket whose versioning is suspended the null version moves, and others stay`() async throws {
        let fixture = try await S3Fixture()
        try await fixture.setVersioning("Enabled")
        let kept = try #require(try await fixture.put("old", 1))
        try await fixture.setVersioning("Suspended")
        try await fixture.put("old", 2)
        let answer = try await rename(fixture, "old", "new")
        #expect(answer.status == 200 && answer.header("x-amz-version-id") == nil)
        #expect(try await fixture.call("GET", "/bucket/new").body == [2])
        #expect(try await fixture.call("GET", "/bucket/old").status == 404)
        #expect(try await fixture.call("GET", "/bucket/old?versionId=\(kept)").body == [1])
        let listed = try await fixture.call("GET", "/bucket?versions&prefix=old")
        #expect(listed.elements("VersionId") == ["null", kept])
        #expect(try fixture.usage().bytes == 2)
    }

    @Test func `a locked version stays, and its lock is also that of the renamed one`() async throws {
        let fixture = try await S3Fixture()
        _ = try await fixture.call("PUT", "/locked", [("x-amz-bucket-object-lock-enabled", "true")])
        let hold = [(name: "x-amz-object-lock-legal-hold", value: "ON")]
        let version = try await fixture.call("PUT", "/locked/old", hold, body: [1]).header("x-amz-version-id") ?? ""
        let source = [(name: "x-amz-rename-source", value: "/locked/old")]
        let renamed = try await fixture.call("PUT", "/locked/new?renameObject", source)
        #expect(renamed.status == 200, "\(renamed.text)")
        let id = renamed.header("x-amz-version-id") ?? ""
        for target in ["/locked/old?versionId=\(version)", "/locked/new?versionId=\(id)"] {
            #expect(try await fixture.call("GET", target).body == [1])
            #expect(try await fixture.call("DELETE", target).element("Code") == "AccessDenied")
        }
        #expect(try await fixture.call("HEAD", "/locked/new").header("x-amz-object-lock-legal-hold") == "ON")
        // What the bucket gives to new versions, one that is renamed gets as well.
        let rule =
            "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled><Rule><DefaultRetention>"
            + "<Mode>GOVERNANCE</Mode><Days>1</Days></DefaultRetention></Rule></ObjectLockConfiguration>"
        #expect(try await fixture.call("PUT", "/locked?object-lock", body: Array(rule.utf8)).status == 200)
        _ = try await fixture.call(
            "PUT", "/locked/newer?renameObject", [("x-amz-rename-source", "/locked/new")])
        #expect(try await fixture.call("HEAD", "/locked/newer").header("x-amz-object-lock-mode") == "GOVERNANCE")
    }

    @Test func `a renaming that keeps its source needs room, another one does not`() async throws {
        let fixture = try await S3Fixture()
        try await fixture.put("k", 1)
        try await fixture.setQuota(1)
        #expect(try await rename(fixture, "k", "moved").status == 200)
        try await fixture.setVersioning("Enabled")
        let refused = try await rename(fixture, "moved", "k")
        #expect(refused.status == 400 && refused.element("Code") == "XMinioAdminBucketQuotaExceeded")
        #expect(try await fixture.call("GET", "/bucket/moved").body == [1])
        #expect(try await fixture.call("GET", "/bucket/k").status == 404)
    }

    @Test(arguments: [false, true], [CopyTests.Encryption.none, .sseKMS, .dsse])
    func `annotations go where their object goes`(isVersioned: Bool, encryption: CopyTests.Encryption) async throws {
        let fixture = try await S3Fixture()
        if isVersioned { try await fixture.setVersioning("Enabled") }
        let put = try await fixture.call("PUT", "/bucket/old", encryption.write, body: CopyTests.bytes(50_000))
        let version = put.header("x-amz-version-id")
        let (long, middle) = (String(repeating: "long ", count: 60_000), String(repeating: "m", count: 20_000))
        try await annotate(fixture, "old", "short", "s")
        try await annotate(fixture, "old", "long", long)
        // More than what is kept in memory meanwhile.
        for number in 0..<60 { try await annotate(fixture, "old", "m\(number)", middle) }
        let before = try fixture.usage().bytes
        let answer = try await rename(fixture, "old", "new")
        #expect(answer.status == 200, "\(answer.text)")
        _ = try await fixture.blobCount()
        #expect(try fixture.usage().bytes == (isVersioned ? 2 * before : before))
        #expect(try await annotation(fixture, "new", "short") == "s")
        #expect(try await annotation(fixture, "new", "long") == long)
        #expect(try await annotation(fixture, "new", "m59") == middle)
        let listed = try await fixture.call("GET", "/bucket/new?annotation&max-annotation-results=1000")
        #expect(listed.elements("AnnotationName").count == 62)
        if let version {
            let target = "/bucket/old?annotation&annotationName=long&versionId=\(version)"
            #expect(try await fixture.call("GET", target).text == long)
            #expect(try await fixture.call("DELETE", "/bucket/old?versionId=\(version)").status == 204)
            _ = try await fixture.blobCount()
        }
        #expect(try await annotation(fixture, "new", "long") == long)
        try await annotate(fixture, "new", "short", "again")
        #expect(try await annotation(fixture, "new", "short") == "again")
        _ = try await fixture.call(
            "DELETE", "/bucket/new" + (answer.header("x-amz-version-id").map { "?versionId=\($0)" } ?? ""))
        #expect(try await fixture.blobCount() == 0)
        #expect(try fixture.usage().bytes == 0)
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

    @Test(arguments: [CopyTests.Encryption.none, .sseKMS])
    func `annotations get the key that their object gets`(encryption: CopyTests.Encryption) async throws {
        let fixture = try await S3Fixture()
        _ = try await fixture.call("PUT", "/bucket/k", encryption.write, body: CopyTests.bytes(50_000))
        let long = String(repeating: "x", count: 100_000)
        try await annotate(fixture, "k", "short", "s")
        try await annotate(fixture, "k", "long", long)
        for (element, scheme) in [
            ("<SSE-KMS><KMSKeyArn>key</KMSKeyArn></SSE-KMS>", "aws:kms"), ("<SSE-S3/>", "AES256"),
            ("<SSE-KMS><KMSKeyArn>key</KMSKeyArn><BucketKeyEnabled>true</BucketKeyEnabled></SSE-KMS>", "aws:kms"),
        ] {
            let answer = try await update(fixture, element)
            #expect(answer.status == 200, "\(answer.text)")
            for (name, text) in [("short", "s"), ("long", long)] {
                let got = try await fixture.call("GET", "/bucket/k?annotation&annotationName=\(name)")
                #expect(got.text == text)
                #expect(got.header("x-amz-server-side-encryption") == scheme)
            }
            // No row is left under the former data key: it would be there still.
            let keys = try await fixture.store.dataKeys(after: nil, limit: 99).filter { !$0.isShared }
            #expect(keys.count <= 1)
        }
        let copied = try await fixture.call(
            "PUT", "/bucket/copy",
            [("x-amz-copy-source", "/bucket/k"), ("x-amz-server-side-encryption", "aws:kms")])
        #expect(copied.status == 200, "\(copied.text)")
        try await annotate(fixture, "copy", "own", "o")
        #expect(try await fixture.call("GET", "/bucket/copy").body == CopyTests.bytes(50_000))
        #expect(try await annotation(fixture, "copy", "long") == long)
        #expect(try await annotation(fixture, "copy", "own") == "o")
        for key in ["k", "copy"] { #expect(try await fixture.call("DELETE", "/bucket/\(key)").status == 204) }
        #expect(try await fixture.blobCount() == 0)
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
