import Synchronization

/// Hands out request numbers until the time or the count is used up; shared by all connections of one load.
final class Dispenser: Sendable {
    enum Limit: Sendable {
        case requests(Int)
        /// A point in time of ``monotonicNanoseconds()``.
        case until(UInt64)
    }

    private let next: Atomic<Int>
    private let limit: Limit

    /// - Parameter first: the number of the first request.
    init(_ limit: Limit, from first: Int = 0) {
        self.limit =
            switch limit {
            case .requests(let count): .requests(first + count)
            case .until: limit
            }
        next = Atomic(first)
    }

    /// The first number that nobody has been given; a little above it for counted loads.
    var end: Int { next.load(ordering: .relaxed) }

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
