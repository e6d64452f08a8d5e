import NIOHPACK

/// The head of an HTTP/2 request, judged by the rules of HTTP/1.
///
/// It is written out as an HTTP/1.1 head and read as one, so that handlers see the same requests whatever the version,
/// and so that nothing is refused in one version and accepted in the other.
struct HTTP2RequestHead {
    let head: RequestHead
    let summary: HeadSummary

    /// `headers` have been found well-formed by the HTTP/2 layer, pseudo-headers first and none twice.
    init(_ headers: HPACKHeaders, limits: HTTPLimits) throws(HTTPFault) {
        let text = try Self.text(of: headers)
        var scan = HeadScan(limits: limits)
        let scanned = text.withUnsafeBytes { bytes -> Result<RequestHead, HTTPFault> in
            switch scan.next(bytes) {
            case .head: .success(RequestHead(scan, bytes, .none))
            case .fault(let fault): .failure(fault)
            case .needsMoreBytes, .skip, .body, .malformedBody: .failure(.malformedHeader)
            }
        }
        head = try scanned.get()
        summary = scan.summary
    }

    /// The body may fit into ``RequestBody/whole``.
    var isShort: Bool {
        switch summary.framing {
        case .none, .chunked: true
        case .fixed(let length): length <= Int64(HTTPServer.earlyBodyBytes)
        }
    }

    private static func text(of headers: HPACKHeaders) throws(HTTPFault) -> [UInt8] {
        guard let method = headers.first(name: ":method"), let path = headers.first(name: ":path"),
            isWord(method), isWord(path)
        else { throw .malformedTarget }
        let authority = headers.first(name: ":authority")
        var text = Array(method.utf8)
        text.append(UInt8(ascii: " "))
        text += path.utf8
        text += " HTTP/1.1\r\n".utf8
        if let authority { try append("host", authority, to: &text) }
        for (name, value, _) in headers where !name.hasPrefix(":") {
            if name == "host", let authority {
                guard value.lowercased() == authority.lowercased() else { throw .conflictingHost }
                continue
            }
            try append(name, value, to: &text)
        }
        text += "\r\n".utf8
        return text
    }

    private static func append(_ name: String, _ value: String, to text: inout [UInt8]) throws(HTTPFault) {
        guard isWord(name), value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == UInt8(ascii: "\t") }) else {
            throw .malformedHeader
        }
        text += name.utf8
        text += ": ".utf8
        text += value.utf8
        text += "\r\n".utf8
    }

    private static func isWord(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7f }
    }
}

extension HTTPFault: Error {}

extension HPACKHeaders {
    /// What goes out for `head`, with the date unless it has one.
    init(_ head: ResponseHead, date: HTTPDateText) {
        self.init()
        reserveCapacity(head.headers.count + 3)
        add(name: ":status", value: String(head.status))
        var hasDate = false
        for (name, value) in head.headers {
            let name = name.lowercased()
            guard !Self.ofConnections.contains(name) else { continue }
            if name == "date" { hasDate = true }
            add(name: name, value: Self.blankingControls(value))
        }
        if !hasDate { add(name: "date", value: date.text) }
        if let length = head.contentLength, head.status >= 200, head.status != 204 {
            add(name: "content-length", value: String(length))
        }
    }

    /// Have no place in HTTP/2.
    private static let ofConnections: Set<String> = [
        "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade",
    ]

    private static func blankingControls(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) else { return value }
        return String(decoding: value.utf8.map { $0 < 0x20 || $0 == 0x7f ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
    }
}

extension HTTPDateText {
    /// The date without the name of its header.
    fileprivate var text: String {
        withLine { String(decoding: $0.dropFirst("Date: ".utf8.count).dropLast(2), as: UTF8.self) }
    }
}
