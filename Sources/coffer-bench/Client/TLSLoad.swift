import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// The same load as ``LoadLoop`` over TLS, on NIO's TLS stack.
///
/// That is dearer for the client, so wall-clock figures over TLS say more about both ends together. The server's
/// certificate is not checked: a benchmark has no secrets.
enum TLSLoad {
    static func run(
        address: sockaddr_in, endpoint: Endpoint, book: RequestBook, dispenser: Dispenser, connections: Int,
        threads: Int
    ) throws -> LoadTally {
        let host = endpoint.host
        let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
        defer { try? group.syncShutdownGracefully() }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        if let certificate = endpoint.clientCertificate {
            configuration.certificateChain = [
                .certificate(try NIOSSLCertificate(bytes: certificate.certificatePEM, format: .pem))
            ]
            configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: certificate.keyPEM, format: .pem))
        }
        let context = try NIOSSLContext(configuration: configuration)
        let bodies = BodySlices(book.body)

        let channels = (0..<connections).map { _ in
            let finished = group.next().makePromise(of: LoadTally.self)
            let connected = ClientBootstrap(group: group)
                .channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .channelOption(
                    .recvAllocator,
                    value: AdaptiveRecvByteBufferAllocator(minimum: 2048, initial: 16384, maximum: 1 << 18)
                )
                .channelOption(.writeBufferWaterMark, value: .init(low: 1 << 19, high: 1 << 20))
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        // SNI does not take an address.
                        let name = host.allSatisfy { $0.isNumber || $0 == "." } ? nil : host
                        let tls = try NIOSSLClientHandler(context: context, serverHostname: name)
                        let requests = TLSRequestHandler(
                            book: book, bodies: bodies, dispenser: dispenser, staysAwake: connections <= threads,
                            finished: finished)
                        try channel.pipeline.syncOperations.addHandlers([tls, requests])
                    }
                }
                .connect(to: SocketAddress(address))
            connected.whenFailure { finished.fail($0) }
            return finished.futureResult
        }
        return try EventLoopFuture.whenAllSucceed(channels, on: group.next()).wait().reduce(into: LoadTally()) {
            $0.merge($1)
        }
    }
}

/// The shared upload body cut into buffers that all connections send without copying.
struct BodySlices: Sendable {
    let slices: [ByteBuffer]

    init(_ body: [UInt8]) {
        let whole = ByteBuffer(bytes: body)
        slices = stride(from: 0, to: body.count, by: 256 * 1024).compactMap {
            whole.getSlice(at: $0, length: min(256 * 1024, body.count - $0))
        }
    }
}

/// One connection: sends a request, follows its answer, sends the next.
private final class TLSRequestHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let book: RequestBook
    private let bodies: BodySlices
    private let dispenser: Dispenser
    /// With one connection a thread, what is measured would else be how long this process takes to wake up.
    private let staysAwake: Bool
    private let finished: EventLoopPromise<LoadTally>
    private var tally = LoadTally()
    private var parser = ResponseParser()
    private var request: RequestBook.Request?
    private var started: UInt64 = 0
    private var nextSlice = 0

    init(
        book: RequestBook, bodies: BodySlices, dispenser: Dispenser, staysAwake: Bool,
        finished: EventLoopPromise<LoadTally>
    ) {
        self.book = book
        self.bodies = bodies
        self.dispenser = dispenser
        self.staysAwake = staysAwake
        self.finished = finished
    }

    /// The TLS handler keeps the request until its handshake is done.
    func channelActive(context: ChannelHandlerContext) { startRequest(context) }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { sendBody(context) }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        unwrapInboundIn(data).withUnsafeReadableBytes { parser.feed($0) }
        guard !parser.isBroken else {
            stop(context, failure: parser.failure)
            return
        }
        guard parser.isComplete, let request else { return }
        guard parser.isSuccess, !parser.closes, nextSlice >= bodies.slices.count || !request.hasBody else {
            stop(context, failure: parser.failure)
            return
        }
        let sentBody = request.hasBody ? book.body.count : 0
        tally.complete(nanoseconds: monotonicNanoseconds() - started, bytes: sentBody + parser.bodyBytes)
        startRequest(context)
    }

    func channelInactive(context: ChannelHandlerContext) { stop(context, failure: "connection lost") }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { stop(context, failure: "\(error)") }

    private func startRequest(_ context: ChannelHandlerContext) {
        started = monotonicNanoseconds()
        guard let number = dispenser.take(now: started) else {
            stop(context, failure: nil)
            return
        }
        let request = book.requests[number % book.requests.count]
        self.request = request
        nextSlice = 0
        parser.begin(isHead: request.isHead)
        context.write(wrapOutboundOut(ByteBuffer(bytes: book.heads[request.head])), promise: nil)
        sendBody(context)
        if staysAwake { waitAwake(context) }
    }

    /// Looks at the socket over and over until the answer comes.
    private func waitAwake(_ context: ChannelHandlerContext) {
        let end = started + 1_000_000
        try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable { (descriptor: NIOBSDSocket.Handle) in
            var socket = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            while poll(&socket, 1, 0) == 0, monotonicNanoseconds() < end {}
        }
    }

    private func sendBody(_ context: ChannelHandlerContext) {
        guard request?.hasBody == true else {
            context.flush()
            return
        }
        while nextSlice < bodies.slices.count, context.channel.isWritable {
            nextSlice += 1
            context.writeAndFlush(wrapOutboundOut(bodies.slices[nextSlice - 1]), promise: nil)
        }
    }

    /// Ends the connection; a failed one is not opened again, the others carry the load on.
    private func stop(_ context: ChannelHandlerContext, failure: String?) {
        if request != nil, let failure { tally.fail(failure) }
        request = nil
        finished.succeed(tally)
        context.close(promise: nil)
    }
}
