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

extension AccountTable where Key: Comparable {
    /// In their order.
    var names: [Key] { keys.sorted() }
}
