import Glibc
import NIOCore
import NIOSSL

// Deadlines, and the ways in which a connection ends.

extension Connection {
    func checkDeadline(_ now: NIODeadline) {
        // Without a reader that waits it is not the client who is slow.
        if bodyDeadline.isOver(now), body?.isAwaited == true {
            failBody(.stalled, body)
            body?.wakeReader()
        }
        if share.deadline.isOver(now) { giveUpShare() }
        if writeDeadline.isOver(now) {
            // A slow client is not a stalled one, and only its acknowledgements tell: the kernel's buffers hold megabytes.
            let rest = unacknowledgedBytes
            let taken = unacknowledgedAtStart - rest
            guard taken >= min(limits.leastBytes(in: limits.writeStallTimeout), unacknowledgedAtStart) else {
                return abort()
            }
            unacknowledgedAtStart = rest
            writeDeadline.start(limits.writeStallTimeout)
        }
        reviewShare()
        guard phaseDeadline.isOver(now) else { return }
        switch phase {
        case .waiting: input.isEmpty ? endIdleness() : answer(.headTimeout)
        case .exchanging: if writer?.hasStarted == false { disconnect() }
        case .draining: closeGently()
        case .lingering: close()
        case .closed: break
        }
    }

    /// No request has come for a while: closes the connection, unless the end of the last response is still on its way to
    /// a client that is slow, not stalled.
    private func endIdleness() {
        guard bufferedBytes > 0 else {
            guard restOfResponse != nil else { return close() }
            // It has all gone out by now, perhaps just so.
            restOfResponse = nil
            return phaseDeadline.start(limits.idleTimeout)
        }
        let rest = unacknowledgedBytes
        if let before = restOfResponse {
            let least = min(limits.leastBytes(in: limits.writeStallTimeout), before)
            guard before - rest >= least else { return abort() }
        }
        restOfResponse = rest
        phaseDeadline.start(limits.writeStallTimeout)
    }

    /// Idle connections close as soon as all that was written has left, others after their response.
    func shutDown() {
        switch phase {
        case .waiting: if input.isEmpty { bufferedBytes > 0 ? closeGently() : close() }
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
    func closeGently() {
        guard let context else { return }
        if lingeringEnd == nil, server.admitLingering() {
            lingeringEnd = .now() + .nanoseconds(limits.longestLingering.nanoseconds)
        }
        phase = .lingering(budget: lingeringEnd == nil ? 4 * limits.drainBytes : limits.lingerBytes)
        phaseDeadline.stop()
        input.discard()
        passOutput()
        needsFlush = false
        unacknowledgedAtStart = .max
        writeDeadline.start(limits.writeStallTimeout)
        context.writeAndFlush(wrapOutboundOut(ByteBuffer())).assumeIsolated().whenComplete { [self] result in
            guard case .success = result else { return }
            loop.executor.turn {
                guard case .lingering = self.phase else { return }
                self.writeDeadline.stop()
                self.phaseDeadline.start(self.limits.lingerTimeout)
                if self.inputClosed { return self.close() }
                self.context?.close(mode: .output, promise: nil)
                self.readIfWanted()
            }
        }
    }

    func close() {
        if case .closed = phase { return }
        phase = .closed
        detachCancelled()
        context?.close(promise: nil)
    }

    /// The client is gone: whatever waits for it fails.
    func disconnect() {
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
        input.discard()
        output = ByteBuffer()
        share.deadline.stop()
        phaseDeadline.stop()
        writeDeadline.stop()
        if lingeringEnd != nil { server.lingeringEnded() }
        lingeringEnd = nil
    }
}
