package import Cryptography
package import KESProtocol
package import Logging

/// The secrets of an Azure Key Vault, each of which is a key, as the original KES keeps them.
///
/// A secret has versions, and a vault adds one whenever it is written to: it cannot be told to write only what is not there
/// yet. So the oldest version is the key (``AzureSecretVersions``): whoever creates one adds a version, waits until no
/// older one can appear any more, and looks whether its own is the oldest. A read takes two requests, one for the versions
/// and one for the value.
package final class AzureKeyStore: ReplacingKeyStore {
    let vault: AzureVault
    let logger: Logger
    private let listings = AzureListings()

    /// Contacts nobody.
    ///
    /// - Parameter environment: Variables with the credentials and addresses of this machine.
    package init(
        _ configuration: AzureConfiguration, environment: [String: String], logger: Logger
    ) throws(KeyStoreError) {
        self.logger = logger
        vault = try AzureVault(
            configuration.endpoint, configuration.credentials, challengePath: "/secrets", apiVersion: "7.5",
            environment: environment, logger: logger)
    }

    package var title: String { "Azure KeyVault: \(vault.endpoint.origin)" }

    // MARK: Authentication

    package var credentialExpiry: ContinuousClock.Instant? { vault.tokenExpiry }

    package func run() async { await vault.run() }

    // MARK: Calls

    package func status() async throws(KeyStoreError) -> Duration { try await vault.status() }

    package func create(_ name: KeyName, _ value: SecretBytes) async throws(KeyStoreError) {
        guard Self.canHold(name) else {
            throw .nameNotAllowed(
                "the key store (Azure Key Vault) holds names of letters, digits and hyphens only, not '\(name)'")
        }
        let time = CallTime()
        let before = try await versions(name, time)
        guard before.first == nil else { throw Self.taken(name, before) }
        let write = try AzureSecretWrite(name, value, replacing: nil)
        let after = try await add(write, time)
        // Without a version the key was deleted again, which may well have been after its creation.
        guard let first = after.first, first.tags[AzureSecretVersion.Tag.write] != write.id else { return }
        logger.notice("another server created the key at the same time", metadata: ["key": "\(name)"])
        throw Self.taken(name, after)
    }

    package func get(_ name: KeyName) async throws(KeyStoreError) -> SecretBytes {
        guard Self.canHold(name) else { throw .keyNotFound }
        let time = CallTime()
        return try await value(of: try await current(name, time), time)
    }

    package func replace(_ name: KeyName, _ old: SecretBytes, with new: SecretBytes) async throws(KeyStoreError) {
        guard Self.canHold(name) else { throw .keyNotFound }
        let time = CallTime()
        let current = try await current(name, time)
        guard try await value(of: current, time).isEqual(to: old) else { throw .keyChanged }
        let write = try AzureSecretWrite(name, new, replacing: current.id)
        let after = try await add(write, time)
        guard after.all.contains(where: { $0.id == current.id }) else {
            // Deleted meanwhile. What was written must not bring the key back to life.
            if after.first?.tags[AzureSecretVersion.Tag.write] == write.id { _ = try await remove(name, time) }
            throw .keyNotFound
        }
        guard after.successor(of: current)?.tags[AzureSecretVersion.Tag.write] == write.id else { throw .keyChanged }
    }

    package func delete(_ name: KeyName) async throws(KeyStoreError) {
        guard Self.canHold(name) else { throw .keyNotFound }
        let time = CallTime()
        let versions = try await versions(name, time)
        // The vault would remove it in whatever case it is spelt.
        if let other = versions.keyName, other != name.text { throw .keyNotFound }
        let wasThere = try await remove(name, time)
        guard wasThere || versions.first != nil else { throw .keyNotFound }
    }

    package func list(prefix: String, after last: String?, limit: Int) async throws(KeyStoreError) -> KeyNamePage {
        let time = CallTime()
        if let page = listings.page(prefix: prefix, after: last, limit: limit) { return page }
        var listing = listings.begin(prefix: prefix, after: last, limit: limit)
        while let path = listing.next {
            do throws(KeyStoreError) {
                guard time.left > AzureVault.reserve else { throw .cancelled }
                let page = try await vault.page(path, "list secrets", needing: .listSecrets, time)
                guard let page, listing.add(page) else { throw vault.malformed("list secrets") }
            } catch .cancelled {
                listings.suspend(listing)
                // An outage it is not: the vault answers, 25 names at a time.
                throw .unavailable(
                    "azure: Key Vault has listed \(listing.count) secrets in the time that there was; who asks again gets "
                        + "those that follow")
            } catch {
                throw error
            }
        }
        return listings.end(&listing)
    }
}
