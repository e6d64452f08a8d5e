import Accounts
package import Certificates
import HTTPServer
import Requests
import S3Protocol
package import Threading

/// Who may have sessions for showing a client certificate.
package struct CertificateIdentity: Sendable {
    /// Whose certificates are believed.
    package enum Trust: Sendable {
        /// Those that lead to one of these authorities.
        case authorities(Adjustable<TrustStore>)
        /// Any: somebody in front of the server has looked at them.
        case unverified
    }

    package let trust: Trust

    package init(trust: Trust) { self.trust = trust }
}

/// Temporary credentials for who shows a client certificate: its common name is the name of the policy that they have.
struct AssumeRoleWithCertificate {
    private static let mostIntermediates = 10

    private let parameters: SessionParameters

    init(_ form: STSForm) throws(STSError) { parameters = try SessionParameters(form) }

    func perform(
        over connection: ConnectionInfo, _ identity: CertificateIdentity, _ accounts: Accounts,
        _ record: RequestRecord
    ) async throws -> [UInt8] {
        let certificate = try Self.certificate(of: connection, identity, at: record.time / 1000)
        let name = certificate.commonName
        guard !name.isEmpty, name.utf8.count <= AccountLimits.nameBytes else {
            throw STSError(.invalidClientCertificate, "The certificate has no common name that could be a policy's.")
        }
        var request = parameters.request(for: .external(AccountName("tls:\(name)")))
        request.policies = [AccountName(name)]
        request.end(by: certificate.notAfter, at: record.time / 1000)
        let session = try await accounts.addSession(request, at: record.time)
        return STSDocument.credentials(session, .assumeRoleWithCertificate, requestID: record.id)
    }

    /// - Throws: for a connection that shows none, and for one that is not believed.
    private static func certificate(
        of connection: ConnectionInfo, _ identity: CertificateIdentity, at time: Int64
    ) throws(STSError) -> Certificate {
        guard connection.isTLS else {
            throw STSError(.insecureConnection, "A certificate is shown over TLS alone.")
        }
        guard connection.peerCertificates.count <= mostIntermediates + 1 else {
            throw STSError(
                .tooManyIntermediateCAs, "The client has shown more than \(mostIntermediates) intermediate authorities."
            )
        }
        var chain: [Certificate] = []
        for der in connection.peerCertificates {
            guard let certificate = try? Certificate(der: der) else {
                throw STSError(.invalidClientCertificate, "The client's certificate cannot be read.")
            }
            chain.append(certificate)
        }
        guard let leaf = chain.first, !leaf.isCA, chain.dropFirst().allSatisfy(\.isCA) else {
            throw STSError(.invalidClientCertificate, "The client has to show one certificate of its own.")
        }
        guard leaf.notBefore <= time, time < leaf.notAfter else {
            throw STSError(.invalidClientCertificate, "The client's certificate is not valid now.")
        }
        switch identity.trust {
        case .unverified: return leaf
        case .authorities(let store):
            let verification = leaf.verification(
                by: store.current, intermediates: Array(chain.dropFirst()), purpose: .client, at: time)
            switch verification {
            case .trusted: return leaf
            case .refused(let reason):
                throw STSError(.invalidClientCertificate, "The client's certificate is not trusted: \(reason).")
            }
        }
    }
}
