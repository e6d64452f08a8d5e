import Certificates
import HTTPServer
import Logging
import Synchronization
import TestSupport

/// Certificates made by the `openssl` command, in a directory that goes with this.
final class CertificateWorkshop: Sendable {
    let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    /// Whose key signs.
    enum Issuer {
        case itself
        case authority(String)
    }

    func path(_ file: String) -> String { "\(directory.path)/\(file)" }

    /// Writes `name.key` and `name.crt`.
    ///
    /// `extensions` are lines of `-addext`; a negative number of days makes an expired one.
    func make(
        _ name: String, by issuer: Issuer = .itself, days: Int = 2, extensions: [String] = [],
        algorithm: String = "ED25519"
    ) throws {
        let added = extensions.map { " -addext '\($0)'" }.joined()
        let signer =
            switch issuer {
            case .itself: "-signkey \(name).key"
            case .authority(let authority): "-CA \(authority).crt -CAkey \(authority).key -CAcreateserial"
            }
        let done = try shellOutput(
            "cd \(directory.path) && openssl genpkey -algorithm \(algorithm) -out \(name).key 2>/dev/null"
                + " && openssl req -new -key \(name).key -subj /CN=\(name)\(added) -out \(name).csr 2>&1"
                + " && openssl x509 -req -in \(name).csr \(signer) -days \(days) -copy_extensions copyall"
                + " -out \(name).crt 2>/dev/null && echo done")
        guard done.hasSuffix("done\n") else { throw ShellFailed(output: done) }
    }

    func makeAuthority(_ name: String) throws {
        try make(name, extensions: ["basicConstraints=critical,CA:true"])
    }

    /// The DER of a certificate, in hexadecimal.
    func der(_ name: String) throws -> String {
        try shellOutput("openssl x509 -in \(path(name)).crt -outform DER | od -An -v -tx1 | tr -d ' \\n'")
    }

    func read(_ file: String) throws -> [UInt8] {
        Array(try shellOutput("cat \(path(file))").utf8)
    }

    /// A server's source with the certificate called `server`, made if need be.
    func source(
        _ clientCertificate: TLSConfigurationSource.ClientCertificate = .none
    ) throws -> TLSConfigurationSource {
        if try shellOutput("ls \(directory.path)").split(separator: "\n").contains("server.crt") == false {
            try make("server", extensions: ["subjectAltName=IP:127.0.0.1"])
        }
        return TLSConfigurationSource(
            .files(certificate: path("server.crt"), key: path("server.key")),
            clientCertificate: clientCertificate)
    }

    /// What curl prints, its error included, when it fetches `/` with the certificate called `client`.
    func curl(_ port: Int, client: String? = nil, options: String = "") throws -> String {
        let identity = client.map { "--cert \(path($0)).crt --key \(path($0)).key" } ?? ""
        return try shellOutput("curl -sS -k --max-time 10 \(identity) \(options) https://127.0.0.1:\(port)/ 2>&1")
    }
}

extension TLSConfigurationSource.ClientCertificate {
    /// Chains have to end at one of the certificates in `paths`, PEM files or directories of them.
    static func verified(ca paths: [String], isRequired: Bool) -> Self {
        let verifier = TLSConfigurationSource.ChainVerifier(files: paths) {
            let authorities = try paths.map { path in
                try Certificate.readPEM(Array(try shellOutput("cat \(path) 2>/dev/null || cat \(path)/*.crt").utf8))
            }
            let trust = TrustStore(certificates: authorities.flatMap(\.self), includesSystemRoots: false)
            return { chain in
                let certificates = chain.compactMap { try? Certificate(der: $0) }
                let verification = certificates.first?.verification(
                    by: trust, intermediates: Array(certificates.dropFirst()), purpose: .client)
                guard case .refused(let reason) = verification else { return nil }
                return reason
            }
        }
        return .verified(by: verifier, isRequired: isRequired)
    }
}

struct ShellFailed: Error {
    let output: String
}

/// Answers with the certificates of the client: `none`, or their DER in hexadecimal with commas between.
let identify: @Sendable (HTTPRequest, ResponseWriter) async -> Void = { request, response in
    let chain = request.connection.peerCertificates.map { hex($0) }
    await response.send(200, chain.isEmpty ? "none" : chain.joined(separator: ","))
}

/// Keeps the lines of a log.
final class LogRecord: Sendable {
    private let kept = Mutex<[String]>([])

    var lines: [String] { kept.withLock { $0 } }

    var logger: Logger {
        var logger = Logger(label: "test") { [self] _ in Handler(record: self) }
        logger.logLevel = .info
        return logger
    }

    private struct Handler: LogHandler {
        let record: LogRecord
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            record.kept.withLock { $0.append("\(event.level) \(event.message)") }
        }
    }
}
