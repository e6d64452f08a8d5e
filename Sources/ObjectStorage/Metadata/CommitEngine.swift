import Logging
import Synchronization
import Threading

/// What the committer's thread does: batches, checkpoints, and the care of a full device.
///
/// Unchecked: its variables belong to the committer's thread.
final class CommitEngine: @unchecked Sendable {
    private let connection: Connection
    private let directories: BlobDirectories
    private let space: DriveSpace
    private let durability: Durability
    private let options: StoreOptions
    private let figures: StoreFigures
    private let recentVersions: RecentVersions
    /// Told after each commit: data keys that changed, and whether there is garbage.
    private let afterCommit: @Sendable (_ dataKeys: [DataKeyID], _ madeGarbage: Bool) -> Void

    private var log: LogState
    /// What the catalogue has of this run's blob numbers; nil before it has anything.
    private var storedBounds: (reserved: UInt64, settled: UInt64)?
    /// Versions up to this row number are counted, see ``Transaction/countVersions(_:)``.
    private var countedRows: Int64
    private var witness: Witness

    init(
        _ connection: Connection, directories: BlobDirectories, space: DriveSpace, durability: Durability,
        options: StoreOptions, figures: StoreFigures, recentVersions: RecentVersions,
        afterCommit: @escaping @Sendable ([DataKeyID], Bool) -> Void
    ) throws(StorageError) {
        self.connection = connection
        self.directories = directories
        self.space = space
        self.durability = durability
        self.options = options
        self.figures = figures
        self.recentVersions = recentVersions
        self.afterCommit = afterCommit
        log = LogState(limit: options.logLimit)
        countedRows = try connection.use { session throws(StorageError) in
            try session.driveValue(Session.countedRows) ?? 0
        }
        witness = try connection.use { session throws(StorageError) in
            try session.hasHistory ? .locked : .none
        }
        connection.use { session in log.watch(session) }
        space.reusable.store(connection.use(freeBytes), ordering: .relaxed)
    }

    /// The last commit of the history, for who knows that no more is committed; nil while none is open.
    var lastPoint: HistoryPoint? {
        guard case .open(let history) = witness, !outcomeIsUnknown else { return nil }
        return history.head.point
    }

    /// True when the outcome of a commit is unknown: nothing more may be written, and no file be unlinked for it.
    var outcomeIsUnknown: Bool { durability.isLost }

    // MARK: Batches

    /// Commits a batch and answers each of its mutations.
    func commit(_ batch: [PendingMutation], isRetry: Bool = false) {
        guard !outcomeIsUnknown else { return refuse(batch, Durability.error) }
        do throws(StorageError) {
            try figures.time(.commit) { () throws(StorageError) in
                // Before the transaction, for with its end others see it, and after: nothing of before may come in again.
                let changes = recentVersions.begin(batch)
                defer { recentVersions.end(changes) }
                try connection.use { session throws(StorageError) in try transact(batch, session) }
            }
            figures.batches.record(batch.count)
            figures.noteLog(bytes: log.bytes)
            for mutation in batch { mutation.answer() }
        } catch {
            durability.note(error)
            recover(batch, from: error, isRetry: isRetry)
        }
    }

    private func refuse(_ batch: [PendingMutation], _ error: StorageError) {
        for mutation in batch {
            mutation.fail(error)
            mutation.answer()
        }
    }

    /// The transaction failed as a whole: each mutation gets one of its own, so that a delete goes through where a
    /// put does not.
    private func recover(_ batch: [PendingMutation], from error: StorageError, isRetry: Bool) {
        guard !outcomeIsUnknown else { return refuse(batch, error) }
        if error == .diskFull, space.hasBallast {
            options.logger.warning("the drive is full; writes are refused until there is room")
            space.releaseBallast()
            checkpoint(.truncate)
        } else if error == .diskFull, !isRetry, batch.contains(where: { $0.kind != .grows }) {
            // Many deletes fill the log too; once copied and cut, it begins anew in the room it had.
            checkpoint(.truncate)
        } else if batch.count == 1 {
            return refuse(batch, error)
        }
        for mutation in batch {
            if error == .diskFull, mutation.kind == .grows {
                refuse([mutation], .diskFull)
            } else {
                commit([mutation], isRetry: true)
            }
        }
    }

    /// How a mutation that fails is taken back.
    private enum Undo {
        /// A savepoint for each: the pages that it changes are copied first.
        case savepoints
        /// Nothing is kept. Nearly all that refuse do so before they write; after another, the batch begins anew.
        case none
    }

    private func transact(
        _ batch: [PendingMutation], _ session: Session, undo: Undo = .none
    ) throws(StorageError) {
        let transaction = Transaction(
            session, epoch: Int64(clamping: directories.epoch), countedRows: countedRows, witness: witness,
            undoesSingly: undo == .savepoints, versionLimit: options.versionLimit)
        let changes = session.totalChanges
        try transaction.run("BEGIN IMMEDIATE")
        let dataKeys: [DataKeyID]
        let bounds: (reserved: UInt64, settled: UInt64)?
        let history: OpenHistory.Update?
        do throws(StorageError) {
            options.faultHook?(.transactionBegun)
            for mutation in batch where try !perform(mutation, in: transaction, undo) {
                try session.execute("ROLLBACK")
                return try transact(batch, session, undo: .savepoints)
            }
            dataKeys = try transaction.settle()
            history = try transaction.settleHistory()
            bounds = batch.contains { $0.kind == .grows } ? try storeBounds(transaction) : nil
            options.faultHook?(.rowsWritten)
            for directory in transaction.directories(in: directories.layout) {
                try durability.sync(directory, in: directories.layout)
            }
            options.faultHook?(.directoriesSynced)
        } catch {
            if session.isInTransaction { try session.execute("ROLLBACK") }
            throw error
        }
        try commitTransaction(transaction, session)
        countedRows = transaction.countedRows
        if case .open(let open) = transaction.witness {
            if let history { open.adopt(history) }
            witness = transaction.witness
        }
        for what in transaction.damage { options.logger.error("\(what)") }
        options.faultHook?(.committed)
        options.rowCountHook?(session.totalChanges - changes)
        if let bounds {
            storedBounds = bounds
            directories.confirm(reserved: bounds.reserved)
        }
        space.reusable.store(freeBytes(session), ordering: .relaxed)
        afterCommit(dataKeys, transaction.madeGarbage)
    }

    /// Makes one change, or fails it alone; false when what it wrote before it failed is still there.
    private func perform(
        _ pending: PendingMutation, in transaction: Transaction, _ undo: Undo
    ) throws(StorageError) -> Bool {
        let session = transaction.session
        let mark = transaction.mark
        let changes = session.totalChanges
        if undo == .savepoints { try transaction.run("SAVEPOINT mutation") }
        do throws(StorageError) {
            pending.succeed(try transaction.perform(pending.mutation))
        } catch {
            // A full device ends the transaction, whether or not SQLite has rolled it back by itself.
            if error == .diskFull { throw error }
            if case .syncFailed = error { throw error }
            guard session.isInTransaction else { throw error }
            // SQLite commits nothing of a transaction that has met damage, but for an index that lacks an entry.
            if case .corrupt(let code, _) = error, code != StorageError.corruptIndex { throw error }
            switch undo {
            case .savepoints: try transaction.run("ROLLBACK TO mutation")
            // A statement that met damage may have removed entries of indexes, which nobody counts.
            case .none: if session.totalChanges != changes || error.isCorrupt { return false }
            }
            transaction.revert(to: mark)
            pending.fail(error)
        }
        if undo == .savepoints { try transaction.run("RELEASE mutation") }
        return true
    }

    private func commitTransaction(_ transaction: Transaction, _ session: Session) throws(StorageError) {
        do throws(StorageError) {
            try figures.time(.logSync) { () throws(StorageError) in try transaction.run("COMMIT") }
        } catch {
            let isUnknown = error != .diskFull && !StorageError.leavesNothing(session.resultCode)
            if session.isInTransaction { try? session.execute("ROLLBACK") }
            // Without room the frame that marks the commit was not written, nor with damage that was met before it. After
            // any other failure, a sync's above all, it may be: a restart reads the log and knows.
            if isUnknown { durability.lose(error) }
            throw error
        }
    }

    /// Reserves numbers for further blobs, and notes which ones a start need not look at; what is to be known as stored
    /// once the transaction is committed, nil if nothing has changed.
    private func storeBounds(
        _ transaction: Transaction
    ) throws(StorageError) -> (reserved: UInt64, settled: UInt64)? {
        let bounds = directories.bounds
        if let storedBounds, storedBounds == bounds { return nil }
        do throws(StorageError) {
            try directories.syncRemovals(below: bounds.settled)
        } catch {
            durability.note(error)
            throw error
        }
        let epoch = SQLValue.integer(Int64(clamping: directories.epoch))
        if storedBounds == nil {
            try transaction.run("UPDATE drive SET value = max(value, ?) WHERE name = 'epoch'", epoch)
        }
        try transaction.run(
            """
            INSERT INTO epochs (epoch, reserved, settled) VALUES (?, ?, ?)
            ON CONFLICT (epoch) DO UPDATE SET reserved = excluded.reserved, settled = excluded.settled
            """,
            epoch, .integer(Int64(clamping: bounds.reserved)), .integer(Int64(clamping: bounds.settled)))
        return bounds
    }

    // MARK: The log

    /// Milliseconds after which the idle committer should tidy; nil when there is nothing to do.
    var idleDelay: Int? {
        if !space.hasBallast { return 500 }
        return log.hasFrames || log.isLargeOnDisk ? 200 : nil
    }

    /// Copies the log into the database when it has grown long under load, or long for the room that is left: the
    /// database will need as much again for it.
    func checkpointIfLong() {
        if log.isLong || log.uncopiedBytes > max(1 << 20, space.measure().available / 4) {
            checkpoint(space.isShort ? .truncate : .passive)
        }
    }

    /// Copies the log, gives free pages back when the device is short, and takes the ballast again.
    func tidy() {
        let isShort = space.isShort || !space.hasBallast
        if isShort { releaseFreePages() }
        if log.hasFrames || log.isLargeOnDisk { checkpoint(isShort || log.isLargeOnDisk ? .truncate : .passive) }
        if !space.hasBallast {
            space.restoreBallast()
            if space.hasBallast { options.logger.notice("the drive has room again") }
        }
    }

    /// Copies the log, before the connection closes; with no blob waiting for a row, the next start need not look for any.
    ///
    /// The committer's thread has ended by then.
    func closeLog() {
        if !outcomeIsUnknown {
            connection.use { session in
                do throws(StorageError) {
                    guard directories.isSettled else { return }
                    try directories.syncRemovals(below: .max)
                    try session.execute("DELETE FROM epochs WHERE epoch = \(directories.epoch)")
                } catch {
                    durability.note(error)
                    options.logger.info("the next start looks for orphans: \(error)")
                }
            }
            checkpoint(.truncate)
        }
        connection.use { session in
            log.unwatch(session)
            // A restart is to read the log as the failed sync has left it, and to write it anew.
            if outcomeIsUnknown { session.keepLogWhenClosed() }
        }
    }

    private func checkpoint(_ mode: CheckpointMode) {
        guard !outcomeIsUnknown else { return }
        let error = figures.time(.checkpoint) {
            connection.use { session in log.checkpoint(session, mode) }
        }
        figures.noteLog(bytes: log.bytes)
        if let error { durability.note(error) }
    }

    /// Gives the database's free pages back to the device, 2 MiB at a time: what moves goes through the log, for which
    /// there is little room just now.
    private func releaseFreePages() {
        connection.use { session in
            var left = freeBytes(session)
            while left > 0 {
                do throws(StorageError) {
                    try session.execute("PRAGMA incremental_vacuum(256)")
                } catch {
                    durability.note(error)
                    options.logger.info("free pages stay in the database: \(error)")
                    break
                }
                if let error = log.checkpoint(session, .truncate) {
                    durability.note(error)
                    break
                }
                let now = freeBytes(session)
                guard now < left else { break }
                left = now
            }
            space.reusable.store(freeBytes(session), ordering: .relaxed)
        }
    }

    /// Bytes of the database's free pages; zero when it cannot say.
    private func freeBytes(_ session: Session) -> Int64 {
        do throws(StorageError) {
            return try session.first("PRAGMA freelist_count") { row in row.integer(0) * 8192 } ?? 0
        } catch { return 0 }
    }
}
