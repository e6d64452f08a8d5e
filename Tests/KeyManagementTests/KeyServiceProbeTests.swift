import Cryptography
import KeyManagement
import Synchronization
import Testing

@Suite struct KeyServiceProbeTests {
    let clock = ManualClock()
    let service = ProbedService()

    private func probe(patience: Duration = .seconds(60)) -> KeyServiceProbe {
        KeyServiceProbe(service, interval: .seconds(3), patience: patience, now: { [clock] in clock.now })
    }

    @Test func `the service is asked once every few seconds, however many want to know`() async {
        let probe = probe()
        for _ in 0..<50 { #expect(await probe.failure() == nil) }
        #expect(service.calls == 1)
        clock.advance(by: .seconds(3))
        for _ in 0..<50 { #expect(await probe.failure() == nil) }
        #expect(service.calls == 2)
    }

    @Test func `a failure is known as long as an answer, and then asked about again`() async {
        let reported = Mutex<[KeyServiceError]>([])
        let probe = KeyServiceProbe(
            service, interval: .seconds(3), patience: .seconds(60), now: { [clock] in clock.now },
            report: { error in reported.withLock { $0.append(error) } })
        service.failure.withLock { $0 = .unavailable("down") }
        for _ in 0..<10 { #expect(await probe.failure() == .unavailable("down")) }
        #expect(service.calls == 1)
        service.failure.withLock { $0 = nil }
        clock.advance(by: .seconds(3))
        #expect(await probe.failure() == nil)
        #expect(reported.withLock { $0 } == [.unavailable("down")])
    }

    @Test func `at most one call is under way, and those that ask meanwhile get its answer`() async {
        let probe = probe()
        let gate = service.close()
        await withTaskGroup(of: KeyServiceError?.self) { group in
            for _ in 0..<20 { group.addTask { await probe.failure() } }
            await gate.waitForArrival()
            for _ in 0..<100 { await Task.yield() }
            gate.open()
            for await failure in group { #expect(failure == nil) }
        }
        #expect(service.calls == 1)
    }

    @Test func `nobody waits for a call that hangs, and it is not made again meanwhile`() async {
        let probe = probe(patience: .milliseconds(50))
        let gate = service.close()
        // These return although the gate is closed.
        for _ in 0..<10 {
            guard case .unavailable = await probe.failure() else {
                Issue.record("available")
                return
            }
            clock.advance(by: .seconds(10))
        }
        #expect(service.calls == 1)
        gate.open()
        // As soon as the call has ended its outcome is known.
        while await probe.failure() != nil { await Task.yield() }
        #expect(service.calls <= 2)
    }
}

/// A key service of which only the making of data keys is asked.
final class ProbedService: KeyService {
    private let inner = CountingService()
    private let count = Atomic(0)
    private let gate = Mutex<Gate?>(nil)
    let failure = Mutex<KeyServiceError?>(nil)

    var calls: Int { count.load(ordering: .relaxed) }
    var defaultKey: KeyID { inner.defaultKey }

    func close() -> Gate {
        let new = Gate()
        gate.withLock { $0 = new }
        return new
    }

    func generateDataKey(under key: KeyID, context: KMSContext) async throws(KeyServiceError) -> GeneratedDataKey {
        count.wrappingAdd(1, ordering: .relaxed)
        if let gate = gate.withLock({ $0 }) { await gate.pass() }
        if let failure = failure.withLock({ $0 }) { throw failure }
        return try await inner.generateDataKey(under: key, context: context)
    }

    func decryptDataKey(
        _ wrapped: [UInt8], under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> SecretKey { throw .notAuthentic }
    func wrapDataKey(
        _ dataKey: SecretKey, under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> [UInt8] { throw .notSupported("wrap") }
    func createKey(_ key: KeyID) async throws(KeyServiceError) { throw .notSupported("create") }
    func describeKey(_ key: KeyID) async throws(KeyServiceError) -> KeyDescription { throw .keyNotFound(key.name) }
    func listKeys() async throws(KeyServiceError) -> [KeyDescription] { [] }
    func status() async -> KeyServiceStatus { await inner.status() }
}
