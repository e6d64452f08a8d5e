/// Fills memory that has been made large enough with the pieces of a response's head.
struct HeadWriter {
    private let bytes: UnsafeMutableRawBufferPointer
    private(set) var count = 0

    init(_ bytes: UnsafeMutableRawBufferPointer) {
        self.bytes = bytes
    }

    mutating func append(_ piece: UnsafeRawBufferPointer) {
        UnsafeMutableRawBufferPointer(rebasing: bytes[count...]).copyMemory(from: piece)
        count += piece.count
    }

    mutating func append(_ text: StaticString) {
        text.withUTF8Buffer { append(UnsafeRawBufferPointer($0)) }
    }

    mutating func append(_ text: String) {
        // A native string is read where it is.
        let isDone: Void? = text.utf8.withContiguousStorageIfAvailable { append(UnsafeRawBufferPointer($0)) }
        guard isDone == nil else { return }
        for byte in text.utf8 {
            bytes[count] = byte
            count += 1
        }
    }

    /// One header's line; control bytes become spaces, so that no value can end it.
    mutating func append(_ name: String, _ value: String) {
        let start = count
        append(name)
        append(UInt8(ascii: ":"), UInt8(ascii: " "))
        append(value)
        blankControls(from: start)
        append(UInt8(ascii: "\r"), UInt8(ascii: "\n"))
    }

    /// Two bytes, for which a call of the C library would be long.
    private mutating func append(_ first: UInt8, _ second: UInt8) {
        bytes[count] = first
        bytes[count + 1] = second
        count += 2
    }

    mutating func append(_ number: Int64) {
        guard number >= 0 else { return append(String(number)) }
        var digits = InlineArray<20, UInt8>(repeating: 0)
        var rest = number
        var first = digits.count
        repeat {
            first -= 1
            digits[first] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        } while rest > 0
        for index in first..<digits.count {
            bytes[count] = digits[index]
            count += 1
        }
    }

    mutating func append(length: Int64) {
        append("Content-Length: ")
        append(length)
        append("\r\n")
    }

    private mutating func blankControls(from start: Int) {
        let written = UnsafeRawBufferPointer(rebasing: bytes[start..<count])
        guard written.examined(below: 0x20).hasControl else { return }
        for index in start..<count where bytes[index] < 0x20 || bytes[index] == 0x7f {
            bytes[index] = UInt8(ascii: " ")
        }
    }
}
