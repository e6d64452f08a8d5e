import CLinux
import NIOPosix
import Synchronization

/// Gives memory back to the system when bodies have let much of it go.
///
/// The allocator keeps what was freed, in each of its arenas, for the next load, which may never come.
final class MemoryReturn: Sendable {
    private let task = Mutex<Task<Void, Never>?>(nil)

    /// How often the budget is looked at.
    private static let interval = Duration.seconds(2)

    func watch(_ budget: BodyBudget) {
        let watching = Task {
            while (try? await Task.sleep(for: Self.interval)) != nil {
                guard budget.hasFallen() else { continue }
                // Takes milliseconds for each hundred megabytes.
                try? await NIOThreadPool.singleton.runIfActive { coffer_return_free_memory() }
            }
        }
        task.withLock { $0 = watching }
    }

    func stop() {
        task.withLock { $0.take() }?.cancel()
    }
}
