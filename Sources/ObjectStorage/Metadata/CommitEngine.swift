import Logging
import Synchronization

/// What the committer's thread does: batches, checkpoints, and the care of a full device.
///
/// Unchecked: its variables belong to the committer's thread, but for `isPoisoned`.
final class CommitEngine: @unchecked Sendable {
    private let connection: Connection
    private let directories: BlobDirectories
    private let space: DriveSpace
    private let options: StoreOptions
    /// Told after each commit: data keys that changed, and whether there is garbage.
    private let afterCommit: @Sendable (_ dataKeys: [DataKeyID], _ madeGarbage: Bool) -> Void

    /// Set when a commit failed in a way that leaves open whether it is on disk.
    private let isPoisoned = Atomic(false)
    private var log: LogState
    private var storedFloor: UInt64 = 0

    init(
        _ connection: Connection, directories: BlobDirectories, space: DriveSpace, options: StoreOptions,
        afterCommit: @escaping @Sendable ([DataKeyID], Bool) -> Void
    ) {
        self.connection = connection
        self.directories = directories
        self.space = space
        self.options = options
        self.afterCommit = afterCommit
        log = LogState(limit: options.logLimit)
        connection.use { session in log.watch(session) }
        space.reusable.store(connection.use(freeBytes), ordering: .relaxed)
    }

    /// True when the outcome of a commit is unknown: nothing more may be written, and no file be unlinked for it.
    var outcomeIsUnknown: Bool { isPoisoned.load(ordering: .acquiring) }

    // MARK: Batches

    /// Commits a batch and answers each of its mutations.
    func commit(_ batch: [any Mutation], isRetry: Bool = false) {
        guard !outcomeIsUnknown else { return refuse(batch, Self.poisonedError) }
        do throws(StorageError) {
            try connection.use { session throws(StorageError) in try transact(batch, session) }
            for mutation in batch { mutation.answer() }
        } catch {
            recover(batch, from: error, isRetry: isRetry)
        }
    }

    private static let poisonedError = StorageError.database(
        "an earlier commit failed and may or may not be on disk; restart to find out")

    private func refuse(_ batch: [any Mutation], _ error: StorageError) {
        for mutation in batch {
            mutation.fail(error)
            mutation.answer()
        }
    }

    /// The transaction failed as a whole: each mutation gets one of its own, so that a delete goes through where a
    /// put does not.
    private func recover(_ batch: [any Mutation], from error: StorageError, isRetry: Bool) {
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
        _ batch: [any Mutation], _ session: Session, undo: Undo = .none
    ) throws(StorageError) {
        let transaction = Transaction(session)
        try transaction.run("BEGIN IMMEDIATE")
        let dataKeys: [DataKeyID]
        do throws(StorageError) {
            options.faultHook?(.transactionBegun)
            for mutation in batch where try !perform(mutation, in: transaction, undo) {
                try session.execute("ROLLBACK")
                storedFloor = 0
                return try transact(batch, session, undo: .savepoints)
            }
            dataKeys = try transaction.settle()
            try raiseFloor(transaction)
            options.faultHook?(.rowsWritten)
            for directory in transaction.directories { try directories.sync(directory) }
            options.faultHook?(.directoriesSynced)
        } catch {
            if session.isInTransaction { try session.execute("ROLLBACK") }
            storedFloor = 0
            throw error
        }
        try commitTransaction(transaction, session)
        options.faultHook?(.committed)
        space.reusable.store(freeBytes(session), ordering: .relaxed)
        afterCommit(dataKeys, transaction.madeGarbage)
    }

    /// Makes one change, or fails it alone; false when what it wrote before it failed is still there.
    private func perform(
        _ mutation: any Mutation, in transaction: Transaction, _ undo: Undo
    ) throws(StorageError) -> Bool {
        let session = transaction.session
        let mark = transaction.mark
        let changes = session.totalChanges
        if undo == .savepoints { try transaction.run("SAVEPOINT mutation") }
        do {
            try mutation.perform(in: transaction)
        } catch {
            // A full device ends the transaction, whether or not SQLite has rolled it back by itself.
            if let error = error as? StorageError, error == .diskFull { throw error }
            guard session.isInTransaction else { throw .wrapping(error) }
            switch undo {
            case .savepoints: try transaction.run("ROLLBACK TO mutation")
            case .none: if session.totalChanges != changes { return false }
            }
            transaction.revert(to: mark)
            mutation.fail(error)
        }
        if undo == .savepoints { try transaction.run("RELEASE mutation") }
        return true
    }

    private func commitTransaction(_ transaction: Transaction, _ session: Session) throws(StorageError) {
        do throws(StorageError) {
            try transaction.run("COMMIT")
        } catch {
            if session.isInTransaction { try? session.execute("ROLLBACK") }
            storedFloor = 0
            // Without room the frame that marks the commit was not written. After any other failure, a sync's above
            // all, it may be: a restart reads the log and knows.
            if error != .diskFull {
                isPoisoned.store(true, ordering: .releasing)
                options.logger.critical("a commit failed, no more is written: \(error)")
            }
            throw error
        }
    }

    private func raiseFloor(_ transaction: Transaction) throws(StorageError) {
        let floor = directories.floor
        guard floor != storedFloor else { return }
        try directories.syncRemovals(below: floor)
        try transaction.run(
            "UPDATE drive SET value = max(value, ?) WHERE name = 'floor'", .integer(Int64(clamping: floor)))
        storedFloor = floor
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

    /// Stores the floor and copies the log, before the connection closes.
    ///
    /// The committer's thread has ended by then.
    func closeLog() {
        if !outcomeIsUnknown {
            connection.use { session in
                do throws(StorageError) {
                    let transaction = Transaction(session)
                    try raiseFloor(transaction)
                } catch {
                    options.logger.info("the next start looks for orphans: \(error)")
                }
            }
            checkpoint(.truncate)
        }
        connection.use { session in log.unwatch(session) }
    }

    private func checkpoint(_ mode: CheckpointMode) {
        guard !outcomeIsUnknown else { return }
        connection.use { session in log.checkpoint(session, mode) }
    }

    /// Gives the database's free pages back to the device, 2 MiB at a time: what moves goes through the log, for which
    /// there is little room just now.
    private func releaseFreePages() {
        connection.use { session in
            var left = freeBytes(session)
            while left > 0 {
                do {
                    try session.execute("PRAGMA incremental_vacuum(256)")
                } catch {
                    options.logger.info("free pages stay in the database: \(error)")
                    break
                }
                log.checkpoint(session, .truncate)
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
