import Synchronization
package import Threading

/// Records of requests as they end, for those who watch.
///
/// While nobody watches it costs a request one load. A line is made once for however many watch, by a task; who takes too
/// little loses some and is told.
package final class RecordFeed: RequestObserver {
    package typealias Ring = LineRing<Void>

    /// How many may watch.
    package static let maximumListeners = 128

    private let ring = Ring(lines: 4096, bytes: 4 << 20)
    private let listeners = Atomic(0)
    private let queue = CompletedQueue()
    private let line: @Sendable (CompletedRequest) -> [UInt8]?

    /// - Parameter line: the record of a request, without a line's end; nil for one that is not told of.
    package init(line: @escaping @Sendable (CompletedRequest) -> [UInt8]?) { self.line = line }

    package var isListening: Bool { listeners.load(ordering: .relaxed) > 0 }

    /// From now on; `nil` when too many watch.
    package func listen() -> RecordListener? {
        guard listeners.add(1, ordering: .relaxed).newValue <= Self.maximumListeners else {
            leave()
            return nil
        }
        return RecordListener(feed: self, follower: ring.follow())
    }

    fileprivate func leave() {
        // What nobody watches is not kept.
        if listeners.subtract(1, ordering: .relaxed).newValue == 0 { ring.removeAll() }
    }

    /// Ends all watching, for good.
    package func close() { ring.close() }

    package func observe(_ request: CompletedRequest) {
        _ = queue.append(request) { [ring, line] request in
            if let line = line(request) { ring.publish(line + [UInt8(ascii: "\n")], ()) }
        }
    }
}

/// One that watches, until it is let go of.
package final class RecordListener: Sendable {
    private let feed: RecordFeed
    package let follower: RecordFeed.Ring.Follower

    fileprivate init(feed: RecordFeed, follower: RecordFeed.Ring.Follower) {
        self.feed = feed
        self.follower = follower
    }

    deinit { feed.leave() }
}
