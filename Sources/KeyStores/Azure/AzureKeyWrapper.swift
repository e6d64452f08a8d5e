import Cryptography
import HTTPClient
import JSON
import KESProtocol
package import Logging

/// Wraps keys under a key of an Azure Key Vault or Managed HSM.
///
/// The vault wraps with the key's latest version, or with the one that the configuration names. Envelopes remember name,
/// version and algorithm, without the vault's host: so they open as well in a vault that the key was restored to.
struct AzureKeyWrapper: KeyWrapper {
    private let configuration: AzureKeysConfiguration
    private let vault: AzureVault

    init(_ configuration: AzureKeysConfiguration, environment: [String: String], logger: Logger) throws(KeyStoreError) {
        self.configuration = configuration
        let parts = configuration.key.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy(Self.isName) else {
            throw .unavailable("azure: the key has to be NAME or NAME/VERSION, not '\(configuration.key)'")
        }
        vault = try AzureVault(
            configuration.endpoint, configuration.credentials, challengePath: "/keys", apiVersion: "7.4",
            environment: environment, logger: logger)
    }

    var title: String { "Azure KeyVault keys: \(vault.endpoint.origin)/keys/\(configuration.key)" }
    var kind: EnvelopeKind { .azureKey }

    // MARK: Authentication

    var credentialExpiry: ContinuousClock.Instant? { vault.tokenExpiry }

    func run() async { await vault.run() }

    // MARK: Calls

    func status() async throws(KeyStoreError) -> Duration { try await vault.status() }

    func wrap(_ key: SecretKey, for name: KeyName) async throws(KeyStoreError) -> WrappedKey {
        let operation = "wrap a key with '\(configuration.key)'"
        let algorithm = configuration.algorithm
        // An empty version is the latest.
        let path = configuration.key.contains("/") ? configuration.key : "\(configuration.key)/"
        var plain = key.withUnsafeBytes { Array($0) }
        defer { wipe(&plain) }
        let answer = try await vault.send(
            .init(.post, "/keys/\(path)/wrapkey", body: Self.body(algorithm, Base64URL.encode(plain))), CallTime()
        )
        guard answer.isSuccess else { throw AzureFailure(answer).error(operation, needing: .wrapKey) }
        let json = try answer.document(of: "azure")
        guard let identifier = json["kid"]?.string, let (_, used) = AzureEndpoint.split(identifier),
            case let parts = used.split(separator: "/"), parts.count == 3, parts.allSatisfy(Self.isName),
            let wrapped = json["value"]?.string.flatMap({ Base64URL.decode($0.prefix { $0 != "=" }) })
        else { throw vault.malformed(operation) }
        return WrappedKey(wrappingKey: "\(parts[1])/\(parts[2])/\(algorithm.rawValue)", bytes: wrapped)
    }

    func unwrap(_ wrapped: WrappedKey, for name: KeyName) async throws(KeyStoreError) -> SecretKey {
        let parts = wrapped.wrappingKey.split(separator: "/")
        guard parts.count == 3, parts.allSatisfy(Self.isName),
            let algorithm = AzureKeysConfiguration.Algorithm(rawValue: String(parts[2]))
        else { throw .corrupt("the envelope names no key of Key Vault: '\(wrapped.wrappingKey)'") }
        let operation = "unwrap a key with '\(parts[0])/\(parts[1])'"
        let answer = try await vault.send(
            .init(
                .post, "/keys/\(parts[0])/\(parts[1])/unwrapkey",
                body: Self.body(algorithm, Base64URL.encode(wrapped.bytes))), CallTime())
        guard answer.isSuccess else {
            let failure = AzureFailure(answer)
            let error = failure.error(operation, needing: .unwrapKey)
            // The vault takes the request for what it is, and the bytes for none that it wrapped.
            throw failure.status == 400 && !failure.code.isEmpty ? .corrupt("\(error)") : error
        }
        let json = try answer.document(of: "azure")
        guard var bytes = json["value"]?.string.flatMap({ Base64URL.decode($0.prefix { $0 != "=" }) }) else {
            throw vault.malformed(operation)
        }
        defer { wipe(&bytes) }
        guard let key = SecretKey(bytes) else { throw .corrupt("azure: what was unwrapped is not a key of 32 bytes") }
        return key
    }

    private static func body(_ algorithm: AzureKeysConfiguration.Algorithm, _ value: String) -> SecretBytes {
        var body = JSONValue.object([("alg", .string(algorithm.rawValue)), ("value", .string(value))]).bytes
        return SecretBytes(moving: &body)
    }

    /// Whether a text can stand in a path as it is: letters, digits and hyphens.
    private static func isName(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.count <= 127
            && text.utf8.allSatisfy {
                switch $0 {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}

extension EnvelopeKeyStore {
    /// Keys in files, wrapped by a key of Azure; contacts nobody.
    ///
    /// - Parameter environment: See ``AzureKeyStore/init(_:environment:logger:)``.
    package convenience init(
        _ configuration: AzureKeysConfiguration, environment: [String: String], as user: DirectoryUser = .server,
        logger: Logger
    ) throws(KeyStoreError) {
        self.init(
            try FileKeyStore(.init(path: configuration.path), as: user, logger: logger),
            try AzureKeyWrapper(configuration, environment: environment, logger: logger))
    }
}
