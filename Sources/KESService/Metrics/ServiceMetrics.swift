import Synchronization

/// Counts of what was answered; counting allocates nothing and takes no lock.
final class ServiceMetrics: Sendable {
    /// The upper ends of the response times' ranges, in nanoseconds.
    static let bounds: [Int64] = [
        10_000_000, 50_000_000, 100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 1_500_000_000, 3_000_000_000,
        5_000_000_000, 10_000_000_000,
    ]

    /// Answers by their status less 200: the statuses of HTTP.
    private let answers = AtomicCounts(400)
    /// One more than ``bounds``: the last is for all longer times.
    private let times = AtomicCounts(bounds.count + 1)
    private let totalTime = Atomic<Int64>(0)
    private let activeRequests = Atomic(0)
    private let deniedRequests = Atomic(0)

    /// A request that will be counted has begun.
    func begin() { activeRequests.wrappingAdd(1, ordering: .relaxed) }

    func end(status: Int, nanoseconds: Int64) {
        activeRequests.wrappingSubtract(1, ordering: .relaxed)
        if 200..<600 ~= status { answers.increment(status - 200) }
        times.increment(Self.bounds.firstIndex { nanoseconds <= $0 } ?? Self.bounds.count)
        totalTime.wrappingAdd(nanoseconds, ordering: .relaxed)
    }

    func countDenial() { deniedRequests.wrappingAdd(1, ordering: .relaxed) }

    // MARK: Reading

    var active: Int { activeRequests.load(ordering: .relaxed) }
    var denied: Int { deniedRequests.load(ordering: .relaxed) }
    /// The time that all answers together took, in nanoseconds.
    var totalResponseTime: Int64 { totalTime.load(ordering: .relaxed) }
    var responseTimes: [Int] { (0...Self.bounds.count).map { times[$0] } }

    /// The statuses in a range that were answered, with how often.
    func statuses(_ range: Range<Int>) -> [(status: Int, count: Int)] {
        range.compactMap { status in
            let count = answers[status - 200]
            return count > 0 ? (status, count) : nil
        }
    }
}

/// A fixed number of counters.
private final class AtomicCounts: Sendable {
    private final class Count: Sendable {
        let value = Atomic(0)
    }

    private let counts: [Count]

    init(_ count: Int) { counts = (0..<count).map { _ in Count() } }

    subscript(index: Int) -> Int { counts[index].value.load(ordering: .relaxed) }

    func increment(_ index: Int) { counts[index].value.wrappingAdd(1, ordering: .relaxed) }
}
