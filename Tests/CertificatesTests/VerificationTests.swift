import Certificates
import Testing

struct VerificationTests {
    private let root: Certificate
    private let middle: Certificate
    private let client: Certificate
    private let server: Certificate

    init() throws {
        let openssl = try OpenSSLCommand()
        try openssl.makeChain()
        func read(_ name: String) throws -> Certificate {
            try #require(try Certificate.readPEM(try openssl.file("\(name).crt")).first)
        }
        root = try read("root")
        middle = try read("middle")
        client = try read("clientAuth")
        server = try read("serverAuth")
    }

    @Test func `a chain leads to a trusted root`() {
        let store = TrustStore(certificates: [root], includesSystemRoots: false)
        #expect(client.verification(by: store, intermediates: [middle], purpose: .client) == .trusted)
        #expect(server.verification(by: store, intermediates: [root, middle], purpose: .server) == .trusted)
    }

    @Test func `a chain with a gap does not`() {
        let store = TrustStore(certificates: [root], includesSystemRoots: false)
        #expect(
            client.verification(by: store, purpose: .client) == .refused("unable to get local issuer certificate"))
    }

    @Test func `a root that nobody trusts does not help`() {
        let store = TrustStore(certificates: [], includesSystemRoots: true)
        #expect(client.verification(by: store, intermediates: [middle, root], purpose: .client) != .trusted)
    }

    @Test func `any trusted certificate ends a chain`() {
        for trusted in [middle, client] {
            let store = TrustStore(certificates: [trusted], includesSystemRoots: false)
            #expect(client.verification(by: store, purpose: .client) == .trusted)
        }
        let store = TrustStore(certificates: [client], includesSystemRoots: false)
        #expect(server.verification(by: store, intermediates: [middle], purpose: .server) != .trusted)
    }

    @Test func `a certificate is good for its purpose only`() {
        let store = TrustStore(certificates: [root], includesSystemRoots: false)
        let refusal = CertificateVerification.refused("unsuitable certificate purpose")
        #expect(client.verification(by: store, intermediates: [middle], purpose: .server) == refusal)
        #expect(server.verification(by: store, intermediates: [middle], purpose: .client) == refusal)
    }

    @Test func `a certificate is good at its time only`() {
        let store = TrustStore(certificates: [root], includesSystemRoots: false)
        let start = client.notBefore
        let end = client.notAfter
        func outcome(at time: Int64) -> CertificateVerification {
            client.verification(by: store, intermediates: [middle], purpose: .client, at: time)
        }
        #expect(outcome(at: start) == .trusted)
        #expect(outcome(at: start - 86_400) == .refused("certificate is not yet valid"))
        #expect(outcome(at: end + 86_400) == .refused("certificate has expired"))
    }

    @Test func `a self-signed certificate is trusted when it is in the store`() throws {
        let request = CertificateContents(
            commonName: "x", notBefore: 1_800_000_000, notAfter: 1_800_086_400, extendedKeyUsage: [.clientAuth])
        let one = try request.signed(with: .ecdsaP256())
        let other = try request.signed(with: .ecdsaP256())
        let store = TrustStore(certificates: [one], includesSystemRoots: false)
        #expect(one.verification(by: store, purpose: .client, at: 1_800_000_001) == .trusted)
        #expect(one.verification(by: store, purpose: .server, at: 1_800_000_001) != .trusted)
        #expect(other.verification(by: store, purpose: .client, at: 1_800_000_001) != .trusted)
    }

    @Test func `a store serves many threads`() async {
        let store = TrustStore(certificates: [root], includesSystemRoots: false)
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    client.verification(by: store, intermediates: [middle], purpose: .client) == .trusted
                }
            }
            for await isTrusted in group { #expect(isTrusted) }
        }
    }
}
