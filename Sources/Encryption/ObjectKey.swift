package import Cryptography

/// The 32 random bytes from which the stream keys of one object version, or of one upload, are derived.
package final class ObjectKey: Sendable {
    let secret: SecretKey

    /// A fresh random key.
    package init() {
        secret = SecretKey()
    }

    /// The key that was sealed earlier.
    package init(_ secret: SecretKey) {
        self.secret = secret
    }
}
