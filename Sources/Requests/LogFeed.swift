import JSON
package import Logging
import Notation
import Synchronization
package import Threading

/// The last lines of the server's log, and those to come: for `mc admin logs`, and for webhooks.
///
/// A line is here what MinIO makes of one, but for the member that it begins with: which server it is may not be known
/// yet (``LogFeed/complete(_:deployment:)``).
package final class LogFeed: Sendable {
    package typealias Ring = LineRing<Logger.Level>

    /// At most so many are kept, and told to who asks for those of the past.
    package static let capacity = 1000

    package let ring = Ring(lines: capacity, bytes: 1 << 20)

    private let listeners = Atomic(0)

    package init() {}

    /// Follows the log, with the last so many lines before; `nil` when too many do.
    package func listen(last count: Int) -> LogListener? {
        guard listeners.add(1, ordering: .relaxed).newValue <= TraceFeed.maximumListeners else {
            leave()
            return nil
        }
        return LogListener(feed: self, follower: ring.follow(last: count))
    }

    fileprivate func leave() { listeners.subtract(1, ordering: .relaxed) }

    package func publish(
        _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata, time milliseconds: Int64
    ) {
        var json: [UInt8] = []
        json.appendMember("level", text: Self.name(level))
        json.appendMember("time", text: HTTPDate.iso8601(milliseconds))
        json.appendName("api")
        json.append("{")
        json.appendMember("name", text: metadata["request"] == nil ? "SYSTEM.coffer" : message)
        json.append("}")
        if let request = metadata["request"] { json.appendMember("requestID", text: "\(request)") }
        let details = metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        let text = ([message] + details).joined(separator: " ")
        json.appendMember("message", text: text)
        if level >= .error {
            json.appendName("error")
            json.append("{")
            json.appendMember("message", text: text)
            json.append(",\"source\":[]}")
        }
        json.append("}\n")
        ring.publish(json, level)
    }

    /// Lines as they are sent.
    ///
    /// - Parameter deployment: the server's identifier, which `mc` shows no line without.
    package static func complete(_ lines: [UInt8], deployment: String) -> [[UInt8]] {
        lines.split(separator: UInt8(ascii: "\n")).map { line in
            var json: [UInt8] = []
            json.append("{")
            json.appendMember("deploymentid", text: deployment)
            return json + line
        }
    }

    private static func name(_ level: Logger.Level) -> String {
        switch level {
        case .trace, .debug, .info, .notice: "INFO"
        case .warning: "WARNING"
        case .error: "ERROR"
        case .critical: "FATAL"
        }
    }
}

/// One that follows the log, until it is let go of.
package final class LogListener: Sendable {
    private let feed: LogFeed
    package let follower: LogFeed.Ring.Follower

    fileprivate init(feed: LogFeed, follower: LogFeed.Ring.Follower) {
        self.feed = feed
        self.follower = follower
    }

    deinit { feed.leave() }
}
