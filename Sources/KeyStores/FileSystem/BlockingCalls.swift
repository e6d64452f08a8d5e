import Dispatch
import Synchronization
import Threading

/// Calls that block, made one after the other on a few threads of their own.
///
/// Neither an event loop nor the shared pool of tasks may wait for a disk. Calls come in the order in which they were
/// asked for; when too many wait, because the disk hangs, further ones are refused.
final class BlockingCalls: Sendable {
    private struct State {
        var running = 0
        var waiting = FIFOQueue<@Sendable () -> Void>()
    }

    /// A call that is being made, or waits for its turn.
    final class Call: Sendable {
        private let withdrawn = Atomic(false)

        /// Nobody waits for it any more.
        var isWithdrawn: Bool { withdrawn.load(ordering: .acquiring) }

        fileprivate func withdraw() { withdrawn.store(true, ordering: .releasing) }
    }

    private let queue: DispatchQueue
    private let threads: Int
    private let maximumWaiting: Int
    private let state = Mutex(State())

    init(label: String, threads: Int, maximumWaiting: Int = 10_000) {
        queue = DispatchQueue(label: label, attributes: .concurrent)
        self.threads = threads
        self.maximumWaiting = maximumWaiting
    }

    /// What `work` says; a call that is cancelled before its turn has come is not made.
    func run<R: Sendable>(
        _ work: @escaping @Sendable (Call) throws(KeyStoreError) -> R
    ) async throws(KeyStoreError) -> R {
        let call = Call()
        let outcome: Result<R, KeyStoreError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isAccepted = submit {
                    guard !call.isWithdrawn else {
                        return continuation.resume(returning: .failure(.cancelled))
                    }
                    do throws(KeyStoreError) {
                        continuation.resume(returning: .success(try work(call)))
                    } catch {
                        continuation.resume(returning: .failure(error))
                    }
                }
                if !isAccepted {
                    continuation.resume(returning: .failure(.unreachable("too many calls wait for the key store")))
                }
            }
        } onCancel: {
            call.withdraw()
        }
        return try outcome.get()
    }

    private func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
        enum Decision { case start, wait, refuse }
        let decision: Decision = state.withLock { state in
            if state.running < threads {
                state.running += 1
                return .start
            }
            guard state.waiting.count < maximumWaiting else { return .refuse }
            state.waiting.append(job)
            return .wait
        }
        if decision == .start { queue.async { self.work(job) } }
        return decision != .refuse
    }

    private func work(_ first: @escaping @Sendable () -> Void) {
        var next: (@Sendable () -> Void)? = first
        while let job = next {
            job()
            next = state.withLock { state in
                let next = state.waiting.popFirst()
                if next == nil { state.running -= 1 }
                return next
            }
        }
    }
}
