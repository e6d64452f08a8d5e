import Notation

/// The headers of a request or an answer as trace and audit may show them: without signatures, tokens and keys.
package struct LoggedHeaders: Sendable {
    /// By name, each with all of its values in their order; names as clients write them: `X-Amz-Date`.
    package let values: [(name: String, values: [String])]

    package init(_ headers: [(name: String, value: String)]) {
        var order: [String] = []
        var byName: [String: [String]] = [:]
        for (name, value) in headers {
            let shown = Self.shown(name, value)
            if byName[name] == nil { order.append(name) }
            byName[name, default: []].append(shown)
        }
        values = order.map { (Self.written($0), byName[$0] ?? []) }
    }

    package static let redacted = "*REDACTED*"

    /// As much of a header's value as may be shown.
    ///
    /// - Parameter name: in any case.
    static func shown(_ name: String, _ value: String) -> String {
        let name = name.lowercased()
        switch name {
        case "authorization":
            // Who it was is known by the access key, and by what is said to be signed.
            guard let range = value.firstRange(of: "Signature=") else {
                return String(value.prefix { $0 != " " }) + " " + redacted
            }
            return String(value[..<range.upperBound]) + redacted
        // Keys of SSE-C, and what tells whether a guess at one is right, are among these.
        default: return mayBeSecret(name) ? redacted : loggable(value)
        }
    }

    /// Whether what is called so, in lower case, may be secret: what is to come is meant, too.
    static func mayBeSecret(_ name: String) -> Bool {
        ["authorization", "signature", "token", "customer-key", "password", "secret", "cookie"].contains {
            name.contains($0)
        }
    }

    /// Each word begins with a capital letter.
    private static func written(_ name: String) -> String {
        var bytes: [UInt8] = []
        var begins = true
        for byte in name.utf8 {
            let isLower = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            bytes.append(begins && isLower ? byte - 0x20 : byte)
            begins = byte == UInt8(ascii: "-")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The query of a request as trace and audit may show it: the values of what could be secret are blotted out.
package struct LoggedQuery: Sendable {
    /// In their order, still percent-encoded; without a value it is empty.
    package let pairs: [(name: String, value: String)]
    /// Without the question mark; empty where there is none.
    package let text: String

    package init(_ target: String) {
        guard let mark = target.firstIndex(of: "?") else {
            pairs = []
            text = ""
            return
        }
        pairs = target[target.index(after: mark)...].split(separator: "&").map { pair in
            let name = String(pair.prefix { $0 != "=" })
            let value = String(pair.dropFirst(name.count + 1))
            return (name, Self.isSecret(name) ? LoggedHeaders.redacted : loggable(value))
        }
        text = pairs.map { $0.value.isEmpty ? $0.name : "\($0.name)=\($0.value)" }.joined(separator: "&")
    }

    /// Presigned URLs carry signatures and tokens, and headers may stand in the query.
    private static func isSecret(_ name: String) -> Bool {
        // A name that is written in another way is the same one.
        let decoded = PercentEncoding.decode(name.utf8, plus: .literal).map { String(decoding: $0, as: UTF8.self) }
        return LoggedHeaders.mayBeSecret((decoded ?? name).lowercased())
    }
}
