import Cryptography
import HTTPServerTesting
import S3Protocol
import S3Service
import Testing

/// Ranges, conditions and encryption in all their combinations, on every kind of body.
@Suite struct ReadingTests {
    enum Shape: String, CaseIterable, Sendable { case inline, file, parts, empty }
    enum Scheme: String, CaseIterable, Sendable { case sseS3, sseKMS, dsse, sseC }

    /// Bytes of each shape; parts are of 5 MiB and of a rest.
    static func content(_ shape: Shape) -> [UInt8] {
        let count =
            switch shape {
            case .inline: 3000
            case .file: 200_000
            case .parts: 5 * 1024 * 1024 + 70_001
            case .empty: 0
            }
        return (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 11) }
    }

    static func headers(_ scheme: Scheme) -> [(name: String, value: String)] {
        switch scheme {
        case .sseS3: []
        case .sseKMS: [("x-amz-server-side-encryption", "aws:kms")]
        case .dsse: [("x-amz-server-side-encryption", "aws:kms:dsse")]
        case .sseC: customerKey
        }
    }

    private static let customerKey: [(name: String, value: String)] = {
        let key = [UInt8](repeating: 7, count: 32)
        return [
            ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
            ("x-amz-server-side-encryption-customer-key", Base64.encode(key)),
            ("x-amz-server-side-encryption-customer-key-md5", Base64.encode(Digest.hash(.md5, key))),
        ]
    }()

    private static func write(_ shape: Shape, _ scheme: Scheme, _ fixture: S3Fixture) async throws {
        let bytes = content(shape)
        if shape == .parts {
            let first = 5 * 1024 * 1024
            try await fixture.upload(
                shape.rawValue, headers(scheme), parts: [Array(bytes[..<first]), Array(bytes[first...])])
        } else {
            let put = try await fixture.call("PUT", "/bucket/\(shape.rawValue)", headers(scheme), body: bytes)
            #expect(put.status == 200, "\(put.text)")
        }
    }

    @Test(arguments: Shape.allCases, Scheme.allCases)
    func `every range of every body is what was written`(shape: Shape, scheme: Scheme) async throws {
        let fixture = try await S3Fixture()
        try await Self.write(shape, scheme, fixture)
        let bytes = Self.content(shape)
        let whole = try await fixture.call("GET", "/bucket/\(shape.rawValue)", Self.key(scheme))
        #expect(whole.status == 200 && whole.isComplete && whole.body == bytes)

        let borders = [0, 1, 65_535, 65_536, 65_537, 131_072, 5 * 1024 * 1024 - 1, 5 * 1024 * 1024, bytes.count - 1]
        for first in borders where first >= 0 && first < bytes.count {
            for length in [1, 2, 65_536, 200_000, bytes.count] {
                let last = min(first + length, bytes.count) - 1
                let answer = try await fixture.call(
                    "GET", "/bucket/\(shape.rawValue)", Self.key(scheme) + [("range", "bytes=\(first)-\(last)")])
                #expect(answer.status == 206 && answer.isComplete)
                #expect(answer.body == Array(bytes[first...last]), "\(shape) \(scheme) \(first)-\(last)")
                #expect(answer.header("content-range") == "bytes \(first)-\(last)/\(bytes.count)")
            }
        }
        let beyond = try await fixture.call(
            "GET", "/bucket/\(shape.rawValue)", Self.key(scheme) + [("range", "bytes=\(bytes.count)-")])
        #expect(beyond.status == 416)
    }

    @Test(arguments: Scheme.allCases)
    func `ranges go over the borders of parts of any size`(scheme: Scheme) async throws {
        let fixture = try await S3Fixture()
        let part = 5 * 1024 * 1024
        let bytes = [UInt8](unsafeUninitializedCapacity: 2 * part + 70_001) { buffer, count in
            for index in buffer.indices { buffer[index] = UInt8(truncatingIfNeeded: index &* 31 &+ index >> 11) }
            count = buffer.count
        }
        try await fixture.upload(
            "parts", Self.headers(scheme),
            parts: [Array(bytes[..<part]), Array(bytes[part..<2 * part + 1]), Array(bytes[(2 * part + 1)...])])
        let last = bytes.count - 1
        for range in [
            part - 1...part, 0...last, part - 70_000...2 * part + 10, 2 * part...2 * part, 2 * part + 1...2 * part + 1,
            last...last,
        ] {
            let answer = try await fixture.call(
                "GET", "/bucket/parts",
                Self.key(scheme) + [("range", "bytes=\(range.lowerBound)-\(range.upperBound)")])
            #expect(answer.status == 206 && answer.isComplete)
            #expect(answer.body == Array(bytes[range]), "\(range)")
        }
    }

    /// Around the borders of packages, of blocks and of what is kept in the catalogue.
    private static let sizes = [
        0, 1, 5000, 32_700, 32_768, 65_535, 65_536, 65_537, 1_048_575, 1_048_577, 3 * 1_048_576 + 11,
    ]

    @Test(arguments: Scheme.allCases)
    func `a body of every size is read back whole and over every border`(scheme: Scheme) async throws {
        let fixture = try await S3Fixture()
        for size in Self.sizes {
            let target = "/bucket/\(size)"
            let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 11) }
            let put = try await fixture.call("PUT", target, Self.headers(scheme), body: bytes)
            #expect(put.status == 200, "\(put.text)")
            let got = try await fixture.call("GET", target, Self.key(scheme))
            let head = try await fixture.call("HEAD", target, Self.key(scheme))
            #expect(got.status == 200 && got.isComplete && got.body == bytes, "\(size) bytes")
            #expect(head.contentLength == Int64(size) && head.header("etag") == put.header("etag"))
            for answer in [put, got, head] { Self.expectShows(scheme, answer) }
            let borders = [0, 1, 65_535, 65_536, 65_537, 131_072, size / 2, size - 1]
            for first in borders where first >= 0 && first < size {
                for last in [first, first + 1, first + 65_536, size - 1] where last < size {
                    let part = try await fixture.call(
                        "GET", target, Self.key(scheme) + [("range", "bytes=\(first)-\(last)")])
                    #expect(
                        part.status == 206 && part.body == Array(bytes[first...last]), "\(first)-\(last) of \(size)")
                    #expect(part.header("content-range") == "bytes \(first)-\(last)/\(size)")
                }
            }
        }
    }

    /// Every answer about an object says how it is encrypted.
    private static func expectShows(_ scheme: Scheme, _ answer: MemoryResponse) {
        let prefix = "x-amz-server-side-encryption"
        switch scheme {
        case .sseS3: #expect(answer.header(prefix) == "AES256")
        case .sseKMS, .dsse:
            #expect(answer.header(prefix) == (scheme == .dsse ? "aws:kms:dsse" : "aws:kms"))
            #expect(answer.header("\(prefix)-aws-kms-key-id") != nil)
        case .sseC:
            #expect(answer.header(prefix) == nil)
            #expect(answer.header("\(prefix)-customer-algorithm") == "AES256")
            #expect(answer.header("\(prefix)-customer-key-md5") == customerKey[2].value)
            #expect(answer.header("\(prefix)-customer-key") == nil)
        }
    }

    /// What reading needs of a scheme's headers.
    private static func key(_ scheme: Scheme) -> [(name: String, value: String)] {
        scheme == .sseC ? customerKey : []
    }

    @Test(arguments: Shape.allCases, Scheme.allCases)
    func `GET and HEAD agree about every condition, with a range and without`(
        shape: Shape, scheme: Scheme
    ) async throws {
        let fixture = try await S3Fixture()
        try await Self.write(shape, scheme, fixture)
        let target = "/bucket/\(shape.rawValue)"
        let stored = try await fixture.call("HEAD", target, Self.key(scheme))
        let etag = try #require(stored.header("etag"))
        let modified = try #require(stored.header("last-modified"))
        let (past, future) = ("Mon, 03 Jan 2000 00:00:00 GMT", "Sat, 01 Jan 2050 00:00:00 GMT")
        let cases: [(headers: [(name: String, value: String)], status: Int)] = [
            ([("if-match", etag)], 200), ([("if-match", "\"other\"")], 412), ([("if-match", "*")], 200),
            ([("if-none-match", etag)], 304), ([("if-none-match", "\"other\"")], 200), ([("if-none-match", "*")], 304),
            ([("if-modified-since", past)], 200), ([("if-modified-since", future)], 304),
            ([("if-unmodified-since", past)], 412), ([("if-unmodified-since", future)], 200),
            // The tag decides where both are given.
            ([("if-match", etag), ("if-unmodified-since", past)], 200),
            ([("if-none-match", "\"other\""), ("if-modified-since", future)], 200),
            ([("if-match", "\"other\""), ("if-none-match", etag)], 412),
            // Tags without quotation marks, weak ones, and lists of them.
            ([("if-match", String(etag.dropFirst().dropLast()))], 200), ([("if-none-match", "W/\(etag)")], 304),
            ([("if-match", "\"other\", \(etag)")], 200), ([("if-none-match", "\"other\", \(etag)")], 304),
            // The second of the object itself, and what is no date.
            ([("if-modified-since", modified)], 304), ([("if-unmodified-since", modified)], 200),
            ([("if-modified-since", "soon")], 200), ([("if-unmodified-since", "soon")], 200),
        ]
        for (conditions, status) in cases {
            for range in [[], [(name: "range", value: "bytes=0-0")]] {
                let isSlice = !range.isEmpty && shape != .empty
                let headers = Self.key(scheme) + conditions + range
                let get = try await fixture.call("GET", target, headers)
                let head = try await fixture.call("HEAD", target, headers)
                // An empty object has no first byte.
                let expected = status == 200 ? (range.isEmpty ? 200 : isSlice ? 206 : 416) : status
                #expect(get.status == expected, "\(conditions) \(range)")
                #expect(head.status == expected, "\(conditions) \(range)")
                #expect(get.header("etag") == head.header("etag"))
                if expected == 206 { #expect(get.body == Array(Self.content(shape)[..<1])) }
                if expected == 304 {
                    #expect(get.body.isEmpty && get.header("etag") == etag && get.header("last-modified") == modified)
                }
                if expected == 412 { #expect(get.element("Code") == "PreconditionFailed") }
            }
        }
    }

    @Test(arguments: Shape.allCases)
    func `a customer's object is for those who have its key`(shape: Shape) async throws {
        let fixture = try await S3Fixture()
        try await Self.write(shape, .sseC, fixture)
        let target = "/bucket/\(shape.rawValue)"
        let other = [UInt8](repeating: 8, count: 32)
        let wrong = [
            ("x-amz-server-side-encryption-customer-algorithm", "AES256"),
            ("x-amz-server-side-encryption-customer-key", Base64.encode(other)),
            ("x-amz-server-side-encryption-customer-key-md5", Base64.encode(Digest.hash(.md5, other))),
        ].map { (name: $0.0, value: $0.1) }
        for method in ["GET", "HEAD"] {
            #expect(try await fixture.call(method, target).status == 400)
            #expect(try await fixture.call(method, target, wrong).status == 403)
            #expect(try await fixture.call(method, target, Self.key(.sseC)).status == 200)
        }
    }

    @Test func `who is nobody may do nothing`() async throws {
        let fixture = try await S3Fixture()
        try await Self.write(.inline, .sseS3, fixture)
        for (method, target) in [
            ("GET", "/"), ("GET", "/bucket"), ("GET", "/bucket/inline"), ("HEAD", "/bucket/inline"),
            ("PUT", "/bucket/inline"), ("DELETE", "/bucket/inline"), ("DELETE", "/bucket"), ("POST", "/bucket?delete"),
        ] {
            #expect(await fixture.callAnonymously(method, target).status == 403, "\(method) \(target)")
        }
        #expect(try await fixture.call("GET", "/bucket/inline").body == Self.content(.inline))
    }
}
