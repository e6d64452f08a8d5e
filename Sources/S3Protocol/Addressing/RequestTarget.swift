import Notation

/// The target of a request line, kept as sent and taken apart once.
///
/// Signatures cover the raw spelling, so nothing here is normalised. All escapes of path and query have been checked
/// when the initialiser returns.
package struct RequestTarget: Sendable {
    /// The path as sent, still percent-encoded, beginning with `/`; `/` for an empty one.
    package let rawPath: String
    /// Whether there is an escape in path or query; if not, the path is what it spells.
    package let isEscaped: Bool
    /// What follows the first `?`, as sent; empty without one.
    package let rawQuery: String
    /// Names and values percent-decoded once with `+` read as a space, in the order sent; `?uploads` and `?uploads=` are
    /// the same.
    package let query: [(name: String, value: String)]

    /// Takes an origin-form (`/path?query`), absolute-form (`http://host/path?query`) or asterisk-form target.
    ///
    /// Throws `InvalidURI` (400) for more than 256 query parameters, control characters, spaces, `#`, bad escapes, bytes that are not UTF-8, and NUL.
    package init(_ target: String) throws(S3Error) {
        var isEscaped = false
        var hasQuery = false
        for byte in target.utf8 {
            switch byte {
            case 0...0x20, 0x7f, UInt8(ascii: "#"): throw S3Error(.invalidURI)
            case UInt8(ascii: "%"): isEscaped = true
            case UInt8(ascii: "?"): hasQuery = true
            default: break
            }
        }

        if !hasQuery && target.utf8.first == UInt8(ascii: "/") {
            if isEscaped { _ = try PercentEncoding.decode(target) }
            self.isEscaped = isEscaped
            (rawPath, rawQuery, query) = (target, "", [])
            return
        }
        var rest = Substring(target)
        if !target.utf8.starts(with: "/".utf8) && target != "*" {
            rest = try Self.originForm(rest)
        }
        if let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?")) {
            rawPath = mark == rest.startIndex ? "/" : String(rest[..<mark])
            rawQuery = String(rest[rest.utf8.index(after: mark)...])
        } else {
            rawPath = rest.isEmpty ? "/" : String(rest)
            rawQuery = ""
        }
        if isEscaped { _ = try PercentEncoding.decode(rawPath) }
        self.isEscaped = isEscaped
        query = try Self.parse(rawQuery)
    }

    /// The first value of a query parameter; empty when the name stands alone, nil when it is absent.
    package func queryValue(_ name: String) -> String? {
        for pair in query where pair.name == name { return pair.value }
        return nil
    }

    package func hasQuery(_ name: String) -> Bool {
        query.contains { $0.name == name }
    }

    private static func originForm(_ target: Substring) throws(S3Error) -> Substring {
        let scheme = target.utf8.prefix(8).map { $0 | 0x20 }
        let length = scheme.starts(with: "https://".utf8) ? 8 : scheme.starts(with: "http://".utf8) ? 7 : 0
        guard length > 0 else { throw S3Error(.invalidURI) }
        let authority = target.utf8.dropFirst(length)
        let end = authority.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? target.endIndex
        return target[end...]
    }

    /// Query parameters of a request: many times what any client sends, and few enough to look for one in the others.
    private static let mostParameters = 256

    private static func parse(_ rawQuery: String) throws(S3Error) -> [(name: String, value: String)] {
        guard !rawQuery.isEmpty else { return [] }
        var pairs: [(name: String, value: String)] = []
        for pair in rawQuery.utf8.split(separator: UInt8(ascii: "&")) {
            guard pairs.count < mostParameters else { throw S3Error(.invalidURI) }
            let text = Substring(pair)
            if let sign = pair.firstIndex(of: UInt8(ascii: "=")) {
                pairs.append(
                    (
                        name: try PercentEncoding.decode(text[..<sign], plus: .space),
                        value: try PercentEncoding.decode(text[pair.index(after: sign)...], plus: .space)
                    ))
            } else {
                pairs.append((name: try PercentEncoding.decode(text, plus: .space), value: ""))
            }
        }
        return pairs
    }
}
