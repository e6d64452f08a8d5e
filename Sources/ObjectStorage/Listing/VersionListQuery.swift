extension Session {
    /// One page of a listing of versions.
    func listVersions(_ request: VersionListRequest) throws(StorageError) -> VersionListPage {
        guard request.limit > 0 else { return VersionListPage(entries: [], isTruncated: false) }
        do throws(StorageError) {
            return try listVersions(request, .joined)
        } catch .corrupt {
            return try listVersions(request, .single(self))
        }
    }

    private func listVersions(
        _ request: VersionListRequest, _ source: ListedRows
    ) throws(StorageError) -> VersionListPage {
        try snapshot { () throws(StorageError) in
            var listing = VersionListing(request, source)
            if let marker = request.after, let order = marker.order, try !listing.rest(of: marker.key, order, self) {
                return listing.page(isTruncated: true)
            }
            return try listing.run(try source.walk(self))
        }
    }
}

/// The state of one listing of versions.
private struct VersionListing {
    private let request: VersionListRequest
    private let range: KeyRange
    private var entries: [VersionListEntry] = []
    private let rowSource: ListedRows

    init(_ request: VersionListRequest, _ rowSource: ListedRows) {
        self.request = request
        self.rowSource = rowSource
        range = KeyRange(prefix: request.prefix, delimiter: request.delimiter, skipPrefix: request.skipPrefix)
        entries.reserveCapacity(min(request.limit, 1000))
    }

    func page(isTruncated: Bool) -> VersionListPage {
        VersionListPage(entries: entries, isTruncated: isTruncated)
    }

    /// The versions of the marker's key that are older than the marker; false when they do not all fit.
    mutating func rest(of key: String, _ order: Int64, _ session: Session) throws(StorageError) -> Bool {
        var bytes = key
        let isEntry = bytes.withUTF8 { bytes in
            if case .entry = range.decide(UnsafeRawBufferPointer(bytes)) { true } else { false }
        }
        guard isEntry else { return true }
        let hasNewer =
            try session.first(
                "SELECT 1 FROM versions INDEXED BY versions_by_key WHERE bucket = ? AND key = ? AND ord >= ? LIMIT 1",
                .integer(request.bucket.rawValue), .key(key), .integer(order)
            ) { _ in true } ?? false
        let rows = try rowSource.walkThroughKey(session)
        rows.bind(.integer(request.bucket.rawValue), .key(key), .integer(order))
        defer { rows.reset() }
        var isLatest = !hasNewer
        while try rows.step() {
            guard entries.count < request.limit else { return false }
            entries.append(.version(try rowSource.version(rows, request.bucket, key), isLatest: isLatest))
            isLatest = false
        }
        return true
    }

    mutating func run(_ rows: PreparedStatement) throws(StorageError) -> VersionListPage {
        defer { rows.reset() }
        var start: [UInt8]? = range.start(after: request.after?.key)
        var previousKey: [UInt8]?
        seek: while let position = start {
            rows.bind(.integer(request.bucket.rawValue), .blob(position))
            while try rows.step() {
                let isSameKey = rows.withBytes(ListedRows.keyColumn) { key in
                    previousKey.map { key.elementsEqual($0) } ?? false
                }
                let decision = isSameKey ? .entry : rows.withBytes(ListedRows.keyColumn, range.decide)
                switch decision {
                case .end:
                    return page(isTruncated: false)
                case .jump(let past):
                    start = successor(of: past)
                    continue seek
                case .fold(let commonPrefix):
                    guard entries.count < request.limit else { return page(isTruncated: true) }
                    entries.append(.commonPrefix(String(decoding: commonPrefix, as: UTF8.self)))
                    start = successor(of: commonPrefix)
                    continue seek
                case .entry:
                    guard entries.count < request.limit else { return page(isTruncated: true) }
                    let version = try rowSource.version(rows, request.bucket, rows.string(ListedRows.keyColumn))
                    entries.append(.version(version, isLatest: !isSameKey))
                    if !isSameKey { previousKey = rows.bytes(ListedRows.keyColumn) }
                }
            }
            start = nil
        }
        return page(isTruncated: false)
    }
}
