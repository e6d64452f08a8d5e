import Cryptography
import Glibc

/// A `coffer server` of the same build, on a drive, a keyring and credentials of its own.
final class ServerProcess: Sendable {
    let endpoint: Endpoint
    var processID: pid_t { process.id }

    private let process: ChildProcess
    private let directory: ScratchDirectory

    /// Starts it and waits until it says that it is ready.
    ///
    /// - Parameter executable: nil for `coffer` beside this program.
    init(executable: String?, isTLS: Bool, scratch: String) throws {
        directory = try ScratchDirectory(in: scratch)
        let path = directory.path
        let log = "\(path)/server.log"
        let credentials = Credentials(accessKey: "bench", secretKey: Hex.encode(SecureRandom.bytes(16)))
        endpoint = Endpoint(port: try freePort(), isTLS: isTLS, credentials: credentials)
        mkdir("\(path)/drive", 0o700)
        mkdir("\(path)/certs", 0o700)
        if isTLS { try Self.makeCertificate(in: "\(path)/certs", log: log) }
        process = try ChildProcess(
            executable ?? Self.sibling(),
            [
                "server", "\(path)/drive", "--address", endpoint.authority, "--certs-dir", "\(path)/certs",
                "--keyring", "\(path)/keyring.json",
            ],
            environment: [
                "MINIO_ROOT_USER": credentials.accessKey, "MINIO_ROOT_PASSWORD": credentials.secretKey,
                "SWIFT_BACKTRACE": "enable=no",
            ],
            log: log)
        try waitUntilReady(log: log)
    }

    deinit { process.stop() }

    private func waitUntilReady(log: String) throws {
        let head = Array("GET /minio/health/ready HTTP/1.1\r\nhost: \(endpoint.authority)\r\n\r\n".utf8)
        let probe = RequestBook([RequestDraft(head: head)])
        for _ in 0..<200 {
            guard process.isRunning else { break }
            let tally = try? Load(endpoint: endpoint, connections: 1).run(probe, until: .requests(1))
            if tally?.completed == 1 { return }
            usleep(100_000)
        }
        throw BenchError("the server did not become ready:\n\(lastLines(of: log))")
    }

    /// `coffer` beside this executable.
    private static func sibling() throws -> String {
        let path = ownExecutable().split(separator: "/").dropLast().map { "/\($0)" }.joined() + "/coffer"
        guard access(path, X_OK) == 0 else {
            throw BenchError("there is no \(path); build it, or give --server or --endpoint")
        }
        return path
    }

    private static func makeCertificate(in directory: String, log: String) throws {
        let maker = try ChildProcess(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                "-keyout", "\(directory)/private.key", "-out", "\(directory)/public.crt",
            ], log: log)
        while maker.isRunning { usleep(10_000) }
        guard access("\(directory)/public.crt", R_OK) == 0 else {
            throw BenchError("openssl made no certificate:\n\(lastLines(of: log))")
        }
    }
}

/// The file this process was started from.
func ownExecutable() -> String { realPath("/proc/self/exe") }

private func realPath(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
}

/// A port that nobody listens on at this moment.
func freePort() throws -> UInt16 {
    let listener = try ListeningSocket(port: 0)
    return listener.port
}
