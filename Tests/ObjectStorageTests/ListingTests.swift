import ObjectStorage
import TestSupport
import Testing

@Suite struct ListingTests {
    @Test func `pages hold what a plain model says`() async throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SeededGenerator(seed: seed)
        let drive = try await Drive.make()
        let alphabet = ["a", "b", "/", "//", "é", "\u{10FFFF}", "z", "\u{1}", "-", "日"]
        func word(_ range: ClosedRange<Int>) -> String {
            (0..<Int.random(in: range, using: &generator)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
            }.joined()
        }
        var keys: Set<[UInt8]> = []
        for _ in 0..<600 { keys.insert(Array(word(1...7).utf8)) }
        for key in keys { try await drive.store.putInline(drive.bucket, String(decoding: key, as: UTF8.self)) }
        let sorted = keys.sorted { $0.lexicographicallyPrecedes($1) }

        for _ in 0..<2000 {
            var request = ListRequest(bucket: drive.bucket)
            request.prefix = Bool.random(using: &generator) ? "" : word(0...3)
            request.delimiter = [nil, "/", "//", "a", "é", "b/"].randomElement(using: &generator) ?? nil
            request.after = Bool.random(using: &generator) ? nil : word(0...5)
            request.skipPrefix = Bool.random(using: &generator) ? nil : word(1...3)
            request.limit = [0, 1, 2, 7, 1000].randomElement(using: &generator) ?? 1
            let page = try await drive.store.list(request)
            let names = page.entries.map { entry in
                switch entry {
                case .version(let version): "k " + version.columns.key
                case .commonPrefix(let prefix): "p " + prefix
                }
            }
            let (expected, isTruncated) = Self.model(sorted, request)
            #expect(names == expected && page.isTruncated == isTruncated, "seed \(seed), \(request)")
        }
    }

    /// The same page from a sorted array, by looking at every key.
    private static func model(_ keys: [[UInt8]], _ request: ListRequest) -> ([String], Bool) {
        guard request.limit > 0 else { return ([], false) }
        var names: [String] = []
        for key in keys where key.starts(with: request.prefix.utf8) {
            if let after = request.after, !Array(after.utf8).lexicographicallyPrecedes(key) { continue }
            if let skip = request.skipPrefix, key.starts(with: skip.utf8) { continue }
            var name = "k " + String(decoding: key, as: UTF8.self)
            if let delimiter = request.delimiter.map({ Array($0.utf8) }) {
                let start = request.prefix.utf8.count
                for index in stride(from: start, through: key.count - delimiter.count, by: 1)
                where key[index...].starts(with: delimiter) {
                    name = "p " + String(decoding: key[..<(index + delimiter.count)], as: UTF8.self)
                    break
                }
            }
            if names.last != name { names.append(name) }
        }
        return (Array(names.prefix(request.limit)), names.count > request.limit)
    }

    @Test func `a hundred thousand keys fold and page without being walked`() async throws {
        let drive = try await Drive.make()
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<200 {
                group.addTask {
                    for index in 0..<500 {
                        let columns = drive.store.columns(
                            drive.bucket, "d\(1000 + worker)/k\(10_000 + index)", body: .none, size: 0)
                        _ = try? await drive.store.put(
                            NewVersion(columns: columns, sealed: [1], body: .none, dataKey: nil))
                    }
                }
            }
        }
        let folded = try await drive.store.list(ListRequest(bucket: drive.bucket, delimiter: "/"))
        #expect(folded.entries.count == 200)
        #expect(!folded.isTruncated)
        let last = try await drive.store.keys(drive.bucket) { $0.after = "d1199/k10498" }
        #expect(last == ["d1199/k10499"])
        var count = 0
        var after: String?
        while true {
            let page = try await drive.store.list(ListRequest(bucket: drive.bucket, after: after))
            count += page.entries.count
            guard page.isTruncated, case .version(let version) = page.entries.last else { break }
            after = version.columns.key
        }
        #expect(count == 100_000)
    }

    @Test(arguments: [nil, "/"])
    func `a page passes over so many delete markers and no more, and the next one goes on`(
        delimiter: String?
    ) async throws {
        let drive = try await Drive.make()
        let store = drive.store
        try await store.putInline(drive.bucket, "a")
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<120 {
                group.addTask {
                    for index in 0..<100 {
                        let columns = store.columns(
                            drive.bucket, "m/\(1000 + worker)-\(1000 + index)", body: .none, size: 0,
                            flags: [.deleteMarker, .nullVersion])
                        _ = try? await store.put(
                            NewVersion(columns: columns, sealed: [], body: .none, dataKey: nil))
                    }
                }
            }
        }
        try await store.putInline(drive.bucket, "m/z")
        try await store.putInline(drive.bucket, "z")
        var request = ListRequest(bucket: drive.bucket, delimiter: delimiter)
        var pages: [[String]] = []
        while pages.count < 10 {
            let page = try await store.list(request)
            pages.append(
                page.entries.map { entry in
                    switch entry {
                    case .version(let version): version.columns.key
                    case .commonPrefix(let prefix): prefix
                    }
                })
            guard page.isTruncated else { break }
            request.after = try #require(page.passed ?? pages.last?.last)
        }
        // Within a common prefix that was not shown yet, only a page without entries ends.
        #expect(pages == (delimiter == nil ? [["a"], ["m/z", "z"]] : [["a"], [], ["m/", "z"]]))
    }

    @Test func `other buckets and delete markers stay out`() async throws {
        let drive = try await Drive.make()
        let other = try await drive.store.makeBucket("other")
        try await drive.store.putInline(other.id, "x/1")
        try await drive.store.putInline(drive.bucket, "x/2")
        var marker = drive.store.columns(drive.bucket, "y/1", body: .none, size: 0)
        marker.flags = [.deleteMarker, .nullVersion]
        _ = try await drive.store.put(NewVersion(columns: marker, sealed: [], body: .none, dataKey: nil))
        #expect(try await drive.store.keys(drive.bucket) == ["x/2"])
        #expect(try await drive.store.keys(drive.bucket) { $0.delimiter = "/" } == ["x/"])
    }
}
