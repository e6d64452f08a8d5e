import Logging
import Synchronization
import Threading

/// What a store signs in with, for as long as it lives: obtained when it is first needed, renewed before it ends, by one
/// task however many need it.
///
/// While a token serves nobody waits for the next one.
final class TokenSource<Token: Sendable>: Sendable {
    struct Fresh: Sendable {
        let token: Token
        /// How long it lives from when it was asked for; `nil`: it never ends.
        let lifetime: Duration?
    }

    /// Asks for a token; is given the one that still serves, if there is one, and bounds its time by itself.
    typealias Fetch = @Sendable (Token?) async throws(KeyStoreError) -> Fresh

    /// Between two renewals, whatever lives a store gives.
    private static var shortestPause: Duration { .milliseconds(250) }

    private let name: String
    private let logger: Logger
    private let fetch: Fetch
    private let life = Mutex(TokenLife<Token>())
    private let flight = SingleFlight<Bool, Numbered, KeyStoreError>()
    private let pause = LoginPause()

    /// - Parameter name: What the token is, in log lines: `vault: token`.
    init(_ name: String, logger: Logger, fetch: @escaping Fetch) {
        self.name = name
        self.logger = logger
        self.fetch = fetch
    }

    /// When the token that is held ends; `nil`: there is none, or it never ends.
    var expiry: ContinuousClock.Instant? { life.withLock(\.end) }

    /// A token that serves, and its number for ``refuse(_:)`` and ``accept(_:)``.
    ///
    /// Waits for one no longer than the time that the call has. One that has just been obtained is used however short its
    /// life is.
    func token(_ time: CallTime) async throws(KeyStoreError) -> (token: Token, number: UInt64) {
        let (step, number) = life.withLock { ($0.step(at: .now), $0.number) }
        switch step {
        case .use(let token): return (token, number)
        case .useAndRenew(let token):
            Task { _ = try? await renew() }
            return (token, number)
        case .obtain:
            let late = KeyStoreError.unreachable("\(name): not obtained in time")
            return try await within(time.left, late: late) { () throws(KeyStoreError) in try await self.renew() }.get()
        }
    }

    /// The store refused this token; whether another is to be had now.
    ///
    /// True: ``token(_:)`` obtains one. False: the store refuses what it has just given out, so it is not asked for more for
    /// a while; the token stays, see ``TokenLife``.
    func refuse(_ number: UInt64) -> Bool {
        switch life.withLock({ $0.refuse(number, at: .now) }) {
        case .replaced: return true
        case .kept: return false
        case .pausing(let pause):
            logger.warning(
                "\(name) refused although it has just been obtained: no other is asked for now",
                metadata: ["pause": "\(pause)"])
            return false
        }
    }

    /// The store took this token.
    func accept(_ number: UInt64) { life.withLock { $0.accept(number) } }

    /// Renews the token before it ends, until the task is cancelled, whether or not anybody needs it.
    func run() async {
        while !Task.isCancelled {
            let renewal = life.withLock(\.renewal)
            // Without a token the next call obtains one; a look now and then is enough to see that it has.
            let next = max(renewal ?? .now + .seconds(1), .now + Self.shortestPause)
            do { try await Task.sleep(until: next, clock: .continuous) } catch { return }
            if renewal != nil { _ = try? await renew() }
        }
    }

    /// Obtains the next token, unless somebody else just has; what there is then.
    private func renew() async throws(KeyStoreError) -> (token: Token, number: UInt64) {
        let renewed = try await flight.outcome(true, cancelled: .cancelled) { () throws(KeyStoreError) in
            let (step, number, old) = self.life.withLock { ($0.step(at: .now), $0.number, $0.token) }
            if case .use(let token) = step { return Numbered(token: token, number: number) }
            // Said in the log when the pause began.
            if case .obtain = step, let refusal = self.pause.refusal { throw refusal }
            let asked = ContinuousClock.now
            do throws(KeyStoreError) {
                // While one serves, renewals are rare by themselves.
                let fresh =
                    if case .obtain = step {
                        try await self.pause.logIn { () throws(KeyStoreError) in try await self.fetch(nil) }
                    } else {
                        try await self.fetch(old)
                    }
                let lifetime = fresh.lifetime.map { "\($0)" } ?? "unlimited"
                self.logger.debug("\(self.name) obtained", metadata: ["lifetime": "\(lifetime)"])
                let number = self.life.withLock { life in
                    life.obtain(fresh.token, asked: asked, lifetime: fresh.lifetime)
                    return life.number
                }
                return Numbered(token: fresh.token, number: number)
            } catch {
                let end = self.life.withLock { life in
                    life.fail(at: .now)
                    return life.end
                }
                let left = end.map { "\(max(.zero, $0 - .now))" } ?? "none is held"
                self.logger.warning("\(self.name) not obtained", metadata: ["cause": "\(error)", "left": "\(left)"])
                throw error
            }
        }
        return (renewed.token, renewed.number)
    }

    private struct Numbered: Sendable {
        let token: Token
        let number: UInt64
    }
}
