import Cryptography
import KeyManagement
import Synchronization
import Testing

@Suite struct DataKeyCacheTests {
    let clock = ManualClock()
    let service = CountingService()
    let context = KMSContext(["a": "b"])

    private func cache(
        capacity: Int = 100, any: Duration = .seconds(300), unused: Duration = .seconds(30)
    ) -> DataKeyCache {
        DataKeyCache(service: service, capacity: capacity, any: any, unused: unused, now: { [clock] in clock.now })
    }

    @Test func `the second time does not ask the service`() async throws {
        let cache = cache()
        let wrapped = try await service.wrapped(context)
        #expect(cache.cached(wrapped, under: service.defaultKey, context: context) == nil)
        let first = try await cache.decrypt(wrapped, under: service.defaultKey, context: context)
        let second = try await cache.decrypt(wrapped, under: service.defaultKey, context: context)
        #expect(first === second)
        #expect(cache.cached(wrapped, under: service.defaultKey, context: context) === first)
        #expect(service.decryptions == 1)
    }

    @Test func `a key is found under its own name, bytes and context only`() async throws {
        let cache = cache()
        let wrapped = try await service.wrapped(context)
        _ = try await cache.decrypt(wrapped, under: service.defaultKey, context: context)
        #expect(cache.cached(wrapped, under: try KeyID("other"), context: context) == nil)
        #expect(cache.cached(wrapped, under: service.defaultKey, context: KMSContext()) == nil)
        #expect(cache.cached(wrapped + [0], under: service.defaultKey, context: context) == nil)
        await #expect(throws: KeyServiceError.notAuthentic) {
            try await cache.decrypt(wrapped, under: service.defaultKey, context: KMSContext(["a": "c"]))
        }
    }

    @Test func `an inserted key is there at once`() async throws {
        let cache = cache()
        let generated = try await service.generateDataKey(under: service.defaultKey, context: context)
        cache.insert(generated.plaintext, for: generated.wrapped, under: service.defaultKey, context: context)
        let found = try await cache.decrypt(generated.wrapped, under: service.defaultKey, context: context)
        #expect(found === generated.plaintext)
        #expect(service.decryptions == 0)
    }

    @Test func `an unused key goes early, a used one at its full age`() async throws {
        let cache = cache(any: .seconds(100), unused: .seconds(30))
        let wrapped = try await service.wrapped(context)
        _ = try await cache.decrypt(wrapped, under: service.defaultKey, context: context)
        clock.advance(by: .seconds(29))
        #expect(cache.cached(wrapped, under: service.defaultKey, context: context) != nil)
        clock.advance(by: .seconds(30))
        #expect(cache.cached(wrapped, under: service.defaultKey, context: context) == nil)
        #expect(cache.count == 0)
        _ = try await cache.decrypt(wrapped, under: service.defaultKey, context: context)
        for _ in 0..<4 {
            clock.advance(by: .seconds(24))
            #expect(cache.cached(wrapped, under: service.defaultKey, context: context) != nil)
        }
        clock.advance(by: .seconds(4))
        #expect(cache.cached(wrapped, under: service.defaultKey, context: context) == nil)
        #expect(service.decryptions == 2)
    }

    @Test func `expired keys leave the memory without being asked for`() async throws {
        let cache = cache()
        weak var key: SecretKey?
        do {
            let wrapped = try await service.wrapped(context)
            key = try await cache.decrypt(wrapped, under: service.defaultKey, context: context)
            #expect(key != nil)
        }
        cache.removeExpired()
        #expect(cache.count == 1)
        clock.advance(by: .seconds(31))
        cache.removeExpired()
        #expect(cache.count == 0)
        // The task that asked for it may still be ending.
        for _ in 0..<1000 where key != nil { try await Task.sleep(for: .milliseconds(10)) }
        #expect(key == nil)
    }

    @Test func `the cache stays within its capacity and keeps what is used`() async throws {
        let cache = cache(capacity: 8)
        let favourite = try await service.wrapped(context)
        _ = try await cache.decrypt(favourite, under: service.defaultKey, context: context)
        for _ in 0..<100 {
            _ = try await cache.decrypt(
                try await service.wrapped(context), under: service.defaultKey, context: context)
            #expect(cache.cached(favourite, under: service.defaultKey, context: context) != nil)
            #expect(cache.count <= 8)
        }
        cache.removeAll()
        #expect(cache.count == 0)
        #expect(cache.cached(favourite, under: service.defaultKey, context: context) == nil)
    }

    @Test func `a capacity of zero switches it off`() async throws {
        let cache = cache(capacity: 0)
        let generated = try await service.generateDataKey(under: service.defaultKey, context: context)
        cache.insert(generated.plaintext, for: generated.wrapped, under: service.defaultKey, context: context)
        for _ in 0..<3 {
            _ = try await cache.decrypt(generated.wrapped, under: service.defaultKey, context: context)
        }
        #expect(service.decryptions == 3)
        #expect(cache.count == 0)
    }

    @Test func `tasks that miss at once ask once`() async throws {
        let cache = cache()
        let wrapped = try await service.wrapped(context)
        let gate = service.close()
        try await withThrowingTaskGroup(of: SecretKey.self) { group in
            for _ in 0..<20 {
                group.addTask { try await cache.decrypt(wrapped, under: service.defaultKey, context: context) }
            }
            await gate.waitForArrival()
            gate.open()
            let first = try #require(try await group.next())
            for try await key in group { #expect(key === first) }
        }
        #expect(service.decryptions == 1)
    }

    @Test func `a failure reaches all who wait and is not kept`() async throws {
        let cache = cache()
        let wrapped = try await service.wrapped(context)
        service.failure.withLock { $0 = .unavailable("down") }
        let gate = service.close()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<5 {
                group.addTask {
                    await #expect(throws: KeyServiceError.unavailable("down")) {
                        try await cache.decrypt(wrapped, under: service.defaultKey, context: context)
                    }
                }
            }
            await gate.waitForArrival()
            gate.open()
        }
        service.failure.withLock { $0 = nil }
        _ = try await cache.decrypt(wrapped, under: service.defaultKey, context: context)
        #expect(cache.count == 1)
    }

    @Test func `one task's cancellation does not fail another, and does not wait either`() async throws {
        let cache = cache()
        let wrapped = try await service.wrapped(context)
        let gate = service.close()
        let leader = Task { try await cache.decrypt(wrapped, under: service.defaultKey, context: context) }
        await gate.waitForArrival()
        let follower = Task { try await cache.decrypt(wrapped, under: service.defaultKey, context: context) }
        for _ in 0..<100 { await Task.yield() }
        leader.cancel()
        // The gate is still closed.
        await #expect(throws: KeyServiceError.unavailable("the request was cancelled")) { try await leader.value }
        gate.open()
        _ = try await follower.value
        #expect(service.decryptions == 1)
    }
}

final class ManualClock: Sendable {
    private let instant = Mutex(ContinuousClock.now)
    var now: ContinuousClock.Instant { instant.withLock { $0 } }
    func advance(by duration: Duration) { instant.withLock { $0 += duration } }
}

/// A gate that the service's next decryptions wait at.
final class Gate: Sendable {
    private let arrivals = AsyncStream<Void>.makeStream()
    private let openings = AsyncStream<Void>.makeStream()

    func pass() async {
        arrivals.continuation.yield()
        for await _ in openings.stream {}
    }

    func waitForArrival() async {
        for await _ in arrivals.stream { return }
    }

    func open() { openings.continuation.finish() }
}

/// A static key that counts, fails on demand and can be made to wait.
final class CountingService: KeyService {
    private let inner: StaticKeyService
    private let count = Atomic(0)
    private let gate = Mutex<Gate?>(nil)
    let failure = Mutex<KeyServiceError?>(nil)

    init() { inner = StaticKeyService(name: .cofferDefault, key: SecretKey()) }

    var defaultKey: KeyID { inner.defaultKey }
    var decryptions: Int { count.load(ordering: .relaxed) }

    func close() -> Gate {
        let new = Gate()
        gate.withLock { $0 = new }
        return new
    }

    func wrapped(_ context: KMSContext) async throws -> [UInt8] {
        try await inner.generateDataKey(under: defaultKey, context: context).wrapped
    }

    func decryptDataKey(
        _ wrapped: [UInt8], under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> SecretKey {
        count.wrappingAdd(1, ordering: .relaxed)
        if let gate = gate.withLock({ $0 }) { await gate.pass() }
        if let failure = failure.withLock({ $0 }) { throw failure }
        return try await inner.decryptDataKey(wrapped, under: key, context: context)
    }

    func generateDataKey(under key: KeyID, context: KMSContext) async throws(KeyServiceError) -> GeneratedDataKey {
        try await inner.generateDataKey(under: key, context: context)
    }
    func wrapDataKey(
        _ dataKey: SecretKey, under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> [UInt8] {
        try await inner.wrapDataKey(dataKey, under: key, context: context)
    }
    func createKey(_ key: KeyID) async throws(KeyServiceError) { try await inner.createKey(key) }
    func describeKey(_ key: KeyID) async throws(KeyServiceError) -> KeyDescription { try await inner.describeKey(key) }
    func listKeys() async throws(KeyServiceError) -> [KeyDescription] { try await inner.listKeys() }
    func status() async -> KeyServiceStatus { await inner.status() }
}
