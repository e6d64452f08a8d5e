import NIOCore

/// Holds a connection's unread bytes back from the parser and hands it one whole head or one piece of body at a time,
/// when the connection wants it.
final class RequestGate: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private var framing: MessageFraming
    private var waiting = ByteBuffer()
    private var context: ChannelHandlerContext?
    /// Called when bytes have come.
    var onBytes: () -> Void = {}
    /// The last head's bytes, if it has header values that the parser's strings may not preserve.
    private(set) var rawHead: ByteBuffer?

    init(limits: HTTPLimits) {
        framing = MessageFraming(limits: limits)
    }

    var summary: HeadSummary { framing.summary }

    var isEmpty: Bool { waiting.readableBytes == 0 }

    var waitingBytes: Int { waiting.readableBytes }

    /// Bytes of the current body that have not gone on; nil when it is chunked.
    var remainingBodyBytes: Int64? { framing.remainingBodyBytes }

    /// Lets the next piece go on to the parser, which calls the connection before this returns.
    func advance() -> MessageFraming.Step {
        while true {
            guard !isEmpty, let context else { return .needsMoreBytes }
            let step = waiting.withUnsafeReadableBytes { framing.next($0) }
            switch step {
            case .skip(let count):
                _ = take(count)
                continue
            case .head(let count):
                let head = take(count)
                rawHead = framing.summary.hasNonASCIIValues ? head : nil
                context.fireChannelRead(wrapInboundOut(head))
            case .body(let count, _):
                context.fireChannelRead(wrapInboundOut(take(count)))
            case .needsMoreBytes, .fault, .malformedBody: break
            }
            return step
        }
    }

    /// Throws away what waits.
    func discard() {
        waiting = ByteBuffer()
    }

    private func take(_ count: Int) -> ByteBuffer {
        let piece = waiting.readSlice(length: count) ?? ByteBuffer()
        // Lets the receive buffer go as soon as its last reader is done with it.
        if isEmpty { waiting = ByteBuffer() }
        return piece
    }

    // MARK: Channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        onBytes = {}
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if isEmpty {
            waiting = bytes
        } else {
            waiting.writeBuffer(&bytes)
        }
        onBytes()
    }
}
