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
        return hasShare(length)
    }

    /// Whether more of the body may be read now.
    func mayReceive(_ body: RequestBody) -> Bool {
        if let length = body.declaredLength, length <= Self.smallRequestBytes { return true }
        return hasShare(body.declaredLength)
    }

    func hold(_ bytes: Int) {
        // Of a small budget there would never be more, while other peers hold all that they may.
        share.documents = max(share.documents, min(bytes, server.budget.bytes / 8))
    }

    func holdOnly(_ bytes: Int) {
        guard share.documents > bytes else { return }
        let gone = share.documents - bytes
        share.documents = bytes
        let excess = min(gone, share.held - self.bytes(at: share.pace))
        guard share.ticket == nil, excess > 0, let account = share.account else { return }
        share.held -= excess
        server.budget.give(excess, from: account)
    }

    /// Whether the exchange has its share of the budget for a body of `length` bytes, `nil` for an unknown number; if not,
    /// it has asked for it.
    private func hasShare(_ length: Int64?) -> Bool {
        let length = length ?? .max
        if share.isUsed, length <= share.longestBody, share.held >= bytes(at: .unproven) { return true }
        if share.ticket != nil { return false }
        share.longestBody = max(share.longestBody, length)
        let account = openAccount()
        while share.pace > .unproven, share.held < share.pace.shareBytes(ofBodyUpTo: share.longestBody) {
            let bytes = bytes(at: share.pace)
            if server.budget.grow(by: bytes - share.held, to: bytes, for: account) {
                setReceiveBuffers(share.pace)
                return use(bytes)
            }
            setPace(share.pace.slower)
        }
        let missing = bytes(at: .unproven) - share.held
        guard missing > 0 else { return use(share.held) }
        guard server.budget.take(missing, for: account) else {
            waitForShare(missing, account)
            return false
        }
        return use(share.held + missing)
    }

    /// Bytes of the share that the exchange needs at a pace.
    private func bytes(at pace: TransferPace) -> Int {
        pace.shareBytes(ofBodyUpTo: share.longestBody) + share.documents
    }

    /// The account of the client, for as long as the connection lives or is the same client's.
    private func openAccount() -> BodyAccount {
        if let account = share.account { return account }
        let account = server.budget.open(clientInfo.remoteAddress)
        share.account = account
        return account
    }

    /// Another client's request is held against its own account, once nothing of the last one is left.
    func clientIs(_ info: ConnectionInfo) {
        if info.remoteAddress != clientInfo.remoteAddress, share.held == 0, share.ticket == nil { closeShare() }
        clientInfo = info
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
        _ = use(share.held + ticket.count)
        if body?.isAwaited == true { bodyReaderWaits() }
        pump()
        writer?.wakeWriter()
        if writer?.isWaiting == true { writerWaits() }
    }

    /// The share has not come in time: the request fails, and the response with it if it has begun.
    func giveUpShare() {
        guard let ticket = share.ticket else { return }
        share.ticket = nil
        // The refusal that follows needs no memory.
        share.documents = 0
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
        share.documents = 0
    }

    func releaseShare() {
        settleShare()
        guard share.held > 0, let account = share.account else { return }
        server.budget.give(share.held, from: account)
        share.held = 0
        share.longestBody = 0
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
        guard share.isUsed, let account = share.account,
            share.proves(received: count, receivedOfPeer: account.receive(count))
        else { return }
        speedUp()
    }

    private func speedUp() {
        let pace = share.pace.faster
        let bytes = bytes(at: pace)
        if bytes > share.held {
            guard let account = share.account,
                server.budget.grow(by: bytes - share.held, to: bytes, for: account)
            else { return }
            share.held = bytes
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
        let buffers = pace.receiveBuffers(ofBodyUpTo: share.longestBody)
        try? context?.channel.syncOptions?.setOption(.recvAllocator, value: buffers)
    }

    /// Every so often: what is not needed any more is given back.
    func reviewShare() {
        // What is free by now may be due to it.
        if share.ticket != nil { server.budget.serve() }
        guard share.held > 0, let account = share.account else { return }
        guard share.isUsed else {
            if share.ticket == nil, bufferedBytes == 0 { releaseShare() }
            return
        }
        if share.pace > .unproven {
            if writeDeadline.isSet {
                if share.hasStopped(at: unacknowledgedBytes) { setPace(.unproven) }
            } else if bodyDeadline.isSet, share.hasStopped(at: share.received) {
                setPace(.unproven)
            }
        } else {
            let least = bytes(at: .unproven)
            guard share.held > least, body?.hasEnded == true, bufferedBytes <= least else { return }
            // A request's handler may hold what it has gathered until the end, a response's has passed it on.
            server.budget.give(share.held - least, from: account)
            share.held = least
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
