import Synchronization

/// What `work` says, or `late` when `limit` is over first.
///
/// What is late is cancelled and not waited for: a key store that hangs must not keep its clients.
func within<Value: Sendable, Failure: Error>(
    _ limit: Duration, late: Failure, _ work: @escaping @Sendable () async throws(Failure) -> Value
) async -> Result<Value, Failure> {
    guard limit > .zero else { return .failure(late) }
    return await withCheckedContinuation { continuation in
        let race = Race(continuation)
        let attempt = Task {
            do throws(Failure) { race.finish(.success(try await work())) } catch { race.finish(.failure(error)) }
        }
        let alarm = Task {
            do { try await Task.sleep(for: limit) } catch { return }
            race.finish(.failure(late))
            attempt.cancel()
        }
        race.onFinish { alarm.cancel() }
    }
}

/// A continuation that the first of two resumes.
private final class Race<Outcome: Sendable>: Sendable {
    private struct State {
        var continuation: CheckedContinuation<Outcome, Never>?
        var cleanUp: (@Sendable () -> Void)?
    }

    private let state: Mutex<State>

    init(_ continuation: CheckedContinuation<Outcome, Never>) { state = Mutex(State(continuation: continuation)) }

    func onFinish(_ body: @escaping @Sendable () -> Void) {
        let isFinished = state.withLock { state in
            if state.continuation != nil { state.cleanUp = body }
            return state.continuation == nil
        }
        if isFinished { body() }
    }

    func finish(_ outcome: Outcome) {
        let (continuation, cleanUp) = state.withLock { state in
            defer { state = State() }
            return (state.continuation, state.cleanUp)
        }
        cleanUp?()
        continuation?.resume(returning: outcome)
    }
}
