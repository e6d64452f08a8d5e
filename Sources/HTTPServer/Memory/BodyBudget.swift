import NIOCore
import Synchronization

/// The memory that the bodies of all connections may hold together, given out in shares.
///
/// While there is enough, taking and giving back cost one atomic operation; only who has to wait meets a lock. Shares are
/// had in the order in which they were asked for.
package final class BodyBudget: Sendable {
    package let bytes: Int
    private let used = Atomic<Int>(0)
    private let queue = Mutex(Queue())
    /// Places in the queue, those of tickets that were cancelled included.
    private let queued = Atomic<Int>(0)
    /// The most that was in use since ``hasFallen()`` last said yes.
    private let peak = Atomic<Int>(0)

    private struct Queue {
        var tickets = CircularBuffer<BodyTicket>()
        var cancelled = 0
    }

    package init(bytes: Int) {
        self.bytes = bytes
    }

    package var usedBytes: Int { used.load(ordering: .relaxed) }

    /// Takes a share, unless there is too little left or somebody waits.
    package func take(_ count: Int) -> Bool {
        queued.load(ordering: .relaxed) == 0 && claim(count, upTo: bytes)
    }

    /// Makes a share larger by `count` bytes, to `share` bytes.
    ///
    /// A quarter of the budget is for those who have no share yet, and of what is free of the rest no connection gets
    /// more than an eighth: however many try to hold much, others find room.
    package func grow(by count: Int, to share: Int) -> Bool {
        let ceiling = bytes / 4 * 3
        guard queued.load(ordering: .relaxed) == 0, share <= (ceiling - usedBytes) / 8 else { return false }
        return claim(count, upTo: ceiling)
    }

    /// Gives a share back, or a part of one, and with it their turn to those who wait.
    package func give(_ count: Int) {
        used.subtract(count, ordering: .sequentiallyConsistent)
        if queued.load(ordering: .sequentiallyConsistent) > 0 { serve() }
    }

    /// Waits for a share: `granted` is called when it has been taken, on any thread, perhaps before this returns.
    package func wait(for count: Int, granted: @escaping @Sendable (BodyTicket) -> Void) -> BodyTicket {
        let ticket = BodyTicket(count: count, granted: granted)
        queue.withLock { queue in
            queue.tickets.append(ticket)
            queued.store(queue.tickets.count, ordering: .sequentiallyConsistent)
        }
        // A share that was given back before anybody was seen to wait.
        serve()
        return ticket
    }

    /// Gives up waiting; a share that has been granted all the same is still told of, and to be given back.
    package func cancel(_ ticket: BodyTicket) {
        ticket.isCancelled.store(true, ordering: .relaxed)
        queue.withLock { queue in
            queue.cancelled += 1
            guard queue.cancelled > queue.tickets.count / 2 else { return }
            queue.tickets.removeAll { $0.isCancelled.load(ordering: .relaxed) }
            queue.cancelled = 0
            queued.store(queue.tickets.count, ordering: .sequentiallyConsistent)
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

    private func claim(_ count: Int, upTo limit: Int) -> Bool {
        var seen = used.load(ordering: .sequentiallyConsistent)
        while seen + count <= limit {
            let (isDone, found) = used.weakCompareExchange(
                expected: seen, desired: seen + count, ordering: .sequentiallyConsistent)
            if isDone {
                if seen + count > peak.load(ordering: .relaxed) { peak.max(seen + count, ordering: .relaxed) }
                return true
            }
            seen = found
        }
        return false
    }

    private func serve() {
        let granted = queue.withLock { queue in
            var granted: [BodyTicket] = []
            while let first = queue.tickets.first {
                if !first.isCancelled.load(ordering: .relaxed) {
                    guard claim(first.count, upTo: bytes) else { break }
                    granted.append(first)
                } else {
                    queue.cancelled -= 1
                }
                queue.tickets.removeFirst()
            }
            queued.store(queue.tickets.count, ordering: .sequentiallyConsistent)
            return granted
        }
        for ticket in granted { ticket.granted(ticket) }
    }
}

/// A place in the queue for a share of the ``BodyBudget``.
package final class BodyTicket: Sendable {
    /// Bytes of the share.
    package let count: Int
    fileprivate let granted: @Sendable (BodyTicket) -> Void
    fileprivate let isCancelled = Atomic<Bool>(false)

    fileprivate init(count: Int, granted: @escaping @Sendable (BodyTicket) -> Void) {
        self.count = count
        self.granted = granted
    }
}
