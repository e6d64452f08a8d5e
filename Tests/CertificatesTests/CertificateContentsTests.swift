import Certificates
import Cryptography
import Testing

struct CertificateContentsTests {
    private static let request = CertificateContents(
        commonName: "someone", notBefore: 1_800_000_000, notAfter: 1_800_086_400, dnsNames: ["a.example", "b,c"],
        ipAddresses: ["192.0.2.1", "2001:db8::2"], extendedKeyUsage: [.clientAuth, .serverAuth])

    @Test(arguments: [true, false]) func `openssl sees what was asked for`(isEd25519: Bool) throws {
        let openssl = try OpenSSLCommand()
        let key = isEd25519 ? PrivateKey.ed25519(seed: SecretKey()) : PrivateKey.ecdsaP256()
        let certificate = try Self.request.signed(with: key)
        #expect(certificate.publicKeyDER == key.publicKeyDER)
        try openssl.write(certificate.pem.utf8, to: "a.crt")
        let text = try openssl.run("openssl x509 -in a.crt -noout -text")
        for expected in [
            "Version: 3 (0x2)", "Issuer: CN = someone", "Subject: CN = someone", "Not Before: Jan 15 08:00:00 2027 GMT",
            "Not After : Jan 16 08:00:00 2027 GMT", "X509v3 Key Usage: critical\n                Digital Signature\n",
            "X509v3 Extended Key Usage: \n", "TLS Web Client Authentication, TLS Web Server Authentication",
            "X509v3 Basic Constraints: critical\n                CA:FALSE",
            "DNS:a.example, DNS:b,c, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:2",
            isEd25519 ? "Signature Algorithm: ED25519" : "Signature Algorithm: ecdsa-with-SHA256",
        ] {
            #expect(text.contains(expected))
        }
        let verdict = try openssl.run(
            "openssl verify -attime 1800000100 -partial_chain -check_ss_sig -purpose sslclient -trusted a.crt a.crt")
        #expect(verdict == "a.crt: OK")
    }

    @Test func `without names there is no such extension`() throws {
        let openssl = try OpenSSLCommand()
        var request = Self.request
        request.dnsNames = []
        request.ipAddresses = []
        request.extendedKeyUsage = [.clientAuth]
        let certificate = try request.signed(with: .ecdsaP256())
        #expect(!certificate.hasSubjectAlternativeName)
        try openssl.write(certificate.pem.utf8, to: "a.crt")
        let text = try openssl.run("openssl x509 -in a.crt -noout -text")
        #expect(!text.contains("Alternative Name") && !text.contains("Server Authentication"))
    }

    @Test func `serial numbers are random`() throws {
        let openssl = try OpenSSLCommand()
        let key = PrivateKey.ecdsaP256()
        var serials: Set<String> = []
        for index in 0..<8 {
            try openssl.write(try Self.request.signed(with: key).pem.utf8, to: "\(index).crt")
            serials.insert(try openssl.run("openssl x509 -in \(index).crt -noout -serial"))
        }
        #expect(serials.count == 8)
        // 128 bits; the chance that every one of eight lacks its upper 24 bits is nil.
        #expect(serials.contains { $0.count > "serial=".count + 26 })
    }

    @Test func `what cannot be in a certificate is refused`() throws {
        let key = PrivateKey.ecdsaP256()
        for name in ["", "a b", "é.example", "a\nb"] {
            var request = Self.request
            request.dnsNames = [name]
            #expect(throws: CertificateError.invalidName(name)) { try request.signed(with: key) }
        }
        for address in ["", "1.2.3", "a.example", "1.2.3.4/8"] {
            var request = Self.request
            request.ipAddresses = [address]
            #expect(throws: CertificateError.invalidName(address)) { try request.signed(with: key) }
        }
        var request = Self.request
        request.commonName = String(repeating: "x", count: 64)
        #expect(try request.signed(with: key).commonName == request.commonName)
        request.commonName += "x"
        #expect(throws: CertificateError.invalidName(request.commonName)) { try request.signed(with: key) }
        request.commonName = "x"
        request.notAfter = .max
        #expect(throws: CertificateError.invalidTime) { try request.signed(with: key) }
    }
}
