import NIOCore

/// The bytes of a connection that nobody has asked for yet, given out one whole head or one piece of body at a time.
struct RequestInput {
    enum HeadStep {
        case needsMoreBytes
        case head(RequestHead)
        case fault(HTTPFault)
    }

    enum BodyStep {
        case needsMoreBytes
        /// So many bytes were taken.
        case piece(Int)
        /// The same, and the body is whole.
        case final(Int)
        case malformed
    }

    private var framing: MessageFraming
    private var waiting = ByteBuffer()

    init(limits: HTTPLimits) {
        framing = MessageFraming(limits: limits)
    }

    /// What the last head said.
    var summary: HeadSummary { framing.head.summary }

    /// Of the head that is being read, or that was refused, once its request line has been found to be one.
    var requestLine: (method: String, target: String)? {
        waiting.withUnsafeReadableBytes { framing.requestLine($0) }
    }

    var isEmpty: Bool { waiting.readableBytes == 0 }

    var waitingBytes: Int { waiting.readableBytes }

    /// Bytes of the current body that have not been taken; nil when it is chunked.
    var remainingBodyBytes: Int64? { framing.remainingBodyBytes }

    mutating func append(_ bytes: ByteBuffer) {
        if isEmpty {
            waiting = bytes
        } else {
            var bytes = bytes
            waiting.writeBuffer(&bytes)
        }
    }

    /// Throws away what waits.
    mutating func discard() {
        waiting = ByteBuffer()
    }

    mutating func takeHead() -> HeadStep {
        while !isEmpty {
            var head: RequestHead?
            let step = waiting.withUnsafeReadableBytes { bytes in
                let step = framing.next(bytes)
                if case .head = step { head = RequestHead(framing.head, bytes) }
                return step
            }
            switch step {
            case .skip(let count):
                drop(count)
            case .head(let count):
                drop(count)
                return head.map { .head($0) } ?? .needsMoreBytes
            case .needsMoreBytes: return .needsMoreBytes
            case .fault(let fault): return .fault(fault)
            case .body, .malformedBody: return .fault(.malformedRequestLine)
            }
        }
        return .needsMoreBytes
    }

    /// Takes what has come of the body and gives it to `deliver`.
    mutating func takeBody(_ deliver: (ByteBuffer) -> Void) -> BodyStep {
        guard !isEmpty else { return .needsMoreBytes }
        let step = waiting.withUnsafeReadableBytes { framing.next($0) }
        switch step {
        case .body(let count, let position):
            let start = waiting.readerIndex
            if let ranges = framing.bodyRanges {
                for range in ranges {
                    waiting.getSlice(at: start + range.lowerBound, length: range.count).map(deliver)
                }
            } else {
                waiting.getSlice(at: start, length: count).map(deliver)
            }
            drop(count)
            return position == .final ? .final(count) : .piece(count)
        case .needsMoreBytes: return .needsMoreBytes
        case .malformedBody, .skip, .head, .fault: return .malformed
        }
    }

    private mutating func drop(_ count: Int) {
        waiting.moveReaderIndex(forwardBy: count)
        // Lets the receive buffer go as soon as its last reader is done with it.
        if isEmpty { waiting = ByteBuffer() }
    }
}
