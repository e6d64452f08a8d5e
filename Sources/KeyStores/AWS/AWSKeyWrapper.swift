import Cryptography
import JSON
import KESProtocol
package import Logging

/// Wraps keys with AWS KMS, each bound to the name of the key that it is for by the encryption context.
struct AWSKeyWrapper: KeyWrapper {
    /// The member of the encryption context that is the name of the key; never changes.
    private static let contextName = "coffer:key"

    private let configuration: AWSKMSConfiguration
    private let service: AWSService

    init(_ configuration: AWSKMSConfiguration, environment: [String: String], logger: Logger) throws(KeyStoreError) {
        self.configuration = configuration
        let endpoint =
            if let given = configuration.endpoint { try AWSEndpoint(given) } else {
                try AWSEndpoint.ofService("kms", region: configuration.region)
            }
        service = try AWSService(
            .kms, endpoint, region: configuration.region, given: configuration.credentials, environment: environment,
            logger: logger)
    }

    var title: String { "AWS KMS: \(configuration.key)" }
    var kind: EnvelopeKind { .awsKMS }

    // MARK: Authentication

    var credentialExpiry: ContinuousClock.Instant? { service.credentials.expiry }

    func run() async { await service.credentials.run() }

    // MARK: Calls

    func status() async throws(KeyStoreError) -> Duration { try await service.roundTrip() }

    func wrap(_ key: SecretKey, for name: KeyName) async throws(KeyStoreError) -> WrappedKey {
        var plain = key.withUnsafeBytes { Array($0) }
        defer { wipe(&plain) }
        let outcome = try await service.call(
            "Encrypt",
            [
                ("KeyId", .string(configuration.key)), ("Plaintext", .string(Base64.encode(plain))),
                ("EncryptionContext", context(name)),
            ], CallTime())
        let document = try Self.document(outcome)
        guard let wrapped = document["CiphertextBlob"]?.string.flatMap({ Base64.decode($0) }),
            let wrappingKey = document["KeyId"]?.string
        else { throw .unavailable("\(service.kind.title): Encrypt answers no ciphertext") }
        // The key's ARN, whatever the configuration calls it: an alias may come to mean another key.
        return WrappedKey(wrappingKey: wrappingKey, bytes: wrapped)
    }

    func unwrap(_ wrapped: WrappedKey, for name: KeyName) async throws(KeyStoreError) -> SecretKey {
        let outcome = try await service.call(
            "Decrypt",
            [
                ("KeyId", .string(wrapped.wrappingKey)),
                ("CiphertextBlob", .string(Base64.encode(wrapped.bytes))), ("EncryptionContext", context(name)),
            ], CallTime())
        let document = try Self.document(outcome)
        guard var plain = document["Plaintext"]?.string.flatMap({ Base64.decode($0) }) else {
            throw .unavailable("\(service.kind.title): Decrypt answers no plaintext")
        }
        defer { wipe(&plain) }
        guard let key = SecretKey(plain) else { throw .corrupt("what AWS KMS has unwrapped is no key") }
        return key
    }

    private func context(_ name: KeyName) -> JSONValue { .object([(Self.contextName, .string(name.text))]) }

    // MARK: Errors

    private static func document(_ outcome: Result<JSONValue, AWSFailure>) throws(KeyStoreError) -> JSONValue {
        switch outcome {
        case .success(let document): return document
        case .failure(let failure):
            switch failure.code {
            case "InvalidCiphertextException", "IncorrectKeyException":
                throw .corrupt("AWS KMS cannot unwrap it (\(failure.code)): it was not wrapped so, or not for this key")
            default: throw failure.error
            }
        }
    }
}

extension EnvelopeKeyStore {
    /// Keys in files that AWS KMS wraps; blocks for the file work of the directory.
    ///
    /// - Parameter environment: The variables of the process, where credentials may be.
    package convenience init(
        _ configuration: AWSKMSConfiguration, environment: [String: String], as user: DirectoryUser = .server,
        logger: Logger
    ) throws(KeyStoreError) {
        let wrapper = try AWSKeyWrapper(configuration, environment: environment, logger: logger)
        self.init(try FileKeyStore(.init(path: configuration.path), as: user, logger: logger), wrapper)
    }
}
