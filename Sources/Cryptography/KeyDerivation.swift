import COpenSSL

/// HKDF with SHA-256 (RFC 5869), extract and expand in one: 32 bytes, the first block of the output.
///
/// `salt` separates derivations from the same key by something random or unique (it may be empty); `info` states what
/// the derived key is for. Callers encode `info` so that no two purposes share an encoding.
package enum HKDFSHA256 {
    package static func derive(from key: SecretKey, salt: [UInt8], info: [UInt8]) -> SecretKey {
        key.withUnsafeBytes { derive(from: $0, salt: salt, info: info) }
    }

    /// As above, from input key material of any length.
    package static func derive(from keyMaterial: UnsafeRawBufferPointer, salt: [UInt8], info: [UInt8]) -> SecretKey {
        SecretKey { output in
            salt.withUnsafeBytes { salt in
                info.withUnsafeBytes { info in
                    let isDone = coffer_hkdf_sha256(
                        ThreadContexts.digest(.sha256), keyMaterial.baseAddress, keyMaterial.count,
                        salt.baseAddress, salt.count, info.baseAddress, info.count,
                        output.baseAddress?.assumingMemoryBound(to: UInt8.self))
                    precondition(isDone == 1, "OpenSSL could not derive the key")
                }
            }
        }
    }
}
