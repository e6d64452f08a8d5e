import Glibc
package import NIOCore

/// What lives on an event loop until its connection ends.
protocol LoopMember: AnyObject {
    /// Nil when it is over.
    var channel: (any Channel)? { get }
    /// Called every so often.
    func checkDeadline(_ now: NIODeadline)
    /// The server stops: ends at once if idle, else as soon as what is under way is done.
    func shutDown()
    /// The shutdown's grace is over.
    func cutOff()
}

/// One event loop with what its connections share: the executor of their tasks, the clock of their deadlines and the
/// text of the date.
///
/// Unchecked: everything mutable is touched on the loop only.
package final class ConnectionLoop: @unchecked Sendable {
    let loop: any EventLoop
    package let executor: LoopExecutor

    private var connections: [ObjectIdentifier: any LoopMember] = [:]
    private var ticking: RepeatedTask?
    private let tick: TimeAmount
    private var toFlush: [Connection] = []
    private var date = HTTPDateText()

    package init(loop: any EventLoop, _ configuration: HTTPServerConfiguration) {
        self.loop = loop
        executor = LoopExecutor(loop: loop)
        tick = configuration.limits.tick
        wakefulness = configuration.wakefulness
        executor.afterJobs = { [unowned self] in flush() }
    }

    func add(_ connection: any LoopMember) {
        connections[ObjectIdentifier(connection)] = connection
        guard ticking == nil else { return }
        ticking = loop.scheduleRepeatedTask(initialDelay: tick, delay: tick) { [unowned self] _ in
            let now = NIODeadline.now()
            forEach { $0.checkDeadline(now) }
        }
    }

    func remove(_ connection: any LoopMember) {
        connections[ObjectIdentifier(connection)] = nil
        guard connections.isEmpty else { return }
        ticking?.cancel()
        ticking = nil
    }

    /// Calls `body` with every connection, within one turn.
    func forEach(_ body: (any LoopMember) -> Void) {
        executor.turn {
            for connection in Array(connections.values) { body(connection) }
        }
    }

    /// Does `work` in a turn on the loop: at once when called there.
    package func run(_ work: @escaping @Sendable () -> Void) {
        if loop.inEventLoop {
            executor.turn(work)
        } else {
            loop.execute { self.executor.turn(work) }
        }
    }

    /// Does `work` in a turn of its own, when the one that runs now is over.
    func later(_ work: @escaping @Sendable () -> Void) {
        loop.execute { self.executor.turn(work) }
    }

    /// Does `work` in a turn of its own, after all sockets that have something have had theirs.
    ///
    /// A loop does all work that is due before it looks at its sockets again.
    func afterOthers(_ work: @escaping @Sendable () -> Void) {
        loop.scheduleTask(in: .microseconds(10)) { self.executor.turn(work) }
    }

    /// Sends what `connection` has written when the jobs that run now have run, so that their small writes share one
    /// system call.
    func flushLater(_ connection: Connection) {
        toFlush.append(connection)
    }

    private func flush() {
        while let connection = toFlush.popLast() { connection.flush() }
    }

    /// The date line of a response that goes out now.
    func dateText() -> HTTPDateText {
        date.update(to: time(nil))
        return date
    }

    // MARK: Staying awake

    /// A loop with more connections is kept awake by them, or shares its processor with those who use them.
    private static let mostForWakefulness = 4
    private let wakefulness: Duration
    private var isAwake = false
    /// How often in a row the loop has looked in vain.
    ///
    /// From the fourth time on it passes by twice as many answers each time, up to 16, before it looks again.
    private var vainLooks = 0
    private var answersToPass = 0

    /// An answer has been made: its client may well have another request at once.
    func stayAwake() {
        guard wakefulness > .zero, !isAwake, connections.count <= Self.mostForWakefulness else { return }
        guard answersToPass == 0 else {
            answersToPass -= 1
            return
        }
        isAwake = true
        // After this turn, at whose end the answer leaves.
        loop.assumeIsolated().execute { [self] in
            isAwake = false
            waitAwake()
        }
    }

    /// Looks at the sockets over and over, until one of them has something or the time is up.
    private func waitAwake() {
        var sockets: [pollfd] = []
        for connection in connections.values {
            try? connection.channel?.pipeline.syncOperations.withUnsafeTransportIfAvailable {
                (descriptor: NIOBSDSocket.Handle) in
                sockets.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
            }
        }
        let end = ContinuousClock.now + wakefulness
        while poll(&sockets, nfds_t(sockets.count), 0) == 0 {
            guard ContinuousClock.now < end else {
                vainLooks = min(vainLooks + 1, 7)
                answersToPass = vainLooks > 3 ? 1 << (vainLooks - 3) : 0
                return
            }
        }
        vainLooks = 0
    }

    // MARK: Memory of responses

    /// A buffer for responses' heads and small bodies that nobody uses any more.
    private var spare = ByteBuffer()

    func takeBuffer() -> ByteBuffer {
        var buffer = ByteBuffer()
        swap(&buffer, &spare)
        if buffer.capacity > 0 { buffer.clear() }
        return buffer
    }

    /// Keeps what was sent from; it is used again if the channel has let go of it by then.
    func giveBack(_ buffer: ByteBuffer) {
        if buffer.capacity > spare.capacity, buffer.capacity <= 64 * 1024 { spare = buffer }
    }
}

extension HTTPLimits {
    /// How often deadlines are looked at: a quarter of the shortest, between 5 ms and 500 ms.
    fileprivate var tick: TimeAmount {
        let shortest =
            [
                headTimeout, idleTimeout, bodyStallTimeout, writeStallTimeout, memoryTimeout, lingerTimeout,
                halfCloseTimeout,
            ]
            .map(\.nanoseconds).min() ?? 0
        return .nanoseconds(min(max(shortest / 4, 5_000_000), 500_000_000))
    }
}
