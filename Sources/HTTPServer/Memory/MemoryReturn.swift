import CLinux
import NIOPosix
import Synchronization

/// Gives memory back to the system when bodies, or connections that are gone, have let much of it go.
///
/// The allocator keeps what was freed, in each of its arenas, for the next load, which may never come.
final class MemoryReturn: Sendable {
    private let task = Mutex<Task<Void, Never>?>(nil)

    /// How often is looked.
    private static let interval = Duration.seconds(2)
    /// Fewer connections at most are not worth giving memory back for: each may have had a head of 64 KiB.
    private static let noticedConnections = 256

    func watch(_ server: ServerState) {
        let watching = Task {
            var mostConnections = 0
            while (try? await Task.sleep(for: Self.interval)) != nil {
                let connections = server.openConnections.load(ordering: .relaxed)
                // Those too that came and went between two looks.
                mostConnections = max(mostConnections, server.takeMostConnections())
                let haveGone = mostConnections >= Self.noticedConnections && connections <= mostConnections / 4
                if haveGone { mostConnections = connections }
                guard server.budget.hasFallen() || haveGone else { continue }
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
