import JSON

/// JSON for standard output.
enum JSONLine {
    static func string(_ text: String) -> String { JSONText.string(text, .terminal) }

    static func array(_ texts: [String]) -> String { "[" + texts.map(string).joined(separator: ",") + "]" }

    /// Members in their order; the values are JSON.
    static func object(_ members: [(name: String, value: String)]) -> String {
        "{" + members.map { "\(string($0.name)):\($0.value)" }.joined(separator: ",") + "}"
    }

    /// A compact document with line ends, and two blanks a level.
    static func indented(_ compact: String) -> String {
        var text = ""
        var depth = 0
        var isInString = false
        var isEscaped = false
        func lineEnd() { text += "\n" + String(repeating: "  ", count: depth) }
        var characters = compact[...]
        while let character = characters.popFirst() {
            if isInString {
                text.append(character)
                if character == "\"" && !isEscaped { isInString = false }
                isEscaped = character == "\\" && !isEscaped
                continue
            }
            switch character {
            case "{", "[":
                text.append(character)
                if characters.first == "}" || characters.first == "]" {
                    text.append(characters.removeFirst())
                } else {
                    depth += 1
                    lineEnd()
                }
            case "}", "]":
                depth -= 1
                lineEnd()
                text.append(character)
            case ",":
                text.append(character)
                lineEnd()
            case ":": text += ": "
            case "\n": break
            default:
                isInString = character == "\""
                text.append(character)
            }
        }
        return text
    }
}
