import Glibc
import NIOCore

/// What lives on an event loop until its connection ends.
protocol LoopMember: AnyObject {
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
final class ConnectionLoop: @unchecked Sendable {
    let loop: any EventLoop
    let executor: LoopExecutor

    private var connections: [ObjectIdentifier: any LoopMember] = [:]
    private var ticking: RepeatedTask?
    private let tick: TimeAmount
    private var toFlush: [Connection] = []
    private var date = HTTPDateText()

    init(loop: any EventLoop, limits: HTTPLimits) {
        self.loop = loop
        executor = LoopExecutor(loop: loop)
        tick = limits.tick
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
    func run(_ work: @escaping @Sendable () -> Void) {
        if loop.inEventLoop {
            executor.turn(work)
        } else {
            loop.execute { self.executor.turn(work) }
        }
    }

    /// Sends what `connection` has written when the jobs that run now have run, so that their small writes share one
    /// system call.
    func flushLater(_ connection: Connection) {
        toFlush.append(connection)
    }

    private func flush() {
        while let connection = toFlush.popLast() { connection.flush() }
    }

    /// The value of `date` for a response that goes out now.
    func dateText() -> String {
        date.text(at: time(nil))
    }
}

extension HTTPLimits {
    /// How often deadlines are looked at: a quarter of the shortest, between 5 ms and 500 ms.
    fileprivate var tick: TimeAmount {
        let shortest =
            [headTimeout, idleTimeout, bodyStallTimeout, writeStallTimeout, lingerTimeout, halfCloseTimeout]
            .map(\.nanoseconds).min() ?? 0
        return .nanoseconds(min(max(shortest / 4, 5_000_000), 500_000_000))
    }
}

extension Duration {
    /// Saturated at about 146 years, so that a deadline made from it cannot overflow.
    var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        guard seconds < Int64.max / 2_000_000_000 else { return Int64.max / 2 }
        return max(0, seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}

/// The date in HTTP's form, made once a second.
struct HTTPDateText {
    private var second: time_t = -1
    private var cached = ""

    mutating func text(at now: time_t) -> String {
        guard now != second else { return cached }
        second = now
        var parts = tm()
        var instant = now
        gmtime_r(&instant, &parts)
        let day = Self.days[Int(parts.tm_wday)]
        let month = Self.months[Int(parts.tm_mon)]
        cached =
            "\(day), \(two(parts.tm_mday)) \(month) \(parts.tm_year + 1900)"
            + " \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
        return cached
    }

    private func two(_ number: Int32) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }

    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}
