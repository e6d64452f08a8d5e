import Threading

/// What was asked of each bucket, of so many buckets at most.
///
/// A bucket gets its counters with the first request that succeeds: names that clients make up get none.
package final class BucketRequestCounts: Sendable {
    /// Buckets beyond these are not counted by themselves.
    package static let capacity = 256

    private struct State {
        var buckets: [String: AtomicCounts] = [:]
        /// Requests that were left out because there are too many buckets.
        var leftOut = 0
    }

    private let operations: Int
    private let state = ShortLock(State())

    /// Of an operation: its outcomes; and behind all operations the bytes received and sent.
    private static let columns = RequestCounts.Outcome.allCases.count

    init(operations: Int) { self.operations = operations }

    func count(_ bucket: String, row: Int, _ outcome: RequestCounts.Outcome, received: Int, sent: Int) {
        let counts = state.withLock { state -> AtomicCounts? in
            if let known = state.buckets[bucket] { return known }
            guard outcome == .success else { return nil }
            guard state.buckets.count < Self.capacity else {
                state.leftOut += 1
                return nil
            }
            let new = AtomicCounts(operations * Self.columns + 2)
            state.buckets[bucket] = new
            return new
        }
        guard let counts else { return }
        counts.add(at: row * Self.columns + outcome.rawValue)
        if received > 0 { counts.add(received, at: operations * Self.columns) }
        if sent > 0 { counts.add(sent, at: operations * Self.columns + 1) }
    }

    // MARK: Reading

    package struct Figures: Sendable {
        package let bucket: String
        package let received: Int
        package let sent: Int
        /// Of the operations that were asked for, by their position in ``RequestCounts/operations``.
        package let outcomes: [(row: Int, counts: [Int])]
    }

    /// Requests that are not in ``figures(where:)`` because there were too many buckets.
    package var leftOut: Int { state.withLock { $0.leftOut } }

    /// The buckets that are counted, by name; those for which `exists` says no are forgotten.
    package func figures(where exists: (String) -> Bool) -> [Figures] {
        let all = state.withLock { $0.buckets }
        let gone = all.keys.filter { !exists($0) }
        if !gone.isEmpty { state.withLock { state in for name in gone { state.buckets[name] = nil } } }
        return all.filter { exists($0.key) }.sorted { $0.key < $1.key }.map { bucket, counts in
            let outcomes = (0..<operations).compactMap { row -> (row: Int, counts: [Int])? in
                let numbers = (0..<Self.columns).map { counts[row * Self.columns + $0] }
                return numbers.contains { $0 > 0 } ? (row, numbers) : nil
            }
            return Figures(
                bucket: bucket, received: counts[operations * Self.columns],
                sent: counts[operations * Self.columns + 1], outcomes: outcomes)
        }
    }
}
