/// One answer between the task that waits for it and whoever gives it, in either order.
///
/// The task goes on as soon as it is cancelled; an answer that comes later finds nobody.
package final class PendingAnswer<Answer: Sendable>: Sendable {
    private enum State {
        case open
        case waiting(CheckedContinuation<Answer, Never>)
        case answered(Answer)
        case done
    }

    private let state = ShortLock(State.open)

    package init() {}

    /// The answer, or `cancelled` when the task is cancelled first; to be called once.
    package func wait(cancelled: Answer, onCancel: @escaping @Sendable () -> Void = {}) async -> Answer {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> Answer? in
                    guard case .answered(let answer) = state else {
                        state = .waiting(continuation)
                        return nil
                    }
                    state = .done
                    return answer
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            onCancel()
            give(cancelled)
        }
    }

    /// Answers the task; false when it has its answer already.
    @discardableResult
    package func give(_ answer: Answer) -> Bool {
        let (isTaken, continuation) = state.withLock { state -> (Bool, CheckedContinuation<Answer, Never>?) in
            switch state {
            case .open:
                state = .answered(answer)
                return (true, nil)
            case .waiting(let continuation):
                state = .done
                return (true, continuation)
            case .answered, .done: return (false, nil)
            }
        }
        continuation?.resume(returning: answer)
        return isTaken
    }
}
