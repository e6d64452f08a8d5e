package import HTTPClient
package import Logging
import ObjectStorage
package import S3Protocol
package import SealedStorage

/// Tells webhooks and listeners what happens: the one observer of a drive's events.
package final class Notifier: EventObserver {
    package let hub: EventHub
    private let webhooks: [String: Webhook]
    private let logger: Logger

    private struct Webhook: Sendable {
        let target: WebhookTarget
        let delivery: WebhookDelivery
        let counts: DeliveryCounts
    }

    /// - Throws: for a target whose certificates cannot be used.
    package init(
        _ targets: [WebhookTarget] = [], events: EventQueue, hub: EventHub = EventHub(), logger: Logger
    ) throws(HTTPClientError) {
        var webhooks: [String: Webhook] = [:]
        for target in targets {
            let counts = DeliveryCounts()
            webhooks[target.id] = Webhook(
                target: target,
                delivery: try WebhookDelivery(target, events: events, counts: counts, logger: logger), counts: counts)
        }
        self.hub = hub
        self.webhooks = webhooks
        self.logger = logger
    }

    /// The names of the webhooks that there are.
    package var targets: Set<String> { Set(webhooks.keys) }

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

    // MARK: EventObserver

    package func happened(_ event: ObjectEvent, queuedFor targets: [String]) {
        hub.tell(event)
        queued(for: targets)
    }

    package func queued(for targets: [String]) {
        for target in targets { webhooks[target]?.delivery.wake() }
    }

    package func dropped(_ event: ObjectEvent, for target: String) {
        guard let webhook = webhooks[target] else { return }
        let count = webhook.counts.noteDropped()
        // The first, and then ever fewer of them.
        guard count.nonzeroBitCount == 1 else { return }
        logger.error(
            "events are lost: too much waits for a webhook",
            metadata: ["webhook": "\(target)", "lost": "\(count)", "endpoint": "\(webhook.target.loggedEndpoint)"])
    }
}
