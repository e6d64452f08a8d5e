import Cryptography
import KeyManagement
import Synchronization

/// A key service whose keys can be rotated and deleted, and whose wrapped keys name the version as the key server's do.
final class RotatingKeyService: KeyService {
    private struct State {
        /// Versions of each key, the first one first.
        var keys: [String: [SecretKey]] = [:]
        var isAway = false
    }

    let defaultKey: KeyID
    private let state = Mutex(State())

    init(_ names: String...) throws {
        defaultKey = try KeyID(names[0])
        state.withLock { state in
            for name in names { state.keys[name] = [SecretKey()] }
        }
    }

    func rotate(_ name: String) { state.withLock { $0.keys[name]?.append(SecretKey()) } }
    func delete(_ name: String) { state.withLock { $0.keys[name] = nil } }
    func goAway() { state.withLock { $0.isAway = true } }

    private func versions(_ key: KeyID) throws(KeyServiceError) -> [SecretKey] {
        let (versions, isAway) = state.withLock { ($0.keys[key.name], $0.isAway) }
        if isAway { throw .unavailable("away") }
        guard let versions else { throw .keyNotFound(key.name) }
        return versions
    }

    func generateDataKey(under key: KeyID, context: KMSContext) async throws(KeyServiceError) -> GeneratedDataKey {
        let plaintext = SecretKey()
        return GeneratedDataKey(
            plaintext: plaintext, wrapped: try await wrapDataKey(plaintext, under: key, context: context))
    }

    func wrapDataKey(
        _ dataKey: SecretKey, under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> [UInt8] {
        let versions = try versions(key)
        let wrapped = KESCiphertext.wrap(dataKey, under: versions[versions.count - 1], context: context)
        return versions.count == 1 ? wrapped : [0xc0, 0x4b, 0x56, 0x01, 0, 0, 0, UInt8(versions.count)] + wrapped
    }

    func decryptDataKey(
        _ wrapped: [UInt8], under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> SecretKey {
        let versions = try versions(key)
        guard wrapped.count == 84 else {
            return try KESCiphertext.openDataKey(wrapped, key: versions[0], context: context)
        }
        return try KESCiphertext.openDataKey(
            Array(wrapped[8...]), key: versions[Int(wrapped[7]) - 1], context: context)
    }

    func createKey(_ key: KeyID) async throws(KeyServiceError) { throw .notSupported("create") }
    func describeKey(_ key: KeyID) async throws(KeyServiceError) -> KeyDescription { throw .notSupported("describe") }
    func listKeys() async throws(KeyServiceError) -> [KeyDescription] { [] }
    func status() async -> KeyServiceStatus {
        KeyServiceStatus(name: "test", endpoints: [], defaultKey: defaultKey, latency: nil)
    }
}
