package import NIOCore
import NIOPosix

/// Has requests answered that this process makes, without a connection.
///
/// The handler sees what it would see of a connection. It works on event loops that no connection has, so that what it does
/// there holds up no client.
package final class InProcessClient: Sendable {
    package typealias Handler = @Sendable (HTTPRequest) -> HTTPAnswer

    private let loops: [ConnectionLoop]

    package init() {
        loops = MultiThreadedEventLoopGroup.singleton.makeIterator().map {
            ConnectionLoop(loop: $0, HTTPServerConfiguration(addresses: []))
        }
    }

    /// The whole answer to a request.
    ///
    /// - Parameters:
    ///   - body: of a few KiB; it comes with the head.
    ///   - limit: bytes of the answer's body that are taken.
    /// - Throws: `tooLong` for a longer answer, `disconnected` for one that was cut off.
    package func answer(
        _ head: RequestHead, body: [UInt8] = [], connection: ConnectionInfo, limit: Int, by handler: @escaping Handler
    ) async throws(ResponseError) -> (head: ResponseHead, body: ByteBuffer) {
        let exchange = InProcessExchange(body, loop: loops[Int.random(in: loops.indices)], room: limit, waits: false)
        await run(head, exchange, connection, handler)
        return try await exchange.whole()
    }

    /// The answer to a request in pieces, each as it comes: who makes it waits while nobody takes them.
    ///
    /// - Parameters:
    ///   - begin: gets the head.
    ///   - piece: gets what follows.
    /// - Throws: what the closures do, and `disconnected` for an answer that was cut off.
    package func stream(
        _ head: RequestHead, body: [UInt8] = [], connection: ConnectionInfo, by handler: @escaping Handler,
        begin: (ResponseHead) async throws -> Void, piece: (ByteBuffer) async throws -> Void
    ) async throws {
        let exchange = InProcessExchange(
            body, loop: loops[Int.random(in: loops.indices)], room: 64 << 10, waits: true)
        async let work: Void = run(head, exchange, connection, handler)
        do {
            while let next = try await exchange.next() {
                switch next {
                case .head(let head): try await begin(head)
                case .bytes(let bytes): try await piece(bytes)
                }
            }
        } catch {
            exchange.close()
            throw error
        }
        await work
    }

    private func run(
        _ head: RequestHead, _ exchange: InProcessExchange, _ connection: ConnectionInfo, _ handler: @escaping Handler
    ) async {
        let loop = exchange.loop
        let isHEAD = head.method == "HEAD"
        let work: (@Sendable () async -> Void)? = await withUnsafeContinuation { continuation in
            loop.run {
                let request = HTTPRequest(head: head, body: exchange.requestBody(), connection: connection)
                switch handler(request) {
                case .now(var response):
                    response.head.settleLength(of: response.body, inAnswerToHEAD: isHEAD)
                    exchange.send(response.head, response.head.sendsBody(inAnswerToHEAD: isHEAD) ? response.body : nil)
                    continuation.resume(returning: nil)
                case .later(let work):
                    let writer = exchange.writer(isHEAD: isHEAD)
                    continuation.resume(returning: { await work(writer) })
                }
            }
        }
        guard let work else { return }
        await withTaskCancellationHandler {
            await withTaskExecutorPreference(loop.executor) { await work() }
        } onCancel: {
            exchange.close()
        }
        // What nobody has ended will not be ended any more.
        exchange.close()
    }
}
