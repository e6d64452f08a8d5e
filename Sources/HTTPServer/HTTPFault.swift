/// Why this layer answers a request by itself, without or instead of its handler.
///
/// After each the connection closes.
package enum HTTPFault: Hashable, Sendable, CaseIterable {
    /// Not an HTTP/1 request line: garbage, a TLS hello or an HTTP/2 preface on a plain port.
    case malformedRequestLine
    /// A version other than 1.0 and 1.1.
    case unsupportedVersion
    /// A method this server does not know at all, or CONNECT.
    case unknownMethod
    /// A control byte or invalid UTF-8 in the target, or none of its legal forms.
    case malformedTarget
    /// A bad name, white space before the colon, a folded line, a bare CR or LF, a control byte in a value.
    case malformedHeader
    /// Repeated, negative, not decimal or too large.
    case invalidContentLength
    /// Content-Length together with Transfer-Encoding, or chunked in HTTP/1.0.
    case conflictingFraming
    /// Anything but a single `chunked`.
    case unsupportedTransferEncoding
    /// HTTP/1.1 without Host.
    case missingHost
    /// Several Host headers, a malformed one, or one that differs from an absolute-form target.
    case conflictingHost
    case targetTooLong
    case headTooLarge
    case tooManyHeaders
    /// An Expect other than `100-continue`.
    case expectationFailed
    /// The head did not arrive in time.
    case headTimeout
    /// Too many connections.
    case overloaded
    /// Plain HTTP on a port for TLS; answered with `HTTPServerConfiguration.plainHTTPAnswer`.
    case plainHTTP
    /// The handler returned without a response.
    case noResponse

    /// The status of the default answer.
    package var status: Int {
        switch self {
        case .malformedRequestLine, .malformedTarget, .malformedHeader, .invalidContentLength, .conflictingFraming,
            .unsupportedTransferEncoding, .missingHost, .conflictingHost, .plainHTTP:
            400
        case .headTimeout: 408
        case .targetTooLong: 414
        case .expectationFailed: 417
        case .headTooLarge, .tooManyHeaders: 431
        case .noResponse: 500
        case .unknownMethod: 501
        case .overloaded: 503
        case .unsupportedVersion: 505
        }
    }

    /// One sentence for the client; it repeats nothing the client sent.
    package var reason: String {
        switch self {
        case .malformedRequestLine: "The request line is not HTTP/1.1."
        case .unsupportedVersion: "The HTTP version is not supported."
        case .unknownMethod: "The method is not known."
        case .malformedTarget: "The request target is malformed."
        case .malformedHeader: "A header is malformed."
        case .invalidContentLength: "The Content-Length header is invalid."
        case .conflictingFraming: "The headers contradict each other about the body's length."
        case .unsupportedTransferEncoding: "The transfer encoding is not supported."
        case .missingHost: "The Host header is missing."
        case .conflictingHost: "The Host header is invalid."
        case .targetTooLong: "The request target is too long."
        case .headTooLarge: "The request head is too large."
        case .tooManyHeaders: "The request has too many headers."
        case .expectationFailed: "The expectation cannot be met."
        case .headTimeout: "The request did not arrive in time."
        case .overloaded: "The server has too many connections."
        case .plainHTTP: "Client sent an HTTP request to an HTTPS server."
        case .noResponse: "The server failed to answer."
        }
    }

    /// The default answer: the reason as plain text, with Retry-After when the server is overloaded.
    @Sendable package static func plainAnswer(_ fault: HTTPFault) -> FaultAnswer {
        var headers = [(name: "Content-Type", value: "text/plain; charset=utf-8")]
        if fault == .overloaded { headers.append((name: "Retry-After", value: "1")) }
        return (fault.status, headers, Array(fault.reason.utf8) + [UInt8(ascii: "\n")])
    }
}

/// An answer made outside of any handler.
package typealias FaultAnswer = (status: Int, headers: [(name: String, value: String)], body: [UInt8])
