import HTTPClient
import JSON
import Logging

/// What may be wrong with a configuration and would not show until a key is lost.
extension VaultKeyStore {
    /// Makes sure that the engine's version is the configured one.
    ///
    /// A call of version 2 to an engine of version 1 seems to work: it writes and reads below `data/`; but nothing is
    /// found by a listing, and deleting deletes nothing.
    func checkEngine(_ time: CallTime) async throws(KeyStoreError) {
        let call = VaultCall(method: .get, path: .fixed("sys/internal/ui/mounts") / engine.path, right: "read")
        let answer = try await session.send(call, time)
        if answer.status >= 500 || answer.status == 429 {
            throw .unreachable("vault: \(call.title): status \(answer.status): \(answer.vaultWords)")
        }
        guard answer.isSuccess else {
            logger.warning(
                """
                vault: there is no engine '\(engine.path)', or the token has no rights there, so its version is not \
                known to be \(engine.version.rawValue): \(answer.vaultWords)
                """)
            return
        }
        let mount = try answer.document(of: "vault")["data"]
        let kind = mount?["type"]?.string ?? "unknown"
        guard ["kv", "generic"].contains(kind) else {
            throw .unavailable("vault: the engine '\(engine.path)' is of the type '\(kind)', not 'kv'")
        }
        let version = mount?["options"]?["version"]?.string ?? "1"
        guard "v\(version)" == engine.version.rawValue else {
            throw .unavailable(
                """
                vault: the engine '\(engine.path)' is K/V version \(version), and the configuration says \
                'version: \(engine.version.rawValue)'; write 'version: v\(version)'
                """)
        }
    }
}

extension VaultConfiguration {
    /// What works, and had better be different.
    func warnings(ambientNamespace: String?) -> [String] {
        var warnings: [String] = []
        if namespace == nil, let ambientNamespace, !ambientNamespace.isEmpty {
            warnings.append(
                """
                vault: VAULT_NAMESPACE is set to '\(ambientNamespace)' and not used; the namespace is what \
                'keystore.vault.namespace' says
                """)
        }
        if case .token = login {
            warnings.append(
                "vault: a token in the configuration is for development: when it ends, so does access to the keys")
        }
        if endpoint.hasPrefix("http://"), !endpoint.isLoopback {
            warnings.append("vault: keys and tokens travel to \(endpoint) without TLS")
        }
        return warnings
    }
}

extension String {
    /// Whether a URL leads to this very machine.
    fileprivate var isLoopback: Bool {
        ["127.", "localhost", "[::1]"].contains { hasPrefix("http://\($0)") }
    }
}
