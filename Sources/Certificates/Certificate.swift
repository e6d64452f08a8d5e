import COpenSSL
import Cryptography

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

    package init(der: [UInt8]) throws(CertificateError) {
        guard let object = X509Object(der: der), let notBefore = object.notBefore, let notAfter = object.notAfter else {
            throw CertificateError.malformedCertificate
        }
        self.der = der
        publicKeyDER = object.publicKeyDER
        isCA = object.isCA
        self.notBefore = notBefore
        self.notAfter = notAfter
        commonName = object.commonName
        (dnsNames, ipAddresses) = object.alternativeNames
        ERR_clear_error()
    }

    /// Whether at least one DNS name or IP address is among the subject's alternative names.
    package var hasSubjectAlternativeName: Bool { !dnsNames.isEmpty || !ipAddresses.isEmpty }

    /// Whether a host is named by its address, which certificates have apart from DNS names.
    package static func isIPAddress(_ host: String) -> Bool { IPAddress(host) != nil }

    /// The certificates of a PEM text, in its order; at least one.
    ///
    /// Text around the blocks is ignored; a block of another kind is an error.
    package static func readPEM(_ text: [UInt8]) throws(CertificateError) -> [Certificate] {
        var certificates: [Certificate] = []
        for block in try PEMBlock.read(text) {
            guard block.label == Self.label else { throw CertificateError.unsupportedPEMBlock(block.label) }
            certificates.append(try Certificate(der: block.withContents { Array($0) }))
        }
        guard !certificates.isEmpty else { throw CertificateError.noPEMData }
        return certificates
    }

    /// The certificates of a PEM text that may hold other things too, such as the private key; maybe none.
    package static func allPEM(_ text: [UInt8]) throws(CertificateError) -> [Certificate] {
        var certificates: [Certificate] = []
        for block in try PEMBlock.read(text) where block.label == Self.label {
            certificates.append(try Certificate(der: block.withContents { Array($0) }))
        }
        return certificates
    }

    /// One CERTIFICATE block.
    package var pem: String {
        var text = "-----BEGIN \(Self.label)-----\n"
        var rest = Base64.encode(der)[...]
        while !rest.isEmpty {
            text += rest.prefix(64) + "\n"
            rest = rest.dropFirst(64)
        }
        return text + "-----END \(Self.label)-----\n"
    }

    static let label = "CERTIFICATE"

    /// Two certificates are the same when their bytes are.
    package static func == (a: Certificate, b: Certificate) -> Bool { a.der == b.der }

    package func hash(into hasher: inout Hasher) { hasher.combine(der) }
}
