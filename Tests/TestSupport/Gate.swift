import Glibc
import Synchronization

/// Holds the threads that pass it while it is closed, for ten seconds at most.
package final class Gate: Sendable {
    private let isClosed = Atomic(false)
    private let waiting = Atomic(0)

    package init() {}

    /// True while a thread is held.
    package var isAwaited: Bool { waiting.load(ordering: .acquiring) > 0 }

    package func close() { isClosed.store(true, ordering: .releasing) }

    package func open() { isClosed.store(false, ordering: .releasing) }

    package func pass() {
        waiting.add(1, ordering: .acquiringAndReleasing)
        for _ in 0..<10_000 where isClosed.load(ordering: .acquiring) { usleep(1000) }
        waiting.subtract(1, ordering: .acquiringAndReleasing)
    }
}
