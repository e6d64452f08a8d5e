package import Cryptography

/// The 32 random bytes from which the stream keys of one object version, or of one upload, are derived; and those of the
/// second layer where there is one.
package final class ObjectKey: Sendable {
    let secret: SecretKey
    /// The key of the outer layer; nil for bytes that are encrypted once.
    let outer: ObjectKey?

    /// A fresh random key.
    package init() {
        secret = SecretKey()
        outer = nil
    }

    /// The key that was sealed earlier.
    package init(_ secret: SecretKey) {
        self.secret = secret
        outer = nil
    }

    private init(_ secret: SecretKey, outer: ObjectKey?) {
        self.secret = secret
        self.outer = outer
    }

    /// The same key for bytes around which `outer` encrypts once more.
    package func inside(_ outer: ObjectKey) -> ObjectKey { ObjectKey(secret, outer: outer) }

    /// Whether two layers are to be made, or opened.
    package var isLayered: Bool { outer != nil }

    /// Bytes at rest of a stream of `length` plaintext bytes, all layers and their tags included.
    package func sealedLength(ofPlaintext length: Int64) -> Int64 {
        let inner = PackageFormat.sealedLength(ofPlaintext: length)
        return outer == nil ? inner : PackageFormat.sealedLength(ofPlaintext: inner)
    }
}
