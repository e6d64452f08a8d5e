import HTTPServer
import Requests
import S3Protocol
import Synchronization
import TestSupport
import Testing

@Suite struct AccessLogTests {
    /// A clock that is set by hand.
    private final class SetClock: Sendable {
        private let passed = Mutex(Duration.zero)
        private let start = ContinuousClock.now

        var now: ContinuousClock.Instant { start + passed.withLock { $0 } }
        func advance(_ time: Duration) { passed.withLock { $0 += time } }
    }

    private func end(_ count: Int, _ log: AccessLog) {
        let connection = ConnectionInfo(isTLS: false, remoteAddress: "127.0.0.1", localPort: 9000)
        let refusal = HTTPRefusal(fault: .malformedTarget, status: 400, bytesSent: 0, connection: connection)
        for number in 0..<count {
            log.observe(CompletedRequest(refusal, .badRequest, id: "\(number)", time: 0))
            // Each is a piece of work of its own.
            log.flush()
        }
    }

    @Test func `that the log cannot be written is said at once, then once a minute with the number of lines`() throws {
        let (record, clock) = (LogRecord(), SetClock())
        let log = try AccessLog(.file("/dev/full"), logger: record.logger, clock: { clock.now })
        func said() -> [Substring] { record.text.split(separator: "\n").filter { $0.contains("cannot be written") } }
        end(100, log)
        #expect(said().count == 1 && said()[0].contains("\"lines\": 1"))
        clock.advance(.seconds(59))
        end(1, log)
        #expect(said().count == 1)
        clock.advance(.seconds(1))
        end(1, log)
        #expect(said().count == 2 && said()[1].contains("\"lines\": 101"))
    }

    @Test func `who moves the file away is told when the old one is done with`() async throws {
        let directory = try TemporaryDirectory()
        let log = try AccessLog(.file("\(directory.path)/log"), logger: LogRecord().logger)
        let (reopened, continuation) = AsyncStream.makeStream(of: Void.self)
        try log.reopen { continuation.finish() }
        for await _ in reopened {}
        try AccessLog(.standardOutput, logger: LogRecord().logger).reopen {
            Issue.record("standard output was not opened anew")
        }
    }
}
