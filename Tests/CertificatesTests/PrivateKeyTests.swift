import Certificates
import Cryptography
import TestSupport
import Testing

struct PrivateKeyTests {
    /// Commands that make `key.pem`; the password of encrypted ones is `secret`.
    static let plainKeys = [
        "openssl genpkey -algorithm ed25519",
        "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256",
        "openssl ecparam -name prime256v1 -genkey",
        "openssl genrsa 2048",
        "openssl genrsa -traditional 2048",
    ]
    static let encryptedKeys = [
        "openssl genrsa 2048 2>/dev/null | openssl rsa -traditional -aes256 -passout pass:secret",
        "openssl ecparam -name prime256v1 -genkey | openssl ec -aes128 -passout pass:secret",
        "openssl genpkey -algorithm ed25519 | openssl pkcs8 -topk8 -v2 aes-256-cbc -passout pass:secret",
        "openssl genpkey -algorithm ed25519 | openssl pkcs8 -topk8 -scrypt -passout pass:secret",
        "openssl genrsa 2048 2>/dev/null | openssl pkcs8 -topk8 -v1 PBE-SHA1-3DES -passout pass:secret",
    ]
    static let password = Array("secret".utf8)

    @Test(arguments: plainKeys) func `keys as openssl writes them are read`(command: String) throws {
        let openssl = try OpenSSLCommand()
        try openssl.run("\(command) > key.pem 2>/dev/null")
        let expected = try openssl.run("openssl pkey -in key.pem -pubout -outform DER | base64 -w0")
        for password in [nil, [], Self.password] {
            let key = try PrivateKey.readPEM(try openssl.file("key.pem"), password: password)
            #expect(Base64.encode(key.publicKeyDER) == expected)
        }
    }

    @Test(arguments: encryptedKeys) func `encrypted keys need their password`(command: String) throws {
        let openssl = try OpenSSLCommand()
        try openssl.run("{ \(command) ; } > key.pem 2>/dev/null")
        let expected = try openssl.run("openssl pkey -in key.pem -passin pass:secret -pubout -outform DER | base64 -w0")
        let text = try openssl.file("key.pem")
        #expect(Base64.encode(try PrivateKey.readPEM(text, password: Self.password).publicKeyDER) == expected)
        #expect(throws: CertificateError.passwordRequired) { try PrivateKey.readPEM(text, password: nil) }
        #expect(throws: CertificateError.passwordRequired) { try PrivateKey.readPEM(text, password: []) }
        #expect(throws: CertificateError.incorrectPassword) {
            try PrivateKey.readPEM(text, password: Array("Secret".utf8))
        }
    }

    @Test func `a padding that happens to look right is still a wrong password`() {
        let text = PrivateKey.ed25519(seed: SecretKey()).pem(password: Self.password)
        for attempt in 0..<1500 {
            #expect(throws: CertificateError.incorrectPassword) {
                try PrivateKey.readPEM(text, password: Array("wrong \(attempt)".utf8))
            }
        }
    }

    @Test func `the first private key of a file counts`() throws {
        let openssl = try OpenSSLCommand()
        try openssl.makeChain()
        let key = try PrivateKey.readPEM(
            try openssl.file("root.crt") + openssl.file("clientAuth.key") + openssl.file("root.key"), password: nil)
        let certificate = try #require(try Certificate.readPEM(try openssl.file("clientAuth.crt")).first)
        #expect(key.publicKeyDER == certificate.publicKeyDER)
        #expect(throws: CertificateError.noPEMData) {
            try PrivateKey.readPEM(try openssl.file("root.crt"), password: nil)
        }
        let broken = Array("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".utf8)
        #expect(throws: CertificateError.malformedPrivateKey) { try PrivateKey.readPEM(broken, password: nil) }
    }

    @Test func `the first item of a file is a certificate or a key`() throws {
        let openssl = try OpenSSLCommand()
        try openssl.makeChain()
        let certificate = try openssl.file("root.crt")
        let key = try openssl.file("root.key")
        let parameters = Array("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n".utf8)
        guard case .certificate(let first) = try PEMItem.first(in: parameters + certificate + key, password: nil),
            case .privateKey(let second) = try PEMItem.first(in: parameters + key + certificate, password: nil)
        else {
            Issue.record("the order of the file counts")
            return
        }
        #expect(first.publicKeyDER == second.publicKeyDER)
        #expect(throws: CertificateError.noPEMData) { try PEMItem.first(in: parameters, password: nil) }
    }

    @Test func `openssl reads what is written, plain and encrypted`() throws {
        let openssl = try OpenSSLCommand()
        for key in [PrivateKey.ed25519(seed: SecretKey()), PrivateKey.ecdsaP256()] {
            let plain = key.pem(password: nil)
            #expect(plain.starts(with: "-----BEGIN PRIVATE KEY-----\n".utf8))
            try openssl.write(plain, to: "plain.pem")
            let encrypted = key.pem(password: Self.password)
            #expect(
                String(decoding: encrypted, as: UTF8.self).contains("Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,"))
            try openssl.write(encrypted, to: "encrypted.pem")
            let expected = Base64.encode(key.publicKeyDER)
            for options in ["-in plain.pem", "-in encrypted.pem -passin pass:secret"] {
                #expect(try openssl.run("openssl pkey \(options) -pubout -outform DER | base64 -w0") == expected)
            }
            #expect(try PrivateKey.readPEM(encrypted, password: Self.password).pem(password: nil) == plain)
        }
    }

    @Test func `an Ed25519 key is its seed`() throws {
        // RFC 8032 §7.1, test 1.
        let seed = unhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
        let key = PrivateKey.ed25519(seed: try #require(SecretKey(seed)))
        let publicKey = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
        #expect(hex(key.publicKeyDER) == "302a300506032b6570032100" + publicKey)
        let read = try PrivateKey.readPEM(key.pem(password: nil), password: nil)
        #expect(try #require(read.ed25519Seed).withUnsafeBytes { Array($0) } == seed)
        #expect(PrivateKey.ecdsaP256().ed25519Seed == nil)
        #expect(PrivateKey.ecdsaP256().publicKeyDER != PrivateKey.ecdsaP256().publicKeyDER)
    }
}
