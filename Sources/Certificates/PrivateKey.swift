import COpenSSL
package import Cryptography

/// A private key of any kind that OpenSSL knows.
///
/// `@unchecked Sendable`: the key is never changed once it is here, and OpenSSL guards what it caches in it.
package final class PrivateKey: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Takes the key over.
    private init(_ pointer: OpaquePointer) { self.pointer = pointer }

    deinit { EVP_PKEY_free(pointer) }

    /// The first private key of a PEM text; other blocks are skipped.
    ///
    /// PKCS#8, PKCS#1 and SEC1; encrypted as RFC 1423 says or in PKCS#8's own way. An empty password is none.
    package static func readPEM(_ text: [UInt8], password: [UInt8]?) throws(CertificateError) -> PrivateKey {
        guard let block = try PEMBlock.read(text).first(where: \.isPrivateKey) else {
            throw CertificateError.noPEMData
        }
        return try read(block, password: password)
    }

    /// As ``readPEM(_:password:)``, of one block.
    static func read(_ block: PEMBlock, password: [UInt8]?) throws(CertificateError) -> PrivateKey {
        if block.label == "ENCRYPTED PRIVATE KEY" {
            return try read(encryptedPKCS8: block, password: password)
        }
        let wasEncrypted = try block.decrypt(password: password)
        let read = block.withContents { contents -> OpaquePointer? in
            var position = contents.baseAddress
            return d2i_AutoPrivateKey(nil, &position, contents.count)
        }
        ERR_clear_error()
        // A wrong password can leave a padding that looks right, one time in 256.
        guard let read else { throw wasEncrypted ? .incorrectPassword : .malformedPrivateKey }
        return PrivateKey(read)
    }

    /// The Ed25519 key that grows from a seed of 32 bytes.
    package static func ed25519(seed: SecretKey) -> PrivateKey {
        let key = seed.withUnsafeBytes { seed in
            EVP_PKEY_new_raw_private_key(
                EVP_PKEY_ED25519, nil, seed.baseAddress?.assumingMemoryBound(to: UInt8.self), seed.count)
        }
        guard let key else { fatalError("OpenSSL on this machine does not offer Ed25519") }
        return PrivateKey(key)
    }

    /// A fresh ECDSA key on the curve P-256.
    package static func ecdsaP256() -> PrivateKey {
        guard let key = coffer_generate_p256() else { fatalError("OpenSSL on this machine does not offer P-256") }
        return PrivateKey(key)
    }

    /// One PRIVATE KEY block with PKCS#8 in it; with a password it is encrypted as RFC 1423 says, with AES-256-CBC.
    ///
    /// An empty password is none. The caller wipes the text.
    package func pem(password: [UInt8]?) -> [UInt8] {
        guard let bio = BIO_new(BIO_s_secmem()) else { fatalError("out of memory") }
        defer { BIO_free(bio) }
        let isWritten =
            if let password, !password.isEmpty {
                coffer_write_private_key(bio, pointer, password, Int32(clamping: password.count))
            } else {
                coffer_write_private_key(bio, pointer, nil, 0)
            }
        precondition(isWritten == 1, "OpenSSL could not write its own key")
        var bytes: UnsafePointer<UInt8>?
        let count = coffer_bio_contents(bio, &bytes)
        return Array(UnsafeBufferPointer(start: bytes, count: count))
    }

    /// The public half: a DER-encoded SubjectPublicKeyInfo.
    package var publicKeyDER: [UInt8] { encoded { i2d_PUBKEY(pointer, $0) } }

    /// The seed of an Ed25519 key, `nil` for every other kind.
    package var ed25519Seed: SecretKey? {
        guard EVP_PKEY_get_id(pointer) == EVP_PKEY_ED25519 else { return nil }
        return SecretKey { seed in
            var count = seed.count
            let isRead = EVP_PKEY_get_raw_private_key(
                pointer, seed.baseAddress?.assumingMemoryBound(to: UInt8.self), &count)
            precondition(isRead == 1 && count == seed.count, "OpenSSL could not write its own key")
        }
    }

    private static func read(
        encryptedPKCS8 block: PEMBlock, password: [UInt8]?
    ) throws(CertificateError) -> PrivateKey {
        defer { ERR_clear_error() }
        let sealed = block.withContents { contents -> OpaquePointer? in
            var position = contents.baseAddress
            return d2i_X509_SIG(nil, &position, contents.count)
        }
        guard let sealed else { throw CertificateError.malformedPrivateKey }
        defer { X509_SIG_free(sealed) }
        guard let password, !password.isEmpty else { throw CertificateError.passwordRequired }
        let info = password.withUnsafeBytes { password in
            PKCS8_decrypt(
                sealed, password.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(clamping: password.count))
        }
        guard let info else { throw CertificateError.incorrectPassword }
        defer { PKCS8_PRIV_KEY_INFO_free(info) }
        guard let key = EVP_PKCS82PKEY(info) else { throw CertificateError.malformedPrivateKey }
        return PrivateKey(key)
    }
}
