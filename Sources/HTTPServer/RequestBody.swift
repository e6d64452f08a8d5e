package import NIOCore

package enum BodyError: Error, Hashable {
    /// The client went away before the body's end.
    case disconnected
    /// No byte came for `HTTPLimits.bodyStallTimeout`.
    case stalled
    /// The body's chunked framing is broken.
    case malformed
    /// More than `collect(upTo:)` was asked to take.
    case tooLarge
}

package final class RequestBody: Sendable {
    package let declaredLength: Int64?

    init(declaredLength: Int64?) {
        self.declaredLength = declaredLength
    }

    package func next() async throws(BodyError) -> ByteBuffer? {
        throw .disconnected
    }

    package func collect(upTo limit: Int) async throws(BodyError) -> ByteBuffer {
        throw .disconnected
    }
}
