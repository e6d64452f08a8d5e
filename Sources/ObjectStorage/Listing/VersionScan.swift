/// A version as a scan meets it: columns in clear, of which nobody knows yet whether they are authentic.
package struct ScannedVersion {
    /// Valid until the visit ends.
    package let key: UnsafeRawBufferPointer
    package let version: VersionID
    package let order: Int64
    /// Bytes of plaintext.
    package let size: Int64
    /// Milliseconds since 1970.
    package let modified: Int64
    package let flags: VersionFlags
}

/// The place in a bucket behind a version.
package struct ScanPosition: Hashable, Sendable {
    package let key: [UInt8]
    package let order: Int64

    /// A place that was kept, whether or not that version is still there.
    package init(key: [UInt8], order: Int64) {
        self.key = key
        self.order = order
    }
}

/// A piece of a walk over the versions of a bucket: by key, and the newest of a key first.
package struct VersionScan: Sendable {
    package let bucket: BucketID
    /// Bytes that the keys begin with.
    package let prefix: [UInt8]
    /// Where the last piece has ended; nil at the beginning.
    package var after: ScanPosition?
    /// Versions of a piece.
    package let limit: Int

    package init(bucket: BucketID, prefix: [UInt8], after: ScanPosition? = nil, limit: Int) {
        self.bucket = bucket
        self.prefix = prefix
        self.after = after
        self.limit = limit
    }
}

package enum ScanStep: Sendable {
    case proceed
    /// The piece ends behind this version.
    case stop
}

extension ObjectStore {
    /// Shows a piece of a bucket's versions to `visit`, one after another, without opening or copying their records.
    ///
    /// - Parameter initial: what `visit` changes; where pieces follow each other, what the last one has left.
    /// - Returns: the changed state, and where the next piece begins; nil at the end.
    package func scanVersions<State: Sendable>(
        _ request: VersionScan, _ initial: State,
        _ visit: @escaping @Sendable (inout State, ScannedVersion) -> ScanStep
    ) async throws(StorageError) -> (state: State, next: ScanPosition?) {
        try await scan { session throws(StorageError) in
            var state = initial
            let next = try session.scanVersions(request) { version in visit(&state, version) }
            return (state, next)
        }
    }
}

extension Session {
    fileprivate func scanVersions(
        _ request: VersionScan, _ visit: (ScannedVersion) -> ScanStep
    ) throws(StorageError) -> ScanPosition? {
        guard request.limit > 0 else { return request.after }
        return try snapshot { () throws(StorageError) in
            var left = request.limit
            var start = request.prefix
            if let after = request.after {
                let rest = try prepare(
                    """
                    SELECT v.key, v.ord, v.version, v.size, v.modified, v.flags
                    FROM versions v INDEXED BY versions_by_key WHERE v.bucket = ? AND v.key = ? AND v.ord < ?
                    ORDER BY v.ord DESC
                    """)
                rest.bind(.integer(request.bucket.rawValue), .blob(after.key), .integer(after.order))
                defer { rest.reset() }
                if let position = try show(rest, request, &left, visit)?.position { return position }
                // The first key behind it is the key with a zero byte.
                start = after.key + [0]
            }
            let rows = try prepare(
                """
                SELECT v.key, v.ord, v.version, v.size, v.modified, v.flags
                FROM versions v INDEXED BY versions_by_key WHERE v.bucket = ? AND v.key >= ?
                ORDER BY v.key, v.ord DESC
                """)
            rows.bind(.integer(request.bucket.rawValue), .blob(start))
            defer { rows.reset() }
            return try show(rows, request, &left, visit)?.position
        }
    }

    private struct Stop {
        /// Nil behind the last key of the range.
        let position: ScanPosition?
    }

    /// Shows rows until there are no more, which gives nil, or the piece or the range ends.
    private func show(
        _ rows: PreparedStatement, _ request: VersionScan, _ left: inout Int, _ visit: (ScannedVersion) -> ScanStep
    ) throws(StorageError) -> Stop? {
        while try rows.step() {
            let stop = rows.withBytes(0) { key -> Stop? in
                guard key.starts(with: request.prefix) else { return Stop(position: nil) }
                let version = ScannedVersion(
                    key: key, version: (try? rows.identifier(2, of: VersionID.self)) ?? VersionID(high: 0, low: 0),
                    order: rows.integer(1), size: rows.integer(3), modified: rows.integer(4),
                    flags: VersionFlags(rawValue: UInt32(truncatingIfNeeded: rows.integer(5))))
                left -= 1
                let step = visit(version)
                guard left > 0, step == .proceed else {
                    return Stop(position: ScanPosition(key: [UInt8](key), order: version.order))
                }
                return nil
            }
            if let stop { return stop }
        }
        return nil
    }
}
