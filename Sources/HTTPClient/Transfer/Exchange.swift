import Synchronization
import Threading

/// One request between the task that waits for it and the loop that does it.
final class Exchange: Sendable {
    typealias Outcome = Result<HTTPClientResponse, HTTPClientError>

    private let answer = PendingAnswer<Outcome>()
    private let cancelled = Atomic(false)

    /// The task has gone on without an answer.
    var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    /// Waits for the answer; `onCancel` is called when the task is cancelled before.
    func outcome(onCancel: @escaping @Sendable () -> Void) async -> Outcome {
        await answer.wait(cancelled: .failure(.cancelled)) {
            self.cancelled.store(true, ordering: .relaxed)
            onCancel()
        }
    }

    /// Answers the task; when it is gone, the answer is wiped.
    func finish(_ outcome: Outcome) {
        guard !answer.give(outcome), case .success(let response) = outcome else { return }
        wipeShared(response.body)
    }
}
