import Synchronization

/// The secrets that wrapping tokens were exchanged for, for as long as the process lives.
///
/// A wrapping token can be used once, and is in the configuration still when that is read again.
final class UnwrappedSecrets: Sendable {
    static let shared = UnwrappedSecrets()

    private let known = Mutex<[String: SecretText]>([:])

    func secret(
        of wrapping: String, _ unwrap: () async throws(KeyStoreError) -> String
    ) async throws(KeyStoreError) -> String {
        if let known = known.withLock({ $0[wrapping] }) { return known.text }
        let secret = try await unwrap()
        known.withLock { $0[wrapping] = SecretText(secret) }
        return secret
    }
}
