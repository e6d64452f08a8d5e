import Threading

/// The thread on which messages are digested, as many at once as a vector has lanes.
///
/// A stream that has been given bytes waits for a free lane, and leaves it when it has no more. All lanes go on together,
/// by as many blocks as each of them has, and by few at most, so that nobody waits long for a lane or for its end. A
/// message alone is digested at once.
package final class MD5Hasher: Sendable {
    /// That of the process; its thread lives as long.
    package static let shared = MD5Hasher()

    private struct State {
        var queue = FIFOQueue<MD5Stream>()
        var isEnding = false
    }

    private let monitor = Monitor(State())

    /// - Parameter widest: of 4, 8 or 16 lanes; the processor may have fewer.
    package init(widest: Int = MD5Lanes.greatestCount) {
        do throws(SystemThreadError) {
            _ = try SystemThread(name: "md5") { [monitor] in Self.run(monitor, MD5Lanes(widest: widest)) }
        } catch {
            fatalError("no thread for digests: \(error)")
        }
    }

    deinit { monitor.broadcast { $0.isEnding = true } }

    // MARK: For streams

    func add(_ piece: MD5Piece, to stream: MD5Stream) {
        monitor.signal { state in
            stream.backlog.pieces.append(piece)
            stream.backlog.bytes += piece.bytes.count
            guard !stream.backlog.isScheduled else { return }
            stream.backlog.isScheduled = true
            state.queue.append(stream)
        }
    }

    func wait(for stream: MD5Stream, _ bytes: Int) async {
        guard monitor.withLock({ _ in stream.backlog.bytes > bytes }) else { return }
        await withCheckedContinuation { continuation in
            let isSettled = monitor.withLock { _ in
                guard stream.backlog.bytes > bytes else { return true }
                stream.backlog.waiter = (bytes, continuation)
                return false
            }
            if isSettled { continuation.resume() }
        }
    }

    // MARK: The thread

    /// What is over and is let go outside the lock: owners of bytes, and who has waited.
    private struct Finished {
        var pieces: [MD5Piece] = []
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private static func run(_ monitor: Monitor<State>, _ lanes: consuming MD5Lanes) {
        var streams: [MD5Stream] = []
        while true {
            let finished = monitor.wait { state -> Finished? in
                var finished = Finished()
                streams.removeAll { !goesOn($0, &finished) }
                while streams.count < lanes.count, let stream = state.queue.popFirst() {
                    if goesOn(stream, &finished) { streams.append(stream) }
                }
                let isIdle = streams.isEmpty && finished.pieces.isEmpty && !state.isEnding
                return isIdle ? nil : finished
            }
            for waiter in finished.waiters { waiter.resume() }
            if streams.isEmpty, finished.pieces.isEmpty { return }
            lanes.step(streams)
        }
    }

    /// Sees to it that a stream has a piece: false when it has no more.
    private static func goesOn(_ stream: MD5Stream, _ finished: inout Finished) -> Bool {
        guard stream.progress.isExhausted else { return true }
        if let piece = stream.progress.takePiece() {
            finished.pieces.append(piece)
            if let waiter = stream.backlog.finish(piece) { finished.waiters.append(waiter) }
        }
        guard let next = stream.backlog.pieces.popFirst() else {
            stream.backlog.isScheduled = false
            return false
        }
        stream.progress.begin(next)
        return true
    }
}
