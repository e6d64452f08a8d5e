import Glibc

/// A response's date line, made once a second.
struct HTTPDateText {
    private var second: time_t = -1
    private var line: [UInt8] = []

    /// The line with its CRLF.
    func withLine<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        line.withUnsafeBytes(body)
    }

    mutating func update(to now: time_t) {
        guard now != second else { return }
        second = now
        var parts = tm()
        var instant = now
        gmtime_r(&instant, &parts)
        let day = Self.days[Int(parts.tm_wday)]
        let month = Self.months[Int(parts.tm_mon)]
        let text =
            "\(day), \(two(parts.tm_mday)) \(month) \(parts.tm_year + 1900)"
            + " \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
        line = Array("Date: \(text)\r\n".utf8)
    }

    private func two(_ number: Int32) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }

    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}
