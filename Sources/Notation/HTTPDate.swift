/// Dates as HTTP headers and S3 documents write them, without a calendar library.
///
/// Every instant is a count from 1970-01-01T00:00:00Z: milliseconds on the way out, whole seconds on the way in (no
/// header carries more). Years 0000 to 9999; what lies outside is clamped on output and refused on input.
package enum HTTPDate {
    /// `Mon, 02 Jan 2006 15:04:05 GMT`, the form of every date header; milliseconds are cut off.
    package static func format(_ milliseconds: Int64) -> String {
        let time = CivilTime(milliseconds: milliseconds)
        return String(unsafeUninitializedCapacity: 29) { buffer in
            var out = DigitCursor(buffer)
            out.name(weekdayNames, time.date.weekday)
            out.ascii(",")
            out.ascii(" ")
            out.two(time.date.day)
            out.ascii(" ")
            out.name(monthNames, time.date.month - 1)
            out.ascii(" ")
            out.four(time.date.year)
            out.ascii(" ")
            out.two(time.hour)
            out.ascii(":")
            out.two(time.minute)
            out.ascii(":")
            out.two(time.second)
            out.ascii(" ")
            out.ascii("G")
            out.ascii("M")
            out.ascii("T")
            return out.count
        }
    }

    /// `2006-01-02T15:04:05.000Z`, the form of every date in a document: always three fraction digits.
    package static func iso8601(_ milliseconds: Int64) -> String {
        String(unsafeUninitializedCapacity: iso8601Length) { writeISO8601(milliseconds, into: $0) }
    }

    /// Bytes of ``iso8601(_:)``, for a document that is being written.
    package static func appendISO8601(_ milliseconds: Int64, to bytes: inout [UInt8]) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: iso8601Length) { buffer in
            let count = writeISO8601(milliseconds, into: buffer)
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: buffer[..<count]))
        }
    }

    /// `20060102T150405Z`, the form of `x-amz-date` and of the string to sign.
    package static func amzDate(_ milliseconds: Int64) -> String {
        let time = CivilTime(milliseconds: milliseconds)
        return String(unsafeUninitializedCapacity: 16) { buffer in
            var out = DigitCursor(buffer)
            out.four(time.date.year)
            out.two(time.date.month)
            out.two(time.date.day)
            out.ascii("T")
            out.two(time.hour)
            out.two(time.minute)
            out.two(time.second)
            out.ascii("Z")
            return out.count
        }
    }

    /// Seconds since 1970 of a date in any form a client sends, or nil.
    ///
    /// RFC 1123, RFC 850 (two-digit years below 70 are 20xx), asctime, ISO 8601 basic and extended, with an optional
    /// fraction (cut off) and a zone of `Z` or ±hh:mm; a missing ISO zone means UTC. Weekday names are not compared with
    /// the date, times of day are: 24:00 and 61 seconds are refused, a leap second counts as the second before.
    package static func parse(_ text: String) -> Int64? {
        if let seconds = text.utf8.withContiguousStorageIfAvailable({ parse($0) }) { return seconds }
        return Array(text.utf8).withUnsafeBufferPointer { parse($0) }
    }

    /// Milliseconds since 1970 of a time that may have a fraction, as ``parse(_:)`` reads it.
    ///
    /// What is beyond a millisecond counts as one more, so that nothing is kept for less long.
    package static func milliseconds(_ text: String) -> Int64? {
        guard let seconds = parse(text) else { return nil }
        guard let dot = text.utf8.firstIndex(of: UInt8(ascii: ".")) else { return seconds * 1000 }
        let digits = text.utf8[text.utf8.index(after: dot)...].prefix { (0x30...0x39).contains($0) }.map {
            Int64($0) - 0x30
        }
        let milliseconds = (0..<3).reduce(Int64(0)) { $0 * 10 + ($1 < digits.count ? digits[$1] : 0) }
        return seconds * 1000 + milliseconds + (digits.dropFirst(3).contains { $0 > 0 } ? 1 : 0)
    }

    package static func parse(_ text: Substring) -> Int64? { parse(String(text)) }

    private static func parse(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        if let time = parseBasic(text) { return time }
        guard text.count <= 64 else { return nil }
        var scanner = DateScanner(Array(text))
        return scanner.date()
    }

    /// `20060102T150405Z`, which every signed request carries; nil for whatever else.
    private static func parseBasic(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard text.count == 16, text[8] == UInt8(ascii: "T"), text[15] == UInt8(ascii: "Z"),
            let date = number(text, 0..<8), let clock = number(text, 9..<15)
        else { return nil }
        let (hour, minute, second) = (clock / 10_000, clock / 100 % 100, clock % 100)
        guard hour < 24, minute < 60, second <= 60,
            let days = CivilDate.days(year: date / 10_000, month: date / 100 % 100, day: date % 100)
        else { return nil }
        return Int64(days * 86_400 + hour * 3600 + minute * 60 + min(second, 59))
    }

    /// Nil where a byte is no digit.
    private static func number(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Int? {
        var number = 0
        for position in range {
            let digit = text[position] &- 0x30
            guard digit < 10 else { return nil }
            number = number * 10 + Int(digit)
        }
        return number
    }

    static let iso8601Length = 24

    private static func writeISO8601(_ milliseconds: Int64, into buffer: UnsafeMutableBufferPointer<UInt8>) -> Int {
        let time = CivilTime(milliseconds: milliseconds)
        var out = DigitCursor(buffer)
        out.four(time.date.year)
        out.ascii("-")
        out.two(time.date.month)
        out.ascii("-")
        out.two(time.date.day)
        out.ascii("T")
        out.two(time.hour)
        out.ascii(":")
        out.two(time.minute)
        out.ascii(":")
        out.two(time.second)
        out.ascii(".")
        out.three(time.millisecond)
        out.ascii("Z")
        return out.count
    }
}

let weekdayNames: StaticString = "SunMonTueWedThuFriSat"
let monthNames: StaticString = "JanFebMarAprMayJunJulAugSepOctNovDec"

/// Writes fixed-width ASCII into a buffer that is known to be long enough.
private struct DigitCursor {
    private let buffer: UnsafeMutableBufferPointer<UInt8>
    private(set) var count = 0

    init(_ buffer: UnsafeMutableBufferPointer<UInt8>) {
        self.buffer = buffer
    }

    mutating func ascii(_ character: Unicode.Scalar) {
        buffer.initializeElement(at: count, to: UInt8(truncatingIfNeeded: character.value))
        count += 1
    }

    mutating func digit(_ value: Int) {
        buffer.initializeElement(at: count, to: UInt8(truncatingIfNeeded: 48 + value))
        count += 1
    }

    mutating func two(_ value: Int) {
        digit(value / 10)
        digit(value % 10)
    }

    mutating func three(_ value: Int) {
        digit(value / 100)
        two(value % 100)
    }

    mutating func four(_ value: Int) {
        two(value / 100)
        two(value % 100)
    }

    /// The three letters of entry `index` in a row of three-letter names.
    mutating func name(_ names: StaticString, _ index: Int) {
        for offset in 0..<3 {
            buffer.initializeElement(at: count, to: names.utf8Start[index * 3 + offset])
            count += 1
        }
    }
}
