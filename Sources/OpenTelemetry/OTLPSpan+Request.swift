import Cryptography
import Requests

extension OTLPSpan {
    /// The span of a request, by OpenTelemetry's semantic conventions for HTTP servers and S3; `nil` when it is not sampled.
    init?(_ request: CompletedRequest, _ sampler: TraceSampler) {
        let parent = request.traceParent
        let trace = parent?.traceID ?? Hex.encode(SecureRandom.bytes(16))
        guard sampler.samples(trace, parent: parent) else { return nil }
        traceId = trace
        spanId = Hex.encode(SecureRandom.bytes(8))
        parentSpanId = parent?.spanID
        name = request.operation.map { "\(request.service.rawValue).\($0)" } ?? request.method ?? "refused"
        let start = request.time * 1_000_000
        startTimeUnixNano = "\(start)"
        endTimeUnixNano = "\(start + (request.duration ?? 0))"
        attributes = Self.attributes(request)
        status = request.status >= 500 ? Status(code: 2, message: request.errorCode ?? "") : nil
    }

    private static func attributes(_ request: CompletedRequest) -> [OTLPDocument.Attribute] {
        var attributes: [OTLPDocument.Attribute] = [
            .init("aws.request_id", request.id), .init("url.scheme", request.isTLS ? "https" : "http"),
            .init("client.address", request.remoteAddress),
            .init("http.response.status_code", Int64(request.status)),
            .init("http.request.body.size", request.bytesReceived),
            .init("http.response.body.size", request.bytesSent),
        ]
        let texts = [
            ("http.request.method", request.method),
            ("url.path", request.target.map { String($0.prefix { $0 != "?" }) }),
            ("server.address", request.host), ("user_agent.original", request.userAgent),
            ("rpc.method", request.operation), ("aws.s3.bucket", request.bucket), ("aws.s3.key", request.key),
            ("error.type", request.errorCode),
        ]
        for (name, text) in texts {
            if let text { attributes.append(.init(name, text)) }
        }
        return attributes
    }
}
