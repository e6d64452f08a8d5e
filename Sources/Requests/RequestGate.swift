import Synchronization
import Threading

/// Holds back requests while the server is frozen, and those beyond the number that may be served at once.
///
/// Those that wait are bounded in number and in time. While neither is asked for, a request costs one look at a flag.
package final class RequestGate: Sendable {
    /// Requests that may wait, and how long one does while the server is frozen.
    package static let mostWaiting = 1000
    package static let longestFreeze = Duration.seconds(30)

    private struct State {
        var isFrozen = false
        /// The most requests that are served at once; `nil` for no bound.
        var limit: Int?
        /// How long a request waits for its turn.
        var patience = Duration.seconds(10)
        var running = 0
        /// By tickets, in whose order they have their turns; who gives up takes its own away.
        var waiting: [UInt64: PendingAnswer<Bool>] = [:]
        var firstTicket: UInt64 = 0
        var nextTicket: UInt64 = 0
    }

    private let state = ShortLock(State())
    private let isOpenFlag = Atomic(true)

    package init() {}

    /// Whether every request is let through, without being counted.
    package var isOpen: Bool { isOpenFlag.load(ordering: .acquiring) }

    package var isFrozen: Bool { state.withLock { $0.isFrozen } }

    /// Requests that wait now.
    package var waitingCount: Int { state.withLock { $0.waiting.count } }

    package func freeze() {
        state.withLock { $0.isFrozen = true }
        isOpenFlag.store(false, ordering: .releasing)
    }

    package func unfreeze() { change { $0.isFrozen = false } }

    /// - Parameters:
    ///   - limit: the most requests that are served at once; `nil` for no bound.
    ///   - patience: how long those beyond wait for their turn.
    package func setLimit(_ limit: Int?, patience: Duration) {
        change { state in
            state.limit = limit
            state.patience = patience
        }
    }

    /// Waits for the request's turn; false when that does not come in time, or too many wait already.
    ///
    /// Who was let in tells ``leave()`` when the request has ended.
    package func enter() async -> Bool {
        enum Entry {
            case now, never
            case wait(PendingAnswer<Bool>, ticket: UInt64, Duration)
        }
        let entry = state.withLock { state -> Entry in
            if Self.hasRoom(state) {
                state.running += 1
                return .now
            }
            guard state.waiting.count < Self.mostWaiting else { return .never }
            let turn = PendingAnswer<Bool>()
            let ticket = state.nextTicket
            state.nextTicket += 1
            state.waiting[ticket] = turn
            return .wait(turn, ticket: ticket, state.isFrozen ? Self.longestFreeze : state.patience)
        }
        switch entry {
        case .now: return true
        case .never: return false
        case .wait(let turn, let ticket, let patience):
            let isIn = await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    try? await Task.sleep(for: patience)
                    turn.give(false)
                }
                defer { group.cancelAll() }
                return await turn.wait(cancelled: false)
            }
            if !isIn { change { $0.waiting[ticket] = nil } }
            return isIn
        }
    }

    package func leave() { change { $0.running -= 1 } }

    private static func hasRoom(_ state: State) -> Bool {
        !state.isFrozen && state.limit.map { state.running < $0 } ?? true
    }

    /// Changes the state, and lets in those whose turn it is.
    private func change(_ body: (inout State) -> Void) {
        state.withLock { state in
            body(&state)
            while Self.hasRoom(state), state.firstTicket < state.nextTicket {
                let turn = state.waiting.removeValue(forKey: state.firstTicket)
                state.firstTicket += 1
                // False for one that has given up.
                if turn?.give(true) ?? false { state.running += 1 }
            }
            let isOpen = !state.isFrozen && state.limit == nil && state.running == 0 && state.waiting.isEmpty
            isOpenFlag.store(isOpen, ordering: .releasing)
        }
    }
}
