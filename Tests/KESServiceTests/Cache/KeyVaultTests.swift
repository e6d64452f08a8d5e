import Cryptography
import KESProtocol
import KESService
import KeyManagement
import KeyStores
import Logging
import Synchronization
import TestSupport
import Testing

func keyName(_ text: String) throws -> KeyName { try #require(KeyName(text)) }

/// A store in memory that fails, waits and counts as told.
final class ScriptedStore: ReplacingKeyStore {
    private struct State {
        var failure: KeyStoreError?
        var statusFailure: KeyStoreError?
        var calls: [String: Int] = [:]
        var pageSize: Int?
        var closed: Set<String> = []
        var waiting: [CheckedContinuation<Void, Never>] = []
        var changesFailAfterwards: KeyStoreError?
    }

    let inner = MemoryKeyStore()
    private let state = Mutex(State())

    var title: String { "scripted" }

    /// Fails every call, the question for its state among them.
    func fail(_ failure: KeyStoreError?) {
        state.withLock {
            $0.failure = failure
            $0.statusFailure = failure
        }
    }

    /// Fails every call but the question for its state.
    func failCalls(_ failure: KeyStoreError?) { state.withLock { $0.failure = failure } }

    /// Changes happen from now on and are answered with this all the same.
    func failAfterChanges(_ failure: KeyStoreError?) { state.withLock { $0.changesFailAfterwards = failure } }

    /// Such calls wait from now on, after what they are for is done.
    func close(_ calls: Set<String> = ["get"]) { state.withLock { $0.closed = calls } }

    func open() {
        let waiting = state.withLock { state in
            defer { state.waiting = [] }
            state.closed = []
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Lists no more names at once.
    func setPageSize(_ size: Int) { state.withLock { $0.pageSize = size } }

    private var pageSize: Int? { state.withLock { $0.pageSize } }

    func count(_ call: String) -> Int { state.withLock { $0.calls[call] ?? 0 } }

    private func enter(_ call: String) throws(KeyStoreError) {
        let failure = state.withLock { state in
            state.calls[call, default: 0] += 1
            return call == "status" ? state.statusFailure : state.failure
        }
        if let failure { throw failure }
    }

    func status() async throws(KeyStoreError) -> Duration {
        try enter("status")
        return .milliseconds(3)
    }

    func create(_ name: KeyName, _ value: SecretBytes) async throws(KeyStoreError) {
        try enter("create")
        try await inner.create(name, value)
        try await leave("create")
    }

    func replace(_ name: KeyName, _ old: SecretBytes, with new: SecretBytes) async throws(KeyStoreError) {
        try enter("replace")
        try await inner.replace(name, old, with: new)
        try await leave("replace")
    }

    func get(_ name: KeyName) async throws(KeyStoreError) -> SecretBytes {
        try enter("get \(name)")
        do throws(KeyStoreError) {
            let value = try await inner.get(name)
            await passGate("get")
            return value
        } catch {
            await passGate("missing")
            throw error
        }
    }

    private func passGate(_ call: String) async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                guard state.closed.contains(call) else { return true }
                state.waiting.append(continuation)
                return false
            }
            if isOpen { continuation.resume() }
        }
    }

    private func leave(_ change: String) async throws(KeyStoreError) {
        await passGate(change)
        if let failure = state.withLock({ $0.changesFailAfterwards }) { throw failure }
    }

    func delete(_ name: KeyName) async throws(KeyStoreError) {
        try enter("delete")
        try await inner.delete(name)
        try await leave("delete")
    }

    func list(prefix: String, after last: String?, limit: Int) async throws(KeyStoreError) -> KeyNamePage {
        try enter("list")
        return try await inner.list(prefix: prefix, after: last, limit: pageSize.map { min(limit, $0) } ?? limit)
    }
}

/// A clock that moves when told.
final class ManualClock: Sendable {
    private let time = Mutex<Int64>(1 << 40)

    var now: Int64 { time.withLock { $0 } }
    func advance(_ seconds: Double) { time.withLock { $0 += Int64((seconds * 1e9).rounded()) } }
}

/// A vault on a scripted store with a manual clock, and two keys in it.
struct VaultFixture {
    let store = ScriptedStore()
    let clock = ManualClock()
    let log = LogRecord()
    let vault: KeyVault
    let name: KeyName
    let other: KeyName

    init(
        expiry: CacheExpiry = CacheExpiry(), capacity: Int = 100, timeout: Duration = .seconds(60), spread: Double = 0
    ) async throws {
        vault = KeyVault(
            store: store, expiry: expiry, capacity: capacity, timeout: timeout, clock: { [clock] in clock.now },
            spread: { spread }, logger: log.logger)
        name = try keyName("a-key")
        other = try keyName("other")
        try await vault.create(name, by: "me")
        try await vault.create(other, by: "me")
    }
}

@Suite struct KeyVaultTests {
    @Test func `a key is read once and then comes from memory`() async throws {
        let f = try await VaultFixture()
        #expect(f.vault.cached(f.name) == nil)
        let key = try await f.vault.key(f.name)
        #expect(key.createdBy == "me" && key.supportsHMAC)
        #expect(f.vault.cached(f.name) === key)
        #expect(try await f.vault.key(f.name) === key)
        #expect(f.store.count("get a-key") == 1)
    }

    @Test func `failures are spelt as clients know them and their causes are logged`() async throws {
        let f = try await VaultFixture()
        let missing = try keyName("missing")
        await #expect(throws: KESFault.keyExists) { try await f.vault.create(f.name, by: "x") }
        await #expect(throws: KESFault.keyExists) {
            try await f.vault.importKey(f.name, SecretKey(), cipher: .chaCha20, by: "x")
        }
        await #expect(throws: KESFault.keyNotFound) { try await f.vault.key(missing) }
        await #expect(throws: KESFault.keyNotFound) { try await f.vault.delete(missing) }
        await #expect(throws: KESFault.keyNotFound) { try await f.vault.rotate(missing, by: "x") }
        #expect(f.log.text == "")
        let pattern = try #require(ListPattern("a"))
        f.store.fail(.unreachable("connection refused by 10.0.0.1"))
        await #expect(throws: KESFault.keyCreationFailed) { try await f.vault.create(missing, by: "x") }
        await #expect(throws: KESFault.keyReadFailed) { try await f.vault.key(f.name) }
        await #expect(throws: KESFault.keyDeletionFailed) { try await f.vault.delete(f.name) }
        await #expect(throws: KESFault.keyRotationFailed) { try await f.vault.rotate(f.name, by: "x") }
        await #expect(throws: KESFault.keyListingFailed) { try await f.vault.list(pattern) }
        for operation in ["create the key", "read the key", "delete the key", "list keys"] {
            #expect(f.log.text.contains("error failed to \(operation)"))
        }
        #expect(f.log.text.contains("connection refused by 10.0.0.1"))
    }

    @Test func `a value that is no key is a failure and no outage`() async throws {
        let f = try await VaultFixture()
        let broken = try keyName("broken")
        try await f.store.inner.create(broken, SecretBytes("nonsense!".utf8))
        await #expect(throws: KESFault.keyReadFailed) { try await f.vault.key(broken) }
        await #expect(throws: KESFault.keyReadFailed) { try await f.vault.rotate(broken, by: "x") }
        #expect(f.log.text.contains("the stored value is not a key in any known form"))
        #expect(await f.vault.status() == .available(latency: .milliseconds(3)))
    }

    @Test func `what does not exist is asked for each time`() async throws {
        let f = try await VaultFixture()
        let late = try keyName("late")
        for _ in 0..<3 { await #expect(throws: KESFault.keyNotFound) { try await f.vault.key(late) } }
        #expect(f.store.count("get late") == 3)
        try await f.vault.create(late, by: "me")
        #expect(try await f.vault.key(late).createdBy == "me")
    }

    @Test func `many who miss a key ask once, and another key does not wait for them`() async throws {
        let f = try await VaultFixture()
        _ = try await f.vault.key(f.other)
        f.clock.advance(400)
        f.store.close()
        let asking = (0..<10).map { _ in Task { try await f.vault.key(f.name) } }
        while f.store.count("get a-key") == 0 { await Task.yield() }
        // A key that is not there does not pass the gate.
        await #expect(throws: KESFault.keyNotFound) { try await f.vault.key(try keyName("free")) }
        // The first to ask goes away; the others still get the key.
        asking[0].cancel()
        for _ in 0..<1000 { await Task.yield() }
        f.store.open()
        let keys = try await withThrowingTaskGroup(of: ObjectIdentifier.self) { group in
            for task in asking { group.addTask { ObjectIdentifier(try await task.value) } }
            return try await group.reduce(into: Set<ObjectIdentifier>()) { $0.insert($1) }
        }
        #expect(keys.count == 1)
        #expect(f.store.count("get a-key") == 1)
    }

    @Test func `many who miss a key that is not there ask once as well`() async throws {
        let f = try await VaultFixture()
        let absent = try keyName("absent")
        f.store.close(["missing"])
        let asking = (0..<10).map { _ in Task { try await f.vault.key(absent) } }
        while f.store.count("get absent") == 0 { await Task.yield() }
        for _ in 0..<1000 { await Task.yield() }
        f.store.open()
        for task in asking { await #expect(throws: KESFault.keyNotFound) { try await task.value } }
        #expect(f.store.count("get absent") == 1)
    }

    @Test func `who creates a key that others are told is missing finds it afterwards`() async throws {
        let f = try await VaultFixture()
        let late = try keyName("late")
        f.store.close(["missing"])
        let asking = Task { try await f.vault.key(late) }
        while f.store.count("get late") == 0 { await Task.yield() }
        for _ in 0..<1000 { await Task.yield() }
        try await f.vault.create(late, by: "me")
        // The reading under way began before the creation; whoever asks now waits for another.
        #expect(try await f.vault.key(late).createdBy == "me")
        f.store.open()
        await #expect(throws: KESFault.keyNotFound) { try await asking.value }
        #expect(f.vault.cached(late) != nil)
    }

    @Test func `a refusal of the store is told from one of a policy`() async throws {
        let f = try await VaultFixture()
        f.store.failCalls(.notAuthorized("no right to read kv/a-key"))
        await #expect(throws: KESFault.keyReadFailed) { try await f.vault.key(f.name) }
        #expect(f.log.text.contains("no right to read kv/a-key") && f.log.text.contains("refused-by"))
    }

    @Test func `a deleted key is gone, also from a reading under way`() async throws {
        let f = try await VaultFixture()
        f.store.close()
        let reading = Task { try await f.vault.key(f.name) }
        while f.store.count("get a-key") == 0 { await Task.yield() }
        for _ in 0..<1000 { await Task.yield() }
        try await f.vault.delete(f.name)
        f.store.open()
        _ = try? await reading.value
        #expect(f.vault.cached(f.name) == nil)
        await #expect(throws: KESFault.keyNotFound) { try await f.vault.key(f.name) }
    }

    @Test func `a store that does not answer in time is unreachable`() async throws {
        let f = try await VaultFixture(timeout: .milliseconds(50))
        f.store.close()
        await #expect(throws: KESFault.keyReadFailed) { try await f.vault.key(f.name) }
        #expect(await f.vault.status() == .unreachable)
        #expect(f.log.text.contains("no answer within"))
        f.store.open()
    }

    @Test func `the number of keys in memory is bounded`() async throws {
        let f = try await VaultFixture(capacity: 8)
        let names = try (0..<50).map { try keyName("key\($0)") }
        for name in names {
            try await f.vault.create(name, by: "me")
            _ = try await f.vault.key(name)
            // What is in use stays.
            _ = try await f.vault.key(f.name)
        }
        #expect(f.vault.count == 8)
        #expect(f.store.count("get a-key") == 1)
        #expect(f.vault.cached(names[0]) == nil)
        f.vault.removeAll()
        #expect(f.vault.count == 0)
    }

    @Test func `an imported key is the one given`() async throws {
        let f = try await VaultFixture()
        let imported = try keyName("imported")
        let secret = SecretKey()
        try await f.vault.importKey(imported, secret, cipher: .chaCha20, by: "you")
        let key = try await f.vault.key(imported)
        #expect(key.cipher == .chaCha20 && key.createdBy == "you" && key.supportsHMAC)
        let sealed = KESCiphertext.seal([1], key: secret, cipher: .chaCha20, context: [2])
        #expect(try f.vault.openCached(sealed, under: imported, context: [2]) == [1])
        #expect(try await f.vault.open(sealed, under: imported, context: [2]) == [1])
        #expect(throws: KESFault.notAuthentic) { try f.vault.openCached(sealed, under: imported, context: []) }
        await #expect(throws: KESFault.notAuthentic) { try await f.vault.open(sealed, under: imported, context: []) }
    }

    @Test func `keys are listed by prefix`() async throws {
        let f = try await VaultFixture()
        let all = try await f.vault.list(try #require(ListPattern("*")))
        #expect(all.names == ["a-key", "other"] && all.continueAt == "")
        #expect(try await f.vault.list(try #require(ListPattern("o*"))).names == ["other"])
    }

    @Test func `a listing goes on where a page of the store or of an answer ends`() async throws {
        let f = try await VaultFixture()
        f.store.setPageSize(1)
        let all = try await f.vault.list(try #require(ListPattern("*")))
        #expect(all.names == ["a-key", "other"] && all.continueAt == "")
        #expect(f.store.count("list") == 2)
        let whole = try #require(ListPattern(""))
        let rest = try #require(ListPattern(whole.continuation(after: "a-key")))
        #expect(try await f.vault.list(rest).names == ["other"])
        #expect(f.store.count("list") == 3)
    }

    @Test func `a call that is cancelled gives up at the store and is no outage`() async throws {
        let f = try await VaultFixture()
        f.store.fail(.cancelled)
        await #expect(throws: KESFault.keyCreationFailed) { try await f.vault.create(try keyName("new"), by: "x") }
        f.store.fail(nil)
        #expect(!f.log.text.contains("the key store does not work"))
    }
}
