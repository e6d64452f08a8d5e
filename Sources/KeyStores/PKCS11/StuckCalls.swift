/// Calls of a library that have not returned in time, and whether another is worth a thread.
///
/// A library that hangs keeps every thread that calls it. So when a call has not returned within the patience, and none that
/// began after it has either, there is one more as a trial; if that does not return, there is none until one of them does.
/// Calls that return show that the library as a whole works, and then one that hangs holds up no other.
///
/// A value without a clock: who holds it says what time it is.
package struct StuckCalls: Sendable {
    package typealias Instant = ContinuousClock.Instant

    private let patience: Duration
    private let limit: Int
    /// When each call that is being made began.
    private var begun: [UInt64: Instant] = [:]
    private var lastNumber: UInt64 = 0
    /// The latest beginning of a call that has returned.
    private var lastAnswered: Instant?

    /// - Parameters:
    ///   - patience: How long a call may take that does not hang.
    ///   - limit: Calls that may hang, whatever others do.
    package init(patience: Duration, limit: Int) {
        self.patience = patience
        self.limit = limit
    }

    /// How many calls do not return, and for how long the longest of them has not.
    package func stuck(at now: Instant) -> (count: Int, longest: Duration) {
        let stuck = begun.values.filter { now - $0 >= patience }
        return (stuck.count, stuck.min().map { now - $0 } ?? .zero)
    }

    /// Whether another call is worth it.
    package func admits(at now: Instant) -> Bool {
        let stuck = begun.values.filter { now - $0 >= patience }
        guard stuck.count < limit else { return false }
        // Since the last one that was answered.
        let unanswered = begun.values.filter { begin in lastAnswered.map { begin > $0 } ?? true }
        switch unanswered.count(where: { now - $0 >= patience }) {
        case 0: return true
        case 1: return unanswered.count == 1
        default: return false
        }
    }

    /// A number for ``end(_:)`` of the call that begins; `nil`: it is not worth it.
    package mutating func begin(at now: Instant) -> UInt64? {
        guard admits(at: now) else { return nil }
        lastNumber += 1
        begun[lastNumber] = now
        return lastNumber
    }

    /// The call of that number has returned, whatever it said.
    package mutating func end(_ number: UInt64) {
        guard let begin = begun.removeValue(forKey: number) else { return }
        lastAnswered = max(lastAnswered ?? begin, begin)
    }
}
