package import Certificates
import Cryptography

/// Who asks: the SHA-256 of a client certificate's public key, in lower-case hexadecimal digits.
///
/// It is the key's, not the certificate's: renewing a certificate for the same key keeps the identity. In configurations
/// any text that satisfies the rule of ``KeyName`` may stand for an identity; one that is no digest is nobody's.
package struct Identity: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    /// A name from a path or a configuration; `nil` when it breaks the rule.
    package init?(_ text: String) {
        guard KESName.isValid(text) else { return nil }
        self.text = text
    }

    package init(of certificate: Certificate) {
        self.init(publicKeyDER: certificate.publicKeyDER)
    }

    /// The identity of a DER-encoded SubjectPublicKeyInfo.
    package init(publicKeyDER: [UInt8]) {
        text = Hex.encode(Digest.hash(.sha256, publicKeyDER))
    }

    package var description: String { text }
}
