/// Which page of a listing is wanted: of keys in the binary order of their UTF-8 bytes, or of their versions.
///
/// `Marker` is a place in the listing.
package struct PageRequest<Marker: Sendable>: Sendable {
    package var bucket: BucketID
    /// Only keys that begin with it.
    package var prefix: String
    /// Keys that contain it behind the prefix are folded into one common prefix, which ends with it.
    package var delimiter: String?
    /// Only what comes strictly after it; nil for the beginning.
    package var after: Marker?
    /// Leaves out every key that begins with it.
    package var skipPrefix: String?
    /// The greatest number of entries, common prefixes included.
    package var limit: Int
    /// Asked about each delete marker that is newest of its key: false for one that is none, but a row with a damaged
    /// flag, which is listed then.
    package var isMarker: @Sendable (StoredVersion) -> Bool = { _ in true }

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

/// One page of a listing.
package struct Page<Entry: Sendable>: Sendable {
    package let entries: [Entry]
    /// True when at least one more entry follows; with ``passed``, when one may.
    package let isTruncated: Bool
    /// The key behind which the listing goes on, when so many delete markers were passed over that the page ends before
    /// its limit; nil when it goes on behind the last entry.
    ///
    /// Such a page that has no entries may end among keys that are folded into a common prefix. Versions are listed
    /// with their markers, and pass over none.
    package let passed: String?

    package init(entries: [Entry], isTruncated: Bool, passed: String? = nil) {
        self.entries = entries
        self.isTruncated = isTruncated
        self.passed = passed
    }
}

// MARK: Keys

/// A page of keys; the marker is a key.
package typealias ListRequest = PageRequest<String>
package typealias ListPage = Page<ListEntry>

package enum ListEntry: Hashable, Sendable {
    case version(StoredVersion)
    case commonPrefix(String)
}

// MARK: Versions

/// A page of all versions, delete markers among them: by key, and the newest of a key first.
package typealias VersionListRequest = PageRequest<VersionMarker>
package typealias VersionListPage = Page<VersionListEntry>

/// A place in a listing of versions: behind all versions of a key, or behind one of them.
package struct VersionMarker: Hashable, Sendable {
    package let key: String
    /// The order of the version; nil for all of the key's.
    package let order: Int64?

    package init(key: String, order: Int64? = nil) {
        self.key = key
        self.order = order
    }
}

package enum VersionListEntry: Hashable, Sendable {
    case version(StoredVersion, isLatest: Bool)
    case commonPrefix(String)
}

// MARK: Uploads

/// A page of multipart uploads: by key, and by identifier within a key.
package typealias UploadListRequest = PageRequest<UploadMarker>
package typealias UploadListPage = Page<UploadListEntry>

/// A place in a listing of uploads: behind all uploads of a key, or behind one of them.
package struct UploadMarker: Hashable, Sendable {
    package let key: String
    /// Nil for all of the key's.
    package let upload: UploadID?

    package init(key: String, upload: UploadID? = nil) {
        self.key = key
        self.upload = upload
    }
}

package enum UploadListEntry: Hashable, Sendable {
    case upload(UploadRow)
    case commonPrefix(String)
}
