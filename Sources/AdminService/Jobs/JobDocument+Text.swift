extension JobDocument {
    /// The document as YAML, one value a line.
    var text: String {
        var text = ""
        append(to: &text, indent: 0)
        return text
    }

    private func append(to text: inout String, indent: Int) {
        let blank = String(repeating: " ", count: indent)
        switch self {
        case .null: text += "null\n"
        case .scalar(let value): text += Self.quoted(value) + "\n"
        case .sequence(let elements):
            guard !elements.isEmpty else { return text += "[]\n" }
            if indent > 0 { text += "\n" }
            for element in elements {
                text += blank + "-"
                element.appendBehind(to: &text, indent: indent + 2)
            }
        case .mapping(let pairs):
            guard !pairs.isEmpty else { return text += "{}\n" }
            if indent > 0 { text += "\n" }
            for pair in pairs {
                text += "\(blank)\(pair.key):"
                pair.value.appendBehind(to: &text, indent: indent + 2)
            }
        }
    }

    private func appendBehind(to text: inout String, indent: Int) {
        switch self {
        case .null, .scalar: text += " "
        case .sequence(let elements): if elements.isEmpty { text += " " }
        case .mapping(let pairs): if pairs.isEmpty { text += " " }
        }
        append(to: &text, indent: indent)
    }

    private static func quoted(_ value: String) -> String {
        let isPlain =
            !value.isEmpty
            && value.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_./+".contains($0)) }
        guard !isPlain else { return value }
        let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
            .replacing("\t", with: "\\t")
        return "\"\(escaped)\""
    }
}
