import Glibc

/// One of the reference mechanisms in a process of its own, so that its CPU time is counted as the server's is.
final class ReferenceServer: Sendable {
    enum Kind: String, Sendable {
        case responder, pipeline
    }

    let endpoint: Endpoint
    var processID: pid_t { process.id }

    private let process: ChildProcess
    private let directory: ScratchDirectory

    /// - Parameter size: bytes of every answer (responder), of every upload and download (pipeline).
    init(_ kind: Kind, size: Int, scratch: String) throws {
        directory = try ScratchDirectory(in: scratch)
        let port = try freePort()
        endpoint = Endpoint(port: port, isTLS: false, credentials: Credentials(accessKey: "-", secretKey: "-"))
        let log = "\(directory.path)/reference.log"
        process = try ChildProcess(
            ownExecutable(),
            [
                "serve-reference", kind.rawValue, "--port", "\(port)", "--size", "\(size)", "--directory",
                directory.path,
            ],
            log: log)
        let address = try endpoint.resolve()
        for _ in 0..<200 where process.isRunning {
            if (try? ClientSocket(to: address)) != nil { return }
            usleep(50_000)
        }
        throw BenchError("the reference \(kind.rawValue) did not start:\n\(lastLines(of: log))")
    }

    deinit { process.stop(signal: SIGKILL) }

    /// A request for it, which looks at the method alone.
    static func book(uploading body: [UInt8]?) -> RequestBook {
        let method = body == nil ? "GET" : "PUT"
        let length = body.map { "content-length: \($0.count)\r\n" } ?? ""
        let head = Array("\(method) /reference HTTP/1.1\r\nhost: localhost\r\n\(length)\r\n".utf8)
        return RequestBook([RequestDraft(head: head, hasBody: body != nil)], body: body ?? [])
    }
}
