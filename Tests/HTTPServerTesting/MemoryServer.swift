package import HTTPServer
import NIOCore
import NIOPosix

/// Has a handler answer requests in this process, without a socket: it sees what it would see of a connection.
///
/// A request takes microseconds, so that what depends on combinations can be tested in all of them.
package final class MemoryServer: Sendable {
    private let handler: any HTTPHandler
    private let loop: ConnectionLoop
    private let connection: ConnectionInfo

    package init(_ handler: any HTTPHandler, isTLS: Bool = false) {
        self.handler = handler
        loop = ConnectionLoop(
            loop: MultiThreadedEventLoopGroup.singleton.next(), HTTPServerConfiguration(addresses: []))
        connection = ConnectionInfo(isTLS: isTLS, remoteAddress: "127.0.0.1", localPort: 9000)
    }

    /// The answer to one request.
    ///
    /// - Parameters:
    ///   - headers: lower-case names.
    ///   - body: comes with the head when it is short, else when it is asked for, in pieces of at most 64 KiB.
    package func answer(
        _ method: String, _ target: String, headers: [(name: String, value: String)], body: [UInt8] = []
    ) async -> MemoryResponse {
        let head = RequestHead(method: method, target: target, versionMinor: 1, headers: headers)
        let exchange = MemoryExchange(body)
        return await withCheckedContinuation { continuation in
            loop.run { [self] in
                let requestBody = RequestBody(declaredLength: Int64(body.count), loop: loop, channel: exchange)
                if body.count <= 16 * 1024 { exchange.pull(requestBody) }
                let request = HTTPRequest(head: head, body: requestBody, connection: connection)
                switch handler.answer(request) {
                case .now(let response):
                    exchange.send(response.head, method == "HEAD" ? nil : response.body)
                    continuation.resume(returning: exchange.response)
                case .later(let work):
                    let writer = ResponseWriter(isHEAD: method == "HEAD", loop: loop, channel: exchange)
                    Task(executorPreference: loop.executor) {
                        await work(writer)
                        self.loop.run { continuation.resume(returning: exchange.response) }
                    }
                }
            }
        }
    }
}

/// What was answered.
package struct MemoryResponse: Sendable {
    package var status = 0
    package var headers: [(name: String, value: String)] = []
    /// As the head said it; of an answer to HEAD what a GET would have had.
    package var contentLength: Int64?
    package var body: [UInt8] = []
    /// For how large a document memory was asked, before it was gathered or made.
    package var heldBytes = 0
    /// False when the answer was cut off, or none came.
    package var isComplete = false

    package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
    package var text: String { String(decoding: body, as: UTF8.self) }
}

/// Unchecked: everything happens on the event loop.
private final class MemoryExchange: ExchangeChannel, @unchecked Sendable {
    private var pending: ByteBuffer?
    private(set) var response = MemoryResponse()

    init(_ body: [UInt8]) { pending = ByteBuffer(bytes: body) }

    func pull(_ body: RequestBody) {
        guard var rest = pending else { return }
        while let piece = rest.readSlice(length: min(rest.readableBytes, 64 * 1024)), piece.readableBytes > 0 {
            body.append(piece)
        }
        body.complete()
        pending = nil
    }

    func bodyReaderWaits() {}

    var isOpen: Bool { true }
    var isWritable: Bool { true }
    func reserve(_ length: Int64?) -> Bool { true }
    func hold(_ bytes: Int) { response.heldBytes = max(response.heldBytes, bytes) }
    func holdOnly(_ bytes: Int) {}
    var blockBytes: Int { 128 * 1024 }
    func writerWaits() {}

    func send(_ head: ResponseHead, _ body: ByteBuffer?) {
        start(head)
        if let body { write(body) }
        finish()
    }

    func start(_ head: ResponseHead) {
        response.status = head.status
        response.headers = head.headers
        response.contentLength = head.contentLength
    }

    func write(_ bytes: ByteBuffer) { response.body += bytes.readableBytesView }
    func finish() { response.isComplete = true }
    func abort() { response.isComplete = false }
}
