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
    var date: String
}

enum ResponseHeadEncoder {
    /// Writes `head` to `buffer` and says how its body goes.
    static func encode(_ head: ResponseHead, _ context: inout ResponseContext, into buffer: inout ByteBuffer)
        -> ResponseFraming
    {
        let framing = framing(of: head, context)
        if framing == .untilClose { context.closes = true }
        buffer.writeStaticString("HTTP/1.1 ")
        buffer.writeString(String(head.status))
        buffer.writeStaticString(" ")
        buffer.writeString(reason(head.status))
        buffer.writeStaticString("\r\n")
        var hasDate = false
        for header in head.headers {
            if header.name.utf8.count == 4, header.name.lowercased() == "date" { hasDate = true }
            write(header.name, header.value, into: &buffer)
        }
        if !hasDate { write("Date", context.date, into: &buffer) }
        switch framing {
        case .none:
            if let length = head.contentLength, head.status >= 200, head.status != 204 {
                write("Content-Length", String(length), into: &buffer)
            }
        case .fixed(let length): write("Content-Length", String(length), into: &buffer)
        case .chunked: buffer.writeStaticString("Transfer-Encoding: chunked\r\n")
        case .untilClose: break
        }
        if context.closes {
            buffer.writeStaticString("Connection: close\r\n")
        } else if context.versionMinor == 0 {
            buffer.writeStaticString("Connection: keep-alive\r\n")
        }
        buffer.writeStaticString("\r\n")
        return framing
    }

    private static func framing(of head: ResponseHead, _ context: ResponseContext) -> ResponseFraming {
        if context.isHEAD || head.status < 200 || head.status == 204 || head.status == 304 { return .none }
        if let length = head.contentLength { return .fixed(length) }
        return context.versionMinor == 0 ? .untilClose : .chunked
    }

    private static func write(_ name: String, _ value: String, into buffer: inout ByteBuffer) {
        let start = buffer.writerIndex
        buffer.writeString(name)
        buffer.writeStaticString(": ")
        buffer.writeString(value)
        let count = buffer.writerIndex - start
        buffer.withVeryUnsafeMutableBytes { bytes in
            for index in start..<(start + count) where bytes[index] < 0x20 || bytes[index] == 0x7f {
                bytes[index] = UInt8(ascii: " ")
            }
        }
        buffer.writeStaticString("\r\n")
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
