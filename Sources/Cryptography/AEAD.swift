/// The two authenticated ciphers.
///
/// Both take a 32-byte key and a 12-byte nonce and add a 16-byte tag.
///
/// Raw values are stored in data at rest and never change.
package enum AEADAlgorithm: UInt8, Sendable, CaseIterable {
    case aes256GCM = 0
    case chaCha20Poly1305 = 1

    /// Size of a nonce in bytes; the same nonce must never meet the same key twice.
    package static let nonceByteCount = 12
    /// Size of the tag in bytes.
    package static let tagByteCount = 16
}

/// The key, the nonce, the associated data or the sealed bytes are not those of the sealing.
///
/// Which one, nobody can tell.
package struct AuthenticationFailure: Error {
    package init() {}
}

/// One-shot authenticated encryption of small messages: keys, records, tokens.
///
/// Sealed form: ciphertext (as long as the plaintext) ‖ tag (16). The nonce is not part of it. Bodies go through
/// ``StreamingAEAD``, which keeps its key schedule from message to message.
package enum AEAD {
    /// Encrypts `plaintext` and binds `associatedData` to it.
    ///
    /// - Precondition: `nonce` has 12 bytes and was never used with this key before.
    package static func seal(
        _ plaintext: [UInt8], key: SecretKey, nonce: [UInt8], associatedData: [UInt8],
        algorithm: AEADAlgorithm = .aes256GCM
    ) -> [UInt8] {
        let tagCount = AEADAlgorithm.tagByteCount
        return [UInt8](unsafeUninitializedCapacity: plaintext.count + tagCount) { buffer, initialized in
            let output = UnsafeMutableRawBufferPointer(buffer)
            let stream = StreamingAEAD(algorithm: algorithm, key: key, direction: .seal)
            stream.begin(nonce: nonce, associatedData: associatedData)
            plaintext.withUnsafeBytes { stream.update($0, into: output) }
            stream.finishSealing(into: UnsafeMutableRawBufferPointer(rebasing: output[plaintext.count...]))
            initialized = plaintext.count + tagCount
        }
    }

    /// Checks and decrypts what ``seal(_:key:nonce:associatedData:algorithm:)`` returned.
    ///
    /// No plaintext is released on failure; fewer than 16 sealed bytes are a failure too.
    /// - Precondition: `nonce` has 12 bytes.
    package static func open(
        _ sealed: [UInt8], key: SecretKey, nonce: [UInt8], associatedData: [UInt8],
        algorithm: AEADAlgorithm = .aes256GCM
    ) throws(AuthenticationFailure) -> [UInt8] {
        let count = sealed.count - AEADAlgorithm.tagByteCount
        guard count >= 0 else { throw AuthenticationFailure() }
        let stream = StreamingAEAD(algorithm: algorithm, key: key, direction: .open)
        stream.begin(nonce: nonce, associatedData: associatedData)
        var plaintext = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            sealed.withUnsafeBytes {
                stream.update(
                    UnsafeRawBufferPointer(rebasing: $0[..<count]), into: UnsafeMutableRawBufferPointer(buffer))
            }
            initialized = count
        }
        do {
            try stream.finishOpening(tag: Array(sealed[count...]))
        } catch {
            wipe(&plaintext)
            throw error
        }
        return plaintext
    }
}
