package import Cryptography
package import KeyManagement
import Threading

/// The data key that the objects of one bucket, scheme and KMS key share for a bounded time and number of objects.
///
/// For SSE-S3, and for SSE-KMS with bucket key and without a context of the client's. One request at a time asks the key
/// service for a new key; the others wait for it. A key that is replaced is reported to `retire`, once, and no longer
/// handed out; uses of it may still be under way, so a version that is written must bring its data-key row along
/// (or hold on to it) rather than rely on the row's still being there.
///
/// Memory is bounded in bytes: the key of a bucket that was not written to lately makes room.
///
/// All state is in one place behind a lock that is held for nanoseconds; nothing is awaited under it.
package final class SharedDataKeys: Sendable {
    /// Stores a wrapped data key and returns its row's id; the row is durable when it returns.
    package typealias Persist =
        @Sendable (_ key: KeyID, _ wrapped: [UInt8], _ context: KMSContext) async throws -> Int64

    private let service: any KeyService
    private let lifetime: Duration
    private let maximumUses: Int
    private let now: @Sendable () -> ContinuousClock.Instant
    private let persist: Persist
    private let retire: @Sendable (Int64) -> Void
    private let state: ShortLock<State>
    private let flights = SingleFlight<Slot, Void, any Error>()

    /// - Parameters:
    ///   - lifetime: how long a key takes new objects.
    ///   - maximumUses: how many objects a key takes.
    ///   - maximumBytes: how much memory the keys may take with all that belongs to them; 32 MiB are some 60 000 buckets.
    ///   - retire: is told the row id of each key that takes no more objects; called on the caller's task, must not block.
    package init(
        service: any KeyService,
        lifetime: Duration = .seconds(300),
        maximumUses: Int = 100_000,
        maximumBytes: Int = 32 << 20,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now },
        persist: @escaping Persist,
        retire: @escaping @Sendable (Int64) -> Void
    ) {
        precondition(lifetime > .zero && maximumUses > 0 && maximumBytes >= 1024, "there is room for one key")
        self.service = service
        self.lifetime = lifetime
        self.maximumUses = maximumUses
        self.now = now
        self.persist = persist
        self.retire = retire
        state = ShortLock(State(maximumBytes: maximumBytes))
    }

    /// The key for the next object, generated and persisted if there is none; counts the use.
    ///
    /// Fails with what the key service or `persist` fails with, for all that waited for the same key, and with
    /// `CancellationError` for a task that is cancelled while it waits.
    package func current(
        bucketID: Int64, scheme: EncryptionScheme, key: KeyID, context: KMSContext
    ) async throws -> (rowID: Int64, key: SecretKey) {
        let slot = Slot(bucketID: bucketID, scheme: scheme, key: key)
        while true {
            if let found = use(slot) { return found }
            try await make(slot, context)
        }
    }

    /// The key for the next object if there is one that may still be used; never waits; counts the use.
    package func cached(bucketID: Int64, scheme: EncryptionScheme, key: KeyID) -> (rowID: Int64, key: SecretKey)? {
        use(Slot(bucketID: bucketID, scheme: scheme, key: key))
    }

    /// The key of a row, while it takes new objects; does not count as a use.
    package func key(rowID: Int64) -> SecretKey? {
        let instant = now()
        return state.withLock { state in
            guard let entry = state.entry(rowID: rowID), instant < entry.expires else { return nil }
            return entry.key
        }
    }

    /// Retires the keys of a bucket: it was deleted, or its keys are to be replaced.
    ///
    /// A key that is being generated for it just now is retired as soon as it is there.
    package func forget(bucketID: Int64) {
        let retired = state.withLock { $0.forget(bucketID: bucketID) }
        retired.forEach(retire)
    }

    /// Retires every key whose time is up, so that none stays in memory only because nobody asks for it.
    ///
    /// A few hundred at a time: requests do not wait for it.
    package func removeExpired() {
        let instant = now()
        removeAll { $0.expires <= instant }
    }

    /// Retires all keys: the server stops, or the key service was replaced.
    package func removeAll() {
        state.withLock { $0.disownFlights() }
        removeAll { _ in true }
    }

    private func removeAll(where isRemoved: (Entry) -> Bool) {
        var position = Int.max
        repeat {
            let retired: [Int64]
            (retired, position) = state.withLock { $0.removeSome(below: position, limit: 256, where: isRemoved) }
            retired.forEach(retire)
        } while position > 0
    }

    private func use(_ slot: Slot) -> (rowID: Int64, key: SecretKey)? {
        let instant = now()
        switch state.withLock({ $0.use(slot, at: instant) }) {
        case .found(let rowID, let key): return (rowID, key)
        case .none: return nil
        case .ended(let rowID):
            retire(rowID)
            return nil
        }
    }

    private func make(_ slot: Slot, _ context: KMSContext) async throws {
        try await flights.outcome(slot, cancelled: CancellationError()) { [self] () async throws(any Error) in
            // Between a look into memory and the start of this, another one may have made it.
            let begun = now()
            guard let flight = state.withLock({ $0.beginFlight(slot, at: begun) }) else { return }
            do {
                let generated = try await service.generateDataKey(under: slot.key, context: context)
                let rowID = try await persist(slot.key, generated.wrapped, context)
                let entry = Entry(
                    slot: slot, rowID: rowID, key: generated.plaintext, expires: now().advanced(by: lifetime),
                    usesLeft: maximumUses)
                state.withLock { $0.land(flight, entry) }.forEach(retire)
            } catch {
                state.withLock { _ = $0.endFlight(flight, slot) }
                throw error
            }
        }
    }
}

private struct Slot: Hashable {
    let bucketID: Int64
    let scheme: EncryptionScheme
    let key: KeyID
}

/// A class, because it is found in two ways; its count belongs to the lock of the state.
private final class Entry {
    let slot: Slot
    let rowID: Int64
    let key: SecretKey
    let expires: ContinuousClock.Instant
    var usesLeft: Int

    init(slot: Slot, rowID: Int64, key: SecretKey, expires: ContinuousClock.Instant, usesLeft: Int) {
        self.slot = slot
        self.rowID = rowID
        self.key = key
        self.expires = expires
        self.usesLeft = usesLeft
    }

    /// Bytes of the entry, of its places in the three dictionaries, and of the key; an estimate.
    var cost: Int { 512 + slot.key.name.utf8.count }
}

private enum Use {
    case found(rowID: Int64, SecretKey)
    case none
    /// The key of that row takes no more objects, and is gone.
    case ended(rowID: Int64)
}

private struct State {
    private var entries: SecondChanceCache<Slot, Entry>
    private var entryOfRow: [Int64: Entry] = [:]
    private var slotsOfBucket: [Int64: [Slot]] = [:]
    /// The keys that are being made.
    ///
    /// One that was forgotten meanwhile is not in here any more, or with another number.
    private var flights: [Slot: Int] = [:]
    private var lastFlight = 0

    init(maximumBytes: Int) { entries = SecondChanceCache(capacity: maximumBytes) }

    mutating func use(_ slot: Slot, at instant: ContinuousClock.Instant) -> Use {
        let use = entries.use(slot) { entry -> Use in
            guard entry.usesLeft > 0, instant < entry.expires else { return .ended(rowID: entry.rowID) }
            entry.usesLeft -= 1
            return .found(rowID: entry.rowID, entry.key)
        }
        if case .ended = use { remove(slot) }
        return use ?? .none
    }

    /// Not a use: what is only read makes room for what is written to.
    func entry(rowID: Int64) -> Entry? { entryOfRow[rowID] }

    /// Removes entries among at most `limit`; their row ids, and where to go on.
    mutating func removeSome(
        below position: Int, limit: Int, where isRemoved: (Entry) -> Bool
    ) -> (retired: [Int64], next: Int) {
        var removed: [Entry] = []
        let next = entries.removeSome(below: position, limit: limit) { _, entry in
            guard isRemoved(entry) else { return false }
            removed.append(entry)
            return true
        }
        return (drop(removed), next)
    }

    /// The row ids of the bucket's keys, which are gone.
    mutating func forget(bucketID: Int64) -> [Int64] {
        for slot in flights.keys where slot.bucketID == bucketID { flights[slot] = nil }
        return drop((slotsOfBucket[bucketID] ?? []).compactMap { entries.remove($0) })
    }

    // MARK: Flights

    /// The number of a flight that begins; nil when there is a key that may be used.
    mutating func beginFlight(_ slot: Slot, at instant: ContinuousClock.Instant) -> Int? {
        if let entry = entries.peek(slot), entry.usesLeft > 0, instant < entry.expires { return nil }
        lastFlight += 1
        flights[slot] = lastFlight
        return lastFlight
    }

    /// False if the flight was forgotten meanwhile.
    mutating func endFlight(_ flight: Int, _ slot: Slot) -> Bool {
        guard flights[slot] == flight else { return false }
        flights[slot] = nil
        return true
    }

    /// Nobody uses what is being made.
    mutating func disownFlights() { flights.removeAll() }

    /// Keeps what a flight brought; the row ids of the keys that made room, or its own if it was forgotten meanwhile.
    mutating func land(_ flight: Int, _ entry: Entry) -> [Int64] {
        guard endFlight(flight, entry.slot) else { return [entry.rowID] }
        var retired: [Int64] = []
        if let former = remove(entry.slot) { retired.append(former.rowID) }
        entryOfRow[entry.rowID] = entry
        slotsOfBucket[entry.slot.bucketID, default: []].append(entry.slot)
        return retired + drop(entries.insert(entry, for: entry.slot, cost: entry.cost))
    }

    // MARK: Entries

    @discardableResult
    private mutating func remove(_ slot: Slot) -> Entry? {
        guard let entry = entries.remove(slot) else { return nil }
        _ = drop([entry])
        return entry
    }

    /// Takes entries out of the other dictionaries that are out of the cache already; their row ids.
    private mutating func drop(_ removed: [Entry]) -> [Int64] {
        for entry in removed {
            entryOfRow[entry.rowID] = nil
            let slots = slotsOfBucket[entry.slot.bucketID]?.filter { $0 != entry.slot } ?? []
            slotsOfBucket[entry.slot.bucketID] = slots.isEmpty ? nil : slots
        }
        return removed.map(\.rowID)
    }
}
