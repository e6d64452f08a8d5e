/// Follows one HTTP/1.1 response after another on a connection, looking at no more of it than where it ends.
struct ResponseParser {
    private enum State {
        case head
        case body(remaining: Int)
        case chunkSize(value: Int, inExtension: Bool)
        case chunk(remaining: Int)
        case trailer(lineLength: Int)
        case complete
        case broken
    }

    private(set) var status = 0
    private(set) var bodyBytes = 0
    /// The beginning of an error's document.
    private(set) var errorText: [UInt8] = []
    /// The server will close the connection after this response.
    private(set) var closes = false

    private var state = State.head
    private var head: [UInt8] = []
    private var isHead = false

    var isComplete: Bool { if case .complete = state { true } else { false } }
    var isBroken: Bool { if case .broken = state { true } else { false } }
    var isSuccess: Bool { (200..<300).contains(status) }

    /// What went wrong, for a person: the status and the beginning of the document.
    var failure: String { "HTTP \(status) \(String(decoding: errorText, as: UTF8.self))" }

    /// Body bytes that may be dropped unseen, by ``skip(_:)``.
    var skippable: Int {
        guard case .body(let remaining) = state, isSuccess else { return 0 }
        return remaining
    }

    /// Gets ready for the answer to the next request.
    mutating func begin(isHead: Bool) {
        state = .head
        head.removeAll(keepingCapacity: true)
        errorText.removeAll(keepingCapacity: true)
        bodyBytes = 0
        status = 0
        closes = false
        self.isHead = isHead
    }

    mutating func skip(_ count: Int) {
        guard case .body(let remaining) = state else { return }
        bodyBytes += count
        state = remaining == count ? .complete : .body(remaining: remaining - count)
    }

    /// Takes what has arrived.
    ///
    /// Bytes after the end make the response broken: nothing is pipelined here.
    mutating func feed(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        while !rest.isEmpty {
            switch state {
            case .head: takeHead(&rest)
            case .body(let remaining):
                let count = min(remaining, rest.count)
                take(count, &rest)
                state = remaining == count ? .complete : .body(remaining: remaining - count)
            case .chunkSize(let value, let inExtension): takeChunkSize(value, inExtension, &rest)
            case .chunk(let remaining):
                // `remaining` counts the line end behind the data too.
                let count = min(remaining, rest.count)
                take(min(count, max(0, remaining - 2)), &rest)
                rest = rest.dropFirst(count - min(count, max(0, remaining - 2)))
                state =
                    remaining == count ? .chunkSize(value: 0, inExtension: false) : .chunk(remaining: remaining - count)
            case .trailer(let lineLength): takeTrailer(lineLength, &rest)
            case .complete, .broken:
                state = .broken
                return
            }
        }
    }

    private mutating func take(_ count: Int, _ rest: inout Slice<UnsafeRawBufferPointer>) {
        bodyBytes += count
        if !isSuccess, errorText.count < 600 { errorText += rest.prefix(min(count, 600)) }
        rest = rest.dropFirst(count)
    }

    private mutating func takeChunkSize(
        _ value: Int, _ inExtension: Bool, _ rest: inout Slice<UnsafeRawBufferPointer>
    ) {
        let byte = rest[rest.startIndex]
        rest = rest.dropFirst()
        switch byte {
        case 0x0A: state = value == 0 ? .trailer(lineLength: 0) : .chunk(remaining: value + 2)
        case 0x0D: break
        default:
            if !inExtension, let digit = Character(UnicodeScalar(byte)).hexDigitValue, value < 1 << 40 {
                state = .chunkSize(value: value << 4 | digit, inExtension: false)
            } else {
                state = .chunkSize(value: value, inExtension: true)
            }
        }
    }

    private mutating func takeTrailer(_ lineLength: Int, _ rest: inout Slice<UnsafeRawBufferPointer>) {
        let byte = rest[rest.startIndex]
        rest = rest.dropFirst()
        switch byte {
        case 0x0A: state = lineLength == 0 ? .complete : .trailer(lineLength: 0)
        case 0x0D: break
        default: state = .trailer(lineLength: lineLength + 1)
        }
    }

    private mutating func takeHead(_ rest: inout Slice<UnsafeRawBufferPointer>) {
        let line = Array("\r\n\r\n".utf8)
        let searched = max(0, head.count - 3)
        let before = head.count
        head += rest
        guard let end = Self.find(line, in: head, from: searched) else {
            rest = rest.dropFirst(rest.count)
            if head.count > 65536 { state = .broken }
            return
        }
        rest = rest.dropFirst(end + 4 - before)
        head.removeSubrange((end + 2)...)
        interpretHead()
    }

    /// Reads the status and what tells the body's end; ``head`` holds whole lines.
    private mutating func interpretHead() {
        guard head.count > 12, head.starts(with: "HTTP/1.".utf8) else {
            state = .broken
            return
        }
        status = number(in: 9..<12)
        var length: Int?
        var isChunked = false
        var start = 0
        while start < head.count, let end = head[start...].firstIndex(of: 0x0A) {
            // No allocation here: this runs once a response on the cores that are measured.
            if let value = value(of: "content-length:", in: start..<end) { length = number(in: value) }
            if value(of: "transfer-encoding:", in: start..<end) != nil { isChunked = true }
            if value(of: "connection: close", in: start..<end) != nil { closes = true }
            start = end + 1
        }
        if (100..<200).contains(status) {
            begin(isHead: isHead)
        } else if isHead || status == 204 || status == 304 || (length == 0 && !isChunked) {
            state = .complete
        } else if isChunked {
            state = .chunkSize(value: 0, inExtension: false)
        } else if let length {
            state = .body(remaining: length)
        } else {
            state = .broken
        }
    }

    /// Where the line's content after `prefix`, in whatever case, lies; nil if it begins with something else.
    private func value(of prefix: StaticString, in line: Range<Int>) -> Range<Int>? {
        let count = prefix.utf8CodeUnitCount
        guard line.count >= count else { return nil }
        for offset in 0..<count where head[line.lowerBound + offset] | 0x20 != prefix.utf8Start[offset] | 0x20 {
            return nil
        }
        return (line.lowerBound + count)..<line.upperBound
    }

    private func number(in range: Range<Int>) -> Int {
        var number = 0
        for index in range where (0x30...0x39).contains(head[index]) {
            number = number &* 10 &+ Int(head[index] - 0x30)
        }
        return number
    }

    private static func find(_ pattern: [UInt8], in bytes: [UInt8], from start: Int) -> Int? {
        guard bytes.count >= pattern.count else { return nil }
        return (start...(bytes.count - pattern.count)).first { index in
            bytes[index] == pattern[0] && bytes[index..<(index + pattern.count)].elementsEqual(pattern)
        }
    }
}
