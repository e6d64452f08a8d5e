import Glibc
import Synchronization

extension Identifier<BlobIdentity> {
    /// The number of the directory that the file lies in.
    var directory: UInt64 { high }
}

/// Where blob files lie, and which of them wait for a row; the `OnDiskLayout` article explains the numbers.
final class BlobDirectories: Sendable {
    private enum Standing {
        case writing
        /// Durable, without a row; since when, on the monotonic clock.
        case finished(Int64)
        /// Its row is being committed.
        case claimed
    }

    private struct State {
        var current: UInt64
        /// Files made in the current directory; nil before it is made itself.
        var count: Int?
        var unsettled: [BlobID: Standing] = [:]
        /// How many of them each directory has.
        var unsettledCounts: [UInt64: Int] = [:]
        /// Directories whose names may come back with a power cut: files without a row were unlinked in them.
        var unsyncedRemovals: Set<UInt64> = []
        var isClosed = false
    }

    private let root: String
    private let capacity: Int
    private let state: Mutex<State>

    /// Begins with directory `first`, which is above every other.
    init(root: String, first: UInt64, capacity: Int) {
        self.root = root
        self.capacity = max(1, capacity)
        state = Mutex(State(current: first))
    }

    /// Every blob in a directory below has a row or is gone; after ``syncRemovals(below:)``, for good.
    var floor: UInt64 {
        state.withLock { state in min(state.unsettledCounts.keys.min() ?? state.current, state.current) }
    }

    /// True when no blob waits for a row.
    var isSettled: Bool { state.withLock { $0.unsettled.isEmpty } }

    /// A name for a new file, whose directory exists when this returns.
    func allocate() throws(StorageError) -> BlobID {
        try state.withLock { state throws(StorageError) in
            guard !state.isClosed else { throw .closed }
            if let count = state.count, count >= capacity {
                state.current += 1
                state.count = nil
            }
            if state.count == nil {
                try createDirectory(path(ofDirectory: state.current))
                try syncDirectory(root)
                state.count = 0
            }
            state.count = (state.count ?? 0) + 1
            let id = BlobID(high: state.current, low: UInt64.random(in: 0...UInt64.max))
            state.unsettled[id] = .writing
            state.unsettledCounts[id.directory, default: 0] += 1
            return id
        }
    }

    /// The file is durable and waits for its row.
    func finish(_ id: BlobID) {
        state.withLock { $0.unsettled[id] = .finished(monotonicMilliseconds()) }
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
            let left = (state.unsettledCounts[id.directory] ?? 1) - 1
            state.unsettledCounts[id.directory] = left == 0 ? nil : left
        }
    }

    /// Unlinks a file that gets no row.
    ///
    /// Blocks.
    func abandon(_ id: BlobID) {
        guard unlink(path(of: id)) == 0 || errno == ENOENT else { return }
        state.withLock { _ = $0.unsyncedRemovals.insert(id.directory) }
        settle(id)
    }

    /// Makes it durable that files without a row are gone: the next start will not look for them below the floor.
    ///
    /// Blocks.
    func syncRemovals(below floor: UInt64) throws(StorageError) {
        for directory in state.withLock({ $0.unsyncedRemovals.filter { $0 < floor } }) {
            try sync(directory)
            state.withLock { _ = $0.unsyncedRemovals.remove(directory) }
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
    ///
    /// If none waits, the floor rises above the current directory.
    func close() {
        state.withLock { state in
            state.isClosed = true
            if state.unsettled.isEmpty, state.count != nil { state.current += 1 }
        }
    }

    func path(of id: BlobID) -> String {
        "\(path(ofDirectory: id.directory))/\(hexDigits(of: id.low, count: 16))"
    }

    func path(ofDirectory number: UInt64) -> String {
        "\(root)/\(Self.name(ofDirectory: number))"
    }

    /// Makes the names in a directory durable; if the directory itself is gone, its absence.
    func sync(_ directory: UInt64) throws(StorageError) {
        do throws(StorageError) {
            try syncDirectory(path(ofDirectory: directory))
        } catch .io(_, ENOENT) {
            try syncDirectory(root)
        }
    }

    /// Removes a directory that nothing will be put into any more, if it is empty.
    func removeIfEmpty(_ directory: UInt64) -> Bool {
        directory < floor && rmdir(path(ofDirectory: directory)) == 0
    }

    // MARK: Names on disk

    static func name(ofDirectory number: UInt64) -> String {
        hexDigits(of: number, count: 10)
    }

    /// The directories below `root`, in order; other names are left alone.
    static func existing(in root: String) throws(StorageError) -> [UInt64] {
        try directoryEntries(root).filter { $0.utf8.count == 10 }.compactMap { UInt64($0, radix: 16) }.sorted()
    }

    /// The blobs in one directory; other names are left alone.
    static func blobs(in root: String, directory: UInt64) throws(StorageError) -> [BlobID] {
        try directoryEntries("\(root)/\(name(ofDirectory: directory))").filter { $0.utf8.count == 16 }
            .compactMap { UInt64($0, radix: 16) }.map { BlobID(high: directory, low: $0) }
    }
}
