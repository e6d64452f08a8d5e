import Locking
import Synchronization

/// One request between the task that waits for it and the thread that does it.
///
/// The task goes on as soon as it is cancelled; the thread notices within a second.
final class Exchange: Cancellable {
    typealias Outcome = Result<HTTPClientResponse, HTTPClientError>

    private enum State {
        case new
        case waiting(CheckedContinuation<Outcome, Never>)
        case done
    }

    private let state = ShortLock(State.new)
    private let cancelled = Atomic(false)

    var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    /// False when the request has been cancelled already, and answered so.
    func begin(_ continuation: CheckedContinuation<Outcome, Never>) -> Bool {
        let isNew = state.withLock { state in
            guard case .new = state else { return false }
            state = .waiting(continuation)
            return true
        }
        if !isNew { continuation.resume(returning: .failure(.cancelled)) }
        return isNew
    }

    /// Answers the task, unless it is gone.
    func finish(_ outcome: Outcome) {
        let continuation = state.withLock { state -> CheckedContinuation<Outcome, Never>? in
            defer { state = .done }
            guard case .waiting(let continuation) = state else { return nil }
            return continuation
        }
        continuation?.resume(returning: outcome)
    }

    func cancel() {
        cancelled.store(true, ordering: .relaxed)
        finish(.failure(.cancelled))
    }
}
