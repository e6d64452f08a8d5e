package import NIOCore
import Synchronization

package enum ResponseError: Error, Hashable {
    /// The client went away, took no byte for `HTTPLimits.writeStallTimeout`, or the response was aborted.
    case disconnected
    /// Not the moment for this call: begun twice, written before its start or after its end.
    case outOfOrder
    /// More bytes than the declared content length.
    case tooLong
}

/// A request's response.
///
/// Either `send`, or `start`, any number of `write`s and `finish`.
///
/// Unchecked: everything mutable but `started` is touched on the connection's event loop only.
package final class ResponseWriter: @unchecked Sendable {
    private enum State {
        case idle
        case streaming(ResponseFraming)
        case finished
        case broken
    }

    private enum Operation {
        case send(ResponseHead, ByteBuffer?)
        case start(ResponseHead)
        case write(ByteBuffer)
        case finish
    }

    private typealias Waiter = UnsafeContinuation<Result<Void, ResponseError>, Never>

    private let loop: ConnectionLoop
    let isHEAD: Bool
    private let versionMinor: Int
    private var connection: Connection?
    private var state = State.idle
    private var waiter: (operation: Operation, continuation: Waiter)?
    private let started = Atomic<Bool>(false)

    /// Bodies up to this many bytes are copied behind their heads and leave with them.
    private static let joinedBodyBytes = 16 * 1024

    init(isHEAD: Bool, versionMinor: Int, loop: ConnectionLoop, connection: Connection) {
        self.isHEAD = isHEAD
        self.versionMinor = versionMinor
        self.loop = loop
        self.connection = connection
    }

    /// True once a head has been given: another can no longer be sent.
    package var hasStarted: Bool { started.load(ordering: .acquiring) }

    /// Sends a whole response.
    ///
    /// Its length is that of `body`; `head.contentLength` counts only for HEAD and 304, whose bodies are not sent.
    /// Failures concern the client, which is gone, so none are reported; sent after `start`, it aborts the connection.
    package func send(_ head: ResponseHead, body: ByteBuffer?) async {
        do throws(ResponseError) { try await perform(.send(head, body)) } catch {
            if error == .outOfOrder { abort() }
        }
    }

    /// Sends the head; waits while the client is behind.
    package func start(_ head: ResponseHead) async throws(ResponseError) {
        try await perform(.start(head))
    }

    /// Sends bytes of the body; waits first while more than `HTTPServer.writeHighWaterBytes` have not been taken by the
    /// client.
    ///
    /// Bytes of an answer to HEAD go nowhere.
    package func write(_ bytes: ByteBuffer) async throws(ResponseError) {
        try await perform(.write(bytes))
    }

    /// Ends the body.
    ///
    /// Short of its declared length the connection is aborted instead.
    package func finish() async {
        do throws(ResponseError) { try await perform(.finish) } catch {
            if error == .outOfOrder { abort() }
        }
    }

    /// Resets the connection: the client sees an error, never a clean end.
    package func abort() {
        loop.run {
            self.state = .broken
            self.connection?.abort()
        }
    }

    private func perform(_ operation: Operation) async throws(ResponseError) {
        if loop.loop.inEventLoop, let result = attempt(operation) { return try result.get() }
        let result = await withUnsafeContinuation { (continuation: Waiter) in
            loop.run {
                if let result = self.attempt(operation) {
                    continuation.resume(returning: result)
                } else {
                    precondition(self.waiter == nil, "a response has one writer")
                    self.waiter = (operation, continuation)
                    self.connection?.writerWaits()
                }
            }
        }
        try result.get()
    }

    // MARK: On the loop

    var isFinished: Bool {
        if case .finished = state { true } else { false }
    }

    var isAwaited: Bool { waiter != nil }

    /// Does `operation`, or nothing and gives nil while the client is behind.
    private func attempt(_ operation: Operation) -> Result<Void, ResponseError>? {
        guard let connection, connection.isOpen else { return .failure(.disconnected) }
        switch (operation, state) {
        case (_, .broken): return .failure(.disconnected)
        case (.finish, .finished): return .success(())
        case (.finish, .streaming(let framing)): return finish(framing, on: connection)
        case (.send(let head, let body), .idle):
            guard connection.isWritable else { return nil }
            send(head, body, on: connection)
            return .success(())
        case (.start(let head), .idle):
            guard connection.isWritable else { return nil }
            var buffer = connection.allocate(512)
            state = .streaming(encode(head, into: &buffer, for: connection))
            connection.write(buffer)
            return .success(())
        case (.write(let bytes), .streaming(let framing)):
            guard connection.isWritable else { return nil }
            return write(bytes, framing, on: connection)
        case (.send, _), (.start, _), (.write, _), (.finish, .idle): return .failure(.outOfOrder)
        }
    }

    private func encode(_ head: ResponseHead, into buffer: inout ByteBuffer, for connection: Connection)
        -> ResponseFraming
    {
        started.store(true, ordering: .releasing)
        var context = ResponseContext(
            isHEAD: isHEAD, versionMinor: versionMinor, closes: connection.willClose(after: self),
            date: loop.dateText())
        let framing = ResponseHeadEncoder.encode(head, &context, into: &buffer)
        if context.closes { connection.closeAfterResponse() }
        return framing
    }

    private func send(_ head: ResponseHead, _ body: ByteBuffer?, on connection: Connection) {
        var head = head
        let bodyBytes = body?.readableBytes ?? 0
        if !(isHEAD || head.status == 304) || (head.contentLength == nil && body != nil) {
            head.contentLength = Int64(bodyBytes)
        }
        let joins = bodyBytes <= Self.joinedBodyBytes
        var buffer = connection.allocate(512 + (joins ? bodyBytes : 0))
        let framing = encode(head, into: &buffer, for: connection)
        state = .finished
        if var body, framing != .none, bodyBytes > 0 {
            if joins {
                buffer.writeBuffer(&body)
                connection.write(buffer)
            } else {
                connection.write(buffer)
                connection.write(body)
            }
        } else {
            connection.write(buffer)
        }
    }

    private func write(_ bytes: ByteBuffer, _ framing: ResponseFraming, on connection: Connection)
        -> Result<Void, ResponseError>
    {
        let count = bytes.readableBytes
        guard count > 0 else { return .success(()) }
        switch framing {
        case .none: break
        case .fixed(let remaining):
            guard Int64(count) <= remaining else {
                state = .broken
                connection.abort()
                return .failure(.tooLong)
            }
            state = .streaming(.fixed(remaining - Int64(count)))
            connection.write(bytes)
        case .chunked:
            var size = connection.allocate(24)
            size.writeString(String(count, radix: 16))
            size.writeStaticString("\r\n")
            connection.write(size)
            connection.write(bytes)
            connection.write(Self.lineEnd)
        case .untilClose: connection.write(bytes)
        }
        return .success(())
    }

    private func finish(_ framing: ResponseFraming, on connection: Connection) -> Result<Void, ResponseError> {
        switch framing {
        case .none, .fixed(0), .untilClose: break
        case .fixed:
            state = .broken
            connection.abort()
            return .failure(.disconnected)
        case .chunked: connection.write(Self.lastChunk)
        }
        state = .finished
        return .success(())
    }

    /// The client has caught up, or is gone.
    func wakeWriter() {
        guard let (operation, continuation) = waiter, let result = attempt(operation) else { return }
        waiter = nil
        continuation.resume(returning: result)
    }

    /// The request has ended: nothing more can be written.
    func detach() {
        connection = nil
        wakeWriter()
    }

    private static let lineEnd = ByteBuffer(string: "\r\n")
    private static let lastChunk = ByteBuffer(string: "0\r\n\r\n")
}
