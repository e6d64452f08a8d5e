package import Certificates
package import Cryptography

/// A client's secret in one line: `kes:v1:` and the base64 of a zero byte and an Ed25519 seed.
package struct APIKey: Sendable {
    /// What the text of every key begins with.
    package static let prefix = "kes:v1:"

    private let seed: SecretKey
    package let identity: Identity

    /// Parses a key; the prefix may be missing.
    package init(_ text: String) throws(APIKeyError) { throw .malformedBase64 }

    /// The key of an Ed25519 seed.
    package init(seed: SecretKey) {
        self.seed = seed
        identity = Identity(publicKeyDER: PrivateKey.ed25519(seed: seed).publicKeyDER)
    }

    /// A fresh key.
    package static func generate() -> APIKey { APIKey(seed: SecretKey()) }

    /// The key in its one line, which is a secret.
    package var text: String { "" }

    /// A fresh self-signed certificate for this key, good for 90 days from `now` (seconds since 1970), with its private key.
    package func makeClientCertificate(now: Int64) throws(CertificateError) -> (Certificate, PrivateKey) {
        throw .malformedCertificate
    }
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
