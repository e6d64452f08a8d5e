package import Cryptography

/// A key that a client sends with each request (SSE-C); it takes the data key's place and is never stored.
package struct CustomerKey: Sendable {
    package let key: SecretKey
    /// Base64 of the key's MD5, as the client sent it and as it is echoed; not stored either.
    package let keyMD5: String

    package init(key: SecretKey, keyMD5: String) {
        self.key = key
        self.keyMD5 = keyMD5
    }

    /// A key that came without its MD5.
    package init(key: SecretKey) {
        let md5 = key.withUnsafeBytes { Digest.hash(.md5, $0) }
        self.init(key: key, keyMD5: Base64.encode(md5))
    }

    /// What is stored to recognise this key: 32 bytes, different for every version, and for every key.
    ///
    /// `versionID` is the object version or upload, 16 bytes.
    package func commitment(versionID: [UInt8]) -> [UInt8] {
        HMACSHA256.code(Array("coffer/v1 customer-key commitment".utf8) + versionID, key: key)
    }

    /// Whether this is the key that was committed to; in constant time.
    package func matches(commitment: [UInt8], versionID: [UInt8]) -> Bool {
        constantTimeEqual(commitment, self.commitment(versionID: versionID))
    }
}

/// Why an object key does not open with a customer's key.
package enum CustomerKeyError: Error, Hashable {
    /// The client sent another key than the one the object was written with.
    case wrongKey
    /// It is the right key, and yet the object key does not open: corruption.
    case notAuthentic
}

extension KeySealing {
    /// Opens an object key with a customer's key, whose commitment was stored beside it.
    package static func open(
        _ sealed: SealedObjectKey, under customerKey: CustomerKey, commitment: [UInt8], binding: KeyBinding
    ) throws(CustomerKeyError) -> ObjectKey {
        guard customerKey.matches(commitment: commitment, versionID: binding.versionID) else { throw .wrongKey }
        do {
            return try open(sealed, under: customerKey.key, binding: binding)
        } catch {
            throw .notAuthentic
        }
    }
}
