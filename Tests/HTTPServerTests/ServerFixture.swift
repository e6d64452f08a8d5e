import HTTPServer
import Logging
import NIOCore

/// A handler made of a closure.
struct ClosureHandler: AsyncHTTPHandler {
    let respond: @Sendable (HTTPRequest, ResponseWriter) async -> Void

    func handle(_ request: HTTPRequest, _ response: ResponseWriter) async {
        await respond(request, response)
    }
}

extension ResponseWriter {
    func send(_ status: Int, _ text: String, headers: [(name: String, value: String)] = []) async {
        await send(ResponseHead(status: status, headers: headers, contentLength: nil), body: ByteBuffer(string: text))
    }
}

/// Reads the body and answers with what it saw: `GET /x 12`.
let describe: @Sendable (HTTPRequest, ResponseWriter) async -> Void = { request, response in
    do {
        let body = try await request.body.collect(upTo: 1 << 20)
        await response.send(200, "\(request.head.method) \(request.head.target) \(body.readableBytes)")
    } catch {
        await response.send(400, "\(error)")
    }
}

/// Starts a server on a free port, runs `test` with that port and shuts the server down.
func withServer(
    _ handler: @escaping @Sendable (HTTPRequest, ResponseWriter) async -> Void = describe,
    _ adjust: (inout HTTPServerConfiguration) -> Void = { _ in },
    logger: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
    test: (HTTPServer, Int) async throws -> Void
) async throws {
    var configuration = HTTPServerConfiguration(addresses: ["127.0.0.1:0"])
    configuration.eventLoops = 2
    adjust(&configuration)
    let server = try await HTTPServer.start(configuration, handler: ClosureHandler(respond: handler), logger: logger)
    do {
        try await test(server, server.addresses.first?.port ?? 0)
    } catch {
        await server.shutdown(grace: .zero)
        throw error
    }
    await server.shutdown(grace: .zero)
}
