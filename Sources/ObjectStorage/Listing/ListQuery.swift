extension Session {
    /// One page of a listing.
    ///
    /// Every jump over what is not wanted is one seek in the index.
    func list(_ request: ListRequest) throws(StorageError) -> ListPage {
        guard request.limit > 0 else { return ListPage(entries: [], isTruncated: false) }
        return try snapshot { () throws(StorageError) in
            var listing = Listing(request)
            return try listing.run(
                try prepare(
                    """
                    SELECT v.ord, v.version, v.size, v.modified, v.flags, v.data_key, v.body, v.blob, v.sealed, v.key
                    FROM versions v INDEXED BY versions_by_key WHERE v.bucket = ? AND v.key >= ?
                    ORDER BY v.key, v.ord DESC
                    """))
        }
    }
}

/// The state of one listing.
///
/// Keys are compared as bytes, for that is their order in the index.
private struct Listing {
    private let bucket: BucketID
    private let prefix: [UInt8]
    private let delimiter: [UInt8]
    private let skipPrefix: [UInt8]?
    private let limit: Int
    /// Behind those that `readVersion` reads.
    private static let keyColumn: Int32 = 9
    /// Where the next seek begins; nil when nothing can follow.
    private var start: [UInt8]?
    private var entries: [ListEntry] = []

    init(_ request: ListRequest) {
        bucket = request.bucket
        prefix = Array(request.prefix.utf8)
        delimiter = Array((request.delimiter ?? "").utf8)
        skipPrefix = request.skipPrefix.map { Array($0.utf8) }
        limit = request.limit
        start = prefix
        // The first key behind `after` is `after` with a zero byte.
        if let after = request.after, !isLess(Array(after.utf8), prefix) { start = Array(after.utf8) + [0] }
        entries.reserveCapacity(min(limit, 1000))
    }

    mutating func run(_ rows: PreparedStatement) throws(StorageError) -> ListPage {
        defer { rows.reset() }
        var previousKey: [UInt8]?
        seek: while let position = start {
            rows.bind(.integer(bucket.rawValue), .blob(position))
            while try rows.step() {
                switch rows.withBytes(Self.keyColumn, { decide($0, previousKey: previousKey) }) {
                case .end:
                    return ListPage(entries: entries, isTruncated: false)
                case .jump(let past):
                    start = successor(of: past)
                    continue seek
                case .olderVersion:
                    continue
                case .fold(let commonPrefix):
                    guard entries.count < limit else { return ListPage(entries: entries, isTruncated: true) }
                    // A folded prefix counts only when something in it is visible; delete markers are stepped over.
                    if isDeleteMarker(rows) {
                        previousKey = rows.bytes(Self.keyColumn)
                        continue
                    }
                    entries.append(.commonPrefix(String(decoding: commonPrefix, as: UTF8.self)))
                    start = successor(of: commonPrefix)
                    continue seek
                case .entry:
                    previousKey = rows.bytes(Self.keyColumn)
                    if isDeleteMarker(rows) { continue }
                    guard entries.count < limit else { return ListPage(entries: entries, isTruncated: true) }
                    entries.append(.version(try readVersion(rows, bucket, rows.string(Self.keyColumn))))
                }
            }
            start = nil
        }
        return ListPage(entries: entries, isTruncated: false)
    }

    private enum Decision {
        case end
        case jump(past: [UInt8])
        case olderVersion
        case fold([UInt8])
        case entry
    }

    private func decide(_ key: UnsafeRawBufferPointer, previousKey: [UInt8]?) -> Decision {
        guard key.starts(with: prefix) else { return .end }
        if let previousKey, key.elementsEqual(previousKey) { return .olderVersion }
        if let skipPrefix, key.starts(with: skipPrefix) { return .jump(past: skipPrefix) }
        if !delimiter.isEmpty, let end = firstRange(of: delimiter, in: key, from: prefix.count) {
            return .fold(Array(key[..<end]))
        }
        return .entry
    }

    private func isDeleteMarker(_ row: PreparedStatement) -> Bool {
        row.integer(4) & Int64(VersionFlags.deleteMarker.rawValue) != 0
    }
}

/// Where the first occurrence of `needle` at or behind `start` ends.
private func firstRange(of needle: [UInt8], in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard bytes.count - start >= needle.count else { return nil }
    for index in start...(bytes.count - needle.count)
    where bytes[index] == needle[0] && bytes[index..<(index + needle.count)].elementsEqual(needle) {
        return index + needle.count
    }
    return nil
}

/// The least byte string greater than everything that begins with `prefix`; nil when there is none.
private func successor(of prefix: [UInt8]) -> [UInt8]? {
    guard let last = prefix.lastIndex(where: { $0 != 0xff }) else { return nil }
    return Array(prefix[..<last]) + [prefix[last] + 1]
}

private func isLess(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    a.lexicographicallyPrecedes(b)
}
