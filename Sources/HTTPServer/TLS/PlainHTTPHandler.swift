import NIOCore

/// Stands before a TLS handler until the first byte has come: a client that speaks plain HTTP gets a plain answer.
final class PlainHTTPHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: [UInt8]
    private let whenFound: () -> Void
    private var isPlain = false

    init(answer: [UInt8], whenFound: @escaping () -> Void) {
        self.answer = answer
        self.whenFound = whenFound
    }

    /// A method's first letter; a TLS record begins with 22.
    private static let letters = UInt8(ascii: "A")...UInt8(ascii: "Z")

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // What a client goes on to send is read, so that the kernel does not answer it with a reset that overtakes ours.
        guard !isPlain else { return }
        let bytes = unwrapInboundIn(data)
        guard let first = bytes.readableBytesView.first else { return }
        guard Self.letters.contains(first) else {
            context.fireChannelRead(data)
            return context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
        }
        isPlain = true
        whenFound()
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: answer)), promise: nil)
        context.close(mode: .output, promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        isPlain ? context.read() : context.fireChannelReadComplete()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if isPlain, let event = event as? ChannelEvent, event == .inputClosed { return context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }
}
