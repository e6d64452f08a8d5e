/// The strict grammar of a chunked body: `hex CRLF data CRLF … 0 CRLF trailers CRLF`.
///
/// Sizes have at most 15 digits, extensions are passed over, lines end in CRLF and nothing else.
struct ChunkFraming {
    private enum State {
        case size
        case data(remaining: Int64)
        case dataEnd
        case trailers
    }

    /// Bytes of a size line, its extensions included.
    private static let sizeLineBytes = 256

    private var state = State.size
    private var trailerBytes = 0
    private var trailerCount = 0
    private let limits: HTTPLimits
    /// Which of the bytes that the last step let go on are the body's own.
    private(set) var data: [Range<Int>] = []

    init(limits: HTTPLimits) {
        self.limits = limits
    }

    /// Takes as much as is whole: data as it comes, lines only complete.
    mutating func next(_ bytes: UnsafeRawBufferPointer) -> MessageFraming.Step {
        var taken = 0
        data.removeAll(keepingCapacity: true)
        while true {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[taken...])
            switch state {
            case .data(let remaining):
                guard rest.count > 0 else { return progress(taken) }
                let count = min(remaining, Int64(rest.count))
                data.append(taken..<(taken + Int(count)))
                taken += Int(count)
                state = count == remaining ? .dataEnd : .data(remaining: remaining - count)
            case .dataEnd:
                guard rest.count >= 2 else {
                    return rest.first.map { $0 == .carriageReturn } == false ? .malformedBody : progress(taken)
                }
                guard rest[0] == .carriageReturn, rest[1] == .lineFeed else { return .malformedBody }
                taken += 2
                state = .size
            case .size:
                guard let end = rest.firstLineEnd() else {
                    return rest.count > Self.sizeLineBytes ? .malformedBody : progress(taken)
                }
                guard end <= Self.sizeLineBytes, let size = Self.size(UnsafeRawBufferPointer(rebasing: rest[...end]))
                else { return .malformedBody }
                taken += end + 1
                state = size == 0 ? .trailers : .data(remaining: size)
            case .trailers:
                guard let end = rest.firstLineEnd() else {
                    return trailerBytes + rest.count > limits.headBytes ? .malformedBody : progress(taken)
                }
                let line = UnsafeRawBufferPointer(rebasing: rest[...end])
                taken += line.count
                if line.count == 2, line[0] == .carriageReturn { return .body(taken, .final) }
                trailerBytes += line.count
                trailerCount += 1
                guard trailerBytes <= limits.headBytes, trailerCount <= limits.headerCount,
                    HeaderLine(line) != nil
                else { return .malformedBody }
            }
        }
    }

    private func progress(_ taken: Int) -> MessageFraming.Step {
        taken == 0 ? .needsMoreBytes : .body(taken, .inner)
    }

    /// Reads a size line with its CRLF.
    private static func size(_ line: UnsafeRawBufferPointer) -> Int64? {
        guard line.count >= 3, line[line.count - 2] == .carriageReturn else { return nil }
        var size: Int64 = 0
        var digits = 0
        for byte in line.dropLast(2) {
            guard let digit = byte.hexDigitValue else {
                // What follows the digits can only be extensions.
                return digits > 0 && areExtensions(line.dropLast(2)[(line.startIndex + digits)...]) ? size : nil
            }
            digits += 1
            guard digits <= 15 else { return nil }
            size = size << 4 | Int64(digit)
        }
        return size
    }

    /// `;name`, `;name=value` or `;name="value"`, any number of them, without white space around their parts.
    private static func areExtensions(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
        var rest = bytes
        while rest.first == UInt8(ascii: ";") {
            let name = rest.dropFirst().prefix(while: \.isTokenByte)
            guard !name.isEmpty else { return false }
            rest = rest[name.endIndex...]
            guard rest.first == UInt8(ascii: "=") else { continue }
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "\"") {
                let text = rest.dropFirst().prefix { $0 >= 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\"") }
                guard text.endIndex < rest.endIndex, rest[text.endIndex] == UInt8(ascii: "\""),
                    !text.contains(UInt8(ascii: "\\"))
                else { return false }
                rest = rest[(text.endIndex + 1)...]
            } else {
                let value = rest.prefix(while: \.isTokenByte)
                guard !value.isEmpty else { return false }
                rest = rest[value.endIndex...]
            }
        }
        return rest.isEmpty
    }
}

extension UInt8 {
    static let carriageReturn = UInt8(ascii: "\r")
    static let lineFeed = UInt8(ascii: "\n")

    fileprivate var hexDigitValue: UInt8? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): self - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): self - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): self - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
