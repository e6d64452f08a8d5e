import Cryptography
import S3Protocol
import Testing

@Suite struct `ETags` {
    @Test(arguments: ["\"abc\"", "abc", "W/\"abc\"", " \"abc\" "])
    func `are compared without quotes and weakness`(_ text: String) {
        #expect(ETag(lenient: text) == ETag(unquoted: "abc"))
        #expect(ETag(lenient: text).quoted == "\"abc\"")
    }

    @Test func `are their bytes`() {
        #expect(ETag(unquoted: "caf\u{e9}") != ETag(unquoted: "cafe\u{301}"))
        #expect(Set([ETag(unquoted: "caf\u{e9}"), ETag(unquoted: "cafe\u{301}")]).count == 2)
        // A mark that combines with the quote in front of it takes no quote away.
        #expect(ETag(lenient: "\"\u{301}abc\"").value.utf8.elementsEqual("\u{301}abc".utf8))
    }

    @Test func `of multipart objects are the MD5 of the parts' digests with their number`() {
        let parts = [ETag(md5: Digest.hash(.md5, Array("a".utf8))), ETag(md5: Digest.hash(.md5, Array("b".utf8)))]
        let both = Digest.hash(.md5, Array("a".utf8)) + Digest.hash(.md5, Array("b".utf8))
        #expect(ETag.multipart(parts: parts).value == Hex.encode(Digest.hash(.md5, both)) + "-2")
    }

    @Test func `of opaque parts take part by their characters`() {
        let part = ETag(unquoted: "00112233445566778899aabbccddeeff-1")
        let expected = Hex.encode(Digest.hash(.md5, Array(part.value.utf8))) + "-1"
        #expect(ETag.multipart(parts: [part]).value == expected)
    }

    @Test func `that are opaque look like no MD5 and never repeat`() {
        let tag = ETag.opaque()
        #expect(tag.value.utf8.count == 34)
        #expect(tag.value.hasSuffix("-1"))
        #expect(tag.digest == nil)
        #expect(tag != ETag.opaque())
    }

    @Test func `in a list are separated by the commas outside quotes`() {
        #expect(ETagCondition("*") == .any)
        #expect(ETagCondition("\"a\", W/\"b\",c") == .oneOf(["a", "b", "c"].map { ETag(unquoted: $0) }))
        #expect(ETagCondition("\"a,b\"") == .oneOf([ETag(unquoted: "a,b")]))
        #expect(ETagCondition(" , ") == nil)
        #expect(ETagCondition("") == nil)
    }
}

@Suite struct `Preconditions of reads` {
    static let etag = ETag(unquoted: "e")
    /// The moment 2006-01-02T15:04:05.900Z.
    static let modified: Int64 = 1_136_214_245_900
    static let same = "Mon, 02 Jan 2006 15:04:05 GMT"
    static let before = "Mon, 02 Jan 2006 15:04:04 GMT"
    static let after = "Mon, 02 Jan 2006 15:04:06 GMT"

    @Test(
        arguments: [
            ([], .proceed),
            (["if-match: \"e\""], .proceed), (["if-match: *"], .proceed), (["if-match: \"x\""], .failed),
            (["if-none-match: \"e\""], .notModified), (["if-none-match: *"], .notModified),
            (["if-none-match: \"x\", \"e\""], .notModified), (["if-none-match: \"x\""], .proceed),
            (["if-unmodified-since: \(same)"], .proceed), (["if-unmodified-since: \(before)"], .failed),
            (["if-modified-since: \(same)"], .notModified), (["if-modified-since: \(before)"], .proceed),
            (["if-modified-since: \(after)"], .notModified),
            (["if-modified-since: yesterday"], .proceed), (["if-unmodified-since: yesterday"], .proceed),
            // A matching tag overrules its date.
            (["if-match: \"e\"", "if-unmodified-since: \(before)"], .proceed),
            (["if-none-match: \"x\"", "if-modified-since: \(same)"], .proceed),
            (["if-none-match: \"e\"", "if-modified-since: \(before)"], .notModified),
            // What fails is decided before what is unchanged.
            (["if-match: \"x\"", "if-none-match: \"e\""], .failed),
            (["if-unmodified-since: \(before)", "if-none-match: \"e\""], .failed),
            (["if-match: \"e\"", "if-modified-since: \(same)"], .notModified),
        ] as [([String], PreconditionOutcome)])
    func `follow the order of RFC 9110`(_ lines: [String], _ outcome: PreconditionOutcome) {
        let conditions = Preconditions(headers(lines))
        #expect(conditions.evaluate(etag: Self.etag, modified: Self.modified) == outcome)
        let prefixed = Preconditions(copySource: headers(lines.map { "x-amz-copy-source-" + $0 }))
        let expected: PreconditionOutcome = outcome == .proceed ? .proceed : .failed
        #expect(prefixed.evaluateCopySource(etag: Self.etag, modified: Self.modified) == expected)
    }
}

@Suite struct `Ranges of a download that goes on` {
    @Test(
        arguments: [
            ([], true), (["if-range: \"e\""], true), (["if-range: e"], true), (["if-range: \"x\""], false),
            // A weak tag is no promise that the bytes are the same.
            (["if-range: W/\"e\""], false),
            (["if-range: Mon, 02 Jan 2006 15:04:05 GMT"], true),
            (["if-range: Mon, 02 Jan 2006 15:04:04 GMT"], false),
            // Later than the object: not the time that was shown with it.
            (["if-range: Mon, 02 Jan 2006 15:04:06 GMT"], false),
            (["if-range: *"], false), (["if-range:"], false), (["if-range: \"x\", \"e\""], false),
        ] as [([String], Bool)])
    func `are served of the object that it began with`(_ lines: [String], _ isServed: Bool) {
        let conditions = Preconditions(headers(lines))
        #expect(conditions.servesRange(etag: ETag(unquoted: "e"), modified: 1_136_214_245_900) == isServed)
    }

    @Test func `are of no copy's source`() {
        let conditions = Preconditions(copySource: headers(["if-range: \"x\"", "x-amz-copy-source-if-range: \"x\""]))
        #expect(conditions.ifRange == nil)
    }
}

@Suite struct `Preconditions of writes` {
    static let etag = ETag(unquoted: "e")

    @Test(
        arguments: [
            ([], etag, .proceed), ([], nil, .proceed),
            (["if-none-match: *"], nil, .proceed), (["if-none-match: *"], etag, .failed),
            (["if-none-match: \"x\""], etag, .proceed), (["if-none-match: \"e\""], etag, .failed),
            (["if-match: \"e\""], etag, .proceed), (["if-match: \"x\""], etag, .failed),
            (["if-match: *"], etag, .proceed), (["if-match: *"], nil, .noSuchKey),
            (["if-match: \"e\""], nil, .noSuchKey),
            (["if-match:"], etag, .failed), (["if-match: \"e\"", "if-none-match: *"], etag, .failed),
        ] as [([String], ETag?, WritePreconditionOutcome)])
    func `decide on the object that is there`(
        _ lines: [String], _ current: ETag?, _ outcome: WritePreconditionOutcome
    ) throws {
        #expect(try WritePreconditions(headers(lines)).evaluate(current: current) == outcome)
    }

    @Test func `without a tag are none that could be met`() {
        #expect(throws: S3Error.self) { try WritePreconditions(headers(["if-none-match:"])) }
    }

    @Test func `of a deletion compare tag, time and size`() throws {
        let modified: Int64 = 1_136_214_245_900
        func outcome(_ lines: [String]) throws -> WritePreconditionOutcome {
            try DeletePreconditions(headers(lines)).evaluate(etag: Self.etag, modified: modified, size: 5)
        }
        #expect(try outcome([]) == .proceed)
        #expect(try outcome(["if-match: \"e\""]) == .proceed)
        #expect(try outcome(["if-match: \"x\""]) == .failed)
        #expect(try outcome(["x-amz-if-match-size: 5"]) == .proceed)
        #expect(try outcome(["x-amz-if-match-size: 6"]) == .failed)
        #expect(try outcome(["x-amz-if-match-last-modified-time: Mon, 02 Jan 2006 15:04:05 GMT"]) == .proceed)
        #expect(try outcome(["x-amz-if-match-last-modified-time: Mon, 02 Jan 2006 15:04:06 GMT"]) == .failed)
    }

    @Test(arguments: ["if-match:", "x-amz-if-match-size: big", "x-amz-if-match-last-modified-time: soon"])
    func `of a deletion that cannot be read refuse it`(_ line: String) {
        #expect(throws: S3Error(.invalidArgument)) { try DeletePreconditions(headers([line])) }
    }
}

/// Header pairs from lines of `name: value`.
func headers(_ lines: [String]) -> [(name: String, value: String)] {
    lines.map { line in
        let sides = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        return (String(sides[0]), String(sides.count > 1 ? sides[1] : "").trimmingSpaces)
    }
}

extension String {
    var trimmingSpaces: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
