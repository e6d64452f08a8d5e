public import Synchronization

/// A fixed number of counters in one block of memory: counting allocates nothing and takes no lock.
///
/// `public`, because the compiler does not inline in other modules what is `package`, and a request is counted in several
/// places. `@unchecked Sendable`: the block is read and changed by atomic operations alone.
public final class AtomicCounts: @unchecked Sendable {
    public let count: Int
    @usableFromInline
    let counts: UnsafeMutablePointer<Atomic<Int>>

    /// So many counters, all zero.
    public init(_ count: Int) {
        self.count = count
        counts = .allocate(capacity: count)
        for index in 0..<count { (counts + index).initialize(to: Atomic(0)) }
    }

    deinit {
        counts.deinitialize(count: count)
        counts.deallocate()
    }

    public subscript(index: Int) -> Int {
        precondition(index >= 0 && index < count, "there is no such counter")
        return counts[index].load(ordering: .relaxed)
    }

    /// Wraps around when the sum is too large.
    @inlinable
    public func add(_ amount: Int = 1, at index: Int) {
        precondition(index >= 0 && index < count, "there is no such counter")
        counts[index].wrappingAdd(amount, ordering: .relaxed)
    }
}
