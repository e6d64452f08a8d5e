package import HTTPClient
package import Logging
package import ObjectStorage
package import S3Protocol
package import SealedStorage

/// Tells webhooks and listeners what happens: the one observer of a drive's events.
package final class Notifier: EventObserver {
    package let hub: EventHub
    /// By the names of their queues.
    private let webhooks: [String: Webhook]
    private let events: EventQueue
    private let logger: Logger

    private struct Webhook: Sendable {
        let target: WebhookTarget
        let delivery: WebhookDelivery
        let counts: DeliveryCounts
    }

    /// - Parameter deployment: the server's identifier, which deliveries name; empty for none.
    /// - Throws: for a target whose certificates cannot be used.
    package init(
        _ targets: [WebhookTarget] = [], events: EventQueue, hub: EventHub = EventHub(),
        deployment: @escaping @Sendable () async -> String = { "" }, logger: Logger
    ) throws(HTTPClientError) {
        var webhooks: [String: Webhook] = [:]
        for target in targets {
            let counts = DeliveryCounts()
            webhooks[target.queue] = Webhook(
                target: target,
                delivery: try WebhookDelivery(
                    target, events: events, counts: counts, deployment: deployment, logger: logger), counts: counts)
        }
        self.hub = hub
        self.events = events
        self.webhooks = webhooks
        self.logger = logger
    }

    /// The names of the webhooks that buckets may name.
    package var targets: Set<String> { Set(webhooks.values.filter { $0.target.purpose == .events }.map(\.target.id)) }

    /// The queues of the webhooks that are told of something else.
    package func queues(for purpose: WebhookTarget.Purpose) -> [String] {
        webhooks.values.filter { $0.target.purpose == purpose }.map(\.target.queue).sorted()
    }

    /// How each webhook is, by name.
    package var figures: [TargetFigures] {
        webhooks.sorted { $0.key < $1.key }.map { queue, webhook in
            TargetFigures(
                purpose: webhook.target.purpose, name: webhook.target.id, endpoint: webhook.target.loggedEndpoint,
                isOnline: webhook.counts.isOnline, sent: webhook.counts.sent, failed: webhook.counts.failed,
                dropped: webhook.counts.dropped, backlog: events.backlog(of: queue))
        }
    }

    package func counts(of target: String) -> DeliveryCounts? { webhooks[target]?.counts }

    /// Delivers until it is cancelled.
    package func run() async {
        await withTaskGroup { group in
            for webhook in webhooks.values { group.addTask { await webhook.delivery.run() } }
        }
    }

    /// Begins to queue events; to be called before the first request.
    package func open(_ events: EventQueue) throws {
        let orphans = try events.open(webhooks.mapValues(\.target.limit), observer: self)
        for (target, backlog) in orphans {
            logger.warning(
                "events wait for a webhook that is not configured any more",
                metadata: ["webhook": "\(target)", "events": "\(backlog.events)", "bytes": "\(backlog.bytes)"])
        }
    }

    /// Records are lost to a target, because too much waits for it already, or the drive could not take them.
    package func dropped(_ count: Int, for queue: String) {
        for _ in 0..<count { noteDropped(queue) }
    }

    // MARK: EventObserver

    package func happened(_ event: ObjectEvent, queuedFor targets: [String]) {
        hub.tell(event)
        queued(for: targets)
    }

    package func queued(for targets: [String]) {
        for target in targets { webhooks[target]?.delivery.wake() }
    }

    package func dropped(_ event: ObjectEvent, for target: String) {
        noteDropped(target)
    }

    private func noteDropped(_ target: String) {
        guard let webhook = webhooks[target] else { return }
        let count = webhook.counts.noteDropped()
        // The first, and then ever fewer of them.
        guard count.nonzeroBitCount == 1 else { return }
        logger.error(
            "events are lost: too much waits for a webhook",
            metadata: ["webhook": "\(target)", "lost": "\(count)", "endpoint": "\(webhook.target.loggedEndpoint)"])
    }
}

/// How a webhook is.
package struct TargetFigures: Sendable {
    package let purpose: WebhookTarget.Purpose
    package let name: String
    /// Without what could be secret.
    package let endpoint: String
    package let isOnline: Bool
    /// What was taken since the start.
    package let sent: Int
    /// Attempts that failed.
    package let failed: Int
    /// What was lost.
    package let dropped: Int
    package let backlog: EventBacklog

    /// As MinIO calls it: `audit-NAME`, `logger-NAME`.
    package var title: String {
        switch purpose {
        case .events: name
        case .audit: "audit-\(name)"
        case .log: "logger-\(name)"
        }
    }
}
