import Synchronization

/// What `work` says, or `late` when `limit` is over first.
///
/// What is late is cancelled and not waited for: a key store that hangs must not keep its clients. When the task is
/// cancelled, so is `work`, whose answer is still waited for until `limit`.
package func within<Value: Sendable, Failure: Error>(
    _ limit: Duration, late: Failure, _ work: @escaping @Sendable () async throws(Failure) -> Value
) async -> Result<Value, Failure> {
    guard limit > .zero else { return .failure(late) }
    let race = Race<Result<Value, Failure>>()
    return await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
            race.begin(continuation)
            let attempt = Task {
                do throws(Failure) { race.finish(.success(try await work())) } catch { race.finish(.failure(error)) }
            }
            let alarm = Task {
                do { try await Task.sleep(for: limit) } catch { return }
                race.finish(.failure(late))
                attempt.cancel()
            }
            race.run(attempt, alarm)
        }
    } onCancel: {
        race.cancel()
    }
}

/// A continuation that the first of two tasks resumes.
private final class Race<Outcome: Sendable>: Sendable {
    private struct State {
        var continuation: CheckedContinuation<Outcome, Never>?
        var attempt: Task<Void, Never>?
        var alarm: Task<Void, Never>?
        var isCancelled = false
    }

    private let state = Mutex(State())

    func begin(_ continuation: CheckedContinuation<Outcome, Never>) {
        state.withLock { $0.continuation = continuation }
    }

    func run(_ attempt: Task<Void, Never>, _ alarm: Task<Void, Never>) {
        let (isFinished, isCancelled) = state.withLock { state in
            let isFinished = state.continuation == nil
            if !isFinished { (state.attempt, state.alarm) = (attempt, alarm) }
            return (isFinished, state.isCancelled)
        }
        if isFinished { alarm.cancel() }
        if isCancelled { attempt.cancel() }
    }

    func cancel() {
        state.withLock { state in
            state.isCancelled = true
            return state.attempt
        }?.cancel()
    }

    func finish(_ outcome: Outcome) {
        let (continuation, alarm) = state.withLock { state in
            defer { (state.continuation, state.attempt, state.alarm) = (nil, nil, nil) }
            return (state.continuation, state.alarm)
        }
        alarm?.cancel()
        continuation?.resume(returning: outcome)
    }
}
