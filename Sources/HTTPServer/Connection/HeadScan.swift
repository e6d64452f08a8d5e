/// Goes through a head line by line as its bytes come, each line once, and refuses what is not strictly HTTP/1.
struct HeadScan {
    private(set) var summary = HeadSummary()
    /// Of the request line, once it has come.
    private(set) var method = ""
    private(set) var target = 0..<0
    /// The header lines so far.
    private(set) var fields: [HeaderField] = []
    private let limits: HTTPLimits

    /// Where the first line that has not been looked at begins, and how far the search for its end has come.
    private var lineStart = 0
    private var searched = 0
    private var hasRequestLine = false
    private var hasConnectionKeepAlive = false
    private var hasConnectionClose = false
    private var hasUpgrade = false
    private var hasTransferEncoding = false
    private var contentLength: Int64?
    private var hostCount = 0
    /// The authority of an absolute-form target, as a range of the head.
    private var targetAuthority: Range<Int>?
    private var host: Range<Int>?
    private var unmetExpectation = false

    init(limits: HTTPLimits) {
        self.limits = limits
    }

    /// Method and target, once a request line has come; its method is known, its target may have been refused.
    func requestLine(_ bytes: UnsafeRawBufferPointer) -> (method: String, target: String)? {
        guard hasRequestLine, target.upperBound <= bytes.count else { return nil }
        return (method, String(decoding: bytes[target], as: UTF8.self))
    }

    /// Where the values of secret headers that have been looked at stand in `bytes`.
    func secretValues(_ names: SecretHeaderNames) -> [Range<Int>] {
        fields.compactMap { names.contains($0.known) ? $0.value : nil }
    }

    /// Forgets the last head, for the next one.
    mutating func reset() {
        summary = HeadSummary()
        fields.removeAll(keepingCapacity: true)
        (lineStart, searched, hasRequestLine) = (0, 0, false)
        (hasConnectionKeepAlive, hasConnectionClose, hasUpgrade) = (false, false, false)
        (hasTransferEncoding, contentLength, hostCount) = (false, nil, 0)
        (targetAuthority, host, unmetExpectation) = (nil, nil, false)
    }

    /// `bytes` begin at the head's first byte, however often this is called.
    mutating func next(_ bytes: UnsafeRawBufferPointer) -> MessageFraming.Step {
        if lineStart == 0, let step = leadingEmptyLines(bytes) { return step }
        while let end = bytes.firstLineEnd(from: searched) {
            guard end < limits.headBytes else { return .fault(tooLarge) }
            let line = UnsafeRawBufferPointer(rebasing: bytes[lineStart...end])
            let isEmpty = line.count == 2 && line[0] == .carriageReturn
            if hasRequestLine, isEmpty {
                if let fault = conclude(bytes) { return .fault(fault) }
                return .head(end + 1)
            }
            let fault = hasRequestLine ? header(line, at: lineStart) : requestLine(line)
            if let fault { return .fault(fault) }
            lineStart = end + 1
            searched = lineStart
        }
        searched = bytes.count
        if !hasRequestLine, let fault = beginning(bytes) { return .fault(fault) }
        return bytes.count >= limits.headBytes ? .fault(tooLarge) : .needsMoreBytes
    }

    private var tooLarge: HTTPFault { hasRequestLine ? .headTooLarge : .targetTooLong }

    /// Empty lines before a request line are passed over (RFC 9112 §2.2).
    private func leadingEmptyLines(_ bytes: UnsafeRawBufferPointer) -> MessageFraming.Step? {
        guard bytes.first == .carriageReturn else { return nil }
        guard bytes.count >= 2 else { return .needsMoreBytes }
        return bytes[1] == .lineFeed ? .skip(2) : .fault(.malformedRequestLine)
    }

    /// An incomplete request line that cannot become one is refused at once: a TLS hello ends in no LF for long.
    private func beginning(_ bytes: UnsafeRawBufferPointer) -> HTTPFault? {
        for byte in bytes.prefix(32) {
            if byte == UInt8(ascii: " ") { return nil }
            guard byte.isTokenByte else { return .malformedRequestLine }
        }
        return bytes.count > 32 ? .malformedRequestLine : nil
    }

    // MARK: Request line

    private mutating func requestLine(_ line: UnsafeRawBufferPointer) -> HTTPFault? {
        guard line.count >= 3, line[line.count - 2] == .carriageReturn else { return .malformedRequestLine }
        let content = UnsafeRawBufferPointer(rebasing: line[..<(line.count - 2)])
        guard let space = content.firstIndex(of: UInt8(ascii: " ")),
            let lastSpace = content.lastIndex(of: UInt8(ascii: " ")), space > 0, lastSpace > space + 1
        else { return .malformedRequestLine }
        let name = UnsafeRawBufferPointer(rebasing: content[..<space])
        let version = UnsafeRawBufferPointer(rebasing: content[(lastSpace + 1)...])
        guard name.allSatisfy(\.isTokenByte) else { return .malformedRequestLine }
        guard version.count == 8, version.starts(with: "HTTP/") else { return .malformedRequestLine }
        guard version.starts(with: "HTTP/1."), version[7] == UInt8(ascii: "0") || version[7] == UInt8(ascii: "1")
        else { return name.starts(with: "PRI") ? .malformedRequestLine : .unsupportedVersion }
        guard let method = RequestMethod.named(name) else { return .unknownMethod }
        self.method = method
        summary.versionMinor = Int(version[7] - UInt8(ascii: "0"))
        hasRequestLine = true
        target = (space + 1)..<lastSpace
        return fault(inTarget: UnsafeRawBufferPointer(rebasing: content[target]))
    }

    private mutating func fault(inTarget target: UnsafeRawBufferPointer) -> HTTPFault? {
        let found = target.examined(below: 0x21)
        if found.hasControl { return .malformedTarget }
        if found.hasNonASCII, String(validating: target, as: UTF8.self) == nil { return .malformedTarget }
        if target[0] == UInt8(ascii: "/") { return nil }
        if target.count == 1, target[0] == UInt8(ascii: "*") {
            return method == "OPTIONS" ? nil : .malformedTarget
        }
        let scheme: Int
        if target.count > 7, UnsafeRawBufferPointer(rebasing: target[..<7]).isCaseInsensitively("http://") {
            scheme = 7
        } else if target.count > 8, UnsafeRawBufferPointer(rebasing: target[..<8]).isCaseInsensitively("https://") {
            scheme = 8
        } else {
            return .malformedTarget
        }
        let end = target[scheme...].firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? target.count
        guard end > scheme, Self.isAuthority(target[scheme..<end]) else { return .malformedTarget }
        let start = self.target.lowerBound
        targetAuthority = (start + scheme)..<(start + end)
        return nil
    }

    /// A host with an optional port: no user part, nothing that belongs elsewhere.
    private static func isAuthority(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
        bytes.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "~"), UInt8(ascii: "%"):
                true
            default: false
            }
        }
    }

    // MARK: Headers

    private mutating func header(_ line: UnsafeRawBufferPointer, at offset: Int) -> HTTPFault? {
        guard fields.count < limits.headerCount else { return .tooManyHeaders }
        guard let header = HeaderLine(line) else { return .malformedHeader }
        if header.hasNonASCIIValue { summary.hasNonASCIIValues = true }
        let nameEnd = offset + header.name.count
        let valueStart = header.value.baseAddress.flatMap { start in line.baseAddress.map { offset + (start - $0) } }
        let value = (valueStart ?? nameEnd)..<((valueStart ?? nameEnd) + header.value.count)
        fields.append(HeaderField(known: header.known, name: offset..<nameEnd, value: value))
        guard let known = header.known, let framing = HeaderNameTable.Framing(rawValue: known) else { return nil }
        switch framing {
        case .host:
            hostCount += 1
            host = value
            guard hostCount == 1, Self.isAuthority(header.value[...]) else { return .conflictingHost }
        case .expect:
            // An empty list of expectations, as curl sends it to have none, expects nothing.
            if header.value.isCaseInsensitively("100-continue") {
                summary.expectsContinue = true
            } else if !header.value.isEmpty {
                unmetExpectation = true
            }
        case .upgrade:
            hasUpgrade = true
        case .connection:
            connection(header.value)
        case .contentLength:
            guard contentLength == nil, let length = Self.decimal(header.value) else { return .invalidContentLength }
            contentLength = length
        case .transferEncoding:
            guard !hasTransferEncoding, header.value.isCaseInsensitively("chunked") else {
                return .unsupportedTransferEncoding
            }
            hasTransferEncoding = true
        }
        return nil
    }

    private mutating func connection(_ value: UnsafeRawBufferPointer) {
        for option in value.split(separator: UInt8(ascii: ",")) {
            let option = UnsafeRawBufferPointer(rebasing: option).trimmed()
            if option.isCaseInsensitively("close") { hasConnectionClose = true }
            if option.isCaseInsensitively("keep-alive") { hasConnectionKeepAlive = true }
        }
    }

    /// Digits only, at most 18 of them, so that no sum with it overflows.
    private static func decimal(_ value: UnsafeRawBufferPointer) -> Int64? {
        guard (1...18).contains(value.count) else { return nil }
        var number: Int64 = 0
        for byte in value {
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
            number = number * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        return number
    }

    // MARK: The whole

    private mutating func conclude(_ bytes: UnsafeRawBufferPointer) -> HTTPFault? {
        if hasTransferEncoding, contentLength != nil || summary.versionMinor == 0 { return .conflictingFraming }
        if hostCount == 0, summary.versionMinor == 1 { return .missingHost }
        if let targetAuthority, let host,
            !UnsafeRawBufferPointer(rebasing: bytes[targetAuthority])
                .isCaseInsensitively(UnsafeRawBufferPointer(rebasing: bytes[host]))
        {
            return .conflictingHost
        }
        // HTTP/1.0 knows no expectations (RFC 9110 §10.1.1).
        if summary.versionMinor == 0 {
            summary.expectsContinue = false
        } else if unmetExpectation {
            return .expectationFailed
        }
        summary.framing = hasTransferEncoding ? .chunked : contentLength.map { .fixed($0) } ?? .none
        summary.keepsAlive =
            !hasConnectionClose && !hasUpgrade && (summary.versionMinor == 1 || hasConnectionKeepAlive)
        return nil
    }
}

/// Where one header line's name and value are in its head.
struct HeaderField {
    /// The name's index in the table of known ones.
    let known: Int?
    let name: Range<Int>
    let value: Range<Int>
}
