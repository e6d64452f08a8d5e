import Threading

/// Lets one change after another decide and commit, in the order in which they came.
final class ChangeTurns: Sendable {
    private struct State {
        var isTaken = false
        var waiting = FIFOQueue<CheckedContinuation<Void, Never>>()
        var count = 0
    }

    /// Changes that may wait; the next one is refused.
    private static let capacity = 1024

    private let state = ShortLock(State())

    /// Runs `body` alone.
    ///
    /// - Throws: `limitReached`, and what `body` does.
    func take<R>(_ body: () async throws -> R) async throws -> R {
        guard state.withLock({ $0.count < Self.capacity }) else {
            throw AccountError.limitReached("changes at once")
        }
        await withCheckedContinuation { continuation in
            let isFirst = state.withLock { state in
                guard state.isTaken else {
                    state.isTaken = true
                    return true
                }
                state.waiting.append(continuation)
                state.count += 1
                return false
            }
            if isFirst { continuation.resume() }
        }
        defer { pass() }
        return try await body()
    }

    private func pass() {
        let next = state.withLock { state in
            let next = state.waiting.popFirst()
            if next == nil { state.isTaken = false } else { state.count -= 1 }
            return next
        }
        next?.resume()
    }
}
