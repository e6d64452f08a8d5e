package import Cryptography
import Locking

/// Plain data keys in memory, in front of a key service.
///
/// An entry is found by SHA-256 over key name, wrapped bytes and context, each with its length: all that the service
/// would check. It lives for `any` from its insertion, and for `unused` from its last use, whichever ends first. At
/// `capacity` entries, one that was not used lately makes room. A key is wiped when the last of its users has let go.
/// Failures are not kept.
///
/// When several tasks miss the same key at once, one asks the service and the others get its answer.
///
/// Expired entries are never served; ``removeExpired()`` or ``run()`` also takes them out of memory when nobody asks.
package final class DataKeyCache: Sendable {
    package typealias Clock = @Sendable () -> ContinuousClock.Instant

    package let service: any KeyService
    private let capacity: Int
    private let any: Duration
    private let unused: Duration
    private let now: Clock
    private let state = ShortLock(State())

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
    }

    /// The data key that `wrapped` holds, from the cache or from the service.
    package func decrypt(
        _ wrapped: [UInt8], under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> SecretKey {
        guard capacity > 0 else { return try await service.decryptDataKey(wrapped, under: key, context: context) }
        let id = EntryID(wrapped, key, context)
        if let hit = hit(id) { return hit }
        while true {
            switch await enter(id) {
            case .hit(let found): return found
            case .failed(let error): throw error
            case .abandoned: continue
            case .lead:
                do {
                    let found = try await service.decryptDataKey(wrapped, under: key, context: context)
                    leave(id, with: .hit(found))
                    return found
                } catch {
                    // The leader's own cancellation must not fail those who wait: one of them asks again.
                    leave(id, with: Task.isCancelled ? .abandoned : .failed(error))
                    throw error
                }
            }
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
        let id = EntryID(wrapped, key, context)
        let now = now()
        state.withLock { $0.insert(dataKey, id, now: now, capacity: capacity) }
    }

    /// Forgets everything.
    package func removeAll() {
        state.withLock { $0.removeAll() }
    }

    /// Forgets what has expired.
    package func removeExpired() {
        let now = now()
        state.withLock { $0.removeAll { isExpired($0, now) } }
    }

    /// How many entries there are, expired ones included.
    package var count: Int { state.withLock { $0.count } }

    private func isExpired(_ entry: Entry, _ now: ContinuousClock.Instant) -> Bool {
        now - entry.inserted >= any || now - entry.used >= unused
    }

    private func hit(_ id: EntryID) -> SecretKey? {
        let now = now()
        return state.withLock { $0.use(id, now: now) { isExpired($0, now) } }
    }

    /// Registers for `id`: with a hit, as the one who asks the service, or waiting for that one's answer.
    private func enter(_ id: EntryID) async -> Turn {
        await withCheckedContinuation { continuation in
            let now = now()
            let turn: Turn? = state.withLock { state in
                if let hit = state.use(id, now: now, isExpired: { isExpired($0, now) }) { return .hit(hit) }
                return state.join(id, continuation) ? nil : .lead
            }
            if let turn { continuation.resume(returning: turn) }
        }
    }

    private func leave(_ id: EntryID, with outcome: Turn) {
        let now = now()
        let waiting = state.withLock { state in
            if case .hit(let key) = outcome { state.insert(key, id, now: now, capacity: capacity) }
            return state.endFlight(id)
        }
        for continuation in waiting { continuation.resume(returning: outcome) }
    }
}

private enum Turn: Sendable {
    case hit(SecretKey)
    case failed(KeyServiceError)
    case abandoned
    case lead
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
    let id: EntryID
    var key: SecretKey
    var inserted: ContinuousClock.Instant
    var used: ContinuousClock.Instant
    /// Set by every use, cleared by the hand that passes: the second chance of the clock algorithm.
    var wasUsed: Bool
}

private struct State {
    private var entries: [Entry] = []
    private var index: [EntryID: Int] = [:]
    private var hand = 0
    private var flights: [EntryID: [CheckedContinuation<Turn, Never>]] = [:]

    var count: Int { entries.count }

    mutating func use(
        _ id: EntryID, now: ContinuousClock.Instant, isExpired: (Entry) -> Bool
    ) -> SecretKey? {
        guard let position = index[id] else { return nil }
        guard !isExpired(entries[position]) else {
            remove(at: position)
            return nil
        }
        entries[position].used = now
        entries[position].wasUsed = true
        return entries[position].key
    }

    mutating func insert(_ key: SecretKey, _ id: EntryID, now: ContinuousClock.Instant, capacity: Int) {
        let entry = Entry(id: id, key: key, inserted: now, used: now, wasUsed: false)
        if let position = index[id] {
            entries[position] = entry
        } else if entries.count < capacity {
            index[id] = entries.count
            entries.append(entry)
        } else {
            let position = victim()
            index[entries[position].id] = nil
            index[id] = position
            entries[position] = entry
        }
    }

    mutating func removeAll() {
        entries.removeAll()
        index.removeAll()
        hand = 0
    }

    mutating func removeAll(where isExpired: (Entry) -> Bool) {
        for position in entries.indices.reversed() where isExpired(entries[position]) { remove(at: position) }
    }

    /// Whether someone is asking the service already; then `continuation` waits for the answer.
    mutating func join(_ id: EntryID, _ continuation: CheckedContinuation<Turn, Never>) -> Bool {
        guard flights[id] != nil else {
            flights[id] = []
            return false
        }
        flights[id]?.append(continuation)
        return true
    }

    mutating func endFlight(_ id: EntryID) -> [CheckedContinuation<Turn, Never>] {
        flights.removeValue(forKey: id) ?? []
    }

    private mutating func victim() -> Int {
        while true {
            hand = hand + 1 < entries.count ? hand + 1 : 0
            guard entries[hand].wasUsed else { return hand }
            entries[hand].wasUsed = false
        }
    }

    private mutating func remove(at position: Int) {
        index[entries[position].id] = nil
        let last = entries.removeLast()
        guard position < entries.count else { return }
        entries[position] = last
        index[last.id] = position
    }
}
