extension Session {
    /// One page of a listing.
    ///
    /// Every jump over what is not wanted is one seek in the index.
    func list(_ request: ListRequest) throws(StorageError) -> ListPage {
        guard request.limit > 0 else { return ListPage(entries: [], isTruncated: false) }
        do throws(StorageError) {
            return try snapshot { () throws(StorageError) in
                var listing = KeyListing(request, .joined)
                return try listing.run(
                    try prepare(
                        """
                        SELECT v.ord, v.version, v.size, v.modified, v.flags, v.data_key, v.body, v.blob, v.sealed, v.key
                        FROM versions v INDEXED BY versions_by_key WHERE v.bucket = ? AND v.key >= ?
                        ORDER BY v.key, v.ord DESC
                        """))
            }
        } catch .corrupt {
            return try listSingly(request)
        }
    }

    /// As ``list(_:)``, from the index alone, and each row looked up by itself: one that is damaged is listed as such, and
    /// ends no page.
    private func listSingly(_ request: ListRequest) throws(StorageError) -> ListPage {
        try snapshot { () throws(StorageError) in
            var listing = KeyListing(request, .single(self))
            return try listing.run(
                try prepare(
                    """
                    SELECT v.ord, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, v.key
                    FROM versions v INDEXED BY versions_by_key WHERE v.bucket = ? AND v.key >= ?
                    ORDER BY v.key, v.ord DESC
                    """))
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
    /// Behind those that `readVersion` reads.
    private static let keyColumn: Int32 = 9
    /// Of so many hidden keys a page passes over before it ends: about ten milliseconds of one reader.
    static let greatestHidden = 10_000

    /// Where the next seek begins; nil when nothing can follow.
    private var start: [UInt8]?
    private var hidden = 0
    private var entries: [ListEntry] = []
    /// The last key that was no part of a common prefix, in memory that serves one key after another; empty before it.
    private var previousKey: [UInt8] = []

    /// Where the columns of an entry come from.
    enum Rows {
        /// From the statement that walks through the keys.
        case joined
        /// From a statement of their own.
        case single(Session)
    }

    private let rowSource: Rows
    private let isMarker: @Sendable (StoredVersion) -> Bool

    init(_ request: ListRequest, _ rowSource: Rows) {
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
                switch rows.withBytes(Self.keyColumn, { decide($0) }) {
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
                        previousKey = rows.bytes(Self.keyColumn)
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
        let passed = isFolded && !entries.isEmpty ? nil : row.string(Self.keyColumn)
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
        let key = row.string(Self.keyColumn)
        switch rowSource {
        case .joined: return try readVersion(row, bucket, key)
        case .single(let session):
            let order = row.integer(0)
            do throws(StorageError) {
                if let found = try session.versionRow(SelectVersion.ofOrder, bucket, key, order: order) {
                    return found.stored
                }
            } catch {
                guard error.isCorrupt else { throw error }
            }
            // No sealed record is bound to this: it does not open.
            let columns = VersionColumns(
                bucket: bucket, key: key, version: VersionID(high: 0, low: 0), order: order, size: 0, modified: 0,
                flags: .nullVersion, dataKey: nil, body: .unreadable, blob: nil)
            return StoredVersion(columns: columns, sealed: [])
        }
    }
}
