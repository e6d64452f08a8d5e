import KESProtocol
import KeyStores
import Threading

/// The keys in memory and what is known of the key store: plain state, which its owner keeps behind a lock.
///
/// An entry is *fresh* for `any` from its insertion, or a little less, and for `unused` from its last use, whichever ends first. After that
/// it is *stale* for `offline`, and serves only while the store does not answer. Then it goes. At `capacity` entries, one
/// that was not used lately makes room.
struct KeyCache {
    /// Nanoseconds since some moment; `Duration` and its instants cost more than all else here.
    typealias Instant = Int64

    private struct Entry {
        let key: MasterKey
        let loaded: Instant
        /// When `any` is over.
        let end: Instant
        var used: Instant
    }

    private var entries: SecondChanceCache<KeyName, Entry>
    private var times: Times
    /// How the store has failed since it answered last; `nil` when it has not.
    private(set) var outage: KeyStoreError?
    /// Counts go on when a key is read again; for so many names at most.
    private var uses: [KeyName: [UInt32: MasterKey.UseCounts]] = [:]

    init(expiry: CacheExpiry, capacity: Int, now: Instant) {
        entries = SecondChanceCache(capacity: capacity)
        times = Times(expiry, lastContact: now)
    }

    var count: Int { entries.count }

    // MARK: The store

    mutating func storeAnswered(now: Instant) {
        times.lastContact = max(times.lastContact, now)
        outage = nil
    }

    mutating func storeFailed(_ error: KeyStoreError) {
        outage = error
    }

    // MARK: Entries

    /// The key if it is fresh, which renews it, or if it is stale and the store is known not to answer.
    mutating func use(_ name: KeyName, now: Instant) -> MasterKey? {
        let (times, isOut) = (times, outage != nil)
        return entries.use(name) { entry -> MasterKey? in
            if now < times.freshUntil(entry) {
                entry.used = now
                return entry.key
            }
            return isOut && now < times.staleUntil(entry) ? entry.key : nil
        } ?? nil
    }

    /// The key if it may serve although the store has just failed.
    func stale(_ name: KeyName, now: Instant) -> MasterKey? {
        guard let entry = entries.peek(name), now < times.staleUntil(entry) else { return nil }
        return entry.key
    }

    /// When the key was read, if it is here.
    func loaded(_ name: KeyName) -> Instant? { entries.peek(name)?.loaded }

    /// Keeps a key, for `any` less a part of it.
    mutating func insert(_ key: MasterKey, _ name: KeyName, now: Instant, shortened part: Double) {
        let end = now + times.any - Int64(Double(times.any) * part)
        _ = entries.insert(Entry(key: key, loaded: now, end: end, used: now), for: name)
    }

    /// The key, going on with the counts of an earlier copy.
    mutating func counted(_ key: MasterKey, _ name: KeyName) -> MasterKey {
        var known = uses[name] ?? [:]
        let key = key.counting(in: known)
        guard uses[name] != nil || uses.count < entries.capacity else { return key }
        for version in key.versions { known[version.number] = version.uses }
        uses[name] = known
        return key
    }

    /// Forgets a key and how often it was used.
    mutating func remove(_ name: KeyName) {
        uses[name] = nil
        entries.remove(name)
    }

    /// Lets a key serve only while the store does not answer, as though it had expired now.
    mutating func expire(_ name: KeyName, now: Instant) {
        let expired = now - times.unused
        _ = entries.use(name) { $0.used = min($0.used, expired) }
    }

    mutating func removeAll() { entries.removeAll() }

    /// Forgets what can no longer serve among at most `limit` entries below `position`; where to go on, 0 at the end.
    mutating func removeExpired(below position: Int, limit: Int, now: Instant) -> Int {
        let (times, isOut) = (times, outage != nil)
        return entries.removeSome(below: position, limit: limit) { _, entry in
            // While the store answers, an outage may begin at any time: its last answer is as good as now.
            now
                >= (isOut
                    ? max(times.freshUntil(entry), times.staleUntil(entry)) : times.freshUntil(entry) + times.offline)
        }
    }

    // MARK: Times

    /// How long entries may serve, in nanoseconds, and when the store was last heard of.
    private struct Times {
        let any: Int64
        let unused: Int64
        let offline: Int64
        /// When the store answered last.
        var lastContact: Instant

        init(_ expiry: CacheExpiry, lastContact: Instant) {
            any = Self.nanoseconds(expiry.any)
            unused = Self.nanoseconds(expiry.unused)
            offline = Self.nanoseconds(expiry.offline)
            self.lastContact = lastContact
        }

        func freshUntil(_ entry: Entry) -> Instant {
            min(entry.end, entry.used + unused)
        }

        func staleUntil(_ entry: Entry) -> Instant {
            min(freshUntil(entry), lastContact) + offline
        }

        /// At most ten years, so that sums stay in range.
        private static func nanoseconds(_ duration: Duration) -> Int64 {
            let (seconds, attoseconds) = duration.components
            let longest: Int64 = 10 * 365 * 86400
            return min(max(seconds, 0), longest) * 1_000_000_000 + max(attoseconds, 0) / 1_000_000_000
        }
    }
}
