import HTTPServer
import S3Protocol

/// What the HTTP engine refuses by itself, in S3's words.
enum FaultDocument {
    @Sendable static func answer(_ fault: HTTPFault) -> FaultAnswer {
        let error = S3Error(code(fault), fault.reason, status: fault.status)
        var headers = [(name: "server", value: "Coffer"), (name: "content-type", value: "application/xml")]
        if fault == .overloaded { headers.append(("retry-after", "1")) }
        return (fault.status, headers, errorDocument(error, resource: "/", requestID: "", hostID: ""))
    }

    static func code(_ fault: HTTPFault) -> S3ErrorCode {
        switch fault {
        case .malformedRequestLine, .unsupportedVersion, .malformedHeader, .conflictingFraming, .missingHost,
            .conflictingHost, .expectationFailed, .plainHTTP:
            .invalidRequest
        case .malformedTarget, .targetTooLong: .invalidURI
        case .invalidContentLength: .invalidArgument
        case .unsupportedTransferEncoding: .notImplemented
        case .unknownMethod: .methodNotAllowed
        case .headTooLarge, .tooManyHeaders: .requestHeaderSectionTooLarge
        case .headTimeout: .requestTimeout
        case .overloaded: .slowDown
        case .noResponse: .internalError
        }
    }
}
