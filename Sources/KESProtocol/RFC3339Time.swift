import Glibc

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

    /// Any RFC 3339 time of the years 0 to 9999, at any offset; digits after the ninth of a fraction are dropped.
    package init?(_ text: String) {
        var reader = FieldReader(text)
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), 1...12 ~= month,
            reader.take("-"), let day = reader.number(2), 1...Self.dayCount(year, month) ~= day,
            reader.take("T") || reader.take("t"), let hour = reader.number(2), hour < 24, reader.take(":"),
            let minute = reader.number(2), minute < 60, reader.take(":"), let second = reader.number(2), second < 60
        else { return nil }
        var nanoseconds: Int32 = 0
        if reader.take(".") {
            guard let fraction = reader.fraction() else { return nil }
            nanoseconds = fraction
        }
        guard let offset = reader.offset(), reader.isAtEnd else { return nil }
        let days = Self.days(year, month, day)
        self.init(
            seconds: Int64(days * 86_400 + hour * 3_600 + minute * 60 + second - offset), nanoseconds: nanoseconds)
    }

    package static var now: RFC3339Time {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return RFC3339Time(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
    }

    /// `0001-01-01T00:00:00Z`, which stands for no time at all.
    package static let unknown = RFC3339Time(seconds: -62_135_596_800, nanoseconds: 0)

    /// In UTC, the fraction without zeros at its end.
    package var text: String {
        let seconds = Int(seconds)
        let day = seconds >= 0 ? seconds / 86_400 : -((86_399 - seconds) / 86_400)
        let time = seconds - day * 86_400
        let (year, month, dayOfMonth) = Self.date(day)
        var text: [UInt8] = []
        text.reserveCapacity(32)
        func append(_ value: Int, _ digits: Int, _ separator: UInt8) {
            let number = String(value).utf8
            for _ in 0..<max(0, digits - number.count) { text.append(UInt8(ascii: "0")) }
            text.append(contentsOf: number)
            text.append(separator)
        }
        append(year, 4, UInt8(ascii: "-"))
        append(month, 2, UInt8(ascii: "-"))
        append(dayOfMonth, 2, UInt8(ascii: "T"))
        append(time / 3_600, 2, UInt8(ascii: ":"))
        append(time / 60 % 60, 2, UInt8(ascii: ":"))
        append(time % 60, 2, UInt8(ascii: "."))
        append(Int(nanoseconds), 9, UInt8(ascii: "Z"))
        text.removeLast()
        // The point keeps this from the zeros of a full second.
        while text.last == UInt8(ascii: "0") { text.removeLast() }
        if text.last == UInt8(ascii: ".") { text.removeLast() }
        text.append(UInt8(ascii: "Z"))
        return String(decoding: text, as: UTF8.self)
    }

    package var description: String { text }

    package static func < (a: RFC3339Time, b: RFC3339Time) -> Bool {
        (a.seconds, a.nanoseconds) < (b.seconds, b.nanoseconds)
    }

    private static func dayCount(_ year: Int, _ month: Int) -> Int {
        let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
        return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]
    }

    /// Days since 1970 of a date in the Gregorian calendar.
    ///
    /// Years begin in March, so that a leap day ends one.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    /// The inverse of ``days(_:_:_:)``.
    private static func date(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let days = days + 719_468
        let era = (days >= 0 ? days : days - 146_096) / 146_097
        let dayOfEra = days - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shifted + 2) / 5 + 1)
    }
}

/// Reads the fields of a time from the left to the right.
private struct FieldReader {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = text[...].utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard let first = rest.first, UInt32(first) == character.value else { return false }
        rest.removeFirst()
        return true
    }

    mutating func number(_ digitCount: Int) -> Int? {
        var value = 0
        for _ in 0..<digitCount {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// The digits after a point, as nanoseconds; at least one.
    mutating func fraction() -> Int32? {
        guard var value = digit() else { return nil }
        var count = 1
        while let digit = digit() {
            if count < 9 {
                value = value * 10 + digit
                count += 1
            }
        }
        while count < 9 {
            value *= 10
            count += 1
        }
        return Int32(value)
    }

    /// `Z`, or hours and minutes ahead of UTC; in seconds.
    mutating func offset() -> Int? {
        if take("Z") || take("z") { return 0 }
        let isBehind = take("-")
        guard isBehind || take("+"), let hours = number(2), hours < 24, take(":"), let minutes = number(2), minutes < 60
        else { return nil }
        return (hours * 3_600 + minutes * 60) * (isBehind ? -1 : 1)
    }

    private mutating func digit() -> Int? {
        guard let character = rest.first, UInt8(ascii: "0")...UInt8(ascii: "9") ~= character else { return nil }
        rest.removeFirst()
        return Int(character - UInt8(ascii: "0"))
    }
}
