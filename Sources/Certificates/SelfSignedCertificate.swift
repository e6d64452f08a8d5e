/// What a self-signed certificate is to say.
///
/// It is an end entity's (basic constraints: no authority, critical), its key usage is digitalSignature (critical), and its
/// serial number is 128 random bits.
package struct SelfSignedCertificate: Sendable {
    package enum ExtendedKeyUsage: Sendable, CaseIterable { case clientAuth, serverAuth }

    package var commonName: String
    /// Seconds since 1970.
    package var notBefore: Int64
    /// Seconds since 1970.
    package var notAfter: Int64
    package var dnsNames: [String]
    /// IPv4 and IPv6 addresses as text.
    package var ipAddresses: [String]
    package var extendedKeyUsage: [ExtendedKeyUsage]

    package init(
        commonName: String, notBefore: Int64, notAfter: Int64, dnsNames: [String] = [], ipAddresses: [String] = [],
        extendedKeyUsage: [ExtendedKeyUsage]
    ) {
        self.commonName = commonName
        self.notBefore = notBefore
        self.notAfter = notAfter
        self.dnsNames = dnsNames
        self.ipAddresses = ipAddresses
        self.extendedKeyUsage = extendedKeyUsage
    }

    /// The certificate for the public half of `key`, signed by its private half.
    ///
    /// Throws `invalidName` for a name that cannot stand in a certificate.
    package func signed(with key: PrivateKey) throws(CertificateError) -> Certificate { throw .malformedCertificate }
}
