import Certificates
import Foundation
import HTTPClient
import STSService
import Threading

extension STSService.Providers {
    /// - Parameter authorities: a directory of certificates, those of clients and of the provider are issued by; it may be
    ///   missing.
    init(_ variables: IdentityVariables, authorities: String) throws(StartFailure) {
        self.init()
        if variables.admitsCertificates {
            certificates = CertificateIdentity(
                trust: variables.skipsVerification ? .unverified : .authorities(Adjustable(Self.trust(authorities))))
        }
        if let openID = variables.openID {
            var transport = HTTPClientConfiguration()
            if FileManager.default.fileExists(atPath: authorities) { transport.caPaths = [authorities] }
            transport.maxConnections = 2
            do {
                self.openID = OpenIDProvider(openID, client: try HTTPClient(transport))
            } catch {
                throw StartFailure("MINIO_IDENTITY_OPENID_CONFIG_URL: \(error)")
            }
        }
    }

    /// Reads the authorities of clients' certificates again, for sessions to come.
    ///
    /// - Returns: whether there is something that they are for.
    func reloadAuthorities(_ directory: String) -> Bool {
        guard case .authorities(let store)? = certificates?.trust else { return false }
        store.current = Self.trust(directory)
        return true
    }

    /// The authorities of the directory alone: whoever the system trusts for names of servers says nothing of users here.
    private static func trust(_ directory: String) -> TrustStore {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        let certificates = files.sorted().flatMap { name -> [Certificate] in
            guard let text = FileManager.default.contents(atPath: "\(directory)/\(name)") else { return [] }
            return (try? Certificate.allPEM([UInt8](text))) ?? []
        }
        return TrustStore(certificates: certificates, includesSystemRoots: false)
    }
}
