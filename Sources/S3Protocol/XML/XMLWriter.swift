import Notation

/// Writes an S3 document into one byte array, about as fast as its text can be copied.
///
/// Element names are literals, so only text is escaped: `& < > "`, and as character references the control characters
/// (most of them are not legal XML at all; a reference is the nearest that can be sent, and `\r` would otherwise be
/// read back as a line feed). The writer does not check nesting; the documents are small and their tests do.
package struct XMLWriter {
    package private(set) var bytes: [UInt8] = []

    /// The namespace of every result document; error documents have none.
    package static let namespace = "http://s3.amazonaws.com/doc/2006-03-01/"

    /// A document that begins with the XML prolog.
    /// - Parameter capacity: expected length in bytes.
    package init(capacity: Int = 512) {
        bytes.reserveCapacity(capacity)
        markup(#"<?xml version="1.0" encoding="UTF-8"?>"#)
        markup("\n")
    }

    /// A piece of a document, without prolog.
    init(fragmentOf capacity: Int) {
        bytes.reserveCapacity(capacity)
    }

    /// Literal markup, taken as it is.
    @inline(__always)
    package mutating func markup(_ literal: StaticString) {
        literal.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    /// Opens the root with S3's namespace.
    package mutating func openRoot(_ name: StaticString) {
        markup("<")
        markup(name)
        markup(#" xmlns="http://s3.amazonaws.com/doc/2006-03-01/">"#)
    }

    package mutating func open(_ name: StaticString) {
        markup("<")
        markup(name)
        markup(">")
    }

    package mutating func close(_ name: StaticString) {
        markup("</")
        markup(name)
        markup(">")
    }

    /// `<name>text</name>`, also when the text is empty.
    package mutating func element(_ name: StaticString, _ text: String) {
        open(name)
        self.text(text)
        close(name)
    }

    /// Nothing when the text is nil.
    package mutating func element(_ name: StaticString, ifPresent text: String?) {
        if let text { element(name, text) }
    }

    package mutating func element(_ name: StaticString, _ number: Int64) {
        open(name)
        self.number(number)
        close(name)
    }

    package mutating func element(_ name: StaticString, _ number: Int) {
        element(name, Int64(number))
    }

    package mutating func element(_ name: StaticString, _ flag: Bool) {
        open(name)
        if flag { markup("true") } else { markup("false") }
        close(name)
    }

    /// The ETag in quotes, as every document but GetObjectAttributes shows it.
    package mutating func element(_ name: StaticString, _ etag: ETag) {
        open(name)
        quoted(etag)
        close(name)
    }

    /// A moment as `2006-01-02T15:04:05.000Z`.
    package mutating func element(_ name: StaticString, milliseconds: Int64) {
        open(name)
        HTTPDate.appendISO8601(milliseconds, to: &bytes)
        close(name)
    }

    /// An element whose name is known only at run time.
    ///
    /// The name is dropped with its text unless it is a letter with letters, digits, `-`, `.` and `_` behind it, all ASCII,
    /// so that no value can become markup.
    package mutating func element(named name: String, _ text: String) {
        guard name.utf8.allSatisfy(Self.isOfNames), let first = name.utf8.first, first >= 0x41, first != 0x5F else {
            return
        }
        markup("<")
        bytes.append(contentsOf: name.utf8)
        markup(">")
        self.text(text)
        markup("</")
        bytes.append(contentsOf: name.utf8)
        markup(">")
    }

    private static func isOfNames(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F: true
        default: false
        }
    }

    /// Bytes that another writer made.
    mutating func fragment(_ markup: [UInt8]) {
        bytes.append(contentsOf: markup)
    }

    mutating func quoted(_ etag: ETag) {
        markup("&#34;")
        text(etag.value)
        markup("&#34;")
    }

    mutating func milliseconds(_ value: Int64) {
        HTTPDate.appendISO8601(value, to: &bytes)
    }

    mutating func number(_ value: Int64) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var start = 20
            var rest = value.magnitude
            repeat {
                start -= 1
                digits.initializeElement(at: start, to: UInt8(truncatingIfNeeded: 48 + rest % 10))
                rest /= 10
            } while rest > 0
            if value < 0 {
                start -= 1
                digits.initializeElement(at: start, to: 0x2D)
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[start...]))
        }
    }

    /// Escaped text.
    package mutating func text(_ text: String) {
        // A native string is read where it is: to make a copy first counts a reference for each text of a listing.
        let isDone: Void? = text.utf8.withContiguousStorageIfAvailable { appendEscaped($0) }
        guard isDone == nil else { return }
        var text = text
        text.withUTF8 { appendEscaped($0) }
    }

    private mutating func appendEscaped(_ utf8: UnsafeBufferPointer<UInt8>) {
        var start = 0
        var index = 0
        while index < utf8.count {
            let byte = utf8[index]
            // One test for the common case: letters, digits above 0x3F and all of UTF-8's upper half but 0xEF.
            guard byte < 0x40 ? (Self.escapedBelow64 >> UInt64(byte)) & 1 == 1 : byte == 0xEF else {
                index += 1
                continue
            }
            var length = 1
            let reference: StaticString
            switch byte {
            case 0x26: reference = "&amp;"
            case 0x3C: reference = "&lt;"
            case 0x3E: reference = "&gt;"
            case 0x22: reference = "&#34;"
            case 0xEF:
                // U+FFFE and U+FFFF are no XML characters.
                guard index + 2 < utf8.count, utf8[index + 1] == 0xBF, utf8[index + 2] >= 0xBE else {
                    index += 1
                    continue
                }
                length = 3
                reference = utf8[index + 2] == 0xBE ? "&#xFFFE;" : "&#xFFFF;"
            default: reference = ""
            }
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start..<index]))
            if byte < 0x20 { appendReference(byte) } else { markup(reference) }
            index += length
            start = index
        }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: utf8[start...]))
    }

    private mutating func appendReference(_ control: UInt8) {
        markup("&#x")
        if control >= 0x10 { bytes.append(0x31) }
        let low = control & 0x0F
        bytes.append(low < 10 ? 0x30 + low : 0x37 + low)
        markup(";")
    }

    private static let escapedBelow64: UInt64 = 0xFFFF_FFFF | 1 << 0x22 | 1 << 0x26 | 1 << 0x3C | 1 << 0x3E
}
