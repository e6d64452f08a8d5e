/// A batch job as it is sent: the part of YAML that such jobs are written in.
///
/// Mappings and sequences by indentation, short ones in brackets, plain and quoted scalars, comments. What YAML has besides
/// (anchors, tags, blocks of text, several documents) is refused: none of it is needed, and some of it grows without bound.
indirect enum JobDocument: Sendable {
    case null
    case scalar(String)
    case sequence([JobDocument])
    case mapping([(key: String, value: JobDocument)])

    /// Why a text is none, with the line.
    struct Malformed: Error {
        let line: Int
        let reason: String
    }

    /// Bytes of a text.
    static let maximumByteCount = 64 * 1024
    fileprivate static let maximumDepth = 12

    init(_ text: String) throws(Malformed) {
        var reader = JobDocumentReader(text)
        self = try reader.readDocument()
    }

    /// The value of a key; `nil` too where nothing stands there.
    subscript(_ key: String) -> JobDocument? {
        guard case .mapping(let pairs) = self, let value = pairs.last(where: { $0.key == key })?.value else {
            return nil
        }
        if case .null = value { return nil }
        return value
    }

    var keys: [String] {
        guard case .mapping(let pairs) = self else { return [] }
        return pairs.map(\.key)
    }
}

private struct JobDocumentReader {
    private struct Line {
        let number: Int
        let indent: Int
        let text: Substring
    }

    private var lines: [Line] = []
    private var position = 0
    private var failure: JobDocument.Malformed?

    init(_ text: String) {
        for (index, bytes) in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated()
        {
            let whole = Self.withoutComment(Substring(bytes))
            let content = whole.drop { $0 == " " }
            guard !content.isEmpty, index > 0 || content != "---" else { continue }
            if content.first == "\t" || content == "---" || content == "..." {
                failure = failure ?? JobDocument.Malformed(line: index + 1, reason: "this is not understood here")
            }
            lines.append(Line(number: index + 1, indent: whole.count - content.count, text: content))
        }
    }

    mutating func readDocument() throws(JobDocument.Malformed) -> JobDocument {
        if let failure { throw failure }
        guard let first = lines.first else { return .null }
        let document = try readBlock(indent: first.indent, depth: 0)
        guard position == lines.count else { throw malformed("its indentation fits to nothing above") }
        return document
    }

    private func malformed(_ reason: String) -> JobDocument.Malformed {
        let line = position < lines.count ? lines[position].number : lines.last?.number ?? 1
        return JobDocument.Malformed(line: line, reason: reason)
    }

    /// The lines from here that stand at this indentation, or further right.
    private mutating func readBlock(indent: Int, depth: Int) throws(JobDocument.Malformed) -> JobDocument {
        guard depth < JobDocument.maximumDepth else { throw malformed("it is nested too deeply") }
        if Self.isItem(lines[position].text) { return try readSequence(indent: indent, depth: depth) }
        var pairs: [(key: String, value: JobDocument)] = []
        while position < lines.count, lines[position].indent == indent, !Self.isItem(lines[position].text) {
            let (key, rest) = try splitKey(lines[position].text)
            guard !pairs.contains(where: { $0.key == key }) else { throw malformed("'\(key)' stands there twice") }
            if !rest.isEmpty {
                pairs.append((key, try flow(rest)))
                position += 1
                continue
            }
            position += 1
            guard position < lines.count else {
                pairs.append((key, .null))
                break
            }
            let next = lines[position]
            if next.indent > indent || next.indent == indent && Self.isItem(next.text) {
                pairs.append((key, try readBlock(indent: next.indent, depth: depth + 1)))
            } else {
                pairs.append((key, .null))
            }
        }
        return .mapping(pairs)
    }

    private mutating func readSequence(indent: Int, depth: Int) throws(JobDocument.Malformed) -> JobDocument {
        var elements: [JobDocument] = []
        while position < lines.count, lines[position].indent == indent, Self.isItem(lines[position].text) {
            let line = lines[position]
            let content = line.text.dropFirst().drop { $0 == " " }
            if content.isEmpty {
                position += 1
                guard position < lines.count, lines[position].indent > indent else {
                    elements.append(.null)
                    continue
                }
                elements.append(try readBlock(indent: lines[position].indent, depth: depth + 1))
            } else if Self.isItem(content) || Self.hasKey(content) {
                // What stands behind the dash is the first line of a block of its own.
                let inner = indent + (line.text.count - content.count)
                lines[position] = Line(number: line.number, indent: inner, text: content)
                elements.append(try readBlock(indent: inner, depth: depth + 1))
            } else {
                elements.append(try flow(content))
                position += 1
            }
        }
        return .sequence(elements)
    }

    private static func isItem(_ text: Substring) -> Bool { text == "-" || text.hasPrefix("- ") }

    private static func hasKey(_ text: Substring) -> Bool {
        guard let first = text.first, first != "\"", first != "'", first != "[", first != "{" else { return false }
        return text.hasSuffix(":") || text.contains(": ")
    }

    private func splitKey(_ text: Substring) throws(JobDocument.Malformed) -> (key: String, rest: Substring) {
        guard Self.hasKey(text), let colon = text.firstIndex(of: ":") else {
            throw malformed("here a key should stand")
        }
        let key = text[..<colon]
        let rest = text[text.index(after: colon)...]
        guard rest.isEmpty || rest.first == " " else { throw malformed("behind a key's colon a blank should stand") }
        return (String(key), rest.drop { $0 == " " })
    }

    // MARK: In one line

    private func flow(_ text: Substring) throws(JobDocument.Malformed) -> JobDocument {
        var rest = text
        let value = try takeFlow(&rest, depth: 0)
        guard rest.allSatisfy({ $0 == " " }) else { throw malformed("behind a value there is more") }
        return value
    }

    private func takeFlow(_ rest: inout Substring, depth: Int) throws(JobDocument.Malformed) -> JobDocument {
        rest = rest.drop { $0 == " " }
        guard depth < JobDocument.maximumDepth else { throw malformed("it is nested too deeply") }
        switch rest.first {
        case "[":
            rest.removeFirst()
            var elements: [JobDocument] = []
            while try !takeEnd("]", &rest, isFirst: elements.isEmpty) {
                elements.append(try takeFlow(&rest, depth: depth + 1))
            }
            return .sequence(elements)
        case "{":
            rest.removeFirst()
            var pairs: [(key: String, value: JobDocument)] = []
            while try !takeEnd("}", &rest, isFirst: pairs.isEmpty) {
                guard let colon = rest.firstIndex(of: ":") else { throw malformed("here a key should stand") }
                let key = rest[..<colon].drop { $0 == " " }
                rest = rest[rest.index(after: colon)...]
                pairs.append((String(key), try takeFlow(&rest, depth: depth + 1)))
            }
            return .mapping(pairs)
        case "\"", "'": return .scalar(try takeQuoted(&rest))
        case "&", "*", "!", "|", ">", "%", "@", "`":
            throw malformed("what begins with '\(rest.prefix(1))' must stand in quotation marks")
        default:
            let plain = depth == 0 ? rest : rest.prefix { !",]}".contains($0) }
            rest = rest.dropFirst(plain.count)
            let trimmed = String(plain).trimmingBlanks
            return ["", "~", "null"].contains(trimmed) ? .null : .scalar(trimmed)
        }
    }

    /// Whether the bracket ends here; takes the comma before the next element otherwise.
    private func takeEnd(
        _ end: Character, _ rest: inout Substring, isFirst: Bool
    ) throws(JobDocument.Malformed) -> Bool {
        rest = rest.drop { $0 == " " }
        if rest.first == end {
            rest.removeFirst()
            return true
        }
        guard !rest.isEmpty else { throw malformed("a bracket has no end") }
        if !isFirst {
            guard rest.first == "," else { throw malformed("between two values a comma should stand") }
            rest.removeFirst()
            rest = rest.drop { $0 == " " }
        }
        return false
    }

    private func takeQuoted(_ rest: inout Substring) throws(JobDocument.Malformed) -> String {
        let quote = rest.removeFirst()
        var value = ""
        while let character = rest.popFirst() {
            if character == quote {
                // Two single ones are one.
                guard quote == "'", rest.first == "'" else { return value }
                value.append(rest.removeFirst())
            } else if character == "\\", quote == "\"" {
                switch rest.popFirst() {
                case "n": value.append("\n")
                case "t": value.append("\t")
                case let escaped? where "\\\"/ ".contains(escaped): value.append(escaped)
                default: throw malformed("an escape is not understood here")
                }
            } else {
                value.append(character)
            }
        }
        throw malformed("a quotation mark has no second one")
    }

    /// A line up to a `#` that stands alone and not between quotation marks, without blanks at its end.
    private static func withoutComment(_ line: Substring) -> Substring {
        var quote: Character?
        var end = line.endIndex
        var former: Character = " "
        for index in line.indices {
            let character = line[index]
            if let open = quote {
                if character == open, !(open == "\"" && former == "\\") { quote = nil }
            } else if character == "\"" || character == "'", " [{,".contains(former) {
                quote = character
            } else if character == "#", former == " " {
                end = index
                break
            }
            former = character
        }
        var shown = line[..<end]
        while let last = shown.last, last.isWhitespace { shown.removeLast() }
        return shown
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        var text = drop { $0 == " " }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
