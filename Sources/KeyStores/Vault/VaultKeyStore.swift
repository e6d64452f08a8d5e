package import Cryptography
import JSON
package import KESProtocol
package import Logging

/// Keys in a K/V engine of HashiCorp Vault or OpenBao, where the original KES keeps them and in its form.
package final class VaultKeyStore: ReplacingKeyStore {
    package let configuration: VaultConfiguration
    let session: VaultSession
    let engine: VaultEngine
    private let transit: VaultTransit?
    private let listings = KeptListings()
    let logger: Logger

    /// Logs in, and makes sure that the engine is one and of the version that the configuration says.
    ///
    /// - Parameter ambientNamespace: The variable `VAULT_NAMESPACE`, which KES would take where the configuration has no
    ///   namespace; here there is a warning of it.
    package static func open(
        _ configuration: VaultConfiguration, ambientNamespace: String?, logger: Logger
    ) async throws(KeyStoreError) -> VaultKeyStore {
        let store = try VaultKeyStore(configuration, logger: logger)
        for warning in configuration.warnings(ambientNamespace: ambientNamespace) { logger.warning("\(warning)") }
        let time = CallTime()
        try await store.session.logIn(time)
        try await store.checkEngine(time)
        return store
    }

    /// Reads the certificates of the configuration, and asks nobody.
    init(_ configuration: VaultConfiguration, logger: Logger) throws(KeyStoreError) {
        guard let engine = VaultEngine(configuration) else {
            throw .unavailable("vault: neither engine nor prefix may contain '..'")
        }
        self.configuration = configuration
        self.engine = engine
        self.logger = logger
        transit = try configuration.transit.map { (transit) throws(KeyStoreError) in try VaultTransit(transit) }
        session = try VaultSession(configuration, logger: logger)
    }

    package var title: String { "Hashicorp Vault: \(configuration.endpoint)" }

    // MARK: Authentication

    package var credentialExpiry: ContinuousClock.Instant? { session.credentialExpiry }

    package func run() async { await session.run() }

    // MARK: Calls

    package func status() async throws(KeyStoreError) -> Duration {
        let time = CallTime()
        let latency = try await session.health(time)
        // A Vault that lets nobody in does not work either.
        try await session.logIn(time)
        return latency
    }

    package func create(_ name: KeyName, _ value: SecretBytes) async throws(KeyStoreError) {
        let time = CallTime()
        var begin = ContinuousClock.now
        switch try await latest(name, time) {
        case .live: throw .keyExists
        case .deleted(let number): throw deletion(name, number)
        case .absent: break
        }
        let text = try await seal(value, time)
        let call = engine.write(name, text.text, after: 0)
        let answer: StoreAnswer?
        do throws(KeyStoreError) {
            (answer, begin) = try await write(call, text, name, lookedAt: begin, time) { entry in
                if case .absent = entry { true } else { false }
            }
        } catch .keyChanged {
            throw .keyExists
        }
        if let answer, !answer.isSuccess {
            // Vault allows the creation of what there is only to those who may update it.
            guard answer.saysVersionMismatch || answer.isRefusal else { throw call.failure(answer) }
            switch try await latest(name, time) {
            case .absent: throw call.failure(answer)
            case .deleted(let number): throw deletion(name, number)
            case .live(let stored, _, _):
                // Ours, when the answer to the first try was lost.
                guard stored.isEqual(to: text) else { throw .keyExists }
                return
            }
        }
        if engine.version == .v1 {
            let settling = min(max(Self.shortestSettling, (ContinuousClock.now - begin) * 4), Self.longestSettling)
            guard try await keeps(text, name, after: settling, time) else { throw .keyExists }
        }
    }

    package func get(_ name: KeyName) async throws(KeyStoreError) -> SecretBytes {
        let time = CallTime()
        return try await open(try await live(name, time).text, time)
    }

    private func live(
        _ name: KeyName, _ time: CallTime
    ) async throws(KeyStoreError) -> (text: SecretBytes, number: Int) {
        switch try await current(name, time) {
        case .absent, .deleted(number: 1): throw .keyNotFound
        case .deleted(let number): throw .corrupt(deletion(name, number).description)
        case .live(let text, let number, _): return (text, number)
        }
    }

    package func replace(_ name: KeyName, _ old: SecretBytes, with new: SecretBytes) async throws(KeyStoreError) {
        let time = CallTime()
        let (stored, number) = try await live(name, time)
        guard try await open(stored, time).isEqual(to: old) else { throw .keyChanged }
        let text = try await seal(new, time)
        let call = engine.write(name, text.text, after: number)
        let (answer, _) = try await write(call, text, name, lookedAt: .now, time) { entry in
            if case .live(let now, _, _) = entry { now.isEqual(to: stored) } else { false }
        }
        if let answer, answer.saysVersionMismatch {
            guard case .live(let stored, _, _) = try await current(name, time), stored.isEqual(to: text) else {
                throw .keyChanged
            }
            return
        }
        if let answer, !answer.isSuccess { throw call.failure(answer) }
        if engine.version == .v1 {
            if try await keeps(text, name, after: Self.longestSettling, time) { return }
            // Who is told so tries again, and must not write before the winner has looked.
            do { try await Task.sleep(for: Self.longestSettling) } catch { throw .cancelled }
            throw .keyChanged
        }
    }

    package func delete(_ name: KeyName) async throws(KeyStoreError) {
        let call = engine.remove(name)
        let answer = try await session.send(call, CallTime())
        if answer.isVaultAbsence { throw .keyNotFound }
        guard answer.isSuccess else { throw call.failure(answer) }
    }

    package func list(prefix: String, after last: String?, limit: Int) async throws(KeyStoreError) -> KeyNamePage {
        try await listings.page(prefix: prefix, after: last, limit: limit) { (add) throws(KeyStoreError) in
            let call = engine.list()
            let answer = try await session.send(call, CallTime())
            if answer.isVaultAbsence { return }
            guard answer.isSuccess else { throw call.failure(answer) }
            // Names of folders end in a slash, so they are none of keys.
            guard answer.forEachVaultName(add) else {
                throw .unavailable("vault: \(call.title): the answer is no list")
            }
        }
    }

    // MARK: Transit

    private func seal(_ value: SecretBytes, _ time: CallTime) async throws(KeyStoreError) -> SecretBytes {
        guard let transit else { return value }
        return try await transit.encrypt(value, session, time)
    }

    /// Plain values are as good with transit as without: stores may hold both.
    private func open(_ text: SecretBytes, _ time: CallTime) async throws(KeyStoreError) -> SecretBytes {
        guard VaultTransit.isCiphertext(text) else { return text }
        guard let transit else {
            throw .corrupt("vault: the key is encrypted with a vault transit key, and no transit is configured")
        }
        return try await transit.decrypt(text, session, time)
    }

    // MARK: Errors

    private func deletion(_ name: KeyName, _ number: Int) -> KeyStoreError {
        .unavailable(
            "vault: version \(number), the latest of '\(engine.entry(name))', is deleted: undelete it (vault kv undelete), "
                + "or, also when it is destroyed, free the name by deleting its metadata (vault kv metadata delete)")
    }
}
