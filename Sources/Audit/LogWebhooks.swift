import Logging
package import Requests
package import SealedStorage
import Threading

/// Tells webhooks of the lines of the server's log.
///
/// It follows the lines as `mc admin logs` does, and queues them on the drive. What comes faster than that is lost for
/// the webhooks, and counted.
package struct LogWebhooks: Sendable {
    private let targets: [String]
    private let feed: LogFeed
    private let events: EventQueue
    private let deployment: @Sendable () async -> String
    private let lost: @Sendable (_ count: Int, _ target: String) -> Void

    package init(
        targets: [String], feed: LogFeed, events: EventQueue, deployment: @escaping @Sendable () async -> String,
        lost: @escaping @Sendable (_ count: Int, _ target: String) -> Void
    ) {
        self.targets = targets
        self.feed = feed
        self.events = events
        self.deployment = deployment
        self.lost = lost
    }

    /// Follows the log until cancelled, from its first line that is still known.
    package func run() async {
        guard !targets.isEmpty else { return }
        var follower = feed.ring.follow(last: LogFeed.capacity)
        while !Task.isCancelled {
            switch await follower.next(upTo: 64 << 10, within: .seconds(60), where: { $0 >= .notice }) {
            case .bytes(let lines):
                let records = LogFeed.complete(lines, deployment: await deployment())
                for target in targets { await store(records, for: target) }
            case .silence: break
            case .tooSlow:
                for target in targets { lost(1, target) }
                follower = feed.ring.follow(last: LogFeed.capacity)
            case .closed: return
            }
        }
    }

    /// Once: a drive that takes nothing is said in the log that this is about.
    private func store(_ records: [[UInt8]], for target: String) async {
        let refused = (try? await events.queue(records, for: target)) ?? records.count
        if refused > 0 { lost(refused, target) }
    }
}
