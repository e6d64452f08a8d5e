import Certificates
import Cryptography
import TestSupport
import Testing

struct CertificateTests {
    @Test func `what openssl wrote is read`() throws {
        let openssl = try OpenSSLCommand()
        try openssl.run(
            "openssl req -x509 \(OpenSSLCommand.newKey) -keyout a.key -out a.crt -subj '/O=Coffer/CN=été' -utf8 -days 3 "
                + "-addext subjectAltName=DNS:a.example,IP:192.0.2.7,DNS:b.example,IP:2001:db8::1,email:x@y.z "
                + "-addext basicConstraints=critical,CA:FALSE")
        let certificate = try #require(try Certificate.readPEM(try openssl.file("a.crt")).first)
        #expect(certificate.commonName == "été")
        #expect(certificate.dnsNames == ["a.example", "b.example"])
        #expect(certificate.ipAddresses == ["192.0.2.7", "2001:db8::1"])
        #expect(certificate.hasSubjectAlternativeName)
        #expect(!certificate.isCA)
        let publicKey = try openssl.run(
            "openssl x509 -in a.crt -noout -pubkey | openssl pkey -pubin -outform DER | base64 -w0")
        #expect(Base64.encode(certificate.publicKeyDER) == publicKey)
        let end = try openssl.run("date -u -d \"$(openssl x509 -in a.crt -noout -enddate | cut -d= -f2)\" +%s")
        #expect(String(certificate.notAfter) == end)
        #expect(certificate.notAfter - certificate.notBefore == 3 * 86_400)
        #expect(Array(certificate.pem.utf8) == (try openssl.file("a.crt")))
    }

    @Test func `an authority is known by its basic constraints`() throws {
        let openssl = try OpenSSLCommand()
        try openssl.makeChain()
        let authorities = try Certificate.readPEM(try openssl.file("root.crt") + openssl.file("middle.crt"))
        #expect(authorities.map(\.commonName) == ["root", "middle"])
        #expect(authorities.allSatisfy { $0.isCA })
        let leaf = try #require(try Certificate.readPEM(try openssl.file("clientAuth.crt")).first)
        #expect(!leaf.isCA)
        #expect(!leaf.hasSubjectAlternativeName)
    }

    @Test func `only certificates may be in a file of certificates`() throws {
        let openssl = try OpenSSLCommand()
        try openssl.makeChain()
        let certificate = try openssl.file("root.crt")
        let key = try openssl.file("root.key")
        #expect(throws: CertificateError.unsupportedPEMBlock("PRIVATE KEY")) {
            try Certificate.readPEM(certificate + key)
        }
        #expect(throws: CertificateError.noPEMData) { try Certificate.readPEM([]) }
        #expect(throws: CertificateError.noPEMData) { try Certificate.readPEM(Array("no block at all".utf8)) }
        let text = Array("a remark\n".utf8) + certificate + Array("\nanother\n".utf8)
        #expect(try Certificate.readPEM(text).count == 1)
    }

    @Test func `bytes that are no certificate are refused`() throws {
        let openssl = try OpenSSLCommand()
        try openssl.makeChain()
        let der = try #require(try Certificate.readPEM(try openssl.file("root.crt")).first).der
        #expect(try Certificate(der: der).commonName == "root")
        #expect(throws: CertificateError.malformedCertificate) { try Certificate(der: der + [0]) }
        #expect(throws: CertificateError.malformedCertificate) { try Certificate(der: []) }
        for count in stride(from: 1, to: der.count, by: 7) {
            #expect(throws: CertificateError.malformedCertificate) { try Certificate(der: Array(der[..<count])) }
        }
        let cut = Array("-----BEGIN CERTIFICATE-----\nMIIB\n".utf8)
        #expect(throws: CertificateError.malformedPEM) { try Certificate.readPEM(cut) }
    }
}
