package import NIOCore
import Synchronization

package enum ResponseError: Error, Hashable {
    /// The client went away, took too little for `HTTPLimits.writeStallTimeout`, or the response was aborted.
    case disconnected
    /// No memory for the body within `HTTPLimits.memoryTimeout`.
    case overloaded
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
        case reserve(Int64?)
        case send(ResponseHead, ByteBuffer?)
        case start(ResponseHead)
        case write(ByteBuffer)
        case finish
    }

    private typealias Waiter = UnsafeContinuation<Result<Void, ResponseError>, Never>

    private let loop: ConnectionLoop
    private var filter: (@Sendable (HTTPResponse) -> HTTPResponse)?
    let isHEAD: Bool
    private var channel: (any ExchangeChannel)?
    private var state = State.idle
    private var sendsBody = true
    /// Of the whole body, where it was declared.
    private var length: Int64?
    private var waiter: (operation: Operation, continuation: Waiter)?
    private let started = Atomic<Bool>(false)
    private let blocks = Atomic<Int>(TransferPace.unproven.responseBlockBytes)
    /// Bytes of a document that there is room for.
    private let document = Atomic<Int>(0)

    package init(isHEAD: Bool, loop: ConnectionLoop, channel: any ExchangeChannel) {
        self.isHEAD = isHEAD
        self.loop = loop
        self.channel = channel
    }

    /// True once a head has been given: another can no longer be sent.
    package var hasStarted: Bool { started.load(ordering: .acquiring) }

    /// Has what goes out changed on its way: a whole response, or the head of one whose body follows.
    ///
    /// To be called before anything is sent.
    package func filter(_ filter: @escaping @Sendable (HTTPResponse) -> HTTPResponse) {
        loop.run { self.filter = filter }
    }

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

    /// Waits until the client has room for more of a body of `length` bytes, `nil` for an unknown number, and there is
    /// memory for it; gives the number of bytes that should be made for the next `write`.
    ///
    /// To be called before anything of a long body is made, the first block included: then a client that takes nothing
    /// costs one block. As long as the answer is ``smallestBlockBytes``, no block should be made ahead of its time; above
    /// it one may be made while another waits to be written.
    /// ``ResponseError/overloaded`` before the start leaves the way free for another response.
    package func room(for length: Int64?) async throws(ResponseError) -> Int {
        try await perform(.reserve(length))
        return blockBytes
    }

    /// Waits until there is memory for a response that is made whole before it is sent, of up to `bytes` bytes.
    ///
    /// ``ResponseError/overloaded`` when there is none in time: the way is free for another response.
    package func room(forDocumentUpTo bytes: Int) async throws(ResponseError) {
        guard bytes > Self.smallestBlockBytes else { return }
        document.store(bytes, ordering: .relaxed)
        loop.run { self.channel?.hold(bytes) }
        try await perform(.reserve(nil))
    }

    /// The document that there is room for has so many bytes only.
    package func documentHas(_ bytes: Int) {
        guard bytes < document.load(ordering: .relaxed) else { return }
        loop.run { self.channel?.holdOnly(bytes) }
    }

    /// The number of bytes that should be made for a `write`, as of the last call of this or ``room(for:)``.
    package var blockBytes: Int { blocks.load(ordering: .relaxed) }

    /// ``blockBytes`` for a client that has not shown yet that it is fast.
    package static let smallestBlockBytes = TransferPace.unproven.responseBlockBytes

    /// Sends bytes of the body; waits first while the client has not taken enough of those before, at most
    /// `HTTPServer.writeHighWaterBytes`, or while there is no memory for them.
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

    /// Something waits for the client or for memory.
    var isWaiting: Bool { waiter != nil }

    /// Does `operation`, or nothing and gives nil while the client is behind.
    private func attempt(_ operation: Operation) -> Result<Void, ResponseError>? {
        guard let channel, channel.isOpen else { return .failure(.disconnected) }
        switch (operation, state) {
        case (_, .broken): return .failure(.disconnected)
        case (.reserve(let length), .idle), (.reserve(let length), .streaming):
            guard channel.isWritable, channel.reserve(length) else { return nil }
            blocks.store(channel.blockBytes, ordering: .relaxed)
            return .success(())
        case (.finish, .finished): return .success(())
        case (.finish, .streaming(let remaining)): return finish(remaining, on: channel)
        case (.send(var head, var body), .idle):
            guard channel.isWritable, channel.reserve(Int64(body?.readableBytes ?? 0)) else { return nil }
            if let filter {
                let filtered = filter(HTTPResponse(head, body: body))
                (head, body) = (filtered.head, filtered.body)
            }
            started.store(true, ordering: .releasing)
            state = .finished
            head.settleLength(of: body, inAnswerToHEAD: isHEAD)
            channel.send(head, head.sendsBody(inAnswerToHEAD: isHEAD) ? body : nil)
            return .success(())
        case (.start(var head), .idle):
            guard channel.isWritable else { return nil }
            if let filter { head = filter(HTTPResponse(head)).head }
            started.store(true, ordering: .releasing)
            sendsBody = head.sendsBody(inAnswerToHEAD: isHEAD)
            length = sendsBody ? head.contentLength : 0
            state = .streaming(remaining: sendsBody ? head.contentLength : nil)
            channel.start(head)
            return .success(())
        case (.write(let bytes), .streaming(let remaining)):
            guard channel.isWritable, channel.reserve(length) else { return nil }
            return write(bytes, remaining, on: channel)
        case (.reserve, .finished), (.send, _), (.start, _), (.write, _), (.finish, .idle): return .failure(.outOfOrder)
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
        blocks.store(channel.blockBytes, ordering: .relaxed)
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

    /// What waits will not come about: the response fails if it has begun.
    func fail(_ error: ResponseError) {
        guard let waiter else { return }
        self.waiter = nil
        if hasStarted {
            state = .broken
            channel?.abort()
        }
        waiter.continuation.resume(returning: .failure(error))
    }

    /// The request has ended: nothing more can be written.
    func detach() {
        channel = nil
        wakeWriter()
    }
}
