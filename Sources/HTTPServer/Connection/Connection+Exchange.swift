import Logging
import NIOCore
import Synchronization

// One request at a time: answered on the spot, given to a handler's task, or refused.

extension Connection {
    /// Answers the request whose head has come.
    func serve(_ head: RequestHead) {
        let summary = input.summary
        isHEAD = head.method == "HEAD"
        if !summary.keepsAlive { closesAfterResponse = true }
        hasHeadDeadline = false
        let whole = input.takeWholeBody(upTo: HTTPServer.immediateBodyBytes)
        if let whole, isWritable {
            let request = ImmediateRequest(head: head, body: whole, connection: info)
            if let response = server.handler.respondNow(request) { return sendNow(response) }
        }
        let body = RequestBody(declaredLength: summary.declaredLength, loop: loop, channel: self)
        if let whole {
            body.append(whole)
            body.complete()
        }
        owesContinue = summary.expectsContinue && whole == nil
        begin(HTTPRequest(head: head, body: body, connection: info))
    }

    private func sendNow(_ response: ImmediateResponse) {
        var head = response.head
        head.settleLength(of: response.body, inAnswerToHEAD: isHEAD)
        send(head, head.sendsBody(inAnswerToHEAD: isHEAD) ? response.body : nil)
        closesAfterResponse ? closeGently() : awaitNextRequest()
    }

    private func begin(_ request: HTTPRequest) {
        let writer = ResponseWriter(isHEAD: isHEAD, loop: loop, channel: self)
        body = request.body
        self.writer = writer
        bodyWanted = false
        phase = .exchanging
        phaseDeadline.stop()
        task = server.handle(request, writer, on: loop) { [self] in handlerReturned(writer) }
    }

    private func handlerReturned(_ writer: ResponseWriter) {
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
            answer(.noResponse)
        }
    }

    private func endExchange(_ body: RequestBody?) {
        guard let body, !body.isComplete else {
            return closesAfterResponse ? closeGently() : awaitNextRequest()
        }
        guard !closesAfterResponse else { return closeGently() }
        phase = .draining(budget: limits.drainBytes)
        phaseDeadline.start(limits.bodyStallTimeout)
        pump()
    }

    func awaitNextRequest() {
        phase = .waiting
        hasHeadDeadline = false
        if closesAfterResponse || server.isShuttingDown.load(ordering: .relaxed) { return closeGently() }
        phaseDeadline.start(limits.idleTimeout)
        pump()
    }

    /// Body and writer may be kept by whoever has them, but no longer reach this connection.
    func detach() {
        task = nil
        let (body, writer) = (self.body, self.writer)
        (self.body, self.writer) = (nil, nil)
        bodyDeadline.stop()
        writeDeadline.stop()
        bodyWanted = false
        body?.detach()
        writer?.detach()
    }

    /// Answers without a handler, and closes.
    func answer(_ fault: HTTPFault) {
        server.logger.debug(
            "refused a request", metadata: ["peer": "\(info.remoteAddress)", "reason": "\(fault)"])
        let answer = server.errorBody(fault)
        var head = ResponseHead(status: answer.status, headers: answer.headers, contentLength: nil)
        let body = ByteBuffer(bytes: answer.body)
        // What could not be read was no HEAD, as far as one knows.
        let isHEAD = fault == .noResponse && self.isHEAD
        head.contentLength = Int64(body.readableBytes)
        self.isHEAD = isHEAD
        closesAfterResponse = true
        send(head, head.sendsBody(inAnswerToHEAD: isHEAD) ? body : nil)
        closeGently()
    }
}
