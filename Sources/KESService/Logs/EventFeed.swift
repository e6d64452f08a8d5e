import Synchronization

/// Events on their way to the clients that listen.
///
/// Publishing never waits: each listener has a buffer, and what does not fit into it is lost for that listener.
final class EventFeed: Sendable {
    /// How many may listen at once.
    static let maximumListeners = 128

    private let listeners = Mutex<[ObjectIdentifier: EventListener]>([:])
    private let count = Atomic(0)

    /// Whether anybody listens; events need not be made otherwise.
    var isWatched: Bool { count.load(ordering: .relaxed) > 0 }

    /// Gives `event`, a line with its end, to everybody who listens.
    func publish(_ event: [UInt8]) {
        let current = listeners.withLock { Array($0.values) }
        for listener in current { listener.offer(event) }
    }

    /// From now on the listener gets what is published; `nil` when too many listen already.
    func listen() -> EventListener? {
        let listener = EventListener()
        return listeners.withLock { listeners in
            guard listeners.count < Self.maximumListeners else { return nil }
            listeners[ObjectIdentifier(listener)] = listener
            count.store(listeners.count, ordering: .relaxed)
            return listener
        }
    }

    func remove(_ listener: EventListener) {
        listener.end()
        listeners.withLock { listeners in
            listeners[ObjectIdentifier(listener)] = nil
            count.store(listeners.count, ordering: .relaxed)
        }
    }

    /// Ends the stream of everybody who listens now.
    func endAll() {
        for listener in listeners.withLock({ Array($0.values) }) { remove(listener) }
    }
}

/// What one listener has not taken yet.
final class EventListener: Sendable {
    /// How many bytes may wait.
    static let capacity = 256 * 1024

    private struct State {
        var events: [UInt8] = []
        var dropped = 0
        var isEnded = false
        var waiter: CheckedContinuation<[UInt8]?, Never>?
    }

    private let state = Mutex(State())

    /// How many events did not fit.
    var dropped: Int { state.withLock { $0.dropped } }

    func offer(_ event: [UInt8]) {
        let waiter = state.withLock { state -> CheckedContinuation<[UInt8]?, Never>? in
            guard !state.isEnded else { return nil }
            if let waiter = state.waiter {
                state.waiter = nil
                return waiter
            }
            if state.events.count + event.count <= Self.capacity {
                state.events += event
            } else {
                state.dropped += 1
            }
            return nil
        }
        waiter?.resume(returning: event)
    }

    /// All events that wait, at least one; `nil` at the end, or when the task is cancelled.
    func next() async -> [UInt8]? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let ready = state.withLock { state -> [UInt8]?? in
                    if !state.events.isEmpty {
                        defer { state.events = [] }
                        return .some(state.events)
                    }
                    if state.isEnded { return .some(nil) }
                    state.waiter = continuation
                    return .none
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            end()
        }
    }

    func end() {
        let waiter = state.withLock { state in
            state.isEnded = true
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }
}
