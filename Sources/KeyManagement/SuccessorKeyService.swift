package import Cryptography

/// A key service that follows another one: everything new is the new one's, and what the old one wrapped still opens.
///
/// For the time it takes to move a drive's data keys from one key service to another. Both may have a key of the same
/// name; whose a wrapped key is, only opening it tells.
package final class SuccessorKeyService: KeyService {
    private let current: any KeyService
    private let former: any KeyService

    package init(_ current: any KeyService, after former: any KeyService) {
        self.current = current
        self.former = former
    }

    package var defaultKey: KeyID { current.defaultKey }

    package func generateDataKey(
        under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> GeneratedDataKey {
        try await current.generateDataKey(under: key, context: context)
    }

    package func decryptDataKey(
        _ wrapped: [UInt8], under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> SecretKey {
        let refusal: KeyServiceError
        do {
            return try await current.decryptDataKey(wrapped, under: key, context: context)
        } catch {
            refusal = error
        }
        // Also when the new service is away: what the old one opens does not need it.
        do {
            return try await former.decryptDataKey(wrapped, under: key, context: context)
        } catch {
            throw refusal
        }
    }

    package func wrapDataKey(
        _ dataKey: SecretKey, under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> [UInt8] {
        try await current.wrapDataKey(dataKey, under: key, context: context)
    }

    package func isOfFormerService(
        _ wrapped: [UInt8], under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> Bool {
        do {
            _ = try await current.decryptDataKey(wrapped, under: key, context: context)
            return false
        } catch {
            switch error {
            case .keyNotFound, .notAuthentic: return true
            case .keyExists, .invalidKeyID, .notAuthorized, .notSupported, .unavailable: throw error
            }
        }
    }

    package func createKey(_ key: KeyID) async throws(KeyServiceError) { try await current.createKey(key) }

    package func importKey(_ key: KeyID, _ bytes: SecretKey) async throws(KeyServiceError) {
        try await current.importKey(key, bytes)
    }

    /// Also finds the former service's keys: data keys under them can be opened.
    package func describeKey(_ key: KeyID) async throws(KeyServiceError) -> KeyDescription {
        do {
            return try await current.describeKey(key)
        } catch KeyServiceError.keyNotFound {
            return try await former.describeKey(key)
        }
    }

    package func listKeys() async throws(KeyServiceError) -> [KeyDescription] { try await current.listKeys() }
    package func status() async -> KeyServiceStatus { await current.status() }
}
