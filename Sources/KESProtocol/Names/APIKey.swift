package import Certificates
package import Cryptography

/// A client's secret in one line: `kes:v1:` and the base64 of a zero byte and an Ed25519 seed.
package struct APIKey: Sendable {
    /// What the text of every key begins with.
    package static let prefix = "kes:v1:"

    private let seed: SecretKey
    package let identity: Identity

    /// Parses a key; the prefix may be missing.
    package init(_ text: String) throws(APIKeyError) {
        let code = text.utf8.starts(with: Self.prefix.utf8) ? text.dropFirst(Self.prefix.count) : text[...]
        guard var bytes = Base64.decode(code) else { throw APIKeyError.malformedBase64 }
        defer { wipe(&bytes) }
        guard bytes.count == 1 + SecretKey.byteCount, let seed = SecretKey(bytes[1...]) else {
            throw APIKeyError.invalidLength
        }
        guard bytes[0] == Self.ed25519 else { throw APIKeyError.unsupportedType }
        self.init(seed: seed)
    }

    /// The key of an Ed25519 seed.
    package init(seed: SecretKey) {
        self.seed = seed
        identity = Identity(publicKeyDER: PrivateKey.ed25519(seed: seed).publicKeyDER)
    }

    /// A fresh key.
    package static func generate() -> APIKey { APIKey(seed: SecretKey()) }

    /// The key in its one line, which is a secret.
    package var text: String {
        var bytes: [UInt8] = []
        // In one piece: growing would leave a part of it behind.
        bytes.reserveCapacity(1 + SecretKey.byteCount)
        defer { wipe(&bytes) }
        bytes.append(Self.ed25519)
        seed.withUnsafeBytes { bytes.append(contentsOf: $0) }
        return Self.prefix + Base64.encode(bytes)
    }

    /// A fresh self-signed certificate for this key, good for 90 days from `now` (seconds since 1970), with its private key.
    package func makeClientCertificate(now: Int64) throws(CertificateError) -> (Certificate, PrivateKey) {
        let key = PrivateKey.ed25519(seed: seed)
        let certificate = CertificateContents(
            commonName: identity.text, notBefore: now, notAfter: now + 90 * 86_400, extendedKeyUsage: [.clientAuth])
        return (try certificate.signed(with: key), key)
    }

    /// The first byte says what kind of key follows; there is this one.
    private static let ed25519: UInt8 = 0
}

/// Why a text is not an API key.
package enum APIKeyError: Error, Hashable, CustomStringConvertible {
    case malformedBase64
    case invalidLength
    case unsupportedType

    package var description: String {
        switch self {
        case .malformedBase64: "invalid API key: not base64"
        case .invalidLength: "invalid API key: wrong length"
        case .unsupportedType: "invalid API key: unsupported type"
        }
    }
}
