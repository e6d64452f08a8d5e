import CLinux
import Glibc
import Synchronization
import Threading

/// Ends the process after a sync of the drive has failed: what the drive holds, only the next start finds out.
///
/// The server is told, and given ``grace`` to answer what is in flight. A drive that fails may also keep threads waiting for
/// ever: then the process ends without them.
final class DriveLoss: Sendable {
    /// `EX_IOERR` of sysexits.h.
    static let exitStatus: Int32 = 74
    static let grace = Duration.seconds(2)
    private static let patienceSeconds: UInt32 = 10

    private struct State {
        var hasHappened = false
        var listener: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    var hasHappened: Bool { state.withLock(\.hasHappened) }

    /// From any thread; does not wait.
    func happened() {
        let listener = state.withLock { state in
            state.hasHappened = true
            return state.listener
        }
        let ending = try? SystemThread(name: "coffer-end") {
            sleep(Self.patienceSeconds)
            coffer_end_process(Self.exitStatus)
        }
        guard ending != nil else { coffer_end_process(Self.exitStatus) }
        listener?()
    }

    /// - Parameter listener: called once it has happened; at once if it has already.
    func tell(_ listener: @escaping @Sendable () -> Void) {
        let hasHappened = state.withLock { state in
            state.listener = listener
            return state.hasHappened
        }
        if hasHappened { listener() }
    }
}
