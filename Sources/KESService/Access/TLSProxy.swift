package import Certificates
import Cryptography
import HTTPServer
package import KESProtocol
import Notation

/// Proxies that end TLS for clients and pass the clients' certificates on in a header.
///
/// A proxy speaks for whom it says; an identity of its own gives it nothing.
package struct TLSProxy: Sendable {
    package var identities: Set<Identity>
    /// The header with the client's certificate; its name in lower case.
    package var header: String
    /// The authorities at which clients' chains have to end; `nil` when chains are not verified.
    package var trust: TrustStore?

    package init(identities: [Identity], header: String, trust: TrustStore?) {
        self.identities = Set(identities)
        self.header = header.lowercased()
        self.trust = trust
    }

    /// Whom a request that came through a proxy is from.
    func client(_ head: RequestHead) throws(KESFault) -> Identity {
        let values = head.headers(named: header)
        guard let value = values.first, !value.isEmpty else { throw .noProxiedCertificate }
        guard values.count == 1 else { throw .tooManyProxiedCertificates }
        let certificates = Self.certificates(value)
        guard let certificate = certificates.first else { throw .invalidProxiedCertificate }
        guard certificates.count == 1 else { throw .tooManyProxiedCertificates }
        guard !certificate.isCA else { throw .invalidProxiedCertificate }
        if let trust {
            guard certificate.verification(by: trust, purpose: .client) == .trusted else { throw .notAuthorized }
        }
        return Identity(of: certificate)
    }

    /// The client's address as the proxy tells it.
    static func address(_ head: RequestHead) -> String? {
        guard let list = head.header("x-forwarded-for") else { return nil }
        let first = list.prefix { $0 != "," }.filter { $0 != " " && $0 != "\t" }
        if let address = NumericAddress.withoutPort(String(first)) { return address }
        return nil
    }

    /// PEM, percent-encoded or not, or base64 of DER.
    private static func certificates(_ value: String) -> [Certificate] {
        // In base64 without any escape, a plus sign is one.
        let text = value.utf8.contains(UInt8(ascii: "%")) ? RequestPath.decode(value, plus: .space) : value
        guard let text else { return [] }
        if let known = try? Certificate.readPEM(Array(text.utf8)), !known.isEmpty { return known }
        guard let der = Base64.decode(text), let certificate = try? Certificate(der: der) else { return [] }
        return [certificate]
    }
}
