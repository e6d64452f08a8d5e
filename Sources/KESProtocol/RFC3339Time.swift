/// A moment with nanoseconds, spelt as RFC 3339 says: `2024-01-12T10:39:20.886816Z`.
package struct RFC3339Time: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// Since 1970, in UTC.
    package let seconds: Int64
    /// 0 to 999,999,999, added to the seconds.
    package let nanoseconds: Int32

    package init(seconds: Int64, nanoseconds: Int32) {
        self.seconds = seconds
        self.nanoseconds = nanoseconds
    }

    /// Any RFC 3339 time, at any offset; up to 9 digits of a second's fraction are kept.
    package init?(_ text: String) { return nil }

    package static var now: RFC3339Time { unknown }

    /// `0001-01-01T00:00:00Z`, which stands for no time at all.
    package static let unknown = RFC3339Time(seconds: -62_135_596_800, nanoseconds: 0)

    /// In UTC, the fraction without zeros at its end.
    package var text: String { "" }
    package var description: String { text }

    package static func < (a: RFC3339Time, b: RFC3339Time) -> Bool {
        (a.seconds, a.nanoseconds) < (b.seconds, b.nanoseconds)
    }
}
