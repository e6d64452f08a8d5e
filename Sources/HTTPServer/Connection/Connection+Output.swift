import NIOCore
import Synchronization

// What goes out: heads and bodies in HTTP/1's framing. What is small is gathered and leaves at the end of the turn.

extension Connection: ExchangeChannel {
    /// Pieces up to this many bytes are copied behind each other.
    private static let joinedBytes = 16 * 1024
    /// So many bytes are sent without waiting for more.
    private static let flushBytes = 64 * 1024

    static let goOn: StaticString = "HTTP/1.1 100 Continue\r\n\r\n"

    var isOpen: Bool {
        switch phase {
        case .exchanging: true
        case .waiting, .draining, .lingering, .closed: false
        }
    }

    func send(_ head: ResponseHead, _ body: ByteBuffer?) {
        _ = encode(head)
        if let body, body.readableBytes > 0 { enqueue(body) } else { flushLater() }
    }

    func start(_ head: ResponseHead) {
        framing = encode(head)
        flushLater()
    }

    func write(_ bytes: ByteBuffer) {
        guard framing == .chunked else { return enqueue(bytes) }
        prepareOutput()
        output.writeString(String(bytes.readableBytes, radix: 16))
        output.writeStaticString("\r\n")
        enqueue(bytes)
        write("\r\n")
    }

    func finish() {
        if framing == .chunked { write("0\r\n\r\n") }
    }

    func write(_ text: StaticString) {
        prepareOutput()
        output.writeStaticString(text)
        flushLater()
    }

    private func encode(_ head: ResponseHead) -> ResponseFraming {
        var response = ResponseContext(
            isHEAD: isHEAD, versionMinor: input.summary.versionMinor, closes: willClose, date: loop.dateText())
        prepareOutput()
        let framing = ResponseHeadEncoder.encode(head, &response, into: &output)
        if response.closes { closesAfterResponse = true }
        return framing
    }

    /// Whether the connection cannot be used again, as far as one can tell when the head goes out: a client that has
    /// not been told to send its body may or may not do so, and a long rest of a body is not worth waiting for.
    private var willClose: Bool {
        if closesAfterResponse || server.isShuttingDown.load(ordering: .relaxed) { return true }
        guard let body, !body.isComplete else { return false }
        return owesContinue || input.remainingBodyBytes.map { $0 > Int64(limits.drainBytes) } ?? false
    }

    // MARK: Gathering

    private func prepareOutput() {
        if output.readableBytes == 0 { output = loop.takeBuffer() }
    }

    private func enqueue(_ bytes: ByteBuffer) {
        if bytes.readableBytes <= Self.joinedBytes {
            prepareOutput()
            output.writeImmutableBuffer(bytes)
        } else {
            passOutput()
            didSend(bytes.readableBytes)
            context?.write(wrapOutboundOut(bytes), promise: nil)
        }
        flushLater(bytes.readableBytes)
    }

    /// Sends what has been written when the jobs that run now have run, or at once when it is much.
    private func flushLater(_ count: Int = 0) {
        if max(count, output.readableBytes) >= Self.flushBytes {
            needsFlush = true
            flush()
        } else if !needsFlush {
            needsFlush = true
            loop.flushLater(self)
        }
    }

    func flush() {
        guard needsFlush else { return }
        needsFlush = false
        guard output.readableBytes > 0 else {
            context?.flush()
            return
        }
        let bytes = takeOutput()
        context?.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
        loop.giveBack(bytes)
    }

    /// Hands what has been gathered to the channel, in front of what comes next.
    func passOutput() {
        guard output.readableBytes > 0 else { return }
        context?.write(wrapOutboundOut(takeOutput()), promise: nil)
    }

    private func takeOutput() -> ByteBuffer {
        var bytes = ByteBuffer()
        swap(&bytes, &output)
        return bytes
    }

    // MARK: Waiting for the client

    func writerWaits() {
        flush()
        // Who waits for memory has a deadline for that.
        guard share.ticket == nil else { return }
        unacknowledgedAtStart = unacknowledgedBytes
        writeDeadline.start(limits.writeStallTimeout)
        // The flush may have made room, and told so before anybody waited.
        if isWritable {
            writeDeadline.stop()
            writer?.wakeWriter()
        }
    }

    var bufferedBytes: Int {
        (try? context?.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }
}
