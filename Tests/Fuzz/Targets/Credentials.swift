import Certificates
import STSService

extension FuzzTarget {
    /// A JSON web token, and a provider's list of keys.
    static let token = FuzzTarget("token") { (bytes) throws(BrokenPromise) in
        _ = JSONWebToken(bytes.text)
        _ = JSONWebKeys(bytes)
    }

    /// Certificates and private keys in PEM, and a certificate in DER.
    static let certificate = FuzzTarget("certificate") { (bytes) throws(BrokenPromise) in
        if let certificate = try? Certificate(der: bytes) {
            _ = certificate.pem
        }
        _ = try? Certificate.allPEM(bytes)
        _ = try? PEMItem.first(in: bytes, password: nil)
        _ = PublicKey(der: bytes)
    }
}
