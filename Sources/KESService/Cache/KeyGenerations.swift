import KESProtocol

/// How often keys were changed, so that what was read before a change is known for it afterwards.
///
/// The memory is fixed: names share counters. Where two do, a change of the one makes a reading of the other at that very
/// moment count as outdated, which costs another reading.
struct KeyGenerations {
    /// What a name's counter said; equal only while the key was not changed.
    typealias Generation = UInt64

    private static let count = 1024

    private var counters = [Generation](repeating: 0, count: count)

    subscript(name: KeyName) -> Generation { counters[Self.index(of: name)] }

    /// The key was changed, or may have been.
    mutating func advance(_ name: KeyName) { counters[Self.index(of: name)] &+= 1 }

    mutating func advanceAll() {
        for index in counters.indices { counters[index] &+= 1 }
    }

    private static func index(of name: KeyName) -> Int { Int(UInt(bitPattern: name.hashValue) % UInt(count)) }
}
