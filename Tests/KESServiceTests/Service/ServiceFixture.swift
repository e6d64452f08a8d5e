import Certificates
import Glibc
import HTTPServer
import KESProtocol
import KESService
import KeyStores
import Logging
import NIOCore
import Synchronization
import TestSupport

/// Collects what a log writes.
final class WrittenLines: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    func write(_ line: [UInt8]) { bytes.withLock { $0 += line } }

    var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }
    var lines: [Substring] { bytes.withLock { String(decoding: $0, as: UTF8.self) }.split(separator: "\n") }
}

/// A key pair with its certificate in files, for `curl`.
struct Client {
    let identity: Identity
    let certificate: Certificate
    /// A PEM file with certificates and the key.
    let file: String

    init(_ name: String, in directory: String, also more: [Certificate] = []) throws {
        let key = APIKey.generate()
        let (certificate, privateKey) = try key.makeClientCertificate(now: Int64(time(nil)))
        self.init(name, key.identity, certificate, privateKey, in: directory, also: more)
    }

    init(
        _ name: String, _ identity: Identity, _ certificate: Certificate, _ key: PrivateKey, in directory: String,
        also more: [Certificate] = []
    ) {
        self.identity = identity
        self.certificate = certificate
        file = "\(directory)/\(name).pem"
        writeFile(
            file, ([certificate] + more).map(\.pem).joined() + String(decoding: key.pem(password: nil), as: UTF8.self))
    }
}

func writeFile(_ path: String, _ text: String) {
    guard let file = fopen(path, "we") else { return }
    defer { fclose(file) }
    _ = fputs(text, file)
}

/// An answer as `curl -i` shows it.
struct CurlAnswer {
    var status = 0
    /// Names in lower case.
    var headers: [String: String] = [:]
    var body = ""

    init(_ output: String) {
        guard let end = output.firstRange(of: "\r\n\r\n") else { return }
        let lines = output[..<end.lowerBound].split(separator: "\r\n")
        status = lines.first.flatMap { Int($0.split(separator: " ")[1]) } ?? 0
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
        }
        body = String(output[end.upperBound...])
    }
}

/// A key server on a free port with mutual TLS, and an admin.
final class ServiceFixture: Sendable {
    let directory: TemporaryDirectory
    let admin: Client
    let service: KESService
    let vault: KeyVault
    let logs: KESLogs
    let errors = WrittenLines()
    let audit = WrittenLines()
    let port: Int
    private let server: HTTPServer

    init(
        store: any KeyStore = MemoryKeyStore(), _ mode: TLSConfigurationSource.ClientCertificate = .required,
        adjust: (inout KESSettings, ServiceDirectory) throws -> Void = { _, _ in }
    ) async throws {
        directory = try TemporaryDirectory()
        admin = try Client("admin", in: directory.path)
        logs = KESLogs(
            error: LogSink(write: { [errors] in errors.write($0) }),
            audit: LogSink(write: { [audit] in audit.write($0) }, droppedCount: { 42 }))
        let logger = logs.logger("test")
        vault = KeyVault(store: store, logger: logger)
        var settings = KESSettings(admin: admin.identity.text, vault: vault)
        try adjust(&settings, ServiceDirectory(path: directory.path))
        service = KESService(settings, logs: logs)

        let now = Int64(time(nil))
        let key = PrivateKey.ecdsaP256()
        let certificate = try CertificateContents(
            commonName: "localhost", notBefore: now - 60, notAfter: now + 3600, ipAddresses: ["127.0.0.1"],
            extendedKeyUsage: [.serverAuth]
        ).signed(with: key)
        var configuration = HTTPServerConfiguration(
            addresses: ["127.0.0.1:0"],
            tls: TLSConfigurationSource(
                TLSConfigurationSource.Certificates.memory(
                    certificate: Array(certificate.pem.utf8), key: key.pem(password: nil)),
                clientCertificate: mode))
        configuration.eventLoops = 2
        configuration.limits.drainBytes = 512 * 1024
        server = try await HTTPServer.start(configuration, handler: service, logger: logger)
        port = server.addresses.first?.port ?? 0
    }

    func stop() async {
        await server.shutdown(grace: .zero)
    }

    /// One request; `arguments` are curl's.
    func call(_ method: String, _ path: String, as client: Client? = nil, _ arguments: String = "") throws -> CurlAnswer
    {
        CurlAnswer(try shellOutput(command(method, path, as: client, arguments)))
    }

    func command(_ method: String, _ path: String, as client: Client?, _ arguments: String) -> String {
        let certificate = client.map { "--cert \($0.file)" } ?? ""
        return
            "curl -sik --path-as-is --max-time 20 -X \(method) \(certificate) \(arguments) 'https://127.0.0.1:\(port)\(path)' 2>&1"
    }
}

/// Where a fixture's files are.
struct ServiceDirectory {
    let path: String

    func client(_ name: String) throws -> Client { try Client(name, in: path) }
}

/// Starts a server, runs `test` and stops it.
func withService(
    store: any KeyStore = MemoryKeyStore(), _ mode: TLSConfigurationSource.ClientCertificate = .required,
    adjust: (inout KESSettings, ServiceDirectory) throws -> Void = { _, _ in },
    test: (ServiceFixture) async throws -> Void
) async throws {
    let fixture = try await ServiceFixture(store: store, mode, adjust: adjust)
    do {
        try await test(fixture)
    } catch {
        await fixture.stop()
        throw error
    }
    await fixture.stop()
}

extension KESConfiguration.Policy {
    init(_ name: String, allow: [String] = [], deny: [String] = [], _ identities: [Identity]) throws {
        guard let name = PolicyName(name) else { throw FixtureError.name(name) }
        self.init(name: name, allow: allow, deny: deny, identities: identities)
    }
}

enum FixtureError: Error { case name(String) }
