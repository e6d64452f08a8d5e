import Foundation

/// What `run` has found: every round of every endpoint.
struct RunReport: Codable {
    struct Subject: Codable {
        var endpoint: String
        var rounds: [RoundResult]
    }

    var operation: Operation
    var size: Int
    var sse: SSEKind
    var concurrency: Int
    var endpoints: [Subject]

    var text: String {
        let what = "\(operation) \(ByteSize(bytes: size)), sse \(sse), \(concurrency) connections"
        var lines = endpoints.flatMap { TextReport(title: "\(what), \($0.endpoint)", rounds: $0.rounds).lines }
        if endpoints.count == 2 { lines += ratioLines }
        return lines.joined(separator: "\n")
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }

    /// First over second, round by round.
    private var ratioLines: [String] {
        func line(_ name: String, _ figure: (RoundResult) -> Double?) -> String? {
            let ratios = zip(endpoints[0].rounds, endpoints[1].rounds).compactMap { first, second -> Double? in
                guard let first = figure(first), let second = figure(second), second > 0 else { return nil }
                return first / second
            }
            return Spread(ratios).map { "  \(name)\(String(repeating: " ", count: max(1, 22 - name.count)))\($0.text)" }
        }
        return ["first over second"]
            + [
                line("operations", \.operationsPerSecond), line("latency p50", \.p50Microseconds),
                line("latency p99", \.p99Microseconds), line("server CPU per op", \.cpuMicrosecondsPerOperation),
                line("server peak RSS") { $0.peakResidentBytes.map(Double.init) },
            ].compactMap { $0 }
    }
}
