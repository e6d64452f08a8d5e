/// What one client may cost.
///
/// Every limit is enforced whatever the handler does.
package struct HTTPLimits: Sendable {
    /// Bytes of a request's head, request line and empty line included; also of a chunked body's trailers.
    ///
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
    /// While a handler waits for body bytes and none come.
    ///
    /// Above: `BodyError.stalled`, and the connection closes after the response.
    package var bodyStallTimeout: Duration = .seconds(60)
    /// While response bytes wait and the client takes none of them.
    ///
    /// Above: the connection is reset.
    package var writeStallTimeout: Duration = .seconds(60)
    /// Open connections of the whole server.
    ///
    /// Above: 503 and close; an eighth more and connections close unanswered.
    package var maxConnections = 10_000
    /// Bytes of an unread request body that are thrown away to keep the connection.
    ///
    /// Above: close.
    package var drainBytes = 1024 * 1024
    /// Longest stay of a connection that only waits for its client to take the last response and close.
    package var lingerTimeout: Duration = .seconds(2)
    /// How long a client that has shut down its sending side may wait for a response to begin before the request is
    /// taken for abandoned.
    package var halfCloseTimeout: Duration = .seconds(10)

    package init() {}
}
