/// One page of a listing, in the binary order of the keys' UTF-8 bytes.
package struct ListRequest: Sendable {
    package var bucket: BucketID
    /// Only keys that begin with it.
    package var prefix: String
    /// Keys that contain it behind the prefix are folded into one common prefix, which ends with it.
    package var delimiter: String?
    /// Only keys that come strictly after it.
    package var after: String?
    /// Leaves out every key that begins with it.
    package var skipPrefix: String?
    /// The greatest number of entries, common prefixes included.
    package var limit: Int

    package init(
        bucket: BucketID, prefix: String = "", delimiter: String? = nil, after: String? = nil,
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

package enum ListEntry: Hashable, Sendable {
    case version(StoredVersion)
    case commonPrefix(String)
}

package struct ListPage: Sendable {
    package let entries: [ListEntry]
    /// True when at least one more entry follows.
    package let isTruncated: Bool
}
