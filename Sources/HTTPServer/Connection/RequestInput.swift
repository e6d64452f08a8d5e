import Cryptography
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
    /// What waits is the beginning of a head, in a buffer that has been made for it alone.
    private var isGathered = false

    private let secretHeaders: SecretHeaderNames

    init(limits: HTTPLimits, secretHeaders: SecretHeaderNames = .none) {
        framing = MessageFraming(limits: limits)
        self.secretHeaders = secretHeaders
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
        } else if framing.isInHead, !secretHeaders.isEmpty {
            appendToHead(bytes)
        } else {
            var bytes = bytes
            waiting.writeBuffer(&bytes)
        }
    }

    /// A buffer that grows leaves copies of what it held; a head that comes in several pieces is gathered in buffers that
    /// are wiped, since there is no telling yet whether it has a secret.
    private mutating func appendToHead(_ bytes: ByteBuffer) {
        var whole = waiting
        let count = waiting.readableBytes + bytes.readableBytes
        if isGathered, waiting.writableBytes >= bytes.readableBytes {
            // Alone, so that it is written to in place.
            waiting = ByteBuffer()
            whole.writeImmutableBuffer(bytes)
        } else {
            whole = ByteBufferAllocator().buffer(capacity: 2 * count)
            whole.writeImmutableBuffer(waiting)
            whole.writeImmutableBuffer(bytes)
            waiting.wipe()
        }
        bytes.wipe()
        waiting = whole
        isGathered = true
    }

    /// Throws away what waits.
    mutating func discard() {
        if framing.isInHead, !secretHeaders.isEmpty { waiting.wipe() }
        waiting = ByteBuffer()
        isGathered = false
    }

    mutating func takeHead() -> HeadStep {
        while !isEmpty {
            var head: RequestHead?
            let step = waiting.withUnsafeReadableBytes { bytes in
                let step = framing.next(bytes)
                if case .head = step {
                    let made = RequestHead(framing.head, bytes, secretHeaders)
                    for range in made.secrets.isEmpty ? [] : framing.head.secretValues(secretHeaders) {
                        Self.overwrite(UnsafeRawBufferPointer(rebasing: bytes[range]))
                    }
                    head = made
                }
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

    /// Overwrites bytes of a head where they came in.
    ///
    /// The memory may be shared with the buffer that the channel receives into, which by the rules would be copied before
    /// it is changed; but nobody reads a head's bytes again.
    fileprivate static func overwrite(_ bytes: UnsafeRawBufferPointer) {
        wipe(UnsafeMutableRawBufferPointer(mutating: bytes))
    }

    private mutating func drop(_ count: Int) {
        waiting.moveReaderIndex(forwardBy: count)
        // Lets the receive buffer go as soon as its last reader is done with it.
        if isEmpty {
            waiting = ByteBuffer()
            isGathered = false
        }
    }
}

extension ByteBuffer {
    /// Overwrites what can be read, in every buffer that shares the memory.
    fileprivate func wipe() {
        withUnsafeReadableBytes { RequestInput.overwrite($0) }
    }
}
