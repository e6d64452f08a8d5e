import Synchronization
import Threading

/// The one thread that writes the catalogue: it takes every mutation that waits and commits them together.
final class Committer: Sendable {
    private struct State {
        var waiting = FIFOQueue<PendingMutation>()
        var isClosing = false
    }

    static let capacity = 16_384
    private static let greatestBatch = 1024

    private let state = Monitor(State())
    private let thread = Mutex<SystemThread?>(nil)
    /// That of a committer without a thread.
    private let stepped = Mutex<CommitEngine?>(nil)
    private let queueHook: (@Sendable () -> Void)?

    /// - Parameter queueHook: see ``StoreOptions/queueHook``.
    init(queueHook: (@Sendable () -> Void)?) {
        self.queueHook = queueHook
    }

    /// Changes that wait for the thread.
    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// Starts the thread, or leaves its work to ``step(atMost:)``.
    func start(_ engine: CommitEngine, hasThread: Bool) throws(StorageError) {
        guard hasThread else { return stepped.withLock { $0 = engine } }
        let thread = try SystemThread.started(name: "coffer-commit") { [self] in run(engine) }
        self.thread.withLock { $0 = thread }
    }

    /// Queues a change; the completion runs on the committer's thread after the commit, and must be short.
    func submit(
        _ mutation: Mutation, completion: @escaping @Sendable (Result<MutationResult, StorageError>) -> Void
    ) {
        let pending = PendingMutation(mutation, completion: completion)
        let refusal = state.signal { state -> StorageError? in
            if state.isClosing { return .closed }
            if state.waiting.count >= Self.capacity { return .overloaded }
            state.waiting.append(pending)
            return nil
        }
        queueHook?()
        if let refusal { completion(.failure(refusal)) }
    }

    /// Makes a change and suspends the caller until it is durable, or is not made.
    func commit(_ mutation: Mutation) async throws(StorageError) -> MutationResult {
        // Unchecked: every mutation is answered once, committed, failed or refused; the check costs an allocation.
        let result = await withUnsafeContinuation { continuation in
            submit(mutation) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Makes a change from a thread that may block.
    func commitAndWait(_ mutation: Mutation) throws(StorageError) -> MutationResult {
        let outcome = Monitor<Result<MutationResult, StorageError>?>(nil)
        submit(mutation) { result in outcome.signal { $0 = result } }
        while outcome.withLock({ $0 == nil }), step(atMost: Self.greatestBatch) {}
        return try outcome.wait { $0 }.get()
    }

    /// Finishes what waits and ends the thread; new mutations are refused from now on.
    func close() {
        state.broadcast { $0.isClosing = true }
        thread.withLock { $0 }?.join()
        while step(atMost: Self.greatestBatch) {}
    }

    /// Does what the thread would do next, where there is none: commits up to so many of the changes that wait.
    ///
    /// Tidies, and returns false, when none does.
    func step(atMost count: Int) -> Bool {
        guard let engine = stepped.withLock({ $0 }) else { return false }
        let batch = state.withLock { Self.take(count, of: &$0) }
        guard !batch.isEmpty else {
            if engine.idleDelay != nil { engine.tidy() }
            return false
        }
        engine.commit(batch)
        engine.checkpointIfLong()
        return true
    }

    private static func take(_ count: Int, of state: inout State) -> [PendingMutation] {
        var batch: [PendingMutation] = []
        while batch.count < count, let mutation = state.waiting.popFirst() { batch.append(mutation) }
        return batch
    }

    private enum Wakeup {
        case batch([PendingMutation])
        case idle
        case closing
    }

    private func run(_ engine: CommitEngine) {
        while true {
            let take = { (state: inout State) -> Wakeup? in
                let batch = Self.take(Self.greatestBatch, of: &state)
                if !batch.isEmpty { return .batch(batch) }
                return state.isClosing ? .closing : nil
            }
            let wakeup: Wakeup =
                if let delay = engine.idleDelay {
                    state.wait(milliseconds: delay, take) ?? .idle
                } else {
                    state.wait(take)
                }
            switch wakeup {
            case .batch(let batch):
                engine.commit(batch)
                engine.checkpointIfLong()
            case .idle: engine.tidy()
            case .closing: return
            }
        }
    }
}
