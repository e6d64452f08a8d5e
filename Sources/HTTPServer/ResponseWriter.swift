package import NIOCore

package enum ResponseError: Error, Hashable {
    /// The client went away, took no byte for `HTTPLimits.writeStallTimeout`, or the response was aborted.
    case disconnected
    /// Not the moment for this call: started twice, written before the start or after the end.
    case outOfOrder
    /// More bytes than the declared content length.
    case tooLong
}

package final class ResponseWriter: Sendable {
    package var hasStarted: Bool { false }

    package func send(_ head: ResponseHead, body: ByteBuffer?) async {}

    package func start(_ head: ResponseHead) async throws(ResponseError) {}

    package func write(_ bytes: ByteBuffer) async throws(ResponseError) {}

    package func finish() async {}

    package func abort() {}
}
