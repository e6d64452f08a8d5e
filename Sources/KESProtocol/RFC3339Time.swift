import Glibc
import Notation

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
        guard let year = reader.number(4), reader.take("-"), let month = reader.number(2), reader.take("-"),
            let day = reader.number(2), let days = CivilDate.days(year: year, month: month, day: day),
            reader.take("T") || reader.take("t"), let hour = reader.number(2), hour < 24, reader.take(":"),
            let minute = reader.number(2), minute < 60, reader.take(":"), let second = reader.number(2), second < 60
        else { return nil }
        var nanoseconds: Int32 = 0
        if reader.take(".") {
            guard let fraction = reader.fraction() else { return nil }
            nanoseconds = fraction
        }
        guard let offset = reader.offset(), reader.isAtEnd else { return nil }
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
        let date = CivilDate(days: day)
        var text: [UInt8] = []
        text.reserveCapacity(32)
        func append(_ value: Int, _ digits: Int, _ separator: UInt8) {
            let number = String(value).utf8
            for _ in 0..<max(0, digits - number.count) { text.append(UInt8(ascii: "0")) }
            text.append(contentsOf: number)
            text.append(separator)
        }
        append(date.year, 4, UInt8(ascii: "-"))
        append(date.month, 2, UInt8(ascii: "-"))
        append(date.day, 2, UInt8(ascii: "T"))
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
