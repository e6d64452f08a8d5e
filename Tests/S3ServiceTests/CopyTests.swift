import Cryptography
import HTTPServerTesting
import Testing

/// CopyObject: what is copied, under which key, and what it costs.
@Suite struct CopyTests {
    enum Encryption: String, CaseIterable, Sendable {
        case none, sseS3, sseKMS, bucketKey, dsse, sseC, otherCustomerKey

        private var customerByte: UInt8? {
            switch self {
            case .none, .sseS3, .sseKMS, .bucketKey, .dsse: nil
            case .sseC: 1
            case .otherCustomerKey: 2
            }
        }

        var write: CustomerKeys.Headers {
            switch self {
            case .none: []
            case .sseS3: [("x-amz-server-side-encryption", "AES256")]
            case .sseKMS: [("x-amz-server-side-encryption", "aws:kms")]
            case .bucketKey:
                [
                    ("x-amz-server-side-encryption", "aws:kms"),
                    ("x-amz-server-side-encryption-bucket-key-enabled", "true"),
                ]
            case .dsse: [("x-amz-server-side-encryption", "aws:kms:dsse")]
            case .sseC, .otherCustomerKey: read
            }
        }
        var read: CustomerKeys.Headers { customerByte.map { CustomerKeys.headers($0) } ?? [] }
        var source: CustomerKeys.Headers { customerByte.map { CustomerKeys.headers($0, ofSource: true) } ?? [] }
        var answer: String? {
            switch self {
            case .none, .sseS3: "AES256"
            case .sseKMS, .bucketKey: "aws:kms"
            case .dsse: "aws:kms:dsse"
            case .sseC, .otherCustomerKey: nil
            }
        }

        /// Whether a copy from one to the other moves no data.
        func sharesFiles(with other: Encryption) -> Bool { answer != nil && answer == other.answer }
    }

    static func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) } }

    private func copy(
        _ fixture: S3Fixture, _ source: String, _ target: String, _ headers: [(name: String, value: String)] = []
    ) async throws -> MemoryResponse {
        try await fixture.call("PUT", "/bucket/\(target)", [("x-amz-copy-source", "/bucket/\(source)")] + headers)
    }

    @Test(arguments: Encryption.allCases, Encryption.allCases)
    func `a copy has its source's bytes under its own key, whatever becomes of the source`(
        from: Encryption, to: Encryption
    ) async throws {
        let fixture = try await S3Fixture()
        for count in [0, 1, 70_000, 300_000] {
            let bytes = Self.bytes(count)
            let put = try await fixture.call(
                "PUT", "/bucket/source", from.write + [("x-amz-meta-a", "b"), ("content-type", "text/x")], body: bytes)
            #expect(put.status == 200)
            let before = try await fixture.blobCount()
            let copied = try await copy(fixture, "source", "copy", from.source + to.write)
            #expect(copied.status == 200, "\(copied.text)")
            #expect(copied.header("x-amz-server-side-encryption") == to.answer)
            let isInFile = count > 32_768
            let shares = from.sharesFiles(with: to)
            #expect(try await fixture.blobCount() == before + (isInFile && !shares ? 1 : 0), "\(count)")

            let etag = copied.element("ETag").replacing("&#34;", with: "\"")
            if shares { #expect(etag == put.header("etag")) }
            if to.answer == "AES256" { #expect(etag == "\"\(Hex.encode(Digest.hash(.md5, bytes)))\"") }
            #expect(try await fixture.call("DELETE", "/bucket/source").status == 204)
            #expect(try await fixture.blobCount() == (isInFile ? 1 : 0))
            let got = try await fixture.call("GET", "/bucket/copy", to.read)
            #expect(got.status == 200 && got.body == bytes, "\(got.status)")
            #expect(got.header("etag") == etag)
            #expect(got.header("x-amz-meta-a") == "b" && got.header("content-type") == "text/x")
            #expect(try await fixture.call("DELETE", "/bucket/copy").status == 204)
            #expect(try await fixture.blobCount() == 0)
        }
    }

    @Test func `the source outlives its copy`() async throws {
        let fixture = try await S3Fixture()
        let bytes = Self.bytes(90_000)
        _ = try await fixture.call("PUT", "/bucket/source", body: bytes)
        #expect(try await copy(fixture, "source", "copy").status == 200)
        #expect(try await copy(fixture, "copy", "copy-of-copy").status == 200)
        #expect(try await fixture.blobCount() == 1)
        #expect(try await fixture.call("PUT", "/bucket/copy", body: [1]).status == 200)
        #expect(try await fixture.blobCount() == 1)
        #expect(try await fixture.call("GET", "/bucket/source").body == bytes)
        #expect(try await fixture.call("GET", "/bucket/copy-of-copy").body == bytes)
    }

    @Test(arguments: [Encryption.none, .sseKMS, .dsse, .sseC], [Encryption.none, .sseKMS, .dsse, .sseC])
    func `a copy of parts has them all`(from: Encryption, to: Encryption) async throws {
        let fixture = try await S3Fixture()
        let parts = [Self.bytes(5 << 20), Self.bytes(1000)]
        try await fixture.upload("source", from.write, parts: parts)
        let copied = try await copy(fixture, "source", "copy", from.source + to.write)
        #expect(copied.status == 200, "\(copied.text)")
        #expect(try await fixture.blobCount() == (from.sharesFiles(with: to) ? 2 : 3))
        #expect(try await fixture.call("DELETE", "/bucket/source").status == 204)
        #expect(try await fixture.blobCount() == (from.sharesFiles(with: to) ? 2 : 1))
        let got = try await fixture.call("GET", "/bucket/copy", to.read + [("range", "bytes=5242870-5242889")])
        #expect(got.status == 206 && got.body == Array((parts[0] + parts[1])[5_242_870...5_242_889]))
        #expect(try await fixture.call("GET", "/bucket/copy", to.read).body == parts[0] + parts[1])
    }

    @Test func `a copy comes from another bucket, of whatever key`() async throws {
        let fixture = try await S3Fixture()
        #expect(try await fixture.call("PUT", "/other").status == 200)
        for (path, source) in [
            ("a%20b", "other/a%20b"), ("a%20b", "other/a+b"), ("a%2Bb", "other/a%2Bb"),
            ("%C3%A9%25", "/other/%C3%A9%25"), ("a//b", "other/a//b"),
            ("q%3F", "other/q?"),
        ] {
            _ = try await fixture.call("PUT", "/other/\(path)", body: Self.bytes(70_000))
            let copied = try await fixture.call("PUT", "/bucket/k", [("x-amz-copy-source", source)])
            #expect(copied.status == 200, "\(source): \(copied.text)")
            #expect(try await fixture.call("DELETE", "/other/\(path)").status == 204)
            #expect(try await fixture.call("GET", "/bucket/k").body == Self.bytes(70_000))
        }
        for (source, code) in [
            ("absent-bucket/k", "NoSuchBucket"), ("other/absent", "NoSuchKey"), ("other", "InvalidArgument"),
            ("other/k?versionId=nonsense", "InvalidArgument"), ("bucket/k%", "InvalidArgument"),
        ] {
            let refused = try await fixture.call("PUT", "/bucket/k", [("x-amz-copy-source", source)])
            #expect(refused.element("Code") == code, "\(source)")
        }
        #expect(try await fixture.call("GET", "/bucket/k").body == Self.bytes(70_000))
    }

    @Test func `attributes come from the source or the request as the directives say`() async throws {
        let fixture = try await S3Fixture()
        let redirect = "x-amz-website-redirect-location"
        _ = try await fixture.call(
            "PUT", "/bucket/source",
            [
                ("x-amz-meta-a", "1"), ("content-type", "text/a"), ("x-amz-tagging", "t=1&u=2"), (redirect, "/a"),
                ("x-amz-storage-class", "GLACIER"), ("cache-control", "no-store"),
            ], body: [1])
        let request = [
            (name: "x-amz-meta-b", value: "2"), ("content-type", "text/b"), ("x-amz-tagging", "v=3"), (redirect, "/b"),
        ]
        for metadata in [nil, "COPY", "REPLACE"] {
            for tagging in [nil, "COPY", "REPLACE"] {
                var headers = request
                if let metadata { headers.append(("x-amz-metadata-directive", metadata)) }
                if let tagging { headers.append(("x-amz-tagging-directive", tagging)) }
                #expect(try await copy(fixture, "source", "copy", headers).status == 200)
                let head = try await fixture.call("HEAD", "/bucket/copy")
                let isNew = metadata == "REPLACE"
                #expect(head.header("x-amz-meta-a") == (isNew ? nil : "1"))
                #expect(head.header("x-amz-meta-b") == (isNew ? "2" : nil))
                #expect(head.header("content-type") == (isNew ? "text/b" : "text/a"))
                #expect(head.header("cache-control") == (isNew ? nil : "no-store"))
                #expect(head.header("x-amz-tagging-count") == (tagging == "REPLACE" ? "1" : "2"))
                #expect(head.header(redirect) == "/b")
                #expect(head.header("x-amz-storage-class") == nil)
            }
        }
        for name in ["x-amz-metadata-directive", "x-amz-tagging-directive"] {
            let refused = try await copy(fixture, "source", "copy", [(name, "MAYBE")])
            #expect(refused.status == 400 && refused.element("Code") == "InvalidArgument")
        }
    }

    @Test func `a copy onto itself must change something`() async throws {
        let fixture = try await S3Fixture()
        let changes: [(change: [(name: String, value: String)], isOne: Bool)] = [
            ([], false), ([("x-amz-metadata-directive", "COPY"), ("x-amz-meta-a", "1")], false),
            ([("x-amz-storage-class", "STANDARD")], false), ([("x-amz-metadata-directive", "REPLACE")], true),
            ([("x-amz-tagging-directive", "REPLACE"), ("x-amz-tagging", "a=b")], true),
            ([("x-amz-storage-class", "GLACIER")], true), ([("x-amz-website-redirect-location", "/a")], true),
            ([("x-amz-server-side-encryption", "AES256")], true),
            ([("x-amz-server-side-encryption", "aws:kms")], true),
            ([("x-amz-checksum-algorithm", "SHA256")], true), (CustomerKeys.headers(1), true),
        ]
        for size in [10, 80_000] {
            for (change, isOne) in changes {
                let bytes = Self.bytes(size)
                _ = try await fixture.call("PUT", "/bucket/k", body: bytes)
                let answer = try await copy(fixture, "k", "k", change)
                #expect(answer.status == (isOne ? 200 : 400), "\(change)")
                if !isOne { #expect(answer.element("Code") == "InvalidRequest") }
                let read = change.filter { $0.name.contains("customer") }
                #expect(try await fixture.call("GET", "/bucket/k", read).body == bytes, "\(change)")
                #expect(try await fixture.blobCount() == (size > 32_768 ? 1 : 0))
            }
        }
    }

    @Test func `a bucket's rule makes a copy onto itself a change once`() async throws {
        let fixture = try await S3Fixture()
        _ = try await fixture.call("PUT", "/bucket/k", body: [1])
        let rule =
            "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms"
            + "</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>"
        #expect(try await fixture.call("PUT", "/bucket?encryption", body: Array(rule.utf8)).status == 200)
        #expect(try await copy(fixture, "k", "k").header("x-amz-server-side-encryption") == "aws:kms")
        #expect(try await copy(fixture, "k", "k").status == 400)
    }

    @Test func `conditions are of the source and of the target`() async throws {
        let fixture = try await S3Fixture()
        let tag = try #require(try await fixture.call("PUT", "/bucket/source", body: [1]).header("etag"))
        let other = try #require(try await fixture.call("PUT", "/bucket/target", body: [2]).header("etag"))
        let (past, future) = ("Thu, 01 Jan 2015 00:00:00 GMT", "Thu, 01 Jan 2099 00:00:00 GMT")
        let source = "x-amz-copy-source-if-"
        for (conditions, status) in [
            ([("\(source)match", tag)], 200), ([("\(source)match", other)], 412), ([("\(source)none-match", tag)], 412),
            ([("\(source)none-match", other)], 200), ([("\(source)modified-since", past)], 200),
            ([("\(source)modified-since", future)], 412), ([("\(source)unmodified-since", past)], 412),
            ([("\(source)unmodified-since", future)], 200),
            ([("\(source)match", tag), ("\(source)unmodified-since", past)], 200),
            ([("\(source)none-match", tag), ("\(source)modified-since", past)], 412),
            ([("\(source)match", "")], 412), ([("if-match", other)], 200), ([("if-match", tag)], 412),
            ([("if-none-match", "*")], 412),
        ] as [([(name: String, value: String)], Int)] {
            _ = try await fixture.call("PUT", "/bucket/target", body: [2])
            let answer = try await copy(fixture, "source", "target", conditions)
            #expect(answer.status == status, "\(conditions)")
            #expect(try await fixture.call("GET", "/bucket/target").body == (status == 200 ? [1] : [2]))
        }
        #expect(try await copy(fixture, "source", "absent", [("if-match", tag)]).status == 404)
        #expect(try await copy(fixture, "source", "absent", [("if-none-match", "*")]).status == 200)
    }

    @Test func `a copy needs the source's key, and no other`() async throws {
        let fixture = try await S3Fixture()
        let cases: [(from: Encryption, source: CustomerKeys.Headers, status: Int)] = [
            (.sseC, [], 400), (.sseC, Encryption.otherCustomerKey.source, 403), (.sseC, Encryption.sseC.source, 200),
            (.none, Encryption.sseC.source, 400), (.sseKMS, Encryption.sseC.source, 400),
            (.sseC, Array(Encryption.sseC.source.dropLast()), 400), (.sseC, Encryption.sseC.read, 400),
        ]
        for (from, headers, status) in cases {
            _ = try await fixture.call("PUT", "/bucket/source", from.write, body: [1, 2])
            let answer = try await copy(fixture, "source", "copy", headers)
            #expect(answer.status == status, "\(from) \(answer.text)")
        }
    }

    @Test func `a copy keeps the checksum, or has the one that is asked for`() async throws {
        let fixture = try await S3Fixture()
        for size in [10, 80_000] {
            let bytes = Self.bytes(size)
            let sum = Base64.encode(Digest.hash(.sha256, bytes))
            for encryption in [Encryption.none, .sseKMS] {
                _ = try await fixture.call("PUT", "/bucket/plain", body: bytes)
                _ = try await fixture.call("PUT", "/bucket/summed", [("x-amz-checksum-sha256", sum)], body: bytes)
                for (source, headers) in [
                    ("summed", []), ("summed", [("x-amz-checksum-algorithm", "SHA256")]),
                    ("plain", [("x-amz-checksum-algorithm", "SHA256")]),
                ] as [(String, [(name: String, value: String)])] {
                    let copied = try await copy(fixture, source, "copy", headers + encryption.write)
                    #expect(copied.element("ChecksumSHA256") == sum, "\(copied.text)")
                    #expect(copied.element("ChecksumType") == "FULL_OBJECT")
                    let head = try await fixture.call("HEAD", "/bucket/copy", [("x-amz-checksum-mode", "ENABLED")])
                    #expect(head.header("x-amz-checksum-sha256") == sum)
                }
            }
        }
        let refused = try await copy(fixture, "plain", "copy", [("x-amz-checksum-algorithm", "SHA7")])
        #expect(refused.status == 400)
    }

    @Test func `copies while their source is overwritten and deleted are whole`() async throws {
        let fixture = try await S3Fixture()
        let contents = (0..<4).map { number in [UInt8](repeating: UInt8(number), count: 40_000 + number) }
        _ = try await fixture.call("PUT", "/bucket/source", body: contents[0])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for round in 0..<40 {
                    _ = try await fixture.call("PUT", "/bucket/source", body: contents[round % 4])
                    if round % 5 == 0 { _ = try await fixture.call("DELETE", "/bucket/source") }
                }
            }
            for reader in 0..<4 {
                group.addTask {
                    for _ in 0..<40 {
                        let copied = try await copy(fixture, "source", "copy-\(reader)")
                        #expect(copied.status == 200 || copied.status == 404, "\(copied.text)")
                        guard copied.status == 200 else { continue }
                        let body = try await fixture.call("GET", "/bucket/copy-\(reader)").body
                        #expect(contents.contains(body), "\(body.count)")
                    }
                }
            }
            try await group.waitForAll()
        }
        _ = try await fixture.blobCount()
    }
}
