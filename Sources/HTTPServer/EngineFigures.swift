import Synchronization

/// How busy a server is at a moment.
package struct EngineFigures: Sendable {
    /// Open ones, refused ones included.
    package let connections: Int
    package let maxConnections: Int
    /// Requests whose answers are being made by tasks.
    package let runningRequests: Int
    /// Of the memory for bodies.
    package let bodyBytes: Int
    package let maxBodyBytes: Int
}

extension HTTPServer {
    package var figures: EngineFigures { state.figures }

    /// When the certificates end that new connections are served with, the first of them, in seconds since 1970; `nil`
    /// without TLS.
    package var certificateEnd: Int64? { tls?.certificates.served.map(\.notAfter).min() }
}

extension ServerState {
    var figures: EngineFigures {
        EngineFigures(
            connections: openConnections.load(ordering: .relaxed), maxConnections: limits.maxConnections,
            runningRequests: runningRequests.load(ordering: .relaxed), bodyBytes: budget.usedBytes,
            maxBodyBytes: budget.bytes)
    }
}
