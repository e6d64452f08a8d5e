import COpenSSL

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
        let count = plaintext.count + AEADAlgorithm.tagByteCount
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let output = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count)
            plaintext.withUnsafeBytes { plaintext in
                nonce.withUnsafeBytes { nonce in
                    associatedData.withUnsafeBytes { associatedData in
                        key.withUnsafeBytes { key in
                            seal(
                                plaintext, key: key, nonce: nonce, associatedData: associatedData, algorithm: algorithm,
                                into: output)
                        }
                    }
                }
            }
            initialized = count
        }
    }

    /// The same between places in memory; writes 16 bytes more than it reads.
    ///
    /// - Precondition: `key` has 32 bytes, `nonce` 12, and `output` has room.
    package static func seal(
        _ plaintext: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer, nonce: UnsafeRawBufferPointer,
        associatedData: UnsafeRawBufferPointer, algorithm: AEADAlgorithm, into output: UnsafeMutableRawBufferPointer
    ) {
        let tagCount = AEADAlgorithm.tagByteCount
        precondition(output.count >= plaintext.count + tagCount, "the output is too small")
        let context = begin(.seal, algorithm, key, nonce)
        process(associatedData, into: nil, .seal, context)
        process(plaintext, into: output.baseAddress, .seal, context)
        let tag = output.baseAddress?.advanced(by: plaintext.count)
        var written: Int32 = 0
        // Neither cipher has anything left to write at the end, so the tag's place can stand in for the output.
        let finished = EVP_EncryptFinal_ex(context, tag?.assumingMemoryBound(to: UInt8.self), &written)
        let isRead = EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tagCount), tag)
        precondition(finished == 1 && isRead == 1 && written == 0, "OpenSSL could not finish sealing")
    }

    /// Checks and decrypts what ``seal(_:key:nonce:associatedData:algorithm:)`` returned.
    ///
    /// No plaintext is released on failure; fewer than 16 sealed bytes are a failure too.
    /// - Precondition: `nonce` has 12 bytes.
    package static func open(
        _ sealed: [UInt8], key: SecretKey, nonce: [UInt8], associatedData: [UInt8],
        algorithm: AEADAlgorithm = .aes256GCM
    ) throws(AuthenticationFailure) -> [UInt8] {
        try sealed.withUnsafeBufferPointer { (sealed) throws(AuthenticationFailure) in
            try nonce.withUnsafeBufferPointer { (nonce) throws(AuthenticationFailure) in
                try associatedData.withUnsafeBufferPointer { (associatedData) throws(AuthenticationFailure) in
                    try key.withUnsafeBytes { (key) throws(AuthenticationFailure) in
                        try open(
                            UnsafeRawBufferPointer(sealed), key: key, nonce: UnsafeRawBufferPointer(nonce),
                            associatedData: UnsafeRawBufferPointer(associatedData), algorithm: algorithm)
                    }
                }
            }
        }
    }

    /// The same from places in memory.
    ///
    /// - Precondition: `key` has 32 bytes and `nonce` 12.
    package static func open(
        _ sealed: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer, nonce: UnsafeRawBufferPointer,
        associatedData: UnsafeRawBufferPointer, algorithm: AEADAlgorithm
    ) throws(AuthenticationFailure) -> [UInt8] {
        let count = sealed.count - AEADAlgorithm.tagByteCount
        guard count >= 0 else { throw AuthenticationFailure() }
        var isAuthentic = false
        let plaintext = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            isAuthentic = open(
                sealed, key: key, nonce: nonce, associatedData: associatedData, algorithm: algorithm,
                into: UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count))
            initialized = count
        }
        guard isAuthentic else { throw AuthenticationFailure() }
        return plaintext
    }

    /// The same between places in memory; false, with the output wiped, if it does not open.
    ///
    /// - Precondition: `sealed` has at least 16 bytes and `output` room for the others, `key` has 32 bytes and `nonce` 12.
    package static func open(
        _ sealed: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer, nonce: UnsafeRawBufferPointer,
        associatedData: UnsafeRawBufferPointer, algorithm: AEADAlgorithm, into output: UnsafeMutableRawBufferPointer
    ) -> Bool {
        let count = sealed.count - AEADAlgorithm.tagByteCount
        precondition(count >= 0 && output.count >= count, "the buffers are too small")
        let context = begin(.open, algorithm, key, nonce)
        process(associatedData, into: nil, .open, context)
        process(UnsafeRawBufferPointer(rebasing: sealed[..<count]), into: output.baseAddress, .open, context)
        // OpenSSL takes the tag by a pointer that is not const, but only reads it.
        let isSet = EVP_CIPHER_CTX_ctrl(
            context, EVP_CTRL_AEAD_SET_TAG, Int32(AEADAlgorithm.tagByteCount),
            UnsafeMutableRawPointer(mutating: sealed.baseAddress?.advanced(by: count)))
        precondition(isSet == 1, "OpenSSL refused the tag")
        var unused: UInt64 = 0
        var written: Int32 = 0
        let isAuthentic = withUnsafeMutableBytes(of: &unused) {
            EVP_DecryptFinal_ex(context, $0.baseAddress?.assumingMemoryBound(to: UInt8.self), &written)
        }
        if isAuthentic != 1 { wipe(UnsafeMutableRawBufferPointer(rebasing: output[..<count])) }
        return isAuthentic == 1
    }

    /// The calling thread's context, with a message begun in it.
    private static func begin(
        _ direction: StreamingAEAD.Direction, _ algorithm: AEADAlgorithm, _ key: UnsafeRawBufferPointer,
        _ nonce: UnsafeRawBufferPointer
    ) -> OpaquePointer {
        precondition(key.count == SecretKey.byteCount, "a key has 32 bytes")
        precondition(nonce.count == AEADAlgorithm.nonceByteCount, "a nonce has 12 bytes")
        let (context, isSet) = ThreadContexts.cipher(algorithm, direction)
        let cipher = isSet ? nil : algorithm.fetched
        let key = key.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let nonce = nonce.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let isBegun =
            switch direction {
            case .seal: EVP_EncryptInit_ex2(context, cipher, key, nonce, nil)
            case .open: EVP_DecryptInit_ex2(context, cipher, key, nonce, nil)
            }
        precondition(isBegun == 1, "OpenSSL refused the key or the nonce")
        return context
    }

    /// No output means associated data.
    private static func process(
        _ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawPointer?, _ direction: StreamingAEAD.Direction,
        _ context: OpaquePointer
    ) {
        guard !input.isEmpty else { return }
        let source = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let destination = output?.assumingMemoryBound(to: UInt8.self)
        // OpenSSL counts in `Int32`, and no small message is that long.
        let count = Int32(input.count)
        var written: Int32 = 0
        let isDone =
            switch direction {
            case .seal: EVP_EncryptUpdate(context, destination, &written, source, count)
            case .open: EVP_DecryptUpdate(context, destination, &written, source, count)
            }
        precondition(isDone == 1 && written == count, "OpenSSL could not process the bytes")
    }
}
