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
        /// With the bytes that are left to write, where they were declared.
        case streaming(remaining: Int64?)
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
    private var channel: (any ExchangeChannel)?
    private var state = State.idle
    private var sendsBody = true
    private var waiter: (operation: Operation, continuation: Waiter)?
    private let started = Atomic<Bool>(false)

    init(isHEAD: Bool, loop: ConnectionLoop, channel: any ExchangeChannel) {
        self.isHEAD = isHEAD
        self.loop = loop
        self.channel = channel
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

    package func send(_ response: HTTPResponse) async {
        await send(response.head, body: response.body)
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
            self.channel?.abort()
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
                    self.channel?.writerWaits()
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
        guard let channel, channel.isOpen else { return .failure(.disconnected) }
        switch (operation, state) {
        case (_, .broken): return .failure(.disconnected)
        case (.finish, .finished): return .success(())
        case (.finish, .streaming(let remaining)): return finish(remaining, on: channel)
        case (.send(var head, let body), .idle):
            guard channel.isWritable else { return nil }
            started.store(true, ordering: .releasing)
            state = .finished
            head.settleLength(of: body, inAnswerToHEAD: isHEAD)
            channel.send(head, head.sendsBody(inAnswerToHEAD: isHEAD) ? body : nil)
            return .success(())
        case (.start(let head), .idle):
            guard channel.isWritable else { return nil }
            started.store(true, ordering: .releasing)
            sendsBody = head.sendsBody(inAnswerToHEAD: isHEAD)
            state = .streaming(remaining: sendsBody ? head.contentLength : nil)
            channel.start(head)
            return .success(())
        case (.write(let bytes), .streaming(let remaining)):
            guard channel.isWritable else { return nil }
            return write(bytes, remaining, on: channel)
        case (.send, _), (.start, _), (.write, _), (.finish, .idle): return .failure(.outOfOrder)
        }
    }

    private func write(_ bytes: ByteBuffer, _ remaining: Int64?, on channel: any ExchangeChannel)
        -> Result<Void, ResponseError>
    {
        let count = bytes.readableBytes
        guard count > 0, sendsBody else { return .success(()) }
        if let remaining {
            guard Int64(count) <= remaining else {
                state = .broken
                channel.abort()
                return .failure(.tooLong)
            }
            state = .streaming(remaining: remaining - Int64(count))
        }
        channel.write(bytes)
        return .success(())
    }

    private func finish(_ remaining: Int64?, on channel: any ExchangeChannel) -> Result<Void, ResponseError> {
        guard remaining ?? 0 == 0 else {
            state = .broken
            channel.abort()
            return .failure(.disconnected)
        }
        state = .finished
        channel.finish()
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
        channel = nil
        wakeWriter()
    }
}
