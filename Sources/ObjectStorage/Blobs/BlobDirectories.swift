import Glibc
import Synchronization

/// The blob files of this run: their numbers, and which of them wait for a row.
final class BlobDirectories: Sendable {
    private enum Standing {
        case writing
        /// The file is durable and no row has it yet; since when, in milliseconds of the monotonic clock.
        case finished(Int64)
        /// A row that has the file is being committed.
        case claimed
    }

    private struct State {
        /// The number of the next file.
        var next: UInt64 = 0
        /// Files get numbers below this one, up to which the catalogue has them reserved.
        var reserved: UInt64 = 0
        var hasAskedForMore = false
        /// The directory that exists for the next file; nil before there is one.
        var made: UInt64?
        var unsettled: [BlobID: Standing] = [:]
        /// How many of them lie in each step of numbers.
        var unsettledCounts: [UInt64: Int] = [:]
        /// Directories whose names may come back with a power cut: files without a row were unlinked in them.
        var unsyncedRemovals: Set<BlobDirectory> = []
        var isClosed = false
    }

    let layout: BlobLayout
    let epoch: UInt64
    /// Numbers are reserved and settled in steps of so many.
    private let step: UInt64
    private let durability: Durability
    private let clock: StoreClock
    private let state = Mutex(State())
    private let askForMore: Mutex<@Sendable () -> Void> = Mutex({})

    init(_ layout: BlobLayout, epoch: UInt64, durability: Durability, options: StoreOptions) {
        self.layout = layout
        self.epoch = epoch
        step = UInt64(max(1, options.blobNumberStep))
        clock = options.clock
        self.durability = durability
    }

    /// Sets what is called, from any thread, when reserved numbers run short and no commit has come by to reserve more.
    func onShortage(_ body: @escaping @Sendable () -> Void) {
        askForMore.withLock { $0 = body }
    }

    // MARK: What the catalogue is told

    /// The bounds that the catalogue should have: numbers are given below `reserved`, and those below `settled` have a
    /// row or are gone; after ``syncRemovals(below:)``, for good.
    var bounds: (reserved: UInt64, settled: UInt64) {
        state.withLock { state in
            let current = state.next / step
            let settled = min(state.unsettledCounts.keys.min() ?? current, current) * step
            let isShort = state.reserved < state.next + step
            return (isShort ? (current + 3) * step : state.reserved, settled)
        }
    }

    /// The catalogue has this bound, durably.
    func confirm(reserved: UInt64) {
        state.withLock { $0.reserved = max($0.reserved, reserved) }
    }

    /// The call of ``onShortage(_:)`` has had its effect, or none: the next shortage is told again.
    func endShortage() {
        state.withLock { $0.hasAskedForMore = false }
    }

    /// The blobs that are being written, or wait for a row.
    var unsettledBlobs: Set<BlobID> { state.withLock { Set($0.unsettled.keys) } }

    /// True when no blob waits for a row.
    var isSettled: Bool { state.withLock { $0.unsettled.isEmpty } }

    // MARK: The life of a file

    /// A name for a new file, whose directory exists when this returns.
    ///
    /// Throws `overloaded` when files are made faster than the catalogue reserves numbers.
    func allocate() throws(StorageError) -> BlobID {
        let (id, isShort) = try state.withLock { state throws(StorageError) -> (BlobID?, Bool) in
            guard !state.isClosed else { throw .closed }
            let isShort = state.reserved < state.next + step / 2 && !state.hasAskedForMore
            if isShort { state.hasAskedForMore = true }
            guard state.next < state.reserved else { return (nil, isShort) }
            let id = BlobID(epoch: epoch, counter: state.next)
            let directory = layout.directory(of: id)
            if state.made != directory.block {
                try createDirectory(layout.path(of: directory))
                try durability.syncRoot(of: layout)
                state.made = directory.block
            }
            state.next += 1
            state.unsettled[id] = .writing
            state.unsettledCounts[id.counter / step, default: 0] += 1
            return (id, isShort)
        }
        if isShort { askForMore.withLock { $0 }() }
        guard let id else { throw .overloaded }
        return id
    }

    /// The file is durable and waits for its row.
    func finish(_ id: BlobID) {
        state.withLock { $0.unsettled[id] = .finished(clock.monotonicMilliseconds()) }
    }

    /// Takes a finished file for a row; false unless it is finished and nobody else has taken it.
    func claim(_ id: BlobID) -> Bool {
        state.withLock { state in
            guard case .finished = state.unsettled[id] else { return false }
            state.unsettled[id] = .claimed
            return true
        }
    }

    /// The file has a row, or is gone.
    func settle(_ id: BlobID) {
        state.withLock { state in
            guard state.unsettled.removeValue(forKey: id) != nil else { return }
            let left = (state.unsettledCounts[id.counter / step] ?? 1) - 1
            state.unsettledCounts[id.counter / step] = left == 0 ? nil : left
        }
    }

    /// Unlinks a file that gets no row; one that cannot be unlinked stays unsettled, for the next start to try.
    ///
    /// Blocks.
    func abandon(_ id: BlobID) {
        guard unlink(layout.path(of: id)) == 0 || errno == ENOENT else { return }
        state.withLock { _ = $0.unsyncedRemovals.insert(layout.directory(of: id)) }
        settle(id)
    }

    /// Makes it durable that files without a row are gone: the next start will not look for them below the bound.
    ///
    /// Blocks.
    func syncRemovals(below settled: UInt64) throws(StorageError) {
        let removals = state.withLock { state in
            state.unsyncedRemovals.filter { $0.block << BlobLayout.directoryShift < settled }
        }
        for directory in removals {
            // Taken out first: what is unlinked while this syncs puts it in again.
            state.withLock { _ = $0.unsyncedRemovals.remove(directory) }
            do throws(StorageError) {
                try layout.sync(directory)
            } catch {
                state.withLock { _ = $0.unsyncedRemovals.insert(directory) }
                throw error
            }
        }
    }

    /// Finished files that have waited for a row since before the given time; nobody can take them any more.
    func claimForgotten(before limit: Int64) -> [BlobID] {
        state.withLock { state in
            let forgotten = state.unsettled.compactMap { id, standing -> BlobID? in
                if case .finished(let since) = standing, since < limit { return id }
                return nil
            }
            for id in forgotten { state.unsettled[id] = .claimed }
            return forgotten
        }
    }

    /// Refuses further files.
    func close() {
        state.withLock { $0.isClosed = true }
    }

    /// Removes a directory that nothing will be put into any more, if it is empty.
    func removeIfEmpty(_ directory: BlobDirectory) -> Bool {
        let isInUse = state.withLock { state in
            directory.epoch == epoch
                && (directory.block << BlobLayout.directoryShift) + (1 << BlobLayout.directoryShift) > state.next
        }
        return !isInUse && rmdir(layout.path(of: directory)) == 0
    }
}
