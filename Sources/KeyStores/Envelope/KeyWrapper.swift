import Cryptography
import KESProtocol

/// Wraps keys under a key that never leaves its service or device.
protocol KeyWrapper: Sendable {
    /// Service and key in one line, as in `AWS KMS: arn:aws:kms:…`.
    var title: String { get }
    /// What its envelopes are told by; never changes.
    var kind: EnvelopeKind { get }
    /// See ``KeyStore/credentialExpiry``.
    var credentialExpiry: ContinuousClock.Instant? { get }

    /// See ``KeyStore/run()``.
    func run() async

    func status() async throws(KeyStoreError) -> Duration

    /// Wraps `key` so that it can be unwrapped for the key of that name alone, where the service can bind it.
    func wrap(_ key: SecretKey, for name: KeyName) async throws(KeyStoreError) -> WrappedKey

    /// What cannot be unwrapped because of what it is, rather than because of the service, is
    /// ``KeyStoreError/corrupt(_:)``.
    func unwrap(_ wrapped: WrappedKey, for name: KeyName) async throws(KeyStoreError) -> SecretKey
}

extension KeyWrapper {
    var credentialExpiry: ContinuousClock.Instant? { nil }
    func run() async {}
}

/// Who has wrapped the key of an envelope; raw values are stored and never change.
enum EnvelopeKind: String, Sendable {
    case awsKMS = "aws-kms"
    case azureKey = "azure-key"
    case pkcs11 = "pkcs11"
    case passphrase = "passphrase"
}

/// A key as its wrapper gave it.
struct WrappedKey: Sendable, Hashable {
    /// The key that wrapped it, with its version where it has some, as the wrapper names it.
    var wrappingKey: String
    var bytes: [UInt8]
}
