import Notation
import Notifications
import ObjectStorage

/// Webhooks: those of events, of the audit log and of the log.
extension Scrape {
    func writeWebhooks() {
        let others = sources.notifier.figures.filter { $0.purpose != .events }
        func labels(_ target: TargetFigures) -> Labels {
            [("name", target.title), ("endpoint", target.endpoint)] + server
        }
        family("minio_cluster_webhook_online", .gauge, "Whether the last delivery succeeded.", others) {
            (labels($0), $0.isOnline ? 1 : 0)
        }
        family("minio_cluster_webhook_queue_length", .gauge, "Records that wait.", others) {
            (labels($0), $0.backlog.events)
        }
        family("minio_cluster_webhook_total_messages", .counter, "Records that were delivered.", others) {
            (labels($0), $0.sent)
        }
        family(
            "minio_cluster_webhook_failed_messages", .counter, "Deliveries that failed, and records that were lost.",
            others
        ) { (labels($0), $0.failed + $0.dropped) }
        writeTargets()
    }

    func writeTargets() {
        let all = sources.notifier.figures
        let audits = all.filter { $0.purpose == .audit }
        func id(_ target: TargetFigures) -> Labels { [("target_id", target.title)] + server }
        family("minio_audit_total_messages", .counter, "Audit records that were delivered.", audits) {
            (id($0), $0.sent)
        }
        family(
            "minio_audit_failed_messages", .counter, "Deliveries that failed, and records that were lost.", audits
        ) { (id($0), $0.failed + $0.dropped) }
        family("minio_audit_target_queue_length", .gauge, "Audit records that wait.", audits) {
            (id($0), $0.backlog.events)
        }
        let events = all.filter { $0.purpose == .events }
        counter(
            "minio_notify_events_sent_total", "Events that were delivered.", events.reduce(0) { $0 + $1.sent }, server)
        counter(
            "minio_notify_events_errors_total", "Deliveries that failed.", events.reduce(0) { $0 + $1.failed }, server)
        counter(
            "minio_notify_events_skipped_total", "Events that were lost: too many waited.",
            events.reduce(0) { $0 + $1.dropped }, server)
        func labels(_ target: TargetFigures) -> Labels {
            [("target_id", target.name), ("target_name", "webhook")] + server
        }
        family("minio_notify_target_total_events", .counter, "Events that were delivered.", events) {
            (labels($0), $0.sent)
        }
        family("minio_notify_target_failed_events", .counter, "Deliveries that failed.", events) {
            (labels($0), $0.failed)
        }
        family("minio_notify_target_queue_length", .gauge, "Events that wait.", events) {
            (labels($0), $0.backlog.events)
        }
    }

    // MARK: Version 3

    func writeAuditV3() {
        let audits = sources.notifier.figures.filter { $0.purpose == .audit }
        func id(_ target: TargetFigures) -> Labels { [("target_id", target.title)] + server }
        family("minio_audit_failed_messages", .counter, "Deliveries that failed, and records that were lost.", audits) {
            (id($0), $0.failed + $0.dropped)
        }
        family("minio_audit_total_messages", .counter, "Audit records that were delivered.", audits) {
            (id($0), $0.sent)
        }
        family("minio_audit_target_queue_length", .gauge, "Audit records that wait.", audits) {
            (id($0), $0.backlog.events)
        }
    }

    func writeLoggerV3() {
        let logs = sources.notifier.figures.filter { $0.purpose == .log }
        func labels(_ target: TargetFigures) -> Labels {
            [("name", target.title), ("endpoint", target.endpoint)] + server
        }
        family("minio_logger_webhook_failed_messages", .counter, "Deliveries that failed.", logs) {
            (labels($0), $0.failed + $0.dropped)
        }
        family("minio_logger_webhook_total_messages", .counter, "Lines that were delivered.", logs) {
            (labels($0), $0.sent)
        }
        family("minio_logger_webhook_queue_length", .gauge, "Lines that wait.", logs) {
            (labels($0), $0.backlog.events)
        }
    }

    func writeNotificationV3() {
        let events = sources.notifier.figures.filter { $0.purpose == .events }
        counter(
            "minio_notification_events_errors_total", "Deliveries that failed.", events.reduce(0) { $0 + $1.failed },
            server)
        counter(
            "minio_notification_events_sent_total", "Events that were delivered.", events.reduce(0) { $0 + $1.sent },
            server)
        counter(
            "minio_notification_events_skipped_total", "Events that were lost.", events.reduce(0) { $0 + $1.dropped },
            server)
    }
}
