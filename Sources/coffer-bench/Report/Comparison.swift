/// Two contenders measured in turns, and the share of the second's rate that the first is to reach.
struct Comparison {
    enum Figure {
        case operations, bytes
    }

    var subject: Contender
    /// Nil for a figure that stands alone.
    var reference: Contender?
    var figure: Figure
    /// The least ratio of the rates, nil where nothing is promised.
    var target: Double?

    /// Measures both in turns.
    func measure(rounds: Int) throws -> ComparisonResult {
        var result = ComparisonResult(comparison: self)
        for round in 0..<rounds {
            if let reference { result.reference.append(try reference.round(round)) }
            result.subject.append(try subject.round(round))
        }
        return result
    }
}

/// The rounds of a comparison, and its row in a Markdown table.
struct ComparisonResult {
    var comparison: Comparison
    var subject: [RoundResult] = []
    var reference: [RoundResult] = []

    init(comparison: Comparison) { self.comparison = comparison }

    static let header = """
        | Load | rate | server CPU | p50 / p99 | compared with | its rate | its CPU | ratio of rates | target |
        |---|---|---|---|---|---|---|---|---|
        """

    var row: String {
        let target = comparison.target.map { "≥ \(percent($0))\(isMet ? "" : " **missed**")" } ?? ""
        let cells = [
            comparison.subject.name, rate(of: subject), cpu(of: subject), latency(of: subject),
            comparison.reference?.name ?? "", rate(of: reference), cpu(of: reference), ratio, target,
        ]
        return "| \(cells.joined(separator: " | ")) |"
    }

    var isMet: Bool { (comparison.target ?? 0) <= (ratios?.median ?? .infinity) }

    private var ratios: Spread? { Spread(zip(subject, reference).map { figure(of: $0) / figure(of: $1) }) }

    private var ratio: String {
        guard let ratios else { return "" }
        return "\(percent(ratios.median)) (\(percent(ratios.minimum))–\(percent(ratios.maximum)))"
    }

    private func figure(of round: RoundResult) -> Double {
        switch comparison.figure {
        case .operations: round.operationsPerSecond
        case .bytes: round.megabytesPerSecond
        }
    }

    private func rate(of rounds: [RoundResult]) -> String {
        guard let spread = Spread(rounds.map(figure)) else { return "" }
        return switch comparison.figure {
        case .operations: "\(spread.text) /s"
        case .bytes: "\(spread.text) MB/s"
        }
    }

    private func cpu(of rounds: [RoundResult]) -> String {
        switch comparison.figure {
        case .operations:
            Spread(rounds.compactMap(\.cpuMicrosecondsPerOperation)).map { "\(number($0.median)) µs" } ?? ""
        case .bytes: Spread(rounds.compactMap(\.cpuSecondsPerGigabyte)).map { "\(number($0.median)) s/GB" } ?? ""
        }
    }

    private func latency(of rounds: [RoundResult]) -> String {
        guard let p50 = Spread(rounds.map(\.p50Microseconds)), let p99 = Spread(rounds.map(\.p99Microseconds)) else {
            return ""
        }
        return "\(number(p50.median / 1000)) / \(number(p99.median / 1000)) ms"
    }

    private func percent(_ share: Double) -> String { "\(Int((share * 100).rounded())) %" }
}
