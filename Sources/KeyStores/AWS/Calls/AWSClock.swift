import Glibc
import Logging
import Synchronization

/// The time that signatures tell: the machine's, corrected by what AWS says it is where that differs by much.
///
/// AWS refuses signatures that are more than some minutes old, or ahead.
final class AWSClock: Sendable {
    /// What signatures may be off by and still be accepted for sure, in seconds.
    private static let allowedSkew: Int64 = 60

    private let logger: Logger
    /// What is added to the machine's time, in seconds.
    private let offset = Atomic<Int64>(0)

    init(logger: Logger) { self.logger = logger }

    /// In seconds since 1970.
    var now: Int64 { Int64(time(nil)) + offset.load(ordering: .relaxed) }

    /// Takes over AWS's time; whether that made a difference, so that signing anew may help.
    func correct(_ serverTime: Int64) -> Bool {
        guard abs(serverTime - now) > Self.allowedSkew else { return false }
        let new = serverTime - Int64(time(nil))
        offset.store(new, ordering: .relaxed)
        logger.warning(
            "aws: the clock of this machine is wrong; signatures tell AWS's time", metadata: ["off": "\(-new) s"])
        return true
    }
}
