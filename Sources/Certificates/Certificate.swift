/// An X.509 certificate.
package struct Certificate: Sendable, Hashable {
    package let der: [UInt8]
    /// The public key as the certificate holds it: a DER-encoded SubjectPublicKeyInfo.
    package let publicKeyDER: [UInt8]
    /// Whether basic constraints say that it is a certificate authority's.
    package let isCA: Bool
    /// Start of its validity, in seconds since 1970.
    package let notBefore: Int64
    /// End of its validity, in seconds since 1970.
    package let notAfter: Int64
    /// The subject's common name, empty when there is none.
    package let commonName: String
    /// The DNS names of the subject's alternative names.
    package let dnsNames: [String]
    /// The IP addresses of the subject's alternative names, as text.
    package let ipAddresses: [String]

    package init(der: [UInt8]) throws(CertificateError) { throw .malformedCertificate }

    /// Whether at least one DNS name or IP address is among the subject's alternative names.
    package var hasSubjectAlternativeName: Bool { !dnsNames.isEmpty || !ipAddresses.isEmpty }

    /// The certificates of a PEM text, in its order; at least one.
    ///
    /// Text around the blocks is ignored; a block of another kind is an error.
    package static func readPEM(_ text: [UInt8]) throws(CertificateError) -> [Certificate] { throw .malformedPEM }

    /// One CERTIFICATE block.
    package var pem: String { "" }
}
