/// The same load on one endpoint or two, as lines for a terminal.
struct EndpointRounds {
    var subjects: [(endpoint: String, rounds: [RoundResult])]

    func lines(titled title: String) -> [String] {
        let lines = subjects.flatMap { TextReport(title: "\(title), \($0.endpoint)", rounds: $0.rounds).lines }
        return subjects.count == 2 ? lines + ratios : lines
    }

    /// First over second, round by round.
    private var ratios: [String] {
        func line(_ name: String, _ figure: (RoundResult) -> Double?) -> String? {
            let ratios = zip(subjects[0].rounds, subjects[1].rounds).compactMap { first, second -> Double? in
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
