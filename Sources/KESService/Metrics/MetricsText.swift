/// Metrics in Prometheus's text format, one series after the other.
struct MetricsText {
    enum Kind: String { case counter, gauge, histogram }

    private(set) var bytes: [UInt8] = []

    static let contentType = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores"

    /// A series of one value.
    mutating func append(_ name: String, _ kind: Kind, _ help: String, _ value: some CustomStringConvertible) {
        begin(name, kind, help)
        line("\(name) \(value)")
    }

    /// A series of one value for each status; without any it is absent.
    mutating func append(_ name: String, _ help: String, _ counts: [(status: Int, count: Int)]) {
        guard !counts.isEmpty else { return }
        begin(name, .counter, help)
        for (status, count) in counts { line("\(name){code=\"\(status)\"} \(count)") }
    }

    /// A histogram; `counts` has one more than `bounds`, for what lies above the last.
    mutating func append(
        _ name: String, _ help: String, bounds: [String], counts: [Int], sum: some CustomStringConvertible
    ) {
        begin(name, .histogram, help)
        var total = 0
        for (bound, count) in zip(bounds + ["+Inf"], counts) {
            total += count
            line("\(name)_bucket{le=\"\(bound)\"} \(total)")
        }
        line("\(name)_sum \(sum)")
        line("\(name)_count \(total)")
    }

    private mutating func begin(_ name: String, _ kind: Kind, _ help: String) {
        line("# HELP \(name) \(help)")
        line("# TYPE \(name) \(kind.rawValue)")
    }

    private mutating func line(_ text: String) {
        bytes.append(contentsOf: text.utf8)
        bytes.append(UInt8(ascii: "\n"))
    }

    /// Nanoseconds as seconds with at most `digits` decimals.
    static func seconds(_ nanoseconds: Int64, digits: Int = 9) -> String {
        let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let text = String(rest)
        var fraction = (String(repeating: "0", count: 9 - text.utf8.count) + text).prefix(digits)
        while fraction.last == "0" { fraction.removeLast() }
        return fraction.isEmpty ? String(whole) : "\(whole).\(fraction)"
    }
}
