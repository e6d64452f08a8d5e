import KeyManagement
package import ObjectStorage
package import S3Protocol
import Threading

/// A bucket as requests see it.
///
/// A class, because each request looks for its own several times: a copy is one reference instead of a dozen.
package final class Bucket: Sendable {
    package let id: BucketID
    package let name: String
    /// Milliseconds since 1970.
    package let created: Int64
    /// What becomes of objects that are written over or deleted; the commit of a change has the last word.
    ///
    /// Known of a locked catalogue and of a bucket with a damaged record, too.
    package let versioningRule: VersioningRule
    fileprivate let state: State
    /// The record as it is stored, which the next change is to replace.
    fileprivate let sealed: [UInt8]

    fileprivate enum State {
        case open(BucketRecord)
        /// What kept the catalogue locked when the record was to be opened.
        case locked(KeyServiceError)
        case damaged(Corruption)
    }

    fileprivate init(_ row: BucketRow, _ state: State) {
        id = row.id
        name = row.name
        created = row.created
        versioningRule = row.versioningRule
        self.state = state
        sealed = row.sealed
    }

    package var versioning: BucketVersioning { versioningRule.versioning }

    /// Why nobody can read ``record``.
    package enum Obstacle: Sendable {
        /// The catalogue is locked, for a while.
        case locked
        case damaged
    }

    /// `nil` when the record can be read.
    package var obstacle: Obstacle? {
        switch state {
        case .open: nil
        case .locked: .locked
        case .damaged: .damaged
        }
    }

    /// The bucket's configuration, such as its default encryption.
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

    /// As ``record``, of which everything that is done with a bucket needs no more.
    package var policy: StoredPolicy? {
        get throws {
            switch state {
            case .open(let record): record.policy
            case .locked(let obstacle): throw obstacle
            case .damaged(let corruption): throw corruption
            }
        }
    }

    /// The bucket's lifecycle configuration; nil too while it cannot be known.
    package var lifecycle: LifecycleConfiguration? {
        switch state {
        case .open(let record): record.lifecycle
        case .locked, .damaged: nil
        }
    }

    /// Who is told of what happens in the bucket; nobody, where the record cannot be read.
    package var notification: NotificationConfiguration? {
        switch state {
        case .open(let record): record.notification
        case .locked, .damaged: nil
        }
    }

    /// False of a damaged name.
    fileprivate var hasValidName: Bool { (try? BucketName(name)) != nil }

    fileprivate var listed: ListedBucket { ListedBucket(name: name, created: created) }

    /// What is wrong with its row, nil when nothing is known to be.
    ///
    /// Its number may be another one than that of its versions: what it does not show is not known to be absent.
    var corruption: Corruption? {
        switch state {
        case .damaged(let corruption): corruption
        case .open, .locked: nil
        }
    }

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
        /// The names and times of the buckets in ``known``, for listings.
        var sorted: SortedBuckets
        /// Changes that are committed, by the sealed record that each has replaced, until memory has that one.
        var successors: [[UInt8]: Bucket] = [:]

        init(_ known: [String: Bucket]) {
            self.known = known
            // A name that is none no client could be told, and no request would find: it is reported as damaged alone.
            sorted = SortedBuckets(known.values.filter(\.hasValidName).map(\.listed))
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
        for (name, bucket) in try Self.read(records) {
            // One at a time: there may be a hundred thousand, and requests go on.
            buckets.withLock { state in
                guard let present = state.known[name], present.id == bucket.id, present.isLocked,
                    present.sealed == bucket.sealed
                else { return }
                state.known[name] = bucket
            }
        }
    }

    private static func read(_ records: SealedRecords) throws -> [String: Bucket] {
        var buckets: [String: Bucket] = [:]
        for row in try records.store.buckets() {
            buckets[row.name] = Bucket(row, try state(of: row, records))
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
        buckets.withLock { $0.known }.values.compactMap { bucket in
            if !bucket.hasValidName {
                (bucket.name, Corruption(what: "name of the bucket of number \(bucket.id.rawValue)"))
            } else if let corruption = bucket.corruption {
                (bucket.name, corruption)
            } else {
                nil
            }
        }
    }

    /// - Throws: `noSuchBucket`.
    package func bucket(_ name: BucketName) throws(SealedStorageError) -> Bucket {
        guard let bucket = buckets.withLock({ $0.known[name.rawValue] }) else { throw .noSuchBucket }
        return bucket
    }

    /// The bucket of that name, `nil` when there is none.
    package func bucket(named name: String) -> Bucket? { buckets.withLock { $0.known[name] } }

    /// All buckets in the byte order of their names, as ListBuckets shows them.
    package var sorted: SortedBuckets { buckets.withLock { $0.sorted } }

    /// All buckets, in no order.
    var known: [Bucket] { Array(buckets.withLock { $0.known }.values) }

    var store: ObjectStore { records.store }

    package var count: Int { buckets.withLock { $0.known.count } }

    package func create(_ name: BucketName, at time: Int64, _ record: BucketRecord = BucketRecord()) async throws {
        let id = try records.store.nextBucketID()
        let sealed = try records.seal(record, id: id, name: name.rawValue, created: time)
        let row = BucketRow(
            id: id, name: name.rawValue, created: time, versioning: record.versioning,
            exclusions: record.versioningRule.exclusions, quota: record.quota?.limit, sealed: sealed)
        try await records.store.createBucket(row)
        let bucket = Bucket(row, .open(record))
        buckets.withLock { state in
            state.known[bucket.name] = bucket
            state.sorted.insert(bucket.listed)
        }
    }

    /// - Throws: `StorageError.bucketNotEmpty`; of a damaged bucket what is wrong with it, as long as there are versions
    ///   without a bucket, which may be its.
    func delete(_ bucket: Bucket) async throws {
        if let corruption = bucket.corruption, try await records.store.hasVersionsWithoutBucket() { throw corruption }
        try await records.store.deleteBucket(bucket.id, isDamaged: bucket.corruption != nil)
        buckets.withLock { state in
            guard state.known[bucket.name]?.id == bucket.id else { return }
            state.known[bucket.name] = nil
            state.successors = state.successors.filter { $0.value.id != bucket.id }
            state.sorted.remove(bucket.name)
        }
    }

    /// Changes what is configured for a bucket: what was committed meanwhile stays, and `change` may run again on it.
    ///
    /// - Throws: what `change` does, and `StorageError.noSuchBucket` when the bucket was deleted meanwhile.
    package func update(_ bucket: Bucket, _ change: (inout BucketRecord) throws -> Void) async throws {
        var present = bucket
        while true {
            var record: BucketRecord
            switch present.state {
            case .open(let known): record = known
            case .locked(let obstacle): throw obstacle
            // What a damaged record said is lost; what is configured now is whole again. Not so the number: under a wrong
            // one the bucket must not pass for whole and empty.
            case .damaged(let corruption):
                if try await records.store.hasVersionsWithoutBucket() { throw corruption }
                record = BucketRecord()
                record.versioning = present.versioning
                record.versioningExclusions = present.versioningRule.exclusions
            }
            try change(&record)
            let row = BucketRow(
                id: bucket.id, name: bucket.name, created: bucket.created, versioning: record.versioning,
                exclusions: record.versioningRule.exclusions, quota: record.quota?.limit,
                sealed: try records.seal(record, id: bucket.id, name: bucket.name, created: bucket.created))
            switch try await records.store.updateBucket(row, replacing: present.sealed) {
            case .updated: return follow(present.sealed, with: Bucket(row, .open(record)))
            case .changed(let row): present = Bucket(row, try Self.state(of: row, records))
            }
        }
    }

    /// Takes a committed change into memory, behind the one that it has replaced: that may come later than this.
    private func follow(_ replaced: [UInt8], with changed: Bucket) {
        buckets.withLock { state in
            guard state.known[changed.name]?.id == changed.id else { return }
            state.successors[replaced] = changed
            while let present = state.known[changed.name],
                let next = state.successors.removeValue(forKey: present.sealed)
            {
                state.known[changed.name] = next
            }
        }
    }
}
