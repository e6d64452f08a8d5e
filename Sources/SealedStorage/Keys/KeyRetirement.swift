package import ObjectStorage
import Threading

/// Ends the sharing of data keys behind the backs of requests, some hundreds a commit and one commit at a time: when those
/// of a hundred thousand buckets expire at once, the committer's queue stays free for writes.
package final class KeyRetirement: Sendable {
    /// Keys of one commit.
    package static let batchSize = 256

    private struct State {
        /// Eight bytes a key.
        var waiting: [DataKeyID] = []
        var isRunning = false
    }

    private let store: ObjectStore
    private let state = ShortLock(State())

    package init(_ store: ObjectStore) {
        self.store = store
    }

    /// Returns at once.
    ///
    /// The retirement may fail: a key that stays is retired by the next start.
    package func add(_ key: DataKeyID) {
        let begins = state.withLock { state in
            state.waiting.append(key)
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if begins { Task { await run() } }
    }

    private func run() async {
        while true {
            let batch = state.withLock { state in
                let batch = Array(state.waiting.suffix(Self.batchSize))
                state.waiting.removeLast(batch.count)
                if batch.isEmpty { state.isRunning = false }
                return batch
            }
            guard !batch.isEmpty else { return }
            try? await store.retireDataKeys(batch)
        }
    }
}
