import AccessPolicy
import Dispatch
import Glibc
package import Logging
import Synchronization
import Threading

/// A log of requests, such as the access log: one JSON object a line for every request that has ended.
///
/// Lines are made and written on a thread of their own. When requests of more than ``capacity`` bytes wait for it, or a
/// line cannot be written, what is left out is counted, and the next line that is written says how many.
package final class AccessLog: RequestObserver {
    package enum Destination: Sendable {
        case standardOutput
        /// A file that is appended to, made with mode 0600 when it is missing.
        case file(String)
    }

    private struct State {
        var waiting = FIFOQueue<CompletedRequest>()
        /// Bytes of the lines that wait to be written.
        var bytes = 0
        var dropped = 0
        var isWriting = false
        var descriptor: Int32
        /// The last write ended within a line.
        var isTorn = false
    }

    private static let capacity = 16 << 20
    /// Requests of one piece of work: between two of them the file can be opened anew.
    private static let batch = 256

    /// A line without its end, of a request before which so many were left out.
    package typealias Line = @Sendable (_ request: CompletedRequest, _ droppedBefore: Int) -> [UInt8]?

    private let title: String
    private let line: Line
    private let destination: Destination
    private let state: Mutex<State>
    private let queue = DispatchQueue(label: "coffer.access-log")
    private let failures: FailureReports

    /// The access log.
    ///
    /// - Parameters:
    ///   - logger: For lines that cannot be written.
    ///   - clock: Tells when that has been said long enough ago to say it again; another one in tests.
    package convenience init(
        _ destination: Destination, logger: Logger,
        clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) throws(AccessLogError) {
        try self.init(
            destination, title: "access log", logger: logger, clock: clock,
            line: { AccessLogLine.json($0, droppedBefore: $1) })
    }

    /// - Parameter title: what it is called where it cannot be opened or written.
    package init(
        _ destination: Destination, title: String, logger: Logger,
        clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now }, line: @escaping Line
    ) throws(AccessLogError) {
        self.title = title
        self.line = line
        self.destination = destination
        failures = FailureReports(title: title, logger: logger, clock: clock)
        state = Mutex(State(descriptor: try Self.open(destination, title)))
    }

    /// Requests that were left out since the last line that says so.
    package var dropped: Int { state.withLock { $0.dropped } }

    package func observe(_ request: CompletedRequest) {
        let weight = request.weight
        let begins = state.withLock { state in
            guard state.bytes + weight <= Self.capacity else {
                state.dropped += 1
                return false
            }
            state.waiting.append(request)
            state.bytes += weight
            defer { state.isWriting = true }
            return !state.isWriting
        }
        if begins { queue.async { self.drain() } }
    }

    /// Opens the file anew, for those who move it away to rotate it: what ends from now on is written there.
    ///
    /// - Parameter whenDone: Is called when nothing more will be written to the old file; never for standard output.
    package func reopen(whenDone: @escaping @Sendable () -> Void) throws(AccessLogError) {
        guard case .file = destination else { return }
        let fresh = try Self.open(destination, title)
        // On the queue, so that nothing is being written through the old descriptor.
        queue.async {
            let old = self.state.withLock { state in
                defer {
                    state.descriptor = fresh
                    state.isTorn = false
                }
                return state.descriptor
            }
            close(old)
            whenDone()
        }
    }

    /// Waits until every request that ended before has been written, two seconds at most: who reads the log may not.
    package func flush() {
        let written = DispatchSemaphore(value: 0)
        queue.async {
            while self.writeBatch() {}
            written.signal()
        }
        _ = written.wait(timeout: .now() + 2)
    }

    private static func open(_ destination: Destination, _ title: String) throws(AccessLogError) -> Int32 {
        switch destination {
        case .standardOutput: return STDOUT_FILENO
        case .file(let path):
            let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { throw AccessLogError(title: title, path: path, errno: errno) }
            return descriptor
        }
    }

    // MARK: On the queue

    private func drain() {
        if writeBatch() { queue.async { self.drain() } }
    }

    /// Writes what has waited longest; false when nothing is left.
    private func writeBatch() -> Bool {
        let (requests, dropped, descriptor, isTorn) = state.withLock { state in
            var requests: [CompletedRequest] = []
            while requests.count < Self.batch, let request = state.waiting.popFirst() {
                state.bytes -= request.weight
                requests.append(request)
            }
            defer {
                state.isWriting = !requests.isEmpty
                state.dropped = requests.isEmpty ? state.dropped : 0
            }
            return (requests, state.dropped, state.descriptor, state.isTorn)
        }
        guard !requests.isEmpty else { return false }
        // A new line ends what was torn, so that the next one can be read.
        var lines: [UInt8] = isTorn ? [UInt8(ascii: "\n")] : []
        for (index, request) in requests.enumerated() {
            guard let json = line(request, index == 0 ? dropped : 0) else { continue }
            lines.append(contentsOf: json)
            lines.append(UInt8(ascii: "\n"))
        }
        let count = write(lines, to: descriptor)
        let lost = lines[count...].count { $0 == UInt8(ascii: "\n") }
        if lost > 0 { failures.report(lines: lost, errno: errno) }
        state.withLock { state in
            state.isTorn = count > 0 ? lines[count - 1] != UInt8(ascii: "\n") : isTorn
            if lost > 0 { state.dropped += lost + (count == 0 ? dropped : 0) }
        }
        return true
    }

    /// How many bytes were written.
    private func write(_ lines: [UInt8], to descriptor: Int32) -> Int {
        lines.withUnsafeBytes { bytes in
            var done = 0
            while let start = bytes.baseAddress, done < bytes.count {
                let count = Glibc.write(descriptor, start + done, bytes.count - done)
                if count > 0 {
                    done += count
                } else if count < 0, errno == EAGAIN {
                    // A pipe whose reader is behind; waited for, as a pipe that blocks would be.
                    var waited = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&waited, 1, 1000)
                } else if count == 0 || errno != EINTR {
                    break
                }
            }
            return done
        }
    }
}

/// Says that a log cannot be written: at once, and then once a minute at most.
///
/// `@unchecked Sendable`: used on the log's queue alone.
private final class FailureReports: @unchecked Sendable {
    private static let interval = Duration.seconds(60)

    private let title: String
    private let logger: Logger
    private let clock: @Sendable () -> ContinuousClock.Instant
    private var last: ContinuousClock.Instant?
    /// Lines that were lost since the last report.
    private var lost = 0

    init(title: String, logger: Logger, clock: @escaping @Sendable () -> ContinuousClock.Instant) {
        self.title = title
        self.logger = logger
        self.clock = clock
    }

    func report(lines: Int, errno: Int32) {
        lost += lines
        let now = clock()
        if let last, now - last < Self.interval { return }
        logger.error(
            "the \(title) cannot be written",
            metadata: ["cause": "\(String(cString: strerror(errno)))", "lines": "\(lost)"])
        last = now
        lost = 0
    }
}

extension CompletedRequest {
    /// About the bytes that it takes while it waits.
    package var weight: Int {
        let texts = [sentTarget, key, bucket, versionID, operation, errorCode]
        let own =
            texts.reduce(400) { $0 + ($1?.utf8.count ?? 0) }
            + objects.reduce(0) { $0 + 40 + $1.key.utf8.count + ($1.versionID?.utf8.count ?? 0) }
        return [sentHeaders, answeredHeaders].joined().reduce(own) { sum, header in
            sum + 48 + header.name.utf8.count + header.value.utf8.count
        }
    }
}

/// A log that cannot be opened.
package struct AccessLogError: Error, CustomStringConvertible {
    let title: String
    let path: String
    let errno: Int32

    package var description: String { "cannot open the \(title) \(path): \(String(cString: strerror(errno)))" }
}
