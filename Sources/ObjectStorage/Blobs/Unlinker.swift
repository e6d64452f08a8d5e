import Glibc
import Locking
import Logging
import Synchronization

/// The thread that unlinks the files of the garbage table, and hourly gives up what nobody came back for.
final class Unlinker: Sendable {
    private struct State {
        /// Passes asked for, and passes done among them.
        var wanted = 0
        var done = 0
        var waiting: [(pass: Int, continuation: CheckedContinuation<Void, Never>)] = []
        var isClosing = false
    }

    private static let batchSize = 512
    private static let sweepMilliseconds = 3_600_000

    private let catalogue: Catalogue
    private let committer: Committer
    private let directories: BlobDirectories
    private let leases: ReadLeases
    private let options: StoreOptions
    private let state = Monitor(State())
    private let thread = Mutex<BlockingThread?>(nil)

    init(
        catalogue: Catalogue, committer: Committer, directories: BlobDirectories, leases: ReadLeases,
        options: StoreOptions
    ) {
        self.catalogue = catalogue
        self.committer = committer
        self.directories = directories
        self.leases = leases
        self.options = options
    }

    func start() throws(StorageError) {
        let thread = try BlockingThread(name: "coffer-unlink") { [self] in run() }
        self.thread.withLock { $0 = thread }
        leases.onRelease { [weak self] in self?.wake() }
        wake()
    }

    /// Asks for a pass; waits for nothing.
    func wake() {
        state.signal { $0.wanted += 1 }
    }

    /// Returns when a pass that began after the call has ended.
    func collect() async {
        await withCheckedContinuation { continuation in
            let isClosing = state.signal { state in
                guard !state.isClosing else { return true }
                state.wanted += 1
                state.waiting.append((state.wanted, continuation))
                return false
            }
            if isClosing { continuation.resume() }
        }
    }

    /// Ends the thread after the batch that it is at.
    func close() {
        state.broadcast { $0.isClosing = true }
        thread.withLock { $0 }?.join()
        for waiter in state.withLock({ $0.waiting }) { waiter.continuation.resume() }
        leases.onRelease {}
    }

    private enum Wakeup {
        case pass(Int)
        case close
    }

    private func run() {
        var lastSweep = monotonicMilliseconds()
        while true {
            let wakeup = state.wait(milliseconds: Self.sweepMilliseconds) { state -> Wakeup? in
                if state.isClosing { return .close }
                return state.wanted > state.done ? .pass(state.wanted) : nil
            }
            if case .close = wakeup { return }
            do {
                if monotonicMilliseconds() - lastSweep >= Int64(Self.sweepMilliseconds) {
                    lastSweep = monotonicMilliseconds()
                    try sweep()
                }
                try pass()
            } catch {
                options.logger.warning("unlinking stopped, to be tried again: \(error)")
            }
            guard case .pass(let number) = wakeup else { continue }
            let ready = state.withLock { state in
                state.done = number
                let ready = state.waiting.filter { $0.pass <= number }
                state.waiting.removeAll { $0.pass <= number }
                return ready
            }
            for waiter in ready { waiter.continuation.resume() }
        }
    }

    /// Goes once through the garbage.
    private func pass() throws {
        var last: Int64 = 0
        while !state.withLock(\.isClosing) {
            let position = last
            let rows = try catalogue.readers.read { session throws(StorageError) in
                try session.garbage(after: position, limit: Self.batchSize)
            }
            guard let end = rows.last else { return }
            last = end.row
            // Who found one of these versions before its row went has its lease by then.
            leases.waitForLookups()
            let removable = rows.filter { row in row.owner.map { !leases.isLeased($0) } ?? true }
            try remove(removable)
        }
    }

    private func remove(_ rows: [Garbage]) throws {
        guard !rows.isEmpty else { return }
        for row in rows {
            let path = directories.path(of: row.blob)
            guard unlink(path) == 0 || errno == ENOENT else { throw StorageError.system("unlink a blob", errno) }
        }
        options.faultHook?(.garbageUnlinked)
        // The row must outlast the name: a file without a row in a settled directory would never be found.
        for directory in Set(rows.map(\.blob.directory)) {
            _ = directories.removeIfEmpty(directory)
            try directories.sync(directory)
        }
        options.faultHook?(.garbageDirectoriesSynced)
        try committer.commitAndWait(.shrinks) { transaction in
            for row in rows { try transaction.run("DELETE FROM garbage WHERE id = ?", .integer(row.row)) }
        }
        options.faultHook?(.garbageForgotten)
    }

    private func sweep() throws {
        for blob in directories.claimForgotten(before: monotonicMilliseconds() - Int64(Self.sweepMilliseconds)) {
            directories.abandon(blob)
        }
        let limit = wallMilliseconds() - Int64(Self.sweepMilliseconds)
        try committer.commitAndWait(.shrinks) { transaction in
            try transaction.sweepDataKeys(retiredBefore: limit)
        }
    }
}
