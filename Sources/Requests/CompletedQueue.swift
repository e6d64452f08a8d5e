import Threading

/// Requests that have ended and wait, in memory, for a task to make something of each: where they end there is no time.
final class CompletedQueue: Sendable {
    private struct State {
        var waiting = FIFOQueue<CompletedRequest>()
        var bytes = 0
        var isDraining = false
    }

    /// Bytes of requests that wait.
    private static let capacity = 4 << 20

    private let state = ShortLock(State())

    /// - Parameter work: is done with each request in turn, by one task at a time.
    /// - Returns: false when there is no room.
    func append(_ request: CompletedRequest, _ work: @escaping @Sendable (CompletedRequest) -> Void) -> Bool {
        let weight = request.weight
        let (isTaken, begins) = state.withLock { state in
            guard state.bytes + weight <= Self.capacity else { return (false, false) }
            state.waiting.append(request)
            state.bytes += weight
            defer { state.isDraining = true }
            return (true, !state.isDraining)
        }
        if begins { Task { self.drain(work) } }
        return isTaken
    }

    private func drain(_ work: (CompletedRequest) -> Void) {
        while true {
            let request = state.withLock { state -> CompletedRequest? in
                let request = state.waiting.popFirst()
                state.bytes -= request?.weight ?? 0
                if request == nil { state.isDraining = false }
                return request
            }
            guard let request else { return }
            work(request)
        }
    }
}
