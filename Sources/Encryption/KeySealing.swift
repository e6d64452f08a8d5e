package import Cryptography

/// An object key as it is stored: 60 bytes, nonce (12) ‖ ciphertext (32) ‖ tag (16).
package struct SealedObjectKey: Sendable, Hashable {
    package let bytes: [UInt8]

    /// Takes any bytes; a wrong length shows when the key is opened.
    package init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    package static let size = 60
}

/// Seals object keys under data keys; see the article <doc:KeyHierarchy>.
package enum KeySealing {
    /// Seals `key` for exactly this `binding`, with a fresh random nonce.
    package static func seal(_ key: ObjectKey, under dataKey: SecretKey, binding: KeyBinding) -> SealedObjectKey {
        seal(key, under: dataKey, binding: binding, fillingNonce: SecureRandom.fill)
    }

    /// Opens a sealed key.
    ///
    /// Fails if the bytes, the data key, the scheme, the bucket or the version differ from what was sealed.
    package static func open(
        _ sealed: SealedObjectKey, under dataKey: SecretKey, binding: KeyBinding
    ) throws(AuthenticationFailure) -> ObjectKey {
        guard sealed.bytes.count == SealedObjectKey.size else { throw AuthenticationFailure() }
        let keyEncryptionKey = keyEncryptionKey(from: dataKey, binding: binding)
        var isAuthentic = false
        let key = SecretKey { output in
            sealed.bytes.withUnsafeBytes { sealed in
                keyEncryptionKey.withUnsafeBytes { key in
                    isAuthentic = AEAD.open(
                        UnsafeRawBufferPointer(rebasing: sealed[nonceSize...]), key: key,
                        nonce: UnsafeRawBufferPointer(rebasing: sealed[..<nonceSize]),
                        associatedData: UnsafeRawBufferPointer(start: nil, count: 0), algorithm: .aes256GCM,
                        into: output)
                }
            }
        }
        guard isAuthentic else { throw AuthenticationFailure() }
        return ObjectKey(key)
    }

    /// With a nonce of the caller's, which must never be used twice: for golden vectors only.
    package static func seal(
        _ key: ObjectKey, under dataKey: SecretKey, binding: KeyBinding, nonce: [UInt8]
    ) -> SealedObjectKey {
        seal(key, under: dataKey, binding: binding) { $0.copyBytes(from: nonce) }
    }

    private static func seal(
        _ key: ObjectKey, under dataKey: SecretKey, binding: KeyBinding,
        fillingNonce fill: (UnsafeMutableRawBufferPointer) -> Void
    ) -> SealedObjectKey {
        let keyEncryptionKey = keyEncryptionKey(from: dataKey, binding: binding)
        var sealed: [UInt8] = []
        sealed.append(contentsOf: repeatElement(0, count: SealedObjectKey.size))
        sealed.withUnsafeMutableBytes { sealed in
            let nonce = UnsafeMutableRawBufferPointer(rebasing: sealed[..<nonceSize])
            fill(nonce)
            key.secret.withUnsafeBytes { key in
                keyEncryptionKey.withUnsafeBytes { keyEncryptionKey in
                    AEAD.seal(
                        key, key: keyEncryptionKey, nonce: UnsafeRawBufferPointer(nonce),
                        associatedData: UnsafeRawBufferPointer(start: nil, count: 0), algorithm: .aes256GCM,
                        into: UnsafeMutableRawBufferPointer(rebasing: sealed[nonceSize...]))
                }
            }
        }
        return SealedObjectKey(bytes: sealed)
    }

    private static func keyEncryptionKey(from dataKey: SecretKey, binding: KeyBinding) -> SecretKey {
        var info: [UInt8] = []
        info.reserveCapacity(40)
        info.append(contentsOf: "coffer/v1 key-encryption key".utf8)
        info.append(binding.scheme.rawValue)
        info.append(bigEndian: binding.bucketID)
        return HKDFSHA256.derive(from: dataKey, salt: binding.versionID, info: info)
    }

    private static let nonceSize = 12
}
