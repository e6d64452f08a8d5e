import HTTPClient
import HTTPServer
import TestSupport
import Testing

/// Against our own server with certificates made by the `openssl` command.
@Suite struct TLSTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        try makeCertificates(in: directory.path)
    }

    private func file(_ name: String) -> String { directory.path + "/" + name }

    private func bytes(_ name: String) throws -> [UInt8] { Array(try shellOutput("cat \(file(name))").utf8) }

    private func tls(_ client: TLSConfigurationSource.ClientCertificate = .none) -> TLSConfigurationSource {
        TLSConfigurationSource(
            .files(certificate: file("server.crt"), key: file("server.key")), clientCertificate: client)
    }

    private func get(_ url: String, _ adjust: (inout HTTPClientConfiguration) -> Void = { _ in }) async throws -> String
    {
        try await makeClient(adjust).send(HTTPClientRequest(.get, url + "/")).text
    }

    @Test func `a server is trusted through a file, a directory, or bytes, and not without`() async throws {
        try await withServer(tls: tls()) { _, url in
            await #expect(
                throws: HTTPClientError.untrustedServer(reason: "unable to get local issuer certificate")
            ) { try await get(url) }
            #expect(try await get(url) { $0.caPaths = [file("ca.crt")] } == "GET / ")
            let authority = try bytes("ca.crt")
            #expect(try await get(url) { $0.trustedCertificates = authority } == "GET / ")
            _ = try shellOutput("mkdir \(file("cas")); cp \(file("ca.crt")) \(file("ca.key")) \(file("cas"))")
            #expect(try await get(url) { $0.caPaths = [file("cas")] } == "GET / ")
            #expect(try await get(url) { $0.verifiesServer = false } == "GET / ")
            #expect(
                try await get(url) {
                    $0.caPaths = [file("ca.crt")]
                    $0.trustsSystem = false
                } == "GET / ")
        }
    }

    @Test func `another name's certificate does not do`() async throws {
        try makeCertificates(in: directory.path, name: "kes.test")
        try await withServer(tls: tls()) { _, url in
            let error = await #expect(throws: HTTPClientError.self) {
                try await get(url) { $0.caPaths = [file("ca.crt")] }
            }
            guard case .untrustedServer(let reason) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(reason.contains("127.0.0.1"))
        }
    }

    @Test func `files that are no certificates are told by name`() throws {
        for name in ["missing.crt", "ca.key"] {
            let error = #expect(throws: HTTPClientError.self) { try makeClient { $0.caPaths = [file(name)] } }
            guard case .configuration(let reason) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
            #expect(reason.contains(file(name)))
        }
        #expect(throws: HTTPClientError.self) {
            try makeClient {
                $0.clientCertificate = .files(certificate: file("nothing"), key: file("client.key"), password: nil)
            }
        }
    }

    @Test func `client certificates are shown, from files and memory, with a password too`() async throws {
        try await withServer(tls: tls(.required)) { _, url in
            let certificate = try bytes("client.crt")
            let key = try bytes("client.key")
            let kinds: [HTTPClientConfiguration.ClientCertificate] = [
                .files(certificate: file("client.crt"), key: file("client.key"), password: nil),
                .files(certificate: file("client.crt"), key: file("secret.key"), password: Array("sesame".utf8)),
                .pem(certificate: certificate, key: key, password: nil),
            ]
            for kind in kinds {
                let answer = try await get(url) {
                    $0.caPaths = [file("ca.crt")]
                    $0.clientCertificate = kind
                }
                #expect(answer == "GET /  certified")
            }
        }
    }

    @Test func `a password that is missing or wrong does not ask at the terminal`() async throws {
        try await withServer(tls: tls(.required)) { _, url in
            for password in [nil, Array("wrong".utf8)] {
                let error = await #expect(throws: HTTPClientError.self) {
                    try await get(url) {
                        $0.caPaths = [file("ca.crt")]
                        $0.clientCertificate = .files(
                            certificate: file("client.crt"), key: file("secret.key"), password: password)
                    }
                }
                guard case .configuration = error else {
                    Issue.record("\(String(describing: error))")
                    return
                }
            }
        }
    }

    @Test func `a server that wants a certificate says so`() async throws {
        try await withServer(tls: tls(.required)) { _, url in
            await #expect(throws: HTTPClientError.tlsAlert(.certificateRequired)) {
                try await get(url) { $0.caPaths = [file("ca.crt")] }
            }
        }
    }

    @Test func `a server that does not accept the certificate says so`() async throws {
        let nobody = TLSConfigurationSource.ChainVerifier(files: []) { { _ in "it is not known" } }
        try await withServer(tls: tls(.verified(by: nobody, isRequired: true))) { _, url in
            let error = await #expect(throws: HTTPClientError.self) {
                try await get(url) {
                    $0.caPaths = [file("ca.crt")]
                    $0.clientCertificate = .files(
                        certificate: file("client.crt"), key: file("client.key"), password: nil)
                }
            }
            #expect(error == .tlsAlert(.certificateUnknown))
        }
    }

    @Test func `a port without TLS, and one that hangs up, are told apart`() async throws {
        let plain = try RawServer { connection in
            connection.send("HTTP/1.0 400 Bad Request\r\n\r\n")
            connection.waitForEnd()
        }
        await #expect(throws: HTTPClientError.tls("the server does not speak TLS on this port")) {
            try await get("https://127.0.0.1:\(plain.port)")
        }
        let closing = try RawServer { connection in
            // Not before the client has begun: else it is no handshake that is cut off.
            connection.fill()
            connection.reset()
        }
        await #expect(throws: HTTPClientError.connectionLost("during the TLS handshake")) {
            try await get("https://127.0.0.1:\(closing.port)")
        }
    }

    @Test func `a handshake that hangs is a time-out of the connection`() async throws {
        let server = try RawServer { $0.waitForEnd() }
        await #expect(throws: HTTPClientError.timedOut(.connecting)) {
            try await get("https://127.0.0.1:\(server.port)") { $0.connectTimeout = .milliseconds(200) }
        }
    }

    @Test func `a replaced configuration is in force at once, a bad one changes nothing`() async throws {
        try await withServer(tls: tls(.requested)) { _, url in
            let client = try makeClient { $0.caPaths = [file("ca.crt")] }
            let request = HTTPClientRequest(.get, url + "/")
            #expect(try await client.send(request).text == "GET / ")
            var configuration = HTTPClientConfiguration()
            configuration.caPaths = [file("ca.crt")]
            configuration.clientCertificate = .files(
                certificate: file("client.crt"), key: file("client.key"), password: nil)
            try client.replace(configuration)
            #expect(try await client.send(request).text == "GET /  certified")
            configuration.caPaths = [file("nothing")]
            #expect(throws: HTTPClientError.self) { try client.replace(configuration) }
            #expect(try await client.send(request).text == "GET /  certified")
        }
    }
}
