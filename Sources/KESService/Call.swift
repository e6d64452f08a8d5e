import Glibc
import KESProtocol

/// A request that reached a route: what it asks for, who asks, and the settings that it is answered by.
final class Call: Sendable {
    let route: Route
    let method: String
    /// Percent-decoded and without a query: what policies judge.
    let path: String
    /// What follows the route's path.
    let argument: String
    let state: ServiceState
    /// The client's address; behind a TLS proxy, as that tells it.
    let ip: String
    /// `nil` when the client showed no certificate, or none that says who it is.
    let identity: Identity?
    /// Tells the lines that the log has about this request from others; answers that refuse carry it.
    let number: UInt64
    let start: MonotonicTime

    init(
        route: Route, method: String, path: String, argument: String, state: ServiceState, ip: String,
        identity: Identity?, number: UInt64, start: MonotonicTime
    ) {
        self.route = route
        self.method = method
        self.path = path
        self.argument = argument
        self.state = state
        self.ip = ip
        self.identity = identity
        self.number = number
        self.start = start
    }

    var vault: KeyVault { state.vault }

    /// The name of a key that the path ends with.
    func keyName() throws(KESFault) -> KeyName {
        guard let name = KeyName(argument) else { throw .invalidKeyName(argument) }
        return name
    }

    func listPattern() throws(KESFault) -> ListPattern {
        guard let pattern = ListPattern(argument) else { throw .invalidListPattern(argument) }
        return pattern
    }

    /// The number in the sixteen digits that logs and answers show.
    var id: String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }

    /// Says in a line of the log which request it is about.
    func append(to line: inout LogLine) {
        line.append("req.method", method)
        line.append("req.path", path)
        line.append("req.ip", ip)
        line.append("req.identity", identity?.text ?? "<unknown>")
    }
}

/// The request that a task is busy with, so that what it logs can say so.
enum CallContext {
    @TaskLocal static var current: Call?
}

/// A moment that only differences are taken of.
struct MonotonicTime: Sendable {
    private let nanoseconds: Int64

    static var now: MonotonicTime {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// Nanoseconds from then to now.
    var elapsed: Int64 { Self.now.nanoseconds - nanoseconds }
}
