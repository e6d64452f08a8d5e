import Glibc
import KESProtocol
package import Logging
import Systemd
import Threading

/// The logs of a server process, which outlive its configurations.
package final class KESLogs: Sendable {
    package let error: ErrorLog
    package let audit: AuditLog
    private let flushBoth: @Sendable () -> Void

    /// Errors on standard error, audit events on standard output.
    package convenience init() {
        let error = LineWriter(STDERR_FILENO, gap: LogLine.gap)
        let output = LineWriter(STDOUT_FILENO, gap: LogLine.gap)
        self.init(
            error: LogSink(error, isJournal: JournalStream.isStandardError),
            audit: LogSink(output, isJournal: JournalStream.isStandardOutput)
        ) {
            error.flush()
            output.flush()
        }
    }

    /// - Parameters:
    ///   - error: Takes the lines of the error log.
    ///   - audit: Takes those of the audit log.
    ///   - flush: Returns when all lines have arrived.
    package init(error: LogSink, audit: LogSink, flush: @escaping @Sendable () -> Void = {}) {
        self.error = ErrorLog(error)
        self.audit = AuditLog(audit)
        flushBoth = flush
    }

    /// A logger that writes to the error log, for the HTTP server and the key vault.
    package func logger(_ label: String) -> Logger { error.logger(label) }

    /// From which levels on events are written.
    package func setLevels(_ levels: KESConfiguration.Log) {
        error.events.level = levels.error
        audit.events.level = levels.audit
    }

    /// Ends the streams of all listeners, as a server that stops does.
    package func endStreams() {
        error.events.feed.endAll()
        audit.events.feed.endAll()
    }

    /// Returns when every line has been written, or after some seconds when nobody takes them.
    package func flush() { flushBoth() }
}

extension LogSink {
    fileprivate init(_ writer: LineWriter, isJournal: Bool) {
        self.init(write: { writer.write($0) }, droppedCount: { writer.droppedCount }, isJournal: isJournal)
    }
}

extension LogLine {
    /// Stands, with its end, where so many lines are missing.
    fileprivate static func gap(_ count: Int) -> [UInt8] {
        var line = LogLine(
            time: .now, level: .warning, message: "lines of this log were lost: nobody took them in time")
        line.append("lines", String(count))
        return line.bytes + [UInt8(ascii: "\n")]
    }
}
