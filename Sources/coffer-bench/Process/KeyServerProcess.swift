import Glibc
import KESProtocol

/// A `coffer-kes server` of the same build, with keys in files and one identity that may do everything.
final class KeyServerProcess: Sendable {
    /// What tells an object server to keep its keys there.
    let clientVariables: [String: String]

    private let process: ChildProcess
    private let directory: ScratchDirectory

    /// Starts it and waits until it serves.
    init(scratch: String) throws {
        directory = try ScratchDirectory(in: scratch)
        let path = directory.path
        let log = "\(path)/server.log"
        let address = "127.0.0.1:\(try freePort())"
        let client = APIKey.generate()
        mkdir("\(path)/keys", 0o700)
        try makeServerCertificate(in: path, log: log)
        let configuration = """
            address: \(address)
            admin: {identity: \(client.identity)}
            tls: {key: \(path)/private.key, cert: \(path)/public.crt}
            keys: [{name: bench}]
            keystore: {fs: {path: \(path)/keys}}

            """
        try writeTextFile("\(path)/config.yml", configuration)
        process = try ChildProcess(
            sibling("coffer-kes"), ["server", "--config", "\(path)/config.yml"],
            environment: ["SWIFT_BACKTRACE": "enable=no"], log: log)
        clientVariables = [
            "MINIO_KMS_KES_ENDPOINT": "https://\(address)", "MINIO_KMS_KES_API_KEY": client.text,
            "MINIO_KMS_KES_KEY_NAME": "bench", "MINIO_KMS_KES_CAPATH": "\(path)/public.crt",
        ]
        try waitUntilReady(log: log)
    }

    deinit { process.stop() }

    private func waitUntilReady(log: String) throws {
        for _ in 0..<200 where process.isRunning {
            if textFile(log)?.contains("=> Server is up and running") == true { return }
            usleep(50_000)
        }
        throw BenchError("the key server did not become ready:\n\(lastLines(of: log))")
    }
}
