import Threading

/// Whether a key service makes data keys: asked at most every few seconds, by one call at a time, however many want to
/// know.
///
/// For health checks, which anybody may make.
package final class KeyServiceProbe: Sendable {
    private typealias Answer = PendingAnswer<KeyServiceError?>

    private struct Call {
        var waiting: [Answer] = []
        /// Nobody waits for it any more.
        var isLate = false
    }

    private struct State {
        var last: (failure: KeyServiceError?, at: ContinuousClock.Instant)?
        /// The call under way.
        var call: Call?
    }

    private enum Turn {
        case known(KeyServiceError?)
        case wait
        case ask
    }

    private let service: any KeyService
    private let interval: Duration
    private let patience: Duration
    private let now: @Sendable () -> ContinuousClock.Instant
    private let report: @Sendable (KeyServiceError) -> Void
    private let state = ShortLock(State())

    /// - Parameters:
    ///   - interval: for so long an answer is taken for the present state.
    ///   - patience: for so long a call is waited for; then the service counts as unavailable until the call ends.
    ///   - report: is told what a call failed with, once, and when it is late: who asks cannot fill a log.
    package init(
        _ service: any KeyService, interval: Duration = .seconds(3), patience: Duration = .seconds(3),
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now },
        report: @escaping @Sendable (KeyServiceError) -> Void = { _ in }
    ) {
        self.service = service
        self.interval = interval
        self.patience = patience
        self.now = now
        self.report = report
    }

    /// What keeps the service from making data keys under its default key; nil when it makes them.
    package func failure() async -> KeyServiceError? {
        let mine = Answer()
        let now = now()
        let turn = state.withLock { state -> Turn in
            if let call = state.call {
                if call.isLate { return .known(late) }
                state.call?.waiting.append(mine)
                return .wait
            }
            if let last = state.last, now - last.at < interval { return .known(last.failure) }
            state.call = Call(waiting: [mine])
            return .ask
        }
        switch turn {
        case .known(let failure): return failure
        case .wait: break
        case .ask: ask()
        }
        return await mine.wait(cancelled: .unavailable("the request was cancelled"))
    }

    private var late: KeyServiceError { .unavailable("it has not answered for \(patience)") }

    private func ask() {
        let timer = Task { [self] in
            guard (try? await Task.sleep(for: patience)) != nil else { return }
            let waiting = state.withLock { state in
                defer { state.call = Call(isLate: true) }
                return state.call?.waiting ?? []
            }
            report(late)
            for one in waiting { one.give(late) }
        }
        Task { [self] in
            let failure = await ended()
            timer.cancel()
            // The timer must not write into the state of a later call.
            await timer.value
            let at = now()
            let waiting = state.withLock { state in
                defer {
                    state.last = (failure, at)
                    state.call = nil
                }
                return state.call?.waiting ?? []
            }
            if let failure { report(failure) }
            for one in waiting { one.give(failure) }
        }
    }

    private func ended() async -> KeyServiceError? {
        do throws(KeyServiceError) {
            _ = try await service.generateDataKey(under: service.defaultKey, context: KMSContext())
            return nil
        } catch {
            return error
        }
    }
}
