/// Whether calls go out at all: a state machine without a clock or a network of its own.
///
/// When a call ends without an answer of any server, and none has answered another one meanwhile, the circuit opens: calls
/// fail at once, with that call's error, instead of waiting for the same. A second later one call tries the servers, then
/// one a second after it has failed; the first answer of a server, a refusal too, closes the circuit.
package struct CallCircuit: Sendable {
    /// Between a failure and the next trial.
    package static let pause: Duration = .seconds(1)

    package enum Entry: Hashable, Sendable {
        case call
        /// The call is the trial, which tells how it went.
        case trial
        case refused(KESClientError)
    }

    private enum State {
        case closed
        case open(KESClientError, until: Duration)
        case tried(KESClientError)
    }

    private var state = State.closed
    private var lastAnswer = Duration.seconds(Int64.min)

    package init() {}

    /// What a call may do that begins now; whoever is let in tells how it went.
    package mutating func enter(at now: Duration) -> Entry {
        if let error = refusal(at: now) { return .refused(error) }
        switch state {
        case .closed: return .call
        case .open(let error, _), .tried(let error):
            state = .tried(error)
            return .trial
        }
    }

    /// Why a call would be refused now; nil when it would not.
    package func refusal(at now: Duration) -> KESClientError? {
        switch state {
        case .closed: nil
        case .open(let error, let until): until > now ? error : nil
        case .tried(let error): error
        }
    }

    /// A server gave an answer, whatever it says.
    package mutating func answered(at now: Duration) {
        lastAnswer = now
        state = .closed
    }

    /// A call that began at `start` got no answer from any server.
    package mutating func failed(_ error: KESClientError, _ entry: Entry, since start: Duration, at now: Duration) {
        switch entry {
        case .trial:
            if case .tried = state { state = .open(error, until: now + Self.pause) }
        case .call:
            guard lastAnswer < start else { return }
            if case .closed = state { state = .open(error, until: now + Self.pause) }
        case .refused: break
        }
    }

    /// The call ended without showing anything about the servers.
    package mutating func abandoned(_ entry: Entry, at now: Duration) {
        if entry == .trial, case .tried(let error) = state { state = .open(error, until: now) }
    }
}
