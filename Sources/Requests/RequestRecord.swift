package import AccessPolicy
package import HTTPServer

/// What is known of a request under way; what it knows at the end is told to the observers.
///
/// Unchecked: belongs to the request, which one thread at a time works on.
package final class RequestRecord: @unchecked Sendable {
    /// 16 upper-case hex digits, unique in this process; echoed as `x-amz-request-id` and logged.
    package let id: String
    package let service: CompletedRequest.Service
    package let head: RequestHead
    package let connection: ConnectionInfo
    /// When the head arrived: milliseconds since 1970.
    package let time: Int64
    private let start = Clock.monotonicNanoseconds()

    package var operation: String?
    package var principal: Principal?
    package var bucket: String?
    package var key: String?
    package var versionID: String?
    package var status = 0
    package var errorCode: String?
    /// Bytes of the body that were taken from the client, framing included.
    package var bytesReceived: Int64 = 0
    /// Bytes of the answer's body that were given out.
    package var bytesSent: Int64 = 0
    /// The answer was cut off.
    package var isAborted = false

    init(_ request: HTTPRequest, service: CompletedRequest.Service, id: String) {
        self.id = id
        self.service = service
        head = request.head
        connection = request.connection
        time = Clock.milliseconds()
    }

    /// What a client may write into every log: a head may be of 64 KiB.
    private static func cut(_ text: String) -> String {
        text.utf8.count <= 2048 ? text : String(decoding: text.utf8.prefix(2048), as: UTF8.self) + "…"
    }

    func completed() -> CompletedRequest {
        CompletedRequest(
            service: service, operation: operation, id: id, principal: principal, bucket: bucket, key: key,
            versionID: versionID, method: head.method, target: Self.cut(LoggedTarget(head.target).description),
            host: head.header("host").map(Self.cut), userAgent: head.header("user-agent").map(Self.cut),
            remoteAddress: connection.remoteAddress, isTLS: connection.isTLS, status: status, errorCode: errorCode,
            bytesReceived: bytesReceived, bytesSent: bytesSent, isComplete: !isAborted, time: time,
            duration: Clock.monotonicNanoseconds() - start)
    }
}
