import Logging

/// Files that could not be unlinked: they are passed over for a while, each time for longer, and the others go on.
struct StuckFiles {
    private struct Attempts {
        var count = 0
        /// Milliseconds of the monotonic clock.
        var next: Int64 = 0
    }

    private static let firstDelay: Int64 = 60_000
    private static let greatestDelay: Int64 = 3_600_000
    private static let reportInterval: Int64 = 3_600_000
    /// Beyond, further ones are not remembered, and tried in every pass.
    private static let capacity = 65_536

    private var attempts: [BlobID: Attempts] = [:]
    private var lastFailure: (blob: BlobID, errno: Int32)?
    private var lastReport: Int64?
    private let clock: StoreClock
    private let logger: Logger

    init(_ options: StoreOptions) {
        clock = options.clock
        logger = options.logger
    }

    var isEmpty: Bool { attempts.isEmpty }

    /// False while the file is to be left alone.
    func isDue(_ blob: BlobID) -> Bool {
        attempts[blob].map { $0.next <= clock.monotonicMilliseconds() } ?? true
    }

    mutating func note(_ blob: BlobID, _ errno: Int32) {
        lastFailure = (blob, errno)
        guard attempts.count < Self.capacity || attempts[blob] != nil else { return }
        var known = attempts[blob] ?? Attempts()
        known.next =
            clock.monotonicMilliseconds() + min(Self.greatestDelay, Self.firstDelay << Int64(min(known.count, 6)))
        known.count += 1
        attempts[blob] = known
    }

    mutating func forget(_ blob: BlobID) {
        if !attempts.isEmpty { attempts[blob] = nil }
    }

    /// Says, at most once an hour, how many there are and why the last one stayed.
    mutating func report() {
        guard let (blob, errno) = lastFailure else { return }
        let now = clock.monotonicMilliseconds()
        if let lastReport, now - lastReport < Self.reportInterval { return }
        logger.warning(
            "\(attempts.count) files of deleted objects cannot be unlinked, to be tried again; blob \(blob.hex): \(errorText(errno))"
        )
        lastReport = now
        lastFailure = nil
    }
}
