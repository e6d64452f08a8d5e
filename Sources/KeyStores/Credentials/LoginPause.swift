import Synchronization

/// After a refused login there is none for a while: 1 s, then twice as long each time, up to 30 s.
///
/// Every call wants a token. Without a pause every call would be a login, and services lock out who fails often.
final class LoginPause: Sendable {
    private static let longest = Duration.seconds(30)

    private struct State {
        var length = Duration.seconds(1)
        var refusal: (error: KeyStoreError, until: ContinuousClock.Instant)?
    }

    private let state = Mutex(State())

    /// What the last login came to, while the pause after it lasts.
    var refusal: KeyStoreError? {
        guard let refusal = state.withLock(\.refusal), ContinuousClock.now < refusal.until else { return nil }
        return refusal.error
    }

    /// What `logIn` comes to, which begins a pause when it is refused.
    func logIn<Fresh: Sendable>(
        _ logIn: () async throws(KeyStoreError) -> Fresh
    ) async throws(KeyStoreError) -> Fresh {
        do throws(KeyStoreError) {
            let fresh = try await logIn()
            state.withLock { $0 = State() }
            return fresh
        } catch {
            if case .notAuthorized = error { begin(error) }
            throw error
        }
    }

    private func begin(_ error: KeyStoreError) {
        state.withLock { state in
            state.refusal = (error, .now + state.length)
            state.length = min(Self.longest, state.length * 2)
        }
    }
}
