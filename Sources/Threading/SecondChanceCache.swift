/// A dictionary of bounded size: what was not used lately makes room for what is new.
///
/// The clock algorithm: a use sets a mark at the entry, and a hand that goes round clears marks until it finds an entry
/// without one. So an entry that is used goes on living, and what is asked for once does not push out the rest.
///
/// Plain state: its owner keeps it behind a lock, and so no call takes longer than a constant time, but for
/// ``removeAll()`` and for the growth of the memory behind it. What an entry costs is the caller's to say: 1 where
/// entries are counted, bytes where they are weighed.
public struct SecondChanceCache<Key: Hashable, Value> {
    @usableFromInline
    struct Entry {
        @usableFromInline
        let key: Key
        @usableFromInline
        var value: Value
        @usableFromInline
        let cost: Int
        /// Set by a use, cleared by the hand that passes.
        @usableFromInline
        var wasUsed = false

        @usableFromInline
        init(_ key: Key, _ value: Value, _ cost: Int) {
            self.key = key
            self.value = value
            self.cost = cost
        }
    }

    /// The most that all entries together may cost.
    public let capacity: Int
    @usableFromInline
    var total = 0

    @usableFromInline
    var entries: [Entry] = []
    @usableFromInline
    var index: [Key: Int] = [:]
    @usableFromInline
    var hand = 0

    /// Where every entry was used, the hand goes on no further than this and takes the entry that it has come to.
    @usableFromInline
    static var maximumSteps: Int { 64 }

    /// At a capacity of 0 nothing is ever kept.
    @inlinable
    public init(capacity: Int) {
        precondition(capacity >= 0, "a capacity is not negative")
        self.capacity = capacity
    }

    @inlinable
    public var count: Int { entries.count }

    /// What the entries cost together.
    @inlinable
    public var cost: Int { total }

    /// The value, if it is there; not a use.
    @inlinable
    public func peek(_ key: Key) -> Value? {
        index[key].map { entries[$0].value }
    }

    /// The value, if it is there; a use.
    @inlinable
    public mutating func use(_ key: Key) -> Value? {
        use(key) { $0 }
    }

    /// Lends the value to `body`, if it is there; a use.
    @inlinable
    public mutating func use<R>(_ key: Key, _ body: (inout Value) -> R) -> R? {
        guard let position = index[key] else { return nil }
        entries[position].wasUsed = true
        return body(&entries[position].value)
    }

    /// Keeps the value, in the place of an earlier one of the key, and returns the values that had to make room.
    ///
    /// What costs more than the whole capacity is not kept, and comes back.
    @inlinable
    public mutating func insert(_ value: Value, for key: Key, cost: Int = 1) -> [Value] {
        remove(key)
        guard cost <= capacity else { return [value] }
        var evicted: [Value] = []
        while total + cost > capacity { evicted.append(removeVictim()) }
        index[key] = entries.count
        entries.append(Entry(key, value, cost))
        total += cost
        return evicted
    }

    @inlinable
    @discardableResult
    public mutating func remove(_ key: Key) -> Value? {
        guard let position = index[key] else { return nil }
        return remove(at: position)
    }

    /// Takes time in proportion to the number of entries.
    @inlinable
    public mutating func removeAll() {
        entries.removeAll()
        index.removeAll()
        hand = 0
        total = 0
    }

    /// Removes entries for which `isRemoved` says so, of at most `limit` that are below `position`.
    ///
    /// To look at all entries without holding the lock for long, begin at `Int.max` and go on with what is returned,
    /// which is 0 at the end. Entries that come meanwhile may be missed.
    @inlinable
    public mutating func removeSome(
        below position: Int, limit: Int, where isRemoved: (Key, Value) -> Bool
    ) -> Int {
        let upper = min(position, entries.count)
        let lower = max(0, upper - limit)
        for position in (lower..<upper).reversed() where isRemoved(entries[position].key, entries[position].value) {
            _ = remove(at: position)
        }
        return lower
    }

    @usableFromInline
    mutating func removeVictim() -> Value {
        for _ in 0..<Self.maximumSteps {
            hand = hand + 1 < entries.count ? hand + 1 : 0
            guard entries[hand].wasUsed else { break }
            entries[hand].wasUsed = false
        }
        return remove(at: hand)
    }

    /// The last entry takes the place of the one that is removed.
    @usableFromInline
    mutating func remove(at position: Int) -> Value {
        let removed = entries[position]
        index[removed.key] = nil
        total -= removed.cost
        let last = entries.removeLast()
        if position < entries.count {
            entries[position] = last
            index[last.key] = position
        }
        return removed.value
    }
}
