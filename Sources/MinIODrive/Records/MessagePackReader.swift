/// Reads MessagePack from memory, value by value, in the order in which they stand.
///
/// Nothing is built of what is not asked for: a document takes no memory beyond its bytes, however it is nested, and a
/// count is believed only as far as there are bytes left for it. Every method throws ``DriveFault/damaged(_:)`` for a
/// value of another kind and for an end in its midst.
package struct MessagePackReader {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    package init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    package init(_ bytes: [UInt8]) { self.init(bytes[...]) }

    package var isAtEnd: Bool { position == bytes.endIndex }
    /// Where the next value begins in the bytes given.
    package var offset: Int { position }

    private static func malformed(_ what: String) -> DriveFault { .damaged("a record: \(what)") }

    private var left: Int { bytes.endIndex - position }

    private mutating func byte() throws(DriveFault) -> UInt8 {
        guard position < bytes.endIndex else { throw Self.malformed("it ends too early") }
        defer { position += 1 }
        return bytes[position]
    }

    private mutating func number(ofBytes count: Int) throws(DriveFault) -> UInt64 {
        guard left >= count else { throw Self.malformed("it ends too early") }
        defer { position += count }
        return bytes[position..<position + count].reduce(0) { $0 << 8 | UInt64($1) }
    }

    package mutating func take(_ count: Int) throws(DriveFault) -> ArraySlice<UInt8> {
        guard count >= 0, left >= count else { throw Self.malformed("it ends too early") }
        defer { position += count }
        return bytes[position..<position + count]
    }

    /// True, and behind it, where the next value is nil.
    package mutating func takeNil() -> Bool {
        guard position < bytes.endIndex, bytes[position] == 0xc0 else { return false }
        position += 1
        return true
    }

    package mutating func readBool() throws(DriveFault) -> Bool {
        switch try byte() {
        case 0xc2: return false
        case 0xc3: return true
        default: throw Self.malformed("not a truth value")
        }
    }

    /// An integer of any width.
    package mutating func readInteger() throws(DriveFault) -> Int64 {
        let head = try byte()
        switch head {
        case 0x00...0x7f: return Int64(head)
        case 0xe0...0xff: return Int64(Int8(bitPattern: head))
        case 0xcc...0xcf:
            let value = try number(ofBytes: 1 << Int(head - 0xcc))
            guard let signed = Int64(exactly: value) else { throw Self.malformed("a number is too great") }
            return signed
        case 0xd0: return Int64(Int8(truncatingIfNeeded: try number(ofBytes: 1)))
        case 0xd1: return Int64(Int16(truncatingIfNeeded: try number(ofBytes: 2)))
        case 0xd2: return Int64(Int32(truncatingIfNeeded: try number(ofBytes: 4)))
        case 0xd3: return Int64(bitPattern: try number(ofBytes: 8))
        default: throw Self.malformed("not an integer")
        }
    }

    /// The bytes of a binary value or of a text.
    package mutating func readBytes() throws(DriveFault) -> ArraySlice<UInt8> {
        let head = try byte()
        switch head {
        case 0xa0...0xbf: return try take(Int(head & 31))
        case 0xc4...0xc6: return try take(Int(try number(ofBytes: 1 << Int(head - 0xc4))))
        case 0xd9...0xdb: return try take(Int(try number(ofBytes: 1 << Int(head - 0xd9))))
        default: throw Self.malformed("not a text")
        }
    }

    package mutating func readText() throws(DriveFault) -> String {
        guard let text = String(validating: try readBytes(), as: UTF8.self) else {
            throw Self.malformed("a text that is not Unicode")
        }
        return text
    }

    /// How many elements follow; at most `limit`.
    package mutating func readArray(limit: Int) throws(DriveFault) -> Int {
        try readCount(short: 0x90...0x9f, long: 0xdc, "a list", limit: limit)
    }

    /// How many pairs follow; at most `limit`.
    package mutating func readMap(limit: Int) throws(DriveFault) -> Int {
        try readCount(short: 0x80...0x8f, long: 0xde, "a map", limit: limit)
    }

    /// A count of 4 bits in the head itself, or of 16 or 32 behind it.
    private mutating func readCount(
        short: ClosedRange<UInt8>, long: UInt8, _ what: String, limit: Int
    ) throws(DriveFault) -> Int {
        let head = try byte()
        let count: Int
        switch head {
        case short: count = Int(head & 15)
        case long: count = Int(try number(ofBytes: 2))
        case long + 1: count = Int(try number(ofBytes: 4))
        default: throw Self.malformed("not \(what)")
        }
        guard count <= limit, count <= left else { throw Self.malformed("\(what) of \(count)") }
        return count
    }

    /// A time of MinIO's: extension 5, seconds since 1970 and nanoseconds.
    ///
    /// - Returns: milliseconds since 1970; nil for the year 1, which stands for no time.
    package mutating func readTime() throws(DriveFault) -> Int64? {
        guard try byte() == 0xc7, try byte() == 12, try byte() == 5 else { throw Self.malformed("not a time") }
        let seconds = Int64(bitPattern: try number(ofBytes: 8))
        let nanoseconds = Int64(try number(ofBytes: 4))
        guard (0..<1 << 40).contains(seconds) else { return nil }
        return seconds * 1000 + nanoseconds / 1_000_000
    }

    /// Passes over one value, whatever it is.
    package mutating func skip() throws(DriveFault) {
        // Counted, not nested: no document makes the stack grow.
        var pending: UInt64 = 1
        while pending > 0 {
            pending -= 1
            let head = try byte()
            switch head {
            case 0x00...0x7f, 0xe0...0xff, 0xc0, 0xc2, 0xc3: break
            case 0x80...0x8f: pending += 2 * UInt64(head & 15)
            case 0x90...0x9f: pending += UInt64(head & 15)
            case 0xa0...0xbf: _ = try take(Int(head & 31))
            case 0xc1: throw Self.malformed("a value of no kind")
            case 0xc4...0xc6: _ = try take(Int(try number(ofBytes: 1 << Int(head - 0xc4))))
            case 0xc7...0xc9: _ = try take(Int(try number(ofBytes: 1 << Int(head - 0xc7))) + 1)
            case 0xca: _ = try take(4)
            case 0xcb: _ = try take(8)
            case 0xcc...0xcf: _ = try take(1 << Int(head - 0xcc))
            case 0xd0...0xd3: _ = try take(1 << Int(head - 0xd0))
            case 0xd4...0xd8: _ = try take(1 + (1 << Int(head - 0xd4)))
            case 0xd9...0xdb: _ = try take(Int(try number(ofBytes: 1 << Int(head - 0xd9))))
            case 0xdc: pending += try number(ofBytes: 2)
            case 0xdd: pending += try number(ofBytes: 4)
            case 0xde: pending += 2 * (try number(ofBytes: 2))
            case 0xdf: pending += 2 * (try number(ofBytes: 4))
            default: throw Self.malformed("a value of no kind")
            }
            // Each value has a byte at least.
            guard pending <= UInt64(left) else { throw Self.malformed("it ends too early") }
        }
    }
}
