import Synchronization
import Threading

/// The wrapped data keys that were read last.
final class DataKeyRows: Sendable {
    private struct State {
        var rows = SecondChanceCache<DataKeyID, DataKeyRow>(capacity: 4096)
    }

    private let state = ShortLock(State())
    /// Counts the times that rows were forgotten, so that a row read before does not come in after; grows under the lock.
    private let forgotten = Atomic<UInt64>(0)

    /// What ``row(_:asOf:read:)`` is to be told: taken before the snapshot is, in which it will read.
    var generation: UInt64 { forgotten.load(ordering: .acquiring) }

    /// The row from memory, or what `read` finds.
    ///
    /// - Parameter generation: from before `read`'s snapshot; what was read in an older one is not kept.
    func row(
        _ id: DataKeyID, asOf generation: UInt64, read: () throws(StorageError) -> DataKeyRow?
    ) throws(StorageError) -> DataKeyRow? {
        if let known = state.withLock({ $0.rows.use(id) }) { return known }
        guard let row = try read() else { return nil }
        state.withLock { state in
            guard forgotten.load(ordering: .acquiring) == generation else { return }
            _ = state.rows.insert(row, for: id)
        }
        return row
    }

    func forget(_ ids: [DataKeyID]) {
        guard !ids.isEmpty else { return }
        state.withLock { state in
            forgotten.add(1, ordering: .acquiringAndReleasing)
            for id in ids { state.rows.remove(id) }
        }
    }
}
