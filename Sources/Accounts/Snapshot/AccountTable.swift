/// Values by key, of which a changed copy shares all but a small part with the one that it was made of.
struct AccountTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private static var shardCount: Int { 256 }

    private var shards: [[Key: Value]]
    private(set) var count = 0

    init() { shards = Array(repeating: [:], count: Self.shardCount) }

    subscript(key: Key) -> Value? {
        get { shards[Self.shard(of: key)][key] }
        set {
            let shard = Self.shard(of: key)
            let before = shards[shard].count
            shards[shard][key] = newValue
            count += shards[shard].count - before
        }
    }

    /// In no order.
    var keys: [Key] { shards.flatMap(\.keys) }

    /// In no order.
    var values: [Value] { shards.flatMap(\.values) }

    private static func shard(of key: Key) -> Int { key.hashValue & (shardCount - 1) }
}

extension AccountTable {
    /// Puts an element into the set of a key.
    mutating func insert<Element>(_ element: Element, under key: Key) where Value == Set<Element> {
        var elements = self[key] ?? []
        // The set is this one's alone then, and not copied where no other table has it.
        self[key] = nil
        elements.insert(element)
        self[key] = elements
    }

    /// Takes an element out of the set of a key, which goes with its last one.
    mutating func remove<Element>(_ element: Element, under key: Key) where Value == Set<Element> {
        guard var elements = self[key] else { return }
        self[key] = nil
        elements.remove(element)
        if !elements.isEmpty { self[key] = elements }
    }

    /// Takes an element out of the sets of the former keys, and puts it into those of the present ones.
    mutating func move<Element>(
        _ element: Element, from former: [Key], to present: [Key]
    ) where Value == Set<Element> {
        guard former != present else { return }
        for key in Set(former).subtracting(present) { remove(element, under: key) }
        for key in Set(present).subtracting(former) { insert(element, under: key) }
    }
}

extension AccountTable where Key: Comparable {
    /// In their order.
    var names: [Key] { keys.sorted() }
}
