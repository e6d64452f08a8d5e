extension Session {
    /// One page of a listing of uploads.
    ///
    /// Every jump over what is not wanted is one seek in the index; so is the place where it begins, however many uploads
    /// a key has.
    func listUploads(_ request: UploadListRequest) throws(StorageError) -> UploadListPage {
        guard request.limit > 0 else { return UploadListPage(entries: [], isTruncated: false) }
        return try snapshot { () throws(StorageError) in
            // The uploads of a deleted bucket are removed in the background, and not shown meanwhile.
            let exists = try first("SELECT 1 FROM buckets WHERE id = ?", .integer(request.bucket.rawValue)) { _ in true
            }
            guard exists != nil else { return UploadListPage(entries: [], isTruncated: false) }
            var listing = UploadListing(request)
            return try listing.run(
                try prepare(
                    """
                    SELECT upload, bucket, key, initiated, data_key, sealed FROM uploads INDEXED BY uploads_by_key
                    WHERE bucket = ? AND (key, upload) > (?, ?) ORDER BY key, upload
                    """))
        }
    }
}

/// The state of one listing of uploads.
private struct UploadListing {
    private let request: UploadListRequest
    private let range: KeyRange
    private var entries: [UploadListEntry] = []
    private static let keyColumn: Int32 = 2

    init(_ request: UploadListRequest) {
        self.request = request
        range = KeyRange(prefix: request.prefix, delimiter: request.delimiter, skipPrefix: request.skipPrefix)
        entries.reserveCapacity(min(request.limit, 1000))
    }

    /// Where the index is entered: strictly behind a key and an identifier, no bytes being before every identifier.
    private var start: (key: [UInt8], upload: [UInt8]) {
        guard let marker = request.after else { return (range.start(after: nil), []) }
        let isInRange = !Array(marker.key.utf8).lexicographicallyPrecedes(Array(request.prefix.utf8))
        guard let upload = marker.upload, isInRange else { return (range.start(after: marker.key), []) }
        return (Array(marker.key.utf8), upload.bytes)
    }

    mutating func run(_ rows: PreparedStatement) throws(StorageError) -> UploadListPage {
        defer { rows.reset() }
        var next: (key: [UInt8], upload: [UInt8])? = start
        seek: while let place = next {
            rows.bind(.integer(request.bucket.rawValue), .blob(place.key), .blob(place.upload))
            while try rows.step() {
                switch rows.withBytes(Self.keyColumn, range.decide) {
                case .end:
                    return UploadListPage(entries: entries, isTruncated: false)
                case .jump(let past):
                    next = successor(of: past).map { ($0, []) }
                    continue seek
                case .fold(let commonPrefix):
                    guard entries.count < request.limit else {
                        return UploadListPage(entries: entries, isTruncated: true)
                    }
                    entries.append(.commonPrefix(String(decoding: commonPrefix, as: UTF8.self)))
                    next = successor(of: commonPrefix).map { ($0, []) }
                    continue seek
                case .entry:
                    guard entries.count < request.limit else {
                        return UploadListPage(entries: entries, isTruncated: true)
                    }
                    // Without its identifier an upload can be neither gone on with nor ended: the others are listed.
                    if let upload = try? uploadRow(rows) { entries.append(.upload(upload)) }
                }
            }
            next = nil
        }
        return UploadListPage(entries: entries, isTruncated: false)
    }
}
