/// One page of all versions, delete markers among them: by key, in the binary order of their UTF-8 bytes, and the newest
/// of a key first.
package struct VersionListRequest: Sendable {
    /// A place in the listing: behind all versions of a key, or behind one of them.
    package struct Marker: Hashable, Sendable {
        package let key: String
        /// The order of the version; nil for all of the key's.
        package let order: Int64?

        package init(key: String, order: Int64? = nil) {
            self.key = key
            self.order = order
        }
    }

    package var bucket: BucketID
    /// Only keys that begin with it.
    package var prefix: String
    /// Keys that contain it behind the prefix are folded into one common prefix, which ends with it.
    package var delimiter: String?
    package var after: Marker?
    /// Leaves out every key that begins with it.
    package var skipPrefix: String?
    /// The greatest number of entries, common prefixes included.
    package var limit: Int

    package init(
        bucket: BucketID, prefix: String = "", delimiter: String? = nil, after: Marker? = nil,
        skipPrefix: String? = nil, limit: Int = 1000
    ) {
        self.bucket = bucket
        self.prefix = prefix
        self.delimiter = delimiter
        self.after = after
        self.skipPrefix = skipPrefix
        self.limit = limit
    }
}

package enum VersionListEntry: Hashable, Sendable {
    case version(StoredVersion, isLatest: Bool)
    case commonPrefix(String)
}

package struct VersionListPage: Sendable {
    package let entries: [VersionListEntry]
    /// True when at least one more entry follows.
    package let isTruncated: Bool
}
