import S3Protocol
import Testing

@Suite struct `User metadata` {
    @Test func `joins what comes twice and keeps UTF-8`() throws {
        let metadata = try UserMetadata([
            ("x-amz-meta-a", "1"), ("content-type", "t"), ("x-amz-meta-b", "é"), ("x-amz-meta-a", "2"),
        ])
        #expect(metadata.entries.map(\.name) == ["a", "b"])
        #expect(metadata.entries.map(\.value) == ["1,2", "é"])
        #expect(metadata.responseHeaders.map(\.name) == ["x-amz-meta-a", "x-amz-meta-b"])
        #expect(metadata.responseHeaders.map(\.value) == ["1,2", "=?UTF-8?B?w6k=?="])
    }

    @Test func `is at most two kibibytes of names and values`() throws {
        func metadata(_ length: Int) throws -> UserMetadata {
            try UserMetadata([("x-amz-meta-a", String(repeating: "v", count: length - 1))])
        }
        #expect(try metadata(2048).entries.count == 1)
        #expect(throws: S3Error(.metadataTooLarge)) { try metadata(2049) }
        let many = (0..<2000).map { _ in (name: "x-amz-meta-a", value: "vv") }
        #expect(throws: S3Error(.metadataTooLarge)) { try UserMetadata(many) }
    }

    @Test func `may have any number of names`() throws {
        let many = (0..<400).map { (name: "x-amz-meta-\($0)", value: "v") }
        #expect(try UserMetadata(many).entries.count == 400)
    }

    @Test func `is encoded in words of at most 75 characters that split no character`() {
        let text = String(repeating: "é😀a", count: 40)
        let words = EncodedWord.encode(text).split(separator: " ")
        #expect(words.count > 1)
        #expect(words.allSatisfy { $0.utf8.count <= 75 && $0.hasPrefix("=?UTF-8?B?") && $0.hasSuffix("?=") })
        #expect(EncodedWord.encode("plain \t~") == "plain \t~")
        #expect(EncodedWord.encode("a\r\nb") == "=?UTF-8?B?YQ0KYg==?=")
        #expect(EncodedWord.decode(EncodedWord.encode(text)) == text)
        for other in [
            "plain", "=?UTF-8?B?", "=?UTF-8?B??", "=?UTF-8?B?YQ0KYg==?= plain", "=?UTF-8?B?/w==?=", "=?UTF-8?Q?a?=",
        ] {
            #expect(EncodedWord.decode(other) == other)
        }
    }
}

@Suite struct `Content headers` {
    @Test(
        arguments: [
            ("aws-chunked", nil), ("aws-chunked,gzip", "gzip"), ("gzip, aws-chunked", "gzip"), ("AWS-Chunked", nil),
            ("gzip, br", "gzip, br"), ("gzip", "gzip"), ("", nil),
        ] as [(String, String?)])
    func `drop the encoding of the transfer`(_ sent: String, _ stored: String?) {
        #expect(ContentHeaders([("content-encoding", sent)]).contentEncoding == stored)
    }

    @Test func `always give a type and only what was stored`() {
        #expect(ContentHeaders([]).responseHeaders.map(\.value) == ["binary/octet-stream"])
        let all = ContentHeaders([
            ("expires", "soon"), ("content-type", "t"), ("cache-control", "c"), ("content-disposition", "d"),
            ("content-language", "l"), ("content-encoding", "e"), ("x", "y"),
        ])
        #expect(all.responseHeaders.map(\.value) == ["t", "c", "d", "e", "l", "soon"])
    }

    @Test func `are at most eight kibibytes`() throws {
        func content(_ length: Int) -> ContentHeaders {
            ContentHeaders([("content-type", "t"), ("expires", String(repeating: "v", count: length - 20))])
        }
        try content(8192).requireStorableSize()
        #expect(throws: S3Error(.requestHeaderSectionTooLarge)) { try content(8193).requireStorableSize() }
    }

    @Test func `give way to overrides`() throws {
        let overrides = try ResponseOverrides([
            ("response-content-type", "x"), ("response-expires", "never"), ("other", "y"),
            ("response-cache-control", ""),
        ])
        let result = overrides.applied(to: ContentHeaders([("content-type", "t"), ("cache-control", "c")]))
        #expect(result.contentType == "x")
        #expect(result.expires == "never")
        #expect(result.cacheControl == "c")
        #expect(try ResponseOverrides([("x", "y")]).isEmpty)
        #expect(!overrides.isEmpty)
    }

    @Test func `cannot be split by an override`() {
        #expect(throws: S3Error(.invalidArgument)) {
            try ResponseOverrides([("response-content-disposition", "a\r\nset-cookie: b")])
        }
    }

    @Test func `take overrides of what a header can spell`() throws {
        #expect(try !ResponseOverrides([("response-content-disposition", "attachment; filename=\"é.txt\"")]).isEmpty)
        let refusal = #expect(throws: S3Error.self) {
            try ResponseOverrides([("response-content-disposition", "attachment; filename=\"文.txt\"")])
        }
        #expect(refusal?.code == .invalidArgument)
        #expect(refusal?.message == "Header value cannot be represented using ISO-8859-1.")
    }
}

@Suite struct `Tags` {
    @Test func `are form-encoded in the header`() throws {
        let tags = try ObjectTags(header: "a=b&c+d=e%2Bf&g&h=i=j&%C3%A9=")
        #expect(tags.pairs.map(\.key) == ["a", "c d", "g", "h", "é"])
        #expect(tags.pairs.map(\.value) == ["b", "e+f", "", "i=j", ""])
        #expect(try ObjectTags(header: "").pairs.isEmpty)
    }

    @Test(arguments: [
        "=v", "a=1&a=2", "a=%zz", "a=%ff", "aws:x=1", "a=<", "a%00=b", "a=\(String(repeating: "v", count: 257))",
        "\(String(repeating: "k", count: 129))=v", (0...10).map { "k\($0)=v" }.joined(separator: "&"),
    ])
    func `that are not legal are InvalidTag`(_ header: String) {
        #expect(throws: S3Error(.invalidTag)) { try ObjectTags(header: header) }
    }

    @Test func `are told apart by their bytes`() throws {
        #expect(try ObjectTags(header: "caf%C3%A9=1&cafe%CC%81=2").pairs.count == 2)
    }

    @Test func `may be as long as S3 lets them`() throws {
        let key = String(repeating: "é", count: 128)
        let value = String(repeating: "v", count: 256)
        #expect(try ObjectTags(header: "\(key)=\(value)").pairs.first?.value == value)
        #expect(try ObjectTags(header: (0..<10).map { "k\($0)=v" }.joined(separator: "&")).pairs.count == 10)
    }

    @Test func `survive their document`() throws {
        let tags = try ObjectTags(header: "a=b&c=d%40")
        let read = try ObjectTags(document: tags.xml(), maximum: ObjectTags.maximumOfObject)
        #expect(read.pairs.map(\.key) == ["a", "c"])
        #expect(read.pairs.map(\.value) == ["b", "d@"])
        #expect(throws: S3Error(.malformedXML)) { try ObjectTags(document: Array("<Tagging/>".utf8), maximum: 10) }
    }
}

@Suite struct `The lock of an imported version` {
    private func lock(_ mode: ObjectLock.Mode, _ until: Int64, hold: Bool? = nil) -> ObjectLock {
        ObjectLock(retention: ObjectLock.Retention(mode: mode, until: until), legalHold: hold)
    }

    @Test func `follows its original, but keeps it for no less long`() {
        #expect(lock(.governance, 10).following(lock(.governance, 20)) == lock(.governance, 20))
        #expect(lock(.governance, 20).following(lock(.governance, 10)) == lock(.governance, 20))
        #expect(lock(.governance, 10).following(lock(.compliance, 10)) == lock(.compliance, 10))
        #expect(lock(.compliance, 10).following(lock(.governance, 20)) == lock(.compliance, 10))
        #expect(lock(.governance, 10).following(ObjectLock()) == lock(.governance, 10))
        #expect(ObjectLock().following(lock(.governance, 10, hold: true)) == lock(.governance, 10, hold: true))
        #expect(lock(.governance, 10, hold: true).following(lock(.governance, 10, hold: false)).legalHold == false)
    }
}
