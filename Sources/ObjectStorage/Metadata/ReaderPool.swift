import Threading

/// The read-only connections, lent one at a time.
///
/// Their number is fixed: who finds none waits, microseconds as a rule, because scans never have more than half of them.
final class ReaderPool: Sendable {
    private struct State {
        var free: [Connection]
        var isClosed = false
    }

    /// How many scans may run at once.
    let scanLimit: Int

    private let state: Monitor<State>
    private let count: Int

    init(path: String, count: Int) throws(StorageError) {
        var connections: [Connection] = []
        for _ in 0..<max(2, count) { connections.append(try Connection(path: path, role: .reader)) }
        self.count = connections.count
        scanLimit = connections.count / 2
        state = Monitor(State(free: connections))
    }

    /// Runs a short block on a connection of its own.
    func read<R>(_ body: (Session) throws(StorageError) -> R) throws(StorageError) -> R {
        let connection = state.wait { state -> Connection?? in
            if state.isClosed { return .some(nil) }
            return state.free.popLast().map { .some($0) }
        }
        guard let connection else { throw .closed }
        defer { state.signal { $0.free.append(connection) } }
        return try connection.use(body)
    }

    /// Refuses new readers, waits for those under way, and closes the connections.
    func close() {
        let connections = state.wait { state -> [Connection]? in
            state.isClosed = true
            guard state.free.count == count else { return nil }
            return state.free
        }
        // Wakes those who waited for a connection, so that they see that there will be none.
        state.broadcast { _ in }
        for connection in connections { connection.close() }
    }
}
