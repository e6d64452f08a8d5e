package import Cryptography
import Encryption
package import KeyManagement
package import ObjectStorage
import Threading

/// Data keys for writes and reads: the bucket's shared one, one of an object's own, or one that exists already.
package final class DataKeys: Sendable {
    package let service: any KeyService
    let store: ObjectStore
    private let cache: DataKeyCache
    private let shared: SharedDataKeys
    private let clock: @Sendable () -> Int64
    private let handles = ShortLock(KnownHandles())

    package init(
        service: any KeyService, store: ObjectStore, cache: DataKeyCache, clock: @escaping @Sendable () -> Int64
    ) {
        self.service = service
        self.store = store
        self.cache = cache
        self.clock = clock
        let retirement = KeyRetirement(store)
        shared = SharedDataKeys(
            service: service,
            persist: { key, wrapped, context in
                let row = DataKeyRow(
                    id: try store.nextDataKeyID(), kmsKey: key.name, wrapped: wrapped, context: context.canonicalJSON,
                    created: clock(), isShared: true)
                try await store.insertDataKey(row)
                return row.id.rawValue
            },
            retire: { id in retirement.add(DataKeyID(rawValue: id)) })
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
    func ownKey(under key: KeyID, context: KMSContext) async throws -> ForWriting {
        let generated = try await service.generateDataKey(under: key, context: context)
        let row = DataKeyRow(
            id: try store.nextDataKeyID(), kmsKey: key.name, wrapped: generated.wrapped, context: context.canonicalJSON,
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
    func cachedKey(_ row: DataKeyRow) -> SecretKey? {
        if let key = shared.key(rowID: row.id.rawValue) { return key }
        return cache.cached(handle(of: row))
    }

    /// Puts `row`'s data key under `target`; false when the row was gone, or another one's work, meanwhile.
    func move(_ row: DataKeyRow, to target: KeyID) async throws -> Bool {
        let plain = try await key(of: row)
        let context = try Self.context(of: row)
        let wrapped = try await service.wrapDataKey(plain, under: target, context: context)
        let moved = DataKeyRow(
            id: row.id, kmsKey: target.name, wrapped: wrapped, context: row.context, created: row.created,
            isShared: row.isShared)
        return try await store.replaceDataKey(moved, replacing: row.wrapped)
    }

    static func context(of row: DataKeyRow) throws(Corruption) -> KMSContext {
        guard let context = KMSContext(canonicalJSON: row.context) else {
            throw Corruption(what: "context of data key \(row.id.rawValue)")
        }
        return context
    }

    private func row(_ id: DataKeyID) throws -> DataKeyRow {
        guard let row = try store.dataKeyAtHand(id) else { throw Corruption(what: "row of data key \(id.rawValue)") }
        return row
    }

    private func handle(of row: DataKeyRow) -> DataKeyCache.Handle {
        if let known = handles.withLock({ $0.use(row) }) { return known }
        let handle = DataKeyCache.handle(of: row.wrapped, keyName: row.kmsKey, canonicalContext: row.context)
        handles.withLock { $0.keep(handle, of: row) }
        return handle
    }

    /// How often a data key was in memory, and how often not; those that buckets share are not looked for there.
    package var cacheHits: Int { cache.hits }
    package var cacheMisses: Int { cache.misses }
    /// Data keys in memory.
    package var cacheCount: Int { cache.count }

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

/// The names in the cache of the data keys that were asked for lately.
///
/// A key that was wrapped anew has another one.
private struct KnownHandles {
    private struct Entry {
        let wrapped: [UInt8]
        let handle: DataKeyCache.Handle
    }

    private var entries = SecondChanceCache<DataKeyID, Entry>(capacity: 4096)

    /// The name of the row's key, if the row was asked for as it is now.
    mutating func use(_ row: DataKeyRow) -> DataKeyCache.Handle? {
        guard let entry = entries.use(row.id), entry.wrapped == row.wrapped else { return nil }
        return entry.handle
    }

    mutating func keep(_ handle: DataKeyCache.Handle, of row: DataKeyRow) {
        _ = entries.insert(Entry(wrapped: row.wrapped, handle: handle), for: row.id)
    }
}
