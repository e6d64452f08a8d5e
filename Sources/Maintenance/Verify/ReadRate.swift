import Threading

/// How many bytes a second are read: whoever is to read some waits for its turn.
package final class ReadRate: Sendable {
    private let bytesPerSecond: @Sendable () -> Int64?
    /// When the bytes that were admitted so far will have had their time.
    private let free = ShortLock(ContinuousClock.now)

    /// - Parameter bytesPerSecond: is asked each time; nil for no bound.
    package init(_ bytesPerSecond: @escaping @Sendable () -> Int64?) {
        self.bytesPerSecond = bytesPerSecond
    }

    /// How long is slept at once: then the rate is asked for again.
    private static let longestNap = Duration.seconds(1)

    /// - Throws: `CancellationError`.
    package func admit(_ bytes: Int) async throws {
        guard let rate = bytesPerSecond() else { return }
        let now = ContinuousClock.now
        let cost = Duration.seconds(Double(max(0, bytes)) / Double(max(1, rate)))
        let turn = free.withLock { free in
            // What was not used is not saved up.
            let turn = max(free, now)
            free = turn + cost
            return turn
        }
        while true {
            let left = ContinuousClock.now.duration(to: turn)
            guard left > .zero, bytesPerSecond() != nil else { return }
            try await Task.sleep(for: min(left, Self.longestNap))
        }
    }
}
