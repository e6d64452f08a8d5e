/// Reads a request document into a tree, strictly and in one pass.
///
/// What S3 clients send needs elements, text, the five entities, character references, CDATA, comments, a byte-order
/// mark and a prolog. Nothing else is read: a document type, any other entity, a processing instruction, an encoding
/// other than UTF-8, more than 16 levels or too many elements are refused, so no document costs more than its length.
package struct XMLReader {
    /// Levels of nesting, root included.
    package static let maximumDepth = 16
    /// Elements in all: a Complete of 10 000 parts with a checksum each has 40 001.
    package static let maximumElements = 100_000

    /// The root element of `document`.
    ///
    /// The caller bounds the document's length.
    /// - Throws: `malformedXML` for any flaw, and for a root that is not called `root` (nil: any root will do).
    package static func parse(_ document: some Collection<UInt8>, root: String? = nil) throws(S3Error) -> XMLElement {
        let bytes = Array(document)
        let outcome = bytes.withUnsafeBufferPointer { buffer in
            Result { () throws(S3Error) in
                var reader = XMLReader(buffer)
                return try reader.document()
            }
        }
        let element = try outcome.get()
        guard root == nil || element.name == root else { throw S3Error(.malformedXML) }
        return element
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private var index = 0
    private var elements = 0
    private var open: [OpenElement] = []

    /// An element whose end tag has not been read yet.
    private struct OpenElement {
        /// Name with its prefix, as the end tag has to repeat it.
        var tag: Range<Int>
        /// Text as it stands in the document, while that is all there is: the usual element costs no array.
        var run: Range<Int>?
        /// Text in pieces, once there are several.
        var text: [UInt8] = []
        var children: [XMLElement] = []
    }

    private init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    private mutating func document() throws(S3Error) -> XMLElement {
        _ = take("\u{FEFF}")
        if matches("<?xml"), index + 5 < bytes.count, isSpace(bytes[index + 5]) { try prolog() }
        try skipMisc()
        guard peek == 0x3C else { throw flaw }
        index += 1
        var root = try startTag()
        while root == nil { root = try content() }
        try skipMisc()
        guard index == bytes.count, let root else { throw flaw }
        return root
    }

    /// The XML declaration: version, then encoding, then standalone.
    private mutating func prolog() throws(S3Error) {
        index += 5
        var position = 0
        while true {
            let hadSpace = skipSpace()
            if take("?>") { break }
            guard hadSpace else { throw flaw }
            let name = try self.name()
            let value = try attributeValue()
            let text = String(decoding: bytes[value], as: UTF8.self)
            switch String(decoding: bytes[name], as: UTF8.self) {
            case "version" where position == 0:
                guard text == "1.0" || text == "1.1" else { throw flaw }
                position = 1
            case "encoding" where position == 1:
                guard text.lowercased() == "utf-8" || text.lowercased() == "us-ascii" else { throw flaw }
                position = 2
            case "standalone" where position == 1 || position == 2:
                guard text == "yes" || text == "no" else { throw flaw }
                position = 3
            default: throw flaw
            }
        }
        guard position > 0 else { throw flaw }
    }

    /// White space and comments outside the root.
    private mutating func skipMisc() throws(S3Error) {
        while true {
            skipSpace()
            guard take("<!--") else { return }
            try comment()
        }
    }

    /// Text up to the next markup and that markup; the root when this closed it.
    private mutating func content() throws(S3Error) -> XMLElement? {
        try characterData()
        guard peek == 0x3C else { throw flaw }
        if take("<!--") {
            try comment()
            return nil
        }
        if take("<![CDATA[") {
            try cdata()
            return nil
        }
        if take("</") { return try endTag() }
        index += 1
        return try startTag()
    }

    /// What follows `<`.
    ///
    /// Returns the element when it is an empty root.
    private mutating func startTag() throws(S3Error) -> XMLElement? {
        elements += 1
        guard elements <= Self.maximumElements, open.count < Self.maximumDepth else { throw flaw }
        let tag = try name()
        while true {
            let hadSpace = skipSpace()
            if take(">") {
                open.append(OpenElement(tag: tag))
                return nil
            }
            if take("/>") {
                open.append(OpenElement(tag: tag))
                return try close()
            }
            guard hadSpace else { throw flaw }
            _ = try name()
            _ = try attributeValue()
        }
    }

    /// What follows `</`.
    ///
    /// Returns the root when this is its end.
    private mutating func endTag() throws(S3Error) -> XMLElement? {
        let tag = try name()
        skipSpace()
        guard take(">"), let last = open.last, bytes[last.tag].elementsEqual(bytes[tag]) else { throw flaw }
        return try close()
    }

    private mutating func close() throws(S3Error) -> XMLElement? {
        guard let last = open.popLast() else { throw flaw }
        let string: String?
        if !last.children.isEmpty {
            guard last.text.allSatisfy(isSpace), last.run.map({ bytes[$0].allSatisfy(isSpace) }) ?? true else {
                throw flaw
            }
            string = ""
        } else if let run = last.run {
            string = String(validating: UnsafeBufferPointer(rebasing: bytes[run]), as: UTF8.self)
        } else {
            string = String(validating: last.text, as: UTF8.self)
        }
        guard let string else { throw flaw }
        let element = XMLElement(name: try localName(last.tag), text: string, children: last.children)
        guard !open.isEmpty else { return element }
        open[open.count - 1].children.append(element)
        return nil
    }

    private func localName(_ tag: Range<Int>) throws(S3Error) -> String {
        let local: Range<Int>
        if let colon = bytes[tag].firstIndex(of: 0x3A) {
            local = colon + 1..<tag.upperBound
            guard colon > tag.lowerBound, !local.isEmpty, !bytes[local].contains(0x3A) else { throw flaw }
        } else {
            local = tag
        }
        guard let name = String(validating: bytes[local], as: UTF8.self) else { throw flaw }
        return name
    }

    /// Text up to the next `<`, into the innermost open element.
    private mutating func characterData() throws(S3Error) {
        var start = index
        while let byte = peek, byte != 0x3C {
            // Most text has nothing to resolve.
            if byte == 0x26 || byte == 0x0D || byte == 0x3E || byte < 0x20 && !isSpace(byte) { break }
            index += 1
        }
        if peek == 0x3C {
            append(start..<index)
            return
        }
        // The text moves out while it grows, so that growing does not copy.
        var text = takeText()
        defer { open[open.count - 1].text = text }
        while let byte = peek, byte != 0x3C {
            switch byte {
            case 0x26:
                text += bytes[start..<index]
                try reference(into: &text)
                start = index
            case 0x0D:
                text += bytes[start..<index]
                text.append(0x0A)
                index += 1
                if peek == 0x0A { index += 1 }
                start = index
            case 0x3E where index >= start + 2 && bytes[index - 1] == 0x5D && bytes[index - 2] == 0x5D:
                throw flaw
            default:
                guard byte >= 0x20 || isSpace(byte) else { throw flaw }
                index += 1
            }
        }
        text += bytes[start..<index]
    }

    /// Adds a piece of the document to the text of the innermost open element.
    private mutating func append(_ piece: Range<Int>) {
        guard !piece.isEmpty else { return }
        let last = open.count - 1
        if open[last].run == nil, open[last].text.isEmpty {
            open[last].run = piece
        } else {
            var text = takeText()
            text += bytes[piece]
            open[last].text = text
        }
    }

    /// Moves the innermost open element's text out as one array.
    private mutating func takeText() -> [UInt8] {
        let last = open.count - 1
        var text: [UInt8] = []
        swap(&text, &open[last].text)
        if let run = open[last].run {
            text.insert(contentsOf: bytes[run], at: 0)
            open[last].run = nil
        }
        return text
    }

    /// An entity or a character reference.
    ///
    /// A reference may name a control character (keys have them), but not NUL.
    private mutating func reference(into text: inout [UInt8]) throws(S3Error) {
        if take("&amp;") { return text.append(0x26) }
        if take("&quot;") { return text.append(0x22) }
        if take("&lt;") { return text.append(0x3C) }
        if take("&gt;") { return text.append(0x3E) }
        if take("&apos;") { return text.append(0x27) }
        let isHexadecimal = take("&#x")
        guard isHexadecimal || take("&#") else { throw flaw }
        var value: UInt32 = 0
        var digits = 0
        while let byte = peek, byte != 0x3B {
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46 where isHexadecimal: digit = byte - 0x37
            case 0x61...0x66 where isHexadecimal: digit = byte - 0x57
            default: throw flaw
            }
            value = value * (isHexadecimal ? 16 : 10) + UInt32(digit)
            digits += 1
            index += 1
            guard value <= 0x10FFFF else { throw flaw }
        }
        guard digits > 0, take(";"), value > 0, let scalar = Unicode.Scalar(value) else { throw flaw }
        text += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
    }

    /// After `<![CDATA[`.
    private mutating func cdata() throws(S3Error) {
        let start = index
        while index < bytes.count {
            if bytes[index] == 0x5D, take("]]>") {
                append(start..<index - 3)
                return
            }
            guard bytes[index] >= 0x20 || isSpace(bytes[index]) else { throw flaw }
            index += 1
        }
        throw flaw
    }

    /// After `<!--`.
    private mutating func comment() throws(S3Error) {
        while index < bytes.count {
            if bytes[index] == 0x2D, matches("--") {
                guard take("-->") else { throw flaw }
                return
            }
            guard bytes[index] >= 0x20 || isSpace(bytes[index]) else { throw flaw }
            index += 1
        }
        throw flaw
    }

    /// ASCII letters, digits, `_ - . :` and any non-ASCII character; not beginning with a digit, `-` or `.`.
    private mutating func name() throws(S3Error) -> Range<Int> {
        let start = index
        while let byte = peek {
            switch byte {
            case 0x41...0x5A, 0x61...0x7A, 0x5F, 0x3A, 0x80...: break
            case 0x30...0x39, 0x2D, 0x2E: guard index > start else { throw flaw }
            default:
                guard index > start else { throw flaw }
                return start..<index
            }
            index += 1
        }
        throw flaw
    }

    /// `= "value"` with either quote; what it means is ignored, that it ends is not.
    private mutating func attributeValue() throws(S3Error) -> Range<Int> {
        skipSpace()
        guard take("=") else { throw flaw }
        skipSpace()
        guard let quote = peek, quote == 0x22 || quote == 0x27 else { throw flaw }
        index += 1
        let start = index
        while let byte = peek, byte != quote {
            guard byte != 0x3C, byte >= 0x20 || isSpace(byte) else { throw flaw }
            index += 1
        }
        guard peek == quote else { throw flaw }
        index += 1
        return start..<index - 1
    }

    private var peek: UInt8? {
        index < bytes.count ? bytes[index] : nil
    }

    private func matches(_ literal: StaticString) -> Bool {
        literal.withUTF8Buffer { expected in
            guard index + expected.count <= bytes.count else { return false }
            for offset in 0..<expected.count where bytes[index + offset] != expected[offset] { return false }
            return true
        }
    }

    private mutating func take(_ literal: StaticString) -> Bool {
        guard matches(literal) else { return false }
        index += literal.utf8CodeUnitCount
        return true
    }

    @discardableResult
    private mutating func skipSpace() -> Bool {
        let start = index
        while let byte = peek, isSpace(byte) { index += 1 }
        return index > start
    }

    private func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    }

    private var flaw: S3Error {
        S3Error(.malformedXML)
    }
}
