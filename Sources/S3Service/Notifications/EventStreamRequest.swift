import Notifications
import S3Protocol

/// What a listener asks for in its query.
struct EventStreamRequest: Sendable {
    static let parameters: Set<String> = ["prefix", "suffix", "ping"]

    private let filter: ListenerFilter
    private let signs: EventStream.SignsOfLife

    /// A longer filter fits no key.
    private static let maximumFilterBytes = 1024
    private static let maximumEvents = 100

    /// - Throws: `invalidArgument` for an event that there is not, and for what is no number of seconds.
    init(_ request: S3Request, bucket: BucketName?) throws(S3Error) {
        var events: [EventPattern] = []
        for (name, value) in request.target.query where name == "events" { events.append(try EventPattern(value)) }
        let keys = KeyFilter(prefix: request.query("prefix") ?? "", suffix: request.query("suffix") ?? "")
        guard (1...Self.maximumEvents).contains(events.count), keys.prefix.utf8.count <= Self.maximumFilterBytes,
            keys.suffix.utf8.count <= Self.maximumFilterBytes
        else { throw S3Error(.invalidArgument) }
        filter = ListenerFilter(bucket: bucket?.rawValue, keys: keys, events: events)
        guard let ping = request.query("ping"), !ping.isEmpty else {
            signs = .blanks
            return
        }
        guard let seconds = Int(ping), (1...86_400).contains(seconds) else {
            throw S3Error(
                .invalidArgument, "Query parameter 'ping' is a number of seconds.", details: [("ArgumentName", "ping")])
        }
        signs = .emptyRecords(every: .seconds(seconds))
    }

    /// - Throws: `slowDown` when too many listen.
    func begin(in service: ServiceContext) throws(S3Error) -> S3Response {
        guard let listener = service.hub.listen(filter) else {
            throw S3Error(.slowDown, headers: [("retry-after", "5")])
        }
        let headers = [
            (name: "content-type", value: "text/event-stream"), ("cache-control", "no-cache"),
            ("x-accel-buffering", "no"),
        ]
        return S3Response(headers: headers, body: .events(EventStream(listener, signs, of: service.hub)))
    }
}

/// Events for one client, who is there until it leaves, or takes too little.
package final class EventStream: Sendable {
    /// What is sent when nothing happens, so that both ends see that the other one is there.
    enum SignsOfLife: Sendable {
        /// A blank every half a second, for clients that ask for nothing.
        case blanks
        /// A line without events.
        case emptyRecords(every: Duration)

        var bytes: [UInt8] {
            switch self {
            case .blanks: [UInt8(ascii: " ")]
            case .emptyRecords: ObjectEvent.emptyLine
            }
        }

        var interval: Duration {
            switch self {
            case .blanks: .milliseconds(500)
            case .emptyRecords(let interval): interval
            }
        }
    }

    private let listener: EventListener
    private let signs: SignsOfLife
    private let hub: EventHub

    init(_ listener: EventListener, _ signs: SignsOfLife, of hub: EventHub) {
        self.listener = listener
        self.signs = signs
        self.hub = hub
    }

    // Whatever has kept the answer from being begun.
    deinit { hub.remove(listener) }

    enum Piece: Sendable {
        case bytes([UInt8])
        case end(EventListener.Ending)
    }

    /// What is to be sent next.
    func next() async -> Piece {
        switch await listener.next(within: signs.interval) {
        case .lines(let lines): .bytes(lines)
        case .silence: .bytes(signs.bytes)
        case .ended(let ending): .end(ending)
        }
    }
}
