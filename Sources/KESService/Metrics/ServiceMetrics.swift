import Synchronization
import Threading

/// Counts of what was answered; counting allocates nothing and takes no lock.
final class ServiceMetrics: Sendable {
    /// Answers by their status less 200: the statuses of HTTP.
    private let answers = AtomicCounts(400)
    /// In nanoseconds: those that KES has for the time of an answer.
    static let durationBounds = [
        10_000_000, 50_000_000, 100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 1_500_000_000, 3_000_000_000,
        5_000_000_000, 10_000_000_000,
    ]
    /// Nanoseconds.
    let responseTimes = Histogram(durationBounds)
    private let activeRequests = Atomic(0)
    private let deniedRequests = Atomic(0)

    /// A request that will be counted has begun.
    func begin() { activeRequests.wrappingAdd(1, ordering: .relaxed) }

    func end(status: Int, nanoseconds: Int64) {
        activeRequests.wrappingSubtract(1, ordering: .relaxed)
        if 200..<600 ~= status { answers.add(at: status - 200) }
        responseTimes.record(Int(nanoseconds))
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
