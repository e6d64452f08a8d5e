import Logging
import NIOCore
import NIOHPACK
import NIOHTTP2

/// One HTTP/2 stream: one request and its response.
///
/// Unchecked: everything is touched on its event loop only.
final class HTTP2Stream: ChannelInboundHandler, @unchecked Sendable {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    enum Phase {
        /// Before the request is handed over.
        case opening
        /// A handler runs.
        case exchanging
        /// The response has been written.
        case ending
        case closed
    }

    let connection: HTTP2Connection
    private(set) var context: ChannelHandlerContext?
    private(set) var phase = Phase.opening

    private var request: HTTP2RequestHead?
    /// Of the body, before the handler runs.
    private var early = ByteBuffer()
    private var inputEnded = false
    private var isReading = false
    /// The handler is called when the whole of a short body is there, or has not come for a moment.
    private var awaitsBody = false

    private(set) var body: RequestBody?
    private(set) var writer: ResponseWriter?
    private var task: Task<Void, Never>?
    /// The handler has asked for body bytes and has not got any yet.
    private var bodyWanted = false
    /// The client waits for a 100 before it sends its body.
    private var owesContinue = false
    private var isHEAD = false
    private var needsFlush = false

    private var bodyDeadline = Deadline()
    /// Of a writer that waits, then of the rest of the response.
    private var writeDeadline = Deadline()

    init(_ connection: HTTP2Connection) {
        self.connection = connection
    }

    private var loop: ConnectionLoop { connection.loop }
    private var server: ServerState { connection.server }
    private var limits: HTTPLimits { connection.limits }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let id = try? context.channel.syncOptions?.getOption(HTTP2StreamChannelOptions.streamID)
        connection.add(self, id: id ?? .rootStream)
    }

    func channelActive(context: ChannelHandlerContext) {
        read()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .headers(let headers): take(headers)
        case .data(let data):
            guard case .byteBuffer(let bytes) = data.data else { return }
            take(bytes, isLast: data.endStream)
        case .priority, .rstStream, .settings, .pushPromise, .ping, .goAway, .windowUpdate, .alternativeService,
            .origin:
            break
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        loop.executor.turn {
            self.body?.wakeReader()
            self.readIfWanted()
        }
        guard awaitsBody else { return }
        let isThere = inputEnded || early.readableBytes > HTTPServer.earlyBodyBytes
        loop.later { isThere ? self.open() : self.read() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable, case .exchanging = phase else { return }
        // Not at once: it may be the writer's own write that is told of here.
        loop.later {
            guard case .exchanging = self.phase, self.isWritable else { return }
            self.writeDeadline.stop()
            self.writer?.wakeWriter()
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        server.logger.debug(
            "stream failed", metadata: ["peer": "\(connection.info.remoteAddress)", "error": "\(error)"])
        loop.executor.turn { self.abort() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        loop.executor.turn { self.close() }
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        loop.executor.turn { self.close() }
        self.context = nil
    }

    // MARK: The request

    private func take(_ headers: HTTP2Frame.FramePayload.Headers) {
        if headers.endStream { inputEnded = true }
        guard request == nil, case .opening = phase else {
            // Trailers.
            if inputEnded { body?.complete() }
            return
        }
        do throws(HTTPFault) {
            let request = try HTTP2RequestHead(headers.headers, limits: limits)
            self.request = request
            awaitsBody = !inputEnded && request.isShort && !request.summary.expectsContinue
        } catch {
            let fault = error
            return loop.later { self.answer(fault) }
        }
        guard awaitsBody else { return loop.later { self.open() } }
        bodyDeadline.start(min(limits.bodyStallTimeout, Self.patience))
    }

    /// For the body of a request that might be answered on the spot.
    private static let patience = Duration.seconds(1)

    private func take(_ bytes: ByteBuffer, isLast: Bool) {
        if isLast { inputEnded = true }
        guard let body else {
            if case .opening = phase { early.writeImmutableBuffer(bytes) }
            return
        }
        body.append(bytes)
        if isLast { body.complete() }
        if !body.isStarving {
            bodyWanted = false
            bodyDeadline.stop()
        }
    }

    private func read() {
        guard !isReading, !inputEnded, let context else { return }
        isReading = true
        context.read()
    }

    private func readIfWanted() {
        if case .exchanging = phase, bodyWanted { read() }
    }

    // MARK: The exchange

    private func open() {
        guard case .opening = phase, let request else { return }
        awaitsBody = false
        bodyDeadline.stop()
        let head = request.head
        isHEAD = head.method == "HEAD"
        guard !connection.isOverloaded else {
            answer(.overloaded)
            return connection.shutDown()
        }
        let body = RequestBody(declaredLength: declaredLength(request), loop: loop, channel: self)
        body.append(early)
        early = ByteBuffer()
        if inputEnded { body.complete() }
        owesContinue = request.summary.expectsContinue && !inputEnded && body.isStarving
        let info =
            connection.isTrustedProxy
            ? connection.server.info(of: head, behind: connection.info) : connection.info
        switch server.handler.answer(HTTPRequest(head: head, body: body, connection: info)) {
        case .now(let response) where body.isComplete:
            body.detach()
            sendNow(response)
        case .now(let response): begin(body) { await $0.send(response) }
        case .later(let work): begin(body, work)
        }
    }

    private func begin(_ body: RequestBody, _ work: @escaping @Sendable (ResponseWriter) async -> Void) {
        let writer = ResponseWriter(isHEAD: isHEAD, loop: loop, channel: self)
        (self.body, self.writer) = (body, writer)
        phase = .exchanging
        task = server.run(work, writer, on: loop) { [self] in handlerReturned(writer) }
    }

    /// The HTTP/2 layer sees to it that no other number of bytes comes.
    private func declaredLength(_ request: HTTP2RequestHead) -> Int64? {
        switch request.summary.framing {
        case .fixed(let length): length
        case .none, .chunked: inputEnded && early.readableBytes == 0 ? 0 : nil
        }
    }

    private func sendNow(_ response: HTTPResponse) {
        var head = response.head
        head.settleLength(of: response.body, inAnswerToHEAD: isHEAD)
        send(head, head.sendsBody(inAnswerToHEAD: isHEAD) ? response.body : nil)
        end()
    }

    private func handlerReturned(_ writer: ResponseWriter) {
        guard case .exchanging = phase else { return }
        detach()
        if writer.isFinished {
            end()
        } else if writer.hasStarted {
            abort()
        } else {
            server.logger.error("a handler returned without a response")
            answer(.noResponse)
        }
    }

    private func answer(_ fault: HTTPFault) {
        guard let context, context.channel.isActive else { return }
        let response = server.answer(
            to: fault, isHEAD: isHEAD, method: request?.head.method, target: request?.head.target,
            from: connection.info)
        send(response.head, response.body)
        end()
    }

    // MARK: Endings

    func checkDeadline(_ now: NIODeadline) {
        if bodyDeadline.isOver(now) {
            if awaitsBody { return open() }
            body?.fail(.stalled)
            body?.wakeReader()
        }
        if writeDeadline.isOver(now) { abort() }
    }

    /// The response is written: the client has some time to take it.
    private func end() {
        if case .closed = phase { return }
        phase = .ending
        writeDeadline.start(limits.writeStallTimeout)
        loop.stayAwake()
    }

    /// The stream is over, in whatever way.
    private func close() {
        if case .closed = phase { return }
        phase = .closed
        if writer?.isFinished == false { task?.cancel() }
        detach()
        connection.remove(self)
    }

    private func detach() {
        task = nil
        let (body, writer) = (self.body, self.writer)
        (self.body, self.writer) = (nil, nil)
        bodyDeadline.stop()
        writeDeadline.stop()
        bodyWanted = false
        body?.detach()
        writer?.detach()
    }
}

extension HTTP2Stream: ExchangeChannel {
    // MARK: The request's body

    func pull(_ body: RequestBody) {
        guard body === self.body else { return }
        if owesContinue, let writer, !writer.hasStarted {
            owesContinue = false
            context?.writeAndFlush(wrapOutboundOut(.headers(.init(headers: [":status": "100"]))), promise: nil)
        }
        bodyWanted = true
        read()
    }

    func bodyReaderWaits() {
        bodyDeadline.start(limits.bodyStallTimeout)
    }

    // MARK: The response

    var isOpen: Bool {
        switch phase {
        case .exchanging: true
        case .opening, .ending, .closed: false
        }
    }

    var isWritable: Bool { context?.channel.isWritable ?? false }

    func send(_ head: ResponseHead, _ body: ByteBuffer?) {
        guard let body, body.readableBytes > 0 else { return write(head, isLast: true) }
        write(head, isLast: false)
        write(body, isLast: true)
    }

    func start(_ head: ResponseHead) {
        write(head, isLast: false)
    }

    func write(_ bytes: ByteBuffer) {
        write(bytes, isLast: false)
    }

    func finish() {
        write(ByteBuffer(), isLast: true)
    }

    private func write(_ head: ResponseHead, isLast: Bool) {
        guard let context else { return }
        let headers = HPACKHeaders(head, date: loop.dateText())
        let frame = HTTP2Frame.FramePayload.headers(.init(headers: headers, endStream: isLast))
        write(frame, isLast: isLast, context)
    }

    private func write(_ bytes: ByteBuffer, isLast: Bool) {
        guard let context else { return }
        write(.data(.init(data: .byteBuffer(bytes), endStream: isLast)), isLast: isLast, context)
    }

    private func write(_ frame: HTTP2Frame.FramePayload, isLast: Bool, _ context: ChannelHandlerContext) {
        flushLater()
        guard isLast, !inputEnded else { return context.write(wrapOutboundOut(frame), promise: nil) }
        // The client need not go on sending what nobody wants.
        context.write(wrapOutboundOut(frame)).assumeIsolated().whenSuccess { [self] in
            loop.later { self.refuseRest() }
        }
    }

    /// In a turn of its own, in which the stream may end, and other streams' frames leave with these.
    private func flushLater() {
        guard !needsFlush else { return }
        needsFlush = true
        loop.later { self.flush() }
    }

    private func flush() {
        guard needsFlush else { return }
        needsFlush = false
        context?.flush()
    }

    private func refuseRest() {
        guard !inputEnded, let context, context.channel.isActive else { return }
        context.writeAndFlush(wrapOutboundOut(.rstStream(.noError)), promise: nil)
    }

    func writerWaits() {
        flush()
        writeDeadline.start(limits.writeStallTimeout)
        if isWritable {
            writeDeadline.stop()
            writer?.wakeWriter()
        }
    }

    /// The windows of HTTP/2 bound a stream's memory, and those of a connection all its streams'.
    func reserve(_ length: Int64?) -> Bool { true }
    func hold(_ bytes: Int) {}
    func holdOnly(_ bytes: Int) {}

    var blockBytes: Int { HTTP2Limits.outboundBytes / 4 }

    func abort() {
        guard let context, context.channel.isActive else { return }
        context.writeAndFlush(wrapOutboundOut(.rstStream(.internalError)), promise: nil)
    }
}
