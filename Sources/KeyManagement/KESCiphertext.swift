package import Cryptography

/// What a master key encrypts with.
package enum MasterKeyCipher: String, Sendable, CaseIterable {
    case aes256 = "AES256"
    case chaCha20 = "ChaCha20"
}

/// Small secrets sealed under a master key, in the layouts of the KES key server.
///
/// Written form, 44 bytes longer than the plaintext (76 for a data key):
///
/// ```
/// ciphertext ‖ tag (16) ‖ iv (16) ‖ nonce (12)
/// ```
///
/// iv and nonce are random. A key for this one message comes from the master key: HMAC-SHA-256(master key, iv) for AES,
/// HChaCha20(master key, iv) for ChaCha20. It seals with AES-256-GCM or ChaCha20-Poly1305 under the nonce, with the
/// context bytes as associated data; no context and an empty one are the same.
///
/// Two older forms are read too, a JSON object and a MessagePack array that hold the same pieces. A raw ciphertext may
/// begin like either, so whatever does not parse completely is taken as raw.
package enum KESCiphertext {
    /// How much longer a ciphertext is than its plaintext, in bytes.
    package static let overhead = AEADAlgorithm.tagByteCount + randomByteCount

    static let ivByteCount = 16
    static let randomByteCount = ivByteCount + AEADAlgorithm.nonceByteCount

    /// Seals `plaintext` and binds `context` to it.
    package static func seal(
        _ plaintext: [UInt8], key: SecretKey, cipher: MasterKeyCipher = .aes256, context: [UInt8]
    ) -> [UInt8] {
        let count = plaintext.count + overhead
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let output = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count)
            plaintext.withUnsafeBytes { plaintext in
                context.withUnsafeBytes { seal(plaintext, key: key, cipher: cipher, context: $0, into: output) }
            }
            initialized = count
        }
    }

    /// As above with the 28 bytes iv ‖ nonce given, to reproduce published vectors.
    ///
    /// They must never be used twice.
    package static func seal(
        _ plaintext: [UInt8], key: SecretKey, cipher: MasterKeyCipher, context: [UInt8], random: [UInt8]
    ) -> [UInt8] {
        precondition(random.count == randomByteCount, "iv and nonce have 28 bytes")
        let count = plaintext.count + overhead
        return [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            let output = UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count)
            UnsafeMutableRawBufferPointer(rebasing: output.suffix(randomByteCount)).copyBytes(from: random)
            plaintext.withUnsafeBytes { plaintext in
                context.withUnsafeBytes { sealUnderRandom(plaintext, key, cipher, $0, output) }
            }
            initialized = count
        }
    }

    /// Seals `plaintext` and binds `context` to it, between places in memory.
    ///
    /// - Precondition: `output` has exactly ``overhead`` bytes more than `plaintext`.
    package static func seal(
        _ plaintext: UnsafeRawBufferPointer, key: SecretKey, cipher: MasterKeyCipher, context: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) {
        precondition(output.count == plaintext.count + overhead, "a ciphertext is 44 bytes longer")
        SecureRandom.fill(UnsafeMutableRawBufferPointer(rebasing: output.suffix(randomByteCount)))
        sealUnderRandom(plaintext, key, cipher, context, output)
    }

    /// Opens a ciphertext of any of the three forms.
    ///
    /// `cipher` is the master key's own, whatever the ciphertext declares. A key from before ciphers were recorded
    /// (`nil`) goes by what the ciphertext declares, else by AES.
    package static func open(
        _ ciphertext: [UInt8], key: SecretKey, cipher: MasterKeyCipher?, context: [UInt8]
    ) throws(AuthenticationFailure) -> [UInt8] {
        if let parts = StructuredCiphertext(json: ciphertext) ?? StructuredCiphertext(messagePack: ciphertext) {
            return try openRaw(parts.raw, key: key, cipher: cipher ?? parts.declared, context: context)
        }
        return try openRaw(ciphertext, key: key, cipher: cipher ?? .aes256, context: context)
    }

    /// Opens the written form, which begins at `start`, and no other.
    package static func openRaw(
        _ ciphertext: [UInt8], from start: Int = 0, key: SecretKey, cipher: MasterKeyCipher, context: [UInt8]
    ) throws(AuthenticationFailure) -> [UInt8] {
        guard ciphertext.count - start >= overhead else { throw AuthenticationFailure() }
        return try ciphertext.withUnsafeBufferPointer { (bytes) throws(AuthenticationFailure) in
            let raw = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start...])
            let random = raw.count - randomByteCount
            return try context.withUnsafeBufferPointer { (context) throws(AuthenticationFailure) in
                try withMessageKey(key, cipher, iv: raw[random...]) { (key, algorithm) throws(AuthenticationFailure) in
                    try AEAD.open(
                        UnsafeRawBufferPointer(rebasing: raw[..<random]), key: key,
                        nonce: UnsafeRawBufferPointer(rebasing: raw[(random + ivByteCount)...]),
                        associatedData: UnsafeRawBufferPointer(context), algorithm: algorithm)
                }
            }
        }
    }

    /// A fresh data key, sealed under `key` with `context` bound to it.
    package static func generateDataKey(
        under key: SecretKey, cipher: MasterKeyCipher = .aes256, context: KMSContext
    ) -> GeneratedDataKey {
        let dataKey = SecretKey()
        return GeneratedDataKey(
            plaintext: dataKey, wrapped: wrap(dataKey, under: key, cipher: cipher, context: context))
    }

    /// `dataKey` sealed under `key` with `context` bound to it.
    package static func wrap(
        _ dataKey: SecretKey, under key: SecretKey, cipher: MasterKeyCipher = .aes256, context: KMSContext
    ) -> [UInt8] {
        var bytes = dataKey.withUnsafeBytes { Array($0) }
        defer { wipe(&bytes) }
        return seal(bytes, key: key, cipher: cipher, context: context.canonicalJSON)
    }

    /// The data key that ``generateDataKey(under:cipher:context:)`` sealed; what is not 32 bytes long is not authentic.
    package static func openDataKey(
        _ wrapped: [UInt8], key: SecretKey, cipher: MasterKeyCipher? = .aes256, context: KMSContext
    ) throws(KeyServiceError) -> SecretKey {
        do {
            var bytes = try open(wrapped, key: key, cipher: cipher, context: context.canonicalJSON)
            defer { wipe(&bytes) }
            guard let dataKey = SecretKey(bytes) else { throw AuthenticationFailure() }
            return dataKey
        } catch {
            throw KeyServiceError.notAuthentic
        }
    }

    /// Seals under the iv and the nonce that are at the end of `output` already.
    private static func sealUnderRandom(
        _ plaintext: UnsafeRawBufferPointer, _ key: SecretKey, _ cipher: MasterKeyCipher,
        _ context: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer
    ) {
        let random = output.count - randomByteCount
        let written = UnsafeRawBufferPointer(output)
        withMessageKey(key, cipher, iv: written[random...]) { key, algorithm in
            AEAD.seal(
                plaintext, key: key, nonce: UnsafeRawBufferPointer(rebasing: written[(random + ivByteCount)...]),
                associatedData: context, algorithm: algorithm,
                into: UnsafeMutableRawBufferPointer(rebasing: output[..<random]))
        }
    }

    /// Lends the key for one message, which is made of the first 16 bytes of `iv`.
    private static func withMessageKey<R, Failure: Error>(
        _ key: SecretKey, _ cipher: MasterKeyCipher, iv: Slice<UnsafeRawBufferPointer>,
        _ body: (UnsafeRawBufferPointer, AEADAlgorithm) throws(Failure) -> R
    ) throws(Failure) -> R {
        let iv = UnsafeRawBufferPointer(rebasing: iv.prefix(ivByteCount))
        var place: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        return try withUnsafeMutableBytes(of: &place) { (messageKey) throws(Failure) in
            defer { wipe(messageKey) }
            let algorithm: AEADAlgorithm
            switch cipher {
            case .aes256:
                HMACSHA256.code(iv, key: key, into: messageKey)
                algorithm = .aes256GCM
            case .chaCha20:
                HChaCha20.derive(from: key, input: iv, into: messageKey)
                algorithm = .chaCha20Poly1305
            }
            return try body(UnsafeRawBufferPointer(messageKey), algorithm)
        }
    }
}
