import ObjectStorage
package import S3Protocol

/// Keys that are deleted together, with all their versions.
package enum KeyTree: Sendable {
    /// All keys of a bucket.
    case bucket
    /// A key, and those below it as in a directory: `a` has `a` and `a/b`, not `ab`; `a/` has what begins with it.
    case key(ObjectName)
}

extension Objects {
    /// Versions that one commit removes.
    private static let forcedPerCommit = 256

    /// Removes every version of some keys for good, delete markers among them, a few hundred in a commit.
    ///
    /// What is written meanwhile may stay, and so does everything in a bucket that locks its objects.
    /// - Parameter allows: asked about each key before any of its versions goes.
    /// - Throws: what `allows` throws, at once; what kept a version from being removed, after all others were.
    package func forceDelete(
        _ tree: KeyTree, in bucket: Bucket, notice: ChangeNotice? = nil,
        allows: @escaping @Sendable (String) throws -> Void = { _ in }
    ) async throws {
        switch tree {
        case .bucket: try await forceDelete(in: bucket, prefix: "", notice, allows) { _ in true }
        case .key(let name):
            let key = name.rawValue
            if key.utf8.last == UInt8(ascii: "/") {
                return try await forceDelete(in: bucket, prefix: key, notice, allows) { _ in true }
            }
            // In the order of keys it comes before all others that begin with it.
            try await forceDelete(in: bucket, prefix: key, notice, allows) { $0.hasSameBytes(as: key) }
            try await forceDelete(in: bucket, prefix: key + "/", notice, allows) { _ in true }
        }
    }

    /// - Parameter isMeant: true for the first keys that begin with the prefix, or for all.
    private func forceDelete(
        in bucket: Bucket, prefix: String, _ notice: ChangeNotice?, _ allows: @Sendable (String) throws -> Void,
        while isMeant: (String) -> Bool
    ) async throws {
        var request = VersionListRequest(bucket: bucket.id, prefix: prefix, limit: Self.forcedPerCommit)
        var failure: (any Error)?
        while true {
            let page = try await store.listVersions(request)
            let found = page.entries.compactMap { entry -> VersionColumns? in
                switch entry {
                case .version(let version, _): version.columns
                case .commonPrefix: nil
                }
            }
            let meant = found.prefix { isMeant($0.key) }
            guard let last = meant.last else { break }
            for columns in meant { try allows(columns.key) }
            let told = try meant.compactMap { columns in try prepare(notice, removing: columns) }
            let deletions = meant.enumerated().map { index, columns in
                Deletion(
                    key: columns.key, .version(.id(columns.version)), events: told.isEmpty ? [] : told[index].rows)
            }
            for (index, outcome) in try await delete(deletions, in: bucket, told).enumerated() {
                switch outcome {
                case .removed: if !told.isEmpty { events.made(told[index]) }
                case .absent: if !told.isEmpty { events.undone(told[index]) }
                // Its bucket has become one that locks its objects.
                case .marked, .changed, .staleOrder, .versioningChanged:
                    if !told.isEmpty { events.undone(told[index]) }
                    failure = failure ?? SealedStorageError.conditionalConflict
                case .failed(let error):
                    if !told.isEmpty { events.undone(told[index]) }
                    failure = failure ?? error
                }
            }
            guard page.isTruncated, meant.count == found.count else { break }
            request.after = VersionMarker(key: last.key, order: last.order)
        }
        if let failure { throw failure }
    }
}
