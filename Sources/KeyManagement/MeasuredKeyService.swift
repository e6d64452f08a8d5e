package import Cryptography

/// A key service whose calls are counted and timed.
package struct MeasuredKeyService: KeyService {
    private let service: any KeyService
    private let counts: KeyServiceCounts

    package init(_ service: any KeyService, _ counts: KeyServiceCounts) {
        self.service = service
        self.counts = counts
    }

    package var defaultKey: KeyID { service.defaultKey }

    package func generateDataKey(
        under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> GeneratedDataKey {
        try await measure(.generate, key) { () async throws(KeyServiceError) in
            try await service.generateDataKey(under: key, context: context)
        }
    }

    package func decryptDataKey(
        _ wrapped: [UInt8], under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> SecretKey {
        try await measure(.decrypt, key) { () async throws(KeyServiceError) in
            try await service.decryptDataKey(wrapped, under: key, context: context)
        }
    }

    package func wrapDataKey(
        _ dataKey: SecretKey, under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> [UInt8] {
        try await measure(.wrap, key) { () async throws(KeyServiceError) in
            try await service.wrapDataKey(dataKey, under: key, context: context)
        }
    }

    package func isOfFormerService(
        _ wrapped: [UInt8], under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> Bool {
        try await service.isOfFormerService(wrapped, under: key, context: context)
    }

    package func createKey(_ key: KeyID) async throws(KeyServiceError) {
        try await measure(.create, key) { () async throws(KeyServiceError) in try await service.createKey(key) }
    }

    package func importKey(_ key: KeyID, _ bytes: SecretKey) async throws(KeyServiceError) {
        try await measure(.create, key) { () async throws(KeyServiceError) in try await service.importKey(key, bytes) }
    }

    package func describeKey(_ key: KeyID) async throws(KeyServiceError) -> KeyDescription {
        try await measure(.describe, key) { () async throws(KeyServiceError) in try await service.describeKey(key) }
    }

    package func listKeys() async throws(KeyServiceError) -> [KeyDescription] {
        try await measure(.list, nil) { () async throws(KeyServiceError) in try await service.listKeys() }
    }

    /// Not counted: it is how the service itself is watched.
    package func status() async -> KeyServiceStatus { await service.status() }

    private func measure<Answer>(
        _ call: KeyServiceCounts.Call, _ key: KeyID?, _ work: () async throws(KeyServiceError) -> Answer
    ) async throws(KeyServiceError) -> Answer {
        let start = ContinuousClock.now
        func count(_ error: KeyServiceError?) {
            counts.count(
                call, key?.name ?? "", error, nanoseconds: Int(start.duration(to: .now) / .nanoseconds(1)))
        }
        do throws(KeyServiceError) {
            let answer = try await work()
            count(nil)
            return answer
        } catch {
            count(error)
            throw error
        }
    }
}
