package import NIOCore
import Synchronization

package enum BodyError: Error, Hashable {
    /// The client went away before the body's end.
    case disconnected
    /// No byte came for `HTTPLimits.bodyStallTimeout`.
    case stalled
    /// There was no memory for the body within `HTTPLimits.memoryTimeout`.
    case overloaded
    /// The body's chunked framing is broken.
    case malformed
    /// More than `collect(upTo:)` was asked to take.
    case tooLarge
}

/// A request's body, pulled piece by piece: the socket is read only while a piece is asked for, so at most one receive
/// buffer (`HTTPServer.receiveBufferBytes`) of it is ever in memory.
///
/// Unchecked: everything mutable is touched on the connection's event loop only.
package final class RequestBody: @unchecked Sendable {
    /// Bytes: 0 when the request has no body, nil when it is chunked.
    package let declaredLength: Int64?

    private enum Ending {
        case complete
        case failed(BodyError)
    }

    /// How many bytes a handler that gathers the body in memory should gather before it passes them on.
    ///
    /// Small until the client has shown that it is fast, and while memory is short; it changes while the body comes. Two
    /// such blocks are counted as in use.
    package var blockBytes: Int { blocks.load(ordering: .relaxed) }
    private let blocks = Atomic<Int>(TransferPace.unproven.requestBlockBytes)

    private typealias Waiter = UnsafeContinuation<Result<ByteBuffer?, BodyError>, Never>

    private let loop: ConnectionLoop
    private var channel: (any ExchangeChannel)?
    private var pieces: [ByteBuffer] = []
    private var nextPiece = 0
    private var ending: Ending?
    private var waiter: Waiter?

    package init(declaredLength: Int64?, loop: ConnectionLoop, channel: any ExchangeChannel) {
        self.declaredLength = declaredLength
        self.loop = loop
        self.channel = channel
    }

    /// Announces that the reader gathers up to so many bytes, which counts as memory of bodies until the exchange ends.
    ///
    /// To be called before the first ``next()``; a body of which the length is known counts for no more than that.
    package func willBeGathered(upTo limit: Int) {
        let bytes = declaredLength.map { Int(min($0, Int64(limit))) } ?? limit
        guard bytes > HTTPServer.earlyBodyBytes else { return }
        loop.run {
            // What came with its head is there already.
            if !self.hasEnded { self.channel?.hold(bytes) }
        }
    }

    /// The next piece, never empty, or nil at the end.
    ///
    /// The first call answers `Expect: 100-continue`. Returns without suspension when bytes are there. One call at a
    /// time.
    package func next() async throws(BodyError) -> ByteBuffer? {
        if loop.loop.inEventLoop, let ready = takeOrPull() { return try ready.get() }
        let result = await withUnsafeContinuation { (continuation: Waiter) in
            loop.run {
                if let ready = self.takeOrPull() {
                    continuation.resume(returning: ready)
                } else {
                    precondition(self.waiter == nil, "a body has one reader")
                    self.waiter = continuation
                    self.channel?.bodyReaderWaits()
                }
            }
        }
        return try result.get()
    }

    /// The rest of the body in one buffer; `tooLarge` as soon as it is known to exceed `limit` bytes.
    package func collect(upTo limit: Int) async throws(BodyError) -> ByteBuffer {
        if let declaredLength, declaredLength > Int64(limit) { throw .tooLarge }
        willBeGathered(upTo: limit)
        guard var whole = try await next() else { return ByteBuffer() }
        while whole.readableBytes <= limit {
            guard var piece = try await next() else { return whole }
            whole.writeBuffer(&piece)
        }
        throw .tooLarge
    }

    // MARK: On the loop

    /// The body, if all of it came with the head, is short, and nothing has been taken of it.
    ///
    /// On the connection's event loop only: for ``HTTPHandler/answer(_:)``.
    package var whole: ByteBuffer? {
        guard isComplete, nextPiece == 0, pieces.count <= 1 else { return nil }
        guard let piece = pieces.first else { return ByteBuffer() }
        return piece.readableBytes <= HTTPServer.earlyBodyBytes ? piece : nil
    }

    func setBlockBytes(_ count: Int) {
        blocks.store(count, ordering: .relaxed)
    }

    /// The whole body has come, whether or not it was asked for.
    private(set) var isComplete = false

    /// Nothing more will come, whole or not.
    var hasEnded: Bool { ending != nil }

    /// Asked for and with nothing to give.
    var isStarving: Bool { ending == nil && nextPiece == pieces.count }

    var isAwaited: Bool { waiter != nil }

    private func takeOrPull() -> Result<ByteBuffer?, BodyError>? {
        if let ready = take() { return ready }
        guard let channel else { return .failure(.disconnected) }
        channel.pull(self)
        return take()
    }

    private func take() -> Result<ByteBuffer?, BodyError>? {
        if nextPiece < pieces.count {
            let piece = pieces[nextPiece]
            nextPiece += 1
            if nextPiece == pieces.count {
                pieces.removeAll(keepingCapacity: true)
                nextPiece = 0
            }
            return .success(piece)
        }
        switch ending {
        case .complete: return .success(nil)
        case .failed(let error): return .failure(error)
        case nil: return nil
        }
    }

    /// Small pieces are joined, so that a body of one-byte chunks does not cost a buffer a byte.
    package func append(_ piece: ByteBuffer) {
        guard piece.readableBytes > 0 else { return }
        var piece = piece
        if let last = pieces.indices.last, piece.readableBytes + pieces[last].readableBytes <= 16 * 1024 {
            pieces[last].writeBuffer(&piece)
        } else {
            pieces.append(piece)
        }
    }

    package func complete() {
        guard ending == nil else { return }
        ending = .complete
        isComplete = true
    }

    /// Pieces that are there already are still given.
    func fail(_ error: BodyError) {
        if ending == nil { ending = .failed(error) }
    }

    /// Gives what has come to the reader that waits for it.
    func wakeReader() {
        guard let waiter, let ready = take() else { return }
        self.waiter = nil
        waiter.resume(returning: ready)
    }

    /// The request has ended: nothing more can be pulled, and what was not is let go.
    func detach() {
        if nextPiece < pieces.count {
            pieces = []
            nextPiece = 0
            ending = .failed(.disconnected)
        }
        fail(.disconnected)
        channel = nil
        wakeReader()
    }
}
