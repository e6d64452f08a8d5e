package import Cryptography
package import KeyManagement
import Locking

/// The data key that the objects of one bucket, scheme and KMS key share for a bounded time and number of objects.
///
/// For SSE-S3, and for SSE-KMS with bucket key and without a context of the client's. One request at a time asks the key
/// service for a new key; the others wait for it. A key that is replaced is reported to `retire`, once, and no longer
/// handed out; uses of it may still be under way, so a version that is written must bring its data-key row along
/// (or hold on to it) rather than rely on the row's still being there.
///
/// All state is in one place behind a lock that is held for nanoseconds; nothing is awaited under it.
package final class SharedDataKeys: Sendable {
    /// Stores a wrapped data key and returns its row's id; the row is durable when it returns.
    package typealias Persist =
        @Sendable (_ key: KeyID, _ wrapped: [UInt8], _ context: KMSContext) async throws -> Int64

    private let service: any KeyService
    private let lifetime: Duration
    private let maximumUses: Int
    private let maximumKeys: Int
    private let now: @Sendable () -> ContinuousClock.Instant
    private let persist: Persist
    private let retire: @Sendable (Int64) -> Void
    private let state = ShortLock(State())

    /// - Parameters:
    ///   - lifetime: how long a key takes new objects.
    ///   - maximumUses: how many objects a key takes.
    ///   - maximumKeys: how many keys are kept in memory; the one that expires first makes room.
    ///   - retire: is told the row id of each key that takes no more objects; called on the caller's task, must not block.
    package init(
        service: any KeyService,
        lifetime: Duration = .seconds(300),
        maximumUses: Int = 100_000,
        maximumKeys: Int = 10_000,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now },
        persist: @escaping Persist,
        retire: @escaping @Sendable (Int64) -> Void
    ) {
        precondition(lifetime > .zero && maximumUses > 0 && maximumKeys > 0)
        self.service = service
        self.lifetime = lifetime
        self.maximumUses = maximumUses
        self.maximumKeys = maximumKeys
        self.now = now
        self.persist = persist
        self.retire = retire
    }

    /// The key for the next object, generated and persisted if there is none; counts the use.
    ///
    /// Fails with what the key service or `persist` fails with, for all that waited for the same key. When the one who
    /// asked was cancelled, another one asks again.
    package func current(
        bucketID: Int64, scheme: EncryptionScheme, key: KeyID, context: KMSContext
    ) async throws -> (rowID: Int64, key: SecretKey) {
        let slot = Slot(bucketID: bucketID, scheme: scheme, key: key)
        while true {
            if let found = use(slot) { return found }
            let (flight, isLeader) = board(slot)
            if isLeader {
                try await fly(flight, slot: slot, context: context)
            } else {
                try await flight.landing()
            }
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
        let retired = state.withLock { state in
            state.flights = state.flights.filter { $0.key.bucketID != bucketID }
            return state.remove { slot, _ in slot.bucketID == bucketID }
        }
        retired.forEach(retire)
    }

    /// Retires every key whose time is up, so that none stays in memory only because nobody asks for it.
    package func removeExpired() {
        let instant = now()
        let retired = state.withLock { $0.remove { _, entry in entry.expires <= instant } }
        retired.forEach(retire)
    }

    /// Retires all keys: the server stops, or the key service was replaced.
    package func removeAll() {
        let retired = state.withLock { state in
            state.flights.removeAll()
            return state.remove { _, _ in true }
        }
        retired.forEach(retire)
    }

    private func use(_ slot: Slot) -> (rowID: Int64, key: SecretKey)? {
        let instant = now()
        let (found, retired): ((rowID: Int64, key: SecretKey)?, Int64?) = state.withLock { state in
            guard let index = state.entries.index(forKey: slot) else { return (nil, nil) }
            let entry = state.entries.values[index]
            guard entry.usesLeft > 0, instant < entry.expires else {
                state.remove(slot)
                return (nil, entry.rowID)
            }
            state.entries.values[index].usesLeft -= 1
            return ((entry.rowID, entry.key), nil)
        }
        if let retired { retire(retired) }
        return found
    }

    /// Joins the flight for `slot`, or starts one and leads it.
    private func board(_ slot: Slot) -> (flight: Flight, isLeader: Bool) {
        state.withLock { state in
            if let flight = state.flights[slot] { return (flight, false) }
            let flight = Flight()
            state.flights[slot] = flight
            return (flight, true)
        }
    }

    private func fly(_ flight: Flight, slot: Slot, context: KMSContext) async throws {
        do {
            let generated = try await service.generateDataKey(under: slot.key, context: context)
            let rowID = try await persist(slot.key, generated.wrapped, context)
            land(flight, slot: slot, rowID: rowID, key: generated.plaintext)
        } catch {
            state.withLock { _ = $0.removeFlight(flight, of: slot) }
            flight.land(Task.isCancelled ? .lookAgain : .failed(error))
            throw error
        }
    }

    private func land(_ flight: Flight, slot: Slot, rowID: Int64, key: SecretKey) {
        let instant = now()
        let retired = state.withLock { state in
            guard state.removeFlight(flight, of: slot) else { return [rowID] }
            let retired = state.makeRoom(maximum: maximumKeys, at: instant)
            state.insert(
                Entry(rowID: rowID, key: key, expires: instant.advanced(by: lifetime), usesLeft: maximumUses), slot)
            return retired
        }
        flight.land(.lookAgain)
        retired.forEach(retire)
    }
}

extension SharedDataKeys {
    private struct Slot: Hashable {
        var bucketID: Int64
        var scheme: EncryptionScheme
        var key: KeyID
    }

    private struct Entry {
        var rowID: Int64
        var key: SecretKey
        var expires: ContinuousClock.Instant
        var usesLeft: Int
    }

    private struct State {
        var entries: [Slot: Entry] = [:]
        private var slots: [Int64: Slot] = [:]
        var flights: [Slot: Flight] = [:]

        func entry(rowID: Int64) -> Entry? { slots[rowID].flatMap { entries[$0] } }

        mutating func insert(_ entry: Entry, _ slot: Slot) {
            remove(slot)
            entries[slot] = entry
            slots[entry.rowID] = slot
        }

        mutating func remove(_ slot: Slot) {
            if let entry = entries.removeValue(forKey: slot) { slots[entry.rowID] = nil }
        }

        /// Removes entries; returns their row ids.
        mutating func remove(where isRemoved: (Slot, Entry) -> Bool) -> [Int64] {
            let removed = entries.filter { isRemoved($0.key, $0.value) }
            for slot in removed.keys { remove(slot) }
            return removed.values.map(\.rowID)
        }

        /// Removes what has expired, and if that is not enough the entry that expires first; returns their row ids.
        mutating func makeRoom(maximum: Int, at instant: ContinuousClock.Instant) -> [Int64] {
            guard entries.count >= maximum else { return [] }
            let expired = remove { _, entry in entry.expires <= instant }
            guard expired.isEmpty, let first = entries.min(by: { $0.value.expires < $1.value.expires }) else {
                return expired
            }
            remove(first.key)
            return [first.value.rowID]
        }

        /// False if the flight was forgotten meanwhile; another may have taken its place.
        mutating func removeFlight(_ flight: Flight, of slot: Slot) -> Bool {
            guard flights[slot] === flight else { return false }
            flights[slot] = nil
            return true
        }
    }

    /// One request to the key service, and those who wait for its outcome.
    private final class Flight: Sendable {
        enum Outcome: Sendable {
            /// There may be a key now, or it is another one's turn to ask: look again.
            case lookAgain
            case failed(any Error)
        }

        private struct State {
            var outcome: Outcome?
            var waiting: [CheckedContinuation<Outcome, Never>] = []
        }

        private let state = ShortLock(State())

        func landing() async throws {
            let outcome = await withCheckedContinuation { continuation in
                let outcome = state.withLock { state in
                    if state.outcome == nil { state.waiting.append(continuation) }
                    return state.outcome
                }
                if let outcome { continuation.resume(returning: outcome) }
            }
            if case .failed(let error) = outcome { throw error }
        }

        func land(_ outcome: Outcome) {
            let waiting = state.withLock { state in
                state.outcome = outcome
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume(returning: outcome) }
        }
    }
}
