/// Reads one date of any accepted form from at most 64 bytes.
struct DateScanner {
    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    mutating func date() -> Int64? {
        skipSpaces()
        guard let first = peek else { return nil }
        let seconds = isDigit(first) ? iso8601() : named()
        skipSpaces()
        return index == bytes.count ? seconds : nil
    }

    /// `Mon, 02 Jan 2006 15:04:05 GMT`, `Monday, 02-Jan-06 15:04:05 GMT` or `Mon Jan  2 15:04:05 2006`.
    private mutating func named() -> Int64? {
        guard let weekday = word(), weekday.count >= 3 else { return nil }
        guard take(0x2C) else { return asctime() }
        guard isWeekday(weekday) else { return nil }
        skipSpaces()
        guard let day = number(1...2) else { return nil }
        let isRFC850 = take(0x2D)
        if !isRFC850 { guard take(0x20) else { return nil } }
        guard let month = monthName() else { return nil }
        guard isRFC850 ? take(0x2D) : take(0x20) else { return nil }
        let yearStart = index
        guard var year = number(2...4) else { return nil }
        switch index - yearStart {
        case 2: year += year < 70 ? 2000 : 1900
        case 4: break
        default: return nil
        }
        guard take(0x20), let clock = clock(separated: true), take(0x20) else { return nil }
        // s3cmd's old signatures write the zone as a number.
        let offset = zoneName() ? 0 : zoneOffset(isRequired: true)
        guard let offset, let local = assemble(year, month, day, clock) else { return nil }
        return local - offset

        func isWeekday(_ name: ArraySlice<UInt8>) -> Bool {
            position(of: name.prefix(3), in: weekdayNames) != nil
        }
    }

    private mutating func asctime() -> Int64? {
        guard take(0x20), let month = monthName(), take(0x20) else { return nil }
        skipSpaces()
        guard let day = number(1...2), take(0x20), let clock = clock(separated: true), take(0x20),
            let year = number(4...4)
        else { return nil }
        return assemble(year, month, day, clock)
    }

    /// `2006-01-02T15:04:05.000Z` or `20060102T150405Z`.
    private mutating func iso8601() -> Int64? {
        guard let year = number(4...4) else { return nil }
        let isExtended = take(0x2D)
        guard let month = number(2...2), !isExtended || take(0x2D), let day = number(2...2) else { return nil }
        guard index < bytes.count else { return assemble(year, month, day, 0) }
        guard take(0x54) || take(0x74) || take(0x20), let clock = clock(separated: isExtended) else { return nil }
        if take(0x2E) {
            guard number(1...9) != nil else { return nil }
        }
        guard let offset = zoneOffset(), let local = assemble(year, month, day, clock) else { return nil }
        return local - offset
    }

    /// Seconds of the day.
    private mutating func clock(separated: Bool) -> Int? {
        guard let hour = number(2...2), !separated || take(0x3A), let minute = number(2...2), !separated || take(0x3A),
            let second = number(2...2), hour < 24, minute < 60, second <= 60
        else { return nil }
        return hour * 3600 + minute * 60 + min(second, 59)
    }

    private mutating func zoneName() -> Bool {
        let start = index
        guard let zone = word() else { return false }
        let lowered = zone.map { $0 | 0x20 }
        if lowered.elementsEqual("gmt".utf8) || lowered.elementsEqual("utc".utf8) { return true }
        index = start
        return false
    }

    /// Seconds east of UTC.
    private mutating func zoneOffset(isRequired: Bool = false) -> Int64? {
        guard let sign = peek else { return isRequired ? nil : 0 }
        if sign == 0x5A || sign == 0x7A {
            index += 1
            return 0
        }
        guard sign == 0x2B || sign == 0x2D else { return nil }
        index += 1
        guard let hours = number(2...2), hours <= 14 else { return nil }
        _ = take(0x3A)
        guard let minutes = number(2...2), minutes < 60 else { return nil }
        let offset = Int64(hours * 3600 + minutes * 60)
        return sign == 0x2B ? offset : -offset
    }

    private func assemble(_ year: Int, _ month: Int, _ day: Int, _ secondOfDay: Int) -> Int64? {
        guard let days = CivilDate.days(year: year, month: month, day: day) else { return nil }
        return Int64(days * 86_400 + secondOfDay)
    }

    private mutating func monthName() -> Int? {
        guard let name = word(), name.count == 3, let index = position(of: name, in: monthNames) else { return nil }
        return index + 1
    }

    private func position(of name: ArraySlice<UInt8>, in names: StaticString) -> Int? {
        let lowered = name.map { $0 | 0x20 }
        return names.withUTF8Buffer { row in
            (0..<row.count / 3).first { entry in (0..<3).allSatisfy { row[entry * 3 + $0] | 0x20 == lowered[$0] } }
        }
    }

    private var peek: UInt8? {
        index < bytes.count ? bytes[index] : nil
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard peek == byte else { return false }
        index += 1
        return true
    }

    private mutating func skipSpaces() {
        while peek == 0x20 { index += 1 }
    }

    private mutating func word() -> ArraySlice<UInt8>? {
        let start = index
        while let byte = peek, (0x61...0x7A).contains(byte | 0x20) { index += 1 }
        return index > start ? bytes[start..<index] : nil
    }

    /// An unsigned number of as many digits as follow, if their count lies in `digits`.
    private mutating func number(_ digits: ClosedRange<Int>) -> Int? {
        let start = index
        var value = 0
        while let byte = peek, isDigit(byte), index - start < digits.upperBound {
            value = value * 10 + Int(byte - 0x30)
            index += 1
        }
        return digits.contains(index - start) ? value : nil
    }

    private func isDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte)
    }
}
