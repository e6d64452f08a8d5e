package import AccessPolicy
package import HTTPServer
package import S3Protocol

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

    func completed() -> CompletedRequest {
        CompletedRequest(
            service: service, operation: operation, id: id, principal: principal, bucket: bucket, key: key,
            versionID: versionID, method: head.method, target: loggable(LoggedTarget(head.target).description),
            host: head.header("host").map(loggable), userAgent: head.header("user-agent").map(loggable),
            traceParent: head.header("traceparent").flatMap(TraceParent.init),
            remoteAddress: connection.remoteAddress, isTLS: connection.isTLS, status: status, errorCode: errorCode,
            bytesReceived: bytesReceived, bytesSent: bytesSent, isComplete: !isAborted, time: time,
            duration: Clock.monotonicNanoseconds() - start)
    }
}

extension CompletedRequest {
    /// What is known of a request that the HTTP engine has refused.
    package init(_ refusal: HTTPRefusal, _ code: S3ErrorCode, id: String, time: Int64) {
        self.init(
            service: .http, operation: nil, id: id, principal: nil, bucket: nil, key: nil, versionID: nil,
            method: refusal.method, target: refusal.target.map { loggable(LoggedTarget($0).description) }, host: nil,
            userAgent: nil, traceParent: nil, remoteAddress: refusal.connection.remoteAddress,
            isTLS: refusal.connection.isTLS,
            status: refusal.status, errorCode: code.rawValue, bytesReceived: 0, bytesSent: Int64(refusal.bytesSent),
            isComplete: true, time: time, duration: nil)
    }
}

/// As much of what a client has written as belongs into every log: a head may be of 64 KiB.
private func loggable(_ text: String) -> String {
    text.utf8.count <= 2048 ? text : String(decoding: text.utf8.prefix(2048), as: UTF8.self) + "…"
}
