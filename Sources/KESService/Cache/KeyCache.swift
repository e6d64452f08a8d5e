import KESProtocol
import KeyStores

/// The keys in memory and what is known of the key store: plain state, which its owner keeps behind a lock.
///
/// An entry is *fresh* for `any` from its insertion and for `unused` from its last use, whichever ends first. After that
/// it is *stale* for `offline`, and serves only while the store does not answer. Then it goes. At `capacity` entries, one
/// that was not used lately makes room.
struct KeyCache {
    /// Nanoseconds since some moment; `Duration` and its instants cost more than all else here.
    typealias Instant = Int64

    private struct Entry {
        let name: KeyName
        var key: MasterKey
        var loaded: Instant
        var used: Instant
        /// Set by every use, cleared by the hand that passes: the second chance of the clock algorithm.
        var wasUsed: Bool
    }

    private let any: Int64
    private let unused: Int64
    private let offline: Int64
    private let capacity: Int
    private var entries: [Entry] = []
    private var index: [KeyName: Int] = [:]
    private var hand = 0
    /// Counts go on when a key is read again; for so many names at most.
    private var uses: [KeyName: [UInt32: MasterKey.UseCounts]] = [:]

    /// When the store answered last.
    private(set) var lastContact: Instant
    /// How the store failed since, if it did.
    private(set) var outage: KeyStoreError?

    init(expiry: CacheExpiry, capacity: Int, now: Instant) {
        any = Self.nanoseconds(expiry.any)
        unused = Self.nanoseconds(expiry.unused)
        offline = Self.nanoseconds(expiry.offline)
        self.capacity = capacity
        lastContact = now
    }

    var count: Int { entries.count }

    // MARK: The store

    mutating func storeAnswered(now: Instant) {
        lastContact = max(lastContact, now)
        outage = nil
    }

    mutating func storeFailed(_ error: KeyStoreError) {
        outage = error
    }

    // MARK: Entries

    /// The key if it is fresh, which counts as a use, or if it is stale and the store is known not to answer.
    mutating func use(_ name: KeyName, now: Instant) -> MasterKey? {
        guard let position = index[name] else { return nil }
        if now < freshUntil(entries[position]) {
            entries[position].used = now
            entries[position].wasUsed = true
            return entries[position].key
        }
        return outage == nil ? nil : stale(at: position, now: now)
    }

    /// The key if it may serve although the store has just failed.
    func stale(_ name: KeyName, now: Instant) -> MasterKey? {
        index[name].flatMap { stale(at: $0, now: now) }
    }

    /// When the key was read, if it is here.
    func loaded(_ name: KeyName) -> Instant? { index[name].map { entries[$0].loaded } }

    /// Keeps a key.
    mutating func insert(_ key: MasterKey, _ name: KeyName, now: Instant) {
        guard capacity > 0 else { return }
        let entry = Entry(name: name, key: key, loaded: now, used: now, wasUsed: false)
        if let position = index[name] {
            entries[position] = entry
        } else if entries.count < capacity {
            index[name] = entries.count
            entries.append(entry)
        } else {
            let position = victim()
            index[entries[position].name] = nil
            index[name] = position
            entries[position] = entry
        }
    }

    /// The key, going on with the counts of an earlier copy.
    mutating func counted(_ key: MasterKey, _ name: KeyName) -> MasterKey {
        var known = uses[name] ?? [:]
        let key = key.counting(in: known)
        guard uses[name] != nil || uses.count < capacity else { return key }
        for version in key.versions { known[version.number] = version.uses }
        uses[name] = known
        return key
    }

    /// Forgets a key and how often it was used.
    mutating func remove(_ name: KeyName) {
        uses[name] = nil
        if let position = index[name] { remove(at: position) }
    }

    /// Lets a key serve only while the store does not answer, as though it had expired now.
    mutating func expire(_ name: KeyName, now: Instant) {
        guard let position = index[name] else { return }
        entries[position].used = min(entries[position].used, now - unused)
    }

    mutating func removeAll() {
        entries.removeAll()
        index.removeAll()
        hand = 0
    }

    /// Forgets what can no longer serve among at most `limit` entries below `position`; where to go on, 0 at the end.
    mutating func removeExpired(below position: Int, limit: Int, now: Instant) -> Int {
        let upper = min(position, entries.count)
        let lower = max(0, upper - limit)
        for position in (lower..<upper).reversed() where !isUseful(entries[position], now: now) { remove(at: position) }
        return lower
    }

    // MARK: Times

    private func freshUntil(_ entry: Entry) -> Instant {
        min(entry.loaded + any, entry.used + unused)
    }

    private func staleUntil(_ entry: Entry) -> Instant {
        min(freshUntil(entry), lastContact) + offline
    }

    private func stale(at position: Int, now: Instant) -> MasterKey? {
        now < staleUntil(entries[position]) ? entries[position].key : nil
    }

    private func isUseful(_ entry: Entry, now: Instant) -> Bool {
        let fresh = freshUntil(entry)
        // While the store answers, an outage may begin at any time: `lastContact` is as good as now.
        return now < fresh || now < (outage == nil ? fresh + offline : staleUntil(entry))
    }

    /// At most ten years, so that sums stay in range.
    private static func nanoseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        let longest: Int64 = 10 * 365 * 86400
        return min(max(seconds, 0), longest) * 1_000_000_000 + max(attoseconds, 0) / 1_000_000_000
    }

    // MARK: Parts

    private mutating func victim() -> Int {
        while true {
            hand = hand + 1 < entries.count ? hand + 1 : 0
            guard entries[hand].wasUsed else { return hand }
            entries[hand].wasUsed = false
        }
    }

    private mutating func remove(at position: Int) {
        index[entries[position].name] = nil
        let last = entries.removeLast()
        guard position < entries.count else { return }
        entries[position] = last
        index[last.name] = position
    }
}
