import NIOCore
import NIOHTTP1
import NIOPosix

/// Reference (b): NIO's HTTP pipeline and a handler that answers every request with the same bytes.
enum BareResponder {
    /// Serves until the process is killed.
    static func serve(on port: UInt16, bodyBytes: Int) throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: System.coreCount)
        let body = ByteBuffer(repeating: 0x5A, count: bodyBytes)
        let server = try ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(body: body))
                }
            }
            .bind(host: "127.0.0.1", port: Int(port)).wait()
        try server.closeFuture.wait()
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let body: ByteBuffer
        private let head: HTTPResponseHead

        init(body: ByteBuffer) {
            self.body = body
            head = HTTPResponseHead(
                version: .http1_1, status: .ok, headers: ["content-length": String(body.readableBytes)])
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch unwrapInboundIn(data) {
            case .head, .body: break
            case .end:
                context.write(wrapOutboundOut(.head(head)), promise: nil)
                context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
                context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            }
        }
    }
}
