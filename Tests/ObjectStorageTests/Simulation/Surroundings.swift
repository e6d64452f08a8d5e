import Glibc
import Logging
import ObjectStorage
import TestSupport

/// What a simulated store has around it: a clock that is moved by hand, and syncs that may fail.
///
/// Unchecked: all of it runs on one thread.
final class Surroundings: @unchecked Sendable {
    /// Told of each gap that the store passes.
    var pass: (FaultPoint) -> Void = { _ in }
    /// Whether nothing is passed on any more.
    var isQuiet = false
    var hasCrashed = false
    /// From now on every sync fails.
    var syncFails = false
    /// The store has told that it cannot be relied on.
    private(set) var hasLost = false
    private var monotonic: Int64 = 1_000_000
    private var wall: Int64 = 1_700_000_000_000_000

    /// Another process.
    func begin() {
        isQuiet = false
        hasCrashed = false
        syncFails = false
        hasLost = false
    }

    func letTimePass(milliseconds: Int64) {
        monotonic += milliseconds
        wall += milliseconds * 1000
    }

    func stepWallClock(seconds: Int64) { wall += seconds * 1_000_000 }

    var options: StoreOptions {
        Drive.options { options in
            options.hasThreads = false
            options.readers = 2
            options.ballastSize = 0
            options.reservedSpace = 0
            options.blobNumberStep = 8
            options.logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
            options.clock = StoreClock { [unowned self] in
                wall
            } monotonicMilliseconds: { [unowned self] in
                monotonic
            }
            options.faultHook = { [unowned self] in if !isQuiet { pass($0) } }
            options.syncFault = { [unowned self] _ in syncFails && !isQuiet ? EIO : nil }
            options.onLoss = { [unowned self] in hasLost = true }
        }
    }
}
