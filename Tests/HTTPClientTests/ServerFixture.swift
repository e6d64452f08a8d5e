import HTTPClient
import HTTPServer
import Logging
import NIOCore
import TestSupport

struct ClosureHandler: AsyncHTTPHandler {
    let respond: @Sendable (HTTPRequest, ResponseWriter) async -> Void

    func handle(_ request: HTTPRequest, _ response: ResponseWriter) async { await respond(request, response) }
}

extension ResponseWriter {
    func send(_ status: Int, _ text: String, headers: [(name: String, value: String)] = []) async {
        await send(ResponseHead(status: status, headers: headers, contentLength: nil), body: ByteBuffer(string: text))
    }
}

/// Answers with what it saw: method, target, the headers named `x-…` and `content-type`, body, client certificates.
let describe: @Sendable (HTTPRequest, ResponseWriter) async -> Void = { request, response in
    let body = (try? await request.body.collect(upTo: 1 << 20)).map { String(buffer: $0) } ?? "?"
    let headers = request.head.headers.filter { $0.name.hasPrefix("x-") || $0.name == "content-type" }
        .map { "\($0.name)=\($0.value)" }
    let certificates = request.connection.peerCertificates.isEmpty ? [] : ["certified"]
    await response.send(
        200, ([request.head.method, request.head.target] + headers + [body] + certificates).joined(separator: " "))
}

/// Starts our own server on a free port, runs `test` with its address and shuts it down.
func withServer(
    tls: TLSConfigurationSource? = nil,
    _ handler: @escaping @Sendable (HTTPRequest, ResponseWriter) async -> Void = describe,
    test: (HTTPServer, String) async throws -> Void
) async throws {
    var configuration = HTTPServerConfiguration(addresses: ["127.0.0.1:0"], tls: tls)
    configuration.eventLoops = 2
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let server = try await HTTPServer.start(configuration, handler: ClosureHandler(respond: handler), logger: logger)
    let outcome: Result<Void, any Error>
    do {
        try await test(
            server, "\(tls == nil ? "http" : "https")://127.0.0.1:\(server.addresses.first?.port ?? 0)")
        outcome = .success(())
    } catch {
        outcome = .failure(error)
    }
    await server.shutdown(grace: .zero)
    try outcome.get()
}

func makeClient(_ adjust: (inout HTTPClientConfiguration) -> Void = { _ in }) throws -> HTTPClient {
    var configuration = HTTPClientConfiguration()
    // On a busy machine even the loopback interface takes seconds.
    configuration.connectTimeout = .seconds(60)
    adjust(&configuration)
    return try HTTPClient(configuration)
}

extension HTTPClientResponse {
    var text: String { String(decoding: body, as: UTF8.self) }
}

/// An authority and what it has signed, made by the `openssl` command: `ca.crt`, `server.crt`, `server.key`,
/// `client.crt`, `client.key`, and `secret.key`, which is the client's key under the password `sesame`.
func makeCertificates(in directory: String, name: String = "127.0.0.1") throws {
    let curve = "-pkeyopt ec_paramgen_curve:P-256"
    let names = name == "127.0.0.1" ? "IP:127.0.0.1,DNS:localhost" : "DNS:\(name)"
    _ = try shellOutput(
        """
        set -e; cd \(directory); exec 2>/dev/null
        openssl req -x509 -newkey ec \(curve) -nodes -keyout ca.key -out ca.crt -days 2 -subj "/CN=Test authority" \
            -addext basicConstraints=critical,CA:TRUE
        for part in server client; do
          openssl req -newkey ec \(curve) -nodes -keyout $part.key -out $part.csr -subj /CN=$part
          printf 'basicConstraints=CA:FALSE\\nextendedKeyUsage=%sAuth\\nsubjectAltName=\(names)\\n' $part > $part.ext
          openssl x509 -req -in $part.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile $part.ext \
              -out $part.crt
        done
        openssl pkey -in client.key -aes256 -passout pass:sesame -out secret.key
        """)
}
