/// The rounds of one endpoint as lines for a terminal.
struct TextReport {
    var title: String
    var rounds: [RoundResult]

    var lines: [String] {
        var lines = [title]
        func add(_ name: String, _ unit: String, _ figure: (RoundResult) -> Double?) {
            guard let spread = Spread(rounds.compactMap(figure)) else { return }
            lines.append("  \(name)\(String(repeating: " ", count: max(1, 22 - name.count)))\(spread.text) \(unit)")
        }
        add("operations", "/s", \.operationsPerSecond)
        add("body bytes", "MB/s", \.megabytesPerSecond)
        add("latency p50", "µs", \.p50Microseconds)
        add("latency p99", "µs", \.p99Microseconds)
        add("server CPU", "µs/op", \.cpuMicrosecondsPerOperation)
        if rounds.contains(where: { $0.bytes > 1 << 20 }) { add("server CPU", "s/GB", \.cpuSecondsPerGigabyte) }
        add("server peak RSS", "MiB") { $0.peakResidentBytes.map { Double($0) / Double(1 << 20) } }
        add("client CPU", "µs/op", \.clientMicrosecondsPerOperation)
        let failures = rounds.reduce(0) { $0 + $1.failures }
        if failures > 0 { lines.append("  FAILED REQUESTS       \(failures)") }
        return lines
    }
}
