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
    /// For whom this process makes the request; `nil` for one that came from a client.
    package let caller: InProcessCaller?
    /// When the head arrived: milliseconds since 1970.
    package let time: Int64
    private let start = Clock.monotonicNanoseconds()

    /// Counted as under way from here on.
    package var operation: String? {
        didSet {
            if isUnderWay { counts.leave(row) }
            isUnderWay = true
            row = counts.row(service, operation)
            counts.enter(row)
        }
    }
    private var isUnderWay = false
    package var principal: Principal?
    package var bucket: String?
    package var key: String?
    package var versionID: String?
    /// Those that the request's document names.
    package var objects: [CompletedRequest.NamedObject] = []
    package var status = 0
    package var errorCode: String?
    /// Bytes of the body that were taken from the client, framing included.
    package var bytesReceived: Int64 = 0
    /// Bytes of the answer's body that were given out.
    package var bytesSent: Int64 = 0
    /// The answer was cut off.
    package var isAborted = false
    /// From the head's arrival to the answer's head, nanoseconds.
    private(set) var timeToFirstByte: Int64?
    private var answeredHeaders: [(name: String, value: String)] = []
    private let counts: RequestCounts
    /// Where it is counted.
    private(set) var row: Int

    init(
        _ request: HTTPRequest, service: CompletedRequest.Service, caller: InProcessCaller?, id: String,
        counts: RequestCounts
    ) {
        self.id = id
        self.caller = caller
        self.counts = counts
        row = counts.row(service, nil)
        self.service = service
        head = request.head
        connection = request.connection
        time = Clock.milliseconds()
    }

    // Whatever became of it.
    deinit { if isUnderWay { counts.leave(row) } }

    /// Notes the head of the answer, which goes out now.
    package func answers(_ head: ResponseHead) {
        status = head.status
        answeredHeaders = head.headers
        timeToFirstByte = elapsed
    }

    /// Nanoseconds since the head arrived.
    var elapsed: Int64 { Clock.monotonicNanoseconds() - start }

    var outcome: RequestCounts.Outcome {
        if isAborted { return errorCode == nil ? .cancelled : .failed }
        return status < 400 ? .success : status < 500 ? .refused : .failed
    }

    func completed(after duration: Int64) -> CompletedRequest {
        CompletedRequest(
            service: service, operation: operation, id: id, principal: principal, bucket: bucket, key: key,
            versionID: versionID, objects: objects, method: head.method, sentTarget: head.target,
            sentHeaders: head.headers,
            answeredHeaders: answeredHeaders,
            remoteAddress: connection.remoteAddress, isTLS: connection.isTLS, status: status, errorCode: errorCode,
            bytesReceived: bytesReceived, bytesSent: bytesSent, isComplete: !isAborted, time: time,
            duration: duration, timeToFirstByte: timeToFirstByte)
    }
}

extension CompletedRequest {
    /// What is known of a request that the HTTP engine has refused.
    package init(_ refusal: HTTPRefusal, _ code: S3ErrorCode, id: String, time: Int64) {
        self.init(
            service: .http, operation: nil, id: id, principal: nil, bucket: nil, key: nil, versionID: nil,
            objects: [], method: refusal.method, sentTarget: refusal.target, sentHeaders: [], answeredHeaders: [],
            remoteAddress: refusal.connection.remoteAddress, isTLS: refusal.connection.isTLS,
            status: refusal.status, errorCode: code.rawValue, bytesReceived: 0, bytesSent: Int64(refusal.bytesSent),
            isComplete: true, time: time, duration: nil, timeToFirstByte: nil)
    }
}
