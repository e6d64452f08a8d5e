import Locking
package import ObjectStorage
import S3Protocol

/// A bucket as requests see it.
package struct Bucket: Sendable {
    package let id: BucketID
    package let name: String
    /// Milliseconds since 1970.
    package let created: Int64
    var record: BucketRecord
}

/// All buckets, in memory: one process owns the drive, so what was committed here is what is.
///
/// A lookup may be stale by the length of a concurrent CreateBucket or DeleteBucket; the committing transaction decides.
package final class BucketDirectory: Sendable {
    private let catalogue: Catalogue
    private let buckets: ShortLock<[String: Bucket]>

    package init(_ catalogue: Catalogue) throws {
        self.catalogue = catalogue
        var buckets: [String: Bucket] = [:]
        for row in try catalogue.store.buckets() {
            buckets[row.name] = Bucket(
                id: row.id, name: row.name, created: row.created, record: try catalogue.open(row))
        }
        self.buckets = ShortLock(buckets)
    }

    /// - Throws: `NoSuchBucket`.
    func bucket(_ name: BucketName) throws(S3Error) -> Bucket {
        guard let bucket = buckets.withLock({ $0[name.rawValue] }) else { throw S3Error(.noSuchBucket) }
        return bucket
    }

    /// Sorted by name, as ListBuckets shows them.
    func all() -> [Bucket] {
        buckets.withLock { $0.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) } }
    }

    package var count: Int { buckets.withLock { $0.count } }

    func create(_ name: BucketName, at time: Int64) async throws {
        let catalogue = catalogue
        let row = try await catalogue.store.createBucket(name: name.rawValue, created: time) { id in
            catalogue.seal(BucketRecord(), id: id, name: name.rawValue, created: time)
        }
        let bucket = Bucket(id: row.id, name: row.name, created: row.created, record: BucketRecord())
        buckets.withLock { $0[row.name] = bucket }
    }

    func delete(_ bucket: Bucket) async throws {
        try await catalogue.store.deleteBucket(bucket.id)
        buckets.withLock { if $0[bucket.name]?.id == bucket.id { $0[bucket.name] = nil } }
    }

    func update(_ bucket: Bucket, _ change: (inout BucketRecord) -> Void) async throws {
        var changed = bucket
        change(&changed.record)
        let sealed = catalogue.seal(changed.record, id: bucket.id, name: bucket.name, created: bucket.created)
        try await catalogue.store.updateBucket(bucket.id, sealed: sealed)
        let updated = changed
        buckets.withLock { if $0[updated.name]?.id == updated.id { $0[updated.name] = updated } }
    }
}
