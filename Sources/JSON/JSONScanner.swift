package enum JSONKind: Sendable { case object, array, string, number, bool, null }

/// Reads one JSON value after the other, without a tree, from memory that it borrows.
///
/// Lenient as Go's decoder is: `null` is no value (every `read` answers `nil` for it), the caller stops after the first
/// document, text that is not UTF-8 is repaired. Nesting is bounded by ``maximumDepth``; skipping a value takes no
/// recursion.
package struct JSONScanner {
    package static let maximumDepth = 10_000

    private let bytes: UnsafeBufferPointer<UInt8>
    private var position = 0

    package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes.bindMemory(to: UInt8.self) }

    /// Reads an object: `read` gets each member's name and answers whether it took the value; else it is skipped.
    package mutating func readObject(
        _ read: (JSONName, inout JSONScanner) throws(JSONError) -> Bool
    ) throws(JSONError) {
        guard try !readNull() else { return }
        try expect(UInt8(ascii: "{"), "an object")
        guard try !take(UInt8(ascii: "}")) else { return }
        repeat {
            let name = try readName()
            if try !read(name, &self) { try skipValue() }
        } while try take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "}"), "the end of an object")
    }

    /// Reads an array: `read` takes each element.
    package mutating func readArray(
        _ read: (inout JSONScanner) throws(JSONError) -> Void
    ) throws(JSONError) {
        guard try !readNull() else { return }
        try expect(UInt8(ascii: "["), "an array")
        guard try !take(UInt8(ascii: "]")) else { return }
        repeat { try read(&self) } while try take(UInt8(ascii: ","))
        try expect(UInt8(ascii: "]"), "the end of an array")
    }

    package mutating func readText() throws(JSONError) -> String? {
        try readString().map { String(decoding: $0.unescaped, as: UTF8.self) }
    }

    /// A string as it stands there, for secrets: nothing is copied.
    package mutating func readString() throws(JSONError) -> JSONString? {
        guard try !readNull() else { return nil }
        return try takeString()
    }

    /// Where in the document the next value begins, in bytes; white space may come first.
    package var offset: Int { position }

    /// What kind of value comes next.
    package mutating func peekKind() throws(JSONError) -> JSONKind {
        switch try peek() {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .bool
        case UInt8(ascii: "n"): .null
        default: .number
        }
    }

    /// A number as it is spelt.
    package mutating func readNumber() throws(JSONError) -> String? {
        guard try !readNull() else { return nil }
        let start = position
        try skipNumber()
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    package mutating func readInteger() throws(JSONError) -> Int? {
        guard try !readNull() else { return nil }
        let start = position
        guard let text = try readNumber() else { return nil }
        guard let number = Int(text) else {
            throw JSONError("the number at offset \(start) is not an integer of 64 bits")
        }
        return number
    }

    package mutating func readBool() throws(JSONError) -> Bool? {
        guard try !readNull() else { return nil }
        switch try peek() {
        case UInt8(ascii: "t"):
            try skipLiteral("true")
            return true
        case UInt8(ascii: "f"):
            try skipLiteral("false")
            return false
        default: throw unexpected("true or false")
        }
    }

    /// Passes over a value of any kind, which has to be well-formed.
    package mutating func skipValue() throws(JSONError) {
        // What closes each array and object that is open.
        var closings: [UInt8] = []
        repeat {
            switch try peek() {
            case UInt8(ascii: "{"):
                position += 1
                if try !take(UInt8(ascii: "}")) {
                    try open(UInt8(ascii: "}"), in: &closings)
                    _ = try readName()
                    continue
                }
            case UInt8(ascii: "["):
                position += 1
                if try !take(UInt8(ascii: "]")) {
                    try open(UInt8(ascii: "]"), in: &closings)
                    continue
                }
            case UInt8(ascii: "\""): _ = try takeString()
            case UInt8(ascii: "t"): try skipLiteral("true")
            case UInt8(ascii: "f"): try skipLiteral("false")
            case UInt8(ascii: "n"): try skipLiteral("null")
            default: try skipNumber()
            }
            while let closing = closings.last {
                if try take(UInt8(ascii: ",")) {
                    if closing == UInt8(ascii: "}") { _ = try readName() }
                    break
                }
                try expect(closing, "a comma or the end")
                closings.removeLast()
            }
        } while !closings.isEmpty
    }

    /// Throws when anything but white space follows.
    package mutating func readEnd() throws(JSONError) {
        while position < bytes.count {
            guard [0x20, 0x0a, 0x0d, 0x09].contains(bytes[position]) else { throw unexpected("the end") }
            position += 1
        }
    }

    private mutating func open(_ closing: UInt8, in closings: inout [UInt8]) throws(JSONError) {
        guard closings.count < Self.maximumDepth else { throw JSONError("nested too deeply") }
        closings.append(closing)
    }

    private mutating func readName() throws(JSONError) -> JSONName {
        guard try peek() == UInt8(ascii: "\"") else { throw unexpected("a member's name") }
        let string = try takeString()
        try expect(UInt8(ascii: ":"), "a colon")
        return JSONName(string)
    }

    private mutating func takeString() throws(JSONError) -> JSONString {
        try expect(UInt8(ascii: "\""), "a string")
        let start = position
        var hasEscapes = false
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                defer { position += 1 }
                return JSONString(bytes: UnsafeBufferPointer(rebasing: bytes[start..<position]), hasEscapes: hasEscapes)
            }
            guard byte >= 0x20 else { throw unexpected("a string's character") }
            position += 1
            if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                try skipEscape()
            }
        }
        throw JSONError("unexpected end of JSON input")
    }

    private mutating func skipEscape() throws(JSONError) {
        guard position < bytes.count else { throw JSONError("unexpected end of JSON input") }
        switch bytes[position] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            position += 1
            for _ in 0..<4 {
                guard position < bytes.count, JSONString.hexValue(bytes[position]) != nil else {
                    throw unexpected("four hexadecimal digits")
                }
                position += 1
            }
        default: throw unexpected("an escape")
        }
    }

    private mutating func skipNumber() throws(JSONError) {
        if position < bytes.count, bytes[position] == UInt8(ascii: "-") { position += 1 }
        if position < bytes.count, bytes[position] == UInt8(ascii: "0") {
            position += 1
        } else {
            try skipDigits("a value")
        }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            try skipDigits("a digit")
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
                position += 1
            }
            try skipDigits("a digit")
        }
    }

    private mutating func skipDigits(_ expected: StaticString) throws(JSONError) {
        let start = position
        while position < bytes.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[position] { position += 1 }
        guard position > start else { throw unexpected(expected) }
    }

    /// Whether the value is `null`, which is passed over; afterwards the position is at the value, past white space.
    private mutating func readNull() throws(JSONError) -> Bool {
        guard try peek() == UInt8(ascii: "n") else { return false }
        try skipLiteral("null")
        return true
    }

    private mutating func skipLiteral(_ literal: StaticString) throws(JSONError) {
        for offset in 0..<literal.utf8CodeUnitCount {
            guard position < bytes.count, bytes[position] == literal.utf8Start[offset] else {
                throw unexpected(literal)
            }
            position += 1
        }
    }

    private mutating func take(_ character: UInt8) throws(JSONError) -> Bool {
        guard try peek() == character else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ character: UInt8, _ meaning: StaticString) throws(JSONError) {
        guard try take(character) else { throw unexpected(meaning) }
    }

    /// The next byte that is not white space.
    private mutating func peek() throws(JSONError) -> UInt8 {
        while position < bytes.count {
            let byte = bytes[position]
            guard byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 else { return byte }
            position += 1
        }
        throw JSONError("unexpected end of JSON input")
    }

    /// What stands at the position is never quoted: it may be part of a secret.
    private func unexpected(_ expected: StaticString) -> JSONError {
        JSONError("expected \(expected) at offset \(position)")
    }
}
