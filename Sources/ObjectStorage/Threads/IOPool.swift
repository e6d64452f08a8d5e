import Glibc
import Threading

/// A few threads that run blocking work in the order in which it comes.
final class IOPool: Sendable {
    private struct State {
        var jobs = FIFOQueue<@Sendable () -> Void>()
        var isClosed = false
    }

    private let state: Monitor<State>
    private let threads: [SystemThread]

    /// - Parameter count: with zero, somebody has to ``step()``.
    init(threads count: Int) throws(StorageError) {
        let state = Monitor(State())
        var threads: [SystemThread] = []
        for index in 0..<count {
            threads.append(
                try SystemThread.started(name: "coffer-io-\(index)") {
                    while let job = state.wait({ state -> (@Sendable () -> Void)?? in
                        if let job = state.jobs.popFirst() { return .some(job) }
                        return state.isClosed ? .some(nil) : nil
                    }) {
                        job()
                    }
                })
        }
        self.state = state
        self.threads = threads
    }

    /// Queues work that nobody waits for; false, and nothing is done, when the pool is closed.
    @discardableResult
    func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
        state.signal { state in
            if !state.isClosed { state.jobs.append(job) }
            return !state.isClosed
        }
    }

    /// Runs blocking work on one of the threads and suspends the caller meanwhile.
    func run<R: Sendable>(_ work: @escaping @Sendable () throws -> R) async throws -> R {
        try await withCheckedThrowingContinuation { continuation in
            if !submit({ continuation.resume(with: Result { try work() }) }) {
                continuation.resume(throwing: StorageError.closed)
            }
        }
    }

    /// Does the work that was queued first; false when there is none.
    func step() -> Bool {
        guard let job = state.withLock({ $0.jobs.popFirst() }) else { return false }
        job()
        return true
    }

    /// Finishes what is queued and ends the threads.
    func close() {
        state.broadcast { $0.isClosed = true }
        for thread in threads { thread.join() }
        while step() {}
    }
}
