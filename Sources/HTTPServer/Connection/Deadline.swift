import NIOCore

/// A time limit that costs nothing to set: its clock starts when the loop looks at it for the first time.
struct Deadline {
    private enum State {
        case off
        case set(Duration)
        case running(NIODeadline)
    }

    private var state = State.off

    var isSet: Bool {
        if case .off = state { false } else { true }
    }

    mutating func start(_ limit: Duration) {
        state = .set(limit)
    }

    mutating func stop() {
        state = .off
    }

    /// True once, when the time is over.
    mutating func isOver(_ now: NIODeadline) -> Bool {
        switch state {
        case .off: return false
        case .set(let limit):
            state = .running(now + .nanoseconds(limit.nanoseconds))
            return false
        case .running(let end):
            guard end <= now else { return false }
            state = .off
            return true
        }
    }
}

extension Duration {
    /// Saturated at about 146 years, so that a deadline made from it cannot overflow.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        guard seconds < Int64.max / 2_000_000_000 else { return Int64.max / 2 }
        return max(0, seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
