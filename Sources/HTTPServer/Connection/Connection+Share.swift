import CLinux
import Glibc
import Logging
import NIOCore

// The memory of this connection's bodies: its share of the server's budget, and buffers as large as its peer is fast.

extension Connection {
    /// Bodies up to so many bytes need no share: their kernel buffers, or one receive buffer, have room for them.
    private static let smallResponseBytes: Int64 = 64 * 1024
    private static let smallRequestBytes = Int64(HTTPServer.earlyBodyBytes)

    var blockBytes: Int { share.pace.responseBlockBytes }

    func reserve(_ length: Int64?) -> Bool {
        if let length, length <= Self.smallResponseBytes { return true }
        return hasShare()
    }

    /// Whether more of the body may be read now.
    func mayReceive(_ body: RequestBody) -> Bool {
        if let length = body.declaredLength, length <= Self.smallRequestBytes { return true }
        return hasShare()
    }

    /// Whether the exchange has its share of the budget; if not, it has asked for it.
    private func hasShare() -> Bool {
        if share.isUsed { return true }
        if share.ticket != nil { return false }
        if share.held == 0 {
            let account = openAccount()
            while share.pace > .unproven {
                let bytes = share.pace.shareBytes
                if server.budget.grow(by: bytes, to: bytes, for: account) {
                    setReceiveBuffers(share.pace)
                    return use(bytes)
                }
                setPace(share.pace.slower)
            }
            let bytes = share.pace.shareBytes
            guard server.budget.take(bytes, for: account) else {
                waitForShare(bytes, account)
                return false
            }
            return use(bytes)
        }
        return use(share.held)
    }

    /// The account of the peer, for as long as the connection lives.
    private func openAccount() -> BodyAccount {
        if let account = share.account { return account }
        let account = server.budget.open(info.remoteAddress)
        share.account = account
        return account
    }

    private func use(_ bytes: Int) -> Bool {
        share.held = bytes
        share.isUsed = true
        let sent = share.sent
        share.continueProof { sent - unacknowledgedBytes }
        return true
    }

    private func waitForShare(_ bytes: Int, _ account: BodyAccount) {
        share.deadline.start(limits.memoryTimeout)
        share.ticket = server.budget.wait(for: bytes, account) { [self] ticket in
            loop.later { self.granted(ticket, account) }
        }
    }

    private func granted(_ ticket: BodyTicket, _ account: BodyAccount) {
        guard share.ticket === ticket else { return server.budget.give(ticket.count, from: account) }
        share.ticket = nil
        share.deadline.stop()
        _ = use(ticket.count)
        if body?.isAwaited == true { bodyReaderWaits() }
        pump()
        writer?.wakeWriter()
        if writer?.isWaiting == true { writerWaits() }
    }

    /// The share has not come in time: the request fails, and the response with it if it has begun.
    func giveUpShare() {
        guard let ticket = share.ticket else { return }
        share.ticket = nil
        server.budget.cancel(ticket)
        server.logger.warning("a request got no memory for its body", metadata: ["peer": "\(info.remoteAddress)"])
        if body?.isAwaited == true {
            failBody(.overloaded, body)
            body?.wakeReader()
        }
        writer?.fail(.overloaded)
    }

    /// The exchange is over: its share goes when what it has queued has left.
    func settleShare() {
        if let ticket = share.ticket {
            share.ticket = nil
            share.deadline.stop()
            server.budget.cancel(ticket)
        }
        share.isUsed = false
    }

    func releaseShare() {
        settleShare()
        guard share.held > 0, let account = share.account else { return }
        server.budget.give(share.held, from: account)
        share.held = 0
        // What comes before the next share was taken is read into small buffers, too.
        if share.pace > .unproven { setReceiveBuffers(.unproven) }
    }

    /// The connection is over.
    func closeShare() {
        releaseShare()
        if let account = share.account { server.budget.close(account) }
        share.account = nil
    }

    // MARK: Pace

    func didSend(_ count: Int) {
        guard share.isUsed, share.proves(sent: count, unacknowledged: { unacknowledgedBytes }) else { return }
        speedUp()
    }

    func didReceive(_ count: Int) {
        guard share.isUsed, share.proves(received: count) else { return }
        speedUp()
    }

    private func speedUp() {
        let pace = share.pace.faster
        let missing = pace.shareBytes - share.held
        if missing > 0 {
            guard let account = share.account,
                server.budget.grow(by: missing, to: pace.shareBytes, for: account)
            else { return }
            share.held = pace.shareBytes
        }
        setPace(pace)
    }

    private func setPace(_ pace: TransferPace) {
        share.pace = pace
        body?.setBlockBytes(pace.requestBlockBytes)
        setReceiveBuffers(pace)
        let options = context?.channel.syncOptions
        try? options?.setOption(.writeBufferWaterMark, value: pace.waterMark)
        try? options?.setOption(.tcpOption(.init(rawValue: TCP_NOTSENT_LOWAT)), value: pace.unsentInKernel)
    }

    /// Fails, as other options do, on a connection that is gone only.
    private func setReceiveBuffers(_ pace: TransferPace) {
        try? context?.channel.syncOptions?.setOption(.recvAllocator, value: pace.receiveBuffers)
    }

    /// Every so often: what is not needed any more is given back.
    func reviewShare() {
        // What is free by now may be due to it.
        if share.ticket != nil { server.budget.serve() }
        guard share.held > 0, let account = share.account else { return }
        guard share.isUsed else {
            if bufferedBytes == 0 { releaseShare() }
            return
        }
        if share.pace > .unproven {
            if writeDeadline.isSet {
                if share.hasStopped(at: unacknowledgedBytes) { setPace(.unproven) }
            } else if bodyDeadline.isSet, share.hasStopped(at: share.received) {
                setPace(.unproven)
            }
        } else if share.held > TransferPace.unproven.shareBytes, body?.hasEnded == true,
            bufferedBytes <= TransferPace.unproven.shareBytes
        {
            // A request's handler may hold what it has gathered until the end, a response's has passed it on.
            server.budget.give(share.held - TransferPace.unproven.shareBytes, from: account)
            share.held = TransferPace.unproven.shareBytes
        }
    }

    // MARK: Progress

    /// Bytes of responses that the peer has not acknowledged: those queued here and those in the kernel.
    var unacknowledgedBytes: Int {
        let inKernel = try? context?.channel.pipeline.syncOperations.withUnsafeTransportIfAvailable {
            (socket: NIOBSDSocket.Handle) in Int(coffer_unacknowledged_bytes(socket))
        }
        return bufferedBytes + max(0, inKernel ?? 0)
    }
}
