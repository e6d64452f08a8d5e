import S3Protocol
import Testing

@Suite struct `Listing parameters` {
    private func parse(_ pairs: [(name: String, value: String)]) throws(S3Error) -> ListParameters {
        try ListParameters(pairs)
    }

    @Test func `have S3's defaults`() throws {
        let parameters = try parse([])
        #expect(parameters.version == .v1)
        #expect(parameters.maxKeys == 1000)
        #expect(parameters.delimiter == nil)
        #expect(parameters.encoding == .plain)
        #expect(parameters.start == nil)
        #expect(!parameters.fetchOwner)
    }

    @Test(arguments: [("0", 0), ("7", 7), ("1000", 1000), ("1001", 1000), ("2147483647", 1000), ("", 1000)])
    func `cut max-keys to a thousand`(_ text: String, _ expected: Int) throws {
        #expect(try parse([("max-keys", text)]).maxKeys == expected)
    }

    @Test(arguments: ["-1", "blah", "1.5", "+1", "2147483648", " 1"])
    func `refuse max-keys that is no number`(_ text: String) {
        #expect(throws: S3Error(.invalidArgument)) { try parse([("max-keys", text)]) }
    }

    @Test func `take an empty delimiter for none`() throws {
        #expect(try parse([("delimiter", "")]).delimiter == nil)
        #expect(try parse([("delimiter", "ab")]).delimiter == "ab")
    }

    @Test func `know one encoding`() throws {
        #expect(try parse([("encoding-type", "url")]).encoding == .url)
        let error = #expect(throws: S3Error(.invalidArgument)) { try parse([("encoding-type", "base64")]) }
        #expect(error?.message == "Invalid Encoding Method specified in Request")
    }

    @Test(arguments: [ListPosition.key("a/ü b"), .commonPrefix("a/"), .key(String(repeating: "k", count: 1024))])
    func `take a token back to where it was made`(_ position: ListPosition) throws {
        #expect(ListPosition(token: position.token) == position)
        #expect(
            position.token.utf8.allSatisfy {
                $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "=")
            })
        let parameters = try parse([
            ("list-type", "2"), ("start-after", "z"), ("continuation-token", position.token),
        ])
        #expect(parameters.start == position)
        #expect(parameters.continuationToken == position.token)
        #expect(parameters.startAfter == "z")
    }

    @Test(arguments: ["", "x", "!!!!", "a2", "cA", "a_8=", String(repeating: "a", count: 1_000_000)])
    func `refuse a token that is none`(_ token: String) {
        let error = #expect(throws: S3Error(.invalidArgument)) {
            try parse([("list-type", "2"), ("continuation-token", token)])
        }
        #expect(error?.message == "The continuation token provided is incorrect")
    }

    @Test func `tell a marker that named a common prefix from a key`() throws {
        func start(_ marker: String, prefix: String = "", delimiter: String = "/") throws -> ListPosition? {
            try parse([("marker", marker), ("prefix", prefix), ("delimiter", delimiter)]).start
        }
        #expect(try start("boo/") == .commonPrefix("boo/"))
        // What the listing would show of it, `boo/`, lies before the marker.
        #expect(try start("boo/bar") == .commonPrefix("boo/"))
        #expect(try start("boo/bar", prefix: "boo/") == .key("boo/bar"))
        #expect(try start("boo") == .key("boo"))
        #expect(try start("boo/", prefix: "boo/") == .key("boo/"))
        #expect(try start("boo/x/", prefix: "boo/") == .commonPrefix("boo/x/"))
        #expect(try start("boo/x/", prefix: "zoo/") == .key("boo/x/"))
        #expect(try start("boo/", delimiter: "") == .key("boo/"))
        #expect(try start("") == nil)
    }

    @Test func `keep V1's and V2's names apart`() throws {
        #expect(try parse([("start-after", "a"), ("continuation-token", "")]).start == nil)
        #expect(try parse([("list-type", "2"), ("marker", "a")]).start == nil)
        #expect(try parse([("list-type", "2"), ("start-after", "a")]).start == .key("a"))
    }
}

@Suite struct `Listing documents` {
    static let object = ListedObject(
        key: "a b+c\u{1}é&", modified: 1_136_214_245_000, etag: ETag(unquoted: "e"), size: 5)

    private func tree(_ result: ListBucketResult) throws -> XMLElement {
        try XMLReader.parse(result.xml(), root: "ListBucketResult")
    }

    @Test func `of V1 always show prefix and marker, and owners`() throws {
        let result = ListBucketResult(
            bucket: "b", parameters: try ListParameters([]), objects: [Self.object], commonPrefixes: [], next: nil)
        let root = try tree(result)
        #expect(root.children.map(\.name) == ["Name", "Prefix", "Marker", "MaxKeys", "IsTruncated", "Contents"])
        let contents = try #require(try root.optional("Contents"))
        #expect(contents.children.map(\.name) == ["Key", "LastModified", "ETag", "Size", "Owner", "StorageClass"])
        #expect(
            contents.children.map(\.text) == [
                Self.object.key, "2006-01-02T15:04:05.000Z", "\"e\"", "5", "", "STANDARD",
            ])
        #expect(String(decoding: result.xml(), as: UTF8.self).contains("<ETag>&#34;e&#34;</ETag>"))
    }

    @Test func `of V1 name the next marker when they are cut`() throws {
        let parameters = try ListParameters([
            ("delimiter", "/"), ("encoding-type", "url"), ("marker", "m m"), ("prefix", "p p"),
        ])
        let result = ListBucketResult(
            bucket: "b", parameters: parameters, objects: [], commonPrefixes: ["p p+/"], next: .commonPrefix("p p+/"))
        let root = try tree(result)
        #expect(
            root.children.map(\.name) == [
                "Name", "Prefix", "Marker", "NextMarker", "MaxKeys", "Delimiter", "EncodingType", "IsTruncated",
                "CommonPrefixes",
            ])
        #expect(
            root.children.map(\.text) == ["b", "p%20p", "m%20m", "p%20p%2B/", "1000", "/", "url", "true", ""])
        #expect(try root.optional("CommonPrefixes")?.optionalText("Prefix") == "p%20p%2B/")
    }

    @Test func `of V2 echo the token and count keys and prefixes`() throws {
        let token = ListPosition.key("k").token
        let parameters = try ListParameters([
            ("list-type", "2"), ("continuation-token", token), ("start-after", "s s"), ("encoding-type", "url"),
            ("max-keys", "2"),
        ])
        let result = ListBucketResult(
            bucket: "b", parameters: parameters, objects: [Self.object], commonPrefixes: ["x/"], next: .key("z"))
        let root = try tree(result)
        #expect(
            root.children.map(\.name) == [
                "Name", "Prefix", "ContinuationToken", "NextContinuationToken", "StartAfter", "KeyCount", "MaxKeys",
                "EncodingType", "IsTruncated", "Contents", "CommonPrefixes",
            ])
        #expect(
            root.children.map(\.text) == [
                "b", "", token, ListPosition.key("z").token, "s%20s", "2", "2", "url", "true", "", "",
            ])
        #expect(try root.optional("Contents")?.optionalText("Key") == "a%20b%2Bc%01%C3%A9%26")
        #expect(try root.optional("Contents")?.optional("Owner") == nil)
    }
}
