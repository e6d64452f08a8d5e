import Glibc
import Logging
import NIOCore
import NIOHTTP1
import NIOSSL
import Synchronization

/// One connection: takes requests one after the other, runs the handler for each and keeps its deadlines.
///
/// Unchecked: everything is touched on its event loop only.
final class Connection: ChannelInboundHandler, LoopMember, @unchecked Sendable {
    typealias InboundIn = HTTPServerRequestPart
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
    private let gate: RequestGate
    private let admission: ServerState.Admission
    private(set) var context: ChannelHandlerContext?
    private let info: ConnectionInfo

    private var phase = Phase.waiting
    private var body: RequestBody?
    private var writer: ResponseWriter?
    private var task: Task<Void, Never>?

    private var parsedHead: HTTPRequestHead?
    private var messageEnded = false
    private var refusesMethod = false
    /// The handler has asked for body bytes and has not got any yet.
    private var bodyWanted = false
    /// The client waits for `100 Continue` before it sends its body.
    private var owesContinue = false
    private var closesAfterResponse = false
    private var inputClosed = false
    private var isReading = false
    private var isPumping = false
    private var needsFlush = false

    /// Of the phase: head, idle, linger or half-close.
    private var phaseDeadline: NIODeadline?
    private var hasHeadDeadline = false
    private var bodyDeadline: NIODeadline?
    private var writeDeadline: NIODeadline?
    private var unsentBytes = 0

    init(
        loop: ConnectionLoop, server: ServerState, gate: RequestGate, admission: ServerState.Admission,
        info: ConnectionInfo
    ) {
        self.loop = loop
        self.server = server
        self.gate = gate
        self.admission = admission
        self.info = info
    }

    private var limits: HTTPLimits { server.limits }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        gate.onBytes = { [unowned self] in loop.executor.turn { self.pump() } }
        loop.add(self)
        if context.channel.isActive { begin() }
    }

    func channelActive(context: ChannelHandlerContext) {
        begin()
    }

    private func begin() {
        guard phaseDeadline == nil else { return }
        phaseDeadline = .now() + .nanoseconds(min(limits.headTimeout, limits.idleTimeout).nanoseconds)
        loop.executor.turn {
            if admission == .refuse { return self.answer(.overloaded) }
            self.read()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): parsedHead = head
        case .body(let piece):
            switch phase {
            case .exchanging: body?.append(piece)
            case .draining(let budget): phase = .draining(budget: budget - piece.readableBytes)
            case .waiting, .lingering, .closed: break
            }
        case .end: messageEnded = true
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isReading = false
        loop.executor.turn { self.readIfWanted() }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard context.channel.isWritable else { return }
        loop.executor.turn {
            self.writeDeadline = nil
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
        // What the parser refuses shows in `step` as a missing part; anything else is the end of the connection.
        if let error = error as? HTTPParserError {
            refusesMethod = error == .invalidMethod
            return
        }
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
        server.connectionClosed()
    }

    // MARK: Reading

    /// Goes on as far as the bytes at hand and the handler's appetite allow.
    private func pump() {
        guard !isPumping else { return }
        isPumping = true
        while step() {}
        isPumping = false
        body?.wakeReader()
        readIfWanted()
    }

    /// One message piece; false when there is nothing to do until something happens.
    private func step() -> Bool {
        switch phase {
        case .waiting: takeHead()
        case .exchanging: takeBody()
        case .draining(let budget): drain(budget)
        case .lingering(let budget): discardInput(budget)
        case .closed: false
        }
    }

    private func takeHead() -> Bool {
        if !hasHeadDeadline, !gate.isEmpty {
            hasHeadDeadline = true
            phaseDeadline = .now() + .nanoseconds(limits.headTimeout.nanoseconds)
        }
        messageEnded = false
        switch gate.advance() {
        case .needsMoreBytes:
            if inputClosed { disconnect() }
            return false
        case .head:
            guard let head = parsedHead, messageEnded == (gate.summary.declaredLength == 0) else {
                answer(refusesMethod ? .unknownMethod : .malformedHeader)
                return true
            }
            parsedHead = nil
            beginExchange(head)
        case .fault(let fault): answer(fault)
        case .skip, .body, .malformedBody: answer(.malformedRequestLine)
        }
        return true
    }

    private func takeBody() -> Bool {
        guard let body, body.isStarving, bodyWanted else { return false }
        switch gate.advance() {
        case .needsMoreBytes:
            guard inputClosed else { return false }
            disconnect()
        case .body(_, let position):
            if messageEnded != (position == .final) {
                failBody(.malformed)
            } else if position == .final {
                body.complete()
            }
        case .malformedBody, .skip, .head, .fault: failBody(.malformed)
        }
        if !body.isStarving {
            bodyWanted = false
            bodyDeadline = nil
        }
        return true
    }

    private func failBody(_ error: BodyError) {
        closesAfterResponse = true
        gate.discard()
        body?.fail(error)
    }

    private func drain(_ budget: Int) -> Bool {
        guard budget >= 0 else {
            closeGently()
            return true
        }
        switch gate.advance() {
        case .needsMoreBytes:
            if inputClosed { disconnect() }
            return false
        case .body(_, let position):
            if position == .final { awaitNextRequest() }
        case .malformedBody, .skip, .head, .fault: closeGently()
        }
        return true
    }

    private func discardInput(_ budget: Int) -> Bool {
        let rest = budget - gate.waitingBytes
        gate.discard()
        phase = .lingering(budget: rest)
        if rest < 0 || inputClosed { close() }
        return false
    }

    private func readIfWanted() {
        guard !isReading, !inputClosed else { return }
        switch phase {
        case .waiting, .draining, .lingering: read()
        case .exchanging: if bodyWanted { read() }
        case .closed: break
        }
    }

    private func read() {
        guard !isReading, let context else { return }
        isReading = true
        context.read()
    }

    private func inputDidClose() {
        inputClosed = true
        switch phase {
        case .waiting, .draining, .lingering, .closed: pump()
        case .exchanging:
            closesAfterResponse = true
            if body?.isComplete == false, gate.isEmpty {
                disconnect()
            } else if writer?.hasStarted == false {
                phaseDeadline = .now() + .nanoseconds(limits.halfCloseTimeout.nanoseconds)
            }
            pump()
        }
    }

    // MARK: Exchange

    private func beginExchange(_ parsed: HTTPRequestHead) {
        let summary = gate.summary
        let head = RequestHead(parsed, raw: gate.rawHead)
        let body = RequestBody(declaredLength: summary.declaredLength, loop: loop, connection: self)
        let writer = ResponseWriter(
            isHEAD: head.method == "HEAD", versionMinor: head.versionMinor, loop: loop, connection: self)
        if messageEnded { body.complete() }
        self.body = body
        self.writer = writer
        bodyWanted = false
        owesContinue = summary.expectsContinue && !messageEnded
        if !summary.keepsAlive { closesAfterResponse = true }
        phase = .exchanging
        phaseDeadline = nil
        hasHeadDeadline = false
        let request = HTTPRequest(head: head, body: body, connection: info)
        server.runningRequests.add(1, ordering: .relaxed)
        task = Task(executorPreference: loop.executor) { [self] in
            await server.handler.handle(request, writer)
            loop.run { self.handlerReturned(writer) }
        }
    }

    private func handlerReturned(_ writer: ResponseWriter) {
        server.runningRequests.subtract(1, ordering: .relaxed)
        guard case .exchanging = phase, writer === self.writer else { return }
        let body = self.body
        detach()
        if writer.isFinished {
            endExchange(body)
        } else if writer.hasStarted {
            abort()
        } else {
            phase = .waiting
            server.logger.error("a handler returned without a response")
            answer(.noResponse, to: writer)
        }
    }

    private func endExchange(_ body: RequestBody?) {
        guard let body, !body.isComplete else {
            return closesAfterResponse ? closeGently() : awaitNextRequest()
        }
        guard !closesAfterResponse else { return closeGently() }
        phase = .draining(budget: limits.drainBytes)
        phaseDeadline = .now() + .nanoseconds(limits.bodyStallTimeout.nanoseconds)
        pump()
    }

    private func awaitNextRequest() {
        phase = .waiting
        hasHeadDeadline = false
        if closesAfterResponse || server.isShuttingDown.load(ordering: .relaxed) { return closeGently() }
        phaseDeadline = .now() + .nanoseconds(limits.idleTimeout.nanoseconds)
        pump()
    }

    /// Body and writer may be kept by whoever has them, but no longer reach this connection.
    private func detach() {
        task = nil
        let (body, writer) = (self.body, self.writer)
        (self.body, self.writer) = (nil, nil)
        bodyDeadline = nil
        writeDeadline = nil
        bodyWanted = false
        body?.detach()
        writer?.detach()
    }

    /// Answers without a handler, and closes.
    ///
    /// `writer` is that of the request, if it came as far as a handler.
    private func answer(_ fault: HTTPFault, to writer: ResponseWriter? = nil) {
        server.logger.debug(
            "refused a request", metadata: ["peer": "\(info.remoteAddress)", "reason": "\(fault)"])
        let answer = server.errorBody(fault)
        let head = ResponseHead(status: answer.status, headers: answer.headers, contentLength: Int64(answer.body.count))
        var response = ResponseContext(
            isHEAD: writer?.isHEAD ?? false, versionMinor: 1, closes: true, date: loop.dateText())
        var buffer = allocate(512 + answer.body.count)
        let framing = ResponseHeadEncoder.encode(head, &response, into: &buffer)
        if framing != .none { buffer.writeBytes(answer.body) }
        write(buffer)
        closeGently()
    }
}

// MARK: What a request's body asks for

extension Connection {
    /// Looks for more of the body; the reader waits if nothing comes of it at once.
    func pull(_ body: RequestBody) {
        guard body === self.body else { return }
        if owesContinue, let writer, !writer.hasStarted {
            owesContinue = false
            write(Self.continueResponse)
        }
        bodyWanted = true
        pump()
    }

    func bodyReaderWaits() {
        bodyDeadline = .now() + .nanoseconds(limits.bodyStallTimeout.nanoseconds)
    }

    private static let continueResponse = ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")
}

// MARK: What a response asks for

extension Connection {
    var isOpen: Bool {
        switch phase {
        case .exchanging: true
        case .waiting, .draining, .lingering, .closed: false
        }
    }

    var isWritable: Bool { context?.channel.isWritable ?? false }

    /// Whether the connection cannot be used again, as far as one can tell when the head goes out: a client that has
    /// not been told to send its body may or may not do so, and a long rest of a body is not worth waiting for.
    func willClose(after writer: ResponseWriter) -> Bool {
        if closesAfterResponse || server.isShuttingDown.load(ordering: .relaxed) { return true }
        guard let body, !body.isComplete else { return false }
        return owesContinue || gate.remainingBodyBytes.map { $0 > Int64(limits.drainBytes) } ?? false
    }

    func closeAfterResponse() {
        closesAfterResponse = true
    }

    func allocate(_ capacity: Int) -> ByteBuffer {
        context?.channel.allocator.buffer(capacity: capacity) ?? ByteBuffer()
    }

    func write(_ bytes: ByteBuffer) {
        guard let context else { return }
        context.write(wrapOutboundOut(bytes), promise: nil)
        if bytes.readableBytes >= 64 * 1024 {
            needsFlush = false
            context.flush()
        } else if !needsFlush {
            needsFlush = true
            loop.flushLater(self)
        }
    }

    func flush() {
        guard needsFlush else { return }
        needsFlush = false
        context?.flush()
    }

    func writerWaits() {
        flush()
        unsentBytes = bufferedBytes
        writeDeadline = .now() + .nanoseconds(limits.writeStallTimeout.nanoseconds)
        // The flush may have made room, and told so before anybody waited.
        if isWritable {
            writeDeadline = nil
            writer?.wakeWriter()
        }
    }

    private var bufferedBytes: Int {
        (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }
}

// MARK: Endings

extension Connection {
    func checkDeadline(_ now: NIODeadline) {
        if let bodyDeadline, bodyDeadline <= now {
            self.bodyDeadline = nil
            failBody(.stalled)
            body?.wakeReader()
        }
        if let writeDeadline, writeDeadline <= now {
            // A slow client is not a stalled one.
            let unsent = bufferedBytes
            guard unsent < unsentBytes else { return abort() }
            unsentBytes = unsent
            self.writeDeadline = now + .nanoseconds(limits.writeStallTimeout.nanoseconds)
        }
        guard let phaseDeadline, phaseDeadline <= now else { return }
        self.phaseDeadline = nil
        switch phase {
        case .waiting: gate.isEmpty ? close() : answer(.headTimeout)
        case .exchanging: if writer?.hasStarted == false { disconnect() }
        case .draining: closeGently()
        case .lingering: close()
        case .closed: break
        }
    }

    /// Idle connections close at once, others after their response.
    func shutDown() {
        switch phase {
        case .waiting: if gate.isEmpty { close() }
        case .exchanging, .draining: closesAfterResponse = true
        case .lingering, .closed: break
        }
    }

    /// The shutdown's grace is over: a response that is out may still reach its client, one that is not ends in a reset.
    func cutOff() {
        switch phase {
        case .lingering: close()
        case .waiting, .exchanging, .draining, .closed: abort()
        }
    }

    /// Lets everything that has been written reach the client, then closes.
    private func closeGently() {
        guard let context else { return }
        phase = .lingering(budget: limits.drainBytes)
        phaseDeadline = .now() + .nanoseconds(limits.lingerTimeout.nanoseconds)
        gate.discard()
        needsFlush = false
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { [self] result in
            guard case .success = result else { return }
            loop.executor.turn {
                guard case .lingering = self.phase else { return }
                if self.inputClosed { return self.close() }
                self.context?.close(mode: .output, promise: nil)
                self.readIfWanted()
            }
        }
    }

    private func close() {
        if case .closed = phase { return }
        phase = .closed
        detachCancelled()
        context?.close(promise: nil)
    }

    /// The client is gone: whatever waits for it fails.
    private func disconnect() {
        close()
    }

    /// Resets the connection, past TLS, which would end it politely.
    func abort() {
        if case .closed = phase { return }
        phase = .closed
        detachCancelled()
        guard let context else { return }
        let socket = context.channel as? any SocketOptionProvider
        _ = socket?.setSoLinger(linger(l_onoff: 1, l_linger: 0))
        let tls = try? context.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self)
        (tls ?? context).close(promise: nil)
    }

    private func detachCancelled() {
        task?.cancel()
        detach()
        gate.discard()
        phaseDeadline = nil
    }
}
