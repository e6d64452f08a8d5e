import Logging
import Synchronization
import Threading

/// What is known of an open drive's history beside the committer.
final class StoreHistory: Sendable {
    private struct State {
        var authenticator: (any RowAuthenticator)?
        var anchor: RollbackAnchor?
        /// What the anchor says, when this has written it.
        var anchored: HistoryPoint?
        /// Records, as they are sealed, in the place of which others were committed.
        var distrusted: Set<[UInt8]> = []
    }

    private let state = ShortLock(State())
    private let hasDistrusted = Atomic(false)

    var authenticator: (any RowAuthenticator)? { state.withLock { $0.authenticator } }
    var anchor: RollbackAnchor? { state.withLock { $0.anchor } }
    var anchored: HistoryPoint? { state.withLock { $0.anchored } }

    func open(_ opening: HistoryOpening) {
        state.withLock {
            $0.authenticator = opening.authenticator
            $0.anchor = opening.anchor
        }
    }

    func write(_ point: HistoryPoint) throws(StorageError) {
        guard let authenticator, let anchor, anchored != point else { return }
        try anchor.write(point, authenticator)
        state.withLock { $0.anchored = point }
    }

    /// - Parameter point: the last commit, after which none comes; nil when that is not known.
    func close(at point: HistoryPoint?, _ logger: Logger) {
        guard let point else { return }
        do throws(StorageError) {
            try write(point)
        } catch {
            logger.error("the rollback anchor cannot be written", metadata: ["cause": "\(error)"])
        }
    }

    func distrust(_ sealed: [UInt8]) {
        state.withLock { _ = $0.distrusted.insert(sealed) }
        hasDistrusted.store(true, ordering: .releasing)
    }

    func isDistrusted(_ sealed: [UInt8]) -> Bool {
        hasDistrusted.load(ordering: .acquiring) && state.withLock { $0.distrusted.contains(sealed) }
    }
}
