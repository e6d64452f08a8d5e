/// A text in which `*` stands for any text and `?` for any one character; nothing else is special.
///
/// Compared as bytes of UTF-8: two spellings of one character are two texts.
package struct GlobPattern: Sendable {
    /// A byte up to 255, ``anyText``, or ``anyCharacter``.
    package typealias Symbol = UInt16
    package static let anyText: Symbol = 256
    package static let anyCharacter: Symbol = 257

    private let symbols: [Symbol]

    package init(_ text: String) {
        symbols = text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "*"): Self.anyText
            case UInt8(ascii: "?"): Self.anyCharacter
            default: Symbol(byte)
            }
        }
    }

    package func matches(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { Self.matches(symbols, $0) }
    }

    /// Compares from the left, and goes back only to the last `*`: at most as many steps as the lengths multiplied.
    package static func matches(_ pattern: [Symbol], _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var (place, position) = (0, 0)
        var last: (place: Int, position: Int)?
        while position < text.count {
            if place < pattern.count, pattern[place] == anyText {
                last = (place, position)
                place += 1
            } else if place < pattern.count, let next = step(pattern[place], text, position) {
                place += 1
                position = next
            } else if let back = last {
                last = (back.place, back.position + 1)
                (place, position) = (back.place + 1, back.position + 1)
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == anyText }
    }

    /// The position behind what one symbol matches; `nil` when it does not.
    private static func step(_ symbol: Symbol, _ text: UnsafeBufferPointer<UInt8>, _ position: Int) -> Int? {
        guard symbol == anyCharacter else { return symbol == Symbol(text[position]) ? position + 1 : nil }
        // A character may be several bytes, and begins with the first of them.
        guard !isContinuation(text[position]) else { return nil }
        var next = position + 1
        while next < text.count, isContinuation(text[next]) { next += 1 }
        return next
    }

    private static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
}
