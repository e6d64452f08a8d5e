import Cryptography

/// Decompresses a stream in Snappy's framing with blocks of S2, or of Snappy, which S2 extends.
///
/// Chunks: kind (1 byte) ‖ length (3, little-endian) ‖ bytes. A block's plaintext has 4 MiB at most, and its own check.
package struct S2Stream {
    package static let greatestBlock = 4 << 20
    /// Bytes of a chunk of data: that of a block that was not compressed, or grew.
    private static let greatestChunk = greatestBlock + greatestBlock / 6 + 64

    private var buffer = ByteQueue()
    /// Bytes of a chunk without data that are still to come.
    private var skipped = 0
    private var hasBegun = false

    package init() {}

    package mutating func append(_ bytes: ArraySlice<UInt8>) { buffer.append(bytes) }

    /// What the next chunk of data gives, which is not nothing; nil when there is none as far as bytes have come.
    ///
    /// One at a time: of few bytes many may become.
    package mutating func next() throws(DriveFault) -> [UInt8]? {
        while true {
            if skipped > 0 {
                let count = min(skipped, buffer.count)
                _ = buffer.take(count)
                skipped -= count
                if skipped > 0 { return nil }
            }
            guard buffer.count >= 4 else { return nil }
            let kind = buffer[0]
            let length = Int(buffer[1]) | Int(buffer[2]) << 8 | Int(buffer[3]) << 16
            switch kind {
            case 0xff:
                guard length == 6 else { throw Self.malformed("its head") }
                guard buffer.count >= 10 else { return nil }
                let name = buffer.take(10).dropFirst(4)
                guard name.elementsEqual("S2sTwO".utf8) || name.elementsEqual("sNaPpY".utf8) else {
                    throw Self.malformed("its head")
                }
                hasBegun = true
            case 0x00, 0x01:
                guard hasBegun, length >= 4, length <= Self.greatestChunk else { throw Self.malformed("a chunk") }
                guard buffer.count >= 4 + length else { return nil }
                let plaintext = try decodeChunk(buffer.take(4 + length)[4...], isCompressed: kind == 0)
                if !plaintext.isEmpty { return plaintext }
            case 0x80...0xfe:
                guard hasBegun else { throw Self.malformed("its head") }
                _ = buffer.take(4)
                skipped = length
            default: throw Self.malformed("a chunk of kind \(kind)")
            }
        }
    }

    package func finish() throws(DriveFault) {
        guard buffer.count == 0, skipped == 0 else { throw Self.malformed("it ends too early") }
    }

    fileprivate static func malformed(_ what: String) -> DriveFault { .damaged("compressed data: \(what)") }

    private func decodeChunk(_ chunk: ArraySlice<UInt8>, isCompressed: Bool) throws(DriveFault) -> [UInt8] {
        let claimed = chunk.prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        let body = chunk.dropFirst(4)
        let plaintext = isCompressed ? try S2Block.decode(body) : Array(body)
        guard plaintext.count <= Self.greatestBlock else { throw Self.malformed("a block of \(plaintext.count) bytes") }
        let sum = Checksum.of(plaintext, .crc32c).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard (sum >> 15 | sum << 17) &+ 0xa282_ead8 == claimed else { throw Self.malformed("a block's sum") }
        return plaintext
    }
}

/// One block: the length of the plaintext, then literals and copies of what came before.
private enum S2Block {
    static func decode(_ block: ArraySlice<UInt8>) throws(DriveFault) -> [UInt8] {
        var reader = BlockReader(bytes: block)
        var length = 0
        var shift = 0
        while true {
            let byte = try reader.next()
            guard shift < 28 else { throw S2Stream.malformed("a block's length") }
            length |= Int(byte & 0x7f) << shift
            shift += 7
            if byte < 0x80 { break }
        }
        guard length <= S2Stream.greatestBlock else { throw S2Stream.malformed("a block of \(length) bytes") }
        var output: [UInt8] = []
        output.reserveCapacity(length)
        var lastOffset = 0
        while !reader.isAtEnd {
            let tag = try reader.next()
            if tag & 3 == 0 {
                let literal = try reader.take(try literalLength(Int(tag >> 2), &reader))
                guard output.count + literal.count <= length else { throw S2Stream.malformed("a block is too long") }
                output += literal
            } else {
                let (offset, count) = try copy(tag, &reader, lastOffset)
                guard offset > 0, offset <= output.count, output.count + count <= length else {
                    throw S2Stream.malformed("a copy")
                }
                lastOffset = offset
                append(count, from: offset, to: &output)
            }
        }
        guard output.count == length else { throw S2Stream.malformed("a block is too short") }
        return output
    }

    private static func append(_ count: Int, from offset: Int, to output: inout [UInt8]) {
        let start = output.count - offset
        if offset >= count {
            output += output[start..<start + count]
        } else {
            // It overlaps what it gives.
            for index in 0..<count { output.append(output[start + index]) }
        }
    }

    private static func literalLength(_ code: Int, _ reader: inout BlockReader) throws(DriveFault) -> Int {
        code < 60 ? code + 1 : try reader.number(code - 59) + 1
    }

    private static func copy(
        _ tag: UInt8, _ reader: inout BlockReader, _ lastOffset: Int
    ) throws(DriveFault) -> (offset: Int, count: Int) {
        switch tag & 3 {
        case 1:
            let offset = Int(tag & 0xe0) << 3 | (try reader.number(1))
            let code = Int(tag >> 2 & 7)
            guard offset == 0 else { return (offset, code + 4) }
            // An offset of zero repeats the last one.
            let count =
                switch code {
                case 5: try reader.number(1) + 4
                case 6: try reader.number(2) + 256
                case 7: try reader.number(3) + 65_536
                default: code
                }
            return (lastOffset, count + 4)
        case 2: return (try reader.number(2), Int(tag >> 2) + 1)
        default: return (try reader.number(4), Int(tag >> 2) + 1)
        }
    }
}

private struct BlockReader {
    private let bytes: ArraySlice<UInt8>
    private var position: Int

    init(bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        position = bytes.startIndex
    }

    var isAtEnd: Bool { position == bytes.endIndex }

    package mutating func next() throws(DriveFault) -> UInt8 {
        guard position < bytes.endIndex else { throw S2Stream.malformed("a block ends too early") }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func take(_ count: Int) throws(DriveFault) -> ArraySlice<UInt8> {
        guard bytes.endIndex - position >= count else { throw S2Stream.malformed("a block ends too early") }
        defer { position += count }
        return bytes[position..<position + count]
    }

    /// A little-endian number.
    mutating func number(_ count: Int) throws(DriveFault) -> Int {
        try take(count).reversed().reduce(0) { $0 << 8 | Int($1) }
    }
}
