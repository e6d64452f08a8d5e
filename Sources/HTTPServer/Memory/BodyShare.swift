import NIOCore

/// One connection's share of the ``BodyBudget``, and what it has shown of its peer's pace.
struct BodyShare {
    var pace = TransferPace.unproven
    /// Bytes taken of the budget.
    var held = 0
    /// Bytes of the longest body since it was taken; `.max` when one was of unknown length.
    var longestBody: Int64 = 0
    /// The peer's account of the budget, once a share has been asked for.
    var account: BodyAccount?
    /// Bytes of documents that the exchange holds whole, and for which the share has to be larger.
    var documents = 0
    /// The exchange under way has bodies that need the share.
    var isUsed = false
    /// A place in the queue for the share.
    var ticket: BodyTicket?
    var deadline = Deadline()

    // MARK: Proof

    /// Bytes of responses handed on, since the connection began.
    var sent = 0
    /// Of them, acknowledged when the proof's time began.
    private(set) var acknowledged = 0
    /// Bytes of requests received since the proof's time began.
    private(set) var received = 0
    private var proofStart = NIODeadline.uptimeNanoseconds(0)

    private static let leastReceived = 4 * 1024 * 1024

    /// Goes on with the proof that is under way, or begins a new one when its time is over.
    ///
    /// Several bodies in a row prove together what none of them is long enough for.
    mutating func continueProof(acknowledged: () -> Int) {
        let now = NIODeadline.now()
        guard now - proofStart > TransferPace.proofTime else { return }
        beginProof(acknowledged: acknowledged(), now)
    }

    mutating func beginProof(acknowledged: Int, _ now: NIODeadline = .now()) {
        self.acknowledged = acknowledged
        received = 0
        proofStart = now
    }

    /// Takes received bytes in; whether they prove the next pace.
    ///
    /// Sending a few megabytes costs nothing, other than taking them, and what a handler has gathered of an upload stays
    /// in memory when it stalls: so a peer first has to send more, on all its connections, than one of them could make the
    /// server hold. Reads the clock only when there are enough of them.
    ///
    /// - Parameter receivedOfPeer: Bytes of requests that all connections of the peer have received, these included.
    mutating func proves(received count: Int, receivedOfPeer: Int) -> Bool {
        received += count
        guard let proof = pace.proofBytes, received >= proof, receivedOfPeer >= Self.leastReceived else { return false }
        let now = NIODeadline.now()
        let isInTime = now - proofStart <= TransferPace.proofTime
        beginProof(acknowledged: acknowledged, now)
        return isInTime
    }

    /// Takes bytes in that are sent; whether those that were `unacknowledged` leave enough to prove the next pace.
    mutating func proves(sent count: Int, unacknowledged: () -> Int) -> Bool {
        sent += count
        guard let proof = pace.proofBytes, sent - acknowledged >= proof else { return false }
        let (now, acknowledged) = (NIODeadline.now(), sent - unacknowledged() - count)
        let isInTime = now - proofStart <= TransferPace.proofTime
        guard isInTime else {
            beginProof(acknowledged: acknowledged, now)
            return false
        }
        guard acknowledged - self.acknowledged >= proof else { return false }
        beginProof(acknowledged: acknowledged, now)
        return true
    }

    // MARK: Falling behind

    /// What was unacknowledged, or received, at the last look, and how many looks in a row found no change.
    private var lastSeen = 0
    private var vainLooks = 0

    /// Looks in a row, half a second apart, after which a peer counts as unproven again.
    private static let patience = 4

    /// Whether the peer, of which something is waited for, has moved nothing for some looks.
    mutating func hasStopped(at count: Int) -> Bool {
        vainLooks = count == lastSeen ? vainLooks + 1 : 0
        lastSeen = count
        return vainLooks >= Self.patience
    }
}
