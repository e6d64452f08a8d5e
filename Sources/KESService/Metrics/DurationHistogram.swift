import Synchronization

/// Durations counted by ranges; counting allocates nothing and takes no lock.
final class DurationHistogram: Sendable {
    /// The upper ends of the ranges, in nanoseconds: those that KES has for the time of an answer.
    static let bounds: [Int64] = [
        10_000_000, 50_000_000, 100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 1_500_000_000, 3_000_000_000,
        5_000_000_000, 10_000_000_000,
    ]

    /// One more than ``bounds``: the last is for all longer times.
    private let times = AtomicCounts(bounds.count + 1)
    private let sum = Atomic<Int64>(0)

    func record(nanoseconds: Int64) {
        times.increment(Self.bounds.firstIndex { nanoseconds <= $0 } ?? Self.bounds.count)
        sum.wrappingAdd(nanoseconds, ordering: .relaxed)
    }

    /// How many durations each range had; one more than ``bounds``.
    var counts: [Int] { (0...Self.bounds.count).map { times[$0] } }
    /// Of all durations together, in nanoseconds.
    var total: Int64 { sum.load(ordering: .relaxed) }
}

/// A fixed number of counters.
final class AtomicCounts: Sendable {
    private final class Count: Sendable {
        let value = Atomic(0)
    }

    private let counts: [Count]

    init(_ count: Int) { counts = (0..<count).map { _ in Count() } }

    subscript(index: Int) -> Int { counts[index].value.load(ordering: .relaxed) }

    func increment(_ index: Int) { counts[index].value.wrappingAdd(1, ordering: .relaxed) }
}
