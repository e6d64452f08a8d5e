import Logging
import NIOCore

/// One HTTP/1 connection: takes requests one after the other, runs the handler for each and keeps its deadlines.
///
/// Unchecked: everything is touched on its event loop only.
final class Connection: ChannelInboundHandler, LoopMember, @unchecked Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    enum Phase {
        /// Before a whole head has come.
        case waiting
        /// A handler runs.
        case exchanging
        /// The response is out, the rest of the request's body is thrown away.
        case draining(budget: Int)
        /// The last response is out and the sending side shut down; what still comes is thrown away, so that the
        /// kernel does not answer it with a reset that overtakes the response.
        case lingering(budget: Int)
        case closed
    }

    let loop: ConnectionLoop
    let server: ServerState
    let info: ConnectionInfo
    let isTrustedProxy: Bool
    /// Of the client of the request that is answered: the peer's, unless that is a trusted proxy.
    var clientInfo: ConnectionInfo
    private let admission: ServerState.Admission
    var context: ChannelHandlerContext?

    var phase = Phase.waiting

    // MARK: What comes in

    var input: RequestInput
    var inputClosed = false
    var isReading = false
    var isPumping = false

    // MARK: The exchange

    var body: RequestBody?
    var writer: ResponseWriter?
    var task: Task<Void, Never>?
    var isHEAD = false
    /// The handler has asked for body bytes and has not got any yet.
    var bodyWanted = false
    /// The client waits for `100 Continue` before it sends its body.
    var owesContinue = false
    var closesAfterResponse = false

    // MARK: What goes out

    /// Small pieces that will leave together.
    var output = ByteBuffer()
    var needsFlush = false
    /// False while the channel holds more than its high-water mark.
    var isWritable = true
    /// Of a response that is sent in pieces.
    var framing = ResponseFraming.none

    // MARK: Time

    /// Of the phase: head, idle, linger or half-close.
    var phaseDeadline = Deadline()
    var hasHeadDeadline = false
    var bodyDeadline = Deadline()
    /// Bytes of the body that have come since `bodyDeadline` was started.
    var bodyCredit = 0
    var writeDeadline = Deadline()
    /// Until when the lingering connection may stay while its client still sends; nil unless it is counted among those.
    var lingeringEnd: NIODeadline?
    /// What the peer had not acknowledged when `writeDeadline` was started.
    var unacknowledgedAtStart = 0
    /// What the peer had not acknowledged of the last response when the idle connection was to be closed.
    var restOfResponse: Int?

    // MARK: Memory

    var share = BodyShare()

    init(loop: ConnectionLoop, server: ServerState, admission: ServerState.Admission, info: ConnectionInfo) {
        self.loop = loop
        self.server = server
        self.admission = admission
        self.info = info
        clientInfo = info
        isTrustedProxy = server.isTrustedProxy(info.remoteAddress)
        input = RequestInput(limits: server.limits, secretHeaders: server.secretHeaders)
    }

    var limits: HTTPLimits { server.limits }

    // MARK: Channel events

    var channel: (any Channel)? { context?.channel }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.add(self)
        if context.channel.isActive { begin() }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin()
    }

    private func begin() {
        guard !phaseDeadline.isSet else { return }
        phaseDeadline.start(min(limits.headTimeout, limits.idleTimeout))
        loop.executor.turn {
            if admission == .refuse { return self.answer(.overloaded) }
            self.read()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        didReceive(bytes.readableBytes)
        input.append(bytes)
        loop.executor.turn { self.pump() }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        loop.executor.turn { self.readIfWanted() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        guard isWritable else { return }
        loop.executor.turn {
            // The last bytes of all have to leave, too.
            if case .lingering = self.phase { return }
            self.writeDeadline.stop()
            self.writer?.wakeWriter()
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if let event = event as? ChannelEvent, event == .inputClosed {
            loop.executor.turn { self.inputDidClose() }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        server.logger.debug("connection failed", metadata: ["peer": "\(info.remoteAddress)", "error": "\(error)"])
        loop.executor.turn { self.disconnect() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        loop.executor.turn { self.disconnect() }
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        loop.executor.turn { self.disconnect() }
        loop.remove(self)
        self.context = nil
        closeShare()
        server.connectionClosed(info.remoteAddress)
    }
}
