/// When a token serves, when the next one is asked for, and when nobody may ask again yet.
///
/// A value without a clock: who holds it says what time it is.
///
/// A token is renewed when two thirds of its life are over, less a random twentieth so that many servers do not come at
/// once. If that fails it serves on to its end, and is tried for again after pauses of 1 s and, doubling, up to 30 s, but
/// never longer than a tenth of its life.
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
    }

    private var held: Held?
    private var lastNumber: UInt64 = 0
    private var failures = 0

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
            longestPause: lifetime.map { min(.seconds(30), $0 / 10) } ?? .seconds(30))
    }

    /// There is no new one for now; what is held serves on.
    package mutating func fail(at now: Instant, jitter: Double = Double.random(in: 0...1)) {
        failures = min(failures + 1, 16)
        guard let held, held.renewal != nil else { return }
        let pause = min(held.longestPause, .seconds(1) * (1 << (failures - 1)))
        self.held?.renewal = now + pause * (1 - jitter / 2)
    }

    /// The store refused the token of that number, so it does not serve any more.
    package mutating func discard(_ number: UInt64) {
        if held?.number == number { held = nil }
    }
}
