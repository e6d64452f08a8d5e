import Certificates
import Cryptography
import KESProtocol
import Testing

struct APIKeyTests {
    static let vectors = [
        (
            "kes:v1:AAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f",
            "a050837d85070582ccf7394b0988847cc312cb88259b894899f6f239cf1791a5"
        ),
        (
            "kes:v1:AD9E7FSYWrMD+VjhI6q545cYT9YOyFxZb7UnjEepYDRc",
            "3ecfcdf38fcbe141ae26a1030f81e96b753365a46760ae6b578698a97c59fd22"
        ),
    ]

    @Test(arguments: vectors) func `published keys have their identities`(text: String, identity: String) throws {
        let key = try APIKey(text)
        #expect(key.identity.text == identity)
        #expect(key.text == text)
        #expect(try APIKey(String(text.dropFirst(APIKey.prefix.count))).identity == key.identity)
    }

    @Test func `generated keys differ and are read again`() throws {
        let key = APIKey.generate()
        #expect(try APIKey(key.text).identity == key.identity)
        #expect(APIKey.generate().identity != key.identity)
    }

    @Test func `what is wrong with a key is told apart`() {
        let cases: [(String, APIKeyError)] = [
            ("", .invalidLength), ("kes:v1:", .invalidLength), ("kes:v1:AAAA", .invalidLength),
            ("kes:v1:AAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4", .malformedBase64),
            ("kes:v1:AAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4!", .malformedBase64),
            ("kes:v2:AAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f", .malformedBase64),
            ("kes:v1:AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f", .unsupportedType),
            ("kes:v1:AAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fAAAA", .invalidLength),
        ]
        for (text, error) in cases {
            #expect(throws: error) { try APIKey(text) }
        }
    }

    @Test func `the certificate of a key has its identity`() throws {
        let key = try APIKey(Self.vectors[0].0)
        let (certificate, privateKey) = try key.makeClientCertificate(now: 1_800_000_000)
        #expect(Identity(of: certificate) == key.identity)
        #expect(certificate.publicKeyDER == privateKey.publicKeyDER)
        #expect(certificate.commonName == key.identity.text)
        #expect(certificate.notBefore == 1_800_000_000)
        #expect(certificate.notAfter == 1_800_000_000 + 90 * 86_400)
        #expect(!certificate.isCA && !certificate.hasSubjectAlternativeName)
        let store = TrustStore(certificates: [certificate], includesSystemRoots: false)
        #expect(certificate.verification(by: store, purpose: .client, at: 1_800_000_000) == .trusted)
        #expect(certificate.verification(by: store, purpose: .server, at: 1_800_000_000) != .trusted)
    }
}
