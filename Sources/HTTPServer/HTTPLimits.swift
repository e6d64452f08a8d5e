/// What one client may cost.
///
/// Every limit is enforced whatever the handler does.
package struct HTTPLimits: Sendable {
    /// Bytes of a request's head, request line and empty line included; also of a chunked body's trailers.
    ///
    /// Several times what S3 allows for metadata (8 KiB of headers), so that who exceeds that is told so by the handler.
    /// Above: 431, or 414 when it is the request line.
    package var headBytes = 64 * 1024
    /// Header lines of a request; also of a chunked body's trailers.
    ///
    /// Bounds what short lines cost beyond their bytes: some hundred bytes each. Above: 431.
    package var headerCount = 1000
    /// From the first byte of a head, or for a new connection from its accept, to the head's end.
    ///
    /// Above: 408 and close.
    package var headTimeout: Duration = .seconds(30)
    /// Between two requests of a connection.
    ///
    /// Above: close.
    package var idleTimeout: Duration = .seconds(120)
    /// While a handler waits for body bytes and fewer come than `minimumRate` asks for.
    ///
    /// Above: `BodyError.stalled`, and the connection closes after the response.
    package var bodyStallTimeout: Duration = .seconds(60)
    /// While response bytes wait and the client acknowledges fewer than `minimumRate` asks for.
    ///
    /// Longer than the time in which a slow reader's kernel has a sixteenth of its buffer free again, which is when it
    /// acknowledges anything: for 6 MiB and 5 kB a second some 77 seconds. Above: the connection is reset.
    package var writeStallTimeout: Duration = .seconds(120)
    /// Bytes a second, over the time of a stall, below which a body counts as stalled.
    package var minimumRate = 100
    /// Bytes of memory that the bodies of all connections may hold together.
    ///
    /// Those of one address, or of one network of 64 bits of IPv6, hold no more of it than is free: half at most.
    /// Above: bodies are not read, and responses not made, until others have let go of theirs.
    package var bodyBytes = 256 * 1024 * 1024
    /// While a body waits for memory.
    ///
    /// Above: `ResponseError.overloaded` or `BodyError.stalled`.
    package var memoryTimeout: Duration = .seconds(30)
    /// Open connections of the whole server.
    ///
    /// Above: 503 and close; an eighth more and connections close unanswered.
    package var maxConnections = 10_000
    /// Open connections from one address, or from one network of 64 bits of IPv6; nil: no limit, as behind a proxy.
    ///
    /// Above: 503 and close.
    package var maxConnectionsPerPeer: Int?
    /// Bytes of an unread request body that are thrown away to keep the connection.
    ///
    /// Above: close.
    package var drainBytes = 1024 * 1024
    /// Bytes that are thrown away of what still comes after the last response.
    ///
    /// Clients, and proxies above all, send a long body on while they have not seen that it was refused; a connection that
    /// is closed with unread bytes is reset, and the reset can overtake the response. Above: close.
    package var lingerBytes = 64 * 1024 * 1024
    /// While a connection only waits for its client to take the last response and close, and nothing comes.
    package var lingerTimeout: Duration = .seconds(2)
    /// Longest stay of such a connection while its client still sends.
    package var longestLingering: Duration = .seconds(30)
    /// Connections of the whole server that may stay for longer than `lingerTimeout` because their clients still send;
    /// further ones have that time, and four times `drainBytes`.
    package var maxLingering = 256
    /// How long a client that has shut down its sending side may wait for a response to begin before the request is
    /// taken for abandoned.
    package var halfCloseTimeout: Duration = .seconds(10)

    package init() {}

    /// The bytes that must move within `time` for a body not to be stalled, at least one.
    func leastBytes(in time: Duration) -> Int {
        let bytes = Double(minimumRate) * Double(time.nanoseconds) / 1e9
        return max(1, bytes < 1e15 ? Int(bytes) : Int(1e15))
    }
}
