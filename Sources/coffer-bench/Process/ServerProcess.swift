import Cryptography
import Glibc

/// A `coffer server` of the same build, on a drive, a keyring and credentials of its own.
final class ServerProcess: Sendable {
    let endpoint: Endpoint
    var processID: pid_t { process.id }

    private let process: ChildProcess
    private let directory: ScratchDirectory
    private let keyServer: KeyServerProcess?

    /// Starts it and waits until it says that it is ready.
    ///
    /// - Parameters:
    ///   - executable: nil for `coffer` beside this program.
    ///   - keyServer: where its keys are; nil for a keyring.
    ///   - launcher: A program that starts it, and that program's own arguments.
    ///   - patience: Seconds until it must be ready.
    init(
        executable: String?, isTLS: Bool, keyServer: KeyServerProcess? = nil, scratch: String, launcher: [String] = [],
        patience: Int = 20
    ) throws {
        self.keyServer = keyServer
        directory = try ScratchDirectory(in: scratch)
        let path = directory.path
        let log = "\(path)/server.log"
        let credentials = Credentials(accessKey: "bench", secretKey: Hex.encode(SecureRandom.bytes(16)))
        endpoint = Endpoint(port: try freePort(), isTLS: isTLS, credentials: credentials)
        mkdir("\(path)/drive", 0o700)
        mkdir("\(path)/certs", 0o700)
        if isTLS { try makeServerCertificate(in: "\(path)/certs", log: log) }
        let keys = keyServer == nil ? ["--keyring", "\(path)/keyring.json"] : []
        let variables = [
            "MINIO_ROOT_USER": credentials.accessKey, "MINIO_ROOT_PASSWORD": credentials.secretKey,
            // The console's port may be another server's.
            "MINIO_BROWSER": "off",
            "SWIFT_BACKTRACE": "enable=no",
        ]
        let program = try executable ?? sibling("coffer")
        let arguments = ["server", "\(path)/drive", "--address", endpoint.authority, "--certs-dir", "\(path)/certs"]
        let command = launcher + [program] + arguments + keys
        process = try ChildProcess(
            command[0], Array(command.dropFirst()),
            environment: variables.merging(keyServer?.clientVariables ?? [:]) { $1 }, log: log)
        try waitUntilReady(log: log, seconds: patience)
    }

    deinit { process.stop() }

    private func waitUntilReady(log: String, seconds: Int) throws {
        let head = Array("GET /minio/health/ready HTTP/1.1\r\nhost: \(endpoint.authority)\r\n\r\n".utf8)
        let probe = RequestBook([RequestDraft(head: head)])
        for _ in 0..<(10 * seconds) {
            guard process.isRunning else { break }
            let tally = try? Load(endpoint: endpoint, connections: 1).run(probe, until: .requests(1))
            if tally?.completed == 1 { return }
            usleep(100_000)
        }
        throw BenchError("the server did not become ready:\n\(lastLines(of: log))")
    }
}

/// A port that nobody listens on at this moment.
func freePort() throws -> UInt16 {
    let listener = try ListeningSocket(port: 0)
    return listener.port
}
