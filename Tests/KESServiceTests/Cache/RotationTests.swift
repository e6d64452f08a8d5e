import KESProtocol
import KESService
import KeyStores
import TestSupport
import Testing

@Suite struct RotationTests {
    @Test func `a rotated key seals with its new version at once and opens all`() async throws {
        let f = try await VaultFixture()
        let before = try await f.vault.key(f.name)
        let sealed = before.seal([1, 2, 3], context: [4])
        let after = try await f.vault.rotate(f.name, by: "you")
        #expect(f.vault.cached(f.name) === after)
        #expect(after.versions.map(\.number) == [1, 2] && after.versions.map(\.createdBy) == ["me", "you"])
        #expect(after.seal([1], context: []).count == 1 + 44 + 8)
        #expect(try f.vault.openCached(sealed, under: f.name, context: [4]) == [1, 2, 3])
        #expect(try f.vault.openCached(after.seal([5], context: [6]), under: f.name, context: [6]) == [5])
        #expect(before.hmac([1]) == after.hmac([1]))
    }

    @Test func `uses are counted on from copy to copy`() async throws {
        let f = try await VaultFixture()
        let key = try await f.vault.key(f.name)
        let sealed = key.seal([1], context: [])
        _ = try key.open(sealed, context: [])
        let rotated = try await f.vault.rotate(f.name, by: "you")
        _ = rotated.seal([1], context: [])
        f.clock.advance(1000)
        f.vault.removeExpired()
        #expect(f.vault.count == 0)
        let again = try await f.vault.key(f.name)
        _ = try again.open(sealed, context: [])
        #expect(again.versions.map(\.uses.sealed) == [1, 1])
        #expect(again.versions.map(\.uses.opened) == [2, 0])
    }

    @Test func `a version that another server made is found, however soon`() async throws {
        let f = try await VaultFixture()
        let elsewhere = KeyVault(store: f.store, clock: { [clock = f.clock] in clock.now }, logger: f.log.logger)
        _ = try await f.vault.key(f.name)
        let sealed = try await elsewhere.rotate(f.name, by: "you").seal([7], context: [])
        let readings = f.store.count("get a-key")
        #expect(try f.vault.openCached(sealed, under: f.name, context: []) == nil)
        #expect(try await f.vault.open(sealed, under: f.name, context: []) == [7])
        #expect(try f.vault.openCached(sealed, under: f.name, context: []) == [7])
        // A version that nobody made costs a reading.
        f.clock.advance(1)
        var forged = sealed
        forged[7] = 9
        await #expect(throws: KESFault.notAuthentic) { try await f.vault.open(forged, under: f.name, context: []) }
        #expect(f.store.count("get a-key") == readings + 2)
    }

    @Test func `rotations at once on two servers lose nothing`() async throws {
        let directory = try TemporaryDirectory()
        func vault() throws -> KeyVault {
            let logger = LogRecord().logger
            return KeyVault(store: try FileKeyStore(.init(path: directory.path), logger: logger), logger: logger)
        }
        let vaults = try (0..<2).map { _ in try vault() }
        let name = try keyName("k")
        try await vaults[0].create(name, by: "me")
        let sealed = try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for number in 0..<10 {
                group.addTask { try await vaults[number % 2].rotate(name, by: "\(number)").seal([1], context: []) }
            }
            return try await group.reduce(into: [[UInt8]]()) { $0.append($1) }
        }
        let key = try await vault().key(name)
        #expect(key.versions.map { Int($0.number) } == Array(1...11))
        #expect(Set(key.versions.dropFirst().map(\.createdBy)) == Set((0..<10).map(String.init)))
        for ciphertext in sealed { #expect(try key.open(ciphertext, context: []) == [1]) }
        #expect(key.versions.allSatisfy { $0.uses.opened == ($0.number == 1 ? 0 : 1) })
    }
}
