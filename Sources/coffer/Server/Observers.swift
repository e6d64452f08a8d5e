import Audit
import Logging
import Notifications
import Requests
import SealedStorage

/// Who is told of requests that have ended.
struct Observers {
    let trace: TraceFeed
    private let accessLog: AccessLog?
    private let auditFile: AccessLog?
    private let audit: AuditLog?
    private let logWebhooks: LogWebhooks
    private let logger: Logger

    /// - Parameter node: `host:port`, for traces.
    init(
        _ configuration: ServerConfiguration, drive: SealedDrive, notifier: Notifier, feed: LogFeed,
        identity: ServerIdentity, node: @escaping @Sendable () -> String, logger: Logger
    ) throws(StartFailure) {
        self.logger = logger
        trace = TraceFeed(node: node)
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
            accessLog = try configuration.accessLog.map { try AccessLog($0, logger: logger) }
            auditFile = try configuration.auditFile.map { path in
                try AuditLog.file(path, deployment: { identity.known }, logger: logger)
            }
        } catch let error as AccessLogError {
            throw StartFailure("\(error)")
        } catch {
            throw StartFailure("\(error)")
        }
    }

    /// The trace last, which mostly listens to nothing.
    var all: [any RequestObserver] {
        [accessLog as (any RequestObserver)?, auditFile, audit, trace].compactMap(\.self)
    }

    /// Requests that logs have not told of since their last line.
    var lostLines: [(log: String, lines: Int)] {
        [("access", accessLog), ("audit", auditFile)].compactMap { name, log in log.map { (name, $0.dropped) } }
    }

    /// Forwards the log to its webhooks until cancelled.
    func run() async { await logWebhooks.run() }

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
