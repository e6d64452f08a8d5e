extension Session {
    /// One page of a listing.
    ///
    /// Every jump over what is not wanted is one seek in the index.
    func list(_ request: ListRequest) throws(StorageError) -> ListPage {
        guard request.limit > 0 else { return ListPage(entries: [], isTruncated: false) }
        do throws(StorageError) {
            return try list(request, .joined)
        } catch .corrupt {
            return try list(request, .single(self))
        }
    }

    private func list(_ request: ListRequest, _ source: ListedRows) throws(StorageError) -> ListPage {
        try snapshot { () throws(StorageError) in
            var listing = KeyListing(request, source)
            return try listing.run(try source.walk(self))
        }
    }
}

/// The state of one listing of keys.
///
/// Keys are compared as bytes, for that is their order in the index.
private struct KeyListing {
    private let bucket: BucketID
    private let range: KeyRange
    private let limit: Int
    /// Of so many hidden keys a page passes over before it ends: about ten milliseconds of one reader.
    static let greatestHidden = 10_000

    /// Where the next seek begins; nil when nothing can follow.
    private var start: [UInt8]?
    private var hidden = 0
    private var entries: [ListEntry] = []
    /// The last key that was no part of a common prefix, in memory that serves one key after another; empty before it.
    private var previousKey: [UInt8] = []

    private let rowSource: ListedRows
    private let isMarker: @Sendable (StoredVersion) -> Bool

    init(_ request: ListRequest, _ rowSource: ListedRows) {
        self.rowSource = rowSource
        isMarker = request.isMarker
        bucket = request.bucket
        range = KeyRange(prefix: request.prefix, delimiter: request.delimiter, skipPrefix: request.skipPrefix)
        limit = request.limit
        start = range.start(after: request.after)
        entries.reserveCapacity(min(limit, 1000))
    }

    mutating func run(_ rows: PreparedStatement) throws(StorageError) -> ListPage {
        defer { rows.reset() }
        seek: while let position = start {
            rows.bind(.integer(bucket.rawValue), .blob(position))
            while try rows.step() {
                switch rows.withBytes(ListedRows.keyColumn, { decide($0) }) {
                case .key(.end):
                    return ListPage(entries: entries, isTruncated: false)
                case .key(.jump(let past)):
                    start = successor(of: past)
                    continue seek
                case .olderVersion:
                    // There may be many of them: the next key is one seek away.
                    start = previousKey + [0]
                    continue seek
                case .key(.fold(let commonPrefix)):
                    guard entries.count < limit else { return ListPage(entries: entries, isTruncated: true) }
                    // A folded prefix counts only when something in it is visible; delete markers are stepped over.
                    if try isDeleteMarker(rows) {
                        previousKey = rows.bytes(ListedRows.keyColumn)
                        if let page = pageEnding(behind: rows, isFolded: true) { return page }
                        continue
                    }
                    entries.append(.commonPrefix(String(decoding: commonPrefix, as: UTF8.self)))
                    start = successor(of: commonPrefix)
                    continue seek
                case .key(.entry):
                    if try isDeleteMarker(rows) {
                        if let page = pageEnding(behind: rows, isFolded: false) { return page }
                        continue
                    }
                    guard entries.count < limit else { return ListPage(entries: entries, isTruncated: true) }
                    entries.append(.version(try version(rows)))
                }
            }
            start = nil
        }
        return ListPage(entries: entries, isTruncated: false)
    }

    /// Counts a key that its delete marker hides, and ends the page behind it when there were too many.
    private mutating func pageEnding(behind row: PreparedStatement, isFolded: Bool) -> ListPage? {
        hidden += 1
        guard hidden >= Self.greatestHidden else { return nil }
        // Who goes on within a common prefix would have to know whether it was shown: where there are entries, the page
        // ends before it.
        let passed = isFolded && !entries.isEmpty ? nil : row.string(ListedRows.keyColumn)
        return ListPage(entries: entries, isTruncated: true, passed: passed)
    }

    private enum Decision {
        case key(KeyRange.Decision)
        /// A version of the key before.
        case olderVersion
    }

    private mutating func decide(_ key: UnsafeRawBufferPointer) -> Decision {
        if !previousKey.isEmpty, key.count == previousKey.count, key.elementsEqual(previousKey) { return .olderVersion }
        let decision = range.decide(key)
        if case .entry = decision {
            previousKey.removeAll(keepingCapacity: true)
            previousKey.append(contentsOf: key)
        }
        return .key(decision)
    }

    private func isDeleteMarker(_ row: PreparedStatement) throws(StorageError) -> Bool {
        switch rowSource {
        case .joined:
            guard row.integer(4) & Int64(VersionFlags.deleteMarker.rawValue) != 0 else { return false }
            return isMarker(try version(row))
        case .single:
            let version = try version(row)
            return version.columns.flags.contains(.deleteMarker) && isMarker(version)
        }
    }

    private func version(_ row: PreparedStatement) throws(StorageError) -> StoredVersion {
        try rowSource.version(row, bucket, row.string(ListedRows.keyColumn))
    }
}
