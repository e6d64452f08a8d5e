import Glibc
import Synchronization

/// Tells which changes have come to a queue, for tests that depend on their order: its ``hook`` is called by whoever queues
/// one, in the task that makes it.
package final class QueuedChanges: Sendable {
    @TaskLocal private static var number: Int?

    private struct State {
        var numbers: Set<Int> = []
        var unnumbered = 0
    }

    private let state = Mutex(State())

    package init() {}

    package var hook: @Sendable () -> Void {
        { [self] in
            let number = Self.number
            state.withLock { state in
                if let number { state.numbers.insert(number) } else { state.unnumbered += 1 }
            }
        }
    }

    /// Runs a body whose changes have this number.
    package func with<R>(number: Int, _ body: () async throws -> R) async rethrows -> R {
        try await Self.$number.withValue(number) { try await body() }
    }

    /// How many changes without a number have come.
    package var unnumbered: Int { state.withLock(\.unnumbered) }

    package func contains(_ number: Int) -> Bool { state.withLock { $0.numbers.contains(number) } }

    /// Waits, on the calling thread, until a change of this number has come.
    package func waitBlocking(for number: Int) {
        while !contains(number) { usleep(100) }
    }

    package func wait(for number: Int) async throws {
        while !contains(number) { try await Task.sleep(for: .milliseconds(1)) }
    }
}
