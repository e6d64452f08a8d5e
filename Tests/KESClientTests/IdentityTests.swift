import Certificates
import Glibc
import HTTPServer
import KESClient
import KESProtocol
import NIOCore
import TestSupport
import Testing

/// Tells each client who it is, as the server sees it.
private struct Mirror: AsyncHTTPHandler {
    func handle(_ request: HTTPRequest, _ response: ResponseWriter) async {
        let identity =
            request.connection.peerCertificates.first.flatMap { try? Certificate(der: $0) }
            .map { Identity(of: $0).text } ?? "nobody"
        await response.send(
            ResponseHead(status: 200, headers: [("Content-Type", "application/json")], contentLength: nil),
            body: ByteBuffer(string: #"{"version":"\#(identity)","commit":""}"#))
    }
}

/// Over TLS, with certificates of the tests' own.
@Suite struct IdentityTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        _ = try write("server", usage: .serverAuth)
    }

    private func file(_ name: String) -> String { directory.path + "/" + name }

    private func save(_ bytes: [UInt8], _ name: String) throws {
        let file = try #require(fopen(self.file(name), "w"))
        #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
        fclose(file)
    }

    /// Writes NAME.crt and NAME.key; the certificate's identity.
    private func write(
        _ name: String, usage: CertificateContents.ExtendedKeyUsage, password: String? = nil
    ) throws -> String {
        let key = PrivateKey.ecdsaP256()
        let now = Int64(time(nil))
        let certificate = try CertificateContents(
            commonName: name, notBefore: now - 60, notAfter: now + 3600, ipAddresses: ["127.0.0.1"],
            extendedKeyUsage: [usage]
        ).signed(with: key)
        try save(Array(certificate.pem.utf8), name + ".crt")
        try save(key.pem(password: password.map { Array($0.utf8) }), name + ".key")
        return Identity(of: certificate).text
    }

    private func withMirror(test: (KESClientConfiguration) async throws -> Void) async throws {
        let tls = TLSConfigurationSource(
            .files(certificate: file("server.crt"), key: file("server.key")),
            clientCertificate: .required)
        try await withServers([Mirror()], tls: tls) { urls in
            try await test(
                KESClientConfiguration(
                    endpoints: try KESEndpoints(parsing: urls[0]), credentials: .none, caPath: file("server.crt")))
        }
    }

    @Test func `an API key is shown as a certificate of its identity`() async throws {
        try await withMirror { configuration in
            var configuration = configuration
            let key = APIKey.generate()
            configuration.credentials = .apiKey(key)
            let client = try KESClient(configuration)
            #expect(client.identity == key.identity)
            #expect(try await client.version().version == key.identity.text)
            // Good for 90 days, so there is nothing to do.
            #expect(try !client.reloadIfChanged())
            #expect((client.certificateExpiry ?? 0) > Int64(time(nil)) + 80 * 86400)
        }
    }

    @Test func `files are shown, and read again when they have changed`() async throws {
        try await withMirror { configuration in
            var configuration = configuration
            let first = try write("client", usage: .clientAuth, password: "sesame")
            configuration.credentials = .files(
                certificate: file("client.crt"), key: file("client.key"), password: Array("sesame".utf8))
            let client = try KESClient(configuration)
            #expect(try await client.version().version == first)
            #expect(try !client.reloadIfChanged())

            let second = try write("client", usage: .clientAuth, password: "sesame")
            #expect(first != second)
            #expect(try client.reloadIfChanged())
            #expect(client.identity?.text == second)
            #expect(try await client.version().version == second)

            try save(Array("nonsense".utf8), "client.crt")
            #expect(throws: KESClientError.self) { try client.reloadIfChanged() }
            #expect(try await client.version().version == second)
        }
    }

    @Test func `authorities are read again when they have changed`() async throws {
        try await withMirror { configuration in
            var configuration = configuration
            configuration.caPath = file("ca.crt")
            configuration.credentials = .apiKey(APIKey.generate())
            _ = try write("ca", usage: .serverAuth)
            let client = try KESClient(configuration)
            await #expect(throws: KESClientError.self) { try await client.version() }
            _ = try shellOutput("cp \(file("server.crt")) \(file("ca.crt"))")
            #expect(try client.reloadIfChanged())
            _ = try await client.version()
        }
    }

    @Test func `what cannot be used is told by name`() throws {
        _ = try write("client", usage: .clientAuth, password: "sesame")
        _ = try write("other", usage: .clientAuth)
        func failure(certificate: String, key: String, password: String? = nil) throws -> String {
            let configuration = KESClientConfiguration(
                endpoints: try KESEndpoints(parsing: "https://127.0.0.1:1"),
                credentials: .files(
                    certificate: file(certificate), key: file(key), password: password.map { Array($0.utf8) }))
            let error = #expect(throws: KESClientError.self) { try KESClient(configuration) }
            return error?.description ?? ""
        }
        #expect(try failure(certificate: "client.crt", key: "other.key").contains("is not that of the certificate"))
        #expect(try failure(certificate: "client.crt", key: "client.key").contains("password required"))
        #expect(
            try failure(certificate: "client.crt", key: "client.key", password: "wrong").contains("incorrect password"))
        #expect(try failure(certificate: "none.crt", key: "client.key").contains(file("none.crt")))
        #expect(try failure(certificate: "client.key", key: "client.key").contains("unsupported PEM data block"))
    }

    @Test func `without a certificate the server's refusal is told`() async throws {
        try await withMirror { configuration in
            let error = await #expect(throws: KESClientError.self) { try await KESClient(configuration).version() }
            #expect(error?.description.contains("a client certificate is required") == true)
        }
    }

    @Test func `a server that is not trusted is told with the reason, unless nobody asks`() async throws {
        try await withMirror { configuration in
            var configuration = configuration
            configuration.caPath = nil
            configuration.credentials = .apiKey(APIKey.generate())
            let error = await #expect(throws: KESClientError.self) { try await KESClient(configuration).version() }
            #expect(error?.description.contains("certificate is not trusted: self-signed certificate") == true)
            configuration.isInsecure = true
            _ = try await KESClient(configuration).version()
        }
    }
}
