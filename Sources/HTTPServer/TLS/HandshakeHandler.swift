import Logging
import NIOCore
import NIOSSL
import NIOTLS

/// Stands at the end of a TLS connection's pipeline until the handshake is over; the HTTP handlers take its place.
///
/// Unchecked: everything is touched on its event loop only.
final class HandshakeHandler: ChannelInboundHandler, RemovableChannelHandler, LoopMember, @unchecked Sendable {
    typealias InboundIn = ByteBuffer

    private let tls: TLSSettings.Handler
    private let loop: ConnectionLoop
    private let server: ServerState
    private let info: ConnectionInfo
    private let log: HandshakeLog
    private let serve: Serve
    private var context: ChannelHandlerContext?
    private var deadline: NIODeadline?
    private var isOver = false
    private var hasFailed = false

    enum HTTPVersion { case one, two }

    /// Adds the handlers that come next, which from then on count the connection out.
    typealias Serve = (ConnectionInfo, HTTPVersion) throws -> Void

    init(
        _ tls: TLSSettings.Handler, loop: ConnectionLoop, server: ServerState, info: ConnectionInfo, log: HandshakeLog,
        serve: @escaping Serve
    ) {
        self.tls = tls
        self.loop = loop
        self.server = server
        self.info = info
        self.log = log
        self.serve = serve
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop.add(self)
        deadline = .now() + .nanoseconds(server.limits.headTimeout.nanoseconds)
        if context.channel.isActive { context.read() }
    }

    func channelActive(context: ChannelHandlerContext) {
        context.read()
        context.fireChannelActive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        loop.remove(self)
        self.context = nil
        if !isOver { server.connectionClosed(info.remoteAddress) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case TLSUserEvent.handshakeCompleted(let negotiated) = event else {
            return context.fireUserInboundEventTriggered(event)
        }
        let identified = ConnectionInfo(
            isTLS: true, tlsVersion: tls.tls.tlsVersion.map(Self.number), remoteAddress: info.remoteAddress,
            localPort: info.localPort,
            peerCertificates: tls.chain?.certificates ?? [])
        do {
            try serve(identified, negotiated == "h2" ? .two : .one)
            isOver = true
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        } catch {
            server.logger.error("a connection could not be set up", metadata: ["error": "\(error)"])
            context.close(promise: nil)
        }
    }

    private static func number(_ version: TLSVersion) -> String {
        switch version {
        case .tlsv1: "1.0"
        case .tlsv11: "1.1"
        case .tlsv12: "1.2"
        case .tlsv13: "1.3"
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        report(tls.chain?.refusal.map { .refused($0) } ?? .failed(error))
        context.close(promise: nil)
    }

    /// The client is being told; it has a moment to take the answer.
    ///
    /// - Parameter bytesSent: of the answer's body.
    func foundPlainHTTP(bytesSent: Int) {
        report(.plainHTTP)
        server.handler.refused(
            HTTPRefusal(fault: .plainHTTP, status: HTTPFault.plainHTTP.status, bytesSent: bytesSent, connection: info))
        deadline = .now() + .nanoseconds(server.limits.lingerTimeout.nanoseconds)
    }

    /// What follows from the first failure is no other.
    private func report(_ failure: HandshakeFailure) {
        guard !hasFailed else { return }
        hasFailed = true
        log.report(failure, peer: context?.channel.remoteAddress)
    }

    // MARK: LoopMember

    var channel: (any Channel)? { context?.channel }

    func checkDeadline(_ now: NIODeadline) {
        guard let deadline, deadline <= now else { return }
        report(.timeout)
        close()
    }

    func shutDown() { close() }

    func cutOff() { close() }

    /// There is nothing to end politely before the handshake is over.
    private func close() {
        deadline = nil
        hasFailed = true
        let tls = try? context?.pipeline.syncOperations.context(handler: tls.tls)
        (tls ?? context)?.close(promise: nil)
    }
}
