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
        private enum Phase { case waiting, begun, dropped }

        private struct State {
            var phase = Phase.waiting
            var isWithdrawn = false
            var onDrop: (@Sendable () -> Void)?
        }

        private let state = Mutex(State())

        /// Nobody waits for it any more.
        var isWithdrawn: Bool { state.withLock(\.isWithdrawn) }

        /// Whether it is to be made: not when it was withdrawn before.
        fileprivate func begin() -> Bool {
            state.withLock { state in
                guard state.phase == .waiting else { return false }
                state.phase = .begun
                state.onDrop = nil
                return true
            }
        }

        /// What is to be done when it is withdrawn before it has begun.
        fileprivate func onDrop(_ action: @escaping @Sendable () -> Void) {
            let isDropped = state.withLock { state in
                guard state.phase == .waiting else { return state.phase == .dropped }
                state.onDrop = action
                return false
            }
            if isDropped { action() }
        }

        fileprivate func withdraw() {
            let action = state.withLock { state -> (@Sendable () -> Void)? in
                state.isWithdrawn = true
                guard state.phase == .waiting else { return nil }
                state.phase = .dropped
                defer { state.onDrop = nil }
                return state.onDrop
            }
            action?()
        }
    }

    private let queue: DispatchQueue
    private let threads: Int
    private let maximumWaiting: Int
    private let refusal: String
    private let state = Mutex(State())

    /// - Parameter refusal: What is said to who comes when `maximumWaiting` calls wait.
    init(
        label: String, threads: Int, maximumWaiting: Int = 10_000,
        refusal: String = "too many calls wait for the key store"
    ) {
        queue = DispatchQueue(label: label, attributes: .concurrent)
        self.threads = threads
        self.maximumWaiting = maximumWaiting
        self.refusal = refusal
    }

    /// What `work` says.
    ///
    /// A call that is cancelled before its turn has come is not made, and ends at once; one that has begun goes on, and its
    /// end is waited for.
    func run<R: Sendable>(
        _ work: @escaping @Sendable (Call) throws(KeyStoreError) -> R
    ) async throws(KeyStoreError) -> R {
        let call = Call()
        let outcome: Result<R, KeyStoreError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                call.onDrop { continuation.resume(returning: .failure(.cancelled)) }
                let isAccepted = submit {
                    guard call.begin() else { return }
                    do throws(KeyStoreError) {
                        continuation.resume(returning: .success(try work(call)))
                    } catch {
                        continuation.resume(returning: .failure(error))
                    }
                }
                if !isAccepted, call.begin() { continuation.resume(returning: .failure(.unreachable(refusal))) }
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
