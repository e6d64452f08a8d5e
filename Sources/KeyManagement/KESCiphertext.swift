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
        seal(plaintext, key: key, cipher: cipher, context: context, random: SecureRandom.bytes(randomByteCount))
    }

    /// As above with the 28 bytes iv ‖ nonce given, to reproduce published vectors.
    ///
    /// They must never be used twice.
    package static func seal(
        _ plaintext: [UInt8], key: SecretKey, cipher: MasterKeyCipher, context: [UInt8], random: [UInt8]
    ) -> [UInt8] {
        precondition(random.count == randomByteCount, "iv and nonce have 28 bytes")
        let (messageKey, algorithm) = derivation(key, cipher, iv: random[..<ivByteCount])
        return AEAD.seal(
            plaintext, key: messageKey, nonce: Array(random[ivByteCount...]), associatedData: context,
            algorithm: algorithm) + random
    }

    /// Opens a ciphertext of any of the three forms.
    ///
    /// `cipher` is the master key's own, whatever the ciphertext declares. A key from before ciphers were recorded
    /// (`nil`) goes by what the ciphertext declares, else by AES.
    package static func open(
        _ ciphertext: [UInt8], key: SecretKey, cipher: MasterKeyCipher?, context: [UInt8]
    ) throws(AuthenticationFailure) -> [UInt8] {
        let parts = StructuredCiphertext(json: ciphertext) ?? StructuredCiphertext(messagePack: ciphertext)
        let raw = parts?.raw ?? ciphertext
        guard raw.count >= overhead else { throw AuthenticationFailure() }
        let random = raw.suffix(randomByteCount)
        let (messageKey, algorithm) = derivation(
            key, cipher ?? parts?.declared ?? .aes256, iv: random.prefix(ivByteCount))
        return try AEAD.open(
            Array(raw.dropLast(randomByteCount)), key: messageKey, nonce: Array(random.dropFirst(ivByteCount)),
            associatedData: context, algorithm: algorithm)
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

    private static func derivation(
        _ key: SecretKey, _ cipher: MasterKeyCipher, iv: ArraySlice<UInt8>
    ) -> (SecretKey, AEADAlgorithm) {
        switch cipher {
        case .aes256: (HMACSHA256.derivedKey(Array(iv), key: key), .aes256GCM)
        case .chaCha20: (HChaCha20.derivedKey(from: key, input: iv), .chaCha20Poly1305)
        }
    }
}
