import Cryptography
import KESProtocol
import KESService
import KeyStores
import Logging

/// Opens the key store that a configuration names.
enum KeyStoreOpening {
    enum Failure: Error, CustomStringConvertible {
        /// Trying again does not help.
        case configuration(String)
        /// The store does not answer, fails, or refuses what the server signs in with: another day it may not.
        case store(String)

        var description: String {
            switch self {
            case .configuration(let reason), .store(let reason): reason
            }
        }
    }

    /// Blocks for the file work of a directory.
    ///
    /// - Parameter user: Whether a directory that is missing is made.
    static func open(
        _ configuration: KeyStoreConfiguration, as user: DirectoryUser, logger: Logger
    ) async throws(Failure) -> any KeyStore {
        let environment = ProcessEnvironment.variables()
        do throws(KeyStoreError) {
            switch configuration {
            case .memory: return MemoryKeyStore()
            case .fs(let configuration):
                guard !SealedConfiguration.isSealed(configuration.path) else {
                    throw .unavailable("it is sealed, and keystore.fs has no 'seal'")
                }
                return try FileKeyStore(configuration, as: user, logger: logger)
            case .sealed(let configuration):
                return try await EnvelopeKeyStore.open(configuration, as: user, logger: logger)
            case .vault(let configuration):
                return try await VaultKeyStore.open(
                    configuration, ambientNamespace: environment["VAULT_NAMESPACE"], logger: logger)
            case .fortanix(let configuration): return try FortanixKeyStore(configuration, logger: logger)
            case .gemalto(let configuration): return try GemaltoKeyStore(configuration, logger: logger)
            case .aws(let configuration):
                return try AWSKeyStore(configuration, environment: environment, logger: logger)
            case .awsKMS(let configuration):
                return try EnvelopeKeyStore(configuration, environment: environment, as: user, logger: logger)
            case .azure(let configuration):
                return try AzureKeyStore(configuration, environment: environment, logger: logger)
            case .azureKeys(let configuration):
                return try EnvelopeKeyStore(configuration, environment: environment, as: user, logger: logger)
            case .gcp(let configuration): return try await GCPKeyStore.open(configuration, logger: logger)
            case .entrust(let configuration): return try EntrustKeyStore(configuration, logger: logger)
            case .pkcs11(let configuration):
                return try await EnvelopeKeyStore.open(configuration, as: user, logger: logger)
            }
        } catch {
            let reason = "failed to open the key store \(configuration.place): \(error)"
            switch error {
            case .unreachable: throw .store(reason)
            // Of a directory it means rights of files, which are the machine's own matter.
            case .notAuthorized: throw configuration.isRemote ? .store(reason) : .configuration(reason)
            case .keyExists, .keyNotFound, .keyChanged, .nameNotAllowed, .corrupt, .unavailable, .cancelled:
                throw .configuration(reason)
            }
        }
    }
}

extension KeyStoreOpening {
    /// Opens the store, asks whether it works, and makes the keys that the configuration wants.
    static func vault(
        _ configuration: KESConfiguration, metrics: StoreMetrics, logger: Logger
    ) async throws(Failure) -> KeyVault {
        let store = try await open(configuration.keyStore, as: .server, logger: logger)
        let vault = vault(on: store, configuration, metrics, logger: logger)
        await vault.checkStore()
        if let outage = vault.outage { throw .store("the key store \(store.title) does not work: \(outage)") }
        for name in configuration.keys { try await make(name, in: vault, by: configuration.admin) }
        return vault
    }

    /// Makes a key unless it is there.
    private static func make(_ name: KeyName, in vault: KeyVault, by admin: String) async throws(Failure) {
        do throws(KESFault) {
            try await vault.create(name, by: admin)
        } catch {
            if error == .keyExists { return }
            let reason = "failed to create key '\(name)': \(error.message)"
            // The name is none that this store can hold.
            if error.status == 400 { throw .configuration(reason) }
            // Whoever may read keys and not make them has all it needs if the key is there.
            guard (try? await vault.key(name)) == nil else { return }
            throw .store(reason + (vault.outage.map { ": \($0)" } ?? ""))
        }
    }

    /// A vault for the time until the store can be opened.
    static func pendingVault(
        _ configuration: KESConfiguration, _ failure: Failure, metrics: StoreMetrics, logger: Logger
    ) -> KeyVault {
        vault(
            on: PendingKeyStore(title: configuration.keyStore.name, reason: "\(failure)"), configuration, metrics,
            logger: logger)
    }

    private static func vault(
        on store: any KeyStore, _ configuration: KESConfiguration, _ metrics: StoreMetrics, logger: Logger
    ) -> KeyVault {
        let expiry = CacheExpiry(
            any: configuration.cache.any, unused: configuration.cache.unused, offline: configuration.cache.offline)
        return KeyVault(store: store, expiry: expiry, metrics: metrics, logger: logger)
    }
}

/// Stands in for a key store that could not be opened so far: it does not answer.
struct PendingKeyStore: ReplacingKeyStore {
    let title: String
    let reason: String

    func status() async throws(KeyStoreError) -> Duration { throw .unreachable(reason) }
    func create(_ name: KeyName, _ value: SecretBytes) async throws(KeyStoreError) { throw .unreachable(reason) }
    func get(_ name: KeyName) async throws(KeyStoreError) -> SecretBytes { throw .unreachable(reason) }
    func replace(_ name: KeyName, _ old: SecretBytes, with new: SecretBytes) async throws(KeyStoreError) {
        throw .unreachable(reason)
    }
    func delete(_ name: KeyName) async throws(KeyStoreError) { throw .unreachable(reason) }
    func list(prefix: String, after last: String?, limit: Int) async throws(KeyStoreError) -> KeyNamePage {
        throw .unreachable(reason)
    }
}
