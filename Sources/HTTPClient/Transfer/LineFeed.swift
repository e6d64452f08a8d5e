import Threading

/// Lines on their way from the thread that receives them to the task that reads them.
///
/// The thread waits while more than `maxLines` lie here, and with it the server.
final class LineFeed: ResponseSink {
    private static let maxLines = 1024

    private struct State {
        var status: Int?
        var partial: [UInt8] = []
        var lines = FIFOQueue<[UInt8]>()
        var isEnded = false
        var failure: HTTPClientError?
        var isCancelled = false
        /// The task that waits, for the status or for a line.
        var waiting: CheckedContinuation<Void, Never>?

        var isReady: Bool { !lines.isEmpty || isEnded || isCancelled }
    }

    private let state = Monitor(State())
    private let maxLineBytes: Int

    init(maxLineBytes: Int) { self.maxLineBytes = maxLineBytes }

    // MARK: The thread's side

    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    func begin(status: Int) {
        // An interim answer is not the answer.
        guard status >= 200 else { return }
        change { $0.status = status }
    }

    func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var rest = bytes[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            guard append(rest[..<end]) else { return false }
            change { state in
                state.lines.append(state.partial)
                state.partial = []
            }
            rest = rest[(end + 1)...]
        }
        guard append(rest) else { return false }
        return state.wait { state in
            if state.isCancelled { return false }
            return state.lines.count <= Self.maxLines ? true : nil
        }
    }

    private func append(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
        state.withLock { state in
            guard state.partial.count + bytes.count <= maxLineBytes else { return false }
            state.partial.append(contentsOf: bytes)
            return true
        }
    }

    /// No more comes; a line without its line feed is one, too.
    func end(_ failure: HTTPClientError?) {
        change { state in
            if !state.partial.isEmpty { state.lines.append(state.partial) }
            state.partial = []
            state.isEnded = true
            state.failure = failure
        }
    }

    private func change(_ body: (inout State) -> Void) {
        let waiting = state.broadcast { state -> CheckedContinuation<Void, Never>? in
            body(&state)
            defer { state.waiting = nil }
            return state.waiting
        }
        waiting?.resume()
    }

    // MARK: The task's side

    func status() async throws(HTTPClientError) -> Int {
        await wait { $0.status != nil || $0.isEnded || $0.isCancelled }
        let (status, failure) = state.withLock { ($0.status, $0.isCancelled ? .cancelled : $0.failure) }
        if let status { return status }
        throw failure ?? .connectionLost("no answer")
    }

    func next() async throws(HTTPClientError) -> [UInt8]? {
        await wait { $0.isReady }
        let (line, failure) = state.broadcast { state -> ([UInt8]?, HTTPClientError?) in
            if state.isCancelled { return (nil, .cancelled) }
            if let line = state.lines.popFirst() { return (line, nil) }
            return (nil, state.failure)
        }
        if let failure, line == nil { throw failure }
        return line
    }

    func cancel() {
        change { $0.isCancelled = true }
    }

    private func wait(until isReady: @escaping @Sendable (State) -> Bool) async {
        await withTaskCancellationHandler {
            while !state.withLock({ isReady($0) }) {
                await withCheckedContinuation { continuation in
                    let resumesNow = state.withLock { state in
                        if isReady(state) { return true }
                        state.waiting = continuation
                        return false
                    }
                    if resumesNow { continuation.resume() }
                }
            }
        } onCancel: {
            cancel()
        }
    }
}
