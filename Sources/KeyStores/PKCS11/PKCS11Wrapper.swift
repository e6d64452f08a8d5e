import Cryptography
import KESProtocol
import Synchronization

/// Wraps keys under a key that never leaves its hardware security module.
final class PKCS11Wrapper: KeyWrapper {
    private let configuration: PKCS11Configuration
    private let sessions: PKCS11Sessions
    /// Keys of the token by their labels, as they were found; handles change when the token was away.
    private let keys = Mutex<[String: PKCS11Key]>([:])

    init(_ module: PKCS11Module, _ configuration: PKCS11Configuration) {
        self.configuration = configuration
        sessions = module.sessions(of: configuration.token)
    }

    var title: String { "PKCS#11: the key '\(configuration.key)' of \(sessions.name)" }
    var kind: EnvelopeKind { .pkcs11 }

    // MARK: Calls

    /// Wraps a key for nobody: that the library answers does not yet mean that the token does.
    func status() async throws(KeyStoreError) -> Duration {
        let start = ContinuousClock.now
        _ = try await wrapped(SecretKey(), "")
        return ContinuousClock.now - start
    }

    func wrap(_ key: SecretKey, for name: KeyName) async throws(KeyStoreError) -> WrappedKey {
        WrappedKey(wrappingKey: configuration.key, bytes: try await wrapped(key, name.text))
    }

    /// With the key that the envelope names, which may be the one before the configuration's.
    func unwrap(_ wrapped: WrappedKey, for name: KeyName) async throws(KeyStoreError) -> SecretKey {
        try await sessions.run(configuration.pin) { [self] (session) throws(PKCS11Failure) in
            let key = try wrappingKey(wrapped.wrappingKey, in: session)
            do throws(PKCS11Failure) {
                return try key.unwrap(wrapped.bytes, for: name.text, in: session)
            } catch {
                var blamesInput = error.blamesInput
                if error.isVague { blamesInput = try works(key, in: session) }
                guard blamesInput else { throw error }
                throw .verdict(.corrupt("\(sessions.name) cannot unwrap it with the key '\(key.label)' (\(error))"))
            }
        }
    }

    /// The key that is to wrap from now on, and what there is to warn of it.
    func examine() async throws(KeyStoreError) -> String? {
        let key = try await sessions.run(configuration.pin) { [self] (session) throws(PKCS11Failure) in
            let key = try wrappingKey(configuration.key, in: session)
            _ = try key.wrap(SecretKey(), for: "", in: session)
            return key
        }
        guard key.isExtractable else { return nil }
        return "the key '\(key.label)' of \(sessions.name) is extractable: whoever has the PIN can take it out"
    }

    // MARK: Parts

    private func wrapped(_ key: SecretKey, _ name: String) async throws(KeyStoreError) -> [UInt8] {
        try await sessions.run(configuration.pin) { [self] (session) throws(PKCS11Failure) in
            try wrappingKey(configuration.key, in: session).wrap(key, for: name, in: session)
        }
    }

    private func wrappingKey(
        _ label: String, in session: PKCS11Sessions.Session
    ) throws(PKCS11Failure) -> PKCS11Key {
        if let known = keys.withLock({ $0[label] }), known.generation == session.generation { return known }
        let found = try PKCS11Key.find(label, in: session)
        keys.withLock { $0[label] = found }
        return found
    }

    /// Whether a key does what it is there for: then it is the wrapped key's fault that it did not.
    private func works(_ key: PKCS11Key, in session: PKCS11Sessions.Session) throws(PKCS11Failure) -> Bool {
        let probe = SecretKey()
        let wrapped = try key.wrap(probe, for: "", in: session)
        return try key.unwrap(wrapped, for: "", in: session).isEqual(to: probe)
    }
}
