import Locking

/// The handles that no request uses now, the one used last on top: its connection is the warmest.
final class HandlePool: Sendable {
    private struct State {
        var settings: TransferSettings
        var free: [EasyHandle] = []
    }

    private let state: ShortLock<State>

    init(_ settings: TransferSettings) {
        state = ShortLock(State(settings: settings))
    }

    var settings: TransferSettings { state.withLock { $0.settings } }

    /// For handles to come; connections that exist end when their requests do.
    func replace(_ settings: TransferSettings) {
        let old = state.withLock { state -> [EasyHandle] in
            state.settings = settings
            defer { state.free = [] }
            return state.free
        }
        // Their connections close here, outside the lock.
        _ = old
    }

    func take() throws(HTTPClientError) -> EasyHandle {
        let (handle, settings) = state.withLock { ($0.free.popLast(), $0.settings) }
        if let handle { return handle }
        return try EasyHandle(settings)
    }

    func put(_ handle: EasyHandle) {
        state.withLock { state in
            if handle.settings === state.settings { state.free.append(handle) }
        }
    }
}
