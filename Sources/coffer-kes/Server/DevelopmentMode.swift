import Certificates
import Glibc
import HTTPServer
import KESProtocol

/// What `--dev` makes up: an admin and a certificate that nobody has to prepare, both gone with the process.
struct DevelopmentMode {
    let apiKey: APIKey
    let certificate: Certificate
    private let privateKey: PrivateKey

    private static let validity: Int64 = 90 * 86_400

    /// A fresh API key, and a certificate for every address of this machine.
    init() throws(StartFailure) {
        apiKey = APIKey.generate()
        privateKey = PrivateKey.ecdsaP256()
        let now = Int64(time(nil))
        let description = CertificateContents(
            commonName: "localhost", notBefore: now, notAfter: now + Self.validity, dnsNames: ["localhost"],
            ipAddresses: NetworkInterfaces.addresses(), extendedKeyUsage: [.serverAuth])
        do throws(CertificateError) {
            certificate = try description.signed(with: privateKey)
        } catch {
            throw StartFailure("failed to make a TLS certificate: \(error)")
        }
    }

    var tls: TLSConfigurationSource {
        TLSConfigurationSource(
            .memory(certificate: Array(certificate.pem.utf8), key: privateKey.pem(password: nil)),
            clientCertificate: .required)
    }
}
