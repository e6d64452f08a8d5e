import Synchronization

/// Request ids of 16 upper-case hex digits: the time of the process's start, then a count.
///
/// Identifiers are unique in the process, and making one takes no lock.
package struct RequestIDs: ~Copyable, Sendable {
    private let counter = Atomic<UInt64>(UInt64(truncatingIfNeeded: Clock.milliseconds()) << 20)

    package init() {}

    package func next() -> String {
        let value = counter.add(1, ordering: .relaxed).oldValue
        return String(unsafeUninitializedCapacity: 16) { digits in
            for index in 0..<16 {
                let nibble = UInt8(truncatingIfNeeded: value >> UInt64(60 - 4 * index)) & 15
                digits[index] = nibble < 10 ? 0x30 + nibble : 0x37 + nibble
            }
            return 16
        }
    }
}
