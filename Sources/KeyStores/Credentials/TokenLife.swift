/// When a token serves, when the next one is asked for, and when nobody may ask again yet.
///
/// A value without a clock: who holds it says what time it is.
///
/// A token is renewed when two thirds of its life are over, less a random twentieth so that many servers do not come at
/// once. If that fails it serves on to its end, and is tried for again after pauses of 1 s and, doubling, up to 30 s, but
/// never longer than a tenth of its life.
///
/// A token that the store refuses is replaced. When the store refuses the replacement as well, before it has ever taken
/// it, another would fare no better: the token stays, in case the store changes its mind, and is replaced after a pause of
/// 1 s and, doubling, up to 30 s.
package struct TokenLife<Token: Sendable>: Sendable {
    package typealias Instant = ContinuousClock.Instant

    package enum Step {
        case use(Token)
        /// It serves still, and it is time for the next one.
        case useAndRenew(Token)
        /// Nothing serves: a new one has to be waited for.
        case obtain
    }

    private struct Held {
        let token: Token
        let number: UInt64
        /// `nil`: it never ends.
        let end: Instant?
        var renewal: Instant?
        let longestPause: Duration
        /// Whether it took the place of one that was refused, and the store has not yet taken it.
        var isOnProbation: Bool
    }

    private var held: Held?
    private var lastNumber: UInt64 = 0
    private var failures = 0
    /// Whether the next token takes the place of one that was refused.
    private var isReplacing = false
    /// Replacements that the store has refused, one after the other.
    private var refusals = 0
    private var nextReplacement: Instant?

    /// None is held.
    package init() {}

    /// Counts the tokens there were; names the one that is held.
    package var number: UInt64 { held?.number ?? lastNumber }
    package var token: Token? { held?.token }
    package var end: Instant? { held?.end }
    /// When to renew without being asked for a token; `nil`: there is none, or it never ends.
    package var renewal: Instant? { held?.renewal }

    package func step(at now: Instant) -> Step {
        guard let held else { return .obtain }
        if let end = held.end, now >= end { return .obtain }
        if let renewal = held.renewal, now >= renewal { return .useAndRenew(held.token) }
        return .use(held.token)
    }

    /// A new token is there.
    ///
    /// - Parameters:
    ///   - asked: When it was asked for: its life cannot have begun sooner.
    ///   - lifetime: `nil`: it never ends.
    ///   - jitter: From 0 to 1.
    package mutating func obtain(
        _ token: Token, asked: Instant, lifetime: Duration?, jitter: Double = Double.random(in: 0...1)
    ) {
        lastNumber += 1
        failures = 0
        held = Held(
            token: token, number: lastNumber, end: lifetime.map { asked + $0 },
            renewal: lifetime.map { asked + $0 * (2.0 / 3 - jitter / 20) },
            longestPause: lifetime.map { min(Self.longestPause, $0 / 10) } ?? Self.longestPause,
            isOnProbation: isReplacing || held?.isOnProbation == true)
        isReplacing = false
    }

    /// There is no new one for now; what is held serves on.
    package mutating func fail(at now: Instant, jitter: Double = Double.random(in: 0...1)) {
        failures = min(failures + 1, 16)
        guard let held, held.renewal != nil else { return }
        let pause = min(held.longestPause, Self.pause(after: failures))
        self.held?.renewal = now + pause * (1 - jitter / 2)
    }

    /// What becomes of a token that the store refused.
    package enum Refusal: Sendable, Hashable {
        /// Whoever needs a token next gets another.
        case replaced
        /// It stays: until the pause is over nobody asks for another.
        case kept
        /// The same, and the pause has just begun.
        case pausing(Duration)
    }

    /// The store refused the token of that number, whatever was said of its life.
    package mutating func refuse(_ number: UInt64, at now: Instant) -> Refusal {
        // Another has come since.
        guard let held, held.number == number else { return .replaced }
        if let nextReplacement {
            if now < nextReplacement { return .kept }
            self.nextReplacement = nil
        } else if held.isOnProbation {
            refusals = min(refusals + 1, 16)
            let pause = Self.pause(after: refusals)
            nextReplacement = now + pause
            return .pausing(pause)
        }
        self.held = nil
        isReplacing = true
        return .replaced
    }

    /// The store took the token of that number.
    package mutating func accept(_ number: UInt64) {
        guard held?.number == number else { return }
        held?.isOnProbation = false
        refusals = 0
        nextReplacement = nil
    }

    private static var longestPause: Duration { .seconds(30) }

    /// 1 s after the first of a row of failures, twice as long after each further one.
    private static func pause(after failures: Int) -> Duration {
        min(longestPause, .seconds(1) * (1 << (failures - 1)))
    }
}
