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

    /// A series of one value for each pair of labels; without any it is absent.
    mutating func append(
        _ name: String, _ help: String, _ labels: (String, String),
        _ counts: [(first: String, second: String, count: Int)]
    ) {
        guard !counts.isEmpty else { return }
        begin(name, .counter, help)
        for (first, second, count) in counts {
            line("\(name){\(labels.0)=\"\(first)\",\(labels.1)=\"\(second)\"} \(count)")
        }
    }

    mutating func append(_ name: String, _ help: String, _ histogram: DurationHistogram) {
        begin(name, .histogram, help)
        append(name, histogram, labels: "")
    }

    /// A histogram for each value of a label; without any it is absent.
    mutating func append(
        _ name: String, _ help: String, _ label: String, _ histograms: [(value: String, histogram: DurationHistogram)]
    ) {
        guard !histograms.isEmpty else { return }
        begin(name, .histogram, help)
        for (value, histogram) in histograms { append(name, histogram, labels: "\(label)=\"\(value)\"") }
    }

    private static let bounds = DurationHistogram.bounds.map { seconds($0) } + ["+Inf"]

    private mutating func append(_ name: String, _ histogram: DurationHistogram, labels: String) {
        let separator = labels.isEmpty ? "" : ","
        let braces = labels.isEmpty ? "" : "{\(labels)}"
        var count = 0
        for (bound, more) in zip(Self.bounds, histogram.counts) {
            count += more
            line("\(name)_bucket{\(labels)\(separator)le=\"\(bound)\"} \(count)")
        }
        line("\(name)_sum\(braces) \(Self.seconds(histogram.total))")
        line("\(name)_count\(braces) \(count)")
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
