/// A root of one's own, which signs certificates of end entities.
package struct CertificateAuthority: Sendable {
    package let certificate: Certificate
    package let key: PrivateKey

    /// `nil` unless the certificate is an authority's and the key is its own.
    package init?(certificate: Certificate, key: PrivateKey) {
        guard certificate.isCA, certificate.publicKeyDER == key.publicKeyDER else { return nil }
        self.certificate = certificate
        self.key = key
    }

    /// A new one with a key on P-256.
    ///
    /// Throws as ``CertificateContents/signed(with:)`` does.
    ///
    /// - Parameters:
    ///   - commonName: at most 64 characters.
    ///   - notBefore: seconds since 1970, as `notAfter`.
    package init(commonName: String, notBefore: Int64, notAfter: Int64) throws(CertificateError) {
        var contents = CertificateContents(
            commonName: commonName, notBefore: notBefore, notAfter: notAfter, extendedKeyUsage: [])
        contents.isAuthority = true
        key = .ecdsaP256()
        certificate = try contents.signed(with: key)
    }
}
