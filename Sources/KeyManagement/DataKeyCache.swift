package import Cryptography
import Synchronization
import Threading

/// Plain data keys in memory, in front of a key service.
///
/// An entry is found by SHA-256 over key name, wrapped bytes and context, each with its length: all that the service
/// would check. It lives for `any` from its insertion, and for `unused` from its last use, whichever ends first. At
/// `capacity` entries, one that was not used lately makes room. A key is wiped when the last of its users has let go.
/// Failures are not kept.
///
/// When several tasks miss the same key at once, the service is asked once, by nobody's task: who is cancelled goes at
/// once, and the others get the answer. So everybody waits for one call of the service at the most, which has a deadline.
///
/// Expired entries are never served; ``removeExpired()`` takes them out of memory when nobody asks.
package final class DataKeyCache: Sendable {
    package typealias Clock = @Sendable () -> ContinuousClock.Instant

    package let service: any KeyService
    private let capacity: Int
    private let any: Duration
    private let unused: Duration
    private let now: Clock
    private let entries: ShortLock<SecondChanceCache<EntryID, Entry>>
    private let flights = SingleFlight<EntryID, SecretKey, KeyServiceError>()
    private let hitCount = Atomic(0)
    private let missCount = Atomic(0)

    /// - Parameters:
    ///   - service: Who is asked on a miss.
    ///   - capacity: The most entries kept; 0 switches the cache off, so that every call reaches the service.
    ///   - any: The longest life of an entry.
    ///   - unused: The longest life of an entry that nobody uses.
    ///   - now: The clock; another one in tests.
    package init(
        service: any KeyService, capacity: Int = 10_000, any: Duration = .seconds(300),
        unused: Duration = .seconds(30), now: @escaping Clock = { ContinuousClock.now }
    ) {
        precondition(capacity >= 0, "a capacity is not negative")
        self.service = service
        self.capacity = capacity
        self.any = any
        self.unused = unused
        self.now = now
        entries = ShortLock(SecondChanceCache(capacity: capacity))
    }

    /// The data key that `wrapped` holds, from the cache or from the service.
    package func decrypt(
        _ wrapped: [UInt8], under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> SecretKey {
        guard capacity > 0 else { return try await service.decryptDataKey(wrapped, under: key, context: context) }
        let id = EntryID(wrapped, key, context)
        if let hit = hit(id) { return hit }
        return try await flights.outcome(id, cancelled: .unavailable("the request was cancelled")) {
            [self] () async throws(KeyServiceError) in
            if let hit = hit(id) { return hit }
            let found = try await service.decryptDataKey(wrapped, under: key, context: context)
            keep(found, id)
            return found
        }
    }

    /// The data key if it is here: never waits, never asks the service.
    ///
    /// Counts as a use.
    package func cached(_ wrapped: [UInt8], under key: KeyID, context: KMSContext) -> SecretKey? {
        cached(Self.handle(of: wrapped, keyName: key.name, canonicalContext: context.canonicalJSON))
    }

    /// Names an entry that may or may not be there, so that who asks again and again computes the name once.
    package struct Handle: Sendable {
        fileprivate let id: EntryID
    }

    package static func handle(of wrapped: [UInt8], keyName: String, canonicalContext: [UInt8]) -> Handle {
        Handle(id: EntryID(wrapped, keyName, canonicalContext))
    }

    /// As ``cached(_:under:context:)``.
    package func cached(_ handle: Handle) -> SecretKey? {
        capacity == 0 ? nil : hit(handle.id)
    }

    /// Keeps a data key that is known already, having just been generated.
    package func insert(_ dataKey: SecretKey, for wrapped: [UInt8], under key: KeyID, context: KMSContext) {
        guard capacity > 0 else { return }
        keep(dataKey, EntryID(wrapped, key, context))
    }

    /// Forgets everything.
    package func removeAll() {
        entries.withLock { $0.removeAll() }
    }

    /// Forgets what has expired, a few hundred entries at a time: requests do not wait for it.
    package func removeExpired() {
        let now = now()
        var position = Int.max
        repeat {
            position = entries.withLock { entries in
                entries.removeSome(below: position, limit: 256) { _, entry in isExpired(entry, now) }
            }
        } while position > 0
    }

    /// How often a key was found here.
    package var hits: Int { hitCount.load(ordering: .relaxed) }
    /// How often one was looked for in vain.
    package var misses: Int { missCount.load(ordering: .relaxed) }

    /// How many entries there are, expired ones included.
    package var count: Int { entries.withLock { $0.count } }

    private func isExpired(_ entry: Entry, _ now: ContinuousClock.Instant) -> Bool {
        now - entry.inserted >= any || now - entry.used >= unused
    }

    private func hit(_ id: EntryID) -> SecretKey? {
        let now = now()
        let hit = entries.withLock { entries -> SecretKey? in
            let found = entries.use(id) { entry -> SecretKey? in
                guard !isExpired(entry, now) else { return nil }
                entry.used = now
                return entry.key
            }
            guard let found else { return nil }
            if found == nil { entries.remove(id) }
            return found
        }
        if hit == nil {
            missCount.wrappingAdd(1, ordering: .relaxed)
        } else {
            hitCount.wrappingAdd(1, ordering: .relaxed)
        }
        return hit
    }

    private func keep(_ key: SecretKey, _ id: EntryID) {
        let now = now()
        // Evicted keys are wiped after the lock is free again.
        _ = entries.withLock { $0.insert(Entry(key: key, inserted: now, used: now), for: id) }
    }
}

private struct EntryID: Hashable {
    private let words: (UInt64, UInt64, UInt64, UInt64)

    init(_ wrapped: [UInt8], _ key: KeyID, _ context: KMSContext) {
        self.init(wrapped, key.name, context.canonicalJSON)
    }

    init(_ wrapped: [UInt8], _ keyName: String, _ context: [UInt8]) {
        var message: [UInt8] = []
        message.reserveCapacity(3 * 8 + keyName.utf8.count + wrapped.count + context.count)
        Self.append(keyName.utf8, to: &message)
        Self.append(wrapped, to: &message)
        Self.append(context, to: &message)
        words = Digest.hash(.sha256, message).withUnsafeBytes {
            $0.loadUnaligned(as: (UInt64, UInt64, UInt64, UInt64).self)
        }
    }

    private static func append(_ field: some Collection<UInt8>, to message: inout [UInt8]) {
        withUnsafeBytes(of: UInt64(field.count).littleEndian) { message.append(contentsOf: $0) }
        message.append(contentsOf: field)
    }

    static func == (a: Self, b: Self) -> Bool { a.words == b.words }

    // One word of a SHA-256 is as good a hash as any.
    func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

private struct Entry {
    let key: SecretKey
    let inserted: ContinuousClock.Instant
    var used: ContinuousClock.Instant
}
