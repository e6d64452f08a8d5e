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
        let body = RequestBody(declaredLength: summary.declaredLength, loop: loop, channel: self)
        takeEarly(body)
        owesContinue = summary.expectsContinue && !body.isComplete
        // There is nothing to wait for, but a client that was not told to go on takes the final answer for a refusal, and
        // some then read the next request's 100 as that one's answer.
        if summary.expectsContinue, body.declaredLength == 0 { write(Self.goOn) }
        if isTrustedProxy { clientIs(server.info(of: head, behind: info)) }
        switch server.handler.answer(HTTPRequest(head: head, body: body, connection: clientInfo)) {
        case .now(let response)
        where body.isComplete && isWritable && reserve(Int64(response.body?.readableBytes ?? 0)):
            body.detach()
            sendNow(response)
        case .now(let response): begin(body) { await $0.send(response) }
        case .later(let work): begin(body, work)
        }
    }

    /// Takes a short body that came with its head, so that who needs it whole need not wait for it.
    private func takeEarly(_ body: RequestBody) {
        if let declared = body.declaredLength {
            guard declared <= Int64(min(HTTPServer.earlyBodyBytes, input.waitingBytes)) else { return }
            guard declared > 0 else { return body.complete() }
        } else if input.waitingBytes > HTTPServer.earlyBodyBytes {
            return
        }
        while true {
            switch input.takeBody({ body.append($0) }) {
            case .piece: continue
            case .needsMoreBytes: return
            case .final: return body.complete()
            case .malformed: return failBody(.malformed, body)
            }
        }
    }

    private func sendNow(_ response: HTTPResponse) {
        var head = response.head
        head.settleLength(of: response.body, inAnswerToHEAD: isHEAD)
        send(head, head.sendsBody(inAnswerToHEAD: isHEAD) ? response.body : nil)
        settleShare()
        closesAfterResponse ? closeGently() : awaitNextRequest()
    }

    private func begin(_ body: RequestBody, _ work: @escaping @Sendable (ResponseWriter) async -> Void) {
        let writer = ResponseWriter(isHEAD: isHEAD, loop: loop, channel: self)
        self.body = body
        self.writer = writer
        body.setBlockBytes(share.pace.requestBlockBytes)
        bodyWanted = false
        phase = .exchanging
        phaseDeadline.stop()
        task = server.run(work, writer, on: loop) { [self] in handlerReturned(writer) }
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
        restOfResponse = nil
        phaseDeadline.start(limits.idleTimeout)
        loop.stayAwake()
        pump()
    }

    /// Body and writer may be kept by whoever has them, but no longer reach this connection.
    func detach() {
        task = nil
        let (body, writer) = (self.body, self.writer)
        (self.body, self.writer) = (nil, nil)
        bodyDeadline.stop()
        writeDeadline.stop()
        settleShare()
        bodyWanted = false
        body?.detach()
        writer?.detach()
    }

    /// Answers without a handler, and closes.
    func answer(_ fault: HTTPFault) {
        // What could not be read was no HEAD, as far as one knows.
        isHEAD = fault == .noResponse && isHEAD
        let line = input.requestLine
        let response = server.answer(
            to: fault, isHEAD: isHEAD, method: line?.method, target: line?.target, from: info)
        closesAfterResponse = true
        send(response.head, response.body)
        closeGently()
    }
}
