import COpenSSL

/// A public key that verifies signatures.
///
/// `@unchecked Sendable`: OpenSSL's object is not changed once it is made.
package final class PublicKey: @unchecked Sendable {
    private let pointer: OpaquePointer

    /// `nil` for what is no key (a SubjectPublicKeyInfo, RFC 5280 §4.1).
    package init?(der: [UInt8]) {
        let read = der.withUnsafeBufferPointer { der in
            var position = der.baseAddress
            return d2i_PUBKEY(nil, &position, der.count)
        }
        ERR_clear_error()
        guard let read else { return nil }
        pointer = read
    }

    /// An RSA key of 2048 to 8192 bits.
    ///
    /// - Parameters:
    ///   - modulus: most significant byte first.
    ///   - exponent: most significant byte first.
    package convenience init?(rsaModulus modulus: [UInt8], exponent: [UInt8]) {
        let significant = modulus.drop { $0 == 0 }
        guard (256...1024).contains(significant.count), (1...8).contains(exponent.count) else { return nil }
        let key = DER.sequence(DER.integer(modulus) + DER.integer(exponent))
        // rsaEncryption, without parameters.
        let algorithm = DER.sequence(
            [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00])
        self.init(der: DER.sequence(algorithm + DER.bits(key)))
    }

    /// A key on P-256: both coordinates, 32 bytes each.
    package convenience init?(p256X x: [UInt8], y: [UInt8]) {
        guard x.count == 32, y.count == 32 else { return nil }
        // ecPublicKey on prime256v1.
        let algorithm = DER.sequence(
            [
                0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03,
                0x01, 0x07,
            ])
        self.init(der: DER.sequence(algorithm + DER.bits([4] + x + y)))
    }

    deinit { EVP_PKEY_free(pointer) }

    /// Whether the signature is right; false too when the key is of another kind than the scheme takes.
    package func verifies(_ signature: [UInt8], of message: [UInt8], _ scheme: SignatureScheme) -> Bool {
        defer { ERR_clear_error() }
        let padding: Int32?
        switch scheme {
        case .rsaPKCS1SHA256: padding = RSA_PKCS1_PADDING
        case .rsaPSSSHA256: padding = RSA_PKCS1_PSS_PADDING
        case .ecdsaP256SHA256: padding = nil
        }
        guard EVP_PKEY_get_base_id(pointer) == (padding == nil ? EVP_PKEY_EC : EVP_PKEY_RSA) else { return false }
        var encoded = signature
        if padding == nil {
            guard signature.count == 64 else { return false }
            encoded = DER.sequence(DER.integer(Array(signature[..<32])) + DER.integer(Array(signature[32...])))
        }
        guard let context = EVP_MD_CTX_new() else { fatalError("out of memory") }
        defer { EVP_MD_CTX_free(context) }
        var keyContext: OpaquePointer?
        guard EVP_DigestVerifyInit_ex(context, &keyContext, "SHA256", nil, nil, pointer, nil) == 1 else {
            return false
        }
        if let padding, EVP_PKEY_CTX_set_rsa_padding(keyContext, padding) != 1 { return false }
        if padding == RSA_PKCS1_PSS_PADDING,
            EVP_PKEY_CTX_set_rsa_pss_saltlen(keyContext, RSA_PSS_SALTLEN_DIGEST) != 1
        {
            return false
        }
        return EVP_DigestVerify(context, encoded, encoded.count, message, message.count) == 1
    }
}

/// The few elements of DER that keys and signatures are written in (X.690).
private enum DER {
    static func sequence(_ content: [UInt8]) -> [UInt8] { element(0x30, content) }

    /// A number that is not negative, most significant byte first.
    static func integer(_ bytes: [UInt8]) -> [UInt8] {
        var digits = Array(bytes.drop { $0 == 0 })
        if digits.isEmpty || digits[0] & 0x80 != 0 { digits.insert(0, at: 0) }
        return element(0x02, digits)
    }

    static func bits(_ bytes: [UInt8]) -> [UInt8] { element(0x03, [0] + bytes) }

    private static func element(_ tag: UInt8, _ content: [UInt8]) -> [UInt8] {
        var length: [UInt8] = []
        if content.count < 0x80 {
            length = [UInt8(content.count)]
        } else {
            var rest = content.count
            while rest > 0 {
                length.insert(UInt8(truncatingIfNeeded: rest), at: 0)
                rest >>= 8
            }
            length.insert(0x80 | UInt8(length.count), at: 0)
        }
        return [tag] + length + content
    }
}
