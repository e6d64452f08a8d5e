import HTTPServer
import KESClient
import KESProtocol
import Logging
import NIOCore
import Synchronization
import TestSupport

/// What a server of the tests' own says to one request.
struct Answer: Sendable {
    var status = 200
    var type = "application/json"
    var body = ""
    var delay: Duration = .zero
    /// What has to happen before it is sent.
    var gate: (@Sendable () async -> Void)?

    static func json(_ body: String) -> Answer { Answer(body: body) }
    static func fault(_ status: Int, _ message: String) -> Answer {
        Answer(status: status, body: "{\"message\":\"\(message)\"\n}")
    }
}

/// Speaks KES's protocol without its server: a closure gives the answers, and every request is kept.
final class FakeServer: AsyncHTTPHandler {
    private let answer: @Sendable (String) -> Answer
    private let seen = Mutex<[String]>([])

    init(_ answer: @escaping @Sendable (String) -> Answer) { self.answer = answer }

    /// The requests so far: method, target and body.
    var requests: [String] { seen.withLock { $0 } }

    func handle(_ request: HTTPRequest, _ response: ResponseWriter) async {
        let body = (try? await request.body.collect(upTo: 1 << 20)).map { String(buffer: $0) } ?? ""
        let line = "\(request.head.method) \(request.head.target)\(body.isEmpty ? "" : " " + body)"
        seen.withLock { $0.append(line) }
        let answer = answer(line)
        if answer.delay > .zero { try? await Task.sleep(for: answer.delay) }
        await answer.gate?()
        let headers = answer.body.isEmpty ? [] : [("Content-Type", answer.type)]
        await response.send(
            ResponseHead(status: answer.status, headers: headers, contentLength: nil),
            body: ByteBuffer(string: answer.body))
    }
}

let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// Starts a server for each handler, runs `test` with their addresses and shuts them down.
func withServers(
    _ handlers: [any HTTPHandler], tls: TLSConfigurationSource? = nil,
    test: ([String]) async throws -> Void
) async throws {
    var servers: [HTTPServer] = []
    for handler in handlers {
        var configuration = HTTPServerConfiguration(addresses: ["127.0.0.1:0"], tls: tls)
        configuration.eventLoops = 1
        servers.append(try await HTTPServer.start(configuration, handler: handler, logger: silent))
    }
    let scheme = tls == nil ? "http" : "https"
    let urls = servers.map { "\(scheme)://127.0.0.1:\($0.addresses.first?.port ?? 0)" }
    let outcome: Result<Void, any Error>
    do {
        try await test(urls)
        outcome = .success(())
    } catch {
        outcome = .failure(error)
    }
    for server in servers { await server.shutdown(grace: .zero) }
    try outcome.get()
}

/// A client of one fake server, and the server.
func withFake(
    _ answer: @escaping @Sendable (String) -> Answer, test: (KESClient, FakeServer) async throws -> Void
) async throws {
    let fake = FakeServer(answer)
    try await withServers([fake]) { urls in
        try await test(try client(urls), fake)
    }
}

func client(_ urls: [String], timeout: Duration = .seconds(10)) throws -> KESClient {
    var configuration = KESClientConfiguration(
        endpoints: try KESEndpoints(parsing: urls.joined(separator: ",")), credentials: .none)
    configuration.callTimeout = timeout
    return try KESClient(configuration)
}

func name(_ text: String) throws -> KeyName {
    struct NotAName: Error {}
    guard let name = KeyName(text) else { throw NotAName() }
    return name
}
