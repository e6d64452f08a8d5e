/// Finds the borders of a connection's messages in its bytes and refuses every head whose borders another HTTP
/// implementation could see elsewhere.
///
/// A pure value: it looks at the bytes that wait and says how many of them may go on.
struct MessageFraming {
    enum Step: Equatable {
        /// Nothing whole is there yet.
        case needsMoreBytes
        /// Drop so many bytes: empty lines before a request line.
        case skip(Int)
        /// The next bytes are one whole head.
        case head(Int)
        /// The next bytes belong to the body, with its framing.
        case body(Int, BodyPosition)
        /// Not to be answered by a handler.
        case fault(HTTPFault)
        /// The chunked framing is broken; whatever follows has no meaning.
        case malformedBody
    }

    enum BodyPosition: Equatable { case inner, final }

    private enum State {
        case head
        case fixed(remaining: Int64)
        case chunked
    }

    private var state = State.head
    private var chunks: ChunkFraming
    private let limits: HTTPLimits
    private var isBetweenHeads = false

    /// What the last head said; whole and valid from `.head` on until the next head's first bytes.
    private(set) var head: HeadScan

    init(limits: HTTPLimits) {
        self.limits = limits
        head = HeadScan(limits: limits)
        chunks = ChunkFraming(limits: limits)
    }

    /// Which bytes of the last `.body` are the body's own; nil: all.
    var bodyRanges: [Range<Int>]? { head.summary.framing == .chunked ? chunks.data : nil }

    /// Bytes of the current body that no step has let go on; nil when it is chunked.
    var remainingBodyBytes: Int64? {
        switch state {
        case .head: 0
        case .fixed(let remaining): remaining
        case .chunked: nil
        }
    }

    /// The next bytes belong to a head that is not whole yet, or was refused.
    var isInHead: Bool {
        switch state {
        case .head: true
        case .fixed, .chunked: false
        }
    }

    /// Method and target of the head that `bytes` begin with, if its request line has come and is one.
    func requestLine(_ bytes: UnsafeRawBufferPointer) -> (method: String, target: String)? {
        // Between two heads the last one is still remembered, whose bytes have gone.
        isBetweenHeads ? nil : head.requestLine(bytes)
    }

    /// Looks at all `bytes` that wait, whose beginning does not move until a step lets bytes go on.
    mutating func next(_ bytes: UnsafeRawBufferPointer) -> Step {
        switch state {
        case .head:
            return nextOfHead(bytes)
        case .fixed(let remaining):
            guard bytes.count > 0 else { return .needsMoreBytes }
            let count = Int(min(remaining, Int64(bytes.count)))
            let rest = remaining - Int64(count)
            state = rest == 0 ? .head : .fixed(remaining: rest)
            return .body(count, rest == 0 ? .final : .inner)
        case .chunked:
            let step = chunks.next(bytes)
            switch step {
            case .needsMoreBytes, .body(_, .inner): break
            case .body(_, .final), .skip, .head, .fault, .malformedBody: state = .head
            }
            return step
        }
    }

    private mutating func nextOfHead(_ bytes: UnsafeRawBufferPointer) -> Step {
        if isBetweenHeads {
            isBetweenHeads = false
            head.reset()
        }
        let step = head.next(bytes)
        guard case .head = step else { return step }
        isBetweenHeads = true
        switch head.summary.framing {
        case .none: state = .head
        case .fixed(let length): state = length == 0 ? .head : .fixed(remaining: length)
        case .chunked:
            state = .chunked
            chunks = ChunkFraming(limits: limits)
        }
        return step
    }
}

/// What the borders and the fate of the connection depend on in a head.
struct HeadSummary: Equatable {
    enum Framing: Equatable {
        case none
        case fixed(Int64)
        case chunked
    }

    var framing = Framing.none
    var versionMinor = 1
    var expectsContinue = false
    /// The client's wish, by version and `connection`; a request to upgrade is served without and closes.
    var keepsAlive = true
    /// A header value holds a byte above 0x7f.
    var hasNonASCIIValues = false

    /// The body's length in bytes: 0 for no body, nil when only its end will tell.
    var declaredLength: Int64? {
        switch framing {
        case .none: 0
        case .fixed(let length): length
        case .chunked: nil
        }
    }
}
