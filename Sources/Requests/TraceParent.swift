/// The span that a request says it belongs to: the header `traceparent` (W3C Trace Context, level 1).
package struct TraceParent: Hashable, Sendable {
    /// 32 hex digits in lower case, not all zero.
    package let traceID: String
    /// 16 hex digits in lower case, not all zero.
    package let spanID: String
    /// Whether the caller records its span.
    package let isSampled: Bool

    /// Reads `00-TRACE-SPAN-FLAGS`; `nil` for what is none: then a trace begins here.
    ///
    /// What a later version has beyond version 00 is left alone, as the standard says.
    package init?(_ header: String) {
        let fields = header.split(separator: "-", omittingEmptySubsequences: false)
        guard fields.count >= 4, Self.isHex(fields[0], 2), fields[0] != "ff", fields[0] != "00" || fields.count == 4,
            Self.isHex(fields[1], 32), Self.isHex(fields[2], 16), Self.isHex(fields[3], 2),
            fields[1].contains(where: { $0 != "0" }), fields[2].contains(where: { $0 != "0" }),
            let flags = UInt8(fields[3], radix: 16)
        else { return nil }
        traceID = String(fields[1])
        spanID = String(fields[2])
        isSampled = flags & 1 == 1
    }

    private static func isHex(_ text: Substring, _ count: Int) -> Bool {
        text.utf8.count == count
            && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
}
