import COpenSSL

/// How a private key signs.
package enum SignatureScheme: Sendable, Hashable {
    case rsaPKCS1SHA256
    /// With a salt as long as the digest.
    case rsaPSSSHA256
    /// Both numbers, 32 bytes each, most significant byte first.
    case ecdsaP256SHA256
}

extension PrivateKey {
    /// The signature; `nil` when the key is of another kind than the scheme takes.
    package func signature(of message: [UInt8], _ scheme: SignatureScheme) -> [UInt8]? {
        defer { ERR_clear_error() }
        let padding: Int32?
        switch scheme {
        case .rsaPKCS1SHA256: padding = RSA_PKCS1_PADDING
        case .rsaPSSSHA256: padding = RSA_PKCS1_PSS_PADDING
        case .ecdsaP256SHA256: padding = nil
        }
        let kind = padding == nil ? EVP_PKEY_EC : EVP_PKEY_RSA
        guard EVP_PKEY_get_base_id(pointer) == kind else { return nil }
        guard let context = EVP_MD_CTX_new() else { fatalError("out of memory") }
        defer { EVP_MD_CTX_free(context) }
        var keyContext: OpaquePointer?
        guard EVP_DigestSignInit_ex(context, &keyContext, "SHA256", nil, nil, pointer, nil) == 1 else { return nil }
        if let padding, EVP_PKEY_CTX_set_rsa_padding(keyContext, padding) != 1 { return nil }
        // OpenSSL would take as long a salt as there is room for, which verifiers of PS256 refuse.
        if padding == RSA_PKCS1_PSS_PADDING,
            EVP_PKEY_CTX_set_rsa_pss_saltlen(keyContext, RSA_PSS_SALTLEN_DIGEST) != 1
        {
            return nil
        }
        var count = 0
        guard EVP_DigestSign(context, nil, &count, message, message.count) == 1 else { return nil }
        var signature = [UInt8](repeating: 0, count: count)
        guard EVP_DigestSign(context, &signature, &count, message, message.count) == 1 else { return nil }
        signature.removeLast(signature.count - count)
        return padding == nil ? Self.plainECDSA(signature) : signature
    }

    /// The two numbers of a DER-encoded ECDSA signature on P-256, 32 bytes each; `nil` for a larger curve.
    private static func plainECDSA(_ signature: [UInt8]) -> [UInt8]? {
        let parsed = signature.withUnsafeBufferPointer { signature in
            var position = signature.baseAddress
            return d2i_ECDSA_SIG(nil, &position, signature.count)
        }
        guard let parsed else { return nil }
        defer { ECDSA_SIG_free(parsed) }
        var plain = [UInt8](repeating: 0, count: 64)
        let isWritten = plain.withUnsafeMutableBufferPointer { plain in
            BN_bn2binpad(ECDSA_SIG_get0_r(parsed), plain.baseAddress, 32) == 32
                && BN_bn2binpad(ECDSA_SIG_get0_s(parsed), plain.baseAddress?.advanced(by: 32), 32) == 32
        }
        return isWritten ? plain : nil
    }
}
