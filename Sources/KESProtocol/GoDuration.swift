/// Durations as Go spells them: `300ms`, `1m30s`, `1.5h`.
///
/// They have whole nanoseconds and fit into 64 bits: about 292 years.
package enum GoDuration {
    /// Throws Go's own words for what is wrong.
    package static func parse(_ text: String) throws(GoDurationError) -> Duration {
        let invalid = GoDurationError("time: invalid duration \(quoted(text))")
        var rest = text[...]
        var isNegative = false
        if let sign = rest.first, sign == "-" || sign == "+" {
            isNegative = sign == "-"
            rest.removeFirst()
        }
        if rest == "0" { return .zero }
        guard !rest.isEmpty else { throw invalid }
        var total: UInt64 = 0
        while !rest.isEmpty {
            let whole = takeDigits(&rest)
            var fraction: Substring = ""
            if rest.first == "." {
                rest.removeFirst()
                fraction = takeDigits(&rest)
            }
            guard !whole.isEmpty || !fraction.isEmpty else { throw invalid }
            let name = rest.prefix { $0 != "." && !isDigit($0) }
            rest = rest[name.endIndex...]
            guard !name.isEmpty else { throw GoDurationError("time: missing unit in duration \(quoted(text))") }
            guard let unit = nanoseconds(of: name) else {
                throw GoDurationError("time: unknown unit \(quoted(name)) in duration \(quoted(text))")
            }
            guard let value = value(whole, fraction, unit: unit),
                case let (sum, overflow) = total.addingReportingOverflow(value), !overflow, sum <= UInt64(Int64.max)
            else { throw invalid }
            total = sum
        }
        return .nanoseconds(isNegative ? -Int64(total) : Int64(total))
    }

    /// The spelling with the largest fitting units, such as `1m30s`, `825.619µs` or `0s`.
    ///
    /// Durations that do not fit into 64 bits are spelt as the nearest that does.
    package static func format(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (total, overflowAgain) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        let nanoseconds = overflow || overflowAgain ? (seconds < 0 ? Int64.min : Int64.max) : total
        let sign = nanoseconds < 0 ? "-" : ""
        let magnitude = nanoseconds.magnitude
        if magnitude == 0 { return "0s" }
        if magnitude < 1_000 { return "\(sign)\(magnitude)ns" }
        if magnitude < 1_000_000 { return "\(sign)\(decimal(magnitude, digits: 3))µs" }
        if magnitude < 1_000_000_000 { return "\(sign)\(decimal(magnitude, digits: 6))ms" }
        let (minutes, rest) = magnitude.quotientAndRemainder(dividingBy: 60_000_000_000)
        let text = "\(decimal(rest, digits: 9))s"
        if minutes == 0 { return sign + text }
        if minutes < 60 { return "\(sign)\(minutes)m\(text)" }
        return "\(sign)\(minutes / 60)h\(minutes % 60)m\(text)"
    }

    private static func isDigit(_ character: Character) -> Bool { "0"..."9" ~= character }

    private static func takeDigits(_ text: inout Substring) -> Substring {
        let digits = text.prefix(while: isDigit)
        text = text[digits.endIndex...]
        return digits
    }

    private static func nanoseconds(of unit: Substring) -> UInt64? {
        switch unit {
        case "ns": 1
        // The micro sign and the Greek letter.
        case "us", "\u{b5}s", "\u{3bc}s": 1_000
        case "ms": 1_000_000
        case "s": 1_000_000_000
        case "m": 60_000_000_000
        case "h": 3_600_000_000_000
        default: nil
        }
    }

    /// `nil` when it does not fit.
    private static func value(_ whole: Substring, _ fraction: Substring, unit: UInt64) -> UInt64? {
        guard let count = whole.isEmpty ? 0 : UInt64(whole),
            case let (product, isTooLong) = count.multipliedReportingOverflow(by: unit), !isTooLong
        else { return nil }
        // An hour has fewer nanoseconds than 10 to the 13th, so digits after that say nothing.
        var numerator: UInt64 = 0
        var denominator: UInt64 = 1
        for digit in fraction.utf8.prefix(13) {
            numerator = numerator * 10 + UInt64(digit - UInt8(ascii: "0"))
            denominator *= 10
        }
        let part = numerator.multipliedFullWidth(by: unit)
        let (sum, overflow) = product.addingReportingOverflow(denominator.dividingFullWidth(part).quotient)
        return overflow ? nil : sum
    }

    private static func decimal(_ value: UInt64, digits: Int) -> String {
        let divisor = (0..<digits).reduce(UInt64(1)) { power, _ in power * 10 }
        let (whole, rest) = value.quotientAndRemainder(dividingBy: divisor)
        guard rest > 0 else { return "\(whole)" }
        let text = String(rest)
        var fraction = String(repeating: "0", count: digits - text.count) + text
        while fraction.last == "0" { fraction.removeLast() }
        return "\(whole).\(fraction)"
    }

    private static func quoted(_ text: some StringProtocol) -> String { "\"\(text)\"" }
}

package struct GoDurationError: Error, Hashable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
}
