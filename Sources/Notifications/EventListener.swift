import S3Protocol
import Threading

/// Events that wait for one client to take them, in a bounded queue.
package final class EventListener: Sendable {
    package enum Ending: Sendable {
        /// The client takes less than happens.
        case tooSlow
        /// The server stops.
        case closed
        /// The client is gone.
        case cancelled
    }

    package enum Wakeup: Sendable {
        /// Lines of JSON, one or more.
        case lines([UInt8])
        /// Nothing has happened for the time asked for.
        case silence
        case ended(Ending)
    }

    let filter: ListenerFilter
    private let maximumBytes: Int
    private let state = ShortLock(State())

    private struct State {
        var lines: [[UInt8]] = []
        var bytes = 0
        var ending: Ending?
        var waiter: PendingAnswer<Bool>?

        mutating func takeWaiter() -> PendingAnswer<Bool>? {
            defer { waiter = nil }
            return waiter
        }
    }

    init(_ filter: ListenerFilter, maximumBytes: Int) {
        self.filter = filter
        self.maximumBytes = maximumBytes
    }

    func give(_ line: [UInt8]) {
        let waiter = state.withLock { state -> PendingAnswer<Bool>? in
            guard state.ending == nil else { return nil }
            if state.bytes + line.count > maximumBytes {
                state.ending = .tooSlow
                state.lines.removeAll()
                state.bytes = 0
            } else {
                state.lines.append(line)
                state.bytes += line.count
            }
            return state.takeWaiter()
        }
        waiter?.give(true)
    }

    func end(_ ending: Ending) {
        let waiter = state.withLock { state -> PendingAnswer<Bool>? in
            if state.ending == nil { state.ending = ending }
            return state.takeWaiter()
        }
        waiter?.give(true)
    }

    /// What has happened since the last call, or next; one task asks.
    package func next(within patience: Duration) async -> Wakeup {
        if let ready = take() { return ready }
        let answer = PendingAnswer<Bool>()
        let isReady = state.withLock { state in
            guard state.lines.isEmpty, state.ending == nil else { return true }
            state.waiter = answer
            return false
        }
        if !isReady {
            let timer = Task {
                guard (try? await Task.sleep(for: patience)) != nil else { return }
                answer.give(true)
            }
            let isThere = await answer.wait(cancelled: false)
            timer.cancel()
            guard isThere else { return .ended(.cancelled) }
        }
        return take() ?? .silence
    }

    private func take() -> Wakeup? {
        state.withLock { state in
            state.waiter = nil
            if let ending = state.ending { return .ended(ending) }
            guard !state.lines.isEmpty else { return nil }
            defer {
                state.lines.removeAll()
                state.bytes = 0
            }
            return .lines(Array(state.lines.joined()))
        }
    }
}
