import Synchronization
package import Threading

/// Requests as they end, and what the server does besides, for those who watch: `mc admin trace`.
///
/// While nobody watches it costs a request one load. A request is only queued where it ends; its line is made by a task,
/// once for however many watch, and kept in one ring for all of them: who takes too little loses it and is told.
package final class TraceFeed: RequestObserver {
    package struct Tag: Sendable {
        package let kind: TraceKind
        package let isError: Bool
        /// Nanoseconds.
        package let duration: Int64
    }

    package typealias Ring = LineRing<Tag>

    /// How many may watch.
    package static let maximumListeners = 1024

    let ring = Ring(lines: 16_384, bytes: 8 << 20)
    private let listeners = Atomic(0)
    private let queue = CompletedQueue()
    private let lost = Atomic(0)
    /// `host:port`, as traces name this server.
    let node: @Sendable () -> String

    package init(node: @escaping @Sendable () -> String) { self.node = node }

    package var isListening: Bool { listeners.load(ordering: .relaxed) > 0 }

    /// Requests that nobody saw because too many ended at once.
    package var lostCount: Int { lost.load(ordering: .relaxed) }

    /// From now on; `nil` when too many watch.
    package func listen() -> TraceListener? {
        guard listeners.add(1, ordering: .relaxed).newValue <= Self.maximumListeners else {
            leave()
            return nil
        }
        return TraceListener(feed: self, follower: ring.follow())
    }

    fileprivate func leave() {
        // What nobody watches is not kept.
        if listeners.subtract(1, ordering: .relaxed).newValue == 0 { ring.removeAll() }
    }

    /// Ends all watching, for good.
    package func close() { ring.close() }

    package func observe(_ request: CompletedRequest) {
        let isTaken = queue.append(request) { [ring, node] request in
            let kind = TraceKind(request.service)
            ring.publish(
                request.traceLine(kind, node: node()),
                Tag(kind: kind, isError: request.status >= 400, duration: request.duration ?? 0))
        }
        if !isTaken { lost.wrappingAdd(1, ordering: .relaxed) }
    }
}

/// One that watches, until it is let go of.
package final class TraceListener: Sendable {
    private let feed: TraceFeed
    package let follower: TraceFeed.Ring.Follower

    fileprivate init(feed: TraceFeed, follower: TraceFeed.Ring.Follower) {
        self.feed = feed
        self.follower = follower
    }

    deinit { feed.leave() }
}

/// What a trace is about, as a bit of MinIO's.
package struct TraceKind: OptionSet, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Commits, syncs and checkpoints.
    package static let storage = TraceKind(rawValue: 2)
    package static let s3 = TraceKind(rawValue: 4)
    /// Administration, health, metrics.
    package static let `internal` = TraceKind(rawValue: 8)
    /// Walks of lifecycle rules over buckets.
    package static let scanner = TraceKind(rawValue: 16)
    /// Calls of the key service.
    package static let kms = TraceKind(rawValue: 1 << 15)

    package static let all: TraceKind = [.storage, .s3, .internal, .scanner, .kms]

    init(_ service: CompletedRequest.Service) {
        switch service {
        case .s3, .sts, .http: self = .s3
        case .admin, .health, .metrics, .console: self = .internal
        }
    }
}
