import Glibc
package import Logging

/// The logs of a server process, which outlive its configurations.
package final class KESLogs: Sendable {
    package let error: ErrorLog
    package let audit: AuditLog
    private let flushBoth: @Sendable () -> Void

    /// Errors on standard error, audit events on standard output.
    package convenience init() {
        let (error, output) = (LineWriter(STDERR_FILENO), LineWriter(STDOUT_FILENO))
        self.init(error: error.sink, audit: output.sink) {
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

    /// Returns when every line has been written.
    package func flush() { flushBoth() }
}
