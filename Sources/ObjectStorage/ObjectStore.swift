import Logging
import Synchronization

/// One drive: buckets, versions, uploads and their bytes.
///
/// Reads are synchronous and never wait for a commit: a lookup costs microseconds and may run on an event loop; listings
/// and blob reads belong into ``offload(_:)``. Changes are asynchronous and durable when they return. Everything may be
/// called from any thread.
package final class ObjectStore: Sendable {
    /// Bodies up to this many bytes, as stored, belong into ``NewBody/inline(_:)``.
    package let inlineLimit: Int

    let drive: DriveDirectory
    let catalogue: Catalogue
    let committer = Committer()
    let engine: CommitEngine
    let directories: BlobDirectories
    let blobs: BlobEnvironment
    let leases = ReadLeases()
    let unlinker: Unlinker
    let space: DriveSpace
    let pool: IOPool
    let clock: OrderClock
    let dataKeyRows = DataKeyRows()
    private let isClosed = Atomic(false)

    /// Opens a drive: makes the directory when its parent exists, locks it, and settles what a crash has left.
    ///
    /// Throws `driveLocked`, `newerFormat`, or `unusable` with one line that says why. Blocks for as long as recovery takes.
    package static func open(
        _ directory: String, options: StoreOptions = StoreOptions()
    ) throws(StorageError) -> ObjectStore {
        let drive = try DriveDirectory(directory)
        let space = DriveSpace(path: directory, options: options)
        let catalogue = try Catalogue(path: "\(directory)/coffer.db", readers: options.readers)
        do throws(StorageError) {
            try syncDirectory(directory)
            let recovered = try Recovery(catalogue: catalogue, root: "\(directory)/blobs", options: options).run()
            let store = try ObjectStore(drive, catalogue, space, recovered, options)
            try store.committer.start(store.engine)
            try store.unlinker.start()
            return store
        } catch {
            catalogue.close()
            throw error
        }
    }

    private init(
        _ drive: DriveDirectory, _ catalogue: Catalogue, _ space: DriveSpace, _ recovered: Recovery.Outcome,
        _ options: StoreOptions
    ) throws(StorageError) {
        self.drive = drive
        self.catalogue = catalogue
        self.space = space
        inlineLimit = options.inlineLimit
        clock = OrderClock(after: recovered.greatestOrder)
        pool = try IOPool(threads: options.ioThreads)
        directories = BlobDirectories(
            root: "\(drive.path)/blobs", first: recovered.firstDirectory, capacity: options.directoryCapacity)
        blobs = BlobEnvironment(
            directories: directories, pool: pool, buffers: BufferPool(), faultHook: options.faultHook)
        unlinker = Unlinker(
            catalogue: catalogue, committer: committer, directories: directories, leases: leases, options: options)
        engine = CommitEngine(
            catalogue.writer, directories: directories, space: space, options: options
        ) { [dataKeyRows, unlinker] dataKeys, madeGarbage in
            dataKeyRows.forget(dataKeys)
            if madeGarbage { unlinker.wake() }
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
        directories.close()
        engine.closeLog()
        catalogue.close()
        drive.release()
    }

    /// Strictly increasing, and greater than the order of every version that the drive held when it was opened.
    package func nextOrder() -> Int64 {
        clock.next()
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
        guard !engine.outcomeIsUnknown else { throw .database("an earlier commit failed; restart to recover") }
        try space.admitRows(0)
    }

    /// Returns when every file that was unreferred to and not being read at the time of the call has been unlinked.
    package func collectGarbage() async {
        await unlinker.collect()
    }
}
