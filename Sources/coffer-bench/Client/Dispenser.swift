import Synchronization

/// Hands out request numbers until the time or the count is used up; shared by all connections of one load.
final class Dispenser: Sendable {
    enum Limit: Sendable {
        case requests(Int)
        /// A point in time of ``monotonicNanoseconds()``.
        case until(UInt64)
    }

    private let next = Atomic<Int>(0)
    private let limit: Limit

    init(_ limit: Limit) { self.limit = limit }

    /// The next request's number, nil when the load is over.
    func take(now: UInt64) -> Int? {
        switch limit {
        case .until(let end):
            guard now < end else { return nil }
            return next.add(1, ordering: .relaxed).oldValue
        case .requests(let count):
            let number = next.add(1, ordering: .relaxed).oldValue
            return number < count ? number : nil
        }
    }
}
