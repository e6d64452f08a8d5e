import Glibc
import Logging
import NIOCore
import NIOHTTP2
import NIOSSL
import Synchronization

/// One HTTP/2 connection: keeps its streams' deadlines and its own, and ends it.
///
/// Unchecked: everything is touched on its event loop only.
final class HTTP2Connection: ChannelInboundHandler, LoopMember, @unchecked Sendable {
    typealias InboundIn = HTTP2Frame
    typealias OutboundOut = HTTP2Frame

    private enum Phase {
        case open
        /// The client knows that new streams are not served any more.
        case quiescing
        /// What has been written goes out.
        case closing
        case closed
    }

    let loop: ConnectionLoop
    let server: ServerState
    let info: ConnectionInfo
    let isTrustedProxy: Bool
    private let admission: ServerState.Admission
    private var context: ChannelHandlerContext?
    private var phase = Phase.open
    private var streams: [ObjectIdentifier: HTTP2Stream] = [:]
    private var lastStream = HTTP2StreamID.rootStream
    /// Idle while open, then of the rest of the output.
    private var deadline = Deadline()

    private init(
        loop: ConnectionLoop, server: ServerState, admission: ServerState.Admission, info: ConnectionInfo
    ) {
        self.loop = loop
        self.server = server
        self.admission = admission
        self.info = info
        isTrustedProxy = server.isTrustedProxy(info.remoteAddress)
    }

    /// Makes `channel` speak HTTP/2.
    static func add(
        to channel: any Channel, _ loop: ConnectionLoop, _ server: ServerState, _ admission: ServerState.Admission,
        _ info: ConnectionInfo
    ) throws {
        let connection = HTTP2Connection(loop: loop, server: server, admission: admission, info: info)
        let frames = NIOHTTP2Handler(
            mode: .server, eventLoop: channel.eventLoop, connectionConfiguration: HTTP2Limits.connection(server.limits),
            streamConfiguration: HTTP2Limits.stream
        ) { stream in
            stream.eventLoop.makeCompletedFuture {
                // A stream reads when its handler does; the connection always, for the sake of all streams.
                try stream.syncOptions?.setOption(.autoRead, value: false)
                try stream.pipeline.syncOperations.addHandler(HTTP2Stream(connection))
            }
        }
        try channel.pipeline.syncOperations.addHandlers(frames, connection)
        try channel.syncOptions?.setOption(.autoRead, value: true)
    }

    var limits: HTTPLimits { server.limits }

    /// Requests are answered with `HTTPFault.overloaded`.
    var isOverloaded: Bool { admission == .refuse }

    // MARK: Streams

    func add(_ stream: HTTP2Stream, id: HTTP2StreamID) {
        streams[ObjectIdentifier(stream)] = stream
        lastStream = max(lastStream, id)
        if case .open = phase { deadline.stop() }
    }

    func remove(_ stream: HTTP2Stream) {
        guard streams.removeValue(forKey: ObjectIdentifier(stream)) != nil, streams.isEmpty else { return }
        switch phase {
        case .open: deadline.start(limits.idleTimeout)
        case .quiescing: loop.later { self.finish() }
        case .closing, .closed: break
        }
    }

    // MARK: Channel events

    var channel: (any Channel)? { context?.channel }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.add(self)
        deadline.start(min(limits.headTimeout, limits.idleTimeout))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // Only what concerns the connection comes here, and the HTTP/2 layer has seen to it.
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // A client that has finished sending cannot even take what has been answered: it has no way to open windows.
        if let event = event as? ChannelEvent, event == .inputClosed { close() }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        server.logger.debug("connection failed", metadata: ["peer": "\(info.remoteAddress)", "error": "\(error)"])
        // The HTTP/2 layer has already told the client, of a stream's error as of a connection's.
        if !HTTP2Limits.concernsOneStream(error) { close() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        phase = .closed
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        loop.remove(self)
        self.context = nil
        server.connectionClosed(info.remoteAddress)
    }

    // MARK: Endings

    func checkDeadline(_ now: NIODeadline) {
        for stream in Array(streams.values) { stream.checkDeadline(now) }
        guard deadline.isOver(now) else { return }
        switch phase {
        case .open: streams.isEmpty ? finish() : ()
        case .quiescing, .closing: reset()
        case .closed: break
        }
    }

    /// Lets the streams that are open end, and takes no more.
    func shutDown() {
        guard case .open = phase else { return }
        guard !streams.isEmpty else { return finish() }
        phase = .quiescing
        deadline.stop()
        writeGoAway()
        context?.flush()
    }

    func cutOff() {
        reset()
    }

    /// Closes when everything that has been written has left.
    private func finish() {
        switch phase {
        case .closing, .closed: return
        case .open, .quiescing: phase = .closing
        }
        deadline.start(limits.writeStallTimeout)
        writeGoAway().assumeIsolated().whenComplete { _ in self.close() }
        context?.flush()
    }

    @discardableResult
    private func writeGoAway() -> EventLoopFuture<Void> {
        let frame = HTTP2Frame(
            streamID: .rootStream, payload: .goAway(lastStreamID: lastStream, errorCode: .noError, opaqueData: nil))
        let written = loop.loop.makePromise(of: Void.self)
        guard let context else {
            written.succeed()
            return written.futureResult
        }
        context.write(wrapOutboundOut(frame), promise: written)
        return written.futureResult
    }

    private func close() {
        if case .closed = phase { return }
        phase = .closed
        context?.close(promise: nil)
    }

    /// Resets the connection, past TLS, which would end it politely.
    private func reset() {
        phase = .closed
        guard let context else { return }
        let socket = context.channel as? any SocketOptionProvider
        _ = socket?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        let tls = try? context.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self)
        (tls ?? context).close(promise: nil)
    }
}
