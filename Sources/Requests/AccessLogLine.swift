import AccessPolicy
import FoundationEssentials
import Notation

/// A line of the access log.
struct AccessLogLine: Encodable {
    let time: String
    let service: String
    let operation: String?
    let requestID: String
    let accessKey: String?
    let remoteAddress: String
    let method: String?
    let target: String?
    let host: String?
    let userAgent: String?
    let tls: Bool
    let bucket: String?
    let key: String?
    let versionID: String?
    let status: Int
    let errorCode: String?
    let bytesReceived: Int64
    let bytesSent: Int64
    let complete: Bool
    let durationMicroseconds: Int64?
    let droppedBefore: Int?

    init(_ request: CompletedRequest, droppedBefore: Int) {
        time = HTTPDate.iso8601(request.time)
        service = request.service.rawValue
        operation = request.operation
        requestID = request.id
        accessKey = request.principal?.accessKey
        remoteAddress = request.remoteAddress
        method = request.method
        target = request.target
        host = request.host
        userAgent = request.userAgent
        tls = request.isTLS
        bucket = request.bucket
        key = request.key
        versionID = request.versionID
        status = request.status
        errorCode = request.errorCode
        bytesReceived = request.bytesReceived
        bytesSent = request.bytesSent
        complete = request.isComplete
        durationMicroseconds = request.duration.map { $0 / 1000 }
        self.droppedBefore = droppedBefore > 0 ? droppedBefore : nil
    }
}

extension AccessLogLine {
    /// Without its end; `nil` for what does not encode, which nothing of it does not.
    static func json(_ request: CompletedRequest, droppedBefore: Int) -> [UInt8]? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(AccessLogLine(request, droppedBefore: droppedBefore))).map { Array($0) }
    }
}
