import Audit
import Logging
import Notifications
import OpenTelemetry
import Requests
import SealedStorage

/// Who is told of requests that have ended.
struct Observers {
    let trace: TraceFeed
    /// The audit's records, for those who watch at the console.
    let records: RecordFeed
    private let accessLog: AccessLog?
    private let auditFile: AccessLog?
    private let audit: AuditLog?
    private let logWebhooks: LogWebhooks
    private let identity: ServerIdentity
    private let tracing: TraceExporter?
    private let logger: Logger

    /// - Parameter node: `host:port`, for traces.
    init(
        _ configuration: ServerConfiguration, drive: SealedDrive, notifier: Notifier, feed: LogFeed,
        identity: ServerIdentity, node: @escaping @Sendable () -> String, logger: Logger
    ) throws(StartFailure) {
        self.logger = logger
        self.identity = identity
        trace = TraceFeed(node: node)
        records = AuditLog.feed(deployment: { identity.known })
        let lost = { @Sendable (count: Int, target: String) in notifier.dropped(count, for: target) }
        let audits = notifier.queues(for: .audit)
        audit =
            audits.isEmpty
            ? nil
            : AuditLog(
                targets: audits, events: drive.events, deployment: identity.value, lost: lost, logger: logger)
        logWebhooks = LogWebhooks(
            targets: notifier.queues(for: .log), feed: feed, events: drive.events, deployment: identity.value,
            lost: lost)
        do {
            tracing = try configuration.tracing.map { try TraceExporter($0, logger: logger) }
        } catch {
            throw StartFailure("OTEL_EXPORTER_OTLP_CERTIFICATE: \(error)")
        }
        do {
            accessLog = try configuration.accessLog.map { try AccessLog($0, logger: logger) }
        } catch {
            throw StartFailure("--access-log: \(error)")
        }
        do {
            auditFile = try configuration.auditFile.map { path in
                try AuditLog.file(path, deployment: { identity.known }, logger: logger)
            }
        } catch {
            throw StartFailure("COFFER_AUDIT_FILE: \(error)")
        }
    }

    /// Those last that mostly listen to nothing.
    var all: [any RequestObserver] {
        [accessLog as (any RequestObserver)?, auditFile, audit, tracing, trace, records].compactMap(\.self)
    }

    /// Requests that logs have not told of since their last line.
    var lostLines: [(log: String, lines: Int)] {
        [("access", accessLog), ("audit", auditFile)].compactMap { name, log in log.map { (name, $0.dropped) } }
    }

    /// Forwards the log and spans to where they are sent, until cancelled.
    func run() async {
        async let naming: Void = identity.find()
        async let spans: Void? = tracing?.run()
        await logWebhooks.run()
        _ = await spans
        await naming
    }

    /// Opens the files anew that others may have moved away.
    func reopen() {
        for (title, log) in [("access log", accessLog), ("audit log", auditFile)] {
            guard let log else { continue }
            do {
                try log.reopen { [logger] in logger.notice("\(title) reopened") }
            } catch {
                logger.error("the \(title) goes on in the old file", metadata: ["cause": "\(error)"])
            }
        }
    }

    /// Returns when what has ended is written, or some seconds are over.
    func flush() async {
        await audit?.flush()
        accessLog?.flush()
        auditFile?.flush()
    }
}
