/// A pattern of Amazon resource names (`arn:partition:service:region:account:resource`), compared part by part: a wildcard
/// does not reach over a colon but in the last of the six.
struct ResourceNamePattern: Sendable {
    private let parts: [TextPattern]

    /// - Throws: for what has no six parts.
    init(_ text: String, hasVariables: Bool) throws(PolicyMalformed) {
        var parts: [TextPattern] = []
        for part in Self.split(text, sparingVariables: hasVariables) {
            parts.append(try TextPattern(part, hasWildcards: true, hasVariables: hasVariables))
        }
        guard parts.count == 6 else { throw PolicyMalformed("Invalid ARN '\(text)' in condition") }
        self.parts = parts
    }

    var isFixed: Bool { parts.allSatisfy(\.isFixed) }
    var asksForExistingTags: Bool { parts.contains(where: \.asksForExistingTags) }

    func matches(_ name: String, _ attributes: some VariableValues) -> Bool {
        let given = Self.split(name, sparingVariables: false)
        return given.count == 6 && zip(parts, given).allSatisfy { $0.matches($1, attributes) }
    }

    private static func split(_ text: String, sparingVariables: Bool) -> [String] {
        var parts: [[UInt8]] = [[]]
        var isInVariable = false
        for byte in text.utf8 {
            if byte == UInt8(ascii: ":"), parts.count < 6, !isInVariable {
                parts.append([])
                continue
            }
            if sparingVariables {
                if byte == UInt8(ascii: "{"), parts[parts.count - 1].last == UInt8(ascii: "$") { isInVariable = true }
                if byte == UInt8(ascii: "}") { isInVariable = false }
            }
            parts[parts.count - 1].append(byte)
        }
        return parts.map { String(decoding: $0, as: UTF8.self) }
    }
}
