import HTTPServer
import TestSupport
import Testing

/// What each mode asks of clients, which are curl.
@Suite struct ClientCertificateTests {
    private static let versions = ["--tls-max 1.2", "--tlsv1.3"]

    private func withServer(
        _ workshop: CertificateWorkshop, _ mode: TLSConfigurationSource.ClientCertificate,
        test: (HTTPServer, Int) async throws -> Void
    ) async throws {
        let source = try workshop.source(mode)
        try await HTTPServerTests.withServer(identify, { $0.tls = source }, test: test)
    }

    @Test(arguments: versions)
    func `any certificate will do unless it must be verified, an expired one too`(version: String) async throws {
        let workshop = try CertificateWorkshop()
        try workshop.make("client")
        try workshop.make("expired", days: -1)
        for mode in [TLSConfigurationSource.ClientCertificate.requested, .required] {
            try await withServer(workshop, mode) { _, port in
                try #expect(workshop.curl(port, client: "client", options: version) == workshop.der("client"))
                try #expect(workshop.curl(port, client: "expired", options: version) == workshop.der("expired"))
            }
        }
    }

    @Test(arguments: ["RSA -pkeyopt rsa_keygen_bits:2048", "EC -pkeyopt ec_paramgen_curve:P-384", "ED25519"])
    func `keys of all kinds identify`(algorithm: String) async throws {
        let workshop = try CertificateWorkshop()
        try workshop.make("client", algorithm: algorithm)
        try await withServer(workshop, .required) { _, port in
            for version in Self.versions {
                try #expect(workshop.curl(port, client: "client", options: version) == workshop.der("client"))
            }
        }
    }

    @Test func `a client without a certificate goes on only where it may`() async throws {
        let workshop = try CertificateWorkshop()
        try workshop.makeAuthority("ca")
        let roots = [workshop.path("ca.crt")]
        let optional: [TLSConfigurationSource.ClientCertificate] = [
            .none, .requested, .verified(ca: roots, isRequired: false),
        ]
        for mode in optional {
            try await withServer(workshop, mode) { _, port in
                try #expect(workshop.curl(port) == "none")
            }
        }
        for mode in [TLSConfigurationSource.ClientCertificate.required, .verified(ca: roots, isRequired: true)] {
            try await withServer(workshop, mode) { _, port in
                try #expect(workshop.curl(port).contains("alert certificate required"))
                try #expect(workshop.curl(port, options: "--tls-max 1.2").contains("alert handshake failure"))
            }
        }
    }

    @Test(arguments: [true, false], versions)
    func `verification looks at the chain, the time and the usage`(isRequired: Bool, version: String) async throws {
        let workshop = try CertificateWorkshop()
        let clientUsage = ["extendedKeyUsage=clientAuth"]
        try workshop.makeAuthority("ca")
        try workshop.makeAuthority("other")
        try workshop.make("good", by: .authority("ca"), extensions: clientUsage)
        try workshop.make("expired", by: .authority("ca"), days: -1, extensions: clientUsage)
        try workshop.make("server-only", by: .authority("ca"), extensions: ["extendedKeyUsage=serverAuth"])
        try workshop.make("stranger", by: .authority("other"), extensions: clientUsage)
        try workshop.make("alone", extensions: clientUsage)
        let mode = TLSConfigurationSource.ClientCertificate.verified(
            ca: [workshop.path("ca.crt")], isRequired: isRequired)
        try await withServer(workshop, mode) { _, port in
            try #expect(workshop.curl(port, client: "good", options: version) == workshop.der("good"))
            for name in ["expired", "server-only", "stranger", "alone"] {
                let answer = try workshop.curl(port, client: name, options: version + " -v")
                #expect(answer.contains("TLS alert, certificate unknown"))
            }
        }
    }

    @Test func `authorities may be a directory, and each of several files`() async throws {
        let workshop = try CertificateWorkshop()
        for name in ["first", "second", "third"] {
            try workshop.makeAuthority(name)
            try workshop.make("of-\(name)", by: .authority(name), extensions: ["extendedKeyUsage=clientAuth"])
        }
        _ = try shellOutput(
            "cd \(workshop.directory.path) && mkdir -p some/below && cp first.crt second.crt first.key some")
        let mode = TLSConfigurationSource.ClientCertificate.verified(
            ca: [workshop.path("some"), workshop.path("third.crt")], isRequired: true)
        try await withServer(workshop, mode) { _, port in
            for name in ["of-first", "of-second", "of-third"] {
                try #expect(workshop.curl(port, client: name) == workshop.der(name))
            }
        }
        for nothing in [workshop.path("some/below"), workshop.path("some/first.key"), workshop.path("none")] {
            await #expect(throws: HTTPServerError.self) {
                try await withServer(workshop, .verified(ca: [nothing], isRequired: true)) { _, _ in }
            }
        }
    }

    @Test func `a self-signed client is verified by itself among the authorities`() async throws {
        let workshop = try CertificateWorkshop()
        try workshop.make("alone", extensions: ["extendedKeyUsage=clientAuth"])
        try workshop.makeAuthority("authority")
        let roots = ["alone", "authority"].map { workshop.path($0 + ".crt") }
        try await withServer(workshop, .verified(ca: roots, isRequired: true)) { _, port in
            try #expect(workshop.curl(port, client: "alone") == workshop.der("alone"))
            try #expect(workshop.curl(port, client: "authority") == workshop.der("authority"))
        }
    }

    @Test(arguments: versions)
    func `handlers see the chain as it was sent`(version: String) async throws {
        let workshop = try CertificateWorkshop()
        try workshop.makeAuthority("ca")
        try workshop.make("client", by: .authority("ca"))
        try workshop.make("another")
        _ = try shellOutput(
            "cd \(workshop.directory.path) && cat client.crt ca.crt > chain.crt && cp client.key chain.key"
                + " && cat client.crt another.crt > two.crt && cp client.key two.key")
        try await withServer(workshop, .required) { _, port in
            let (client, authority) = (try workshop.der("client"), try workshop.der("ca"))
            try #expect(workshop.curl(port, client: "chain", options: version) == "\(client),\(authority)")
            try #expect(
                workshop.curl(port, client: "two", options: version) == "\(client),\(workshop.der("another"))")
            try #expect(workshop.curl(port, client: "ca", options: version) == authority)
        }
    }

    @Test(arguments: ["-tls1_2", "-tls1_3"])
    func `a client that resumes is known again`(version: String) async throws {
        let workshop = try CertificateWorkshop()
        try workshop.makeAuthority("ca")
        try workshop.make("client", by: .authority("ca"), extensions: ["extendedKeyUsage=clientAuth"])
        let roots = [workshop.path("ca.crt")]
        let modes: [TLSConfigurationSource.ClientCertificate] = [
            .requested, .required, .verified(ca: roots, isRequired: true), .verified(ca: roots, isRequired: false),
        ]
        for mode in modes {
            try await withServer(workshop, mode) { _, port in
                let fetch = { (session: String) in
                    try shellOutput(
                        "cd \(workshop.directory.path)"
                            + " && (printf 'GET / HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n'; sleep 0.3) | openssl s_client -connect 127.0.0.1:\(port) \(version) -ign_eof"
                            + " -cert client.crt -key client.key \(session) 2>/dev/null")
                }
                let expected = try workshop.der("client")
                try #expect(fetch("-sess_out session").contains(expected))
                let again = try fetch("-sess_in session")
                #expect(again.contains(expected))
                #expect(again.contains("New, TLS") && !again.contains("Reused, TLS"))
            }
        }
    }
}
