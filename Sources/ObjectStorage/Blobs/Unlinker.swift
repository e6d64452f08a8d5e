import Glibc
import Logging
import Synchronization
import Threading

/// The thread that removes, in steps, what ended uploads, versions made of parts and deleted buckets have left, unlinks the
/// files of the garbage table, and hourly gives up what nobody came back for.
final class Unlinker: Sendable {
    private struct State {
        /// Passes asked for, and passes done among them.
        var wanted = 0
        var done = 0
        var waiting: [(pass: Int, continuation: CheckedContinuation<Void, Never>)] = []
        var isClosing = false
    }

    private static let batchSize = 512
    private static let stepSize: Int64 = 512
    private static let keySweepMilliseconds: Int64 = 24 * 3_600_000
    private static let sweepMilliseconds = 3_600_000
    /// How long it is remembered which version an upload became.
    private static let completionMilliseconds: Int64 = 24 * 3_600_000

    private let catalogue: Catalogue
    private let committer: Committer
    private let directories: BlobDirectories
    private let leases: ReadLeases
    private let durability: Durability
    private let options: StoreOptions
    private let figures: StoreFigures
    /// Who keeps files from being unlinked.
    let holds = FileHolds()
    private let state = Monitor(State())
    private let thread = Mutex<SystemThread?>(nil)
    /// That of an unlinker without a thread, between two steps.
    private let stepped = Mutex<Progress?>(nil)

    /// What is remembered from one pass to the next.
    private struct Progress: Sendable {
        var stuck: StuckFiles
        var remains: StuckRemains
        /// Milliseconds of the monotonic clock.
        var lastSweep: Int64
        var lastKeySweep: Int64?
        /// Whether there may be versions that are not counted yet.
        var counts = true

        init(_ options: StoreOptions) {
            stuck = StuckFiles(options)
            remains = StuckRemains(logger: options.logger)
            lastSweep = options.clock.monotonicMilliseconds()
        }
    }

    init(
        catalogue: Catalogue, committer: Committer, directories: BlobDirectories, leases: ReadLeases,
        durability: Durability, options: StoreOptions, figures: StoreFigures
    ) {
        self.catalogue = catalogue
        self.committer = committer
        self.directories = directories
        self.leases = leases
        self.durability = durability
        self.options = options
        self.figures = figures
    }

    func start() throws(StorageError) {
        let progress = Progress(options)
        if options.hasThreads {
            let thread = try SystemThread.started(name: "coffer-unlink") { [self] in
                var progress = progress
                run(&progress)
            }
            self.thread.withLock { $0 = thread }
        } else {
            stepped.withLock { $0 = progress }
        }
        leases.onRelease { [weak self] in self?.wake() }
        holds.onRelease { [weak self] in self?.wake() }
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
        holds.onRelease {}
    }

    private enum Wakeup {
        case pass(Int)
        case close
    }

    private func run(_ progress: inout Progress) {
        while true {
            let wakeup = state.wait(milliseconds: progress.stuck.isEmpty ? Self.sweepMilliseconds : 60_000) {
                state -> Wakeup? in
                if state.isClosing { return .close }
                return state.wanted > state.done ? .pass(state.wanted) : nil
            }
            if case .close = wakeup { return }
            turn(&progress)
            if case .pass(let number) = wakeup { end(number) }
        }
    }

    /// Does what the thread would do next, where there is none; false when no pass was asked for.
    func step() -> Bool {
        guard var progress = stepped.withLock({ $0.take() }) else { return false }
        let number = state.withLock(\.wanted)
        let isWanted = number > state.withLock(\.done)
        turn(&progress)
        stepped.withLock { $0 = progress }
        end(number)
        return isWanted
    }

    /// Everything that there is to do once.
    ///
    /// What stops one of these keeps none of the others from its work.
    private func turn(_ progress: inout Progress) {
        let now = options.clock.monotonicMilliseconds()
        if now - progress.lastSweep >= Int64(Self.sweepMilliseconds) {
            progress.lastSweep = now
            attempt { () throws(StorageError) in try sweep() }
        }
        attempt { () throws(StorageError) in try pass(&progress.stuck) }
        var hasSwept = false
        for kind in Remains.allCases {
            attempt { () throws(StorageError) in try sweep(kind, &progress.remains) { hasSwept = true } }
        }
        attempt { () throws(StorageError) in if hasSwept { try pass(&progress.stuck) } }
        attempt { () throws(StorageError) in if try sweepUploads() { try pass(&progress.stuck) } }
        // In turns with the rest: on a drive of a former release there may be many millions.
        if progress.counts {
            progress.counts = false
            attempt { () throws(StorageError) in progress.counts = try countVersions() }
            if progress.counts { wake() }
        }
        // Last, and once a day: it may read all rows of a large drive. At first those of former runs: with their
        // processes, whoever could begin to use them has gone.
        if progress.lastKeySweep.map({ now - $0 >= Self.keySweepMilliseconds }) ?? true {
            let limit =
                progress.lastKeySweep == nil ? .min : options.clock.wallMilliseconds - Int64(Self.sweepMilliseconds)
            progress.lastKeySweep = now
            attempt { () throws(StorageError) in try sweepDataKeys(retiredBefore: limit) }
        }
    }

    /// Tells those who have waited for a pass.
    private func end(_ number: Int) {
        let ready = state.withLock { state in
            state.done = max(state.done, number)
            let ready = state.waiting.filter { $0.pass <= number }
            state.waiting.removeAll { $0.pass <= number }
            return ready
        }
        for waiter in ready { waiter.continuation.resume() }
    }

    private func attempt(_ work: () throws(StorageError) -> Void) {
        do throws(StorageError) {
            try work()
        } catch {
            options.logger.warning("tidying stopped, to be tried again: \(error)")
        }
    }

    /// Goes once through a table, some rows at a time, in the order of their row numbers.
    private func forEachPage<Row>(
        numberedBy number: (Row) -> Int64,
        _ page: (Session, _ after: Int64) throws(StorageError) -> [Row],
        _ body: ([Row]) throws(StorageError) -> Void
    ) throws(StorageError) {
        var last = Int64.min
        while !state.withLock(\.isClosing), !durability.isLost {
            let position = last
            let rows = try catalogue.readers.read { session throws(StorageError) in try page(session, position) }
            guard let end = rows.last else { return }
            last = number(end)
            try body(rows)
        }
    }

    /// Those of the rows whose former versions nobody reads.
    private func unread<Row>(_ rows: [Row], ownedBy owner: (Row) -> VersionID?) -> [Row] {
        // Who found one of these versions before its row went has its lease by then.
        leases.waitForLookups()
        return rows.filter { row in owner(row).map { !leases.isLeased($0) } ?? true }
    }

    /// Removes what deleted buckets, completions or versions of former releases have left; tells of each row that it has
    /// begun with.
    private func sweep(
        _ kind: Remains, _ stuck: inout StuckRemains, _ begun: () -> Void
    ) throws(StorageError) {
        try forEachPage(numberedBy: { $0 }) { (session, row) throws(StorageError) in
            try session.remains(kind, after: row, limit: Self.batchSize)
        } _: { (rows) throws(StorageError) in
            for row in rows {
                begun()
                do throws(StorageError) {
                    try steps(.sweep(kind, row: row, limit: Self.stepSize), then: .uploadsSwept)
                    stuck.forget(kind, row)
                } catch {
                    switch error {
                    case .corrupt, .database: stuck.note(kind, row, error)
                    default: throw error
                    }
                }
            }
        }
    }

    /// Goes once through the uploads that have ended, and removes the parts of those that no version has and nobody reads;
    /// false when there were none.
    private func sweepUploads() throws(StorageError) -> Bool {
        var hasSwept = false
        try forEachPage(numberedBy: \.row) { (session, row) throws(StorageError) in
            try session.deadUploads(after: row, limit: Self.batchSize)
        } _: { (rows) throws(StorageError) in
            let fates = try fates(of: unread(rows, ownedBy: \.owner))
            if !fates.owned.isEmpty {
                _ = try committer.commitAndWait(.maintain(.forgetDeadUploads(fates.owned)))
            }
            for upload in fates.free {
                attempt { () throws(StorageError) in
                    try steps(.sweepParts(ofUpload: upload, limit: Self.stepSize), then: .uploadsSwept)
                }
                hasSwept = true
            }
        }
        return hasSwept
    }

    /// The rows of uploads that other versions have, and the uploads that nobody has or reads; once that is so, it stays so,
    /// because a version can share only what another one has.
    private func fates(of rows: [DeadUpload]) throws(StorageError) -> (owned: [Int64], free: Set<Int64>) {
        try catalogue.readers.read { session throws(StorageError) in
            try session.snapshot { () throws(StorageError) in
                var owned: [Int64] = []
                var free: Set<Int64> = []
                for row in rows {
                    if try session.isOwned(upload: row.upload) {
                        owned.append(row.row)
                    } else if try !session.isAwaited(upload: row.upload, isLeased: leases.isLeased) {
                        free.insert(row.upload)
                    }
                }
                return (owned, free)
            }
        }
    }

    /// Repeats a step until it finds nothing more to do.
    private func steps(_ maintenance: Maintenance, then point: FaultPoint? = nil) throws(StorageError) {
        while !state.withLock(\.isClosing) {
            let result = try committer.commitAndWait(.maintain(maintenance))
            if let point { options.faultHook?(point) }
            guard case .found(true) = result else { return }
        }
    }

    /// Goes once through the garbage table.
    private func pass(_ stuck: inout StuckFiles) throws(StorageError) {
        defer { stuck.report() }
        try forEachPage(numberedBy: \.row) { (session, row) throws(StorageError) in
            try session.garbage(after: row, limit: Self.batchSize)
        } _: { (rows) throws(StorageError) in
            try remove(unread(rows, ownedBy: \.owner), &stuck)
        }
    }

    /// What is done about the blob file that a row of the garbage table names.
    private enum Fate {
        /// The row alone is removed: other versions have the file.
        case forget
        /// Nothing is done now: a version that had the file, too, is still being read.
        case wait
        case unlink
    }

    private func fate(of row: Garbage, _ session: Session) throws(StorageError) -> Fate {
        // Once no row refers to a file, none ever will again: a version can share only what another one has.
        if try session.isReferredTo(row.blob) { return .forget }
        if holds.isHeld { return .wait }
        return try session.isGarbageAwaited(row.blob, isLeased: leases.isLeased) ? .wait : .unlink
    }

    private func remove(_ rows: [Garbage], _ stuck: inout StuckFiles) throws(StorageError) {
        let candidates = rows.filter { stuck.isDue($0.blob) }
        let fates = try catalogue.readers.read { session throws(StorageError) in
            try session.snapshot { () throws(StorageError) in
                var fates: [Fate] = []
                for row in candidates { fates.append(try fate(of: row, session)) }
                return fates
            }
        }
        var gone: [Garbage] = []
        for (row, fate) in zip(candidates, fates) {
            switch fate {
            case .forget: gone.append(row)
            case .wait: break
            case .unlink:
                if unlink(directories.layout.path(of: row.blob)) == 0 || errno == ENOENT {
                    figures.noteRemoved(1)
                    stuck.forget(row.blob)
                    gone.append(row)
                } else {
                    stuck.note(row.blob, errno)
                }
            }
        }
        guard !gone.isEmpty else { return }
        options.faultHook?(.garbageUnlinked)
        // The row must outlast the name: a file without a row among settled numbers would never be found.
        for directory in Set(gone.map { directories.layout.directory(of: $0.blob) }) {
            _ = directories.removeIfEmpty(directory)
            try durability.sync(directory, in: directories.layout)
        }
        options.faultHook?(.garbageDirectoriesSynced)
        _ = try committer.commitAndWait(.maintain(.forgetGarbage(gone.map(\.row))))
        options.faultHook?(.garbageForgotten)
    }

    /// Some steps of counting the versions of a former release; true when there are more.
    private func countVersions() throws(StorageError) -> Bool {
        let counted = try catalogue.readers.read { session throws(StorageError) in
            try session.driveValue(Session.countedRows)
        }
        guard counted != .max else { return false }
        for _ in 0..<64 where !state.withLock(\.isClosing) {
            let result = try committer.commitAndWait(.maintain(.countVersions(limit: 256)))
            guard case .found(true) = result else { return false }
        }
        return true
    }

    private func sweep() throws(StorageError) {
        for blob in directories.claimForgotten(
            before: options.clock.monotonicMilliseconds() - Int64(Self.sweepMilliseconds))
        {
            directories.abandon(blob)
        }
        try steps(
            .sweepCompletions(
                before: options.clock.wallMilliseconds - Self.completionMilliseconds, limit: Self.stepSize))
    }

    /// Removes data keys that no row names; keeps those that one does, whatever their count says.
    private func sweepDataKeys(retiredBefore time: Int64) throws(StorageError) {
        let unused = UnusedDataKeys(readers: catalogue.readers) { [state] in state.withLock(\.isClosing) }
        let epoch = Int64(clamping: directories.epoch)
        while !state.withLock(\.isClosing), !durability.isLost {
            let keys = try catalogue.readers.read { session throws(StorageError) in
                try session.unusedDataKeys(retiredBefore: time, exceptOf: epoch, limit: UnusedDataKeys.limit)
            }
            guard !keys.isEmpty, let counts = try unused.references(to: keys) else { return }
            let named = counts.filter { $0.value > 0 }
            if !named.isEmpty { _ = try committer.commitAndWait(.maintain(.mendDataKeyCounts(named))) }
            let gone = keys.filter { counts[$0] == 0 }
            for start in stride(from: 0, to: gone.count, by: Self.batchSize) {
                let some = Array(gone[start..<min(start + Self.batchSize, gone.count)])
                _ = try committer.commitAndWait(.maintain(.removeDataKeys(some)))
            }
            guard keys.count == UnusedDataKeys.limit else { return }
        }
    }
}
