/// One server: a scheme, a host, a port.
package struct KESEndpoint: Hashable, Sendable, CustomStringConvertible {
    package let isTLS: Bool
    /// A name or a numeric address, IPv6 without brackets.
    package let host: String
    /// As it was given; without it the scheme's own is meant.
    package let port: Int?

    /// `host:port`, as it stands in URLs.
    package var authority: String {
        let name = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return port.map { "\(name):\($0)" } ?? name
    }

    /// The URL up to the path, without a slash at its end.
    package var url: String { (isTLS ? "https://" : "http://") + authority }

    package var description: String { url }
}

/// The servers of one deployment, any of which can answer.
package struct KESEndpoints: Hashable, Sendable {
    /// What becomes of an address that begins with `http://`.
    package enum PlainHTTP: Sendable {
        /// It is taken at its word, as MinIO does.
        case accepted
        /// It becomes `https://`, as at KES's own client.
        case replaced
    }

    /// More are a mistake in a range.
    private static let limit = 256

    package let all: [KESEndpoint]

    /// Parses a list separated by commas; `https://` may be missing, and `{1...4}` stands for one address each.
    ///
    /// Digits of a range keep their width: `{01...10}`. Throws a text that names the flaw.
    package init(parsing text: String, plainHTTP: PlainHTTP = .accepted) throws(KESClientError) {
        var endpoints: [KESEndpoint] = []
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            let item = String(item.trimming { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" })
            for address in try Self.expand(item) {
                let endpoint = try Self.endpoint(address, plainHTTP)
                if !endpoints.contains(endpoint) { endpoints.append(endpoint) }
            }
            guard endpoints.count <= Self.limit else { throw .configuration("more than \(Self.limit) KES endpoints") }
        }
        all = endpoints
    }

    init(_ endpoint: KESEndpoint) { all = [endpoint] }

    /// `kes{1...2}` as `kes1` and `kes2`; several ranges combine.
    private static func expand(_ text: String) throws(KESClientError) -> [String] {
        guard let open = text.firstIndex(of: "{"), let close = text[open...].firstIndex(of: "}") else { return [text] }
        let malformed = KESClientError.configuration("invalid KES endpoint '\(text)': not a range such as {1...4}")
        let bounds = text[text.index(after: open)..<close].split(separator: "...", omittingEmptySubsequences: false)
        guard bounds.count == 2, bounds.allSatisfy({ $0.utf8.allSatisfy(isDigit) && (1...9).contains($0.utf8.count) }),
            let first = Int(bounds[0]), let last = Int(bounds[1]), first <= last, last - first < limit
        else { throw malformed }
        var expanded: [String] = []
        for number in first...last {
            let digits = String(number)
            let zeros = bounds[0].first == "0" ? max(0, bounds[0].utf8.count - digits.utf8.count) : 0
            let head = text[..<open] + String(repeating: "0", count: zeros) + digits
            expanded += try expand(head + text[text.index(after: close)...])
            guard expanded.count <= limit else { throw malformed }
        }
        return expanded
    }

    private static func endpoint(_ text: String, _ plainHTTP: PlainHTTP) throws(KESClientError) -> KESEndpoint {
        let malformed = KESClientError.configuration("invalid KES endpoint '\(text)'")
        var rest = text[...]
        var isTLS = true
        if let scheme = rest.firstRange(of: "://") {
            switch rest[..<scheme.lowerBound].lowercased() {
            case "https": break
            case "http": isTLS = plainHTTP == .replaced
            default: throw .configuration("invalid KES endpoint '\(text)': the scheme is not https")
            }
            rest = rest[scheme.upperBound...]
        }
        while rest.last == "/" { rest = rest.dropLast() }
        var host = rest
        var port: Substring?
        if rest.first == "[" {
            guard let end = rest.firstIndex(of: "]") else { throw malformed }
            host = rest[rest.index(after: rest.startIndex)..<end]
            let tail = rest[rest.index(after: end)...]
            guard tail.isEmpty || tail.first == ":" else { throw malformed }
            port = tail.isEmpty ? nil : tail.dropFirst()
        } else if let colon = rest.lastIndex(of: ":") {
            host = rest[..<colon]
            port = rest[rest.index(after: colon)...]
            guard !host.contains(":") else { throw malformed }
        }
        guard !host.isEmpty, host.utf8.allSatisfy(isHostCharacter) else { throw malformed }
        guard let port else { return KESEndpoint(isTLS: isTLS, host: String(host), port: nil) }
        guard port.utf8.allSatisfy(isDigit), let number = Int(port), (1...65535).contains(number) else {
            throw malformed
        }
        return KESEndpoint(isTLS: isTLS, host: String(host), port: number)
    }

    private static func isDigit(_ character: UInt8) -> Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= character }

    private static func isHostCharacter(_ character: UInt8) -> Bool {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: ":"), UInt8(ascii: "%"):
            true
        default: character >= 0x80
        }
    }
}

extension Substring {
    fileprivate func trimming(_ isSpace: (Character) -> Bool) -> Substring {
        var text = self
        while let first = text.first, isSpace(first) { text = text.dropFirst() }
        while let last = text.last, isSpace(last) { text = text.dropLast() }
        return text
    }

    /// The standard library's own is in the string processing module, which this module does without.
    fileprivate func firstRange(of mark: String) -> Range<Index>? {
        indices.first { self[$0...].hasPrefix(mark) }.map { $0..<index($0, offsetBy: mark.count) }
    }

    fileprivate func split(separator: String, omittingEmptySubsequences: Bool) -> [Substring] {
        var parts: [Substring] = []
        var rest = self
        while let mark = rest.firstRange(of: separator) {
            parts.append(rest[..<mark.lowerBound])
            rest = rest[mark.upperBound...]
        }
        return parts + [rest]
    }
}
