/// Decompression of DEFLATE (RFC 1951) of what is in memory already, into no more than so many bytes.
///
/// For the small archives of administration: tens of megabytes a second, and no library.
struct Inflater {
    /// The data are not DEFLATE's, end early, or make more bytes than they may.
    struct Malformed: Error {}

    private let input: ArraySlice<UInt8>
    private let limit: Int
    private var position: Int
    private var bits: UInt32 = 0
    private var bitCount = 0
    private var output: [UInt8] = []

    /// - Parameter limit: bytes that come out at most.
    static func inflate(_ input: ArraySlice<UInt8>, limit: Int) throws(Malformed) -> [UInt8] {
        var inflater = Inflater(input, limit: limit)
        var isLast = false
        while !isLast {
            isLast = try inflater.take(1) == 1
            switch try inflater.take(2) {
            case 0: try inflater.copyStored()
            case 1: try inflater.inflate(fixedLengths, fixedDistances)
            case 2:
                let (lengths, distances) = try inflater.takeCodes()
                try inflater.inflate(lengths, distances)
            default: throw Malformed()
            }
        }
        return inflater.output
    }

    private init(_ input: ArraySlice<UInt8>, limit: Int) {
        self.input = input
        self.limit = limit
        position = input.startIndex
    }

    // MARK: Bits

    private mutating func take(_ count: Int) throws(Malformed) -> Int {
        while bitCount < count {
            guard position < input.endIndex else { throw Malformed() }
            bits |= UInt32(input[position]) << UInt32(bitCount)
            position += 1
            bitCount += 8
        }
        let value = bits & ((1 << UInt32(count)) - 1)
        bits >>= UInt32(count)
        bitCount -= count
        return Int(value)
    }

    private mutating func append(_ byte: UInt8) throws(Malformed) {
        guard output.count < limit else { throw Malformed() }
        output.append(byte)
    }

    private mutating func copyStored() throws(Malformed) {
        bits = 0
        bitCount = 0
        let length = try take(16)
        let complement = try take(16)
        guard length == ~complement & 0xFFFF, position + length <= input.endIndex, output.count + length <= limit else {
            throw Malformed()
        }
        output.append(contentsOf: input[position..<position + length])
        position += length
    }

    // MARK: Codes

    /// A canonical Huffman code, searched bit by bit.
    private struct Code {
        /// How many symbols have codes of so many bits, from 0 to 15.
        private(set) var counts = [Int](repeating: 0, count: 16)
        private(set) var symbols: [UInt16]

        /// - Throws: for more codes than there can be.
        init(_ lengths: [UInt8]) throws(Malformed) {
            for length in lengths { counts[Int(length)] += 1 }
            var left = 1
            for length in 1...15 {
                left = left << 1 - counts[length]
                guard left >= 0 else { throw Malformed() }
            }
            var offsets = [Int](repeating: 0, count: 16)
            for length in 1..<15 { offsets[length + 1] = offsets[length] + counts[length] }
            symbols = [UInt16](repeating: 0, count: lengths.count)
            for (symbol, length) in lengths.enumerated() where length > 0 {
                symbols[offsets[Int(length)]] = UInt16(symbol)
                offsets[Int(length)] += 1
            }
        }
    }

    private mutating func takeSymbol(_ code: Code) throws(Malformed) -> Int {
        var value = 0
        var first = 0
        var index = 0
        for length in 1...15 {
            value |= try take(1)
            let count = code.counts[length]
            if value - count < first { return Int(code.symbols[index + value - first]) }
            index += count
            first = (first + count) << 1
            value <<= 1
        }
        throw Malformed()
    }

    private static let fixedLengths: Code = {
        let lengths =
            [UInt8](repeating: 8, count: 144) + [UInt8](repeating: 9, count: 112) + [UInt8](repeating: 7, count: 24)
            + [UInt8](repeating: 8, count: 8)
        return code(lengths)
    }()
    private static let fixedDistances = code([UInt8](repeating: 5, count: 30))

    private static func code(_ lengths: [UInt8]) -> Code {
        do { return try Code(lengths) } catch { preconditionFailure("the fixed codes are codes") }
    }

    private static let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

    private mutating func takeCodes() throws(Malformed) -> (lengths: Code, distances: Code) {
        let lengthCount = try take(5) + 257
        let distanceCount = try take(5) + 1
        let codeCount = try take(4) + 4
        guard lengthCount <= 286, distanceCount <= 30 else { throw Malformed() }
        var lengths = [UInt8](repeating: 0, count: 19)
        for index in 0..<codeCount { lengths[Self.order[index]] = UInt8(try take(3)) }
        let code = try Code(lengths)
        var all: [UInt8] = []
        while all.count < lengthCount + distanceCount {
            let symbol = try takeSymbol(code)
            switch symbol {
            case 0..<16: all.append(UInt8(symbol))
            case 16:
                guard let last = all.last else { throw Malformed() }
                all += [UInt8](repeating: last, count: 3 + (try take(2)))
            case 17: all += [UInt8](repeating: 0, count: 3 + (try take(3)))
            default: all += [UInt8](repeating: 0, count: 11 + (try take(7)))
            }
        }
        // A block must be able to end.
        guard all.count == lengthCount + distanceCount, all[256] > 0 else { throw Malformed() }
        return (try Code(Array(all[..<lengthCount])), try Code(Array(all[lengthCount...])))
    }

    // MARK: Blocks

    private static let lengthBases = [
        3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227,
        258,
    ]
    private static let lengthBits = [
        0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
    ]
    private static let distanceBases = [
        1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097,
        6145,
        8193, 12289, 16385, 24577,
    ]
    private static let distanceBits = [
        0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
    ]

    private mutating func inflate(_ lengths: Code, _ distances: Code) throws(Malformed) {
        while true {
            let symbol = try takeSymbol(lengths)
            if symbol < 256 {
                try append(UInt8(symbol))
                continue
            }
            if symbol == 256 { return }
            guard symbol - 257 < Self.lengthBases.count else { throw Malformed() }
            let length = Self.lengthBases[symbol - 257] + (try take(Self.lengthBits[symbol - 257]))
            let place = try takeSymbol(distances)
            guard place < Self.distanceBases.count else { throw Malformed() }
            let distance = Self.distanceBases[place] + (try take(Self.distanceBits[place]))
            guard distance <= output.count else { throw Malformed() }
            for _ in 0..<length { try append(output[output.count - distance]) }
        }
    }
}
