import Certificates
package import Cryptography
import Glibc
import HTTPClient
import KESProtocol
package import KeyManagement
package import Logging

/// The master keys of a key server that speaks KES's protocol.
///
/// Every call has a deadline (``KESClientConfiguration/callTimeout``), retries included.
package final class KESKeyService: KeyService {
    package let defaultKey: KeyID
    package let client: KESClient
    private let batches: DataKeyBatches
    private let logger: Logger

    /// Longer wrapped keys are nobody's.
    private static let maxWrappedBytes = 64 * 1024

    package init(client: KESClient, defaultKey: KeyID, logger: Logger) {
        self.client = client
        batches = DataKeyBatches(client: client)
        self.defaultKey = defaultKey
        self.logger = logger
    }

    package func generateDataKey(
        under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> GeneratedDataKey {
        let name = try Self.name(key)
        var generated = try await translating(key) { () async throws(KESClientError) in
            try await batches.generate(under: name, context: context.canonicalJSON)
        }
        defer { wipe(&generated.plaintext) }
        guard let plaintext = SecretKey(generated.plaintext) else {
            throw .unavailable("KES gave a data key of \(generated.plaintext.count) bytes")
        }
        return GeneratedDataKey(plaintext: plaintext, wrapped: try Self.checked(generated.ciphertext))
    }

    package func decryptDataKey(
        _ wrapped: [UInt8], under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> SecretKey {
        guard wrapped.count <= Self.maxWrappedBytes else { throw .notAuthentic }
        let name = try Self.name(key)
        var plaintext = try await translating(key) { () async throws(KESClientError) in
            try await client.decrypt(wrapped, under: name, context: context.canonicalJSON)
        }
        defer { wipe(&plaintext) }
        guard let secret = SecretKey(plaintext) else {
            throw .unavailable("KES gave a data key of \(plaintext.count) bytes")
        }
        return secret
    }

    package func wrapDataKey(
        _ plaintext: SecretKey, under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> [UInt8] {
        let name = try Self.name(key)
        var bytes = plaintext.withUnsafeBytes { Array($0) }
        defer { wipe(&bytes) }
        do throws(KeyServiceError) {
            let wrapped = try await translating(key) { () async throws(KESClientError) in
                try await client.encrypt(bytes, under: name, context: context.canonicalJSON)
            }
            return try Self.checked(wrapped)
        } catch {
            guard error == .notAuthorized else { throw error }
            // The one call that only moving data keys needs, and which policies written for other servers lack.
            throw .notSupported("KES's policy does not permit this server /v1/key/encrypt/\(name)")
        }
    }

    package func createKey(_ key: KeyID) async throws(KeyServiceError) {
        try await make(key) { name throws(KESClientError) in try await client.createKey(name) }
    }

    package func importKey(_ key: KeyID, _ secret: SecretKey) async throws(KeyServiceError) {
        var bytes = secret.withUnsafeBytes { Array($0) }
        defer { wipe(&bytes) }
        do {
            try await make(key) { [bytes] name throws(KESClientError) in try await client.importKey(name, key: bytes) }
        } catch {
            guard error == .notAuthorized else { throw error }
            // A right of administrators, which policies for object servers have seldom.
            throw .notSupported("KES's policy does not permit this server /v1/key/import/\(key.name)")
        }
    }

    private func make(
        _ key: KeyID, _ call: (KeyName) async throws(KESClientError) -> Void
    ) async throws(KeyServiceError) {
        let name = try Self.name(key)
        do throws(KESClientError) {
            try await call(name)
        } catch {
            let meaning = KeyServiceError(error, key: key)
            // Other servers may word it otherwise, and a repeated request may meet the key of its first attempt.
            guard case .unavailable = meaning, case .fault(let fault) = error, 400..<500 ~= fault.status,
                (try? await hasKey(key)) ?? false
            else { throw meaning }
            throw .keyExists(key.name)
        }
    }

    package func describeKey(_ key: KeyID) async throws(KeyServiceError) -> KeyDescription {
        let name = try Self.name(key)
        let answer = try await translating(key) { () async throws(KESClientError) in
            try await client.describeKey(name)
        }
        let created = answer.createdAt
        return KeyDescription(
            name: key,
            createdAt: created == .unknown ? nil : created.seconds * 1000 + Int64(created.nanoseconds) / 1_000_000,
            createdBy: answer.createdBy)
    }

    package func listKeys() async throws(KeyServiceError) -> [KeyDescription] {
        let names = try await translating(defaultKey) { () async throws(KESClientError) in try await client.listKeys() }
        return names.compactMap { name in
            (try? KeyID(name)).map { KeyDescription(name: $0, createdAt: nil, createdBy: "") }
        }
    }

    package func status() async -> KeyServiceStatus {
        async let store = keyStore()
        let statuses = await client.endpointStatuses()
        return KeyServiceStatus(
            name: "MinIO KES",
            endpoints: statuses.map { (name: $0.endpoint.url, isOnline: $0.isOnline) },
            defaultKey: defaultKey,
            latency: statuses.compactMap(\.latency).min(),
            keyStore: await store)
    }

    /// What the server says of its own key store, where its policy lets this one ask.
    private func keyStore() async -> KeyServiceStatus.KeyStore {
        guard let status = try? await client.status() else { return .unknown }
        if status.isKeyStoreUnreachable { return .unreachable }
        return status.isKeyStoreUnavailable ? .unavailable : .available
    }

    /// Asks after the default key every 10 s, which keeps it in the server's cache, looks for renewed certificates, and warns
    /// of one that ends soon; until cancelled.
    package func run() async {
        var isReachable = true
        var expiry = ExpiryWarnings("the client certificate for KES")
        var reloadFailure: KESClientError?
        while (try? await Task.sleep(for: .seconds(10))) != nil {
            do throws(KESClientError) {
                if try client.reloadIfChanged() { logger.info("kms: client certificate read again") }
                reloadFailure = nil
            } catch {
                if error != reloadFailure { logger.warning("kms: the client certificate stays as it was: \(error)") }
                reloadFailure = error
            }
            if let warning = client.certificateExpiry.flatMap({ expiry.warning(notAfter: $0, now: Int64(time(nil))) }) {
                logger.warning("kms: \(warning)")
            }
            do throws(KeyServiceError) {
                _ = try await describeKey(defaultKey)
                if !isReachable { logger.notice("kms: KES answers again") }
                isReachable = true
            } catch .unavailable(let reason) where !Task.isCancelled {
                if isReachable { logger.warning("kms: \(reason)") }
                isReachable = false
            } catch {
                // A refusal is an answer, and shows in the requests that it concerns.
            }
        }
    }
}

// MARK: - Errors

extension KESKeyService {
    private static func name(_ key: KeyID) throws(KeyServiceError) -> KeyName {
        guard let name = KeyName(key.name) else { throw .invalidKeyID(key.name) }
        return name
    }

    private static func checked(_ wrapped: [UInt8]) throws(KeyServiceError) -> [UInt8] {
        guard (1...maxWrappedBytes).contains(wrapped.count) else {
            throw .unavailable("KES gave a wrapped key of \(wrapped.count) bytes")
        }
        return wrapped
    }

    private func translating<Answer>(
        _ key: KeyID, _ call: () async throws(KESClientError) -> Answer
    ) async throws(KeyServiceError) -> Answer {
        do throws(KESClientError) {
            return try await call()
        } catch {
            throw KeyServiceError(error, key: key)
        }
    }
}

extension KeyServiceError {
    /// What a failed call means to whoever needs a key.
    package init(_ error: KESClientError, key: KeyID) {
        switch error {
        case .fault(let fault): self.init(fault, key: key)
        case .connection, .invalidResponse, .configuration: self = .unavailable("KES: \(error.detail)")
        case .cancelled: self = .unavailable("the call to KES was cancelled")
        }
    }

    private init(_ fault: KESFault, key: KeyID) {
        let message = fault.message.lowercased()
        switch fault.status {
        case 404 where message.contains("key does not exist"): self = .keyNotFound(key.name)
        case 403: self = .notAuthorized
        case 400 where message.contains("not authentic"): self = .notAuthentic
        // “key already exists”, and in earlier years “key does already exist”.
        case 400 where message.contains("already exist"), 409 where message.contains("already exist"):
            self = .keyExists(key.name)
        case 501: self = .notSupported(fault.message)
        default: self = .unavailable("KES: \(fault.status) \(fault.message)")
        }
    }
}
