import Cryptography
import KeyManagement
import Synchronization

/// A key service that only generates: it counts, waits at a gate if told so, and fails if told so.
final class CountingKeyService: KeyService {
    struct Behaviour {
        var generated = 0
        var error: KeyServiceError?
        var isGateClosed = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    let defaultKey: KeyID
    private let behaviour = Mutex(Behaviour())

    init() throws {
        defaultKey = try KeyID("test")
    }

    var generated: Int { behaviour.withLock { $0.generated } }
    var isWaiting: Bool { behaviour.withLock { !$0.waiting.isEmpty } }

    func fail(with error: KeyServiceError?) { behaviour.withLock { $0.error = error } }
    func closeGate() { behaviour.withLock { $0.isGateClosed = true } }
    func openGate() {
        let waiting = behaviour.withLock { behaviour in
            behaviour.isGateClosed = false
            defer { behaviour.waiting = [] }
            return behaviour.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    func generateDataKey(under key: KeyID, context: KMSContext) async throws(KeyServiceError) -> GeneratedDataKey {
        await withCheckedContinuation { continuation in
            let isOpen = behaviour.withLock { behaviour in
                behaviour.generated += 1
                if behaviour.isGateClosed { behaviour.waiting.append(continuation) }
                return !behaviour.isGateClosed
            }
            if isOpen { continuation.resume() }
        }
        if let error = behaviour.withLock({ $0.error }) { throw error }
        return GeneratedDataKey(plaintext: SecretKey(), wrapped: Array(key.name.utf8))
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
    func status() async -> KeyServiceStatus {
        KeyServiceStatus(name: "test", endpoints: [], defaultKey: defaultKey, latency: nil)
    }
}
