/// A string of a JSON document: well-formed, as it stands between the quotation marks, in borrowed memory.
package struct JSONString {
    package let bytes: UnsafeBufferPointer<UInt8>
    package let hasEscapes: Bool

    /// The text, if all of it is Unicode: UTF-8, and no half of a surrogate pair among its escapes.
    var strictText: String? {
        guard hasEscapes else { return String(validating: bytes, as: UTF8.self) }
        var hasHalves = false
        let text = unescaped { hasHalves = true }
        return hasHalves ? nil : String(validating: text, as: UTF8.self)
    }

    /// The text in UTF-8; half a surrogate pair becomes U+FFFD.
    package var unescaped: [UInt8] { unescaped {} }

    private func unescaped(_ foundHalf: () -> Void) -> [UInt8] {
        guard hasEscapes else { return Array(bytes) }
        var text: [UInt8] = []
        // In one piece: it may be a secret, and growing would leave parts of it behind.
        text.reserveCapacity(bytes.count)
        var position = 0
        while position < bytes.count {
            guard bytes[position] == UInt8(ascii: "\\") else {
                text.append(bytes[position])
                position += 1
                continue
            }
            switch bytes[position + 1] {
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0c)
            case UInt8(ascii: "n"): text.append(0x0a)
            case UInt8(ascii: "r"): text.append(0x0d)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"):
                let (scalar, count) = scalar(at: position)
                if scalar == nil { foundHalf() }
                text.append(contentsOf: scalar.flatMap(UTF8.encode) ?? UTF8.encodedReplacementCharacter)
                position += count
                continue
            case let character: text.append(character)
            }
            position += 2
        }
        return text
    }

    /// The character that the `\u` at `position` begins, `nil` for half of one, and how many bytes its spelling has: 6, or
    /// 12 for a pair.
    private func scalar(at position: Int) -> (Unicode.Scalar?, Int) {
        let first = codeUnit(at: position + 2)
        if let scalar = Unicode.Scalar(first) { return (scalar, 6) }
        let next = position + 6
        let isPair =
            first < 0xdc00 && next + 6 <= bytes.count && bytes[next] == UInt8(ascii: "\\")
            && bytes[next + 1] == UInt8(ascii: "u")
        guard isPair, case let second = codeUnit(at: next + 2), 0xdc00...0xdfff ~= second else {
            return (nil, 6)
        }
        let value = 0x10000 + (first - 0xd800) << 10 + (second - 0xdc00)
        return (Unicode.Scalar(value), 12)
    }

    private func codeUnit(at position: Int) -> UInt32 {
        bytes[position..<position + 4].reduce(0) { $0 << 4 | UInt32(Self.hexValue($1) ?? 0) }
    }

    static func hexValue(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}

/// A member's name, valid as long as the document's memory is lent.
package struct JSONName {
    let string: JSONString

    init(_ string: JSONString) { self.string = string }

    package var text: String { String(decoding: string.unescaped, as: UTF8.self) }

    /// Whether the name is `expected`, given in lower case, in whatever case the document has it.
    package static func ~= (expected: StaticString, name: JSONName) -> Bool {
        guard !name.string.hasEscapes else { return name.text.lowercased() == "\(expected)" }
        let bytes = name.string.bytes
        guard bytes.count == expected.utf8CodeUnitCount else { return false }
        for index in 0..<bytes.count {
            let isCapital = UInt8(ascii: "A")...UInt8(ascii: "Z") ~= bytes[index]
            guard (isCapital ? bytes[index] | 0x20 : bytes[index]) == expected.utf8Start[index] else { return false }
        }
        return true
    }
}
