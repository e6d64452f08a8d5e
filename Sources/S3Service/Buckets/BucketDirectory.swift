import KeyManagement
import Locking
package import ObjectStorage
import S3Protocol

/// A bucket as requests see it.
package struct Bucket: Sendable {
    package let id: BucketID
    package let name: String
    /// Milliseconds since 1970.
    package let created: Int64
    /// Or what kept the catalogue locked when it was to be opened.
    fileprivate var opened: Result<BucketRecord, KeyServiceError>

    /// What is configured for the bucket.
    ///
    /// - Throws: while the catalogue is locked: a rule that cannot be read is not taken for none.
    var record: BucketRecord {
        get throws(KeyServiceError) { try opened.get() }
    }

    fileprivate var isOpened: Bool {
        switch opened {
        case .success: true
        case .failure: false
        }
    }
}

/// All buckets, in memory: one process owns the drive, so what was committed here is what is.
///
/// A lookup may be stale by the length of a concurrent CreateBucket or DeleteBucket; the committing transaction decides.
package final class BucketDirectory: Sendable {
    private let catalogue: Catalogue
    private let buckets: ShortLock<[String: Bucket]>

    /// Reads every bucket; of a locked catalogue only what stands in clear, until ``reload()``.
    package init(_ catalogue: Catalogue) throws {
        self.catalogue = catalogue
        buckets = ShortLock(try Self.read(catalogue))
    }

    /// Opens what could not be opened before: the catalogue was unlocked.
    ///
    /// Which buckets there are is known, and may change while this reads.
    package func reload() throws {
        let read = try Self.read(catalogue)
        buckets.withLock { known in
            for (name, bucket) in read {
                guard let present = known[name], present.id == bucket.id, !present.isOpened else { continue }
                known[name] = bucket
            }
        }
    }

    private static func read(_ catalogue: Catalogue) throws -> [String: Bucket] {
        var buckets: [String: Bucket] = [:]
        for row in try catalogue.store.buckets() {
            let opened: Result<BucketRecord, KeyServiceError> =
                if let obstacle = catalogue.obstacle { .failure(obstacle) } else { .success(try catalogue.open(row)) }
            buckets[row.name] = Bucket(id: row.id, name: row.name, created: row.created, opened: opened)
        }
        return buckets
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
        let seal = try catalogue.bucketSeal(BucketRecord(), name: name.rawValue, created: time)
        let row = try await catalogue.store.createBucket(name: name.rawValue, created: time, seal: seal)
        let bucket = Bucket(id: row.id, name: row.name, created: row.created, opened: .success(BucketRecord()))
        buckets.withLock { $0[row.name] = bucket }
    }

    func delete(_ bucket: Bucket) async throws {
        try await catalogue.store.deleteBucket(bucket.id)
        buckets.withLock { if $0[bucket.name]?.id == bucket.id { $0[bucket.name] = nil } }
    }

    func update(_ bucket: Bucket, _ change: (inout BucketRecord) -> Void) async throws {
        var record = try bucket.record
        change(&record)
        let sealed = try catalogue.seal(record, id: bucket.id, name: bucket.name, created: bucket.created)
        try await catalogue.store.updateBucket(bucket.id, sealed: sealed)
        var changed = bucket
        changed.opened = .success(record)
        let updated = changed
        buckets.withLock { if $0[updated.name]?.id == updated.id { $0[updated.name] = updated } }
    }
}
