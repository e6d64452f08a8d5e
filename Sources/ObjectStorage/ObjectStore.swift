import Logging
import Synchronization

/// One drive: buckets, versions, uploads and their bytes.
///
/// Reads whose name ends with `AtHand` are synchronous, wait for nothing but the local database, and cost microseconds:
/// they may run on an event loop. Other reads may take as long as their answer is, and suspend the caller; reads of
/// blobs belong into ``offload(_:)``. Changes are asynchronous and durable when they return. Everything may be called
/// from any thread.
package final class ObjectStore: Sendable {
    /// Bodies up to this many bytes, as stored, belong into ``NewBody/inline(_:)``.
    package let inlineLimit: Int
    /// The number of this run of the process: greater than that of every run before on this drive.
    package let epoch: Int64
    /// What was done since it was opened.
    package let figures = StoreFigures()

    /// The drive's directory.
    package var path: String { drive.path }

    let drive: DriveDirectory
    let catalogue: Catalogue
    let committer: Committer
    let engine: CommitEngine
    let directories: BlobDirectories
    let blobs: BlobEnvironment
    let leases = ReadLeases()
    let unlinker: Unlinker
    let space: DriveSpace
    let pool: IOPool
    /// Runs what reads many rows: never on so many readers that a lookup would find none.
    let scans: IOPool
    let time: StoreClock
    let clock: OrderClock
    let dataKeyRows = DataKeyRows()
    let recentVersions = RecentVersions()
    let history = StoreHistory()
    private let lastDataKey: Atomic<Int64>
    private let lastBucket: Atomic<Int64>
    private let isClosed = Atomic(false)
    private let logger: Logger

    /// Opens a drive: makes the directory when its parent exists, locks it, and settles what a crash has left.
    ///
    /// Throws `driveLocked`, `newerFormat`, or `unusable` with one line that says why. Blocks for as long as recovery takes.
    package static func open(
        _ directory: String, options: StoreOptions = StoreOptions()
    ) throws(StorageError) -> ObjectStore {
        let drive = try DriveDirectory(directory, syncFault: options.syncFault)
        guard options.raisesFormat || drive.foundFormat == DriveDirectory.supportedFormat else {
            throw .unusable(
                "the drive has format \(drive.foundFormat): the server's next start brings it up to format "
                    + "\(DriveDirectory.supportedFormat)")
        }
        removeCatalogueCopy(of: directory)
        let space = DriveSpace(path: directory, options: options)
        let isUnclean = try rewriteLog("\(directory)/coffer.db-wal")
        if isUnclean { options.faultHook?(.logRewritten) }
        let database = "\(directory)/coffer.db"
        try drive.raiseFormat { number throws(StorageError) in
            try Connection(path: database, role: .writer, shape: .of(migrationNames[number - 1])).close()
        } hasFormat: { number in
            Connection.hasShape(of: migrationNames[number - 1], path: database)
        }
        let catalogue = try Catalogue(path: database, readers: options.readers)
        do throws(StorageError) {
            if isUnclean { try copyLog(of: catalogue, options) }
            try syncDirectory(directory)
            let recovered = try Recovery(catalogue: catalogue, root: "\(directory)/blobs", options: options).run()
            let store = try ObjectStore(drive, catalogue, space, recovered, options)
            try store.committer.start(store.engine, hasThread: options.hasThreads)
            try store.reserveBlobs(options)
            try store.unlinker.start()
            return store
        } catch {
            catalogue.close()
            throw error
        }
    }

    /// Has the database itself hold everything before it is served from.
    private static func copyLog(of catalogue: Catalogue, _ options: StoreOptions) throws(StorageError) {
        do throws(StorageError) {
            try catalogue.writer.use { session throws(StorageError) in try session.copyLog() }
            options.faultHook?(.logCopied)
        } catch .diskFull {
            options.logger.warning("the drive is full; its log stays as it is")
        }
    }

    private init(
        _ drive: DriveDirectory, _ catalogue: Catalogue, _ space: DriveSpace, _ recovered: Recovery.Outcome,
        _ options: StoreOptions
    ) throws(StorageError) {
        self.drive = drive
        self.catalogue = catalogue
        self.space = space
        logger = options.logger
        inlineLimit = options.inlineLimit
        epoch = Int64(clamping: recovered.epoch)
        committer = Committer(queueHook: options.queueHook)
        time = options.clock
        clock = OrderClock(after: recovered.greatestOrder, options.clock)
        lastDataKey = Atomic(recovered.greatestDataKey)
        lastBucket = Atomic(recovered.greatestBucket)
        pool = try IOPool(threads: options.hasThreads ? options.ioThreads : 0)
        scans = try IOPool(threads: options.hasThreads ? catalogue.readers.scanLimit : 0)
        let durability = Durability(options)
        directories = BlobDirectories(
            recovered.layout, epoch: recovered.epoch, durability: durability, options: options)
        blobs = BlobEnvironment(
            directories: directories, pool: pool, buffers: BufferPool(), durability: durability,
            faultHook: options.faultHook, syncFault: options.syncFault, figures: figures)
        unlinker = Unlinker(
            catalogue: catalogue, committer: committer, directories: directories, leases: leases,
            durability: durability, options: options, figures: figures)
        engine = try CommitEngine(
            catalogue.writer, directories: directories, space: space, durability: durability, options: options,
            figures: figures, recentVersions: recentVersions
        ) { [dataKeyRows, unlinker] dataKeys, madeGarbage in
            dataKeyRows.forget(dataKeys)
            if madeGarbage { unlinker.wake() }
        }
        directories.onShortage { [committer, directories] in
            committer.submit(.maintain(.reserveBlobs)) { _ in directories.endShortage() }
        }
    }

    /// Has the catalogue know of this run before it makes a file; on a full device, the first write that fits does it.
    private func reserveBlobs(_ options: StoreOptions) throws(StorageError) {
        do throws(StorageError) {
            _ = try committer.commitAndWait(.maintain(.reserveBlobs))
        } catch .diskFull {
            options.logger.warning("the drive is full; no files are made until there is room")
        }
    }

    deinit { close() }

    /// Finishes the changes that wait, gives up blobs without a row, and closes everything.
    ///
    /// Later calls throw `closed`.
    package func close() {
        guard !isClosed.exchange(true, ordering: .acquiringAndReleasing) else { return }
        unlinker.close()
        committer.close()
        for blob in directories.claimForgotten(before: .max) { directories.abandon(blob) }
        pool.close()
        scans.close()
        directories.close()
        engine.closeLog()
        history.close(at: engine.lastPoint, logger)
        catalogue.close()
        drive.release()
    }

    /// Strictly increasing, and greater than the order of every version that the drive held when it was opened.
    package func nextOrder() -> Int64 {
        clock.next()
    }

    /// An order after one that was met in the catalogue.
    package func nextOrder(after order: Int64) -> Int64 {
        clock.raise(to: order)
        return clock.next()
    }

    /// A number that no data key of this drive has or had.
    ///
    /// Throws `database` when there are none left, which takes 2⁶³ keys.
    ///
    /// They grow, so that rows of new keys lie side by side, and end with sixteen random bits, so that a damaged one is no
    /// other key's number.
    package func nextDataKeyID() throws(StorageError) -> DataKeyID {
        var last = lastDataKey.load(ordering: .relaxed)
        while true {
            guard last >> 16 < Int64.max >> 16 else { throw .database("no numbers are left") }
            let next = ((last >> 16) + 1) << 16 | Int64.random(in: 0..<1 << 16)
            let (isGiven, found) = lastDataKey.compareExchange(expected: last, desired: next, ordering: .relaxed)
            if isGiven { return DataKeyID(rawValue: next) }
            last = found
        }
    }

    /// A number that no bucket of this drive has or had.
    package func nextBucketID() throws(StorageError) -> BucketID {
        BucketID(rawValue: try Self.next(lastBucket))
    }

    private static func next(_ last: borrowing Atomic<Int64>) throws(StorageError) -> Int64 {
        let (given, isOver) = last.load(ordering: .relaxed).addingReportingOverflow(1)
        guard !isOver, given > 0 else { throw .database("no numbers are left") }
        return last.add(1, ordering: .relaxed).newValue
    }

    /// Runs blocking work on one of the store's own threads and suspends the caller meanwhile.
    package func offload<R: Sendable>(_ work: @Sendable @escaping () throws -> R) async throws -> R {
        try await pool.run(work)
    }

    /// Bytes of the file system that holds the drive.
    package func freeSpace() -> (total: Int64, available: Int64) {
        space.measure()
    }

    /// Throws what a write would meet now: `diskFull`, `closed`, or that an earlier commit failed.
    ///
    /// Changes nothing.
    package func checkWritable() throws(StorageError) {
        guard !isClosed.load(ordering: .acquiring) else { throw .closed }
        guard !engine.outcomeIsUnknown else { throw Durability.error }
        try space.admitRows(0)
    }

    /// Returns when every file that was unreferred to and not being read at the time of the call has been unlinked.
    package func collectGarbage() async {
        await unlinker.collect()
    }
}
