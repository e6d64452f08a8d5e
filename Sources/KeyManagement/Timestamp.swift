import Glibc

/// Times as `2026-11-21T02:00:00.000Z`: UTC, with milliseconds.
enum Timestamp {
    /// Milliseconds since 1970, now.
    static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    static func text(_ milliseconds: Int64) -> String {
        let (seconds, fraction) = milliseconds.quotientAndRemainder(dividingBy: 1000)
        var time = time_t(seconds)
        var fields = tm()
        gmtime_r(&time, &fields)
        func digits(_ value: some BinaryInteger, _ count: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        let date = "\(digits(fields.tm_year + 1900, 4))-\(digits(fields.tm_mon + 1, 2))-\(digits(fields.tm_mday, 2))"
        let clock = "\(digits(fields.tm_hour, 2)):\(digits(fields.tm_min, 2)):\(digits(fields.tm_sec, 2))"
        return "\(date)T\(clock).\(digits(fraction, 3))Z"
    }

    /// The inverse of ``text(_:)``; `nil` for any other spelling.
    static func milliseconds(_ text: String) -> Int64? {
        let characters = Array(text.utf8)
        guard characters.count == 24 else { return nil }
        func number(_ range: Range<Int>) -> Int32? { Int32(String(decoding: characters[range], as: UTF8.self)) }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
            let fraction = number(20..<23)
        else { return nil }
        var fields = tm()
        fields.tm_year = year - 1900
        fields.tm_mon = month - 1
        fields.tm_mday = day
        fields.tm_hour = hour
        fields.tm_min = minute
        fields.tm_sec = second
        let milliseconds = Int64(timegm(&fields)) * 1000 + Int64(fraction)
        return Self.text(milliseconds) == text ? milliseconds : nil
    }
}
