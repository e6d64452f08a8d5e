import KeyManagement
import Locking
package import ObjectStorage
package import S3Protocol

/// A bucket as requests see it.
package struct Bucket: Sendable {
    package let id: BucketID
    package let name: String
    /// Milliseconds since 1970.
    package let created: Int64
    fileprivate var state: State

    fileprivate enum State {
        case open(BucketRecord)
        /// What kept the catalogue locked when the record was to be opened.
        case locked(KeyServiceError)
        case damaged(Corruption)
    }

    /// What is configured for the bucket.
    ///
    /// - Throws: while the catalogue is locked, and when the record is damaged: a rule that cannot be read is not taken for
    ///   none.
    package var record: BucketRecord {
        get throws {
            switch state {
            case .open(let record): record
            case .locked(let obstacle): throw obstacle
            case .damaged(let corruption): throw corruption
            }
        }
    }

    fileprivate var listed: ListedBucket { ListedBucket(name: name, created: created) }

    fileprivate var isLocked: Bool {
        switch state {
        case .locked: true
        case .open, .damaged: false
        }
    }
}

/// All buckets, in memory: one process owns the drive, so what was committed here is what is.
///
/// A lookup may be stale by the length of a concurrent CreateBucket or DeleteBucket; the committing transaction decides.
package final class BucketDirectory: Sendable {
    private let records: SealedRecords
    private let buckets: ShortLock<State>

    private struct State {
        var known: [String: Bucket]
        /// The same buckets.
        var sorted: SortedBuckets

        init(_ known: [String: Bucket]) {
            self.known = known
            sorted = SortedBuckets(known.values.map(\.listed))
        }
    }

    /// Reads every bucket; of a locked catalogue only what stands in clear, until ``reload()``.
    init(_ records: SealedRecords) throws {
        self.records = records
        buckets = ShortLock(State(try Self.read(records)))
    }

    /// Opens what could not be opened before: the catalogue was unlocked.
    ///
    /// Which buckets there are is known, and may change while this reads.
    package func reload() throws {
        let read = try Self.read(records)
        buckets.withLock { state in
            for (name, bucket) in read {
                guard let present = state.known[name], present.id == bucket.id, present.isLocked else { continue }
                state.known[name] = bucket
            }
        }
    }

    private static func read(_ records: SealedRecords) throws -> [String: Bucket] {
        var buckets: [String: Bucket] = [:]
        for row in try records.store.buckets() {
            buckets[row.name] = Bucket(
                id: row.id, name: row.name, created: row.created, state: try state(of: row, records))
        }
        return buckets
    }

    /// One bucket's damaged record is that bucket's trouble: it can still be listed, configured anew, emptied and deleted.
    private static func state(of row: BucketRow, _ records: SealedRecords) throws -> Bucket.State {
        if let obstacle = records.obstacle { return .locked(obstacle) }
        do {
            return .open(try records.open(row))
        } catch let corruption as Corruption {
            return .damaged(corruption)
        }
    }

    /// Buckets whose records did not open, with what is wrong: for the log at the start.
    package var damaged: [(name: String, corruption: Corruption)] {
        buckets.withLock { state in
            state.known.values.compactMap { bucket in
                if case .damaged(let corruption) = bucket.state { (bucket.name, corruption) } else { nil }
            }
        }
    }

    /// - Throws: `noSuchBucket`.
    package func bucket(_ name: BucketName) throws(SealedStorageError) -> Bucket {
        guard let bucket = buckets.withLock({ $0.known[name.rawValue] }) else { throw .noSuchBucket }
        return bucket
    }

    /// In the order in which ListBuckets shows them.
    package var sorted: SortedBuckets { buckets.withLock { $0.sorted } }

    package var count: Int { buckets.withLock { $0.known.count } }

    package func create(_ name: BucketName, at time: Int64) async throws {
        let seal = try records.bucketSeal(BucketRecord(), name: name.rawValue, created: time)
        let row = try await records.store.createBucket(name: name.rawValue, created: time, seal: seal)
        let bucket = Bucket(id: row.id, name: row.name, created: row.created, state: .open(BucketRecord()))
        buckets.withLock { state in
            state.known[row.name] = bucket
            state.sorted.insert(bucket.listed)
        }
    }

    func delete(_ bucket: Bucket) async throws {
        try await records.store.deleteBucket(bucket.id)
        buckets.withLock { state in
            guard state.known[bucket.name]?.id == bucket.id else { return }
            state.known[bucket.name] = nil
            state.sorted.remove(bucket.name)
        }
    }

    package func update(_ bucket: Bucket, _ change: (inout BucketRecord) -> Void) async throws {
        var record: BucketRecord
        switch bucket.state {
        case .open(let present): record = present
        case .locked(let obstacle): throw obstacle
        // What a damaged record said is lost; what is configured now is whole again.
        case .damaged: record = BucketRecord()
        }
        change(&record)
        let sealed = try records.seal(record, id: bucket.id, name: bucket.name, created: bucket.created)
        try await records.store.updateBucket(bucket.id, sealed: sealed)
        var changed = bucket
        changed.state = .open(record)
        let updated = changed
        buckets.withLock { if $0.known[updated.name]?.id == updated.id { $0.known[updated.name] = updated } }
    }
}
