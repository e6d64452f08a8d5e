import Locking

/// A few threads that run blocking work in the order in which it comes.
///
/// Threads start when work finds none of them free, and stay until the pool is closed.
final class WorkerPool: Sendable {
    typealias Job = @Sendable () -> Void

    private struct State {
        var jobs = Queue<Job>()
        var idle = 0
        var threads = 0
        var isClosed = false
    }

    private let state = Monitor(State())
    private let maxThreads: Int
    private let maxWaiting: Int

    init(maxThreads: Int, maxWaiting: Int) {
        self.maxThreads = max(1, maxThreads)
        self.maxWaiting = maxWaiting
    }

    /// Queues work; false, and nothing is done, when too much waits or the pool is closed.
    func submit(_ job: @escaping Job) -> Bool {
        let (isTaken, needsThread) = state.signal { state -> (Bool, Bool) in
            guard !state.isClosed, state.jobs.count < maxWaiting else { return (false, false) }
            state.jobs.append(job)
            guard state.idle < state.jobs.count, state.threads < maxThreads else { return (true, false) }
            state.threads += 1
            return (true, true)
        }
        if needsThread { startThread() }
        return isTaken
    }

    /// Threads end when what is queued is done.
    func close() {
        state.broadcast { $0.isClosed = true }
    }

    private func startThread() {
        let state = state
        let isStarted = ThreadStart.detached(name: "coffer-http") {
            while let job = Self.nextJob(state) { job() }
        }
        if isStarted { return }
        // Another thread does the work later; the very first one has to be there.
        let job = state.withLock { state -> Job? in
            state.threads -= 1
            return state.threads == 0 ? state.jobs.popFirst() : nil
        }
        job?()
    }

    private static func nextJob(_ monitor: Monitor<State>) -> Job? {
        var isIdle = false
        return monitor.wait { state -> Job?? in
            if isIdle { state.idle -= 1 }
            isIdle = false
            if let job = state.jobs.popFirst() { return .some(job) }
            if state.isClosed { return .some(nil) }
            state.idle += 1
            isIdle = true
            return nil
        }
    }
}
