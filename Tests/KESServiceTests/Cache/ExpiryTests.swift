import KESProtocol
import KESService
import KeyStores
import TestSupport
import Testing

/// What serves when: times in seconds.
@Suite struct ExpiryTests {
    /// Whether a key that was read at 0 and used at each of `uses` is in memory at `at`.
    struct Case: CustomTestStringConvertible {
        var expiry = CacheExpiry(any: .seconds(300), unused: .seconds(30))
        var uses: [Double] = []
        let at: Double
        let isFresh: Bool

        var testDescription: String { "\(expiry) uses \(uses) at \(at)" }
    }

    @Test(arguments: [
        Case(at: 29.9, isFresh: true),
        Case(at: 30, isFresh: false),
        Case(uses: [25], at: 54.9, isFresh: true),
        Case(uses: [25], at: 55, isFresh: false),
        Case(uses: stride(from: 20, to: 300, by: 20).map { $0 }, at: 299.9, isFresh: true),
        Case(uses: stride(from: 20, to: 300, by: 20).map { $0 }, at: 300, isFresh: false),
        Case(expiry: CacheExpiry(any: .seconds(10), unused: .seconds(30)), at: 9.9, isFresh: true),
        Case(expiry: CacheExpiry(any: .seconds(10), unused: .seconds(30)), at: 10, isFresh: false),
        // The store answers, so `offline` changes nothing.
        Case(
            expiry: CacheExpiry(any: .seconds(10), unused: .seconds(30), offline: .seconds(100)), at: 10, isFresh: false
        ),
        Case(expiry: CacheExpiry(any: .zero, unused: .zero), at: 0, isFresh: false),
    ])
    func `an entry lives for any since it was read and for unused since it was used`(_ c: Case) async throws {
        let f = try await VaultFixture(expiry: c.expiry)
        _ = try await f.vault.key(f.name)
        var time = 0.0
        for use in c.uses {
            f.clock.advance(use - time)
            time = use
            #expect(f.vault.cached(f.name) != nil)
        }
        f.clock.advance(c.at - time)
        #expect((f.vault.cached(f.name) != nil) == c.isFresh)
        _ = try await f.vault.key(f.name)
        #expect(f.store.count("get a-key") == (c.isFresh ? 1 : 2))
    }

    @Test func `keys that were read together do not expire together, and none later than any`() async throws {
        let f = try await VaultFixture(expiry: CacheExpiry(any: .seconds(100), unused: .seconds(1000)), spread: 0.1)
        _ = try await f.vault.key(f.name)
        f.clock.advance(89.9)
        #expect(f.vault.cached(f.name) != nil)
        f.clock.advance(0.1)
        #expect(f.vault.cached(f.name) == nil)
        let spreads = (0..<1000).map { _ in KeyVault.randomSpread() }
        #expect(spreads.allSatisfy { 0..<0.1 ~= $0 } && Set(spreads).count > 900)
    }

    @Test func `after an outage each key is read once, however many ask for it`() async throws {
        let f = try await VaultFixture(expiry: CacheExpiry(offline: .seconds(3600)))
        _ = try await f.vault.key(f.name)
        f.store.fail(.unreachable("down"))
        await f.vault.checkStore()
        f.clock.advance(1000)
        f.store.fail(nil)
        f.store.close()
        await f.vault.checkStore()
        let before = f.store.count("get a-key")
        let asking = (0..<20).map { _ in Task { try await f.vault.key(f.name) } }
        while f.store.count("get a-key") == before { await Task.yield() }
        for _ in 0..<1000 { await Task.yield() }
        f.store.open()
        for task in asking { _ = try await task.value }
        #expect(f.store.count("get a-key") == before + 1)
    }

    @Test func `the defaults are the documented ones`() {
        let expiry = CacheExpiry()
        #expect(expiry.any == .seconds(300) && expiry.unused == .seconds(30) && expiry.offline == .zero)
    }

    @Test func `without offline nothing serves past its time`() async throws {
        let f = try await VaultFixture()
        _ = try await f.vault.key(f.name)
        f.store.fail(.unreachable("down"))
        f.clock.advance(29)
        #expect(f.vault.cached(f.name) != nil)
        f.clock.advance(30)
        #expect(f.vault.cached(f.name) == nil)
        await #expect(throws: KESFault.keyReadFailed) { try await f.vault.key(f.name) }
    }

    @Test(arguments: [KeyStoreError.unreachable("down"), .unavailable("broken")])
    func `a key that expired just before the outage was noticed serves all the same`(_ failure: KeyStoreError)
        async throws
    {
        let f = try await VaultFixture(expiry: CacheExpiry(offline: .seconds(3600)))
        let key = try await f.vault.key(f.name)
        f.clock.advance(31)
        f.store.fail(failure)
        // Not before the store was asked: it might be well, and have another key by now.
        #expect(f.vault.cached(f.name) == nil)
        #expect(try await f.vault.key(f.name) === key)
        #expect(f.store.count("get a-key") == 1 + 1)
        // From now on the outage is known, and nobody asks again.
        #expect(f.vault.cached(f.name) === key)
        #expect(try await f.vault.key(f.name) === key)
        #expect(f.store.count("get a-key") == 1 + 1)
        await #expect(throws: KESFault.keyReadFailed) { try await f.vault.key(f.other) }
    }

    @Test func `an outage suspends the expiry for offline, and no longer`() async throws {
        let f = try await VaultFixture(expiry: CacheExpiry(offline: .seconds(3600)))
        _ = try await f.vault.key(f.name)
        f.clock.advance(10)
        await f.vault.checkStore()
        f.store.fail(.unreachable("down"))
        f.clock.advance(10)
        await f.vault.checkStore()
        f.clock.advance(3589)
        f.vault.removeExpired()
        #expect(f.vault.cached(f.name) != nil)
        // 3600 seconds after the store's last answer, at 10.
        f.clock.advance(1)
        #expect(f.vault.cached(f.name) == nil)
        await #expect(throws: KESFault.keyReadFailed) { try await f.vault.key(f.name) }
        f.vault.removeExpired()
        #expect(f.vault.count == 0)
    }

    @Test func `when the store answers again, expired keys are read again`() async throws {
        let f = try await VaultFixture(expiry: CacheExpiry(offline: .seconds(3600)))
        let old = try await f.vault.key(f.name)
        f.store.fail(.unreachable("down"))
        await f.vault.checkStore()
        f.clock.advance(1000)
        #expect(f.vault.cached(f.name) === old)
        f.store.fail(nil)
        await f.vault.checkStore()
        #expect(f.vault.cached(f.name) == nil)
        #expect(try await f.vault.key(f.name) !== old)
        #expect(f.log.text.contains("the key store does not work"))
        #expect(f.log.text.contains("the key store answers again"))
    }

    @Test func `a key that the store no longer has does not serve, however stale keys may be`() async throws {
        let f = try await VaultFixture(expiry: CacheExpiry(offline: .seconds(3600)))
        _ = try await f.vault.key(f.name)
        try await f.store.inner.delete(f.name)
        f.clock.advance(31)
        await #expect(throws: KESFault.keyNotFound) { try await f.vault.key(f.name) }
    }

    @Test func `one key's failure serves its stale copy and is no outage`() async throws {
        let f = try await VaultFixture(expiry: CacheExpiry(offline: .seconds(3600)))
        let key = try await f.vault.key(f.name)
        f.clock.advance(31)
        f.store.failCalls(.unavailable("one bad block"))
        #expect(try await f.vault.key(f.name) === key)
        #expect(await f.vault.status() == .available(latency: .milliseconds(3)))
        #expect(f.vault.cached(f.name) == nil)
    }

    @Test func `expired keys leave memory, stale ones after offline`() async throws {
        let f = try await VaultFixture(expiry: CacheExpiry(offline: .seconds(100)))
        _ = try await f.vault.key(f.name)
        _ = try await f.vault.key(f.other)
        f.clock.advance(20)
        #expect(f.vault.cached(f.other) != nil)
        f.clock.advance(109)
        f.vault.removeExpired()
        #expect(f.vault.count == 2)
        f.clock.advance(1)
        f.vault.removeExpired()
        #expect(f.vault.count == 1)
        f.clock.advance(20)
        f.vault.removeExpired()
        #expect(f.vault.count == 0)
    }

    @Test func `while the store is down its state is told without asking`() async throws {
        let f = try await VaultFixture()
        #expect(await f.vault.status() == .available(latency: .milliseconds(3)))
        f.store.fail(.unreachable("down"))
        #expect(await f.vault.status() == .unreachable)
        let asked = f.store.count("status")
        #expect(await f.vault.status() == .unreachable)
        #expect(f.store.count("status") == asked)
        f.store.fail(.unavailable("sealed"))
        #expect(await f.vault.checkStore() == .unavailable)
        #expect(await f.vault.status() == .unavailable)
        f.store.fail(nil)
        // Any answer ends it, not only that to the question for its state.
        _ = try await f.vault.key(f.name)
        #expect(await f.vault.status() == .available(latency: .milliseconds(3)))
    }
}
