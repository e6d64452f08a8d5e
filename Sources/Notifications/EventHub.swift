package import S3Protocol
import Synchronization
import Threading

/// What a listener wants to be told: MinIO's ListenNotification.
package struct ListenerFilter: Sendable {
    /// `nil` for all buckets.
    package var bucket: String?
    package var keys: KeyFilter
    /// At least one.
    package var events: [EventPattern]

    package init(bucket: String?, keys: KeyFilter, events: [EventPattern]) {
        self.bucket = bucket
        self.keys = keys
        self.events = events
    }

    func matches(_ event: ObjectEvent) -> Bool {
        // Bytes: names of buckets are of ASCII alone.
        (bucket == nil || bucket == event.bucket) && events.contains { $0.matches(event.name) }
            && keys.matches(event.key)
    }
}

/// Those who listen to events while they happen.
///
/// Nothing is kept for who is not there. A listener that does not take what it asked for is dropped, not waited for.
package final class EventHub: Sendable {
    private let state = ShortLock(State())
    /// How many there are, to be read without the lock.
    private let count = Atomic(0)
    private let limits: EventHubLimits

    private struct State {
        var listeners: [ObjectIdentifier: EventListener] = [:]
        var isClosed = false
    }

    package init(limits: EventHubLimits = EventHubLimits()) {
        self.limits = limits
    }

    /// Whether anybody listens: one load, for every request.
    package var hasListeners: Bool { count.load(ordering: .relaxed) > 0 }

    /// A listener from now on, until ``remove(_:)``; `nil` when there are too many, or the server stops.
    package func listen(_ filter: ListenerFilter) -> EventListener? {
        let listener = EventListener(filter, maximumBytes: limits.bytesOfListener)
        return state.withLock { state in
            guard !state.isClosed, state.listeners.count < limits.listeners else { return nil }
            state.listeners[ObjectIdentifier(listener)] = listener
            count.store(state.listeners.count, ordering: .relaxed)
            return listener
        }
    }

    package func remove(_ listener: EventListener) {
        state.withLock { state in
            state.listeners[ObjectIdentifier(listener)] = nil
            count.store(state.listeners.count, ordering: .relaxed)
        }
    }

    /// Tells those who want to know.
    func tell(_ event: ObjectEvent) {
        guard hasListeners else { return }
        let listeners = state.withLock { Array($0.listeners.values) }.filter { $0.filter.matches(event) }
        guard !listeners.isEmpty else { return }
        // One array, however many have it.
        let line = event.line()
        for listener in listeners { listener.give(line) }
    }

    /// Ends all listeners, for good.
    package func close() {
        let listeners = state.withLock { state in
            state.isClosed = true
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.end(.closed) }
    }
}

package struct EventHubLimits: Sendable {
    package var listeners: Int
    /// Bytes of the events that wait for one of them.
    package var bytesOfListener: Int

    package init(listeners: Int = 256, bytesOfListener: Int = 256 << 10) {
        self.listeners = listeners
        self.bytesOfListener = bytesOfListener
    }
}
