import Glibc
import Threading

/// The newest versions of keys that were looked up last, as the catalogue has them: rows with sealed records, and small
/// sealed bodies.
///
/// Never answers with what is no more: the committer takes out the keys of a batch before it writes them, and nothing of
/// them comes in before their transaction has ended. Who looks one of them up meanwhile finds nothing here and asks the
/// catalogue. So a look-up answered from here has an answer that the catalogue would have given at that moment, and none is
/// older than one that was given before it.
///
/// Bounded by bytes, ``capacity``, in shards: a look-up holds one of their locks for nanoseconds.
final class RecentVersions: Sendable {
    /// Bytes that all entries together may take.
    static let capacity = 16 << 20
    private static let shardCount = 64
    /// Bytes of an entry besides its key, its record and its body, about.
    private static let overhead = 512

    private struct Entry {
        let found: FoundVersion
        let detail: FindDetail
    }

    private struct Shard {
        var entries = SecondChanceCache<UInt64, Entry>(capacity: capacity / shardCount)
        /// Keys that batches under way change, by how many of their changes do.
        var changing: [UInt64: Int] = [:]
        /// Batches under way that may change any key.
        var changingAll = 0
        /// Grows when a change ends: what was read before it may be no more.
        var ended: UInt64 = 0
    }

    private let shards = (0..<shardCount).map { _ in ShortLock(Shard()) }

    // MARK: Look-ups

    enum LookUp {
        case found(FoundVersion)
        /// The catalogue is to be asked, and ``keep(_:_:_:)`` to be told.
        case absent(Miss)
    }

    /// What a look-up that found nothing hands on to keep what the catalogue says.
    struct Miss {
        fileprivate let hash: UInt64
        /// Nil when the key is being changed.
        fileprivate let ended: UInt64?
    }

    func lookUp(_ bucket: BucketID, _ key: String, _ detail: FindDetail) -> LookUp {
        let hash = Self.hash(bucket, key)
        return shard(hash).withLock { shard in
            if let entry = shard.entries.use(hash), entry.detail.includes(detail), entry.found.isOf(bucket, key) {
                return .found(entry.found)
            }
            let isChanging = shard.changingAll > 0 || !shard.changing.isEmpty && shard.changing[hash] != nil
            return .absent(Miss(hash: hash, ended: isChanging ? nil : shard.ended))
        }
    }

    /// Keeps what the catalogue said after a look-up that found nothing, if it still says so.
    ///
    /// Not what has its body in files: it cannot be read without a lease of its own.
    func keep(_ found: FoundVersion, _ detail: FindDetail, _ miss: Miss) {
        guard let ended = miss.ended, found.lease == nil else { return }
        let bytes = found.version.sealed.count + found.version.columns.key.utf8.count + (found.inline?.count ?? 0)
        // What had to make room is let go of behind the lock.
        _ = shard(miss.hash).withLock { shard in
            guard shard.ended == ended, shard.changing[miss.hash] == nil, shard.changingAll == 0 else { return [] }
            return shard.entries.insert(
                Entry(found: found, detail: detail), for: miss.hash, cost: bytes + Self.overhead)
        }
    }

    // MARK: Changes

    /// The keys of a batch that is being written, by their hashes.
    struct Changes {
        fileprivate var hashes: [UInt64] = []
        fileprivate var isOfAll = false
    }

    /// Takes out what a batch is about to change; ``end(_:)`` must follow, however the batch ends.
    func begin(_ batch: [PendingMutation]) -> Changes {
        var changes = Changes()
        changes.hashes.reserveCapacity(batch.count)
        for pending in batch {
            let isOfKeys = pending.mutation.forEachKey { bucket, key in changes.hashes.append(Self.hash(bucket, key)) }
            if !isOfKeys { changes.isOfAll = true }
        }
        for hash in changes.hashes {
            _ = shard(hash).withLock { shard in
                shard.changing[hash, default: 0] += 1
                return shard.entries.remove(hash)
            }
        }
        if changes.isOfAll {
            for shard in shards {
                _ = shard.withLock { shard in
                    shard.changingAll += 1
                    let former = shard.entries
                    shard.entries.removeAll()
                    return former
                }
            }
        }
        return changes
    }

    func end(_ changes: Changes) {
        for hash in changes.hashes {
            shard(hash).withLock { shard in
                let left = (shard.changing[hash] ?? 1) - 1
                shard.changing[hash] = left == 0 ? nil : left
                shard.ended += 1
            }
        }
        guard changes.isOfAll else { return }
        for shard in shards {
            shard.withLock { shard in
                shard.changingAll -= 1
                shard.ended += 1
            }
        }
    }

    // MARK: Keys

    private func shard(_ hash: UInt64) -> ShortLock<Shard> {
        shards[Int(hash % UInt64(Self.shardCount))]
    }

    /// Of the key's bytes: as Unicode two keys may be equal that are two.
    private static func hash(_ bucket: BucketID, _ key: String) -> UInt64 {
        var hasher = Hasher()
        hasher.combine(bucket.rawValue)
        var key = key
        key.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}

extension FoundVersion {
    fileprivate func isOf(_ bucket: BucketID, _ key: String) -> Bool {
        let columns = version.columns
        return columns.bucket.rawValue == bucket.rawValue && haveSameBytes(columns.key, key)
    }
}

/// As `utf8.elementsEqual`, at the speed of the memory.
private func haveSameBytes(_ one: String, _ other: String) -> Bool {
    var (one, other) = (one, other)
    return one.withUTF8 { one in
        other.withUTF8 { other in
            guard let first = one.baseAddress, let second = other.baseAddress else { return one.count == other.count }
            return one.count == other.count && memcmp(first, second, one.count) == 0
        }
    }
}

extension FindDetail {
    /// Whether what was looked up in this detail answers for the other too.
    fileprivate func includes(_ other: FindDetail) -> Bool {
        switch (self, other) {
        case (.body, _), (.rowAndDataKey, .row), (.rowAndDataKey, .rowAndDataKey), (.row, .row): true
        case (.row, .rowAndDataKey), (.row, .body), (.rowAndDataKey, .body): false
        }
    }
}

extension Mutation {
    /// Hands `body` each key whose newest version it may change, or what is looked up with that; false when it may be any.
    fileprivate func forEachKey(_ body: (BucketID, String) -> Void) -> Bool {
        func each(_ columns: VersionColumns) { body(columns.bucket, columns.key) }
        switch self {
        case .put(let new, _):
            each(new.columns)
            for annotation in new.annotations { each(annotation.columns) }
        case .replaceRecord(let bucket, let key, _, _, _, _): body(bucket, key)
        case .rekey(let version, let annotations, _):
            each(version.version.columns)
            for annotation in annotations { each(annotation.version.columns) }
        case .move(let new, _, let source):
            // The annotations of both keys are known by the versions' numbers alone.
            guard source.annotations.isEmpty, new.annotations.isEmpty else { return false }
            each(new.columns)
            each(source.version.columns)
        case .delete(let bucket, let deletions): for deletion in deletions { body(bucket, deletion.key) }
        case .putAnnotation(let new, let owner, _):
            each(new.columns)
            each(owner.columns)
        case .deleteAnnotation(let key, let owner):
            body(owner.columns.bucket.ofAnnotations, key)
            each(owner.columns)
        case .completeUpload(let completion, _): each(completion.version.columns)
        case .createUpload, .putPart, .abortUpload, .createBucket, .updateBucket, .setSetting, .changeAccounts,
            .insertDataKey, .queueEvents, .openHistory, .markHistory:
            break
        case .deleteBucket, .replaceDataKey, .retireDataKeys: return false
        case .maintain(let maintenance): return !maintenance.changesVersions
        }
        return true
    }
}

extension Maintenance {
    fileprivate var changesVersions: Bool {
        switch self {
        case .reserveBlobs, .forgetGarbage, .sweepParts, .forgetDeadUploads, .removeDataKeys, .mendDataKeyCounts,
            .sweepCompletions, .forgetEvents, .countVersions, .sumVersions:
            false
        case .moveFileList: true
        case .sweep(let remains, _, _):
            switch remains {
            case .uploadsOfBuckets, .unusedParts, .fileLists: false
            case .annotations: true
            }
        }
    }
}
