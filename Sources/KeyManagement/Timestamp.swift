import Glibc
import Notation

/// Times as `2026-11-21T02:00:00.000Z`: UTC, with milliseconds.
enum Timestamp {
    /// Milliseconds since 1970, now.
    static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    static func text(_ milliseconds: Int64) -> String { HTTPDate.iso8601(milliseconds) }

    /// The inverse of ``text(_:)``; `nil` for any other spelling.
    static func milliseconds(_ text: String) -> Int64? {
        guard let seconds = HTTPDate.parse(text), let fraction = Int64(text.suffix(4).prefix(3)) else { return nil }
        let milliseconds = seconds * 1000 + fraction
        return Self.text(milliseconds) == text ? milliseconds : nil
    }
}
