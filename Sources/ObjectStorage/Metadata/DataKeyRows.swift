import Locking

/// The wrapped data keys that were read last.
final class DataKeyRows: Sendable {
    private struct State {
        var rows = SecondChanceCache<DataKeyID, DataKeyRow>(capacity: 4096)
        /// Counts the times that rows were forgotten, so that a row read before does not come in after.
        var generation: UInt64 = 0
    }

    private let state = ShortLock(State())

    /// The row from memory, or what `read` finds.
    func row(
        _ id: DataKeyID, read: () throws(StorageError) -> DataKeyRow?
    ) throws(StorageError) -> DataKeyRow? {
        let (known, generation) = state.withLock { ($0.rows.use(id), $0.generation) }
        if let known { return known }
        guard let row = try read() else { return nil }
        state.withLock { state in
            guard state.generation == generation else { return }
            _ = state.rows.insert(row, for: id)
        }
        return row
    }

    func forget(_ ids: [DataKeyID]) {
        guard !ids.isEmpty else { return }
        state.withLock { state in
            state.generation += 1
            for id in ids { state.rows.remove(id) }
        }
    }
}
