import Synchronization

/// When an access key has last signed a request, to the minute.
///
/// Noting it costs a request a load, and a store once a minute.
package final class AccessKeyUse: Sendable {
    private static let never: Int64 = 0
    /// Seconds since 1970.
    private let minute = Atomic<Int64>(AccessKeyUse.never)

    package init() {}

    /// Seconds since 1970, the beginning of a minute; nil while nothing is known of any use.
    package var last: Int64? {
        let minute = minute.load(ordering: .relaxed)
        return minute == Self.never ? nil : minute
    }

    /// - Parameter now: seconds since 1970; a time before the last one is passed over.
    package func note(_ now: Int64) {
        let minute = now - now % 60
        if self.minute.load(ordering: .relaxed) < minute { self.minute.store(minute, ordering: .relaxed) }
    }
}
