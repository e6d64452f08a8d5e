/// A response that is read line by line while it comes in.
///
/// Ends when the server ends it, when the reading task is cancelled, or when the last reference goes.
package final class HTTPLineStream: Sendable {
    package let status: Int
    private let feed: LineFeed

    init(status: Int, feed: LineFeed) {
        self.status = status
        self.feed = feed
    }

    deinit { feed.cancel() }

    /// The next line without its line feed; nil at the end.
    ///
    /// One task reads at a time.
    package func next() async throws(HTTPClientError) -> [UInt8]? {
        try await feed.next()
    }

    package func cancel() { feed.cancel() }
}
