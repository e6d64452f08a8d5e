import Certificates
import Cryptography
import Testing

struct CertificateAuthorityTests {
    private static let leaf = CertificateContents(
        commonName: "leaf", notBefore: 1_800_000_000, notAfter: 1_900_000_000, dnsNames: ["a.example"],
        extendedKeyUsage: [.serverAuth])

    @Test func `what it signs leads to it and ends no later`() throws {
        let openssl = try OpenSSLCommand()
        let authority = try CertificateAuthority(
            commonName: "root", notBefore: 1_800_000_000, notAfter: 1_800_086_400)
        let key = PrivateKey.ecdsaP256()
        let leaf = try Self.leaf.signed(for: key, by: authority)
        #expect(leaf.publicKeyDER == key.publicKeyDER && !leaf.isCA && authority.certificate.isCA)
        #expect(leaf.notAfter == authority.certificate.notAfter)
        try openssl.write(authority.certificate.pem.utf8, to: "ca.crt")
        try openssl.write(leaf.pem.utf8, to: "leaf.crt")
        let verdict = try openssl.run(
            "openssl verify -attime 1800000100 -x509_strict -check_ss_sig -purpose sslserver -CAfile ca.crt leaf.crt")
        #expect(verdict == "leaf.crt: OK")
        let text = try openssl.run("openssl x509 -in ca.crt -noout -text")
        #expect(text.contains("CA:TRUE, pathlen:0") && text.contains("Certificate Sign, CRL Sign"))
    }

    @Test func `another authority of the same name is not its issuer`() throws {
        let openssl = try OpenSSLCommand()
        let authorities = try (0..<2).map { _ in
            try CertificateAuthority(commonName: "root", notBefore: 1_800_000_000, notAfter: 1_800_086_400)
        }
        let leaf = try Self.leaf.signed(for: .ecdsaP256(), by: authorities[1])
        for (index, authority) in authorities.enumerated() {
            try openssl.write(authority.certificate.pem.utf8, to: "\(index).crt")
        }
        try openssl.write(leaf.pem.utf8, to: "leaf.crt")
        let verify = "openssl verify -attime 1800000100 -CAfile"
        #expect(try openssl.run("\(verify) 0.crt leaf.crt || true").contains("error"))
        #expect(try openssl.run("cat 0.crt 1.crt > both.crt; \(verify) both.crt leaf.crt") == "leaf.crt: OK")
    }

    @Test func `a key of somebody else's or an end entity is no authority`() throws {
        let authority = try CertificateAuthority(
            commonName: "root", notBefore: 1_800_000_000, notAfter: 1_800_086_400)
        #expect(CertificateAuthority(certificate: authority.certificate, key: authority.key) != nil)
        #expect(CertificateAuthority(certificate: authority.certificate, key: .ecdsaP256()) == nil)
        let key = PrivateKey.ecdsaP256()
        #expect(CertificateAuthority(certificate: try Self.leaf.signed(with: key), key: key) == nil)
    }
}
