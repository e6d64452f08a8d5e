import NIOCore

// What comes in: heads while none is being answered, bodies as they are asked for, and rests to be thrown away.

extension Connection {
    /// Requests in a row that are answered on the spot before other connections have their turn.
    private static let immediateBatch = 64

    /// Goes on as far as the bytes at hand and the handler's appetite allow.
    func pump() {
        guard !isPumping else { return }
        isPumping = true
        var budget = Self.immediateBatch
        while step(&budget) {}
        isPumping = false
        body?.wakeReader()
        readIfWanted()
    }

    /// One message piece; false when there is nothing to do until something happens.
    private func step(_ budget: inout Int) -> Bool {
        switch phase {
        case .waiting:
            guard budget > 0 else {
                loop.afterOthers { self.pump() }
                return false
            }
            budget -= 1
            return takeHead()
        case .exchanging: return takeBody()
        case .draining(let budget): return drain(budget)
        case .lingering(let budget): return discardInput(budget)
        case .closed: return false
        }
    }

    private func takeHead() -> Bool {
        switch input.takeHead() {
        case .needsMoreBytes:
            if inputClosed {
                closeGently()
            } else if !hasHeadDeadline, !input.isEmpty {
                hasHeadDeadline = true
                phaseDeadline.start(limits.headTimeout)
            }
            return false
        case .head(let head): serve(head)
        case .fault(let fault): answer(fault)
        }
        return true
    }

    private func takeBody() -> Bool {
        guard let body, body.isStarving, bodyWanted else { return false }
        switch input.takeBody({ body.append($0) }) {
        case .needsMoreBytes:
            guard inputClosed else { return false }
            disconnect()
        case .piece(let count): creditBody(count)
        case .final:
            bodyDeadline.stop()
            body.complete()
        case .malformed:
            bodyDeadline.stop()
            failBody(.malformed, body)
        }
        if !body.isStarving { bodyWanted = false }
        return true
    }

    /// A body that comes drop by drop is as good as one that has stopped.
    private func creditBody(_ count: Int) {
        guard bodyDeadline.isSet else { return }
        bodyCredit += count
        if bodyCredit >= limits.leastBytes(in: limits.bodyStallTimeout) { bodyDeadline.stop() }
    }

    func failBody(_ error: BodyError, _ body: RequestBody?) {
        closesAfterResponse = true
        input.discard()
        body?.fail(error)
    }

    private func drain(_ budget: Int) -> Bool {
        guard budget >= 0 else {
            closeGently()
            return true
        }
        switch input.takeBody({ _ in }) {
        case .needsMoreBytes:
            if inputClosed { closeGently() }
            return false
        case .piece(let count): phase = .draining(budget: budget - count)
        case .final: awaitNextRequest()
        case .malformed: closeGently()
        }
        return true
    }

    private func discardInput(_ budget: Int) -> Bool {
        let rest = budget - input.waitingBytes
        // Who still sends has not taken the response in yet.
        if input.waitingBytes > 0, phaseDeadline.isSet, let lingeringEnd, .now() < lingeringEnd {
            phaseDeadline.start(limits.lingerTimeout)
        }
        input.discard()
        phase = .lingering(budget: rest)
        if rest < 0 || inputClosed { close() }
        return false
    }

    // MARK: Reading

    func readIfWanted() {
        guard !isReading, !inputClosed else { return }
        switch phase {
        case .waiting, .draining, .lingering: read()
        case .exchanging:
            guard let body else { return }
            // Once the request is whole, its connection is read as an idle one is, one buffer ahead. The kernel would have
            // to be told not to report bytes that seldom come, and told again after the answer.
            if body.isComplete ? input.isEmpty && !share.isUsed : bodyWanted && mayReceive(body) { read() }
        case .closed: break
        }
    }

    func read() {
        guard !isReading, let context else { return }
        isReading = true
        context.read()
    }

    func inputDidClose() {
        inputClosed = true
        switch phase {
        case .waiting, .draining, .lingering, .closed: pump()
        case .exchanging:
            closesAfterResponse = true
            if body?.hasEnded == false, input.isEmpty {
                disconnect()
            } else if writer?.hasStarted == false {
                phaseDeadline.start(limits.halfCloseTimeout)
            }
            pump()
        }
    }

    // MARK: What a request's body asks for

    func pull(_ body: RequestBody) {
        guard body === self.body else { return }
        if owesContinue, let writer, !writer.hasStarted {
            owesContinue = false
            write(Self.goOn)
        }
        bodyWanted = true
        pump()
    }

    func bodyReaderWaits() {
        guard share.ticket == nil, !bodyDeadline.isSet else { return }
        bodyCredit = 0
        bodyDeadline.start(limits.bodyStallTimeout)
    }
}
