package import Cryptography

/// A private key of any kind that OpenSSL knows.
package final class PrivateKey: Sendable {
    /// The first private key of a PEM text; other blocks are skipped.
    ///
    /// PKCS#8, PKCS#1 and SEC1; encrypted as RFC 1423 says or in PKCS#8's own way. An empty password is none.
    package static func readPEM(_ text: [UInt8], password: [UInt8]?) throws(CertificateError) -> PrivateKey {
        throw .malformedPrivateKey
    }

    /// The Ed25519 key that grows from a seed of 32 bytes.
    package static func ed25519(seed: SecretKey) -> PrivateKey { PrivateKey() }

    /// A fresh ECDSA key on the curve P-256.
    package static func ecdsaP256() -> PrivateKey { PrivateKey() }

    /// One PRIVATE KEY block with PKCS#8 in it; with a password it is encrypted as RFC 1423 says, with AES-256-CBC.
    ///
    /// The caller wipes it.
    package func pem(password: [UInt8]?) -> [UInt8] { [] }

    /// The public half: a DER-encoded SubjectPublicKeyInfo.
    package var publicKeyDER: [UInt8] { [] }

    /// The seed of an Ed25519 key, `nil` for every other kind.
    package var ed25519Seed: SecretKey? { nil }
}
