/// What the versions of a bucket amount to.
///
/// Kept by every commit that stores or removes a version: exact after a crash, too.
package struct BucketUsage: Hashable, Sendable {
    /// Bytes of plaintext of all versions, and of their annotations.
    ///
    /// Those of a version that is gone count until they have been removed, too: moments later.
    package var bytes: Int64
    /// Keys whose newest version is no delete marker.
    package var objects: Int64
    /// Versions that are no delete markers.
    package var versions: Int64
    package var deleteMarkers: Int64

    package init(bytes: Int64 = 0, objects: Int64 = 0, versions: Int64 = 0, deleteMarkers: Int64 = 0) {
        self.bytes = bytes
        self.objects = objects
        self.versions = versions
        self.deleteMarkers = deleteMarkers
    }

    /// Adds what other versions amount to.
    package mutating func add(_ other: BucketUsage) { add(other, times: 1) }

    /// Wraps around: sizes in damaged rows may be any number.
    mutating func add(_ change: BucketUsage, times sign: Int64) {
        bytes &+= change.bytes &* sign
        objects &+= change.objects &* sign
        versions &+= change.versions &* sign
        deleteMarkers &+= change.deleteMarkers &* sign
    }
}

/// What the mutations of a batch change in what buckets have, until it is written at the batch's end.
struct UsageChanges {
    private var entries: [(bucket: BucketID, usage: BucketUsage, sign: Int64)] = []
    private(set) var sums: [BucketID: BucketUsage] = [:]

    /// How much has been noted, for ``revert(to:)``.
    var mark: Int { entries.count }

    mutating func note(_ usage: BucketUsage, times sign: Int64, in bucket: BucketID) {
        entries.append((bucket, usage, sign))
        sums[bucket, default: BucketUsage()].add(usage, times: sign)
    }

    /// Takes back what was noted since the mark.
    mutating func revert(to mark: Int) {
        while entries.count > mark, let last = entries.popLast() {
            sums[last.bucket, default: BucketUsage()].add(last.usage, times: -last.sign)
        }
    }
}
