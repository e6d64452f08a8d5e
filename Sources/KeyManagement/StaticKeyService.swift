package import Cryptography

/// One master key, given from outside.
///
/// It has no store: it knows this one name and cannot make another. Wrapped data keys have the layout of
/// ``KESCiphertext`` and open elsewhere under the same key.
package final class StaticKeyService: KeyService {
    package let defaultKey: KeyID
    private let key: SecretKey

    package init(name: KeyID, key: SecretKey) {
        defaultKey = name
        self.key = key
    }

    package func generateDataKey(
        under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> GeneratedDataKey {
        try requireOwn(key)
        return KESCiphertext.generateDataKey(under: self.key, context: context)
    }

    package func decryptDataKey(
        _ wrapped: [UInt8], under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> SecretKey {
        try requireOwn(key)
        return try KESCiphertext.openDataKey(wrapped, key: self.key, context: context)
    }

    package func wrapDataKey(
        _ dataKey: SecretKey, under key: KeyID, context: KMSContext
    ) async throws(KeyServiceError) -> [UInt8] {
        try requireOwn(key)
        return KESCiphertext.wrap(dataKey, under: self.key, context: context)
    }

    package func createKey(_ key: KeyID) async throws(KeyServiceError) {
        if key == defaultKey { throw KeyServiceError.keyExists(key.name) }
        throw KeyServiceError.notSupported("creating keys beside the static one")
    }

    package func describeKey(_ key: KeyID) async throws(KeyServiceError) -> KeyDescription {
        try requireOwn(key)
        return description
    }

    package func listKeys() async throws(KeyServiceError) -> [KeyDescription] { [description] }

    package func status() async -> KeyServiceStatus {
        KeyServiceStatus(
            name: "MinIO builtin", endpoints: [(name: "127.0.0.1", isOnline: true)], defaultKey: defaultKey,
            latency: nil)
    }

    private var description: KeyDescription { KeyDescription(name: defaultKey, createdAt: nil, createdBy: "") }

    private func requireOwn(_ key: KeyID) throws(KeyServiceError) {
        guard key == defaultKey else { throw KeyServiceError.keyNotFound(key.name) }
    }
}

// MARK: - The key as text

extension StaticKeyService {
    /// How the 32 bytes are written behind the colon.
    package enum KeyEncoding: Sendable {
        /// `MINIO_KMS_SECRET_KEY`
        case base64
        /// 64 digits: the older `MINIO_KMS_MASTER_KEY`
        case hexadecimal
    }

    /// A service from `<name>:<key>`; white space around the text is dropped, such as the line feed that ends a file.
    package static func parse(
        _ text: String, encoding: KeyEncoding = .base64
    ) throws(StaticKeyError) -> StaticKeyService {
        let trimmed = text.drop { $0.isWhitespace }
        guard let colon = trimmed.firstIndex(of: ":") else { throw StaticKeyError.invalidFormat }
        let end = (trimmed.lastIndex { !$0.isWhitespace }).map { trimmed.index(after: $0) } ?? colon
        let encoded = trimmed[trimmed.index(after: colon)..<end]
        let decoded =
            switch encoding {
            case .base64: Base64.decode(encoded)
            case .hexadecimal: Hex.decode(encoded)
            }
        guard var bytes = decoded else { throw StaticKeyError.invalidFormat }
        defer { wipe(&bytes) }
        guard let key = SecretKey(bytes) else { throw StaticKeyError.invalidLength(bytes.count) }
        do {
            return StaticKeyService(name: try KeyID(String(trimmed[..<colon])), key: key)
        } catch {
            throw StaticKeyError.invalidName(String(trimmed[..<colon]))
        }
    }
}

/// Why a text is not a static key.
///
/// Never repeats the key.
package enum StaticKeyError: Error, Hashable, CustomStringConvertible {
    case invalidFormat
    case invalidLength(Int)
    case invalidName(String)

    package var description: String {
        switch self {
        case .invalidFormat: "kms: invalid secret key format"
        case .invalidLength(let count): "kms: invalid key length \(count)"
        case .invalidName(let name): "kms: \(KeyServiceError.invalidKeyID(name))"
        }
    }
}
