import NIOCore

/// How the end of a response's body is told to the client.
enum ResponseFraming: Equatable {
    /// No body follows the head, whatever its length says.
    case none
    case fixed(Int64)
    case chunked
    case untilClose
}

/// What a response's framing depends on besides its head.
struct ResponseContext {
    var isHEAD: Bool
    var versionMinor: Int
    var closes: Bool
    var date: HTTPDateText
}

enum ResponseHeadEncoder {
    /// Bytes that a head has besides its headers, at most: the status line with its longest reason, and what is added.
    private static let ownBytes = 256

    /// Writes `head` to `buffer` and says how its body goes.
    static func encode(_ head: ResponseHead, _ context: inout ResponseContext, into buffer: inout ByteBuffer)
        -> ResponseFraming
    {
        let framing = framing(of: head, context)
        if framing == .untilClose { context.closes = true }
        let room = head.headers.reduce(ownBytes) { $0 + $1.name.utf8.count + $1.value.utf8.count + 4 }
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { bytes in
            var writer = HeadWriter(bytes)
            write(head, context, framing, to: &writer)
            return writer.count
        }
        return framing
    }

    private static func write(
        _ head: ResponseHead, _ context: ResponseContext, _ framing: ResponseFraming, to writer: inout HeadWriter
    ) {
        if head.status == 200 {
            writer.append("HTTP/1.1 200 OK\r\n")
        } else {
            writer.append("HTTP/1.1 ")
            writer.append(Int64(head.status))
            writer.append(" ")
            writer.append(reason(head.status))
            writer.append("\r\n")
        }
        var hasDate = false
        for index in head.headers.indices {
            let (name, value) = head.headers[index]
            if name.utf8.count == 4, name.lowercased() == "date" { hasDate = true }
            writer.append(name, value)
        }
        if !hasDate { context.date.withLine { writer.append($0) } }
        switch framing {
        case .none:
            if let length = head.contentLength, head.status >= 200, head.status != 204 { writer.append(length: length) }
        case .fixed(let length): writer.append(length: length)
        case .chunked: writer.append("Transfer-Encoding: chunked\r\n")
        case .untilClose: break
        }
        if context.closes {
            writer.append("Connection: close\r\n")
        } else if context.versionMinor == 0 {
            writer.append("Connection: keep-alive\r\n")
        }
        writer.append("\r\n")
    }

    private static func framing(of head: ResponseHead, _ context: ResponseContext) -> ResponseFraming {
        if context.isHEAD || head.status < 200 || head.status == 204 || head.status == 304 { return .none }
        if let length = head.contentLength { return .fixed(length) }
        return context.versionMinor == 0 ? .untilClose : .chunked
    }

    static func reason(_ status: Int) -> String {
        switch status {
        case 100: "Continue"
        case 200: "OK"
        case 201: "Created"
        case 202: "Accepted"
        case 204: "No Content"
        case 206: "Partial Content"
        case 301: "Moved Permanently"
        case 302: "Found"
        case 303: "See Other"
        case 304: "Not Modified"
        case 307: "Temporary Redirect"
        case 308: "Permanent Redirect"
        case 400: "Bad Request"
        case 401: "Unauthorized"
        case 403: "Forbidden"
        case 404: "Not Found"
        case 405: "Method Not Allowed"
        case 406: "Not Acceptable"
        case 408: "Request Timeout"
        case 409: "Conflict"
        case 410: "Gone"
        case 411: "Length Required"
        case 412: "Precondition Failed"
        case 413: "Content Too Large"
        case 414: "URI Too Long"
        case 415: "Unsupported Media Type"
        case 416: "Range Not Satisfiable"
        case 417: "Expectation Failed"
        case 422: "Unprocessable Content"
        case 429: "Too Many Requests"
        case 431: "Request Header Fields Too Large"
        case 500: "Internal Server Error"
        case 501: "Not Implemented"
        case 502: "Bad Gateway"
        case 503: "Service Unavailable"
        case 504: "Gateway Timeout"
        case 505: "HTTP Version Not Supported"
        case 507: "Insufficient Storage"
        default: "Status"
        }
    }
}
