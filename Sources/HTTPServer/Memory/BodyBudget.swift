import NIOCore
import Synchronization

/// The memory that the bodies of all connections may hold together, given out in shares.
///
/// While there is enough, taking and giving back cost two atomic operations; only who has to wait meets a lock, and a
/// connection with its first and its last share. Each share belongs to the ``BodyAccount`` of a peer. A peer may hold no
/// more than three times what is free, one alone three quarters of the budget, so that another always finds a third of
/// what each of them has. Who waits is served in the order of asking among the requests of one peer, and the peers take
/// turns.
package final class BodyBudget: Sendable {
    package let bytes: Int
    private let used = Atomic<Int>(0)
    private let queue = Mutex(Queue())
    /// Tickets that wait and were not cancelled.
    private let queued = Atomic<Int>(0)
    /// The most that was in use since ``hasFallen()`` last said yes.
    private let peak = Atomic<Int>(0)
    private let accounts = Mutex<[PeerNetwork?: BodyAccount]>([:])

    private struct Queue {
        /// Accounts with tickets, that whose turn it is first.
        var turns = CircularBuffer<BodyAccount>()
    }

    package init(bytes: Int) {
        self.bytes = bytes
    }

    package var usedBytes: Int { used.load(ordering: .relaxed) }

    // MARK: Accounts

    /// The account of the peer at `address`, which is closed as often as it is opened.
    package func open(_ address: String) -> BodyAccount {
        let peer = PeerNetwork(address)
        return accounts.withLock { accounts in
            let account = accounts[peer] ?? BodyAccount(peer)
            accounts[peer] = account
            account.users += 1
            return account
        }
    }

    package func close(_ account: BodyAccount) {
        accounts.withLock { accounts in
            account.users -= 1
            if account.users == 0 { accounts[account.peer] = nil }
        }
    }

    // MARK: Shares

    /// Takes a share, unless there is too little left, the peer holds enough, or somebody waits.
    package func take(_ count: Int, for account: BodyAccount) -> Bool {
        queued.load(ordering: .relaxed) == 0 && claim(count, for: account, upTo: bytes) == .taken
    }

    /// Makes a share larger by `count` bytes, to `share` bytes.
    ///
    /// A quarter of the budget is for those who have no share yet, and of what is free of the rest no connection gets
    /// more than an eighth, nor does a peer grow to more than what is free: however many try to hold much, others find
    /// room, and so do others of the same peer.
    package func grow(by count: Int, to share: Int, for account: BodyAccount) -> Bool {
        let ceiling = bytes / 4 * 3
        guard share <= (ceiling - usedBytes) / 8 else { return false }
        return claim(count, for: account, upTo: ceiling, times: 1) == .taken
    }

    /// Gives a share back, or a part of one, and with it their turn to those who wait.
    package func give(_ count: Int, from account: BodyAccount) {
        account.held.subtract(count, ordering: .relaxed)
        used.subtract(count, ordering: .sequentiallyConsistent)
        if queued.load(ordering: .sequentiallyConsistent) > 0 { serve() }
    }

    /// Waits for a share: `granted` is called when it has been taken, on any thread, perhaps before this returns.
    package func wait(
        for count: Int, _ account: BodyAccount, granted: @escaping @Sendable (BodyTicket) -> Void
    ) -> BodyTicket {
        let ticket = BodyTicket(count: count, account: account, granted: granted)
        queue.withLock { queue in
            if account.tickets.isEmpty { queue.turns.append(account) }
            account.tickets.append(ticket)
            queued.add(1, ordering: .sequentiallyConsistent)
        }
        // A share that was given back before anybody was seen to wait.
        serve()
        return ticket
    }

    /// Gives up waiting; a share that has been granted all the same is still told of, and to be given back.
    package func cancel(_ ticket: BodyTicket) {
        queue.withLock { _ in
            guard ticket.state == .waiting else { return }
            ticket.state = .cancelled
            // Who waited may be gone by now, and the ticket stay for a while.
            ticket.granted = nil
            queued.subtract(1, ordering: .sequentiallyConsistent)
            let account = ticket.account
            account.cancelled += 1
            // An account that has lost all its tickets leaves the queue when its turn comes.
            let count = account.tickets.count
            guard account.cancelled > count / 2, account.cancelled < count else { return }
            account.tickets.removeAll { $0.state == .cancelled }
            account.cancelled = 0
        }
    }

    /// Whether much less is in use than was since this last said yes.
    package func hasFallen() -> Bool {
        let (now, most) = (usedBytes, peak.load(ordering: .relaxed))
        guard most >= Self.noticedBytes, now <= most / 4 else { return false }
        peak.store(now, ordering: .relaxed)
        return true
    }

    /// A peak below this is not worth giving memory back for.
    private static let noticedBytes = 16 * 1024 * 1024

    private enum Claim { case taken, peerHasEnough, nothingLeft }

    /// - Parameter factor: the peer may hold so many times what is free.
    private func claim(
        _ count: Int, for account: BodyAccount, upTo limit: Int, times factor: Int = 3
    ) -> Claim {
        let held = account.held.add(count, ordering: .relaxed).newValue
        var seen = used.load(ordering: .sequentiallyConsistent)
        while seen + count <= limit {
            // The first share is everybody's due.
            guard held <= max(count, factor * (bytes - seen - count)) else {
                account.held.subtract(count, ordering: .relaxed)
                return .peerHasEnough
            }
            let (isDone, found) = used.weakCompareExchange(
                expected: seen, desired: seen + count, ordering: .sequentiallyConsistent)
            if isDone {
                if seen + count > peak.load(ordering: .relaxed) { peak.max(seen + count, ordering: .relaxed) }
                return .taken
            }
            seen = found
        }
        account.held.subtract(count, ordering: .relaxed)
        return .nothingLeft
    }

    /// Accounts that hold enough, passed over before the rest waits for the next call.
    private static let passedOver = 16

    /// Gives out what is free.
    ///
    /// To be called every so often while somebody waits: so long as many accounts that hold enough stand in front, each
    /// call passes over some of them only.
    package func serve() {
        let granted = queue.withLock { queue in
            var granted: [BodyTicket] = []
            var passedOver = 0
            while passedOver < min(Self.passedOver, queue.turns.count), let account = queue.turns.popFirst() {
                guard let ticket = account.firstTicket() else { continue }
                switch claim(ticket.count, for: account, upTo: bytes) {
                case .taken:
                    account.tickets.removeFirst()
                    ticket.state = .granted
                    queued.subtract(1, ordering: .sequentiallyConsistent)
                    granted.append(ticket)
                    passedOver = 0
                case .peerHasEnough:
                    passedOver += 1
                case .nothingLeft:
                    queue.turns.prepend(account)
                    return granted
                }
                if !account.tickets.isEmpty { queue.turns.append(account) }
            }
            return granted
        }
        for ticket in granted { ticket.granted?(ticket) }
    }
}

/// What the connections of one peer hold of the ``BodyBudget``, and who of them waits for more.
///
/// Unchecked: `users` belongs to the lock of the budget's accounts, the tickets to that of its queue.
package final class BodyAccount: @unchecked Sendable {
    fileprivate let peer: PeerNetwork?
    fileprivate var users = 0
    fileprivate let held = Atomic<Int>(0)
    private let received = Atomic<Int>(0)
    fileprivate var tickets = CircularBuffer<BodyTicket>()
    /// Of the tickets.
    fileprivate var cancelled = 0

    fileprivate init(_ peer: PeerNetwork?) {
        self.peer = peer
    }

    /// Counts bytes of requests; how many the peer's connections have received since it has any.
    func receive(_ count: Int) -> Int { received.add(count, ordering: .relaxed).newValue }

    /// The ticket that has waited longest; those before it that were cancelled are gone.
    fileprivate func firstTicket() -> BodyTicket? {
        while let first = tickets.first {
            if first.state == .waiting { return first }
            tickets.removeFirst()
            cancelled -= 1
        }
        return nil
    }
}

/// A place in the queue for a share of the ``BodyBudget``.
///
/// Unchecked: the state belongs to the lock of the budget's queue.
package final class BodyTicket: @unchecked Sendable {
    fileprivate enum State { case waiting, granted, cancelled }

    /// Bytes of the share.
    package let count: Int
    fileprivate let account: BodyAccount
    /// `nil` once it has been cancelled.
    fileprivate var granted: (@Sendable (BodyTicket) -> Void)?
    fileprivate var state = State.waiting

    fileprivate init(count: Int, account: BodyAccount, granted: @escaping @Sendable (BodyTicket) -> Void) {
        self.count = count
        self.account = account
        self.granted = granted
    }
}
