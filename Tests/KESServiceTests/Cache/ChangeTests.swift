import Cryptography
import KESProtocol
import KESService
import KeyManagement
import KeyStores
import TestSupport
import Testing

/// What memory holds after keys were changed: never what the store no longer has.
@Suite struct ChangeTests {
    /// Whether what the vault seals now opens with what the store holds, as it would after a restart.
    private func sealsForTheStore(_ f: VaultFixture) async throws -> Bool {
        let sealed = try await f.vault.key(f.name).seal([1, 2, 3], context: [])
        let restarted = KeyVault(store: f.store.inner, logger: f.log.logger)
        return (try? await restarted.open(sealed, under: f.name, context: [])) == [1, 2, 3]
    }

    private func importSecret(_ vault: KeyVault, _ name: KeyName) async throws {
        try await vault.importKey(name, SecretKey(), cipher: .aes256, by: "you")
    }

    /// Waits until the store was asked, and the one who asks is behind the gate.
    private func untilAsked(_ f: VaultFixture, _ call: String, times: Int = 1) async {
        while f.store.count(call) < times { await Task.yield() }
        for _ in 0..<1000 { await Task.yield() }
    }

    // MARK: Keys that another server changed

    @Test(arguments: [true, false])
    func `a key that another server deleted and this one makes again seals with its new bytes`(_ imports: Bool)
        async throws
    {
        let f = try await VaultFixture()
        let elsewhere = KeyVault(store: f.store, logger: f.log.logger)
        let old = try await f.vault.key(f.name)
        try await elsewhere.delete(f.name)
        #expect(f.vault.cached(f.name) === old)
        if imports {
            try await importSecret(f.vault, f.name)
        } else {
            try await f.vault.create(f.name, by: "you")
        }
        #expect(f.vault.cached(f.name) == nil)
        #expect(try await sealsForTheStore(f))
        #expect(try await f.vault.key(f.name).createdBy == "you")
    }

    @Test func `a key that another server deleted is forgotten when the store says so`() async throws {
        let f = try await VaultFixture(expiry: CacheExpiry(offline: .seconds(3600)))
        _ = try await f.vault.key(f.name)
        try await f.store.inner.delete(f.name)
        await #expect(throws: KESFault.keyNotFound) { try await f.vault.rotate(f.name, by: "me") }
        #expect(f.vault.cached(f.name) == nil)

        _ = try await f.vault.key(f.other)
        try await f.store.inner.delete(f.other)
        f.clock.advance(31)
        await #expect(throws: KESFault.keyNotFound) { try await f.vault.key(f.other) }
        // The next outage does not bring it back.
        f.store.fail(.unreachable("down"))
        await f.vault.checkStore()
        #expect(f.vault.cached(f.other) == nil)
        await #expect(throws: KESFault.keyReadFailed) { try await f.vault.key(f.other) }
    }

    @Test func `rotation takes the place of a longer history that is no longer the key's`() async throws {
        let f = try await VaultFixture()
        let elsewhere = KeyVault(store: f.store, logger: f.log.logger)
        for _ in 0..<3 { _ = try await f.vault.rotate(f.name, by: "me") }
        try await elsewhere.delete(f.name)
        try await importSecret(elsewhere, f.name)
        #expect(try await f.vault.rotate(f.name, by: "me").newestVersion == 2)
        #expect(f.vault.cached(f.name)?.newestVersion == 2)
        #expect(try await sealsForTheStore(f))
    }

    // MARK: One server

    @Test func `a key that is deleted and imported again seals with its new bytes`() async throws {
        let f = try await VaultFixture()
        _ = try await f.vault.key(f.name)
        try await f.vault.delete(f.name)
        try await importSecret(f.vault, f.name)
        #expect(try await sealsForTheStore(f))
    }

    @Test(arguments: [KeyStoreError.unreachable("the answer was lost"), .unavailable("cannot flush the directory")])
    func `a deletion that happened although it failed is not outlived by memory`(_ failure: KeyStoreError) async throws
    {
        let f = try await VaultFixture()
        _ = try await f.vault.key(f.name)
        f.store.failAfterChanges(failure)
        await #expect(throws: KESFault.keyDeletionFailed) { try await f.vault.delete(f.name) }
        f.store.failAfterChanges(nil)
        #expect(f.vault.cached(f.name) == nil)
        try await importSecret(f.vault, f.name)
        #expect(try await sealsForTheStore(f))
    }

    @Test func `a creation that happened although it failed is seen`() async throws {
        let f = try await VaultFixture()
        _ = try await f.vault.key(f.name)
        try await f.store.inner.delete(f.name)
        f.store.failAfterChanges(.unreachable("the answer was lost"))
        await #expect(throws: KESFault.keyCreationFailed) { try await f.vault.create(f.name, by: "you") }
        f.store.failAfterChanges(nil)
        await f.vault.checkStore()
        #expect(f.vault.cached(f.name) == nil)
        #expect(try await sealsForTheStore(f))
    }

    @Test func `a creation that fails in an outage costs nobody the key in memory`() async throws {
        let f = try await VaultFixture(expiry: CacheExpiry(offline: .seconds(3600)))
        let key = try await f.vault.key(f.name)
        f.store.fail(.unreachable("down"))
        await #expect(throws: KESFault.keyCreationFailed) { try await f.vault.create(f.name, by: "you") }
        #expect(f.vault.cached(f.name) === key)
    }

    // MARK: Races

    @Test func `what was read before a key was deleted and made again is not kept`() async throws {
        let f = try await VaultFixture()
        f.store.close()
        let reading = Task { try await f.vault.key(f.name) }
        await untilAsked(f, "get a-key")
        try await f.vault.delete(f.name)
        try await f.vault.create(f.name, by: "you")
        f.store.open()
        _ = try? await reading.value
        #expect(f.vault.cached(f.name) == nil)
        #expect(try await sealsForTheStore(f))
    }

    @Test func `who asks after a change does not get what was read before it`() async throws {
        let f = try await VaultFixture()
        f.store.close()
        let before = Task { try await f.vault.key(f.name) }
        await untilAsked(f, "get a-key")
        try await f.vault.delete(f.name)
        try await f.vault.create(f.name, by: "you")
        let after = Task { try await f.vault.key(f.name) }
        await untilAsked(f, "get a-key", times: 2)
        f.store.open()
        _ = try? await before.value
        #expect(try await after.value.createdBy == "you")
        #expect(f.vault.cached(f.name)?.createdBy == "you")
    }

    @Test func `that a key does not exist is not believed of one that was made meanwhile`() async throws {
        let f = try await VaultFixture()
        try await f.vault.delete(f.name)
        f.store.close(["missing"])
        let missing = Task { try await f.vault.key(f.name) }
        await untilAsked(f, "get a-key")
        try await f.vault.create(f.name, by: "you")
        let key = try await f.vault.key(f.name)
        f.store.open()
        await #expect(throws: KESFault.keyNotFound) { try await missing.value }
        #expect(key.createdBy == "you" && f.vault.cached(f.name) === key)
    }

    @Test func `a rotation whose key was deleted before its answer came brings nothing back`() async throws {
        let f = try await VaultFixture()
        _ = try await f.vault.key(f.name)
        f.store.close(["replace"])
        let rotating = Task { try await f.vault.rotate(f.name, by: "me") }
        await untilAsked(f, "replace")
        try await f.vault.delete(f.name)
        f.store.open()
        _ = try? await rotating.value
        #expect(f.vault.cached(f.name) == nil)
        try await importSecret(f.vault, f.name)
        #expect(try await sealsForTheStore(f))
    }

    @Test func `a change that ends after its call has failed still changes memory`() async throws {
        let f = try await VaultFixture(timeout: .milliseconds(50))
        _ = try await f.vault.key(f.name)
        try await f.store.inner.delete(f.name)
        f.store.close(["create"])
        await #expect(throws: KESFault.keyCreationFailed) { try await f.vault.create(f.name, by: "you") }
        f.store.open()
        await f.vault.checkStore()
        #expect(try await sealsForTheStore(f))
        #expect(try await f.vault.key(f.name).createdBy == "you")
    }

    // MARK: A vault in another one's place

    @Test func `a change that ends after the configuration was replaced is one of the new memory too`() async throws {
        let f = try await VaultFixture()
        let successor = KeyVault(store: f.store.inner, logger: f.log.logger)
        f.store.close(["delete"])
        let deletion = Task { try await f.vault.delete(f.name) }
        // It has been done in the store, whose answer is on its way.
        await untilAsked(f, "delete")
        try await f.store.inner.create(f.name, try await f.store.inner.get(f.other))
        f.vault.handOn(to: successor)
        let read = try await successor.key(f.name)
        #expect(successor.cached(f.name) === read)
        f.store.open()
        try await deletion.value
        #expect(successor.cached(f.name) == nil)
    }
}
