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
        self.init(error: { error.write($0) }, audit: { output.write($0) }) {
            error.flush()
            output.flush()
        }
    }

    /// - Parameters:
    ///   - error: Takes the lines of the error log, each with its end; it must not wait.
    ///   - audit: Takes those of the audit log.
    ///   - flush: Returns when all lines have arrived.
    package init(
        error: @escaping @Sendable ([UInt8]) -> Void, audit: @escaping @Sendable ([UInt8]) -> Void,
        flush: @escaping @Sendable () -> Void = {}
    ) {
        self.error = ErrorLog(error)
        self.audit = AuditLog(audit)
        flushBoth = flush
    }

    /// A logger that writes to the error log, for the HTTP server and the key vault.
    package func logger(_ label: String) -> Logger { error.logger(label) }

    /// From which levels on events are written.
    package func setLevels(_ levels: KESConfiguration.Log) {
        error.level = levels.error
        audit.level = levels.audit
    }

    /// Ends the streams of all listeners, as a server that stops does.
    package func endStreams() {
        error.feed.endAll()
        audit.feed.endAll()
    }

    /// Returns when every line has been written.
    package func flush() { flushBoth() }
}
