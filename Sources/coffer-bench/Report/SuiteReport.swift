import Foundation

/// What `suite` has found: every round of every load on every server, the own one first.
struct SuiteReport: Codable {
    struct Row: Codable {
        var load: String
        /// For each server its rounds.
        var rounds: [[RoundResult]]
    }

    var names: [String]
    var rows: [Row] = []

    init(names: [String]) { self.names = names }

    /// The head of the Markdown table.
    var header: String {
        let others = names.dropFirst().flatMap { ["rate / \($0) (rounds)", "CPU / \($0)"] }
        let titles = ["Load", "rate (rounds)", "p50 / p99, ms", "CPU, µs", "CPU, s/GB", "peak RSS, MiB"] + others
        return "| \(titles.joined(separator: " | ")) |\n|\(String(repeating: "---|", count: titles.count))"
    }

    func text(of row: Row) -> String {
        let own = row.rounds[0]
        var cells = [
            row.load, "\(Spread(own.map(\.operationsPerSecond))?.text ?? "") /s",
            "\(milliseconds(own, \.p50Microseconds)) / \(milliseconds(own, \.p99Microseconds))",
            median(own.map(\.cpuMicrosecondsPerOperation)),
            own.contains { $0.bytes > 1 << 20 } ? median(own.map(\.cpuSecondsPerGigabyte)) : "",
            median(own.map { $0.peakResidentBytes.map { Double($0) / Double(1 << 20) } }),
        ]
        for other in row.rounds.dropFirst() {
            let rates = Spread(zip(own, other).map { $0.operationsPerSecond / $1.operationsPerSecond })
            cells.append(
                rates.map { "\(hundredths($0.median)) (\(hundredths($0.minimum))–\(hundredths($0.maximum)))" } ?? "")
            let cpu = zip(own, other).compactMap { own, other -> Double? in
                guard let own = own.cpuMicrosecondsPerOperation, let other = other.cpuMicrosecondsPerOperation,
                    other > 0
                else { return nil }
                return own / other
            }
            cells.append(Spread(cpu).map { hundredths($0.median) } ?? "")
        }
        return "| \(cells.joined(separator: " | ")) |"
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }

    private func median(_ values: [Double?]) -> String {
        Spread(values.compactMap { $0 }).map { number($0.median) } ?? ""
    }

    private func milliseconds(_ rounds: [RoundResult], _ figure: (RoundResult) -> Double) -> String {
        Spread(rounds.map(figure)).map { number($0.median / 1000) } ?? ""
    }
}
