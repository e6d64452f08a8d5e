package import Cryptography
import Encryption
package import KeyManagement
import Locking
package import ObjectStorage

/// Data keys for writes and reads: the bucket's shared one, one of an object's own, or one that exists already.
package final class DataKeys: Sendable {
    package let service: any KeyService
    let store: ObjectStore
    private let cache: DataKeyCache
    private let shared: SharedDataKeys
    private let clock: @Sendable () -> Int64
    private let rows = ShortLock(KnownRows())

    package init(
        service: any KeyService, store: ObjectStore, cache: DataKeyCache, clock: @escaping @Sendable () -> Int64
    ) {
        self.service = service
        self.store = store
        self.cache = cache
        self.clock = clock
        shared = SharedDataKeys(
            service: service,
            persist: { key, wrapped, context in
                let row = DataKeyRow(
                    id: DataKeyID(), kmsKey: key.name, wrapped: wrapped, context: context.canonicalJSON,
                    created: clock(), isShared: true)
                try await store.insertDataKey(row)
                return row.id.rawValue
            },
            retire: { id in
                // Not awaited and allowed to fail: a key that stays is unreferenced at the next start, and goes then.
                Task { try? await store.retireDataKey(DataKeyID(rawValue: id)) }
            })
    }

    /// A data key for one new object.
    struct ForWriting {
        let key: SecretKey
        /// Goes into the object's own transaction: a key of its own is new there, and a shared one that was retired in
        /// the meantime, with nothing left that used it, comes back.
        let row: DataKeyRow
    }

    /// SSE-S3, and SSE-KMS with a bucket key: the one key the bucket's new objects share for a time.
    func sharedKey(for bucket: Bucket, scheme: EncryptionScheme, under key: KeyID) async throws -> ForWriting {
        let (id, secret) =
            if let cached = shared.cached(bucketID: bucket.id.rawValue, scheme: scheme, key: key) {
                cached
            } else {
                try await shared.current(
                    bucketID: bucket.id.rawValue, scheme: scheme, key: key,
                    context: KMSContext([bucket.name: bucket.name]))
            }
        return ForWriting(key: secret, row: try row(DataKeyID(rawValue: id)))
    }

    /// SSE-KMS without a bucket key: a key of the object's own, whose row is committed with the object.
    func ownKey(under key: KeyID, context: KMSContext) async throws(KeyServiceError) -> ForWriting {
        let generated = try await service.generateDataKey(under: key, context: context)
        let row = DataKeyRow(
            id: DataKeyID(), kmsKey: key.name, wrapped: generated.wrapped, context: context.canonicalJSON,
            created: clock(), isShared: false)
        cache.insert(generated.plaintext, for: generated.wrapped, under: key, context: context)
        return ForWriting(key: generated.plaintext, row: row)
    }

    /// The plain data key of a row: from the cache, else from the key service.
    package func key(of row: DataKeyRow) async throws -> SecretKey {
        try await cache.decrypt(row.wrapped, under: KeyID(row.kmsKey), context: Self.context(of: row))
    }

    /// The catalogue key as the drive keeps it; `nil` on a drive that has none yet.
    package func catalogueKey() throws -> CatalogueKey? { try CatalogueKey.stored(in: store) }

    /// The plain data key of a row, if it is in memory: new objects share it, or it was used lately.
    func cachedKey(_ id: DataKeyID) throws -> SecretKey? {
        if let key = shared.key(rowID: id.rawValue) { return key }
        return cache.cached(try known(id).handle)
    }

    /// Puts `row`'s data key under `target`; false when the row was gone, or another one's work, meanwhile.
    func move(_ row: DataKeyRow, to target: KeyID) async throws -> Bool {
        let plain = try await key(of: row)
        let context = try Self.context(of: row)
        let wrapped = try await service.wrapDataKey(plain, under: target, context: context)
        let moved = DataKeyRow(
            id: row.id, kmsKey: target.name, wrapped: wrapped, context: row.context, created: row.created,
            isShared: row.isShared)
        defer { rows.withLock { $0.forget(row.id) } }
        return try await store.replaceDataKey(moved, replacing: row.wrapped)
    }

    static func context(of row: DataKeyRow) throws(Corruption) -> KMSContext {
        guard let context = KMSContext(canonicalJSON: row.context) else {
            throw Corruption(what: "context of data key \(row.id.rawValue)")
        }
        return context
    }

    func row(_ id: DataKeyID) throws -> DataKeyRow { try known(id).row }

    private func known(_ id: DataKeyID) throws -> KnownRows.Entry {
        let (entry, generation) = rows.withLock { ($0.use(id), $0.generation) }
        if let entry { return entry }
        guard let row = try store.dataKey(id) else { throw Corruption(what: "row of data key \(id.rawValue)") }
        let read = KnownRows.Entry(row: row, handle: DataKeyCache.handle(of: row))
        rows.withLock { $0.keep(read, readIn: generation) }
        return read
    }

    /// Drops what has expired every few seconds, until cancelled: an idle server keeps no key in memory.
    package func run() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(10))
            cache.removeExpired()
            shared.removeExpired()
        }
    }

    func forget(_ bucket: BucketID) { shared.forget(bucketID: bucket.rawValue) }
}

/// The rows of data keys that were asked for lately, each with its data key's name in the cache.
///
/// Rows change only when a data key moves to another key of the key service.
private struct KnownRows {
    struct Entry {
        let row: DataKeyRow
        let handle: DataKeyCache.Handle
    }

    private var entries = SecondChanceCache<DataKeyID, Entry>(capacity: 4096)
    /// Grows whenever a row has changed: what was read before may be out of date.
    private(set) var generation = 0

    mutating func use(_ id: DataKeyID) -> Entry? { entries.use(id) }

    mutating func keep(_ entry: Entry, readIn generation: Int) {
        guard generation == self.generation else { return }
        _ = entries.insert(entry, for: entry.row.id)
    }

    mutating func forget(_ id: DataKeyID) {
        generation += 1
        entries.remove(id)
    }
}

extension DataKeyCache {
    fileprivate static func handle(of row: DataKeyRow) -> Handle {
        handle(of: row.wrapped, keyName: row.kmsKey, canonicalContext: row.context)
    }
}
