package import Logging

/// How a store is opened; the defaults serve.
package struct StoreOptions: Sendable {
    /// Bodies up to this many bytes, as stored, belong into the catalogue; longer ones into files.
    package var inlineLimit = 32 * 1024
    /// Read-only connections to the catalogue.
    package var readers = 8
    /// How many versions a key may have, delete markers among them; nil for no bound.
    ///
    /// Is asked with every write that adds one. Each such write counts them in the index, in the committer: microseconds
    /// for hundreds, a millisecond for ten thousand.
    package var versionLimit: (@Sendable () -> Int?)?
    /// Threads that write and sync blob files and run what ``ObjectStore/offload(_:)`` is given.
    package var ioThreads = 8
    /// Bytes of the device that new objects leave free, so that deletes always find room for the log.
    package var reservedSpace: Int64 = 16 * 1024 * 1024
    /// Bytes of a file that is kept to be removed when the device is full all the same.
    package var ballastSize: Int64 = 8 * 1024 * 1024
    /// Bytes of the write-ahead log above which the committer copies it into the database under load.
    package var logLimit = 64 * 1024 * 1024
    /// Numbers of blob files are reserved in the catalogue, and looked at after a crash, in steps of so many.
    package var blobNumberStep = 1024
    /// Whether a drive of a former format is brought up to date; else it is refused.
    package var raisesFormat = true
    package var logger = Logger(label: "coffer.storage")
    /// Called once, on the thread that met it, when a sync has failed and nothing more is written.
    ///
    /// Only a restart finds out what is on the drive. Must be short, and wait for nothing.
    package var onLoss: (@Sendable () -> Void)?
    package var clock = StoreClock.system
    /// Without threads, nothing is done by itself: who opened the store does it with ``ObjectStore/step(_:)``, all on one
    /// thread; for simulations.
    package var hasThreads = true
    /// Called at the named gaps between two steps that must each survive a crash; for tests.
    package var faultHook: (@Sendable (FaultPoint) -> Void)?

    /// Asked before a directory or a blob file is synced: a number stands for the error that the sync then reports; for
    /// tests.
    package var syncFault: (@Sendable (_ path: String) -> Int32?)?

    /// Told of each commit how many rows it has inserted, changed and deleted; for tests.
    package var rowCountHook: (@Sendable (_ rows: Int64) -> Void)?

    /// Called, on the thread of whoever asks, after a change has been queued for the committer, or refused because
    /// too many are; for tests.
    package var queueHook: (@Sendable () -> Void)?

    package init() {}
}

/// A gap between two steps; the `Durability` article has a row for each.
package enum FaultPoint: String, CaseIterable, Sendable {
    case blobCreated
    case blobWritten
    case blobSynced
    case transactionBegun
    case rowsWritten
    case directoriesSynced
    case committed
    case garbageUnlinked
    case garbageDirectoriesSynced
    case garbageForgotten
    case uploadsSwept
    case recoveryUnlinked
    case logRewritten
    case logCopied
}
