import Synchronization
package import Threading

/// What a store has done since it was opened, for those who watch it; counting takes no lock.
package final class StoreFigures: Sendable {
    /// Changes that were committed together.
    package let batches = Histogram([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024])
    /// From the beginning of a transaction until it was durable, in nanoseconds.
    package let commits = Histogram(Histogram.durations)
    /// The last step of it: writing the log's frames and syncing them.
    package let logSyncs = Histogram(Histogram.durations)
    /// Syncs of blob files.
    package let blobSyncs = Histogram(Histogram.durations)
    /// Copies of the log into the database.
    package let checkpoints = Histogram(Histogram.durations)
    private let watcher = Adjustable<Watcher?>(nil)
    private let logSize = Atomic(0)
    private let removedBlobs = Atomic(0)

    init() {}

    /// Bytes of the write-ahead log that are in use.
    package var logBytes: Int { logSize.load(ordering: .relaxed) }
    /// Files that were unlinked because nothing referred to them any more.
    package var blobsRemoved: Int { removedBlobs.load(ordering: .relaxed) }

    func noteLog(bytes: Int) { logSize.store(bytes, ordering: .relaxed) }
    func noteRemoved(_ count: Int) { removedBlobs.wrappingAdd(count, ordering: .relaxed) }

    /// What is timed.
    package enum Operation: String, CaseIterable, Sendable {
        case commit, logSync, blobSync, checkpoint
    }

    /// Is told of everything that was timed, with nanoseconds and why it failed.
    package typealias Watcher = @Sendable (Operation, _ nanoseconds: Int, (any Error)?) -> Void

    /// - Parameter watcher: called where it ends, mostly on the committer's thread: microseconds at most, and nothing that
    ///   blocks.
    package func watch(_ watcher: @escaping Watcher) { self.watcher.current = watcher }

    /// Times `work`, whether it fails or not.
    func time<R, Failure: Error>(_ operation: Operation, _ work: () throws(Failure) -> R) throws(Failure) -> R {
        let start = monotonicNanoseconds()
        func end(_ error: (any Error)?) {
            let duration = Int(monotonicNanoseconds() - start)
            histogram(of: operation).record(duration)
            watcher.current?(operation, duration, error)
        }
        do throws(Failure) {
            let result = try work()
            end(nil)
            return result
        } catch {
            end(error)
            throw error
        }
    }

    private func histogram(of operation: Operation) -> Histogram {
        switch operation {
        case .commit: commits
        case .logSync: logSyncs
        case .blobSync: blobSyncs
        case .checkpoint: checkpoints
        }
    }
}

/// What waits to be removed, and what is under way, as far as it was counted.
package struct StoreBacklog: Hashable, Sendable {
    /// Files that nothing refers to any more.
    package var garbage = 0
    /// Multipart uploads that have neither ended nor been given up.
    package var uploads = 0

    /// Counted up to here: a look costs no more than this, however much there is.
    package static let limit = 100_000
}

extension ObjectStore {
    /// Changes that wait to be committed.
    package var waitingChanges: Int { committer.waitingCount }

    /// Of one moment; each number is ``StoreBacklog/limit`` at most.
    package func backlog() async throws(StorageError) -> StoreBacklog {
        try await scan { session throws(StorageError) in
            try session.snapshot { () throws(StorageError) in
                StoreBacklog(
                    garbage: try session.count("SELECT count(*) FROM (SELECT 1 FROM garbage LIMIT 100000)"),
                    uploads: try session.count("SELECT count(*) FROM (SELECT 1 FROM uploads LIMIT 100000)"))
            }
        }
    }
}

extension Session {
    fileprivate func count(_ sql: StaticString) throws(StorageError) -> Int {
        Int(try first(sql) { row in row.integer(0) } ?? 0)
    }
}
