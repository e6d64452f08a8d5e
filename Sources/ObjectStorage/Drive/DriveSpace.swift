import Glibc
import Synchronization

/// Decides whether there is room for new data, and keeps what deletes need in reserve.
final class DriveSpace: Sendable {
    private struct State {
        var available: Int64 = 0
        var asked: Int64 = .min
        var hasBallast = false
    }

    private let path: String
    private let reserved: Int64
    private let ballastSize: Int64
    private let state = Mutex(State())
    /// Bytes of free pages in the database, which rows can use though the device does not count them.
    let reusable = Atomic<Int64>(0)

    init(path: String, options: StoreOptions) {
        self.path = path
        reserved = options.reservedSpace
        ballastSize = options.ballastSize
        restoreBallast()
    }

    private var ballast: String { "\(path)/ballast" }

    /// What the file system says, in bytes; zeros when it says nothing.
    func measure() -> (total: Int64, available: Int64) {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return (0, 0) }
        let block = Int64(status.f_frsize)
        return (Int64(status.f_blocks) * block, Int64(status.f_bavail) * block)
    }

    /// Throws `diskFull` unless a file of so many bytes leaves the reserve free.
    func admitFile(_ bytes: Int64) throws(StorageError) {
        try admit(bytes, reusable: 0)
    }

    /// Throws `diskFull` unless rows of so many bytes fit, free pages of the database included.
    func admitRows(_ bytes: Int64) throws(StorageError) {
        // A quarter of the free pages stays out of the account: rows split pages, and the log takes its share.
        try admit(bytes, reusable: reusable.load(ordering: .relaxed) / 4 * 3)
    }

    private func admit(_ bytes: Int64, reusable: Int64) throws(StorageError) {
        let now = monotonicMilliseconds()
        let isAdmitted = state.withLock { state in
            guard state.hasBallast else { return false }
            // Asking the file system takes about a microsecond; 20 ms at 2 GB/s is 40 MB, hence sooner when it is short.
            if state.asked == .min || now - state.asked > (state.available > 1 << 30 ? 20 : 0) {
                state.available = measure().available
                state.asked = now
            }
            return bytes <= state.available - reserved || bytes <= reusable && state.available > reserved / 4
        }
        guard isAdmitted else { throw .diskFull }
    }

    /// True while the device has less than twice the reserve: what can be given back should be.
    var isShort: Bool { measure().available < 2 * reserved + ballastSize }

    var hasBallast: Bool { state.withLock(\.hasBallast) }

    /// Gives up the ballast so that deletes go on.
    func releaseBallast() {
        state.withLock { state in
            state.hasBallast = false
            unlink(ballast)
        }
    }

    /// Takes the ballast again when the device has room for it and for the reserve.
    func restoreBallast() {
        state.withLock { state in
            guard !state.hasBallast else { return }
            var status = stat()
            if stat(ballast, &status) == 0 && Int64(status.st_size) == ballastSize {
                state.hasBallast = true
                return
            }
            guard measure().available > reserved + ballastSize else { return }
            let descriptor = open(ballast, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else { return }
            defer { close(descriptor) }
            if ballastSize == 0 || posix_fallocate(descriptor, 0, off_t(ballastSize)) == 0 {
                state.hasBallast = true
            } else {
                unlink(ballast)
            }
            state.asked = .min
        }
    }
}
