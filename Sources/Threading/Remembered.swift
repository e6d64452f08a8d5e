/// Something that takes its time to find out: found out when it is asked for and old, by one task for all.
///
/// Who asks waits for a moment at most, and then gets what was known before.
package final class Remembered<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var found: ContinuousClock.Instant?
        var cost = Duration.zero
        var isFinding = false
        var waiting: [PendingAnswer<Bool>] = []
    }

    private let age: Duration
    private let rest: Int
    private let patience: Duration
    private let find: @Sendable () async -> Value?
    private let state = ShortLock(State())

    /// - Parameters:
    ///   - age: how old it may be.
    ///   - rest: for how many times as long as finding out takes it is not begun again: what is work is done seldom.
    ///   - patience: how long is waited for a new one.
    ///   - find: `nil` when it cannot be found out: then what was known before is still told.
    package init(
        for age: Duration, rest: Int = 0, patience: Duration = .seconds(2),
        _ find: @escaping @Sendable () async -> Value?
    ) {
        self.age = age
        self.rest = rest
        self.patience = patience
        self.find = find
    }

    /// `nil` while it has never been found out.
    package func value() async -> Value? {
        let answer = PendingAnswer<Bool>()
        let now = ContinuousClock.now
        let (isFresh, begins) = state.withLock { state in
            if let found = state.found, now - found < max(age, state.cost * rest) { return (true, false) }
            state.waiting.append(answer)
            defer { state.isFinding = true }
            return (false, !state.isFinding)
        }
        if begins { Task { await self.findOut() } }
        if !isFresh {
            let timer = Task { [patience] in
                guard (try? await Task.sleep(for: patience)) != nil else { return }
                answer.give(true)
            }
            _ = await answer.wait(cancelled: false)
            timer.cancel()
        }
        return state.withLock { $0.value }
    }

    private func findOut() async {
        let start = ContinuousClock.now
        let value = await find()
        let waiting = state.withLock { state in
            if let value { state.value = value }
            state.found = .now
            state.cost = start.duration(to: .now)
            state.isFinding = false
            defer { state.waiting = [] }
            return state.waiting
        }
        for one in waiting { one.give(true) }
    }
}
