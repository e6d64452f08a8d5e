/// Who works in the background of a store.
package enum StoreWorker: Hashable, Sendable {
    /// Commits up to so many of the changes that wait, or tidies.
    case committer(batch: Int)
    /// Makes a pass over what is to be removed.
    case unlinker
    /// Does one piece of blocking work: writes, syncs and unlinks files.
    case files
    /// Does one piece of work that reads many rows.
    case scans
}

extension ObjectStore {
    /// Does some of the work of a store that has no threads (``StoreOptions/hasThreads``), on the calling one.
    ///
    /// All steps, and whatever is called of the store meanwhile, belong on one thread.
    ///
    /// - Returns: false when there was nothing to do.
    @discardableResult
    package func step(_ worker: StoreWorker) -> Bool {
        switch worker {
        case .committer(let batch): committer.step(atMost: max(1, batch))
        case .unlinker: unlinker.step()
        case .files: pool.step()
        case .scans: scans.step()
        }
    }
}
