import Threading

/// The answers that go on for as long as their clients listen: bounded in number, and ended when the server ends.
package final class OpenStreams: Sendable {
    private struct State {
        var count = 0
        var isClosed = false
    }

    private let limit: Int
    private let state = ShortLock(State())

    package init(limit: Int = 256) {
        self.limit = limit
    }

    /// Whether there is room for one more; who has it tells ``leave()``.
    package func enter() -> Bool {
        state.withLock { state in
            guard !state.isClosed, state.count < limit else { return false }
            state.count += 1
            return true
        }
    }

    package func leave() { state.withLock { $0.count -= 1 } }

    /// Whether all are to end.
    package var isClosed: Bool { state.withLock { $0.isClosed } }

    package func close() { state.withLock { $0.isClosed = true } }
}
