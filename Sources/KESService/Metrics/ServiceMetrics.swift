import Synchronization

/// Counts of what was answered; counting allocates nothing and takes no lock.
final class ServiceMetrics: Sendable {
    /// Answers by their status less 200: the statuses of HTTP.
    private let answers = AtomicCounts(400)
    let responseTimes = DurationHistogram()
    private let activeRequests = Atomic(0)
    private let deniedRequests = Atomic(0)

    /// A request that will be counted has begun.
    func begin() { activeRequests.wrappingAdd(1, ordering: .relaxed) }

    func end(status: Int, nanoseconds: Int64) {
        activeRequests.wrappingSubtract(1, ordering: .relaxed)
        if 200..<600 ~= status { answers.increment(status - 200) }
        responseTimes.record(nanoseconds: nanoseconds)
    }

    func countDenial() { deniedRequests.wrappingAdd(1, ordering: .relaxed) }

    // MARK: Reading

    var active: Int { activeRequests.load(ordering: .relaxed) }
    var denied: Int { deniedRequests.load(ordering: .relaxed) }

    /// The statuses in a range that were answered, with how often.
    func statuses(_ range: Range<Int>) -> [(status: Int, count: Int)] {
        range.compactMap { status in
            let count = answers[status - 200]
            return count > 0 ? (status, count) : nil
        }
    }
}
