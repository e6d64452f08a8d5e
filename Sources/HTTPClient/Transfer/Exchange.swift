import Locking
import Synchronization

/// One request between the task that waits for it and the thread that does it.
///
/// The task goes on as soon as it is cancelled; the thread notices within a second.
final class Exchange: Cancellable {
    typealias Outcome = Result<HTTPClientResponse, HTTPClientError>

    private let answer = PendingAnswer<Outcome>()
    private let cancelled = Atomic(false)

    var isCancelled: Bool { cancelled.load(ordering: .relaxed) }

    func outcome() async -> Outcome {
        await answer.wait(cancelled: .failure(.cancelled), onCancel: { self.cancelled.store(true, ordering: .relaxed) })
    }

    /// Answers the task, unless it is gone.
    func finish(_ outcome: Outcome) { answer.give(outcome) }
}
