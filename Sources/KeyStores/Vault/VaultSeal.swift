import Synchronization

/// What is known of the one thing that makes every call fail: that Vault is sealed, or not set up.
///
/// While that is known, calls fail at once and without asking. It is believed for a limited time, so that calls find out
/// by themselves when nobody asks for Vault's health.
final class VaultSeal: Sendable {
    enum State: Sendable { case sealed, uninitialized }

    private let believed: Duration
    private let known = Mutex<(state: State, until: ContinuousClock.Instant)?>(nil)

    init(believed: Duration) { self.believed = believed }

    /// What keeps Vault from working, as far as is known.
    var state: State? {
        known.withLock { known in
            guard let known, ContinuousClock.now < known.until else { return nil }
            return known.state
        }
    }

    /// What Vault has just said of itself; `nil`: it works.
    func note(_ state: State?) {
        known.withLock { $0 = state.map { ($0, .now + believed) } }
    }

    func check() throws(KeyStoreError) {
        if let state { throw state.failure }
    }
}
