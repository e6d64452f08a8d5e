import HTTPServerTesting
import Notation
import S3Protocol
import S3Service
import TestSupport
import Testing

/// Both versions of the listing, page by page, compared with a model that is short enough to be seen to be right.
@Suite struct ListingTests {
    private struct Entry: Hashable {
        let isPrefix: Bool
        let text: [UInt8]
    }

    private struct Query {
        var prefix: [UInt8] = []
        var delimiter: [UInt8] = []
        var after: [UInt8] = []
        var limit = 1000
    }

    private static let alphabet = ["a", "b", "/", "/", "-", "é", "\u{1F600}", "\u{FFEE}", "+", " ", "Z", "~", "%"]

    /// Everything that a listing holds, in the order of UTF-8 bytes.
    private static func model(_ keys: [[UInt8]], _ query: Query) -> [Entry] {
        var entries: [Entry] = []
        for key in keys where key.starts(with: query.prefix) {
            let rest = key[query.prefix.count...]
            let cut = query.delimiter.isEmpty ? nil : rest.firstRange(of: query.delimiter)
            let entry = Entry(isPrefix: cut != nil, text: cut.map { Array(key[..<$0.upperBound]) } ?? key)
            guard query.after.lexicographicallyPrecedes(entry.text), entry != entries.last else { continue }
            entries.append(entry)
        }
        return entries
    }

    private static func keys(_ random: inout SeededGenerator) -> [[UInt8]] {
        var keys: Set<[UInt8]> = []
        for _ in 0..<200 {
            let length = Int.random(in: 1...9, using: &random)
            keys.insert(
                (0..<length).flatMap { _ in Array(alphabet.randomElement(using: &random).map(\.utf8) ?? "a".utf8) })
        }
        for key in ["dir", "dir/", "dir/a", "dir/a/b", "dir//c", "dir0", "/", "//", "a/../b", "é/é", "\u{10000}/x"] {
            keys.insert(Array(key.utf8))
        }
        return keys.sorted { $0.lexicographicallyPrecedes($1) }
    }

    private static func query(_ keys: [[UInt8]], _ random: inout SeededGenerator) -> Query {
        let key = keys.randomElement(using: &random) ?? []
        let dir = Array("dir".utf8)
        var query = Query()
        // A prefix ends where a character does: anything else is no text.
        let characters = String(decoding: key, as: UTF8.self).unicodeScalars
        let some = String(
            String.UnicodeScalarView(characters.prefix(Int.random(in: 0...characters.count, using: &random))))
        query.prefix =
            [[], [], Array(some.utf8), dir, dir + [0x2f], Array("no such".utf8)].randomElement(using: &random) ?? []
        query.delimiter = Array((["", "/", "/", "a", "//", "b-"].randomElement(using: &random) ?? "").utf8)
        query.after = [[], [], key, [0x61], dir, Array("zzz".utf8)].randomElement(using: &random) ?? []
        query.limit = [1, 2, 7, 50, 1000].randomElement(using: &random) ?? 1000
        if query.limit < 3, query.prefix.isEmpty { query.limit = 50 }
        let isFolded =
            !query.delimiter.isEmpty && query.after.starts(with: query.prefix)
            && query.after[query.prefix.count...].firstRange(of: query.delimiter) != nil
        // Servers differ on whether the prefix that such a key is in has been passed.
        if isFolded { query.after = [] }
        return query
    }

    @Test(arguments: [1, 2], [false, true])
    func `every page of every listing is what the model says`(version: Int, isEncoded: Bool) async throws {
        var random = SeededGenerator.announced()
        let keys = Self.keys(&random)
        let fixture = try await S3Fixture()
        for key in keys {
            let put = try await fixture.call("PUT", "/bucket/\(Self.encoded(key))", body: [1])
            #expect(put.status == 200, "\(put.text)")
        }
        for _ in 0..<60 {
            let query = Self.query(keys, &random)
            let expected = Self.model(keys, query)
            var found: [Entry] = []
            var pageCount = 0
            var place =
                query.after.isEmpty ? "" : "&\(version == 2 ? "start-after" : "marker")=\(Self.encoded(query.after))"
            while true {
                let delimiter = query.delimiter.isEmpty ? "" : "&delimiter=\(Self.encoded(query.delimiter))"
                let page = try await fixture.call(
                    "GET",
                    "/bucket?\(version == 2 ? "list-type=2&" : "")max-keys=\(query.limit)&prefix=\(Self.encoded(query.prefix))"
                        + delimiter + place + (isEncoded ? "&encoding-type=url" : ""))
                #expect(page.status == 200, "\(page.text)")
                let entries = try Self.entries(page, isEncoded: isEncoded)
                found += entries
                pageCount += 1
                guard page.element("IsTruncated") == "true" else { break }
                #expect(entries.count == query.limit, "a page that is not the last is full")
                if version == 2 {
                    #expect(page.element("KeyCount") == "\(entries.count)")
                    let token = Array(page.element("NextContinuationToken").utf8)
                    place = "&continuation-token=\(Self.encoded(token))"
                } else {
                    var marker = Array(page.element("NextMarker").utf8)
                    #expect(
                        !marker.isEmpty || query.delimiter.isEmpty,
                        "a page with common prefixes says where the next begins")
                    if isEncoded { marker = PercentEncoding.decode(marker, plus: .space) ?? [] }
                    place = "&marker=\(Self.encoded(marker.isEmpty ? entries.last?.text ?? [] : marker))"
                }
                try #require(pageCount <= keys.count, "pages come to an end")
            }
            #expect(found == expected, "\(query)")
            #expect(pageCount == max(1, (expected.count + query.limit - 1) / query.limit))
        }
    }

    /// Keys and common prefixes of one page, in their common order.
    private static func entries(_ page: MemoryResponse, isEncoded: Bool) throws -> [Entry] {
        // The first `Prefix` is the one that was asked for.
        let keys = page.elements("Key").map { (false, $0) }
        let prefixes = page.elements("Prefix").dropFirst().map { (true, $0) }
        return try (keys + prefixes).map { isPrefix, text in
            let bytes = isEncoded ? PercentEncoding.decode(text.utf8, plus: .space) : Array(text.utf8)
            return Entry(isPrefix: isPrefix, text: try #require(bytes))
        }.sorted { $0.text.lexicographicallyPrecedes($1.text) }
    }

    private static func encoded(_ text: [UInt8]) -> String {
        var encoded: [UInt8] = []
        PercentEncoding.append(text, to: &encoded)
        return String(decoding: encoded, as: UTF8.self)
    }

    @Test func `a listing of more than a thousand keys has pages of a thousand`() async throws {
        let fixture = try await S3Fixture()
        try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<2100 {
                group.addTask { try await fixture.call("PUT", "/bucket/many/\(100_000 + number)", body: []).status }
            }
            for try await status in group { #expect(status == 200) }
        }
        _ = try await fixture.call("PUT", "/bucket/z", body: [])
        let folded = try await fixture.call("GET", "/bucket?list-type=2&delimiter=%2F")
        #expect(folded.elements("Key") == ["z"] && folded.elements("Prefix").dropFirst() == ["many/"])
        var counts: [Int] = []
        var token = ""
        repeat {
            let page = try await fixture.call("GET", "/bucket?list-type=2&max-keys=100000\(token)")
            counts.append(page.elements("Key").count)
            let next = page.element("NextContinuationToken")
            token = next.isEmpty ? "" : "&continuation-token=\(Self.encoded(Array(next.utf8)))"
        } while !token.isEmpty
        #expect(counts == [1000, 1000, 101])
    }
}
